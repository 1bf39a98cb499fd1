/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>

#include "base/buf.h"
#include "base/duration.h"
#include "report/report_impl.h"

/*
 * A page for places that show GitHub's Markdown. All text that is not ours stands in code spans and
 * fenced blocks, whose ends are made longer than any run of backticks within, so that it can be no
 * markup. Where the page may not be longer than max_bytes, what no longer fits is only counted.
 */
struct page {
	struct report *r;
	struct buf part;             /* one entry, until it is known to fit */
	size_t n_bytes;
	size_t n_left_out;
};

static size_t longest_run(const char *text, char of)
{
	size_t longest = 0, n = 0;

	for (; *text; text++) {
		n = *text == of ? n + 1 : 0;
		longest = n > longest ? n : longest;
	}
	return longest;
}

/* `text`, as one line; @bar is what stands for a bar, which would end a cell of a table. */
static void add_code_with(struct buf *out, const char *text, const char *bar)
{
	struct buf safe = { 0 };
	size_t fence;

	report_add_line(&safe, text);
	fence = longest_run(buf_str(&safe), '`') + 1;
	buf_pad(out, '`', fence);
	/* A blank keeps a backtick at the edge from the fence; readers take it off again. */
	buf_puts(out, fence > 1 ? " " : "");
	for (const char *c = buf_str(&safe); *c; c++) {
		if (*c == '|')
			buf_puts(out, bar);
		else
			buf_putc(out, *c);
	}
	buf_puts(out, fence > 1 ? " " : "");
	buf_pad(out, '`', fence);
	buf_fini(&safe);
}

static void add_code(struct buf *out, const char *text)
{
	add_code_with(out, text, "|");
}

static void add_block(struct buf *out, const char *text, const char *language)
{
	struct buf safe = { 0 };
	size_t fence;

	report_add_bounded(&safe, text);
	fence = longest_run(buf_str(&safe), '`') + 1;
	fence = fence < 3 ? 3 : fence;
	buf_pad(out, '`', fence);
	buf_printf(out, "%s\n%s", language, buf_str(&safe));
	buf_pad(out, '`', fence);
	buf_putc(out, '\n');
	buf_fini(&safe);
}

static void print(struct page *p)
{
	fwrite(p->part.data, 1, p->part.len, p->r->opt.out);
	p->n_bytes += p->part.len;
	buf_clear(&p->part);
}

/* An entry of a list, of which some may be left out. */
static void print_entry(struct page *p)
{
	size_t max_bytes = p->r->opt.max_bytes;

	if (max_bytes && p->n_bytes + p->part.len > max_bytes) {
		p->n_left_out++;
		buf_clear(&p->part);
		return;
	}
	print(p);
}

/* ---- parts ---- */

static void summary(struct page *p, const struct report_totals *t)
{
	const struct report *r = p->r;
	struct buf *out = &p->part;

	buf_printf(out, "# tcpdrill: %s on ",
		   t->exit_status ? "did not pass" : t->n_tests ? "passed" : "nothing ran");
	add_code(out, r->run.stack);
	buf_puts(out, "\n\n| verdict | tests |\n|---|---:|\n");
	for (int v = VERDICT_COUNT - 1; v >= 0; v--) {
		if (t->n[v])
			buf_printf(out, "| %s | %zu |\n", verdict_name[v], t->n[v]);
	}
	buf_putc(out, '\n');
	report_add_totals(out, r, t, NULL);
	buf_printf(out, ". The tester was up to %s late. tcpdrill %s, %u at once, seed %ju.\n",
		   duration_ms(t->late_us).text, r->run.version, r->run.jobs, (uintmax_t)r->run.seed);
	print(p);
}

static void at_work(struct page *p, const struct report_totals *t)
{
	if (t->n_at_work)
		buf_puts(&p->part, "\nAt work when the run ended:\n\n");
	for (size_t i = 0; i < t->n_at_work; i++) {
		buf_puts(&p->part, "- ");
		add_code(&p->part, t->at_work[i].id);
		buf_puts(&p->part, ", for ");
		report_add_duration(&p->part, t->at_work[i].played_us);
		buf_putc(&p->part, '\n');
	}
	print(p);
}

static void heading(struct page *p, const char *text)
{
	buf_printf(&p->part, "\n## %s\n\n", text);
	print(p);
}

/* Which test it is. */
static void add_name(struct buf *out, const struct test_record *rec)
{
	add_code(out, rec->id);
	if (report_has_title(rec)) {
		buf_puts(out, " (");
		add_code(out, rec->title);
		buf_putc(out, ')');
	}
}

static void failed(struct page *p, const struct test_record *rec)
{
	struct buf *out = &p->part, text = { 0 }, times = { 0 };

	buf_printf(out, "- **%s** ", verdict_name[rec->verdict]);
	add_name(out, rec);
	buf_puts(out, ": ");
	add_code(out, rec->reason);
	if (report_add_run_notes(&times, p->r, rec))
		buf_printf(out, " (%s)", buf_str(&times));
	buf_putc(out, '\n');
	report_add_findings(&text, rec);
	if (rec->output)
		buf_puts(&text, rec->output);
	if (text.len) {
		buf_puts(out, "\n<details><summary>details</summary>\n\n");
		add_block(out, buf_str(&text), "text");
		buf_puts(out, "\n</details>\n\n");
	}
	print_entry(p);
	buf_fini(&text);
	buf_fini(&times);
}

static void flaky(struct page *p, const struct test_record *rec)
{
	struct buf times = { 0 };

	buf_puts(&p->part, "- ");
	add_name(&p->part, rec);
	if (report_add_run_notes(&times, p->r, rec))
		buf_printf(&p->part, ": %s", buf_str(&times));
	buf_putc(&p->part, '\n');
	for (uint32_t i = 0; i < rec->retries; i++) {
		const struct test_record *run = report_earlier(rec, i);

		if (!run)
			continue;
		buf_printf(&p->part, "  - run %u: ", i + 1);
		add_code(&p->part, run->reason);
		buf_putc(&p->part, '\n');
	}
	print_entry(p);
	buf_fini(&times);
}

static void list(struct page *p, enum report_kind kind, const char *title,
		 void (*entry)(struct page *p, const struct test_record *rec))
{
	if (!report_count_kind(p->r, kind))
		return;
	heading(p, title);
	for (size_t i = 0; i < p->r->n; i++) {
		if (report_kind(p->r->rec[i]) == kind)
			entry(p, p->r->rec[i]);
	}
}

/* Of tests that are not told one by one above: in which the tester was late. */
static bool is_late_only(const struct test_record *rec)
{
	enum report_kind kind = report_kind(rec);

	return report_is_late(rec) && (kind == KIND_PASSED || kind == KIND_GROUPED);
}

static void late(struct page *p)
{
	const struct report *r = p->r;
	bool has_heading = false;

	for (size_t i = 0; i < r->n; i++) {
		size_t n_left_out = p->n_left_out;

		if (!is_late_only(r->rec[i]))
			continue;
		if (!has_heading)
			buf_puts(&p->part, "\n## Late: the tester, but not too late to judge\n\n");
		buf_printf(&p->part, "- %s ", verdict_name[r->rec[i]->verdict]);
		add_code(&p->part, r->rec[i]->id);
		buf_puts(&p->part, ": ");
		report_add_lateness(&p->part, r->rec[i]->late_us);
		buf_putc(&p->part, '\n');
		print_entry(p);
		has_heading |= p->n_left_out == n_left_out;
	}
}

static void grouped(struct page *p)
{
	struct buf *out = &p->part, reason = { 0 };

	if (!report_count_kind(p->r, KIND_GROUPED))
		return;
	heading(p, "Not judged, or known");
	buf_puts(out, "| verdict | tests | reason |\n|---|---:|---|\n");
	print(p);
	for (size_t i = 0; i < p->r->n; i++) {
		const struct test_record *rec = p->r->rec[i];
		size_t n = report_kind(rec) == KIND_GROUPED ? report_group(p->r, i) : 0;

		if (!n)
			continue;
		buf_printf(out, "| %s | %zu | ", verdict_name[rec->verdict], n);
		report_add_group_reason(&reason, p->r, i);
		add_code_with(out, buf_str(&reason), "\\|");
		buf_puts(out, " |\n");
		print_entry(p);
		buf_clear(&reason);
	}
	buf_fini(&reason);
}

void markdown_end(struct report *r, const struct report_totals *totals)
{
	struct page p = { .r = r };
	struct buf again = { 0 };

	summary(&p, totals);
	at_work(&p, totals);
	list(&p, KIND_FAILED, "Failed", failed);
	list(&p, KIND_FLAKY, "Flaky: passed when run again", flaky);
	list(&p, KIND_INCONCLUSIVE, "Inconclusive: the tester was too late to judge", failed);
	grouped(&p);
	late(&p);
	if (p.n_left_out) {
		buf_printf(&p.part, "\nToo long for this page: %zu more.\n", p.n_left_out);
		print(&p);
	}
	if (report_add_again(&again, r, false)) {
		heading(&p, "Again");
		add_block(&p.part, buf_str(&again), "sh");
		print(&p);
	}
	buf_fini(&again);
	buf_fini(&p.part);
}
