/* SPDX-License-Identifier: BSD-2-Clause */
#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/diag.h"
#include "script/bind_impl.h"

enum { SECONDS_MAX = 10 * 365 * 24 * 3600 };

bool bind_number(struct bind *b, const struct ast_tok *t, const char *what, uint64_t max,
		 uint64_t *out)
{
	const char *s = t->text;
	char *end;

	*out = 0;
	if (t->kind == TOK_NONE || !isdigit((unsigned char)s[0])) {
		diag_error(b->d, t->span, "%s must be a number from 0 to %" PRIu64, what, max);
		return false;
	}
	errno = 0;
	*out = strtoull(s, &end, strncmp(s, "0x", 2) == 0 ? 16 : 10);
	if (*end || errno == ERANGE || *out > max) {
		diag_error(b->d, t->span, "%s must be a number from 0 to %" PRIu64 ", not %s", what,
			   max, s);
		return false;
	}
	return true;
}

bool bind_seconds(struct bind *b, const struct ast_tok *t, int64_t *out)
{
	const char *s = t->text;
	int64_t us = 0, scale = 100000;

	*out = 0;
	if (*s == '-') {
		diag_error(b->d, t->span, "a time cannot be negative");
		return false;
	}
	for (; isdigit((unsigned char)*s); s++) {
		us = us * 10 + (*s - '0');
		if (us > SECONDS_MAX) {
			diag_error(b->d, t->span, "this time is more than ten years away");
			return false;
		}
	}
	us *= 1000000;
	if (*s == '.') {
		for (s++; isdigit((unsigned char)*s); s++, scale /= 10)
			us += (*s - '0') * scale;
	}
	if (*s) {
		diag_error(b->d, t->span, "a time is a number of seconds, such as 0.25");
		return false;
	}
	*out = us;
	return true;
}

static enum plan_time_kind plan_kind(enum ast_time_kind k)
{
	switch (k) {
	case AST_TIME_ABSOLUTE:
		return PLAN_TIME_ABSOLUTE;
	case AST_TIME_RELATIVE:
		return PLAN_TIME_RELATIVE;
	case AST_TIME_ANY:
		return PLAN_TIME_ANY;
	case AST_TIME_ABSOLUTE_RANGE:
		return PLAN_TIME_ABSOLUTE_RANGE;
	case AST_TIME_RELATIVE_RANGE:
		return PLAN_TIME_RELATIVE_RANGE;
	}
	return PLAN_TIME_ABSOLUTE;
}

static void check_kind(struct bind *b, const struct ast_event *e)
{
	bool is_out = e->kind == AST_EVENT_PACKET && !e->packet->is_inbound;

	if (!is_out && e->time.kind != AST_TIME_ABSOLUTE && e->time.kind != AST_TIME_RELATIVE) {
		diag_error(b->d, e->time.span,
			   "only an outbound packet ('>') may have %s for its time",
			   e->time.kind == AST_TIME_ANY ? "'*'" : "a range");
		diag_hint(b->d, "an event that tcpdrill does itself needs one moment: +0.1 or 0.1");
	}
	if (e->time.until && e->kind != AST_EVENT_CALL)
		diag_error(b->d, e->time.until->span,
			   "only a system call can last until a later time ('...')");
}

/* "Time goes backward" is a matter of two absolute events in a row only [language 2.2]. */
static void check_order(struct bind *b, const struct ast_event *e, const struct plan_time *t)
{
	int64_t before;

	if (e->time.kind != AST_TIME_ABSOLUTE && e->time.kind != AST_TIME_ABSOLUTE_RANGE) {
		b->last_absolute = NULL;
		return;
	}
	if (b->last_absolute && bind_seconds(b, &b->last_absolute->start, &before) &&
	    t->start_us < before)
		diag_error(b->d, e->time.span, "time goes backward: the event before is at %s",
			   b->last_absolute->start.raw);
	b->last_absolute = &e->time;
}

void bind_time(struct bind *b, const struct ast_event *e, bool is_first, struct plan_time *out)
{
	const struct ast_time *t = &e->time;

	*out = (struct plan_time){ .kind = plan_kind(t->kind), .span = t->span };
	check_kind(b, e);
	if (t->kind == AST_TIME_ANY) {
		b->last_absolute = NULL;
		return;
	}
	if (!bind_seconds(b, &t->start, &out->start_us))
		return;
	out->end_us = out->start_us;
	if (t->end && !bind_seconds(b, t->end, &out->end_us))
		return;
	if (out->end_us < out->start_us)
		diag_error(b->d, t->span, "this time range ends before it begins");
	if (t->until) {
		out->has_until = true;
		if (bind_seconds(b, t->until, &out->until_us) && out->until_us < out->start_us)
			diag_error(b->d, t->until->span, "this call ends before it begins");
	}
	if (is_first && out->start_us != 0) {
		diag_error(b->d, t->span, "the first event must be at time 0");
		diag_hint(b->d, "script time begins with the first event: write 0 or +0");
	}
	check_order(b, e, out);
}
