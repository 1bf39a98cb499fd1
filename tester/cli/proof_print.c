/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli/proof_print.h"

#include <errno.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/printable.h"
#include "base/util.h"
#include "cli/cli.h"

/*
 * Coverage and matrix for people: the same tables as text in columns and as Markdown. A table is
 * made of cells first, so that columns get the width of what is in them.
 */

enum { COLUMNS_MAX = 16, SCRIPTS_SHOWN = 3 };

struct grid {
	struct arena *arena;
	const char **cell;
	size_t n, cap, n_columns;
};

static void add(struct grid *g, const char *text)
{
	*ARENA_PUSH(g->arena, g->cell, g->n, g->cap, const char *) = text;
}

static void add_count(struct grid *g, size_t n)
{
	add(g, n ? arena_printf(g->arena, "%zu", n) : "-");
}

static void print_safe(FILE *out, const char *text)
{
	struct buf safe = { 0 };

	printable_add(&safe, text, false);
	fwrite(buf_str(&safe), 1, safe.len, out);
	buf_fini(&safe);
}

static void print_columns(const struct grid *g, FILE *out)
{
	size_t width[COLUMNS_MAX] = { 0 };

	for (size_t i = 0; i < g->n; i++) {
		size_t n = strlen(g->cell[i]);

		if (n > width[i % g->n_columns])
			width[i % g->n_columns] = n;
	}
	for (size_t i = 0; i < g->n; i++) {
		size_t column = i % g->n_columns;

		print_safe(out, g->cell[i]);
		if (column + 1 == g->n_columns)
			fputc('\n', out);
		else
			fprintf(out, "%*s", (int)(width[column] - strlen(g->cell[i])) + 2, "");
	}
}

static void print_pipes(const struct grid *g, FILE *out)
{
	for (size_t i = 0; i < g->n; i++) {
		fputs(i % g->n_columns ? " | " : "| ", out);
		for (const char *s = g->cell[i]; *s; s++) {
			if (strchr("|<>*_`\\", *s))
				fputc('\\', out);
			if (*s == '\n')
				fputc(' ', out);
			else
				fputc(*s, out);
		}
		if ((i + 1) % g->n_columns)
			continue;
		fputs(" |\n", out);
		for (size_t k = 0; i + 1 == g->n_columns && k < g->n_columns; k++)
			fputs(k + 1 < g->n_columns ? "|---" : "|---|\n", out);
	}
}

/* ---- the tables ---- */

static const char *script_names(struct arena *a, const struct proof_row *r)
{
	struct buf text = { 0 };
	const char *s;

	for (size_t i = 0; i < r->n_scripts && i < SCRIPTS_SHOWN; i++)
		buf_printf(&text, "%s%s", i ? " " : "", r->script[i]->name);
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

static struct grid rows_grid(const struct proof_page *p)
{
	struct grid g = { .arena = p->arena, .n_columns = 3 + p->proof->n_stacks };

	add(&g, "requirement");
	add(&g, "level");
	for (size_t k = 0; k < p->proof->n_stacks; k++)
		add(&g, p->stack[k]);
	add(&g, "scripts");
	for (size_t i = 0; i < p->proof->n_rows; i++) {
		const struct proof_row *r = &p->proof->row[i];

		if (!proof_is_observable(r->req) || (p->proof->n_stacks && !r->n_scripts))
			continue;
		add(&g, r->req->id);
		add(&g, level_of(p->arena, r->req));
		for (size_t k = 0; k < p->proof->n_stacks; k++)
			add(&g, r->cell[k].has_verdict ? verdict_name[r->cell[k].verdict] : "-");
		add(&g, script_names(p->arena, r));
	}
	return g;
}

/* The verdicts that have columns of their own in the totals; others are shown as "other". */
static const enum verdict counted[] = { VERDICT_PASS, VERDICT_DEVIATES, VERDICT_XFAIL,
					VERDICT_FAIL, VERDICT_SKIP };

static size_t count_other(const struct proof_sum *sum, size_t stack)
{
	size_t n = 0;

	for (size_t v = 0; v < VERDICT_COUNT; v++)
		n += sum->n[stack * VERDICT_COUNT + v];
	for (size_t i = 0; i < ARRAY_LEN(counted); i++)
		n -= sum->n[stack * VERDICT_COUNT + counted[i]];
	return n;
}

/* "241 pass, 3 deviates" */
static const char *counts(const struct proof_page *p, const struct proof_sum *sum, size_t stack)
{
	size_t other = count_other(sum, stack);
	struct buf text = { 0 };
	const char *s;

	for (size_t i = 0; i < ARRAY_LEN(counted); i++) {
		size_t n = sum->n[stack * VERDICT_COUNT + counted[i]];

		if (n)
			buf_printf(&text, "%s%zu %s", text.len ? ", " : "", n,
				   verdict_name[counted[i]]);
	}
	if (other)
		buf_printf(&text, "%s%zu other", text.len ? ", " : "", other);
	s = arena_strdup(p->arena, text.len ? buf_str(&text) : "-");
	buf_fini(&text);
	return s;
}

static struct grid sums_grid(const struct proof_page *p, enum proof_key key, const char *title)
{
	struct proof_sums sums = proof_sum_up(p->arena, p->proof, key);
	struct grid g = { .arena = p->arena, .n_columns = 4 + p->proof->n_stacks };

	add(&g, title);
	add(&g, "rows");
	add(&g, "observable");
	add(&g, "with script");
	for (size_t k = 0; k < p->proof->n_stacks; k++)
		add(&g, arena_printf(p->arena, "%s %s", p->stack[k], p->version[k]));
	for (size_t i = 0; i < sums.n; i++) {
		add(&g, sums.sum[i].name);
		add_count(&g, sums.sum[i].n_rows);
		add_count(&g, sums.sum[i].n_observable);
		add_count(&g, sums.sum[i].n_scripted);
		for (size_t k = 0; k < p->proof->n_stacks; k++)
			add(&g, counts(p, &sums.sum[i], k));
	}
	return g;
}

/* What is not plainly proved, and why: one line per stack and reason. */
static struct grid reasons_grid(const struct proof_page *p)
{
	struct grid g = { .arena = p->arena, .n_columns = 4 };

	add(&g, "requirement");
	add(&g, "stack");
	add(&g, "verdict");
	add(&g, "reason");
	for (size_t i = 0; i < p->proof->n_rows; i++) {
		for (size_t k = 0; k < p->proof->n_stacks; k++) {
			const struct proof_row *r = &p->proof->row[i];
			const struct proof_cell *c = &r->cell[k];

			if (c->has_verdict ? c->verdict == VERDICT_PASS : !r->n_scripts)
				continue;
			add(&g, r->req->id);
			add(&g, p->stack[k]);
			add(&g, c->has_verdict ? verdict_name[c->verdict] : "-");
			add(&g, c->has_verdict ? c->reason : "no test came as far as its line");
		}
	}
	return g;
}

static struct grid missing_grid(const struct proof_page *p)
{
	struct grid g = { .arena = p->arena, .n_columns = 4 };

	add(&g, "requirement");
	add(&g, "level");
	add(&g, "area");
	add(&g, "text");
	for (size_t i = 0; i < p->proof->n_rows; i++) {
		const struct proof_row *r = &p->proof->row[i];

		if (r->n_scripts || !proof_is_observable(r->req))
			continue;
		add(&g, r->req->id);
		add(&g, level_of(p->arena, r->req));
		add(&g, r->req->area);
		add(&g, r->req->text);
	}
	return g;
}

static struct grid hidden_grid(const struct proof_page *p)
{
	struct grid g = { .arena = p->arena, .n_columns = 3 };

	add(&g, "requirement");
	add(&g, "level");
	add(&g, "why");
	for (size_t i = 0; i < p->proof->n_rows; i++) {
		const struct requirement *r = p->proof->row[i].req;

		if (proof_is_observable(r))
			continue;
		add(&g, r->id);
		add(&g, level_of(p->arena, r));
		add(&g, r->note);
	}
	return g;
}

static struct grid without_grid(const struct proof_page *p)
{
	struct grid g = { .arena = p->arena, .n_columns = 2 };

	add(&g, "script");
	add(&g, "title");
	for (size_t i = 0; i < p->proof->n_without; i++) {
		const struct suite_script *s = p->proof->without[i];

		add(&g, s->name);
		add(&g, s->meta.title ? s->meta.title : "");
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
	struct grid (*make)(const struct proof_page *p);
} sections[] = {
	{ "Requirements", rows_grid },
	{ "Not passed, and why", reasons_grid },
	{ "Requirements without a script", missing_grid },
	{ "Requirements that cannot be observed", hidden_grid },
	{ "Scripts without a requirement", without_grid },
	{ "By area", areas_grid },
	{ "By RFC", rfcs_grid },
	{ "By level", levels_grid },
};

/* Its heading alone says nothing. */
static bool is_empty(const struct grid *g)
{
	return g->n <= g->n_columns;
}

void proof_print_text(const struct proof_page *p, FILE *out)
{
	for (size_t i = 0; i < ARRAY_LEN(sections); i++) {
		struct grid g = sections[i].make(p);

		if (is_empty(&g))
			continue;
		fprintf(out, "%s%s\n", i ? "\n" : "", sections[i].title);
		print_columns(&g, out);
	}
}

void proof_print_markdown(const struct proof_page *p, FILE *out)
{
	fprintf(out, "# tcpdrill %s\n", p->name);
	for (size_t i = ARRAY_LEN(sections); i-- > 0;) {
		struct grid g = sections[i].make(p);

		if (is_empty(&g))
			continue;
		fprintf(out, "\n## %s\n\n", sections[i].title);
		print_pipes(&g, out);
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

	if (c->out_json)
		status = print_file(c, c->out_json, p, proof_print_json);
	if (!status && c->out_markdown)
		status = print_file(c, c->out_markdown, p, proof_print_markdown);
	if (!status && !is_taken)
		proof_print_text(p, stdout);
	return status;
}
