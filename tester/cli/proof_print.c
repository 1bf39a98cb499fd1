/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli/proof_print.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/util.h"
#include "cli/cli.h"
#include "cli/grid.h"
#include "target/target.h"

/*
 * Coverage and matrix for people: the same tables as text in columns and as Markdown.
 */

enum { SCRIPTS_SHOWN = 3 };

/* ---- the tables ---- */

/* The profile that its header asks for, if that is not what some stack is by itself. */
static const char *profile_of(const struct proof_page *p, const struct suite_script *script)
{
	const char *name = NULL;

	for (size_t i = 0; !p->is_profile_given && !name && i < target_table_len; i++)
		name = target_profile_of(&target_table[i], script->meta.profile);
	return name;
}

static void add_script_name(struct buf *text, const struct proof_page *p,
			    const struct suite_script *script)
{
	const char *profile = profile_of(p, script);

	buf_printf(text, "%s%s", text->len ? " " : "", script->name);
	if (profile)
		buf_printf(text, " (profile %s)", profile);
}

static const char *script_names(const struct proof_page *p, const struct proof_row *r)
{
	struct arena *a = p->arena;
	struct buf text = { 0 };
	const char *s;

	for (size_t i = 0; i < r->n_scripts && i < SCRIPTS_SHOWN; i++)
		add_script_name(&text, p, r->script[i]);
	if (r->n_scripts > SCRIPTS_SHOWN)
		buf_printf(&text, " and %zu more", r->n_scripts - SCRIPTS_SHOWN);
	s = arena_strdup(a, r->n_scripts ? buf_str(&text) : "-");
	buf_fini(&text);
	return s;
}

static const char *level_of(struct arena *a, const struct requirement *r)
{
	return r->is_implied ? arena_printf(a, "%s (implied)", req_level_name[r->level])
			     : req_level_name[r->level];
}

static void add_stacks(struct grid *g, const struct proof_page *p)
{
	for (size_t k = 0; k < p->proof->n_stacks; k++)
		grid_add(g, p->stack[k]);
}

static void add_verdicts(struct grid *g, const struct proof_page *p, const struct proof_cell *cell)
{
	for (size_t k = 0; k < p->proof->n_stacks; k++)
		grid_add(g, cell[k].has_verdict ? verdict_name[cell[k].verdict] : "-");
}

/* A page has room for what each requirement says. */
/* Below the table: what the marks behind scripts mean; "" when there are none. */
static const char *about_profiles(const struct proof_page *p)
{
	for (size_t i = 0; i < p->proof->n_rows; i++) {
		const struct proof_row *r = &p->proof->row[i];

		for (size_t k = 0; !r->is_left_out && k < r->n_scripts; k++) {
			if (profile_of(p, r->script[k]))
				return "(profile NAME): the script asks a stack that has that profile to "
				       "behave so, which is not how it is by itself; other stacks are as "
				       "they are. 'tcpdrill list profiles' explains the names.";
		}
	}
	return "";
}

static struct grid rows_grid(const struct proof_page *p)
{
	struct grid g = { .arena = p->arena,
			  .n_columns = 3 + p->proof->n_stacks + p->is_markdown };

	grid_add(&g, "requirement");
	grid_add(&g, "level");
	if (p->is_markdown)
		grid_add(&g, "text");
	add_stacks(&g, p);
	grid_add(&g, "scripts");
	for (size_t i = 0; i < p->proof->n_rows; i++) {
		const struct proof_row *r = &p->proof->row[i];

		if (r->is_left_out || !proof_is_observable(r->req) ||
		    (p->proof->n_stacks && !r->n_scripts))
			continue;
		grid_add(&g, r->req->id);
		grid_add(&g, level_of(p->arena, r->req));
		if (p->is_markdown)
			grid_add(&g, r->req->text);
		add_verdicts(&g, p, r->cell);
		grid_add(&g, script_names(p, r));
	}
	return g;
}

/* "241 pass, 3 deviates": what is most looked for stands first. */
static const char *counts(const struct proof_page *p, const struct proof_sum *sum, size_t stack)
{
	static const enum verdict order[] = {
		VERDICT_PASS,    VERDICT_DEVIATES,     VERDICT_XFAIL, VERDICT_FAIL,
		VERDICT_XPASS,   VERDICT_TIMEOUT,      VERDICT_CRASH, VERDICT_ERROR,
		VERDICT_SKIP,    VERDICT_INCONCLUSIVE, VERDICT_ENVIRONMENT,
	};
	struct buf text = { 0 };
	const char *s;

	static_assert(ARRAY_LEN(order) == VERDICT_COUNT, "every verdict is counted");
	for (size_t i = 0; i < ARRAY_LEN(order); i++) {
		size_t n = sum->n[stack * VERDICT_COUNT + order[i]];

		if (n)
			buf_printf(&text, "%s%zu %s", text.len ? ", " : "", n,
				   verdict_name[order[i]]);
	}
	s = arena_strdup(p->arena, text.len ? buf_str(&text) : "-");
	buf_fini(&text);
	return s;
}

static struct grid sums_grid(const struct proof_page *p, enum proof_key key, const char *title)
{
	struct proof_sums sums = proof_sum_up(p->arena, p->proof, key);
	struct grid g = { .arena = p->arena, .n_columns = 4 + p->proof->n_stacks };

	grid_add(&g, title);
	grid_add(&g, "rows");
	grid_add(&g, "observable");
	grid_add(&g, "with script");
	for (size_t k = 0; k < p->proof->n_stacks; k++)
		grid_add(&g, arena_printf(p->arena, "%s %s", p->stack[k], p->version[k]));
	for (size_t i = 0; i < sums.n; i++) {
		grid_add(&g, sums.sum[i].name);
		grid_add_count(&g, sums.sum[i].n_rows);
		grid_add_count(&g, sums.sum[i].n_observable);
		grid_add_count(&g, sums.sum[i].n_scripted);
		for (size_t k = 0; k < p->proof->n_stacks; k++)
			grid_add(&g, counts(p, &sums.sum[i], k));
	}
	return g;
}

static const char *without_stack(struct arena *a, const char *id)
{
	const char *at = strrchr(id, '@');

	return at ? arena_strndup(a, id, (size_t)(at - id)) : id;
}

static void add_reason(struct grid *g, const char *name, const char *stack,
		       const struct proof_cell *c)
{
	grid_add(g, name);
	grid_add(g, stack);
	grid_add(g, c->has_verdict ? verdict_name[c->verdict] : "-");
	grid_add(g, c->has_verdict ? without_stack(g->arena, c->id) : "-");
	grid_add(g, c->has_verdict ? c->reason : "no test came as far as its line");
}

/* What is not plainly proved, and why: one line per stack and reason. */
static struct grid reasons_grid(const struct proof_page *p)
{
	struct grid g = { .arena = p->arena, .n_columns = 5 };
	const struct proof *proof = p->proof;

	grid_add(&g, "requirement");
	grid_add(&g, "stack");
	grid_add(&g, "verdict");
	grid_add(&g, "test");
	grid_add(&g, "reason");
	for (size_t i = 0; i < proof->n_rows * proof->n_stacks; i++) {
		const struct proof_row *r = &proof->row[i / proof->n_stacks];
		const struct proof_cell *c = &r->cell[i % proof->n_stacks];

		if (!r->is_left_out &&
		    (c->has_verdict ? c->verdict != VERDICT_PASS : r->n_scripts != 0))
			add_reason(&g, r->req->id, p->stack[i % proof->n_stacks], c);
	}
	for (size_t i = 0; i < proof->n_without * proof->n_stacks; i++) {
		const struct proof_cell *c =
			&proof->without[i / proof->n_stacks].cell[i % proof->n_stacks];

		if (c->has_verdict && c->verdict != VERDICT_PASS)
			add_reason(&g, "-", p->stack[i % proof->n_stacks], c);
	}
	return g;
}

static struct grid missing_grid(const struct proof_page *p)
{
	struct grid g = { .arena = p->arena, .n_columns = 4 };

	grid_add(&g, "requirement");
	grid_add(&g, "level");
	grid_add(&g, "area");
	grid_add(&g, "text");
	for (size_t i = 0; i < p->proof->n_rows; i++) {
		const struct proof_row *r = &p->proof->row[i];

		if (r->is_left_out || r->n_scripts || !proof_is_observable(r->req))
			continue;
		grid_add(&g, r->req->id);
		grid_add(&g, level_of(p->arena, r->req));
		grid_add(&g, r->req->area);
		grid_add(&g, r->req->text);
	}
	return g;
}

static struct grid hidden_grid(const struct proof_page *p)
{
	struct grid g = { .arena = p->arena, .n_columns = 3 };

	grid_add(&g, "requirement");
	grid_add(&g, "level");
	grid_add(&g, "why");
	for (size_t i = 0; i < p->proof->n_rows; i++) {
		const struct requirement *r = p->proof->row[i].req;

		if (p->proof->row[i].is_left_out || proof_is_observable(r))
			continue;
		grid_add(&g, r->id);
		grid_add(&g, level_of(p->arena, r));
		grid_add(&g, r->note);
	}
	return g;
}

static struct grid without_grid(const struct proof_page *p)
{
	struct grid g = { .arena = p->arena, .n_columns = 2 + p->proof->n_stacks };

	grid_add(&g, "script");
	add_stacks(&g, p);
	grid_add(&g, "title");
	for (size_t i = 0; i < p->proof->n_without; i++) {
		const struct proof_script *s = &p->proof->without[i];

		grid_add(&g, s->script->name);
		add_verdicts(&g, p, s->cell);
		grid_add(&g, s->script->meta.title ? s->script->meta.title : "");
	}
	return g;
}

static struct grid rfcs_grid(const struct proof_page *p)
{
	return sums_grid(p, PROOF_BY_RFC, "RFC");
}

static struct grid areas_grid(const struct proof_page *p)
{
	return sums_grid(p, PROOF_BY_AREA, "area");
}

static struct grid levels_grid(const struct proof_page *p)
{
	return sums_grid(p, PROOF_BY_LEVEL, "level");
}

static const struct section {
	const char *title;
	/* A line for who sees it for the first time, of stacks and without; NULL: no need. */
	const char *about_stacks, *about;
	struct grid (*make)(const struct proof_page *p);
	const char *(*below)(const struct proof_page *p);  /* "": nothing to add; NULL: never */
} sections[] = {
	{ .title = "Requirements",
	  .about_stacks = "What each comes to, and the scripts that prove it. 'tcpdrill list verdicts' "
			  "explains the words; (implied): the RFC says so without a capital MUST or "
			  "SHOULD.",
	  .about = "The scripts that prove each; (implied): the RFC says so without a capital MUST or "
		   "SHOULD.",
	  .make = rows_grid,
	  .below = about_profiles },
	{ .title = "Not passed, and why",
	  .about_stacks = "Of several tests of a requirement, the one that decides.",
	  .make = reasons_grid },
	{ .title = "Requirements without a script", .make = missing_grid },
	{ .title = "Requirements that cannot be observed", .make = hidden_grid },
	{ .title = "Scripts without a requirement", .make = without_grid },
	{ .title = "By area",
	  .about_stacks = "Numbers of requirements, and for each stack what they come to.",
	  .make = areas_grid },
	{ .title = "By RFC", .make = rfcs_grid },
	{ .title = "By level", .make = levels_grid },
};

static const char *about_left_out(const struct proof_page *p)
{
	return arena_printf(p->arena, "%zu requirement%s left out, for this is a part of the suite.",
			    p->proof->n_left_out, p->proof->n_left_out == 1 ? " is" : "s are");
}

static const char *about(const struct proof_page *p, const struct section *s)
{
	const char *text = p->proof->n_stacks ? s->about_stacks : s->about;

	return text ? text : "";
}

static const char *below(const struct proof_page *p, const struct section *s)
{
	return s->below ? s->below(p) : "";
}

static void print_about(const char *text, FILE *out, size_t width)
{
	while (*text) {
		size_t n = width ? text_fold(text, width) : strlen(text);

		fprintf(out, "%.*s\n", (int)n, text);
		text += n;
		while (*text == ' ')
			text++;
	}
}

void proof_print_text(const struct proof_page *p, FILE *out)
{
	size_t width = out == stdout ? output_width() : 0;

	for (size_t i = 0; i < ARRAY_LEN(sections); i++) {
		struct grid g = sections[i].make(p);

		if (grid_is_empty(&g))
			continue;
		fprintf(out, "%s%s\n", i ? "\n" : "", sections[i].title);
		print_about(about(p, &sections[i]), out, width);
		grid_print_columns(&g, out, width);
		print_about(below(p, &sections[i]), out, width);
	}
	if (p->proof->n_left_out)
		fprintf(out, "\n%s\n", about_left_out(p));
}

void proof_print_markdown(const struct proof_page *p, FILE *out)
{
	struct proof_page page = *p;

	page.is_markdown = true;
	fprintf(out, "# tcpdrill %s\n", p->name);
	if (p->proof->n_left_out)
		fprintf(out, "\n%s\n", about_left_out(p));
	for (size_t i = ARRAY_LEN(sections); i-- > 0;) {
		struct grid g = sections[i].make(&page);

		if (grid_is_empty(&g))
			continue;
		fprintf(out, "\n## %s\n\n", sections[i].title);
		if (*about(p, &sections[i]))
			fprintf(out, "%s\n\n", about(p, &sections[i]));
		grid_print_markdown(&g, out);
		if (*below(p, &sections[i]))
			fprintf(out, "\n%s\n", below(p, &sections[i]));
	}
}

/* ---- where to ---- */

static int print_file(struct cli *c, const char *path, const struct proof_page *p,
		      void (*print)(const struct proof_page *p, FILE *out))
{
	FILE *file;

	if (strcmp(path, "-") == 0) {
		print(p, stdout);
		return 0;
	}
	file = fopen(path, "we");
	if (!file) {
		cli_error(c, "cannot write '%s': %s", path, strerror(errno));
		return EXIT_USAGE;
	}
	print(p, file);
	if (fclose(file) == 0)
		return 0;
	cli_error(c, "cannot write all of '%s'", path);
	return EXIT_USAGE;
}

int proof_print(struct cli *c, const struct proof_page *p)
{
	bool is_taken = (c->out_json && strcmp(c->out_json, "-") == 0) ||
			(c->out_markdown && strcmp(c->out_markdown, "-") == 0);
	int status = 0;

	if (c->out_json && c->out_markdown && strcmp(c->out_json, c->out_markdown) == 0) {
		cli_error(c, "--json and --markdown both go to '%s'", c->out_json);
		return EXIT_USAGE;
	}
	if (c->out_json)
		status = print_file(c, c->out_json, p, proof_print_json);
	if (!status && c->out_markdown)
		status = print_file(c, c->out_markdown, p, proof_print_markdown);
	if (!status && !is_taken)
		proof_print_text(p, stdout);
	return status;
}
