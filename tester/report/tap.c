/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * TAP 13 [testanything.org] and the kernel's dialect of it, KTAP 1 [Linux, dev-tools/ktap]: a plan,
 * then a line per test. They differ in where the details stand (YAML below the line; comments above
 * it) and in what may follow the name.
 */
#include <inttypes.h>
#include <string.h>

#include "base/buf.h"
#include "report/report_impl.h"

/* "not ok" is what decides the exit status. */
static const struct tap_look {
	bool is_ok;
	const char *tap;             /* directive; NULL: none */
	bool ktap_is_ok;
	const char *ktap;
} look[VERDICT_COUNT] = {
	[VERDICT_PASS] = { true, NULL, true, NULL },
	[VERDICT_DEVIATES] = { true, NULL, true, NULL },
	[VERDICT_SKIP] = { true, "SKIP", true, "SKIP" },
	[VERDICT_XFAIL] = { false, "TODO", true, "XFAIL" },
	[VERDICT_INCONCLUSIVE] = { false, NULL, false, "ERROR" },
	[VERDICT_ENVIRONMENT] = { false, NULL, false, "ERROR" },
	[VERDICT_ERROR] = { false, NULL, false, "ERROR" },
	[VERDICT_XPASS] = { false, NULL, false, NULL },
	[VERDICT_TIMEOUT] = { false, NULL, false, "TIMEOUT" },
	[VERDICT_CRASH] = { false, NULL, false, "ERROR" },
	[VERDICT_FAIL] = { false, NULL, false, NULL },
};

/* One test as readers count them. A '#' in the name would begin a directive: @hash stands for it. */
static void result(struct report *r, bool is_ok, const char *dash, const char *hash,
		   const struct test_record *rec, const char *directive)
{
	struct buf line = { 0 }, name = { 0 };

	report_add_line(&name, rec->id);
	buf_printf(&line, "%sok %zu %s", is_ok ? "" : "not ", r->n, dash);
	for (const char *c = buf_str(&name); *c; c++) {
		if (*c == '#')
			buf_puts(&line, hash);
		else
			buf_putc(&line, *c);
	}
	if (directive) {
		buf_printf(&line, " # %s ", directive);
		report_add_line(&line, rec->reason);
	}
	fprintf(r->opt.out, "%s\n", buf_str(&line));
	buf_fini(&line);
	buf_fini(&name);
}

static void plan(struct report *r, const char *version)
{
	fprintf(r->opt.out, "%s\n1..%zu\n", version, r->run.n_tests);
}

/* What was found and printed, line by line, each with @before in front. */
static void details(FILE *out, const struct test_record *rec, const char *before)
{
	struct buf text = { 0 }, safe = { 0 };
	char *end;

	report_add_findings(&text, rec);
	report_add_earlier(&text, rec);
	if (rec->output)
		buf_puts(&text, rec->output);
	if (text.len)
		report_add_safe(&safe, buf_str(&text));
	buf_str(&safe);
	for (char *line = safe.data; *line; line = end + 1) {
		end = strchr(line, '\n');
		*end = '\0';
		fprintf(out, "%s%s\n", before, line);
	}
	buf_fini(&text);
	buf_fini(&safe);
}

static bool has_details(const struct test_record *rec)
{
	return rec->findings || rec->before || (rec->output && *rec->output);
}

/* A test of which there is no more to tell takes one line. */
static bool has_more(const struct test_record *rec)
{
	return rec->verdict != VERDICT_PASS || rec->retries || report_is_late(rec) ||
	       has_details(rec);
}

static void totals_comment(struct report *r, const struct report_totals *t)
{
	struct buf line = { 0 };

	report_add_totals(&line, r, t, NULL);
	buf_puts(&line, "; ");
	report_add_lateness(&line, t->late_us);
	fprintf(r->opt.out, "# %s\n", buf_str(&line));
	for (size_t i = 0; i < t->n_at_work; i++) {
		buf_clear(&line);
		report_add_at_work(&line, t, i);
		fprintf(r->opt.out, "# at work: %s\n", buf_str(&line));
	}
	buf_fini(&line);
}

/* ---- TAP 13 ---- */

/* A double-quoted scalar; of what may not stand in one, quotes, backslashes and tabs are left. */
static void add_quoted(struct buf *out, const char *safe)
{
	buf_putc(out, '"');
	for (const char *c = safe; *c; c++) {
		if (*c == '"' || *c == '\\')
			buf_putc(out, '\\');
		if (*c == '\t')
			buf_puts(out, "\\t");
		else
			buf_putc(out, *c);
	}
	buf_putc(out, '"');
}

static void yaml_text(FILE *out, const char *key, const char *text)
{
	struct buf safe = { 0 }, quoted = { 0 };

	report_add_line(&safe, text);
	add_quoted(&quoted, buf_str(&safe));
	fprintf(out, "  %s: %s\n", key, buf_str(&quoted));
	buf_fini(&safe);
	buf_fini(&quoted);
}

static void yaml(FILE *out, const struct test_record *rec)
{
	const struct finding *place = report_place(rec);

	fputs("  ---\n", out);
	yaml_text(out, "verdict", verdict_name[rec->verdict]);
	if (rec->reason && *rec->reason)
		yaml_text(out, "message", rec->reason);
	if (report_has_title(rec))
		yaml_text(out, "title", rec->title);
	yaml_text(out, "file", rec->script);
	if (place)
		fprintf(out, "  line: %u\n", place->line);
	fprintf(out, "  duration_ms: %.3f\n  late_us: %" PRId64 "\n  retries: %u\n"
		"  seed: %" PRIu64 "\n",
		(double)rec->wall_us / 1e3, rec->late_us, rec->retries, rec->seed);
	if (has_details(rec)) {
		/* The first line is ours: readers take its indentation for that of all. */
		fprintf(out, "  details: |\n    %s, found and printed:\n",
			verdict_name[rec->verdict]);
		details(out, rec, "    ");
	}
	fputs("  ...\n", out);
}

void tap_begin(struct report *r)
{
	plan(r, "TAP version 13");
}

void tap_test(struct report *r, const struct test_record *rec)
{
	const struct tap_look *l = &look[rec->verdict];

	result(r, l->is_ok, "- ", "\\#", rec, l->tap);
	if (has_more(rec))
		yaml(r->opt.out, rec);
}

void tap_end(struct report *r, const struct report_totals *totals)
{
	totals_comment(r, totals);
	if (totals->n_tests < r->run.n_tests)
		fprintf(r->opt.out, "Bail out! %s after %zu of %zu tests\n",
			report_cut_words(totals), totals->n_tests, r->run.n_tests);
}

/* ---- KTAP 1 ---- */

void ktap_begin(struct report *r)
{
	plan(r, "KTAP version 1");
}

void ktap_test(struct report *r, const struct test_record *rec)
{
	const struct tap_look *l = &look[rec->verdict];
	struct buf times = { 0 }, reason = { 0 }, title = { 0 };

	/* Indented, because "# Subtest: x" would mean something to readers. */
	details(r->opt.out, rec, "#   ");
	report_add_line(&title, rec->title);
	if (title.len && has_more(rec))
		fprintf(r->opt.out, "# title: %s\n", buf_str(&title));
	report_add_line(&reason, rec->reason);
	if (reason.len && !l->ktap)
		fprintf(r->opt.out, "# %s: %s\n", verdict_name[rec->verdict], buf_str(&reason));
	if (report_add_run_notes(&times, r, rec))
		fprintf(r->opt.out, "# %s\n", buf_str(&times));
	result(r, l->ktap_is_ok, "", "\\x23", rec, l->ktap);
	buf_fini(&times);
	buf_fini(&reason);
	buf_fini(&title);
}

void ktap_end(struct report *r, const struct report_totals *totals)
{
	totals_comment(r, totals);
}
