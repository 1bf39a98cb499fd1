/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>

#include "base/buf.h"
#include "report/report_impl.h"

/*
 * Workflow commands of GitHub Actions: lines that the runner takes out of a step's output and shows
 * beside the code. It looks for them in all that is printed, hence also in what scripts and stacks
 * print; so it is told to stop for the time of the run, until a token comes that they cannot know.
 * The annotations follow at the end, failures first, because only ten of each level are shown.
 */

/* In messages newlines are kept; in properties, their separators are escaped, too. */
static void add_escaped(struct buf *out, const char *safe, bool is_property)
{
	for (const char *c = safe; *c; c++) {
		if (*c == '%' || *c == '\n' || (is_property && (*c == ':' || *c == ',')))
			buf_printf(out, "%%%02X", (unsigned int)*c);
		else
			buf_putc(out, *c);
	}
}

static void add_property(struct buf *out, const char *text)
{
	struct buf safe = { 0 };

	report_add_line(&safe, text);
	add_escaped(out, buf_str(&safe), true);
	buf_fini(&safe);
}

static void add_message(struct buf *out, const char *text)
{
	struct buf safe = { 0 };

	report_add_bounded(&safe, text);
	if (safe.len)
		safe.len--;        /* the newline at the end */
	add_escaped(out, buf_str(&safe), false);
	buf_fini(&safe);
}

/* Takes the last folder off, if there is one that has a name. */
static bool drop_last(struct buf *path)
{
	const char *text = buf_str(path), *slash = strrchr(text, '/');
	const char *last = slash ? slash + 1 : text;

	if (!*last || strcmp(last, "..") == 0)
		return false;
	path->len = slash && slash != text ? (size_t)(slash - text) : (size_t)(last - text);
	return true;
}

/* GitHub compares paths as texts: "." and ".." have to go, but for those that lead out of it. */
static void add_shortest(struct buf *path, const char *text)
{
	if (*text == '/')
		buf_putc(path, '/');
	while (*text) {
		size_t n = strcspn(text, "/");
		bool is_here = n == 0 || (n == 1 && *text == '.');
		bool is_up = n == 2 && memcmp(text, "..", 2) == 0;

		if (!is_here && !(is_up && drop_last(path))) {
			if (path->len && path->data[path->len - 1] != '/')
				buf_putc(path, '/');
			buf_add(path, text, n);
		}
		text += n + (text[n] == '/');
	}
}

/* GitHub wants paths from the top of the repository. */
static void add_file(struct buf *out, const struct report *r, const struct test_record *rec)
{
	const struct finding *place = report_place(rec);
	struct buf whole = { 0 }, path = { 0 };

	if (*rec->script != '/' && *r->run.folder)
		buf_printf(&whole, "%s/", r->run.folder);
	buf_puts(&whole, rec->script);
	add_shortest(&path, buf_str(&whole));
	buf_fini(&whole);
	buf_puts(out, "file=");
	add_property(out, buf_str(&path));
	if (place)
		buf_printf(out, ",line=%u,col=%u", place->line, place->col ? place->col : 1);
	buf_fini(&path);
}

static void annotate(const struct report *r, const char *level, const struct test_record *rec,
		     const char *word, const char *message)
{
	struct buf line = { 0 }, text = { 0 };

	report_add_safe(&text, message);
	if (report_has_title(rec))
		buf_printf(&text, "title: %s\n", rec->title);
	buf_printf(&line, "::%s ", level);
	add_file(&line, r, rec);
	buf_printf(&line, ",title=%s%%3A ", word);
	add_property(&line, rec->id);
	buf_puts(&line, "::");
	add_message(&line, buf_str(&text));
	fprintf(r->opt.out, "%s\n", buf_str(&line));
	buf_fini(&line);
	buf_fini(&text);
}

/* All that was found, then what is worth knowing of how the test was run. */
static void add_found(struct buf *text, const struct report *r, const struct test_record *rec)
{
	struct buf times = { 0 };

	report_add_findings(text, rec);
	if (!rec->findings)
		buf_puts(text, rec->reason);
	if (report_add_run_notes(&times, r, rec))
		buf_printf(text, "%s%s", text->len && text->data[text->len - 1] == '\n' ? "" : "\n",
			   buf_str(&times));
	buf_fini(&times);
}

static void annotate_all(const struct report *r, enum report_kind kind, const char *level)
{
	for (size_t i = 0; i < r->n; i++) {
		const struct test_record *rec = r->rec[i];
		struct buf text = { 0 };

		if (report_kind(rec) != kind)
			continue;
		if (kind == KIND_FLAKY) {
			buf_puts(&text, "passed only when run again: ");
			report_add_run_notes(&text, r, rec);
			buf_putc(&text, '\n');
			report_add_earlier(&text, rec);
		} else {
			add_found(&text, r, rec);
		}
		annotate(r, level, rec, kind == KIND_FLAKY ? "flaky" : verdict_name[rec->verdict],
			 buf_str(&text));
		buf_fini(&text);
	}
}

/* Of the rest, what the machine lacks is worth a line; each reason once. */
static void annotate_groups(const struct report *r)
{
	for (size_t i = 0; i < r->n; i++) {
		const struct test_record *rec = r->rec[i];
		size_t n = rec->verdict == VERDICT_ENVIRONMENT ? report_group(r, i) : 0;
		struct buf line = { 0 }, reason = { 0 };

		if (n) {
			buf_printf(&line, "::warning title=environment::%zu test%s: ", n,
				   n == 1 ? "" : "s");
			report_add_group_reason(&reason, r, i);
			add_message(&line, buf_str(&reason));
			fprintf(r->opt.out, "%s\n", buf_str(&line));
		}
		buf_fini(&reason);
		buf_fini(&line);
	}
}

void github_begin(struct report *r)
{
	fprintf(r->opt.out, "::stop-commands::%s\n", r->run.token);
}

void github_end(struct report *r, const struct report_totals *totals)
{
	struct buf line = { 0 };

	fprintf(r->opt.out, "::%s::\n", r->run.token);
	annotate_all(r, KIND_FAILED, "error");
	annotate_all(r, KIND_FLAKY, "warning");
	annotate_all(r, KIND_INCONCLUSIVE, "warning");
	annotate_groups(r);
	buf_puts(&line, "::notice title=tcpdrill::");
	report_add_totals(&line, r, totals, NULL);
	buf_puts(&line, "; ");
	report_add_lateness(&line, totals->late_us);
	fprintf(r->opt.out, "%s\n", buf_str(&line));
	buf_fini(&line);
}
