/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdint.h>
#include <string.h>

#include "base/buf.h"
#include "report/report_impl.h"

/*
 * JUnit XML has no standard. This is the form of Maven's Surefire, with its flakyFailure for each
 * run before the one that passed, and with the file of a test, which GitLab shows. What decides the
 * exit status is a failure (the stack) or an error (anything else), so that the page of a CI and
 * the status of its job agree.
 */
static const char *const element[VERDICT_COUNT] = {
	[VERDICT_PASS] = NULL,
	[VERDICT_DEVIATES] = NULL,
	[VERDICT_SKIP] = "skipped",
	[VERDICT_XFAIL] = "skipped",
	[VERDICT_INCONCLUSIVE] = "error",
	[VERDICT_ENVIRONMENT] = "error",
	[VERDICT_ERROR] = "error",
	[VERDICT_XPASS] = "failure",
	[VERDICT_TIMEOUT] = "error",
	[VERDICT_CRASH] = "error",
	[VERDICT_FAIL] = "failure",
};

/* ---- XML ---- */

/* What may not stand for itself in text or in an attribute [XML 1.0 2.4, 3.3.3]. Newlines of an
 * attribute would be read as blanks. */
static void add_escaped(struct buf *out, const char *safe, bool is_attribute)
{
	for (const char *c = safe; *c; c++) {
		if (*c == '&')
			buf_puts(out, "&amp;");
		else if (*c == '<')
			buf_puts(out, "&lt;");
		else if (*c == '>')
			buf_puts(out, "&gt;");
		else if (is_attribute && (*c == '"' || *c == '\n' || *c == '\t'))
			buf_printf(out, "&#%d;", *c);
		else
			buf_putc(out, *c);
	}
}

static void add_attribute(struct buf *out, const char *name, const char *value)
{
	struct buf safe = { 0 };

	report_add_line(&safe, value);
	buf_printf(out, " %s=\"", name);
	add_escaped(out, buf_str(&safe), true);
	buf_putc(out, '"');
	buf_fini(&safe);
}

static void add_text(struct buf *out, const char *text)
{
	struct buf safe = { 0 };

	report_add_safe(&safe, text);
	add_escaped(out, buf_str(&safe), false);
	buf_fini(&safe);
}

static void add_time(struct buf *out, int64_t us)
{
	buf_printf(out, " time=\"%.6f\"", (double)us / 1e6);
}

/* ---- tests ---- */

/* The folder of a script is its class, with dots as Java has them: readers group by it. */
static void add_names(struct buf *out, const char *id)
{
	const char *bracket, *slash;
	struct buf class = { 0 };

	id += strspn(id, "/");
	bracket = strchr(id, '[');
	slash = id;
	for (const char *c = id; *c && c != bracket; c++)
		slash = *c == '/' ? c + 1 : slash;
	buf_add(&class, id, (size_t)(slash - id));
	if (class.len)
		class.len--;
	else
		buf_puts(&class, "scripts");
	for (size_t i = 0; i < class.len; i++) {
		if (class.data[i] == '/')
			class.data[i] = '.';
	}
	add_attribute(out, "name", slash);
	add_attribute(out, "classname", buf_str(&class));
	buf_fini(&class);
}

/* Whether each of its runs has an element. */
static bool has_run_elements(const struct test_record *rec)
{
	const char *name = element[rec->verdict];

	return rec->verdict == VERDICT_PASS || (name && strcmp(name, "skipped") != 0);
}

/* <failure message="..." type="fail"> or the like, with all that was found. */
static void add_outcome(struct buf *out, const char *name, const struct test_record *rec)
{
	struct buf text = { 0 };

	buf_printf(out, "\t\t\t<%s", name);
	add_attribute(out, "message", rec->reason);
	if (strcmp(name, "skipped") != 0)
		add_attribute(out, "type", verdict_name[rec->verdict]);
	report_add_findings(&text, rec);
	if (text.len) {
		buf_putc(out, '>');
		add_text(out, buf_str(&text));
		buf_printf(out, "</%s>\n", name);
	} else {
		buf_puts(out, "/>\n");
	}
	buf_fini(&text);
}

/* What each run but the last came to: the tester had been too late to judge. Where what is skipped
 * or deviates has them, Surefire has no place for them. */
static void add_earlier_runs(struct buf *out, const struct test_record *rec)
{
	const char *name = rec->verdict == VERDICT_PASS ? "flakyFailure" : "rerunFailure";

	for (uint32_t i = 0; has_run_elements(rec) && i < rec->retries; i++) {
		const struct test_record *run = report_earlier(rec, i);

		if (run)
			add_outcome(out, name, run);
	}
}

/* What has no element of its own: a verdict that counts as passed, lateness, warnings. */
static void add_output(struct buf *out, const struct report *r, const struct test_record *rec)
{
	struct buf text = { 0 }, times = { 0 };

	if (!element[rec->verdict] && rec->reason && *rec->reason)
		buf_printf(&text, "%s: %s\n", verdict_name[rec->verdict], rec->reason);
	if (report_add_run_notes(&times, r, rec))
		buf_printf(&text, "%s\n", buf_str(&times));
	if (!has_run_elements(rec))
		report_add_earlier(&text, rec);
	if (!element[rec->verdict])
		report_add_findings(&text, rec);
	if (rec->output)
		buf_puts(&text, rec->output);
	if (text.len) {
		buf_puts(out, "\t\t\t<system-out>");
		add_text(out, buf_str(&text));
		buf_puts(out, "</system-out>\n");
	}
	buf_fini(&text);
	buf_fini(&times);
}

static void add_property(struct buf *out, const char *indent, const char *name, const char *value)
{
	buf_printf(out, "%s<property name=\"%s\"", indent, name);
	add_attribute(out, "value", value);
	buf_puts(out, "/>\n");
}

static void add_title(struct buf *out, const struct test_record *rec)
{
	if (!report_has_title(rec))
		return;
	buf_puts(out, "\t\t\t<properties>\n");
	add_property(out, "\t\t\t\t", "title", rec->title);
	buf_puts(out, "\t\t\t</properties>\n");
}

static void add_test(struct buf *out, const struct report *r, const struct test_record *rec)
{
	const struct finding *place = report_place(rec);

	buf_puts(out, "\t\t<testcase");
	add_names(out, rec->id);
	add_attribute(out, "file", rec->script);
	if (place)
		buf_printf(out, " line=\"%u\"", place->line);
	add_time(out, rec->wall_us);
	buf_puts(out, ">\n");
	add_title(out, rec);
	if (element[rec->verdict])
		add_outcome(out, element[rec->verdict], rec);
	add_earlier_runs(out, rec);
	add_output(out, r, rec);
	buf_puts(out, "\t\t</testcase>\n");
}

/* ---- the document ---- */

/* Below the properties of the testsuite. */
static const char indent_of_property[] = "\t\t\t";

static size_t count(const struct report_totals *t, const char *name)
{
	size_t n = 0;

	for (int v = 0; v < VERDICT_COUNT; v++) {
		if (element[v] && strcmp(element[v], name) == 0)
			n += t->n[v];
	}
	return n;
}

static void add_counts(struct buf *out, const struct report_totals *t)
{
	buf_printf(out, " tests=\"%zu\" failures=\"%zu\" errors=\"%zu\" skipped=\"%zu\"", t->n_tests,
		   count(t, "failure"), count(t, "error"), count(t, "skipped"));
	add_time(out, t->wall_us);
}

static void add_number(struct buf *out, const char *name, uint64_t value)
{
	buf_printf(out, "\t\t\t<property name=\"%s\" value=\"%ju\"/>\n", name, (uintmax_t)value);
}

static void add_properties(struct buf *out, const struct report *r, const struct report_totals *t)
{
	buf_puts(out, "\t\t<properties>\n");
	add_property(out, indent_of_property, "tcpdrill", r->run.version);
	add_property(out, indent_of_property, "stack", r->run.stack);
	if (*r->run.kernel)
		add_property(out, indent_of_property, "kernel", r->run.kernel);
	add_property(out, indent_of_property, "command", r->run.command);
	add_number(out, "jobs", r->run.jobs);
	add_number(out, "seed", r->run.seed);
	add_number(out, "tests-wanted", r->run.n_tests);
	add_number(out, "retried", t->n_retried);
	add_number(out, "flaky", t->n_flaky);
	add_number(out, "late_us", (uint64_t)t->late_us);
	for (int v = 0; v < VERDICT_COUNT; v++) {
		if (t->n[v])
			add_number(out, verdict_name[v], t->n[v]);
	}
	add_number(out, "not-run", report_n_not_run(r, t));
	add_property(out, indent_of_property, "interrupted",
		     t->cut == REPORT_CUT_SIGNAL ? "true" : "false");
	if (t->cut)
		add_property(out, indent_of_property, "cut-short", report_cut_name(t));
	buf_puts(out, "\t\t</properties>\n");
}

void junit_end(struct report *r, const struct report_totals *totals)
{
	struct buf out = { 0 }, begun = { 0 };

	report_add_begun(&begun, r);
	buf_puts(&out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"tcpdrill\"");
	add_counts(&out, totals);
	buf_puts(&out, ">\n\t<testsuite");
	add_attribute(&out, "name", r->run.stack);
	add_counts(&out, totals);
	add_attribute(&out, "timestamp", buf_str(&begun));
	add_attribute(&out, "hostname", r->run.host);
	buf_fini(&begun);
	buf_printf(&out, " flakes=\"%zu\">\n", totals->n_flaky);
	add_properties(&out, r, totals);
	for (size_t i = 0; i < r->n; i++) {
		add_test(&out, r, r->rec[i]);
		fwrite(out.data, 1, out.len, r->opt.out);
		buf_clear(&out);
	}
	buf_puts(&out, "\t</testsuite>\n</testsuites>\n");
	fwrite(out.data, 1, out.len, r->opt.out);
	buf_fini(&out);
}
