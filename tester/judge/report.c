/* SPDX-License-Identifier: BSD-2-Clause */
/* Findings as text for people: what was wanted, what came, where they differ, what else was seen. */
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/diag.h"
#include "judge/judge_impl.h"
#include "judge/space.h"

char *judge_keep(struct judge *j, struct buf *b)
{
	char *s = arena_strdup(j->a, buf_str(b));

	buf_fini(b);
	return s;
}

static void put_head(struct judge *j, const struct judge_report *r, struct buf *out)
{
	const struct source *src = j->plan->src;

	diag_put_place(src, r->n_spans ? *r->span : (struct span){ 0, 0 }, out);
	buf_printf(out, ": %s: %s\n", r->is_warning ? "warning" : "error", r->message);
	diag_excerpt_marks(src, r->span, r->n_spans, out);
}

struct finding *judge_put(struct judge *j, const struct judge_report *r)
{
	struct finding *f = ARENA_NEW(j->a, struct finding);
	struct buf text = { 0 };

	f->kind = r->kind;
	f->is_warning = r->is_warning;
	if (r->n_spans && (r->span->off || r->span->len)) {
		struct place at = source_place(j->plan->src, r->span->off);

		f->line = at.line;
		f->col = at.col;
	}
	f->message = r->message;
	put_head(j, r, &text);
	if (r->body)
		buf_puts(&text, r->body);
	if (r->hint)
		buf_printf(&text, "%*shint: %s\n", JUDGE_INDENT, "", r->hint);
	f->text = judge_keep(j, &text);
	if (j->last)
		j->last->next = f;
	else
		j->first = f;
	j->last = f;
	return f;
}

struct finding *judge_add(struct judge *j, enum finding_kind kind, bool is_warning,
			  struct span span, const char *message, const char *body,
			  const char *hint)
{
	const struct judge_report r = { .kind = kind, .is_warning = is_warning, .span = &span,
					.n_spans = 1, .message = message, .body = body,
					.hint = hint };

	return judge_put(j, &r);
}

/* Each line of @detail behind the indent. */
static void put_detail(const char *detail, struct buf *out)
{
	while (detail && *detail) {
		size_t n = strcspn(detail, "\n");

		buf_pad(out, ' ', JUDGE_INDENT);
		buf_add(out, detail, n);
		buf_putc(out, '\n');
		detail += n + (detail[n] == '\n');
	}
}

struct finding *judge_finding(struct judge *j, enum finding_kind kind, struct span span,
			      const char *detail, const char *hint, const char *fmt, ...)
{
	struct buf body = { 0 };
	const char *message;
	va_list ap;

	va_start(ap, fmt);
	message = arena_vprintf(j->a, fmt, ap);
	va_end(ap);
	put_detail(detail, &body);
	return judge_add(j, kind, false, span, message, judge_keep(j, &body), hint);
}

/* ---- packets in words ---- */

void judge_packet_words(uint16_t flags, uint32_t len, enum wire_proto proto, struct buf *out)
{
	if (proto == WIRE_UDP)
		buf_printf(out, "a UDP packet of %" PRIu32 " bytes", len);
	else if (proto != WIRE_TCP)
		buf_puts(out, "an ICMP message");
	else if (flags & TCP_RST)
		buf_puts(out, "a reset (RST)");
	else if ((flags & (TCP_SYN | TCP_ACK)) == (TCP_SYN | TCP_ACK))
		buf_puts(out, "a SYN-ACK");
	else if (flags & TCP_SYN)
		buf_puts(out, "a SYN");
	else if (len && (flags & TCP_FIN))
		buf_printf(out, "%" PRIu32 " byte%s of data with FIN", len, len == 1 ? "" : "s");
	else if (flags & TCP_FIN)
		buf_puts(out, "a FIN");
	else if (len)
		buf_printf(out, "%" PRIu32 " byte%s of data", len, len == 1 ? "" : "s");
	else if (flags & TCP_ACK)
		buf_puts(out, "an ACK");
	else
		buf_puts(out, "a segment without flags");
}

char *judge_words(struct judge *j, uint16_t flags, uint32_t len, enum wire_proto proto)
{
	struct buf b = { 0 };

	judge_packet_words(flags, len, proto, &b);
	return judge_keep(j, &b);
}

/* ---- nothing came ---- */

static uint32_t pieces_bytes(const struct judge *j)
{
	uint32_t n = 0;

	for (size_t i = 0; i < j->n_piece; i++)
		n += j->piece[i].live.payload_len;
	return n;
}

static const char *what_came(struct judge *j)
{
	if (j->n_piece)
		return arena_printf(j->a, "only %" PRIu32 " bytes of it, then nothing more",
				    pieces_bytes(j));
	return j->n_seen ? "nothing of this connection" : "no packet at all";
}

static const char *missing_hint(const struct judge *j, const struct plan_step *step)
{
	if (step->time.kind == PLAN_TIME_ANY)
		return "a line with the time * waits until the time of the whole test is up";
	return j->n_seen ? NULL : "--trace shows every packet and call with its time";
}

void judge_missing(struct judge *j, const struct plan_step *step, int64_t at_us, int64_t waited_us)
{
	const struct plan_packet *want = step->u.packet;
	struct span span = want->flags_span.len ? want->flags_span : step->span;
	struct buf body = { 0 };

	judge_reset_wait(j, step);
	buf_printf(&body, "%*sexpected  %s\n", JUDGE_INDENT, "", judge_script_packet(j, step));
	buf_printf(&body, "%*sactual    %s until %.6f s, after %.3f s of waiting\n", JUDGE_INDENT,
		   "", what_came(j), (double)at_us / 1e6, (double)waited_us / 1e6);
	judge_seen_text(j, &body);
	judge_add(j, FINDING_MISSING_PACKET, false, j->n_piece ? want->seq_span : span,
		  arena_printf(j->a, "timed out waiting for %s%s", j->n_piece ? "the rest of " : "",
			       judge_words(j, want->flags, want->payload_len, want->proto)),
		  judge_keep(j, &body), missing_hint(j, step));
}

/* ---- packets no line wanted ---- */

static const char *surplus_message(struct judge *j, const struct plan_step *step, bool is_before,
				   const struct wire_view *v)
{
	const char *what = judge_words(j, v->tcp_flags, v->payload_len, v->proto);

	if (step && is_before)
		return arena_printf(j->a, "the stack sent %s before this line, which demands quiet",
				    what);
	if (step)
		return arena_printf(j->a, "the stack sent %s, but this line demands %.10g s of "
				    "quiet", what, (double)step->u.quiet_us / 1e6);
	return arena_printf(j->a, "the stack sent %s, which no line of the script expects", what);
}

void judge_surplus(struct judge *j, const struct plan_step *step, const uint8_t *bytes, size_t n,
		   int64_t at_us, bool is_before, bool is_warning)
{
	struct buf body = { 0 };
	struct wire_packet p;
	struct wire_view v, mapped;
	const char *why;

	if (wire_decode(bytes, n, &p, &why) < 0)
		return;
	wire_view(j->a, &p, &v);
	space_view_out(j->a, j->sut, &v, &mapped);
	buf_printf(&body, "%*sactual    ", JUDGE_INDENT, "");
	judge_view_text(j, &mapped, NULL, &body);
	buf_printf(&body, "   sent at %.6f s\n", (double)at_us / 1e6);
	judge_numbers_note(j, &mapped, &body);
	judge_earlier_note(j, step, &mapped, &body);
	judge_add(j, FINDING_UNEXPECTED_PACKET, is_warning, step ? step->span : (struct span){ 0 },
		  surplus_message(j, step, is_before, &mapped), judge_keep(j, &body),
		  is_warning ? "a warning only; with --strict-end such packets fail the test" : NULL);
}

void judge_surplus_rest(struct judge *j, size_t n, bool is_warning)
{
	judge_add(j, FINDING_UNEXPECTED_PACKET, is_warning, (struct span){ 0 },
		  arena_printf(j->a, "the stack sent %zu more packet%s that no line of the script "
			       "expects", n, n == 1 ? "" : "s"),
		  "", "--trace shows every packet and call with its time");
}

/* No line has matched it yet, but it is where the stack's numbers will be counted from. */
static bool is_first_syn(const struct conn *c, const struct wire_view *v)
{
	return v->proto == WIRE_TCP && (v->tcp_flags & TCP_SYN) &&
	       (!c->has_local_isn || c->state == CONN_CONNECTING);
}

void judge_live_text(struct judge *j, const uint8_t *bytes, size_t n, bool is_inbound,
		     bool live_numbers, struct buf *out)
{
	struct wire_packet p;
	struct wire_view v, mapped;
	const char *why;

	if (wire_decode(bytes, n, &p, &why) < 0) {
		buf_printf(out, "%zu bytes: %s", n, why);
		return;
	}
	wire_view(j->a, &p, &v);
	if (live_numbers || !j->sut) {
		wire_text(&v, (v.tos & 3) ? WIRE_TEXT_IP : 0, out);
	} else if (is_inbound) {
		space_view_in(j->a, j->sut, &v, &mapped);
		wire_text(&mapped, (v.tos & 3) ? WIRE_TEXT_IP : 0, out);
	} else {
		space_view_out(j->a, j->sut, &v, &mapped);
		if (is_first_syn(j->sut, &v))
			mapped.seq = 0;
		judge_view_text(j, &mapped, NULL, out);
	}
}
