/* SPDX-License-Identifier: BSD-2-Clause */
#include <inttypes.h>
#include <string.h>

#include "base/buf.h"
#include "base/util.h"
#include "report/report_impl.h"

/*
 * Colours that people with any of the common kinds of colour blindness tell apart: blue, orange,
 * yellow and a brightness besides. The word itself always stands there, too.
 */
static const char blue[] = "\033[38;5;75m", yellow[] = "\033[38;5;221m";
static const char orange[] = "\033[1;38;5;208m", plain[] = "";

static const char *const color[VERDICT_COUNT] = {
	[VERDICT_PASS] = blue,
	[VERDICT_DEVIATES] = plain,
	[VERDICT_SKIP] = plain,
	[VERDICT_XFAIL] = plain,
	[VERDICT_INCONCLUSIVE] = yellow,
	[VERDICT_ENVIRONMENT] = yellow,
	[VERDICT_ERROR] = orange,
	[VERDICT_XPASS] = orange,
	[VERDICT_TIMEOUT] = orange,
	[VERDICT_CRASH] = orange,
	[VERDICT_FAIL] = orange,
};

enum { COLUMN_CHARS = 13, US_PER_S = 1000000 };

/* A line over which the next one is written; erased before anything else is. */
static const char erase_line[] = "\r\033[K";

void terminal_hide(struct report *r)
{
	if (r->has_progress)
		fputs(erase_line, r->opt.out);
	r->has_progress = false;
}

static void word(const struct report *r, const char *on, const char *text)
{
	bool has_color = r->opt.has_color && *on;

	fprintf(r->opt.out, "%s%s%s", has_color ? on : "", text, has_color ? REPORT_COLOR_OFF : "");
}

/* The same as the first column of a line. */
static void column(const struct report *r, const char *on, const char *text)
{
	size_t n = strlen(text);

	word(r, on, text);
	fprintf(r->opt.out, "%*s", n < COLUMN_CHARS ? (int)(COLUMN_CHARS - n) : 1, "");
}

static void print_line(const struct report *r, struct buf *line)
{
	struct buf safe = { 0 };

	report_add_line(&safe, buf_str(line));
	fprintf(r->opt.out, "%s\n", buf_str(&safe));
	buf_fini(&safe);
	buf_clear(line);
}

static void print_text(const struct report *r, const char *text)
{
	struct buf safe = { 0 };

	if (r->opt.is_complete)
		report_add_safe(&safe, text);
	else
		report_add_bounded(&safe, text);
	fwrite(safe.data, 1, safe.len, r->opt.out);
	buf_fini(&safe);
}

static void print_findings(const struct report *r, const struct test_record *rec)
{
	struct test_record one = *rec;
	struct finding alone;

	for (const struct finding *f = rec->findings; f; f = f->next) {
		struct buf text = { 0 };

		alone = *f;
		alone.next = NULL;
		one.findings = &alone;
		report_add_findings(&text, &one);
		print_text(r, buf_str(&text));
		buf_fini(&text);
	}
}

/* ---- each test ---- */

/* Of a test that just passed, only that the tester was late. */
static bool add_notes(struct buf *out, const struct report *r, const struct test_record *rec)
{
	if (rec->retries || rec->verdict != VERDICT_PASS)
		return report_add_run_notes(out, r, rec);
	if (report_is_late(rec))
		report_add_lateness(out, rec->late_us);
	return report_is_late(rec);
}

/* One line: verdict, name, time; then the reason where there is one. */
static void headline(const struct report *r, const struct test_record *rec)
{
	struct buf line = { 0 }, times = { 0 };

	column(r, color[rec->verdict], verdict_name[rec->verdict]);
	buf_puts(&line, rec->id);
	if (report_has_title(rec))
		buf_printf(&line, "  %s", rec->title);
	if (add_notes(&times, r, rec))
		buf_printf(&line, "  (%s)", buf_str(&times));
	buf_fini(&times);
	if (rec->wall_us && rec->verdict != VERDICT_INCONCLUSIVE) {
		buf_puts(&line, "  (");
		report_add_duration(&line, rec->wall_us);
		buf_putc(&line, ')');
	}
	print_line(r, &line);
	if (rec->reason && *rec->reason && (!rec->findings || !rec->findings->text)) {
		buf_printf(&line, "%*s%s", COLUMN_CHARS, "", rec->reason);
		print_line(r, &line);
	}
	buf_fini(&line);
}

/* What is told at once, with all it has to say. The rest is only counted at the end. */
static bool is_full(const struct test_record *rec)
{
	return report_kind(rec) == KIND_FAILED || report_kind(rec) == KIND_INCONCLUSIVE;
}

/* A passed test may have warnings; in a run of many they are only counted. */
static bool is_told(const struct report *r, const struct test_record *rec)
{
	return r->opt.is_verbose || is_full(rec) || (r->run.n_tests == 1 && rec->findings);
}

void terminal_test(struct report *r, const struct test_record *rec)
{
	bool has_output = rec->output && *rec->output;

	if (!is_told(r, rec) && !has_output)
		return;
	terminal_hide(r);
	if (is_told(r, rec)) {
		headline(r, rec);
		print_findings(r, rec);
	}
	/* What --trace showed and what scripts printed was asked for. */
	if (has_output)
		print_text(r, rec->output);
	if (is_full(rec))
		fputc('\n', r->opt.out);
}

/* ---- while it runs ---- */

static void add_left(struct buf *line, int64_t left_s)
{
	if (left_s >= 3600)
		buf_printf(line, ", %" PRId64 ":%02d:%02d left", left_s / 3600,
			   (int)(left_s / 60 % 60), (int)(left_s % 60));
	else
		buf_printf(line, ", %d:%02d left", (int)(left_s / 60), (int)(left_s % 60));
}

/* How long the rest takes if it goes on so. While nothing ends, time passes: that a test takes long
 * says nothing of the others. */
static int64_t left_us(struct report *r, const struct report_progress *p)
{
	size_t n_left = r->run.n_tests > p->n_done ? r->run.n_tests - p->n_done : 0;
	int64_t left;

	if (p->n_done != r->estimate.n_done) {
		r->estimate.n_done = p->n_done;
		r->estimate.at_us = p->elapsed_us;
		r->estimate.left_us = (int64_t)((double)p->elapsed_us / (double)p->n_done *
						(double)n_left);
	}
	left = r->estimate.left_us - (p->elapsed_us - r->estimate.at_us);
	return left > 0 ? left : 0;
}

void terminal_progress(struct report *r, const struct report_progress *p)
{
	struct buf line = { 0 };

	if (p->time)
		buf_printf(&line, "time %" PRIu32 ": ", p->time);
	buf_printf(&line, "%zu/%zu done, %zu running, %zu failed", p->n_done, r->run.n_tests,
		   p->n_running, p->n_failed);
	if (p->n_done && !p->time) {
		int64_t left = left_us(r, p);

		/* The first few tell little about the rest. */
		if (p->elapsed_us >= US_PER_S)
			add_left(&line, left / US_PER_S);
	}
	/* A line that wraps could not be written over; some do when the last column is taken. */
	if (p->columns && line.len >= p->columns)
		line.len = p->columns - 1;
	fprintf(r->opt.out, "%s%s", erase_line, buf_str(&line));
	buf_fini(&line);
	r->has_progress = true;
}

/* ---- the end ---- */

/* What is in doubt is told with how late the tester was. */
static void add_end_line(struct buf *line, const struct report *r, const struct test_record *rec,
			 enum report_kind kind)
{
	const struct test_record *first = report_earlier(rec, 0);
	struct buf times = { 0 };

	buf_printf(line, "%s: %s", rec->id, rec->reason);
	if (kind == KIND_FLAKY)
		buf_printf(line, "passed when run again, %u times in all%s%s", rec->retries + 1,
			   first ? "; at first: " : "", first ? first->reason : "");
	else if (kind == KIND_INCONCLUSIVE && report_add_run_notes(&times, r, rec))
		buf_printf(line, " (%s)", buf_str(&times));
	buf_fini(&times);
}

static void list_kind(const struct report *r, enum report_kind kind)
{
	struct buf line = { 0 };

	for (size_t i = 0; i < r->n; i++) {
		const struct test_record *rec = r->rec[i];

		if (report_kind(rec) != kind)
			continue;
		if (kind == KIND_FLAKY)
			column(r, yellow, "flaky");
		else
			column(r, color[rec->verdict], verdict_name[rec->verdict]);
		add_end_line(&line, r, rec, kind);
		print_line(r, &line);
	}
	buf_fini(&line);
}

/* A machine without a qdisc may say so of hundreds of tests: each reason is told once. */
static void list_grouped(const struct report *r)
{
	struct buf line = { 0 };

	for (size_t i = 0; i < r->n; i++) {
		const struct test_record *rec = r->rec[i];
		size_t count = report_kind(rec) == KIND_GROUPED ? report_group(r, i) : 0;

		if (!count)
			continue;
		column(r, color[rec->verdict], verdict_name[rec->verdict]);
		if (count == 1)
			buf_printf(&line, "%s: ", rec->id);
		else
			buf_printf(&line, "%zu tests: ", count);
		report_add_group_reason(&line, r, i);
		print_line(r, &line);
	}
	buf_fini(&line);
}

/* In how many tests the tester was late; one that was told alone has said so. */
static void list_late(const struct report *r)
{
	const struct test_record *latest = NULL;
	struct buf line = { 0 };
	size_t n = 0;

	for (size_t i = 0; i < r->n; i++) {
		const struct test_record *rec = r->rec[i];

		if (!report_is_late(rec) || (r->run.n_tests == 1 && is_told(r, rec)))
			continue;
		n++;
		if (!latest || rec->late_us > latest->late_us)
			latest = rec;
	}
	if (!latest)
		return;
	column(r, yellow, "late");
	if (n > 1)
		buf_printf(&line, "%zu tests, most of all ", n);
	buf_printf(&line, "%s: ", latest->id);
	report_add_lateness(&line, latest->late_us);
	print_line(r, &line);
	buf_fini(&line);
}

static void list_at_work(const struct report *r, const struct report_totals *t)
{
	struct buf line = { 0 };

	for (size_t i = 0; i < t->n_at_work; i++) {
		column(r, yellow, "at work");
		report_add_at_work(&line, t, i);
		print_line(r, &line);
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
	struct buf line = { 0 };

	report_add_totals(&line, r, t, r->opt.has_color ? color : NULL);
	if (n_warned(r))
		buf_printf(&line, " (%zu passed with warnings, which -v shows)", n_warned(r));
	fprintf(r->opt.out, "%s\n", buf_str(&line));
	buf_fini(&line);
}

void terminal_end(struct report *r, const struct report_totals *totals)
{
	struct buf again = { 0 };

	terminal_hide(r);
	if (r->run.n_tests > 1)
		list_kind(r, KIND_FAILED);
	list_kind(r, KIND_FLAKY);
	if (r->run.n_tests > 1)
		list_kind(r, KIND_INCONCLUSIVE);
	list_grouped(r);
	list_late(r);
	list_at_work(r, totals);
	if (totals->advice && totals->n[VERDICT_ENVIRONMENT])
		report_print_safe(r->opt.out, totals->advice);
	totals_line(r, totals);
	if (report_add_again(&again, r, totals->is_recorded))
		fprintf(r->opt.out, "again: %s\n", buf_str(&again));
	buf_fini(&again);
}
