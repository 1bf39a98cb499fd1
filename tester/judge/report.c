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

enum { SEEN_SHOWN_MAX = 12, INDENT = 6 };

static char *keep(struct judge *j, struct buf *b)
{
	char *s = arena_strdup(j->a, buf_str(b));

	buf_fini(b);
	return s;
}

static void put_head(struct judge *j, bool is_warning, struct span span, const char *message,
		     struct buf *out)
{
	const struct source *src = j->plan->src;
	bool placed = span.off || span.len;
	struct place at = source_place(src, span.off);

	buf_puts(out, src->path);
	if (placed)
		buf_printf(out, ":%u:%u", at.line, at.col);
	buf_printf(out, ": %s: %s\n", is_warning ? "warning" : "error", message);
	diag_excerpt(src, span, out);
}

struct finding *judge_add(struct judge *j, enum finding_kind kind, bool is_warning,
			  struct span span, const char *message, const char *body,
			  const char *hint)
{
	struct finding *f = ARENA_NEW(j->a, struct finding);
	struct place at = source_place(j->plan->src, span.off);
	struct buf text = { 0 };

	f->kind = kind;
	f->is_warning = is_warning;
	if (span.off || span.len) {
		f->line = at.line;
		f->col = at.col;
	}
	f->message = message;
	put_head(j, is_warning, span, message, &text);
	if (body)
		buf_puts(&text, body);
	if (hint)
		buf_printf(&text, "%*shint: %s\n", INDENT, "", hint);
	f->text = keep(j, &text);
	if (j->last)
		j->last->next = f;
	else
		j->first = f;
	j->last = f;
	return f;
}

/* Each line of @detail behind the indent. */
static void put_detail(const char *detail, struct buf *out)
{
	while (detail && *detail) {
		size_t n = strcspn(detail, "\n");

		buf_pad(out, ' ', INDENT);
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
	return judge_add(j, kind, false, span, message, keep(j, &body), hint);
}

/* ---- packets in words ---- */

void judge_packet_words(uint16_t flags, uint32_t len, enum wire_proto proto, struct buf *out)
{
	if (proto != WIRE_TCP)
		buf_printf(out, "%s packet", proto == WIRE_UDP ? "a UDP" : "an ICMP");
	else if (flags & TCP_RST)
		buf_puts(out, "a reset (RST)");
	else if ((flags & (TCP_SYN | TCP_ACK)) == (TCP_SYN | TCP_ACK))
		buf_puts(out, "a SYN-ACK");
	else if (flags & TCP_SYN)
		buf_puts(out, "a SYN");
	else if (len && (flags & TCP_FIN))
		buf_printf(out, "%" PRIu32 " bytes of data with FIN", len);
	else if (flags & TCP_FIN)
		buf_puts(out, "a FIN");
	else if (len)
		buf_printf(out, "%" PRIu32 " bytes of data", len);
	else if (flags & TCP_ACK)
		buf_puts(out, "an ACK");
	else
		buf_puts(out, "a segment without flags");
}

static char *words(struct judge *j, uint16_t flags, uint32_t len, enum wire_proto proto)
{
	struct buf b = { 0 };

	judge_packet_words(flags, len, proto, &b);
	return keep(j, &b);
}

/* The script's words for a step without its time, blanks folded: "> S. 0:0(0) ack 1 <...>". */
static char *script_packet(struct judge *j, const struct plan_step *step)
{
	const struct source *src = j->plan->src;
	uint32_t end = step->span.off + step->span.len;
	uint32_t i = step->time.span.off + step->time.span.len;
	struct buf b = { 0 };

	while (i < end && src->text[i] != '<' && src->text[i] != '>')
		i++;
	for (i++; i < end && i < src->len; i++) {
		char c = src->text[i];
		bool blank = c == ' ' || c == '\t' || c == '\n' || c == '\r';

		if (blank && (b.len == 0 || b.data[b.len - 1] == ' '))
			continue;
		buf_putc(&b, blank ? ' ' : c);
	}
	return keep(j, &b);
}

static unsigned int text_options(const struct plan_packet *want, const struct wire_view *got)
{
	unsigned int what = 0;

	if (want && want->is_ace)
		what |= WIRE_TEXT_ACE;
	if (want && (want->ip->ecn != ECN_UNCHECKED || want->ip->ttl.has || want->ip->flow_label.has))
		what |= WIRE_TEXT_IP;
	if (got->tos & 3)
		what |= WIRE_TEXT_IP;
	return what;
}

/* ---- the comparison ---- */

static size_t width(const char *s, size_t least)
{
	size_t n = strlen(s);

	return n > least ? n : least;
}

static void put_table(const struct finding_field *field, size_t n, struct buf *out)
{
	size_t w[2] = { 5, 8 };
	bool any_equal = false;

	for (size_t i = 0; i < n; i++) {
		if (!field[i].differs) {
			any_equal = true;
			continue;
		}
		w[0] = width(field[i].name, w[0]);
		w[1] = width(field[i].expected, w[1]);
	}
	buf_printf(out, "%*s%-*s  %-*s  %s\n", INDENT, "", (int)w[0], "field", (int)w[1],
		   "expected", "actual");
	for (size_t i = 0; i < n; i++) {
		if (field[i].differs)
			buf_printf(out, "%*s%-*s  %-*s  %s\n", INDENT, "", (int)w[0],
				   field[i].name, (int)w[1], field[i].expected, field[i].actual);
	}
	if (!any_equal)
		return;
	buf_printf(out, "%*sequal:", INDENT, "");
	for (size_t i = 0; i < n; i++) {
		if (!field[i].differs)
			buf_printf(out, " %s", field[i].name);
	}
	buf_putc(out, '\n');
}

void judge_seen_text(struct judge *j, struct buf *out)
{
	size_t from = j->n_seen > SEEN_SHOWN_MAX ? j->n_seen - SEEN_SHOWN_MAX : 0;

	if (j->n_seen == 0)
		return;
	buf_printf(out, "%*sseen while waiting:\n", INDENT, "");
	if (from)
		buf_printf(out, "%*s(%zu more before)\n", INDENT + 2, "", from);
	for (size_t i = from; i < j->n_seen; i++) {
		const struct judge_seen *s = &j->seen[i];
		struct wire_view mapped = s->live;

		buf_printf(out, "%*s%.6f s  ", INDENT + 2, "", (double)s->at_us / 1e6);
		if (j->sut && conn_owns(j->sut, &s->live))
			space_view_out(j->a, j->sut, &s->live, &mapped);
		wire_text(&mapped, WIRE_TEXT_PORTS, out);
		buf_printf(out, "   (%s)\n", s->note);
	}
}

/* ---- mismatch ---- */

static const char *early_or_late(struct judge *j, const struct match *m)
{
	const struct judge_window *w = m->window;
	bool early = m->at_us < w->from_us;
	int64_t off = early ? w->from_us - m->at_us : m->at_us - w->to_us;

	return arena_printf(j->a, "%s came %.3f ms %s (tolerance %.3f ms)",
			    words(j, m->got->tcp_flags, m->got->payload_len, m->got->proto),
			    (double)off / 1e3, early ? "too early" : "too late",
			    (double)w->tolerance_us / 1e3);
}

static const char *differing_names(struct judge *j, const struct match *m)
{
	struct buf b = { 0 };
	size_t k = 0;

	for (size_t i = 0; i < m->n_fields; i++) {
		if (!m->field[i].text.differs)
			continue;
		if (k)
			buf_puts(&b, k + 1 == m->n_differ ? " and " : ", ");
		buf_puts(&b, m->field[i].text.name);
		k++;
	}
	return keep(j, &b);
}

static const char *mismatch_message(struct judge *j, const struct match *m)
{
	const char *want = words(j, m->want->flags, m->want->payload_len, m->want->proto);
	const char *got = words(j, m->got->tcp_flags, m->got->payload_len, m->got->proto);

	if (m->time_differs && m->n_differ == 1)
		return early_or_late(j, m);
	if (strcmp(want, got) != 0)
		return arena_printf(j->a, "expected %s, the stack sent %s", want, got);
	return arena_printf(j->a, "the stack sent %s as expected, but %s %s", got,
			    differing_names(j, m), m->n_differ == 1 ? "differs" : "differ");
}

static const char *mismatch_hint(const struct match *m)
{
	for (size_t i = 0; i < m->n_fields; i++) {
		if (strcmp(m->field[i].text.name, "tcp.options") == 0 &&
		    m->field[i].text.differs && m->want->opts_kind == PLAN_OPTS_NONE)
			return "a line without an option list demands a segment without options; "
			       "<...> accepts any";
	}
	if (m->want->proto == WIRE_TCP && m->n_differ == 1 &&
	    (m->want->flags ^ m->got->tcp_flags) == TCP_PSH)
		return "only PSH differs: the stack sets it on the last segment of what was "
		       "written at once";
	return NULL;
}

static struct span blame(const struct plan_step *step, const struct match *m)
{
	for (size_t i = 0; i < m->n_fields; i++) {
		if (!m->field[i].text.differs)
			continue;
		if (m->field[i].span.len)
			return m->field[i].span;
		return step->time.span.len ? step->time.span : step->span;
	}
	return step->span;
}

static void put_packets(struct judge *j, const struct plan_step *step, const struct match *m,
			struct buf *out)
{
	buf_printf(out, "%*sexpected  %s\n", INDENT, "", script_packet(j, step));
	buf_printf(out, "%*sactual    ", INDENT, "");
	wire_text(m->got, text_options(m->want, m->got), out);
	buf_printf(out, "   sent at %.6f s\n", (double)m->at_us / 1e6);
	if (j->n_piece)
		buf_printf(out, "%*s          put together from %zu segments\n", INDENT, "",
			   j->n_piece + 1);
	buf_putc(out, '\n');
}

static void put_later(struct judge *j, const struct plan_step *step, const struct match *m,
		      struct buf *out)
{
	uint32_t line;

	if (m->time_differs && m->n_differ == 1)
		return;
	line = judge_later_line(j, step, m->got);
	if (line)
		buf_printf(out, "%*snote: this packet is what line %u expects\n", INDENT, "", line);
}

void judge_report_mismatch(struct judge *j, const struct plan_step *step, struct match *m)
{
	bool only_time = m->time_differs && m->n_differ == 1;
	bool is_warning = j->plan->config.non_fatal_packet && !m->size_differs;
	struct finding_field *field = ARENA_ARRAY(j->a, struct finding_field, m->n_fields + 1);
	struct buf body = { 0 };
	struct finding *f;

	for (size_t i = 0; i < m->n_fields; i++)
		field[i] = m->field[i].text;
	put_packets(j, step, m, &body);
	put_table(field, m->n_fields, &body);
	judge_seen_text(j, &body);
	put_later(j, step, m, &body);
	f = judge_add(j, only_time ? FINDING_TIMING : FINDING_PACKET, is_warning, blame(step, m),
		      mismatch_message(j, m), keep(j, &body), mismatch_hint(m));
	f->field = field;
	f->n_fields = m->n_fields;
}

/* ---- nothing came ---- */

void judge_missing(struct judge *j, const struct plan_step *step, int64_t at_us, int64_t waited_us)
{
	const struct plan_packet *want = step->u.packet;
	struct buf body = { 0 };
	const char *message;

	judge_reset_wait(j, step);
	message = arena_printf(j->a, "timed out waiting for %s",
			       words(j, want->flags, want->payload_len, want->proto));
	buf_printf(&body, "%*sexpected  %s\n", INDENT, "", script_packet(j, step));
	buf_printf(&body, "%*sactual    %s after %.3f s of waiting, at %.6f s\n", INDENT, "",
		   j->n_piece ? "only a part of it" : j->n_seen ? "nothing of this connection"
								 : "nothing at all",
		   (double)waited_us / 1e6, (double)at_us / 1e6);
	judge_seen_text(j, &body);
	judge_add(j, FINDING_MISSING_PACKET, false,
		  want->flags_span.len ? want->flags_span : step->span, message, keep(j, &body),
		  NULL);
}

/* ---- packets no line wanted ---- */

void judge_surplus(struct judge *j, const struct plan_step *step, const uint8_t *bytes, size_t n,
		   int64_t at_us, const char *when, bool is_warning)
{
	struct buf body = { 0 };
	struct wire_packet p;
	struct wire_view v;
	const char *why;

	if (wire_decode(bytes, n, &p, &why) < 0)
		return;
	wire_view(j->a, &p, &v);
	buf_printf(&body, "%*sactual    ", INDENT, "");
	judge_live_text(j, bytes, n, false, false, &body);
	buf_printf(&body, "   sent at %.6f s\n", (double)at_us / 1e6);
	judge_add(j, FINDING_UNEXPECTED_PACKET, is_warning, step ? step->span : (struct span){ 0 },
		  arena_printf(j->a, "%s was sent%s, and no line wanted it",
			       words(j, v.tcp_flags, v.payload_len, v.proto), when),
		  keep(j, &body), NULL);
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
	mapped = v;
	if (!live_numbers && !is_inbound && j->sut)
		space_view_out(j->a, j->sut, &v, &mapped);
	wire_text(&mapped, (v.tos & 3) ? WIRE_TEXT_IP : 0, out);
}
