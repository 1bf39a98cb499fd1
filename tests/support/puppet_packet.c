/* SPDX-License-Identifier: BSD-2-Clause */
/* Bytes of the puppet's packets: what its script says, with numbers that no script has. */
#include "base/arena.h"
#include "base/payload.h"
#include "puppet_impl.h"
#include "wire/wire.h"

static const uint32_t ISN = 0xfffff000;           /* wraps soon */
static const uint32_t TS_BASE = 4000000000;
static const uint32_t FLOW_LABEL_MIX = 0x5a5a5;
enum { TTL = 64, WINDOW = 65535, ICMP_HEADER_BYTES = 8 };

/* Where the script's numbers of the stack begin: the sequence number of its SYN. */
static bool script_isn(const struct puppet *p, uint32_t *out)
{
	for (size_t i = 0; i < p->n_steps; i++) {
		const struct plan_step *s = p->step[i].step;

		if (s->kind == PLAN_PACKET_OUT && (s->u.packet->flags & TCP_SYN)) {
			*out = s->u.packet->seq.v;
			return true;
		}
	}
	return false;
}

static uint32_t live_seq(const struct puppet *p, bool is_syn, uint32_t seq)
{
	uint32_t isn;

	if (!script_isn(p, &isn))
		return seq;
	return is_syn ? seq - isn + ISN : seq + ISN;
}

static uint32_t live_ack(const struct puppet *p, bool is_syn, uint32_t ack)
{
	return is_syn ? ack : ack + p->remote_isn;
}

static void push_ip(struct puppet *p, const struct plan_ip *ip, struct wire_builder *w)
{
	bool v4 = p->config.ip_version == 4;

	wire_push(w, v4 ? WIRE_IPV4 : WIRE_IPV6);
	wire_set_addrs(w, &p->config.local, &p->config.remote);
	wire_set(w, v4 ? WIRE_F_IPV4_TOS : WIRE_F_IPV6_TRAFFIC_CLASS, ip->tos);
	wire_set(w, v4 ? WIRE_F_IPV4_TTL : WIRE_F_IPV6_HOP_LIMIT, ip->ttl.has ? ip->ttl.v : TTL);
	if (!v4 && ip->flow_label.v)
		wire_set(w, WIRE_F_IPV6_FLOW_LABEL, ip->flow_label.v ^ FLOW_LABEL_MIX);
}

static void add_option(struct puppet *p, bool is_syn, const struct tcpopt *script,
		       struct wire_builder *w)
{
	struct tcpopt live = *script;
	uint8_t bytes[TCPOPT_MAX_BYTES];
	int n;

	for (unsigned int i = 0; i < live.n_values; i++) {
		switch (tcpopt_value_space(&live, i)) {
		case TCPOPT_ACK_SPACE:
			live.value[i] = live_ack(p, is_syn, live.value[i]);
			break;
		case TCPOPT_TS_VAL:
			live.value[i] += TS_BASE;
			break;
		case TCPOPT_PLAIN:
		case TCPOPT_TS_ECR:
			break;
		}
	}
	n = tcpopt_encode(&live, bytes);
	if (n > 0)
		wire_add_options(w, bytes, (size_t)n);
}

static uint16_t own_port(const struct puppet *p, const struct plan_packet *want)
{
	if (want->ports)
		return (uint16_t)want->ports->src.v;
	return p->is_active ? PUPPET_PORT : p->plan->config.bind_port;
}

static uint16_t peer_port(const struct puppet *p, const struct plan_packet *want)
{
	if (want->ports)
		return (uint16_t)want->ports->dst.v;
	return p->is_active ? p->plan->config.connect_port : PUPPET_PEER_PORT;
}

static void push_tcp(struct puppet *p, const struct plan_packet *want, struct wire_builder *w)
{
	bool is_syn = want->flags & TCP_SYN;

	wire_push(w, WIRE_TCP);
	wire_set(w, WIRE_F_TCP_SRC_PORT, own_port(p, want));
	wire_set(w, WIRE_F_TCP_DST_PORT, peer_port(p, want));
	wire_set(w, WIRE_F_TCP_SEQ, live_seq(p, is_syn, want->seq.v));
	if (want->flags & TCP_ACK)
		wire_set(w, WIRE_F_TCP_ACK, live_ack(p, is_syn, want->ack.v));
	wire_set(w, WIRE_F_TCP_RESERVED, (want->flags & TCP_RESERVED) >> 9);
	wire_set(w, WIRE_F_TCP_FLAGS, want->flags & ~(unsigned int)TCP_RESERVED);
	wire_set(w, WIRE_F_TCP_WINDOW, want->win.has ? want->win.v : WINDOW);
	wire_set(w, WIRE_F_TCP_URGENT, want->urg.v);
	for (size_t i = 0; i < want->n_opts; i++)
		add_option(p, is_syn, &want->opts[i].want->opt, w);
}

static void push_udp(struct puppet *p, const struct plan_packet *want, struct wire_builder *w)
{
	wire_push(w, WIRE_UDP);
	wire_set(w, WIRE_F_UDP_SRC_PORT, own_port(p, want));
	wire_set(w, WIRE_F_UDP_DST_PORT, peer_port(p, want));
}

static void push_icmp(const struct plan_packet *want, struct wire_builder *w)
{
	bool v4 = want->proto == WIRE_ICMPV4;

	wire_push(w, want->proto);
	wire_set(w, v4 ? WIRE_F_ICMPV4_TYPE : WIRE_F_ICMPV6_TYPE, want->icmp->type);
	wire_set(w, v4 ? WIRE_F_ICMPV4_CODE : WIRE_F_ICMPV6_CODE, want->icmp->code);
	if (want->icmp->id.has)
		wire_set(w, v4 ? WIRE_F_ICMPV4_ID : WIRE_F_ICMPV6_ID, want->icmp->id.v);
}

static uint32_t payload_len(const struct plan_packet *want)
{
	if (want->proto == WIRE_TCP || want->proto == WIRE_UDP)
		return want->payload_len;
	return want->icmp->echo_len > ICMP_HEADER_BYTES ? want->icmp->echo_len - ICMP_HEADER_BYTES
							 : 0;
}

static bool is_numbered(const struct puppet *p, const struct plan_packet *want)
{
	return p->plan->meta.is_numbered && want->proto == WIRE_TCP && !(want->flags & TCP_SYN);
}

void puppet_packet(struct puppet *p, const struct puppet_step *s, const uint8_t **bytes, size_t *n)
{
	const struct plan_packet *want = s->step->u.packet;
	uint32_t len = payload_len(want);
	uint8_t *payload = ARENA_ARRAY(p->a, uint8_t, len + 1);
	struct wire_builder w;

	payload_fill((struct payload){ is_numbered(p, want), want->seq.v - 1 }, payload, len);
	if (s->has_byte && s->byte_at < len)
		payload[s->byte_at] = s->byte;
	wire_build_init(&w, p->a);
	push_ip(p, want->ip, &w);
	if (want->proto == WIRE_TCP)
		push_tcp(p, want, &w);
	else if (want->proto == WIRE_UDP)
		push_udp(p, want, &w);
	else
		push_icmp(want, &w);
	wire_add_payload(&w, payload, len);
	*n = wire_finish(&w) < 0 ? 0 : w.len;
	*bytes = w.bytes;
}
