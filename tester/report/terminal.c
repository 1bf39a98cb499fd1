/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>

#include "base/buf.h"
#include "base/shell.h"
#include "base/util.h"
#include "report/report_impl.h"

/* What happens to a test of each verdict: told at once with all it has to say, or only counted
 * under its reason at the end. */
enum telling { TELL_VERBOSE, TELL_GROUPED, TELL_FULLY };

struct verdict_look {
	enum telling telling;
	const char *color;
};

static const char green[] = "\033[32m", yellow[] = "\033[33m", red[] = "\033[31m";
static const char reset[] = "\033[0m";

static const struct verdict_look look[VERDICT_COUNT] = {
	[VERDICT_PASS] = { TELL_VERBOSE, green },
	[VERDICT_DEVIATES] = { TELL_GROUPED, yellow },
	[VERDICT_SKIP] = { TELL_GROUPED, yellow },
	[VERDICT_XFAIL] = { TELL_GROUPED, yellow },
	[VERDICT_INCONCLUSIVE] = { TELL_FULLY, yellow },
	[VERDICT_ENVIRONMENT] = { TELL_GROUPED, yellow },
	[VERDICT_ERROR] = { TELL_FULLY, red },
	[VERDICT_XPASS] = { TELL_FULLY, red },
	[VERDICT_TIMEOUT] = { TELL_FULLY, red },
	[VERDICT_CRASH] = { TELL_FULLY, red },
	[VERDICT_FAIL] = { TELL_FULLY, red },
};

enum { AGAIN_MAX_SCRIPTS = 8, COLUMN_CHARS = 13 };

static void duration(struct buf *out, int64_t us)
{
	if (us < 1000000)
		buf_printf(out, "%.1f ms", (double)us / 1e3);
	else
		buf_printf(out, "%.1f s", (double)us / 1e6);
}

static void word(const struct report *r, enum verdict v)
{
	const char *on = r->opt.has_color ? look[v].color : "";
	const char *off = r->opt.has_color ? reset : "";

	fprintf(r->opt.out, "%s%s%s", on, verdict_name[v], off);
}

/* The same as the first column of a line. */
static void column(const struct report *r, enum verdict v)
{
	size_t n = strlen(verdict_name[v]);

	word(r, v);
	fprintf(r->opt.out, "%*s", n < COLUMN_CHARS ? (int)(COLUMN_CHARS - n) : 1, "");
}

static void print_text(const struct report *r, const char *text)
{
	if (r->opt.is_complete)
		report_print_safe(r->opt.out, text);
	else
		report_print_bounded(r->opt.out, text);
}

static void print_findings(const struct report *r, const struct test_record *rec)
{
	for (const struct finding *f = rec->findings; f; f = f->next) {
		struct buf text = { 0 };

		if (f->text && *f->text)
			buf_puts(&text, f->text);
		else
			buf_printf(&text, "%s:%u: %s", rec->script, f->line, f->message);
		print_text(r, buf_str(&text));
		buf_fini(&text);
	}
}

/* One line: verdict, name, time; then the reason where there is one. */
static void headline(const struct report *r, const struct test_record *rec)
{
	FILE *out = r->opt.out;
	struct buf line = { 0 };

	column(r, rec->verdict);
	buf_puts(&line, rec->id);
	if (rec->title && *rec->title)
		buf_printf(&line, "  %s", rec->title);
	if (rec->retries)
		buf_printf(&line, "  (run %u times)", rec->retries + 1);
	if (rec->verdict == VERDICT_INCONCLUSIVE) {
		buf_printf(&line, "  (the tester was %.1f ms late)", (double)rec->late_us / 1e3);
	} else if (rec->wall_us) {
		buf_puts(&line, "  (");
		duration(&line, rec->wall_us);
		buf_putc(&line, ')');
	}
	report_print_safe(out, buf_str(&line));
	buf_clear(&line);
	if (rec->reason && *rec->reason && (!rec->findings || !rec->findings->text)) {
		buf_printf(&line, "%*s%s", COLUMN_CHARS, "", rec->reason);
		report_print_safe(out, buf_str(&line));
	}
	buf_fini(&line);
}

void terminal_begin(struct report *r)
{
	(void)r;
}

/* A passed test may have warnings; in a run of many they are only counted. */
static bool is_told(const struct report *r, const struct test_record *rec)
{
	return r->opt.is_verbose || look[rec->verdict].telling == TELL_FULLY ||
	       (r->run.n_tests == 1 && rec->findings);
}

void terminal_test(struct report *r, const struct test_record *rec)
{
	bool is_full = look[rec->verdict].telling == TELL_FULLY;

	if (!is_told(r, rec)) {
		/* What --trace showed and what scripts printed was asked for. */
		if (rec->output && *rec->output)
			print_text(r, rec->output);
		return;
	}
	headline(r, rec);
	print_findings(r, rec);
	if (rec->output && *rec->output)
		print_text(r, rec->output);
	if (is_full)
		fputc('\n', r->opt.out);
}

static void list_failed(const struct report *r)
{
	struct buf line = { 0 };

	for (size_t i = 0; i < r->n; i++) {
		const struct test_record *rec = r->rec[i];

		if (look[rec->verdict].telling != TELL_FULLY)
			continue;
		column(r, rec->verdict);
		buf_clear(&line);
		buf_printf(&line, "%s: %s", rec->id, rec->reason);
		report_print_safe(r->opt.out, buf_str(&line));
	}
	buf_fini(&line);
}

static bool same_group(const struct test_record *a, const struct test_record *b)
{
	return a->verdict == b->verdict && strcmp(a->reason, b->reason) == 0;
}

/* Index of the first record with the same verdict and reason. */
static size_t group_of(const struct report *r, size_t i)
{
	size_t first = 0;

	while (!same_group(r->rec[first], r->rec[i]))
		first++;
	return first;
}

/* A machine without a qdisc may say so of hundreds of tests: each reason is told once. */
static void list_grouped(const struct report *r)
{
	struct buf line = { 0 };

	for (size_t i = 0; i < r->n; i++) {
		const struct test_record *rec = r->rec[i];
		size_t count = 0;

		if (look[rec->verdict].telling != TELL_GROUPED || group_of(r, i) != i)
			continue;
		for (size_t k = i; k < r->n; k++)
			count += same_group(r->rec[k], rec);
		column(r, rec->verdict);
		buf_clear(&line);
		if (count == 1)
			buf_printf(&line, "%s: %s", rec->id, rec->reason);
		else
			buf_printf(&line, "%zu tests: %s", count, rec->reason);
		report_print_safe(r->opt.out, buf_str(&line));
	}
	buf_fini(&line);
}

static size_t n_warned(const struct report *r)
{
	size_t n = 0;

	for (size_t i = 0; i < r->n && !r->opt.is_verbose && r->run.n_tests > 1; i++)
		n += r->rec[i]->verdict == VERDICT_PASS && r->rec[i]->findings;
	return n;
}

static void totals_line(const struct report *r, const struct report_totals *t)
{
	FILE *out = r->opt.out;
	const char *comma = "";
	struct buf took = { 0 };

	if (t->is_interrupted)
		fprintf(out, "interrupted after %zu of %zu tests\n", t->n_tests, r->run.n_tests);
	buf_printf(&took, "%zu test%s on %s in ", t->n_tests, t->n_tests == 1 ? "" : "s",
		   r->run.stack);
	duration(&took, t->wall_us);
	fprintf(out, "%s: ", buf_str(&took));
	buf_fini(&took);
	for (int v = 0; v < VERDICT_COUNT; v++) {
		if (!t->n[v])
			continue;
		fprintf(out, "%s%zu ", comma, t->n[v]);
		word(r, (enum verdict)v);
		comma = ", ";
	}
	if (!t->n_tests)
		fputs("nothing ran", out);
	if (t->n_retried)
		fprintf(out, " (%zu rerun because the tester was late)", t->n_retried);
	if (n_warned(r))
		fprintf(out, " (%zu passed with warnings, which -v shows)", n_warned(r));
	fputc('\n', out);
}

static bool is_first_with(const struct report *r, size_t i, size_t text_offset)
{
	const char *mine = *(const char *const *)((const char *)r->rec[i] + text_offset);

	for (size_t k = 0; k < i; k++) {
		if (look[r->rec[k]->verdict].telling == TELL_FULLY &&
		    strcmp(*(const char *const *)((const char *)r->rec[k] + text_offset), mine) ==
			    0)
			return false;
	}
	return true;
}

/* The command that repeats what did not pass. */
static void again(const struct report *r)
{
	struct buf line = { 0 };
	const char *comma = " --variant ";
	size_t n = 0;

	buf_printf(&line, "again: %s", r->run.again);
	for (size_t i = 0; i < r->n; i++) {
		if (look[r->rec[i]->verdict].telling != TELL_FULLY ||
		    !is_first_with(r, i, offsetof(struct test_record, variant)))
			continue;
		buf_printf(&line, "%s%s", comma, r->rec[i]->variant);
		comma = ",";
	}
	for (size_t i = 0; i < r->n; i++) {
		if (look[r->rec[i]->verdict].telling != TELL_FULLY ||
		    !is_first_with(r, i, offsetof(struct test_record, script)))
			continue;
		if (n++ < AGAIN_MAX_SCRIPTS)
			shell_add_word(&line, r->rec[i]->script);
	}
	if (n > AGAIN_MAX_SCRIPTS)
		buf_printf(&line, " # and %zu more", n - AGAIN_MAX_SCRIPTS);
	if (n)
		report_print_safe(r->opt.out, buf_str(&line));
	buf_fini(&line);
}

void terminal_end(struct report *r, const struct report_totals *totals)
{
	if (r->run.n_tests > 1)
		list_failed(r);
	list_grouped(r);
	totals_line(r, totals);
	if (r->run.again)
		again(r);
}
