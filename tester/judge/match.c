/* SPDX-License-Identifier: BSD-2-Clause */
#include "judge/match.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/duration.h"

const char *const match_ecn_name[4] = { "noecn", "ect1", "ect0", "ce" };

void match_add(struct match *m, const char *name, struct span span, const char *expected,
	       const char *actual, bool differs)
{
	if (m->n_fields == MATCH_MAX_FIELDS)
		return;
	m->field[m->n_fields++] =
		(struct match_field){ { name, expected, actual, differs }, span };
	m->n_differ += differs;
}

static char *number(struct match *m, uint32_t v)
{
	return arena_printf(m->a, "%" PRIu32, v);
}

static char *range(struct match *m, uint32_t low, uint32_t high)
{
	return low == high ? number(m, low)
			   : arena_printf(m->a, "%" PRIu32 "~%" PRIu32, low, high);
}

/* A number that the script may give; compared only when it does. */
static void add_num(struct match *m, const char *name, const struct plan_num *want, uint32_t got)
{
	if (want->has)
		match_add(m, name, want->span, range(m, want->v, want->high), number(m, got),
			  got < want->v || got > want->high);
}

static const char *proto_name(enum wire_proto p)
{
	return wire_header_table[p].name;
}

static void rule_protocol(struct match *m)
{
	match_add(m, "protocol", m->want->flags_span, proto_name(m->want->proto),
		  proto_name(m->got->proto), m->want->proto != m->got->proto);
}

static const char *flags_text(struct match *m, uint16_t flags)
{
	struct buf b = { 0 };
	char *s;

	wire_flags_text(flags, m->want->is_ace, &b);
	s = arena_strdup(m->a, buf_str(&b));
	buf_fini(&b);
	return s;
}

static void rule_flags(struct match *m)
{
	match_add(m, "tcp.flags", m->want->flags_span, flags_text(m, m->want->flags),
		  flags_text(m, m->got->tcp_flags), m->want->flags != m->got->tcp_flags);
}

static void rule_seq(struct match *m)
{
	if (!m->want->seq_is_ignored)
		match_add(m, "tcp.seq", m->want->seq_span, number(m, m->want->seq.v),
			  number(m, m->got->seq), m->want->seq.v != m->got->seq);
}

static void rule_length(struct match *m)
{
	bool differs = m->want->payload_len != m->got->payload_len;

	match_add(m, "payload length", m->want->seq_span, number(m, m->want->payload_len),
		  number(m, m->got->payload_len), differs);
	m->size_differs |= differs;
}

/* No ack number in the script: the raw field must be 0 when the ACK flag is off. */
static void rule_ack(struct match *m)
{
	const struct plan_num *want = &m->want->ack;
	const struct plan_num zero = { .has = true, .span = m->want->seq_span };

	if (want->any)
		return;
	add_num(m, "tcp.ack", want->has ? want : &zero, m->got->ack);
}

static void rule_window(struct match *m)
{
	add_num(m, "tcp.win", &m->want->win, m->got->win);
}

static void rule_urgent(struct match *m)
{
	const struct plan_num *want = &m->want->urg;
	const struct plan_num zero = { .has = true, .span = m->want->seq_span };

	if (want->any)
		return;
	add_num(m, "tcp.urg", want->has ? want : &zero, m->got->urg);
}

static void rule_ecn(struct match *m)
{
	const struct plan_ip *ip = m->want->ip;
	uint8_t got = m->got->tos & 3;

	switch (ip->ecn) {
	case ECN_UNCHECKED:
		break;
	case ECN_EXACT:
		match_add(m, "ip.ecn", ip->span, match_ecn_name[ip->tos & 3], match_ecn_name[got],
			  (ip->tos & 3) != got);
		break;
	case ECN_ECT01:
		match_add(m, "ip.ecn", ip->span, "ect0 or ect1", match_ecn_name[got],
			  got != 1 && got != 2);
		break;
	case ECN_TOS:
		match_add(m, "ip.tos", ip->span, arena_printf(m->a, "0x%02x", ip->tos),
			  arena_printf(m->a, "0x%02x", m->got->tos), ip->tos != m->got->tos);
		break;
	}
}

/* 0 and 255 both mean "not specified" for a TTL. */
static void rule_ttl(struct match *m)
{
	if (m->want->ip->ttl.v != 0 && m->want->ip->ttl.v != 255)
		add_num(m, "ip.ttl", &m->want->ip->ttl, m->got->ttl);
}

/* Same label in the script, same live label; another, another; never zero. */
static void rule_flow_label(struct match *m)
{
	const struct plan_num *want = &m->want->ip->flow_label;
	const struct conn *c = m->conn;
	uint32_t got = m->got->flow_label;
	bool same, differs;
	const char *expected = "any but 0";

	if (!want->has || m->got->ip_version != 6)
		return;
	differs = got == 0;
	if (c && c->has_flow_label && !differs) {
		same = c->flow_label_script == want->v;
		differs = same != (c->flow_label_live == got);
		expected = arena_printf(m->a, same ? "0x%05" PRIx32 " as before"
						   : "any but 0x%05" PRIx32,
					c->flow_label_live);
	}
	match_add(m, "ip.flow_label", want->span, expected,
		  arena_printf(m->a, "0x%05" PRIx32, got), differs);
}

static const char *icmp_name(struct match *m, uint8_t type, uint8_t code)
{
	struct buf b = { 0 };
	char *s;

	icmp_text(m->want->proto == WIRE_ICMPV4 ? 4 : 6, type, code, &b);
	s = arena_strdup(m->a, buf_str(&b));
	buf_fini(&b);
	return s;
}

static void rule_icmp(struct match *m)
{
	const struct plan_packet *w = m->want;

	match_add(m, "icmp message", w->seq_span, icmp_name(m, w->icmp->type, w->icmp->code),
		  icmp_name(m, m->got->icmp_type, m->got->icmp_code),
		  w->icmp->type != m->got->icmp_type || w->icmp->code != m->got->icmp_code);
	add_num(m, "icmp.mtu", &w->icmp->mtu, m->got->icmp_mtu);
	add_num(m, "icmp.id", &w->icmp->id, m->got->icmp_id);
}

/* RAW (n) counts the ICMP header of 8 bytes, the view's payload does not. */
static void rule_icmp_length(struct match *m)
{
	uint32_t got = m->got->payload_len + 8;

	if (m->want->icmp->echo != PLAN_ECHO_RAW)
		return;
	match_add(m, "icmp length", m->want->seq_span, number(m, m->want->icmp->echo_len),
		  number(m, got), m->want->icmp->echo_len != got);
	m->size_differs |= m->want->icmp->echo_len != got;
}

static void rule_checksum(struct match *m)
{
	if (m->raw && !wire_ipv4_checksum_ok(m->raw))
		match_add(m, "ip.checksum", m->want->seq_span, "right", "wrong", true);
	if (m->raw && m->has_checksums && !wire_transport_checksum_ok(m->raw))
		match_add(m, "checksum", m->want->seq_span, "right", "wrong", true);
}

bool match_wrong_byte(const struct wire_packet *p, struct payload want, struct match_byte *out)
{
	const uint8_t *payload = p->bytes + p->payload_off;
	size_t at = payload_differs(want, payload, p->payload_len);

	if (at == p->payload_len)
		return false;
	*out = (struct match_byte){ (uint32_t)at, payload[at], payload_byte(want, at),
				    payload_moved(want, at).position };
	return true;
}

static const char *payload_name(struct match *m, const struct match_byte *b)
{
	/* In the stream it is counted as sequence numbers in a script are. */
	return m->payload.is_numbered
		       ? arena_printf(m->a, "byte %" PRIu32 " of the stream", b->position + 1)
		       : arena_printf(m->a, "payload byte %" PRIu32, b->at);
}

/* No payload text exists in the language: what calls write must come out, each byte in its place. */
static void rule_payload(struct match *m)
{
	struct match_byte bad;

	if (!m->raw || m->got->proto == WIRE_ICMPV4 || m->got->proto == WIRE_ICMPV6)
		return;
	if (m->wrong)
		bad = *m->wrong;
	else if (match_wrong_byte(m->raw, m->payload, &bad))
		bad.at += m->raw_at;
	else
		return;
	match_add(m, payload_name(m, &bad), m->want->seq_span,
		  arena_printf(m->a, "0x%02x", bad.wanted), arena_printf(m->a, "0x%02x", bad.value),
		  true);
}

static const char *layer_names(struct match *m, const struct wire_packet *p, size_t n)
{
	struct buf b = { 0 };
	char *s;

	for (size_t i = 0; i < n; i++)
		buf_printf(&b, "%s%s", i ? " " : "", proto_name(p->layer[i].proto));
	s = arena_strdup(m->a, n ? buf_str(&b) : "none");
	buf_fini(&b);
	return s;
}

static const char *outer_names(struct match *m)
{
	struct buf b = { 0 };
	char *s;

	for (size_t i = 0; i < m->want->n_outer; i++)
		buf_printf(&b, "%s%s", i ? " " : "", proto_name(m->want->outer[i].proto));
	s = arena_strdup(m->a, m->want->n_outer ? buf_str(&b) : "none");
	buf_fini(&b);
	return s;
}

/* What of one outer header the script fixes: its addresses, key, label. */
static bool outer_equal(const struct plan_outer *o, const struct wire_packet *p,
			const struct wire_layer *l)
{
	struct ip_addr src = { 0 }, dst = { 0 };
	bool v6 = o->proto == WIRE_IPV6;
	unsigned int size = v6 ? 16 : 4, at = v6 ? 8 : 12;

	if (o->proto != l->proto)
		return false;
	switch (o->proto) {
	case WIRE_IPV4:
	case WIRE_IPV6:
		src.family = dst.family = v6 ? 6 : 4;
		for (unsigned int i = 0; i < size; i++) {
			src.b[i] = p->bytes[l->off + at + i];
			dst.b[i] = p->bytes[l->off + at + size + i];
		}
		return ip_addr_equal(&src, &o->src) && ip_addr_equal(&dst, &o->dst);
	case WIRE_GRE:
		return wire_get_in(p, l, WIRE_F_GRE_KEY) == o->gre_key;
	case WIRE_MPLS:
		return wire_get_in(p, l, WIRE_F_MPLS_LABEL) == o->mpls_label &&
		       wire_get_in(p, l, WIRE_F_MPLS_TC) == o->mpls_tc &&
		       wire_get_in(p, l, WIRE_F_MPLS_S) == o->mpls_s &&
		       wire_get_in(p, l, WIRE_F_MPLS_TTL) == o->mpls_ttl;
	case WIRE_TCP:
	case WIRE_UDP:
	case WIRE_ICMPV4:
	case WIRE_ICMPV6:
	case WIRE_PROTO_COUNT:
		break;
	}
	return true;
}

/* Layers in front of the innermost IP header. */
static void rule_outer(struct match *m)
{
	size_t n;

	if (!m->raw)
		return;
	n = m->raw->n_layers >= 2 ? m->raw->n_layers - 2 : 0;
	if (n == 0 && m->want->n_outer == 0)
		return;
	match_add(m, "outer headers", m->want->n_outer ? m->want->outer[0].span : m->want->seq_span,
		  outer_names(m), layer_names(m, m->raw, n), n != m->want->n_outer);
	for (size_t i = 0; i < n && n == m->want->n_outer; i++) {
		if (!outer_equal(&m->want->outer[i], m->raw, &m->raw->layer[i]))
			match_add(m, arena_printf(m->a, "outer header %zu", i + 1),
				  m->want->outer[i].span, "as written", "differs", true);
	}
}

static const char *window_text(struct match *m, const struct judge_window *w)
{
	double from = (double)w->from_us / 1e6, to = (double)w->to_us / 1e6;
	struct duration_text tolerance = duration_ms(w->tolerance_us);

	if (w->is_range)
		return arena_printf(m->a, "%.6f~%.6f s +-%s", from, to, tolerance.text);
	return arena_printf(m->a, "%.6f s +-%s", from, tolerance.text);
}

static void rule_time(struct match *m)
{
	const struct judge_window *w = m->window;

	if (!w || w->is_any)
		return;
	m->time_differs = m->at_us < w->from_us - w->tolerance_us ||
			  m->at_us > w->to_us + w->tolerance_us;
	match_add(m, "time", (struct span){ 0, 0 }, window_text(m, w),
		  arena_printf(m->a, "%.6f s", (double)m->at_us / 1e6), m->time_differs);
}

typedef void rule(struct match *m);

static rule *const tcp_rules[] = {
	rule_outer, rule_flags, rule_seq, rule_length, rule_ack, rule_window, rule_urgent,
	match_options, rule_ecn, rule_ttl, rule_flow_label, rule_checksum, rule_payload, rule_time,
};

static rule *const udp_rules[] = {
	rule_outer, rule_length, rule_ecn, rule_ttl, rule_flow_label, rule_checksum, rule_payload,
	rule_time,
};

static rule *const icmp_rules[] = {
	rule_outer, rule_icmp, rule_icmp_length, rule_ecn, rule_ttl, rule_flow_label, rule_checksum,
	rule_time,
};

static void apply(struct match *m, rule *const *rules, size_t n)
{
	for (size_t i = 0; i < n; i++)
		rules[i](m);
}

void match_packet(struct match *m)
{
	rule_protocol(m);
	if (m->n_differ)
		return;
	switch (m->want->proto) {
	case WIRE_TCP:
		apply(m, tcp_rules, ARRAY_LEN(tcp_rules));
		break;
	case WIRE_UDP:
		apply(m, udp_rules, ARRAY_LEN(udp_rules));
		break;
	case WIRE_ICMPV4:
	case WIRE_ICMPV6:
		apply(m, icmp_rules, ARRAY_LEN(icmp_rules));
		break;
	case WIRE_IPV4:
	case WIRE_IPV6:
	case WIRE_GRE:
	case WIRE_MPLS:
	case WIRE_PROTO_COUNT:
		break;
	}
}
