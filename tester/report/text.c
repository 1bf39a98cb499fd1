/* SPDX-License-Identifier: BSD-2-Clause */
#include <stddef.h>
#include <string.h>

#include "base/buf.h"
#include "base/printable.h"
#include "base/shell.h"
#include "report/report_impl.h"

enum { FIRST_LINES = 30, LAST_LINES = 10, AGAIN_MAX_SCRIPTS = 8, LATE_MIN_US = 1000 };

void report_add_safe(struct buf *out, const char *text)
{
	size_t begin = out->len;

	printable_add(out, text ? text : "", true);
	if (out->len == begin || out->data[out->len - 1] != '\n')
		buf_putc(out, '\n');
}

void report_print_safe(FILE *out, const char *text)
{
	struct buf safe = { 0 };

	report_add_safe(&safe, text);
	fwrite(safe.data, 1, safe.len, out);
	buf_fini(&safe);
}

void report_add_line(struct buf *out, const char *text)
{
	struct buf safe = { 0 };

	printable_add(&safe, text ? text : "", true);
	for (const char *c = buf_str(&safe); *c; c++) {
		if (*c == '\n' || *c == '\t')
			buf_printf(out, "\\x%02x", (unsigned int)*c);
		else
			buf_putc(out, *c);
	}
	buf_fini(&safe);
}

/* The first byte after @n lines. */
static const char *skip_lines(const char *s, size_t n)
{
	for (; n && *s; s++)
		n -= *s == '\n';
	return s;
}

void report_add_bounded(struct buf *out, const char *text)
{
	const char *middle = skip_lines(text, FIRST_LINES), *c;
	struct buf head = { 0 };
	size_t n = 0;

	for (c = middle; *c; c++)
		n += *c == '\n';
	if (n <= LAST_LINES + 1) {
		report_add_safe(out, text);
		return;
	}
	buf_add(&head, text, (size_t)(middle - text));
	report_add_safe(out, buf_str(&head));
	buf_fini(&head);
	buf_printf(out, "      ... %zu lines left out; --verbose and --json give them ...\n",
		   n - LAST_LINES);
	report_add_safe(out, skip_lines(middle, n - LAST_LINES));
}

void report_add_findings(struct buf *out, const struct test_record *rec)
{
	for (const struct finding *f = rec->findings; f; f = f->next) {
		if (f->text && *f->text)
			buf_puts(out, f->text);
		else
			buf_printf(out, "%s:%u: %s", rec->script, f->line, f->message);
		if (out->len && out->data[out->len - 1] != '\n')
			buf_putc(out, '\n');
	}
}

void report_add_duration(struct buf *out, int64_t us)
{
	if (us < 1000000)
		buf_printf(out, "%.1f ms", (double)us / 1e3);
	else
		buf_printf(out, "%.1f s", (double)us / 1e6);
}

bool report_add_times_run(struct buf *out, const struct test_record *rec)
{
	bool is_late = rec->late_us >= LATE_MIN_US || rec->verdict == VERDICT_INCONCLUSIVE;

	if (rec->retries)
		buf_printf(out, "run %u times%s", rec->retries + 1, is_late ? ", " : "");
	if (is_late)
		buf_printf(out, "the tester was up to %.1f ms late", (double)rec->late_us / 1e3);
	return is_late || rec->retries;
}

void report_add_totals(struct buf *out, const struct report *r, const struct report_totals *t,
		       const char *const *color)
{
	const char *comma = "";
	bool is_whole = t->n_tests >= r->run.n_tests;

	if (!is_whole)
		buf_printf(out, "%s after %zu of ",
			   t->is_interrupted ? "interrupted" : "ended", t->n_tests);
	buf_printf(out, "%zu test%s on %s in ", r->run.n_tests,
		   r->run.n_tests == 1 && is_whole ? "" : "s", r->run.stack);
	report_add_duration(out, t->wall_us);
	buf_puts(out, ": ");
	for (int v = 0; v < VERDICT_COUNT; v++) {
		bool is_colored = color && *color[v];

		if (!t->n[v])
			continue;
		buf_printf(out, "%s%zu %s%s%s", comma, t->n[v], is_colored ? color[v] : "",
			   verdict_name[v], is_colored ? REPORT_COLOR_OFF : "");
		comma = ", ";
	}
	if (!t->n_tests)
		buf_puts(out, "nothing ran");
	if (t->n_retried)
		buf_printf(out, " (%zu run again because the tester was late)", t->n_retried);
	if (t->n_flaky)
		buf_printf(out, " (%zu flaky)", t->n_flaky);
}

/* What the command is for: tests that did not pass, or not for certain. */
static bool is_to_repeat(const struct test_record *rec)
{
	return report_kind(rec) == KIND_FAILED || report_kind(rec) == KIND_INCONCLUSIVE;
}

static bool is_first_with(const struct report *r, size_t i, size_t text_offset)
{
	const char *mine = *(const char *const *)((const char *)r->rec[i] + text_offset);

	for (size_t k = 0; k < i; k++) {
		if (is_to_repeat(r->rec[k]) &&
		    strcmp(*(const char *const *)((const char *)r->rec[k] + text_offset), mine) ==
			    0)
			return false;
	}
	return true;
}

bool report_add_again(struct buf *out, const struct report *r)
{
	struct buf line = { 0 };
	const char *comma = " --variant ";
	size_t n = 0;

	buf_puts(&line, r->run.again);
	for (size_t i = 0; i < r->n; i++) {
		if (!is_to_repeat(r->rec[i]) ||
		    !is_first_with(r, i, offsetof(struct test_record, variant)))
			continue;
		buf_printf(&line, "%s%s", comma, r->rec[i]->variant);
		comma = ",";
	}
	for (size_t i = 0; i < r->n; i++) {
		if (!is_to_repeat(r->rec[i]) ||
		    !is_first_with(r, i, offsetof(struct test_record, script)))
			continue;
		if (n++ < AGAIN_MAX_SCRIPTS)
			shell_add_word(&line, r->rec[i]->script);
	}
	if (n > AGAIN_MAX_SCRIPTS)
		buf_printf(&line, " # and %zu more", n - AGAIN_MAX_SCRIPTS);
	if (n)
		report_add_line(out, buf_str(&line));
	buf_fini(&line);
	return n > 0;
}
