/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>

#include "base/buf.h"
#include "report/report_impl.h"

/* The lines that tools around packetdrill look for: FILE:LINE: SHAPE: text [language 7.6]. */
static const char *shape(const struct finding *f)
{
	switch (f->kind) {
	case FINDING_PACKET:
	case FINDING_MISSING_PACKET:
	case FINDING_UNEXPECTED_PACKET:
		return f->is_warning ? "warning handling packet" : "error handling packet";
	case FINDING_CALL:
		return "runtime error";
	case FINDING_TIMING:
		return "timing error";
	case FINDING_COMMAND:
		return "error executing command";
	case FINDING_CODE:
		return "error executing code";
	case FINDING_ASSERT:
		return "assertion failed";
	case FINDING_ENVIRONMENT:
		return "environment";
	case FINDING_UNSUPPORTED:
		return "not supported by this stack";
	case FINDING_INTERNAL:
		return "semantic error";
	}
	return "error";
}

/* The first line of a finding's text says what its message says. */
static const char *details(const struct finding *f)
{
	const char *end = f->text ? strchr(f->text, '\n') : NULL;

	return end && end[1] ? end + 1 : NULL;
}

/* "listen(): text" or "listen() did it" becomes "runtime error in listen call: text". */
static void call_line(struct buf *out, const char *message)
{
	size_t n = strcspn(message, " (");
	const char *text = message + n;

	if (strncmp(text, "()", 2) != 0) {
		buf_printf(out, "runtime error in call: %s", message);
		return;
	}
	text += strspn(text, "(): ");
	buf_printf(out, "runtime error in %.*s call: %s", (int)n, message, text);
}

static void print_finding(FILE *err, const struct test_record *rec, const struct finding *f)
{
	struct buf line = { 0 };

	report_add_line(&line, rec->script);
	if (f->line)
		buf_printf(&line, ":%u", f->line);
	buf_puts(&line, ": ");
	if (f->kind == FINDING_CALL)
		call_line(&line, f->message);
	else
		buf_printf(&line, "%s: %s", shape(f), f->message);
	report_print_safe(err, buf_str(&line));
	if (details(f))
		report_print_safe(err, details(f));
	buf_fini(&line);
}

static void print_reason(FILE *err, const struct test_record *rec)
{
	struct buf line = { 0 };

	report_add_line(&line, rec->script);
	buf_printf(&line, ": %s: %s", verdict_name[rec->verdict], rec->reason);
	report_print_safe(err, buf_str(&line));
	buf_fini(&line);
}

void classic_test(struct report *r, const struct test_record *rec)
{
	if (rec->output && *rec->output)
		report_print_safe(r->opt.out, rec->output);
	fflush(r->opt.out);
	/* Messages about the script's text have their places already. */
	if (rec->verdict == VERDICT_ERROR && rec->findings && !rec->findings->line) {
		report_print_safe(r->opt.err, rec->findings->text);
		return;
	}
	for (const struct finding *f = rec->findings; f; f = f->next)
		print_finding(r->opt.err, rec, f);
	if (!rec->findings && rec->verdict != VERDICT_PASS)
		print_reason(r->opt.err, rec);
}
