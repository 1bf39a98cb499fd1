/* SPDX-License-Identifier: BSD-2-Clause */
#include <assert.h>
#include <inttypes.h>
#include <string.h>
#include <time.h>

#include "base/buf.h"
#include "base/duration.h"
#include "base/printable.h"
#include "base/util.h"
#include "report/report_impl.h"

enum { FIRST_LINES = 30, LAST_LINES = 10, LATE_MIN_US = 1000 };

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
	printable_add_line(out, text ? text : "");
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
		if (f->text && *f->text) {
			buf_puts(out, f->text);
		} else {
			report_add_line(out, rec->script);
			buf_printf(out, ":%u: %s", f->line, f->message);
		}
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

void report_add_begun(struct buf *out, const struct report *r)
{
	time_t begun = (time_t)r->run.begun_s;
	struct tm tm = { 0 };

	gmtime_r(&begun, &tm);
	buf_printf(out, "%04d-%02d-%02dT%02d:%02d:%02d", tm.tm_year + 1900, tm.tm_mon + 1,
		   tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec);
}

bool report_is_late(const struct test_record *rec)
{
	return rec->late_us >= LATE_MIN_US;
}

bool report_has_title(const struct test_record *rec)
{
	return rec->title && *rec->title;
}

void report_add_lateness(struct buf *out, int64_t late_us)
{
	buf_printf(out, "the tester was up to %s late", duration_ms(late_us).text);
}

bool report_add_run_notes(struct buf *out, const struct report *r, const struct test_record *rec)
{
	size_t begin = out->len;

	if (rec->profile && *rec->profile)
		buf_printf(out, "profile %s", rec->profile);
	if (rec->seed != r->run.seed)
		buf_printf(out, "%sseed %" PRIu64, out->len > begin ? ", " : "", rec->seed);
	if (rec->retries)
		buf_printf(out, "%srun %u times", out->len > begin ? ", " : "", rec->retries + 1);
	if (report_is_late(rec)) {
		buf_puts(out, out->len > begin ? ", " : "");
		report_add_lateness(out, rec->late_us);
	}
	return out->len > begin;
}

const struct test_record *report_earlier(const struct test_record *rec, uint32_t i)
{
	for (uint32_t k = rec->retries; rec && k > i; k--)
		rec = rec->before;
	return rec;
}

void report_add_earlier(struct buf *out, const struct test_record *rec)
{
	for (uint32_t i = 0; i < rec->retries; i++) {
		const struct test_record *run = report_earlier(rec, i);

		if (run)
			buf_printf(out, "run %u of %u: %s\n", i + 1, rec->retries + 1,
				   run->reason);
	}
}

const char *report_cut_name(const struct report_totals *t)
{
	static const char *const name[] = {
		[REPORT_CUT_NOT] = NULL,
		[REPORT_CUT_SIGNAL] = "signal",
		[REPORT_CUT_TIME] = "total-timeout",
		[REPORT_CUT_FAILURE] = "fail-fast",
	};

	static_assert(ARRAY_LEN(name) == REPORT_CUT_COUNT, "every end has a name");
	return name[t->cut];
}

size_t report_n_not_run(const struct report *r, const struct report_totals *t)
{
	return r->run.n_tests > t->n_tests ? r->run.n_tests - t->n_tests : 0;
}

void report_add_at_work(struct buf *out, const struct report_totals *t, size_t i)
{
	report_add_line(out, t->at_work[i].id);
	buf_puts(out, " (for ");
	report_add_duration(out, t->at_work[i].played_us);
	buf_putc(out, ')');
}

const char *report_cut_words(const struct report_totals *t)
{
	static const char *const words[] = {
		[REPORT_CUT_NOT] = "ended",
		[REPORT_CUT_SIGNAL] = "interrupted",
		[REPORT_CUT_TIME] = "out of time (--total-timeout)",
		[REPORT_CUT_FAILURE] = "ended by --fail-fast",
	};

	static_assert(ARRAY_LEN(words) == REPORT_CUT_COUNT, "every end has its words");
	return words[t->cut];
}

void report_add_totals(struct buf *out, const struct report *r, const struct report_totals *t,
		       const char *const *color)
{
	const char *comma = "";
	bool is_whole = t->n_tests >= r->run.n_tests;

	if (!is_whole)
		buf_printf(out, "%s after %zu of ", report_cut_words(t), t->n_tests);
	else if (t->cut)               /* what was to be run again was not */
		buf_printf(out, "%s: ", report_cut_words(t));
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
