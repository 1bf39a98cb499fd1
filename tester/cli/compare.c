/* SPDX-License-Identifier: BSD-2-Clause */
#include "report/json.h"
#include "suite/compare.h"

#include <errno.h>
#include <jansson.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/printable.h"
#include "cli/cli.h"
#include "cli/grid.h"
#include "cli/play.h"
#include "suite/settle.h"
#include "suite/suite.h"
#include "target/target.h"

enum { SIDE_MIN_CHARS = 12, SIDES = 2 };

/* One script on two stacks: the records of its tests, in the order of the tests. */
struct session {
	struct cli *cli;
	struct suite suite;
	struct cli_stacks stacks;
	struct settler settler;
	const struct test_record **record[SIDES];
	size_t side;
	struct buf lacking;
	size_t n_compared;           /* tests that were played on both */
	json_t *json;                /* list of comparisons; NULL: not wanted */
	bool is_quiet;               /* the standard output is for it */
};

static bool on_done(void *ctx, const struct pool_test *test, const struct test_record *rec)
{
	struct session *s = ctx;
	size_t i = test->tag;

	rec = settle(&s->settler, &s->suite.test[i], rec);
	if (!s->record[s->side])
		s->record[s->side] = ARENA_ARRAY(s->cli->arena, const struct test_record *,
						 s->suite.n_tests);
	s->record[s->side][i] = rec;
	if (rec->verdict == VERDICT_ENVIRONMENT)
		buf_puts(&s->lacking, rec->reason);
	/* An error of the script is one on both. */
	if (rec->verdict == VERDICT_ERROR &&
	    (!s->side || s->record[0][i]->verdict != VERDICT_ERROR))
		cli_tell_error(s->cli, rec);
	return true;
}

/* ---- for people ---- */

/* How the two sides are laid out. */
struct layout {
	int time;                    /* characters of a point in time */
	size_t side[SIDES];          /* characters of each; what is longer goes on in the next line */
};

static const char *side_text(struct arena *a, const struct layout *l, const struct compare_event *e)
{
	return e ? arena_printf(a, "%*.6f %s", l->time, (double)e->at_us / 1e6, e->text) : "";
}

static struct layout lay_out(struct arena *a, const struct comparison *c, const char *left)
{
	size_t room = output_width();
	struct layout l = { .side = { strlen(left), SIZE_MAX } };
	size_t half;

	for (size_t i = 0; i < c->n_rows * SIDES; i++) {
		const struct compare_event *e = c->row[i / SIDES].side[i % SIDES];
		int n = e ? snprintf(NULL, 0, "%.6f", (double)e->at_us / 1e6) : 0;

		l.time = n > l.time ? n : l.time;
	}
	for (size_t i = 0; i < c->n_rows; i++) {
		size_t n = strlen(side_text(a, &l, c->row[i].side[0]));

		l.side[0] = n > l.side[0] ? n : l.side[0];
	}
	if (!room)
		return l;
	/* "! ", left, " | ", right */
	half = (size_t)l.time + SIDE_MIN_CHARS;
	half = room > 2 * half + 5 ? (room - 5) / 2 : half;
	l.side[0] = l.side[0] < half ? l.side[0] : half;
	l.side[1] = room > l.side[0] + half + 5 ? room - l.side[0] - 5 : half;
	return l;
}

static char mark_of(const struct comparison *c, size_t row)
{
	if (c->row[row].diverges)
		return row == c->first ? '!' : '*';
	return c->row[row].has_details ? '~' : ' ';
}

/* Prints the text, whose lines may hold anything, and empties it. */
static void print_line(struct buf *line)
{
	struct buf safe = { 0 };

	printable_add(&safe, buf_str(line), true);
	puts(buf_str(&safe));
	buf_fini(&safe);
	buf_fini(line);
}

/* A side of one line: as much of *@text as there is room for; what follows hangs below the text. */
static void add_part(struct buf *line, const char **text, const struct layout *l, size_t width,
		     bool is_first)
{
	size_t indent = is_first || !**text ? 0 : (size_t)l->time + 1;
	size_t n = text_fold(*text, width > indent ? width - indent : 1);

	buf_pad(line, ' ', indent);
	buf_add(line, *text, n);
	*text += n;
	*text += strspn(*text, " ");
}

static void print_row(const char *left, const char *right, char mark, const struct layout *l)
{
	for (bool is_first = true; is_first || *left || *right; is_first = false) {
		struct buf line = { 0 };
		size_t used;

		buf_printf(&line, "%c ", is_first ? mark : ' ');
		used = line.len;
		add_part(&line, &left, l, l->side[0], is_first);
		used = line.len - used;
		if (used < l->side[0])
			buf_pad(&line, ' ', l->side[0] - used);
		buf_puts(&line, *right ? " | " : " |");
		add_part(&line, &right, l, l->side[1], is_first);
		print_line(&line);
	}
}

static void print_rows(struct arena *a, const struct comparison *c, const char *left,
		       const char *right)
{
	struct layout l = lay_out(a, c, left);

	print_row(left, right, ' ', &l);
	for (size_t i = 0; i < c->n_rows; i++)
		print_row(side_text(a, &l, c->row[i].side[0]), side_text(a, &l, c->row[i].side[1]),
			  mark_of(c, i), &l);
}

static const char *text_of(struct arena *a, const struct compare_event *e)
{
	return e ? arena_printf(a, "at %.6f %s", (double)e->at_us / 1e6, e->text) : "nothing";
}

/* Those that both have, if not in the same order. */
static size_t count_same(const struct comparison *c)
{
	size_t n = 0;

	for (size_t i = 0; i < c->n_rows; i++) {
		const struct compare_row *r = &c->row[i];

		n += !r->diverges && r->side[0] && (r->side[1] || !r->has_details);
	}
	return n;
}

static void print_first(struct session *s, const struct comparison *c, const char *left,
			const char *right)
{
	const struct compare_row *r = &c->row[c->first];
	struct arena *a = s->cli->arena;
	struct buf line = { 0 };

	if (!c->diverges) {
		size_t n = count_same(c);

		printf("\nNo divergence: %zu event%s the same on both.\n", n, n == 1 ? " is" : "s are");
		return;
	}
	buf_printf(&line, "\nFirst divergence: %s: %s; %s: %s", left, text_of(a, r->side[0]), right,
		   text_of(a, r->side[1]));
	print_line(&line);
}

/* Of the rows that diverge, or of those that do not. */
static void print_details(const struct comparison *c, bool diverge, const char *title)
{
	for (size_t i = 0; i < c->n_details; i++) {
		const struct compare_detail *d = &c->detail[i];
		const struct compare_row *r = &c->row[d->row];
		const struct compare_event *e = r->side[0] ? r->side[0] : r->side[1];
		struct buf line = { 0 };

		if (r->diverges != diverge)
			continue;
		if (title)
			puts(title);
		title = NULL;
		buf_printf(&line, "%12.6f %s: %s %s, %s", (double)e->at_us / 1e6, e->key, d->what,
			   d->text[0], d->text[1]);
		print_line(&line);
	}
}

/* @missing: who did not play it, or NULL */
static void print_test(struct session *s, const struct suite_test *t, const struct comparison *c,
		       const struct test_record *const rec[SIDES], const char *missing)
{
	const char *left = s->stacks.at[0].label, *right = s->stacks.at[1].label;
	struct buf line = { 0 };

	buf_printf(&line, "%.*s", (int)strcspn(t->id, "@"), t->id);
	if (t->script->meta.title)
		buf_printf(&line, "  %s", t->script->meta.title);
	for (int k = 0; k < SIDES; k++) {
		buf_printf(&line, "\n  %s", s->stacks.at[k].label);
		/* Where it was asked for on the command line, the label has it. */
		if (*rec[k]->profile && !s->cli->profile)
			buf_printf(&line, " (profile %s)", rec[k]->profile);
		buf_printf(&line, ": %s%s%s", verdict_name[rec[k]->verdict],
			   *rec[k]->reason ? ": " : "", rec[k]->reason);
	}
	buf_putc(&line, '\n');
	print_line(&line);
	if (missing) {
		buf_printf(&line, "Nothing to compare: %s did not play the script.\n", missing);
		print_line(&line);
		return;
	}
	if (!c->n_rows) {
		puts("Nothing happened that could be compared.");
		return;
	}
	print_rows(s->cli->arena, c, left, right);
	if (c->is_cut)
		printf("\nOnly the first %d events of each stack are compared.\n",
		       (int)COMPARE_EVENTS_MAX);
	print_first(s, c, left, right);
	print_details(c, true, arena_printf(s->cli->arena, "\nIn the same place, but different (%s, "
					    "%s):", left, right));
	print_details(c, false, arena_printf(s->cli->arena, "\nThe same events, with other details "
					     "(%s, %s):", left, right));
}

/* ---- for programs ---- */

static json_t *event_json(const struct compare_event *e)
{
	json_t *o;

	if (!e)
		return json_null();
	o = json_object();
	json_object_set_new(o, "time_us", json_integer(e->at_us));
	json_object_set_new(o, "text", json_text(e->text));
	return o;
}

static json_t *row_json(const struct comparison *c, size_t row)
{
	json_t *o = json_object(), *details = json_array(), *sides = json_array();

	for (int k = 0; k < SIDES; k++)
		json_array_append_new(sides, event_json(c->row[row].side[k]));
	for (size_t i = 0; i < c->n_details; i++) {
		json_t *d;

		if (c->detail[i].row != row)
			continue;
		d = json_array();
		json_array_append_new(d, json_text(c->detail[i].what));
		json_array_append_new(d, json_text(c->detail[i].text[0]));
		json_array_append_new(d, json_text(c->detail[i].text[1]));
		json_array_append_new(details, d);
	}
	json_object_set_new(o, "diverges", json_boolean(c->row[row].diverges));
	json_object_set_new(o, "sides", sides);
	json_object_set_new(o, "details", details);
	return o;
}

static json_t *test_json(const struct session *s, const struct suite_test *t,
			 const struct comparison *c, const struct test_record *const rec[SIDES],
			 bool is_compared)
{
	json_t *o = json_object(), *stacks = json_array(), *rows = json_array();

	json_object_set_new(o, "type", json_string("compare"));
	json_object_set_new(o, "script", json_text(t->script->path));
	json_object_set_new(o, "case", json_text(rec[0]->case_name));
	json_object_set_new(o, "variant", json_text(rec[0]->variant));
	for (int k = 0; k < SIDES; k++) {
		json_t *stack = json_object();

		json_object_set_new(stack, "name", json_text(s->stacks.at[k].label));
		json_object_set_new(stack, "profile", json_text(rec[k]->profile));
		json_object_set_new(stack, "verdict", json_string(verdict_name[rec[k]->verdict]));
		json_object_set_new(stack, "reason", json_text(rec[k]->reason));
		json_array_append_new(stacks, stack);
	}
	json_object_set_new(o, "stacks", stacks);
	json_object_set_new(o, "compared", json_boolean(is_compared));
	for (size_t i = 0; i < c->n_rows; i++)
		json_array_append_new(rows, row_json(c, i));
	json_object_set_new(o, "rows", rows);
	json_object_set_new(o, "cut", json_boolean(c->is_cut));
	json_object_set_new(o, "first_divergence",
			    c->diverges ? json_integer((json_int_t)c->first) : json_null());
	return o;
}

/* ---- the run ---- */

/* The stack that skipped the test before anything happened, or both; NULL: neither did. */
static const char *skipped_on(const struct session *s, const struct test_record *const rec[SIDES])
{
	bool skipped[SIDES];

	for (int k = 0; k < SIDES; k++)
		skipped[k] = rec[k]->verdict == VERDICT_SKIP && !*rec[k]->output;
	if (skipped[0] && skipped[1])
		return "each stack";
	return skipped[0] ? s->stacks.at[0].label : skipped[1] ? s->stacks.at[1].label : NULL;
}

static int compare_test(struct session *s, size_t i)
{
	struct arena *a = s->cli->arena;
	const struct test_record *const rec[SIDES] = { s->record[0][i], s->record[1][i] };
	const char *missing = skipped_on(s, rec);
	struct compare_events x, y;
	struct comparison c = { 0 };

	x = compare_read(a, rec[0]->output);
	y = compare_read(a, rec[1]->output);
	if (!missing)
		c = compare_traces(a, &x, &y);
	s->n_compared += !missing;
	if (s->json)
		json_array_append_new(s->json, test_json(s, &s->suite.test[i], &c, rec, !missing));
	if (!s->is_quiet)
		print_test(s, &s->suite.test[i], &c, rec, missing);
	for (int k = 0; k < SIDES; k++) {
		enum verdict v = rec[k]->verdict;

		if (v == VERDICT_ERROR || v == VERDICT_ENVIRONMENT)
			return verdict_exit_status(v);
	}
	return c.diverges ? 1 : 0;
}

static int collect(struct session *s)
{
	struct cli *c = s->cli;
	int status = cli_stacks_read(c, &s->stacks);

	if (status)
		return status;
	if (s->stacks.n != SIDES) {
		cli_error(c, "--stacks must name two");
		return EXIT_USAGE;
	}
	if (c->n_paths != 1) {
		cli_error(c, "which script? name one");
		return EXIT_USAGE;
	}
	status = cli_collect(c, &s->suite);
	if (status)
		return status;
	return cli_check_headers(c, &s->suite) ? EXIT_USAGE : 0;
}

static int play(struct session *s)
{
	s->cli->trace = true;
	for (s->side = 0; s->side < SIDES; s->side++) {
		const struct cli_stack *stack = &s->stacks.at[s->side];
		int signal, status = cli_settler(s->cli, &s->suite, stack->row, &s->settler);

		if (status)
			return status;
		signal = cli_play(s->cli, &s->suite, stack, on_done, s);
		if (signal)
			return 128 + signal;
	}
	if (s->suite.n_tests)
		return 0;
	cli_error(s->cli, "the script has no variant that was asked for");
	return EXIT_NOTHING;
}

static int write_json(struct session *s)
{
	const char *path = s->cli->out_json;
	FILE *file = s->is_quiet ? stdout : fopen(path, "we");
	int status = 0;

	if (!file || json_dumpf(s->json, file, JSON_INDENT(1)) < 0 || fputc('\n', file) == EOF)
		status = EXIT_USAGE;
	if (file && file != stdout && fclose(file) != 0)
		status = EXIT_USAGE;
	if (status)
		cli_error(s->cli, "cannot write '%s': %s", path, strerror(errno));
	return status;
}

int cmd_compare(struct cli *c)
{
	struct session s = { .cli = c };
	int status = collect(&s);

	if (!status)
		status = play(&s);
	if (status)
		return status;
	s.json = c->out_json ? json_array() : NULL;
	s.is_quiet = c->out_json && strcmp(c->out_json, "-") == 0;
	for (size_t i = 0; i < s.suite.n_tests; i++) {
		int one = compare_test(&s, i);

		if (i + 1 < s.suite.n_tests && !s.is_quiet)
			putchar('\n');
		status = one > status ? one : status;
	}
	if (!s.n_compared && !status)
		status = EXIT_NOTHING;
	if (s.json && write_json(&s))
		status = EXIT_USAGE;
	if (s.lacking.len)
		cli_doctor_advice(c, buf_str(&s.lacking), stderr);
	buf_fini(&s.lacking);
	json_decref(s.json);
	return status;
}
