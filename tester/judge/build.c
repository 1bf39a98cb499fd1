/* SPDX-License-Identifier: BSD-2-Clause */
#include <inttypes.h>
#include <stdlib.h>

#include "base/arena.h"
#include "base/bytes.h"
#include "base/err.h"
#include "judge/judge_impl.h"
#include "judge/space.h"
#include "judge/stream.h"

enum { ICMP_HEADER_BYTES = 8, ECHOED_TRANSPORT_BYTES = 8 };

/* ---- which connection an inbound packet belongs to ---- */

static struct conn *add_child(struct judge *j, enum wire_proto proto)
{
	struct conn *c = conn_new(j->a, j->sut, proto);

	c->state = CONN_PASSIVE;
	c->local = j->setup.local;
	c->remote = j->setup.remote;
	c->local_port = j->plan->config.bind_port;
	c->remote_port = j->setup.peer_port;
	j->sut = c;
	return c;
}

/* A datagram socket has no child: the first packet tells it its peer. */
static void adopt_peer(struct judge *j, struct conn *c)
{
	c->local = j->setup.local;
	c->remote = j->setup.remote;
	if (c->local_port == 0)
		c->local_port = j->plan->config.bind_port;
	if (c->remote_port == 0)
		c->remote_port = j->setup.peer_port;
}

static bool has_no_connection(const struct conn *c)
{
	return !c || c->state == CONN_LISTENING || c->state == CONN_NEW;
}

/* The connection that sends @want's packet into the stack; NULL after a finding. */
static struct conn *sender(struct judge *j, const struct plan_step *step)
{
	const struct plan_packet *want = step->u.packet;
	struct conn *c = j->sut;

	if (want->proto == WIRE_TCP && has_no_connection(c))
		return add_child(j, WIRE_TCP);
	if (!c)
		return add_child(j, want->proto);
	if (c->proto != WIRE_TCP && c->state == CONN_NEW)
		adopt_peer(j, c);
	if (c->local_port == 0 && c->proto != WIRE_ICMPV4 && c->proto != WIRE_ICMPV6) {
		judge_add(j, FINDING_INTERNAL, false, step->span,
			  "where to send this packet is not known yet",
			  NULL, "the port of the connection is learnt from its SYN: expect it with "
			  "a '> S' line before");
		return NULL;
	}
	return c;
}

/* R is the sequence number of the peer's first SYN; a first packet without SYN leaves it 0. */
static void learn_remote_isn(struct conn *c, const struct plan_packet *want)
{
	if (!(want->flags & TCP_SYN))
		return;
	if (!c->has_remote_isn) {
		c->has_remote_isn = true;
		c->remote_isn = want->seq.v;
	} else if (!(want->flags & TCP_ACK)) {
		c->has_next_isn = want->seq.v != c->remote_isn;
		c->next_isn = want->seq.v;
	}
}

/* ---- headers ---- */

static void push_ip(struct wire_builder *w, uint8_t version, const struct plan_ip *ip,
		    const struct ip_addr *src, const struct ip_addr *dst)
{
	bool v4 = version == 4;

	wire_push(w, v4 ? WIRE_IPV4 : WIRE_IPV6);
	wire_set_addrs(w, src, dst);
	if (ip->ecn != ECN_UNCHECKED)
		wire_set(w, v4 ? WIRE_F_IPV4_TOS : WIRE_F_IPV6_TRAFFIC_CLASS, ip->tos);
	if (ip->ttl.has && ip->ttl.v != 0)
		wire_set(w, v4 ? WIRE_F_IPV4_TTL : WIRE_F_IPV6_HOP_LIMIT, ip->ttl.v);
	if (ip->flow_label.has && !v4)
		wire_set(w, WIRE_F_IPV6_FLOW_LABEL, ip->flow_label.v);
	if (ip->options && v4)
		wire_add_ip_options(w, ip->options, ip->n_options);
}

static void push_outer(struct wire_builder *w, const struct plan_packet *want)
{
	for (size_t i = 0; i < want->n_outer; i++) {
		const struct plan_outer *o = &want->outer[i];

		if (o->proto == WIRE_IPV4 || o->proto == WIRE_IPV6) {
			push_ip(w, o->proto == WIRE_IPV4 ? 4 : 6, &o->ip, &o->src, &o->dst);
		} else if (o->proto == WIRE_GRE) {
			wire_push(w, WIRE_GRE);
			wire_set(w, WIRE_F_GRE_FLAGS, o->gre_flags);
			wire_set(w, WIRE_F_GRE_KEY, o->gre_key);
			wire_set(w, WIRE_F_GRE_SEQ, o->gre_seq);
		} else {
			wire_push(w, WIRE_MPLS);
			wire_set(w, WIRE_F_MPLS_LABEL, o->mpls_label);
			wire_set(w, WIRE_F_MPLS_TC, o->mpls_tc);
			wire_set(w, WIRE_F_MPLS_S, o->mpls_s);
			wire_set(w, WIRE_F_MPLS_TTL, o->mpls_ttl);
		}
	}
}

static uint32_t src_port(const struct plan_packet *want, const struct conn *c)
{
	return want->ports ? want->ports->src.v : c->remote_port;
}

static uint32_t dst_port(const struct plan_packet *want, const struct conn *c)
{
	return want->ports ? want->ports->dst.v : c->local_port;
}

/* ---- TCP ---- */

static int map_ts_ecr(struct judge *j, const struct plan_step *step, const struct plan_opt *o,
		      const struct conn *c, struct tcpopt *live, unsigned int i)
{
	uint32_t ecr = o->want->opt.value[i];

	if (!(step->u.packet->flags & TCP_ACK) || o->want->is_literal[i])
		return 0;
	if (space_ts_ecr_in(c, ecr, j->plan->config.ts_ecr_scaled, &live->value[i]) == 0)
		return 0;
	if (ecr == 0)
		return 0;
	judge_add(j, FINDING_INTERNAL, false, o->span,
		  arena_printf(j->a, "no line so far got a packet with 'TS val %" PRIu32 "', so what "
			       "this ecr stands for is not known", ecr), NULL,
		  "write the TS val in the line of the packet that is echoed (<...> accepts any and "
		  "learns none), or use --tcp_ts_ecr_scaled");
	return -ERR_UNKNOWN;
}

static int map_option(struct judge *j, const struct plan_step *step, const struct plan_opt *o,
		      const struct conn *c, struct tcpopt *live)
{
	bool is_syn = step->u.packet->flags & TCP_SYN;

	*live = o->want->opt;
	for (unsigned int i = 0; i < live->n_values; i++) {
		switch (tcpopt_value_space(live, i)) {
		case TCPOPT_ACK_SPACE:
			live->value[i] = space_ack_in(c, is_syn,
						      (struct seq_script){ live->value[i] }).v;
			break;
		case TCPOPT_TS_ECR:
			if (map_ts_ecr(j, step, o, c, live, i) < 0)
				return -ERR_UNKNOWN;
			break;
		case TCPOPT_PLAIN:
		case TCPOPT_TS_VAL:
			break;
		}
	}
	return 0;
}

static int add_options(struct judge *j, const struct plan_step *step, const struct conn *c,
		       struct wire_builder *w)
{
	const struct plan_packet *want = step->u.packet;

	for (size_t i = 0; i < want->n_opts; i++) {
		uint8_t bytes[TCPOPT_MAX_BYTES];
		struct tcpopt live;
		int n;

		if (map_option(j, step, &want->opts[i], c, &live) < 0)
			return -ERR_UNKNOWN;
		n = tcpopt_encode(&live, bytes);
		if (n > 0)
			wire_add_options(w, bytes, (size_t)n);
	}
	return 0;
}

static void add_stream(struct judge *j, struct conn *c, const struct plan_packet *want,
		       struct wire_builder *w)
{
	struct payload payload = stream_inject(j, c, want);
	uint8_t *bytes = ARENA_ARRAY(j->a, uint8_t, want->payload_len + 1);

	payload_fill(payload, bytes, want->payload_len);
	wire_add_payload(w, bytes, want->payload_len);
}

static int build_tcp(struct judge *j, const struct plan_step *step, struct conn *c,
		     struct wire_builder *w)
{
	const struct plan_packet *want = step->u.packet;
	bool is_syn = want->flags & TCP_SYN;
	uint32_t ack = want->ack.v;

	learn_remote_isn(c, want);
	if ((want->flags & TCP_ACK) && !want->seq_is_absolute)
		ack = space_ack_in(c, is_syn, (struct seq_script){ ack }).v;
	wire_push(w, WIRE_TCP);
	wire_set(w, WIRE_F_TCP_SRC_PORT, src_port(want, c));
	wire_set(w, WIRE_F_TCP_DST_PORT, dst_port(want, c));
	wire_set(w, WIRE_F_TCP_SEQ, want->seq_is_absolute ? want->seq.v
							  : space_seq_in(c, is_syn, want->seq).v);
	wire_set(w, WIRE_F_TCP_ACK, ack);
	wire_set(w, WIRE_F_TCP_RESERVED, (want->flags & TCP_RESERVED) >> 9);
	wire_set(w, WIRE_F_TCP_FLAGS, want->flags & ~(unsigned int)TCP_RESERVED);
	wire_set(w, WIRE_F_TCP_WINDOW, want->win.v);
	wire_set(w, WIRE_F_TCP_URGENT, want->urg.v);
	if (add_options(j, step, c, w) < 0)
		return -ERR_UNKNOWN;
	add_stream(j, c, want, w);
	return 0;
}

static void build_udp(const struct plan_packet *want, const struct conn *c, struct wire_builder *w)
{
	wire_push(w, WIRE_UDP);
	wire_set(w, WIRE_F_UDP_SRC_PORT, src_port(want, c));
	wire_set(w, WIRE_F_UDP_DST_PORT, dst_port(want, c));
	wire_add_payload(w, NULL, want->payload_len);
}

/* ---- ICMP ---- */

/* The packet that the error speaks of: the stack's own, as far as errors quote it [RFC792]. */
static int echoed_packet(struct judge *j, const struct plan_icmp *want, const struct conn *c,
			 const uint8_t **bytes, size_t *n)
{
	bool v4 = c->local.family == 4, is_tcp = want->echo == PLAN_ECHO_TCP;
	uint32_t transport = (is_tcp ? 20 : 8) + want->echo_len;
	struct wire_override len = {
		v4 ? WIRE_F_IPV4_TOTAL_LENGTH : WIRE_F_IPV6_PAYLOAD_LENGTH,
		v4 ? transport + 20 : transport,
	};
	struct wire_builder w;

	wire_build_init(&w, j->a);
	push_ip(&w, c->local.family, &(struct plan_ip){ 0 }, &c->local, &c->remote);
	if (is_tcp) {
		wire_push(&w, WIRE_TCP);
		wire_set(&w, WIRE_F_TCP_SRC_PORT, c->local_port);
		wire_set(&w, WIRE_F_TCP_DST_PORT, c->remote_port);
		wire_set(&w, WIRE_F_TCP_SEQ, space_ack_in(c, false, want->echo_seq).v);
	} else {
		wire_push(&w, WIRE_UDP);
		wire_set(&w, WIRE_F_UDP_SRC_PORT, c->local_port);
		wire_set(&w, WIRE_F_UDP_DST_PORT, c->remote_port);
	}
	w.overrides = &len;
	w.n_overrides = 1;
	if (wire_finish(&w) < 0)
		return -ERR_RANGE;
	*bytes = w.bytes;
	*n = w.layer[w.n_layers - 1].off + ECHOED_TRANSPORT_BYTES;
	return 0;
}

static int build_icmp(struct judge *j, const struct plan_packet *want, const struct conn *c,
		      struct wire_builder *w)
{
	const struct plan_icmp *icmp = want->icmp;
	bool v4 = want->proto == WIRE_ICMPV4;
	const uint8_t *echoed;
	size_t n;

	wire_push(w, want->proto);
	wire_set(w, v4 ? WIRE_F_ICMPV4_TYPE : WIRE_F_ICMPV6_TYPE, icmp->type);
	wire_set(w, v4 ? WIRE_F_ICMPV4_CODE : WIRE_F_ICMPV6_CODE, icmp->code);
	if (icmp->mtu.has)
		wire_set(w, v4 ? WIRE_F_ICMPV4_MTU : WIRE_F_ICMPV6_MTU, icmp->mtu.v);
	if (icmp->id.has)
		wire_set(w, v4 ? WIRE_F_ICMPV4_ID : WIRE_F_ICMPV6_ID, icmp->id.v);
	if (icmp->echo == PLAN_ECHO_RAW) {
		wire_add_payload(w, NULL, icmp->echo_len - ICMP_HEADER_BYTES);
		return 0;
	}
	if (echoed_packet(j, icmp, c, &echoed, &n) < 0)
		return -ERR_RANGE;
	wire_add_payload(w, echoed, n);
	return 0;
}

/* ---- raw bytes ---- */

/* Raw bytes may begin a connection as any packet may: the answer is to be known as its. */
static void follow_raw(struct judge *j, const struct plan_packet *want)
{
	struct wire_packet p;
	struct wire_view v;
	struct conn *c;
	const char *why;

	if (!has_no_connection(j->sut) || wire_decode(want->raw, want->n_raw, &p, &why) < 0)
		return;
	wire_view(j->a, &p, &v);
	if (v.proto != WIRE_TCP)
		return;
	c = add_child(j, WIRE_TCP);
	c->local = v.dst;
	c->remote = v.src;
	c->local_port = v.dst_port;
	c->remote_port = v.src_port;
	c->has_remote_isn = v.tcp_flags & TCP_SYN;
	c->remote_isn = v.seq;
}

/* ---- all ---- */

static int build_inner(struct judge *j, const struct plan_step *step, struct conn *c,
		       struct wire_builder *w)
{
	const struct plan_packet *want = step->u.packet;

	push_outer(w, want);
	push_ip(w, c->remote.family, want->ip, &c->remote, &c->local);
	switch (want->proto) {
	case WIRE_TCP:
		return build_tcp(j, step, c, w);
	case WIRE_UDP:
		build_udp(want, c, w);
		return 0;
	case WIRE_ICMPV4:
	case WIRE_ICMPV6:
		return build_icmp(j, want, c, w);
	case WIRE_IPV4:
	case WIRE_IPV6:
	case WIRE_GRE:
	case WIRE_MPLS:
	case WIRE_PROTO_COUNT:
		break;
	}
	return -ERR_UNSUPPORTED;
}

int judge_build(struct judge *j, const struct plan_step *step, const uint8_t **bytes, size_t *n)
{
	const struct plan_packet *want = step->u.packet;
	struct wire_builder w;
	struct conn *c;

	if (want->is_raw) {
		follow_raw(j, want);
		*bytes = want->raw;
		*n = want->n_raw;
		return 0;
	}
	c = sender(j, step);
	if (!c)
		return -ERR_STATE;
	wire_build_init(&w, j->a);
	if (build_inner(j, step, c, &w) < 0)
		return -ERR_STATE;
	w.overrides = want->overrides;
	w.n_overrides = want->n_overrides;
	w.flip_transport_checksum = want->has_bad_checksum;
	if (wire_finish(&w) < 0) {
		judge_add(j, FINDING_INTERNAL, false, step->span,
			  "this packet is larger than 65,535 bytes", NULL, NULL);
		return -ERR_RANGE;
	}
	*bytes = w.bytes;
	*n = w.len;
	return 0;
}
