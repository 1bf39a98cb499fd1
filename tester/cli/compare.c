/* SPDX-License-Identifier: BSD-2-Clause */
#include "suite/compare.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/printable.h"
#include "cli/cli.h"
#include "cli/play.h"
#include "suite/suite.h"
#include "target/target.h"

enum { SIDE_MAX_CHARS = 76, SIDES = 2 };

/* One script on two stacks: the records of its tests, in the order of the tests. */
struct session {
	struct cli *cli;
	struct suite suite;
	struct cli_stacks stacks;
	const struct test_record **record[SIDES];
	size_t side;
	struct buf lacking;
	json_t *json;                /* list of comparisons; NULL: not wanted */
	bool is_quiet;               /* the standard output is for it */
};

static bool on_done(void *ctx, const struct test_record *rec)
{
	struct session *s = ctx;
	size_t i = (size_t)(suite_find(&s->suite, rec->id, rec->script) - s->suite.test);

	if (!s->record[s->side])
		s->record[s->side] = ARENA_ARRAY(s->cli->arena, const struct test_record *,
						 s->suite.n_tests);
	s->record[s->side][i] = rec;
	if (rec->verdict == VERDICT_ENVIRONMENT)
		buf_puts(&s->lacking, rec->reason);
	return true;
}

/* ---- for people ---- */

static void add_side(struct buf *line, const struct compare_event *e)
{
	if (e)
		buf_printf(line, "%12.6f %s", (double)e->at_us / 1e6, e->text);
}

static int side_width(const struct comparison *c)
{
	int width = 0;

	for (size_t i = 0; i < c->n_rows; i++) {
		struct buf line = { 0 };

		add_side(&line, c->row[i].side[0]);
		if ((int)line.len > width)
			width = (int)line.len;
		buf_fini(&line);
	}
	return width < SIDE_MAX_CHARS ? width : SIDE_MAX_CHARS;
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

static void print_rows(const struct comparison *c, const char *left, const char *right)
{
	int width = side_width(c);

	printf("  %-*s | %s\n", width, left, right);
	for (size_t i = 0; i < c->n_rows; i++) {
		struct buf line = { 0 };
		size_t used;

		buf_printf(&line, "%c ", mark_of(c, i));
		used = line.len;
		add_side(&line, c->row[i].side[0]);
		used = line.len - used;
		if (used < (size_t)width)
			buf_pad(&line, ' ', (size_t)width - used);
		buf_puts(&line, " |");
		if (c->row[i].side[1])
			buf_putc(&line, ' ');
		add_side(&line, c->row[i].side[1]);
		print_line(&line);
	}
}

static const char *text_of(struct arena *a, const struct compare_event *e)
{
	return e ? arena_printf(a, "at %.6f %s", (double)e->at_us / 1e6, e->text) : "nothing";
}

static void print_first(struct session *s, const struct comparison *c, const char *left,
			const char *right)
{
	const struct compare_row *r = &c->row[c->first];
	struct arena *a = s->cli->arena;
	struct buf line = { 0 };

	if (!c->diverges) {
		printf("\nNo divergence: %zu events are the same on both.\n", c->n_rows);
		return;
	}
	buf_printf(&line, "\nFirst divergence: %s: %s; %s: %s", left, text_of(a, r->side[0]), right,
		   text_of(a, r->side[1]));
	print_line(&line);
}

static void print_details(const struct comparison *c, const char *left, const char *right)
{
	if (c->n_details)
		printf("\nThe same events, with other details (%s, %s):\n", left, right);
	for (size_t i = 0; i < c->n_details; i++) {
		const struct compare_detail *d = &c->detail[i];
		const struct compare_event *e = c->row[d->row].side[0];
		struct buf line = { 0 };

		buf_printf(&line, "%12.6f %s: %s %s, %s", (double)e->at_us / 1e6, e->key, d->what,
			   d->text[0], d->text[1]);
		print_line(&line);
	}
}

static void print_test(struct session *s, const struct suite_test *t, const struct comparison *c,
		       const struct test_record *const rec[SIDES])
{
	const char *left = rec[0]->stack, *right = rec[1]->stack;
	struct buf line = { 0 };

	buf_printf(&line, "%.*s", (int)strcspn(t->id, "@"), t->id);
	if (t->script->meta.title)
		buf_printf(&line, "  %s", t->script->meta.title);
	for (int k = 0; k < SIDES; k++)
		buf_printf(&line, "\n  %s: %s%s%s", rec[k]->stack, verdict_name[rec[k]->verdict],
			   *rec[k]->reason ? ": " : "", rec[k]->reason);
	buf_putc(&line, '\n');
	print_line(&line);
	print_rows(c, left, right);
	print_first(s, c, left, right);
	print_details(c, left, right);
}

/* ---- for programs ---- */

static json_t *text_json(const char *text)
{
	struct buf safe = { 0 };
	json_t *j;

	printable_add(&safe, text, false);
	j = json_stringn(buf_str(&safe), safe.len);
	buf_fini(&safe);
	return j;
}

static json_t *event_json(const struct compare_event *e)
{
	json_t *o;

	if (!e)
		return json_null();
	o = json_object();
	json_object_set_new(o, "time_us", json_integer(e->at_us));
	json_object_set_new(o, "text", text_json(e->text));
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
		json_array_append_new(d, text_json(c->detail[i].what));
		json_array_append_new(d, text_json(c->detail[i].text[0]));
		json_array_append_new(d, text_json(c->detail[i].text[1]));
		json_array_append_new(details, d);
	}
	json_object_set_new(o, "diverges", json_boolean(c->row[row].diverges));
	json_object_set_new(o, "sides", sides);
	json_object_set_new(o, "details", details);
	return o;
}

static json_t *test_json(const struct suite_test *t, const struct comparison *c,
			 const struct test_record *const rec[SIDES])
{
	json_t *o = json_object(), *stacks = json_array(), *rows = json_array();

	json_object_set_new(o, "type", json_string("compare"));
	json_object_set_new(o, "script", text_json(t->script->path));
	json_object_set_new(o, "case", text_json(rec[0]->case_name));
	json_object_set_new(o, "variant", text_json(rec[0]->variant));
	for (int k = 0; k < SIDES; k++) {
		json_t *stack = json_object();

		json_object_set_new(stack, "name", text_json(rec[k]->stack));
		json_object_set_new(stack, "verdict", json_string(verdict_name[rec[k]->verdict]));
		json_object_set_new(stack, "reason", text_json(rec[k]->reason));
		json_array_append_new(stacks, stack);
	}
	json_object_set_new(o, "stacks", stacks);
	for (size_t i = 0; i < c->n_rows; i++)
		json_array_append_new(rows, row_json(c, i));
	json_object_set_new(o, "rows", rows);
	json_object_set_new(o, "first_divergence",
			    c->diverges ? json_integer((json_int_t)c->first) : json_null());
	return o;
}

/* ---- the run ---- */

static int compare_test(struct session *s, size_t i)
{
	struct arena *a = s->cli->arena;
	const struct test_record *const rec[SIDES] = { s->record[0][i], s->record[1][i] };
	struct compare_events x, y;
	struct comparison c;

	x = compare_read(a, rec[0]->output);
	y = compare_read(a, rec[1]->output);
	c = compare_traces(a, &x, &y);
	if (s->json)
		json_array_append_new(s->json, test_json(&s->suite.test[i], &c, rec));
	if (!s->is_quiet)
		print_test(s, &s->suite.test[i], &c, rec);
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
	return cli_collect(c, &s->suite);
}

static int play(struct session *s)
{
	s->cli->trace = true;
	for (s->side = 0; s->side < SIDES; s->side++) {
		int signal = cli_play(s->cli, &s->suite, s->stacks.row[s->side], on_done, s);

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
	if (s.json && write_json(&s))
		status = EXIT_USAGE;
	if (s.lacking.len)
		cli_doctor_advice(c, buf_str(&s.lacking));
	buf_fini(&s.lacking);
	json_decref(s.json);
	return status;
}
