/* SPDX-License-Identifier: BSD-2-Clause */
/* A packet that differs from its line: both in script notation, then field by field. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/duration.h"
#include "judge/judge_impl.h"
#include "judge/space.h"

enum { SEEN_SHOWN_MAX = 12, NAMED_MAX = 3 };

/* ---- packets in script notation ---- */

char *judge_script_packet(struct judge *j, const struct plan_step *step)
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
	return judge_keep(j, &b);
}

/* Of the IP header only what the script speaks of, in its own words; and ECN marks always. */
static void put_ip_info(const struct plan_packet *want, const struct wire_view *got,
			struct buf *out)
{
	static const struct plan_ip nothing = { .ecn = ECN_UNCHECKED };
	const struct plan_ip *ip = want ? want->ip : &nothing;
	const char *comma = "[";

	if (ip->ecn == ECN_TOS) {
		buf_printf(out, "%stos 0x%02x", comma, got->tos);
		comma = ", ";
	} else if (ip->ecn != ECN_UNCHECKED || (got->tos & 3)) {
		buf_printf(out, "%s%s", comma, match_ecn_name[got->tos & 3]);
		comma = ", ";
	}
	if (ip->ttl.has) {
		buf_printf(out, "%sttl %u", comma, got->ttl);
		comma = ", ";
	}
	if (ip->flow_label.has && got->ip_version == 6) {
		buf_printf(out, "%sflowlabel 0x%05" PRIx32, comma, got->flow_label);
		comma = ", ";
	}
	if (*comma == ',')
		buf_puts(out, "] ");
}

/* The timestamp that the script wants here, or NULL. */
static const struct tcpopt *wanted_ts(const struct plan_packet *want)
{
	for (size_t i = 0; want && i < want->n_opts; i++) {
		const struct tcpopt *o = &want->opts[i].want->opt;

		if (o->n_values && tcpopt_value_space(o, 0) == TCPOPT_TS_VAL)
			return o;
	}
	return NULL;
}

/* The clock of the stack's timestamps begins anywhere; its first one counts as what the script says. */
static void script_timestamps(struct judge *j, const struct plan_packet *want, struct wire_view *v)
{
	const struct tcpopt *ts = wanted_ts(want);
	struct tcpopt *copy = ARENA_ARRAY(j->a, struct tcpopt, v->opts.n + 1);

	for (size_t i = 0; i < v->opts.n; i++) {
		copy[i] = v->opts.opt[i];
		if (!space_ts_val_out(j->sut, &copy[i]) && ts && copy[i].n_values &&
		    tcpopt_value_space(&copy[i], 0) == TCPOPT_TS_VAL)
			copy[i].value[0] = ts->value[0];
	}
	v->opts.opt = copy;
}

void judge_view_text(struct judge *j, const struct wire_view *v, const struct plan_packet *want,
		     struct buf *out)
{
	struct wire_view shown = *v;

	if (j->sut)
		script_timestamps(j, want, &shown);
	put_ip_info(want, v, out);
	wire_text(&shown, want && want->is_ace ? WIRE_TEXT_ACE : 0, out);
}

/* ---- what else was seen ---- */

static bool any_foreign(const struct judge *j, size_t from)
{
	for (size_t i = from; i < j->n_seen; i++) {
		if (!j->sut || !conn_owns(j->sut, &j->seen[i].live))
			return true;
	}
	return false;
}

/* Ports tell one connection from another. */
static void put_conn(const struct judge *j, struct buf *out)
{
	const struct conn *c = j->sut;

	if (!c || c->remote.family == 0)
		buf_puts(out, " (there is no connection under test yet)");
	else if (c->local_port)
		buf_printf(out, " (the connection under test is %u > %u)", c->local_port,
			   c->remote_port);
	else if (c->remote_port)
		buf_printf(out, " (the connection under test goes to port %u)", c->remote_port);
}

void judge_seen_text(struct judge *j, struct buf *out)
{
	size_t from = j->n_seen > SEEN_SHOWN_MAX ? j->n_seen - SEEN_SHOWN_MAX : 0;

	if (j->n_seen == 0)
		return;
	buf_printf(out, "%*sseen while waiting", JUDGE_INDENT, "");
	if (any_foreign(j, from))
		put_conn(j, out);
	buf_puts(out, ":\n");
	if (from)
		buf_printf(out, "%*s(%zu more before)\n", JUDGE_INDENT + 2, "", from);
	for (size_t i = from; i < j->n_seen; i++) {
		const struct judge_seen *s = &j->seen[i];
		struct wire_view mapped = s->live;

		buf_printf(out, "%*s%.6f s  ", JUDGE_INDENT + 2, "", (double)s->at_us / 1e6);
		if (j->sut && conn_owns(j->sut, &s->live)) {
			space_view_out(j->a, j->sut, &s->live, &mapped);
			script_timestamps(j, NULL, &mapped);
		}
		wire_text(&mapped, WIRE_TEXT_PORTS, out);
		buf_printf(out, "   (%s)\n", s->note);
	}
}

static bool may_be_repeated(const struct wire_view *v)
{
	return v->proto == WIRE_TCP && (v->payload_len || (v->tcp_flags & (TCP_SYN | TCP_FIN)));
}

void judge_earlier_note(struct judge *j, const struct plan_step *step, const struct wire_view *v,
			struct buf *out)
{
	uint32_t line = may_be_repeated(v) ? judge_earlier_line(j, step, v) : 0;

	if (line)
		buf_printf(out, "%*snote: the packet of line %u, sent again: a retransmission\n",
			   JUDGE_INDENT, "", line);
}

/* ---- the comparison ---- */

static size_t width(const char *s, size_t least)
{
	size_t n = strlen(s);

	return n > least ? n : least;
}

/* Options repeat (nop), and whoever reads of TCP fields knows that the protocol was right. */
static bool is_worth_naming(const struct finding_field *field, size_t i)
{
	if (field[i].differs || strcmp(field[i].name, "protocol") == 0)
		return false;
	for (size_t k = 0; k < i; k++) {
		if (strcmp(field[k].name, field[i].name) == 0)
			return false;
	}
	return true;
}

static void put_equal(const struct finding_field *field, size_t n, struct buf *out)
{
	const char *before = "as expected: ";

	for (size_t i = 0; i < n; i++) {
		if (!is_worth_naming(field, i))
			continue;
		if (*before != ',')
			buf_pad(out, ' ', JUDGE_INDENT);
		buf_printf(out, "%s%s", before, field[i].name);
		before = ", ";
	}
	if (*before == ',')
		buf_putc(out, '\n');
}

void judge_table_text(const struct finding_field *field, size_t n, struct buf *out)
{
	size_t w[2] = { width("field", 0), width("expected", 0) };

	for (size_t i = 0; i < n; i++) {
		if (!field[i].differs)
			continue;
		w[0] = width(field[i].name, w[0]);
		w[1] = width(field[i].expected, w[1]);
	}
	buf_printf(out, "%*s%-*s  %-*s  %s\n", JUDGE_INDENT, "", (int)w[0], "field", (int)w[1],
		   "expected", "actual");
	for (size_t i = 0; i < n; i++) {
		if (field[i].differs)
			buf_printf(out, "%*s%-*s  %-*s  %s\n", JUDGE_INDENT, "", (int)w[0],
				   field[i].name, (int)w[1], field[i].expected, field[i].actual);
	}
	put_equal(field, n, out);
}

/* ---- the message ---- */

/* Fields as people call them; the others go by their names. */
static const struct {
	const char *name, *words;
	bool is_plural;
} field_words[] = {
	{ "tcp.flags", "the flags", true },
	{ "tcp.seq", "the sequence number", false },
	{ "tcp.ack", "the acknowledgment number", false },
	{ "tcp.win", "the window", false },
	{ "tcp.urg", "the urgent pointer", false },
	{ "tcp.options", "the options", true },
	{ "payload length", "the length", false },
	{ "ip.ecn", "the ECN mark", false },
	{ "ip.tos", "the type of service", false },
	{ "ip.ttl", "the time to live", false },
	{ "ip.flow_label", "the flow label", false },
	{ "ip.checksum", "the IP checksum", false },
	{ "checksum", "the checksum", false },
	{ "icmp message", "the type", false },
	{ "icmp length", "the length", false },
	{ "icmp.id", "the identifier", false },
	{ "icmp.mtu", "the MTU", false },
	{ "time", "the time", false },
};

static const char option_prefix[] = "tcp.option ";

static bool is_option(const char *name)
{
	return strncmp(name, option_prefix, strlen(option_prefix)) == 0;
}

static const char *words_of(struct judge *j, const char *name, bool *is_plural)
{
	*is_plural = false;
	for (size_t i = 0; i < ARRAY_LEN(field_words); i++) {
		if (strcmp(field_words[i].name, name) == 0) {
			*is_plural = field_words[i].is_plural;
			return field_words[i].words;
		}
	}
	if (is_option(name))
		return arena_printf(j->a, "the option %s", name + strlen(option_prefix));
	return name;
}

static const char *early_or_late(struct judge *j, const struct match *m)
{
	const struct judge_window *w = m->window;
	bool early = m->at_us < w->from_us;
	int64_t off = early ? w->from_us - m->at_us : m->at_us - w->to_us;

	return arena_printf(j->a, "%s came %.3f ms too %s (tolerance %s)",
			    judge_words(j, m->got->tcp_flags, m->got->payload_len, m->got->proto),
			    (double)off / 1e3, early ? "early" : "late",
			    duration_ms(w->tolerance_us).text);
}

/* The letters are hard to tell apart: names. */
static const char *flags_words(struct judge *j, const struct match *m)
{
	static const struct {
		uint16_t bit;
		const char *name;
	} flag[] = {
		{ TCP_SYN, "SYN" }, { TCP_FIN, "FIN" }, { TCP_RST, "RST" }, { TCP_PSH, "PSH" },
		{ TCP_ACK, "ACK" }, { TCP_URG, "URG" }, { TCP_ECE, "ECE" }, { TCP_CWR, "CWR" },
		{ TCP_AE, "AE" },   { TCP_RESERVED, "a reserved bit" },
	};
	uint16_t changed = m->want->flags ^ m->got->tcp_flags;
	struct buf b = { 0 };

	for (size_t i = 0; i < ARRAY_LEN(flag); i++) {
		if (changed & flag[i].bit)
			buf_printf(&b, "%s%s is %s", b.len ? ", " : "", flag[i].name,
				   m->want->flags & flag[i].bit ? "not set" : "set");
	}
	return judge_keep(j, &b);
}

static const char *one_differs(struct judge *j, const struct match *m, const char *got,
			       const struct finding_field *f)
{
	const char *start = arena_printf(j->a, "the stack sent %s as expected, but", got);
	bool is_plural;
	const char *words = words_of(j, f->name, &is_plural);

	if (strcmp(f->name, "tcp.options") == 0)
		return arena_printf(j->a, "%s %s", start, match_options_words(m));
	if (strcmp(f->name, "tcp.flags") == 0 && !m->want->is_ace)
		return arena_printf(j->a, "%s %s", start, flags_words(j, m));
	if (is_option(f->name))
		return arena_printf(j->a, "%s it has %s (expected %s)", start, f->actual,
				    f->expected);
	return arena_printf(j->a, "%s %s %s %s (expected %s)", start, words,
			    is_plural ? "are" : "is", f->actual, f->expected);
}

static const char *differing_names(struct judge *j, const struct match *m)
{
	struct buf b = { 0 };
	size_t k = 0;
	bool is_plural;

	for (size_t i = 0; i < m->n_fields && k < NAMED_MAX; i++) {
		if (!m->field[i].text.differs)
			continue;
		if (k)
			buf_puts(&b, k + 1 == m->n_differ ? " and " : ", ");
		buf_puts(&b, words_of(j, m->field[i].text.name, &is_plural));
		k++;
	}
	if (m->n_differ > k)
		buf_printf(&b, " and %zu more", m->n_differ - k);
	return judge_keep(j, &b);
}

static const struct match_field *first_differing(const struct match *m)
{
	size_t i = 0;

	while (!m->field[i].text.differs)
		i++;
	return &m->field[i];
}

static const char *mismatch_message(struct judge *j, const struct plan_step *step,
				    const struct match *m)
{
	const struct plan_packet *whole = step->u.packet;
	const char *want = judge_words(j, m->want->flags, m->want->payload_len, m->want->proto);
	const char *got = judge_words(j, m->got->tcp_flags, m->got->payload_len, m->got->proto);

	if (j->is_broken_off)
		return arena_printf(j->a, "the stack sent %" PRIu32 " of %" PRIu32 " bytes of data, "
				    "then a packet that does not continue them",
				    whole->payload_len - m->want->payload_len, whole->payload_len);
	if (m->time_differs && m->n_differ == 1)
		return early_or_late(j, m);
	if (strcmp(want, got) != 0)
		return arena_printf(j->a, "expected %s, the stack sent %s%s", want, got,
				    m->want->proto != WIRE_TCP && m->got->proto == WIRE_TCP
					    ? " (TCP)"
					    : "");
	if (m->n_differ == 1)
		return one_differs(j, m, got, &first_differing(m)->text);
	return arena_printf(j->a, "the stack sent %s as expected, but %s differ", got,
			    differing_names(j, m));
}

/* ---- what to do about it ---- */

/* What a script writer may not know of a field, when it is the only one that differs. */
static const struct {
	const char *name_begins, *hint;
} field_hint[] = {
	{ "ip.flow_label", "flow labels in a script are only names: the same one means the same "
			   "label as before, another one another label" },
	{ "payload byte", "a script has no text for data: what calls write is zeros, and zeros "
			  "are expected" },
	{ "byte ", "the header says 'payload: numbered': each byte has the value of its place in the "
		   "stream, so this is not the one that belongs here" },
	{ "tcp.option TS", "TS val is compared with the time since the first one, as "
			   "--tcp_ts_tick_usecs says how long a tick is" },
};

static const char *hint_for_field(const char *name)
{
	for (size_t i = 0; i < ARRAY_LEN(field_hint); i++) {
		if (strncmp(field_hint[i].name_begins, name, strlen(field_hint[i].name_begins)) == 0)
			return field_hint[i].hint;
	}
	return NULL;
}

static bool options_differ(const struct match *m)
{
	for (size_t i = 0; i < m->n_fields; i++) {
		if (m->field[i].text.differs && strcmp(m->field[i].text.name, "tcp.options") == 0)
			return true;
	}
	return false;
}

static const char *mismatch_hint(const struct match *m)
{
	bool is_tcp = m->want->proto == WIRE_TCP && m->got->proto == WIRE_TCP;
	uint16_t changed = m->want->flags ^ m->got->tcp_flags;

	if (is_tcp && (changed & m->got->tcp_flags & TCP_RST))
		return "a stack answers with a reset what none of its sockets can use, and when a "
		       "socket is closed with data unread";
	if (options_differ(m) && m->want->opts_kind == PLAN_OPTS_NONE && !(changed & ~TCP_PSH))
		return "a line without an option list demands a segment without options; "
		       "<...> accepts any";
	if (is_tcp && m->n_differ == 1 && changed == TCP_PSH)
		return "only PSH differs: the stack sets it on the last segment of what was "
		       "written at once";
	return m->n_differ == 1 ? hint_for_field(first_differing(m)->text.name) : NULL;
}

/* ---- all of it ---- */

/* A place in the line for each difference; those of no place of their own are the line's. */
static const struct span *blame(struct judge *j, const struct plan_step *step,
				const struct match *m, size_t *n)
{
	struct span *span = ARENA_ARRAY(j->a, struct span, m->n_differ);

	*n = 0;
	for (size_t i = 0; i < m->n_fields; i++) {
		const struct match_field *f = &m->field[i];

		if (!f->text.differs)
			continue;
		if (f->span.len)
			span[(*n)++] = f->span;
		else if (strcmp(f->text.name, "time") == 0 && step->time.span.len)
			span[(*n)++] = step->time.span;
	}
	if (*n == 0)
		span[(*n)++] = step->span;
	return span;
}

static void put_packets(struct judge *j, const struct plan_step *step, const struct match *m,
			struct buf *out)
{
	buf_printf(out, "%*sexpected  %s\n", JUDGE_INDENT, "", judge_script_packet(j, step));
	buf_printf(out, "%*sactual    ", JUDGE_INDENT, "");
	judge_view_text(j, m->got, m->want, out);
	buf_printf(out, "   sent at %.6f s%s\n", (double)m->at_us / 1e6,
		   j->n_piece && !j->is_broken_off ? ", the last of several segments" : "");
	buf_putc(out, '\n');
}

void judge_numbers_note(const struct judge *j, const struct wire_view *v, struct buf *out)
{
	if (v->proto == WIRE_TCP && v->seq != 0 && !j->sut->has_local_isn)
		buf_printf(out, "%*snote: no line has matched a SYN of the stack, so its sequence "
			   "numbers are shown as they are on the wire\n", JUDGE_INDENT, "");
}

/* Is it a packet of another line? */
static void put_other_line(struct judge *j, const struct plan_step *step, const struct match *m,
			   struct buf *out)
{
	uint32_t line;

	if (m->time_differs && m->n_differ == 1)
		return;
	line = judge_later_line(j, step, m->got);
	if (line)
		buf_printf(out, "%*snote: this packet is what line %u expects\n", JUDGE_INDENT, "",
			   line);
	else
		judge_earlier_note(j, step, m->got, out);
}

void judge_report_mismatch(struct judge *j, const struct plan_step *step, struct match *m)
{
	bool only_time = m->time_differs && m->n_differ == 1;
	struct finding_field *field = ARENA_ARRAY(j->a, struct finding_field, m->n_fields + 1);
	struct judge_report r = {
		.kind = only_time ? FINDING_TIMING : FINDING_PACKET,
		.is_warning = j->plan->config.non_fatal_packet && !m->size_differs,
		.message = mismatch_message(j, step, m),
		.hint = mismatch_hint(m),
	};
	struct buf body = { 0 };
	struct finding *f;

	for (size_t i = 0; i < m->n_fields; i++)
		field[i] = m->field[i].text;
	put_packets(j, step, m, &body);
	judge_table_text(field, m->n_fields, &body);
	judge_seen_text(j, &body);
	judge_numbers_note(j, m->got, &body);
	put_other_line(j, step, m, &body);
	r.span = blame(j, step, m, &r.n_spans);
	r.body = judge_keep(j, &body);
	f = judge_put(j, &r);
	f->field = field;
	f->n_fields = m->n_fields;
}
