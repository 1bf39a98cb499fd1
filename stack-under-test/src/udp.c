/* SPDX-License-Identifier: BSD-2-Clause */
#include "udp.h"

#include <string.h>

#include "bytes.h"

/*
 * Theory of operation: a UDP socket is a queue of datagrams, bounded by SO_RCVBUF, and a pending
 * error. udp_port.c decides which socket a datagram or an ICMP error is for, this file takes them
 * in, udp_call.c has the calls. What is sent leaves at once, so there is no send queue and a socket
 * is always writable. Datagrams that do not fit the path MTU are refused with SUT_EMSGSIZE.
 * [departs: Linux fragments them unless told not to; here fragments only come in]
 */

/* Bookkeeping that a queued packet costs, besides its bytes: linux-tcp.md 9.1. */
enum { MEMORY_OVERHEAD_BYTES = 768 };

#define COUNT_UDP(s, version, name) \
	count(s, (version) == 6 ? COUNTER_Udp6##name : COUNTER_Udp##name)

static bool enqueue(struct udp_sock *u, const struct ip_rx *rx, const struct codec_udp *m)
{
	struct sut *s = u->k->s;
	size_t memory = MEMORY_OVERHEAD_BYTES + rx->n;
	struct udp_datagram *d;

	if (FAULT(s, UDP_EMPTY_DROPPED) && !m->n_payload)
		return false;
	if (u->queued_bytes && (int64_t)(u->queued_bytes + memory) > u->opts.rcvbuf_bytes)
		return false;
	d = mem_alloc(s, sizeof(*d) + m->n_payload);
	if (!d)
		return false;
	*d = (struct udp_datagram){
		.from = { rx->ip->src, m->src_port }, .to = rx->ip->dst, .ttl = rx->ip->ttl,
		.tos = rx->ip->tos, .arrived_ns = s->now_ns, .memory_bytes = memory,
		.n = m->n_payload,
	};
	if (m->n_payload)
		memcpy(d->bytes, m->payload, m->n_payload);
	if (u->last)
		u->last->next = d;
	else
		u->first = d;
	u->last = d;
	u->queued_bytes += memory;
	return true;
}

static void deliver(struct udp_sock *u, const struct ip_rx *rx, const struct codec_udp *m)
{
	struct sut *s = u->k->s;

	if (!enqueue(u, rx, m)) {
		COUNT_UDP(s, rx->ip->version, RcvbufErrors);
		COUNT_UDP(s, rx->ip->version, InErrors);
		return;
	}
	COUNT_UDP(s, rx->ip->version, InDatagrams);
	sock_wake(u->k, POLL_IN | POLL_RDNORM);
}

static void deliver_broadcast(struct sut *s, const struct ip_rx *rx, const struct codec_udp *m,
			      const struct sut_endpoint *local, const struct sut_endpoint *remote)
{
	for (struct udp_sock *u = s->socks->udp; u; u = u->next)
		if (udp_accepts(u, local, remote))
			deliver(u, rx, m);
}

static void no_port(struct sut *s, const struct ip_rx *rx)
{
	COUNT_UDP(s, rx->ip->version, NoPorts);
	if (FAULT(s, UDP_NO_UNREACHABLE))
		return;
	if (rx->ip->version == 6)
		icmp_send_error(s, rx, ICMP6_UNREACHABLE, ICMP6_PORT, 0);
	else
		icmp_send_error(s, rx, ICMP4_UNREACHABLE, ICMP4_PORT, 0);
}

void udp_receive(struct sut *s, const struct ip_rx *rx)
{
	struct sut_endpoint local = { .addr = rx->ip->dst }, remote = { .addr = rx->ip->src };
	struct codec_udp m;
	enum codec_rc rc = codec_udp_parse(rx->ip, rx->packet, rx->n, &m);
	struct udp_sock *u;

	if (rc != CODEC_OK) {
		if (rc == CODEC_CHECKSUM)
			COUNT_UDP(s, rx->ip->version, InCsumErrors);
		COUNT_UDP(s, rx->ip->version, InErrors);
		return;
	}
	local.port = m.dst_port;
	remote.port = m.src_port;
	if (rx->is_broadcast && !FAULT(s, ICMP_ERROR_ALWAYS)) {
		deliver_broadcast(s, rx, &m, &local, &remote);
		return;
	}
	u = udp_lookup(s, &local, &remote);
	if (u)
		deliver(u, rx, &m);
	else
		no_port(s, rx);
}

/* ---- ICMP errors, linux-tcp.md 6.9 ---- */

static bool is_discovering(const struct udp_sock *u, const struct icmp_err *e)
{
	uint8_t how = e->from.family == 6 ? u->opts.mtu_discover6 : u->opts.mtu_discover4;

	return how != PMTU_DONT && how < PMTU_INTERFACE;
}

void udp_icmp(struct sut *s, const struct icmp_err *e)
{
	struct udp_sock *u = udp_lookup(s, &e->local, &e->remote);
	bool is_hard = e->is_hard && !FAULT(s, UDP_ERROR_IGNORED), is_queued;

	if (!u)
		return;
	if (!e->error) {
		if (!is_discovering(u, e))
			return;
		ip_learn_mtu(s, &e->remote.addr, e->mtu_bytes);
		is_hard = true;
	}
	is_queued = sock_icmp_error(u->k, e, e->quoted + CODEC_UDP_BYTES,
				    e->n_quoted - CODEC_UDP_BYTES);
	if (!is_queued && (!is_hard || !u->peer.addr.family))
		return;
	u->error = e->error ? e->error : SUT_EMSGSIZE;
	sock_wake(u->k, POLL_ERR);
}
