/* SPDX-License-Identifier: BSD-2-Clause */
#include "ip.h"

#include <string.h>

#include "bytes.h"
#include "ip_reasm.h"
#include "tcp.h"

/*
 * Theory of operation: one host, one interface, everything that is not ours is behind it; which of
 * our addresses a packet gets, and whether it leaves at all, routes decide (ip_local.c). There is no
 * loopback: packets to the host itself have no route. A packet up goes through ip_receive(),
 * that judges the IP header and counts what it drops, to tcp_input(), udp_receive() or
 * icmp_receive(); nothing of it is kept by reference. A packet down is one allocation that holds IP
 * header, transport header and payload, and waits in the output queue (ip_out.c) until sut_output()
 * takes it.
 *
 * Fragments wait in ip_reasm.c until they are a whole packet, which then goes the way of others. Path
 * MTUs are kept by destination in a small table, the oldest is replaced.
 */

int ip_init(struct sut *s, const struct sut_config *c)
{
	struct ip_layer *l = mem_zalloc(s, sizeof(*l));

	if (!l)
		return SUT_ENOMEM;
	l->key.k0 = rng_next(s);
	l->key.k1 = rng_next(s);
	l->next_id = (uint16_t)rng_next(s);
	s->ip = l;
	return ip_local_init(s, c);
}

void ip_fini(struct sut *s)
{
	if (s->ip)
		ip_reasm_fini(s);
	mem_free(s, s->ip);
	s->ip = NULL;
}

uint8_t ip_ttl_default(const struct sut *s, const struct sut_addr *dst)
{
	return (uint8_t)(dst->family == 6 ? s->sysctl.ip6_hop_limit : s->sysctl.ip_default_ttl);
}

uint32_t ip_flow_label(struct sut *s, const struct sut_endpoint *src,
		       const struct sut_endpoint *dst, uint8_t proto)
{
	uint8_t b[16 + 16 + 5];
	uint32_t label;

	if (src->addr.family != 6 || !s->sysctl.ip6_auto_flowlabels)
		return 0;
	memcpy(b, src->addr.b, 16);
	memcpy(b + 16, dst->addr.b, 16);
	put_be16(b + 32, src->port);
	put_be16(b + 34, dst->port);
	b[36] = proto;
	label = (uint32_t)siphash(&s->ip->key, b, sizeof(b)) & 0xfffff;
	return label ? label : 1;
}

/* ---- path MTU, RFC 1191, RFC 8201 ---- */

static struct ip_path *find_path(struct sut *s, const struct sut_addr *dst)
{
	for (size_t i = 0; i < IP_PATHS; i++) {
		struct ip_path *p = &s->ip->path[i];

		if (p->dst.family && p->expires_ns > s->now_ns && addr_eq(&p->dst, dst))
			return p;
	}
	return NULL;
}

uint32_t ip_mtu(struct sut *s, const struct sut_addr *dst)
{
	const struct ip_path *p = find_path(s, dst);

	return p && p->mtu_bytes < s->link.mtu_bytes ? p->mtu_bytes : s->link.mtu_bytes;
}

static struct ip_path *oldest_path(struct sut *s)
{
	struct ip_path *oldest = &s->ip->path[0];

	for (size_t i = 1; i < IP_PATHS; i++)
		if (s->ip->path[i].expires_ns < oldest->expires_ns)
			oldest = &s->ip->path[i];
	return oldest;
}

void ip_learn_mtu(struct sut *s, const struct sut_addr *dst, uint32_t mtu_bytes)
{
	uint32_t least = (uint32_t)s->sysctl.ip_min_pmtu;
	struct ip_path *p = find_path(s, dst);

	/* Every IPv6 link carries 1280 bytes: who says less is wrong. [RFC8201 4] */
	if (dst->family == 6 && mtu_bytes < IP6_MIN_MTU_BYTES && !FAULT(s, PATH_MTU_NO_FLOOR))
		return;
	if (dst->family == 4 && mtu_bytes < least && !FAULT(s, PATH_MTU_NO_FLOOR))
		mtu_bytes = least;
	if (mtu_bytes >= ip_mtu(s, dst) && !FAULT(s, PATH_MTU_RAISED))
		return;
	if (!p)
		p = oldest_path(s);
	p->dst = *dst;
	p->mtu_bytes = mtu_bytes;
	p->expires_ns = s->now_ns + s->sysctl.ip_mtu_expires * NS_PER_S;
	if (FAULT(s, PATH_MTU_FORGOTTEN))
		p->expires_ns = s->now_ns + 10 * NS_PER_S;
}

void ip_forget_paths(struct sut *s)
{
	memset(s->ip->path, 0, sizeof(s->ip->path));
}

/* ---- receiving ---- */

/* The IPv4 and the IPv6 form of a counter. */
static void count_ip(struct sut *s, uint8_t version, enum counter c4, enum counter c6)
{
	count(s, version == 6 ? c6 : c4);
}

/* By the two bits of [RFC3168 5]. */
static void count_mark(struct sut *s, const struct codec_ip *ip)
{
	static const enum counter by_mark[2][4] = {
		{ COUNTER_IpExtInNoECTPkts, COUNTER_IpExtInECT1Pkts, COUNTER_IpExtInECT0Pkts,
		  COUNTER_IpExtInCEPkts },
		{ COUNTER_Ip6InNoECTPkts, COUNTER_Ip6InECT1Pkts, COUNTER_Ip6InECT0Pkts,
		  COUNTER_Ip6InCEPkts },
	};

	count(s, by_mark[ip->version == 6][ip->tos & 3]);
}

static void count_bad_header(struct sut *s, uint8_t version, enum codec_rc rc)
{
	switch (rc) {
	case CODEC_OK:
		break;
	case CODEC_SHORT:
	case CODEC_LENGTH:
		count_ip(s, version, COUNTER_IpExtInTruncatedPkts, COUNTER_Ip6InTruncatedPkts);
		count_ip(s, version, COUNTER_IpInHdrErrors, COUNTER_Ip6InHdrErrors);
		break;
	case CODEC_CHECKSUM:
		count(s, COUNTER_IpExtInCsumErrors);
		count(s, COUNTER_IpInHdrErrors);
		break;
	case CODEC_VERSION:
	case CODEC_OPTION:
		count_ip(s, version, COUNTER_IpInHdrErrors, COUNTER_Ip6InHdrErrors);
		break;
	}
}

/* RFC 1122 3.2.1.3: nobody can have sent from these addresses. */
static bool is_martian(const struct sut *s, const struct codec_ip *ip)
{
	if (FAULT(s, FOREIGN_SOURCE_TAKEN))
		return false;
	return !ip_is_unicast(s, &ip->src) || codec_addr_is_loopback(&ip->src) ||
	       codec_addr_is_mapped(&ip->src) || codec_addr_is_mapped(&ip->dst) ||
	       ip_is_ours(s, &ip->src);
}

static void unknown_protocol(struct sut *s, const struct ip_rx *rx)
{
	count_ip(s, rx->ip->version, COUNTER_IpInUnknownProtos, COUNTER_Ip6InUnknownProtos);
	if (rx->ip->version == 6)
		icmp_send_error(s, rx, ICMP6_PARAMETER, ICMP6_NEXT_HEADER,
				(uint32_t)rx->ip->proto_at);
	else
		icmp_send_error(s, rx, ICMP4_UNREACHABLE, ICMP4_PROTOCOL, 0);
}

static void to_tcp(struct sut *s, const struct ip_rx *rx)
{
	const struct codec_ip *ip = rx->ip;
	struct ip_in in = {
		.src = ip->src, .dst = ip->dst, .protocol = ip->proto, .ttl = ip->ttl,
		.tos = ip->tos, .payload = rx->packet + ip->header_bytes,
		.n_payload = (uint32_t)(rx->n - ip->header_bytes), .ip_bytes = (uint32_t)rx->n,
		.gso_bytes = rx->gso_bytes, .back = rx->back.n ? &rx->back : NULL,
	};

	int64_t refused = s->counter[COUNTER_TcpExtBeyondWindow];

	if (!rx->is_broadcast || FAULT(s, SYN_TO_ALL_ANSWERED))
		tcp_input(s, &in);
	if (s->counter[COUNTER_TcpExtBeyondWindow] > refused && FAULT(s, SOURCE_QUENCH_SENT))
		icmp_send_error(s, rx, ICMP4_SOURCE_QUENCH, 0, 0);
}

static void deliver(struct sut *s, const struct ip_rx *rx)
{
	const struct codec_ip *ip = rx->ip;

	count_ip(s, ip->version, COUNTER_IpInDelivers, COUNTER_Ip6InDelivers);
	if (ip->proto == CODEC_PROTO_TCP)
		to_tcp(s, rx);
	else if (ip->proto == CODEC_PROTO_UDP)
		udp_receive(s, rx);
	else if (ip->proto == (ip->version == 6 ? CODEC_PROTO_ICMPV6 : CODEC_PROTO_ICMP))
		icmp_receive(s, rx);
	else if (ip->proto != CODEC_PROTO_NONE || ip->version != 6)
		unknown_protocol(s, rx);
}

/* Is @dst an address that we take packets to? */
static bool is_for_us(const struct sut *s, const struct sut_addr *dst)
{
	return ip_is_ours(s, dst) || ip_is_broadcast(s, dst) || FAULT(s, ANY_DESTINATION_TAKEN) ||
	       ((FAULT(s, SYN_TO_ALL_ANSWERED) || FAULT(s, ICMP_ERROR_ALWAYS)) &&
		codec_addr_is_multicast(dst));
}

/* The options of a received packet, which may name another destination. */
static bool take_options(struct sut *s, struct codec_ip *ip, struct ip_options *back)
{
	enum ip_verdict verdict = ip_options_judge(s, ip, back);

	if (verdict == IP_MALFORMED)
		count(s, COUNTER_IpInHdrErrors);
	return verdict == IP_TAKE;
}

/* A header that nobody looks at might as well be a right one. */
static void receive_unchecked(struct sut *s, const uint8_t *bytes, size_t n, uint16_t gso_bytes)
{
	size_t header = (size_t)(bytes[0] & 15) * 4;
	uint8_t *copy = mem_alloc(s, n);

	if (!copy)
		return;
	memcpy(copy, bytes, n);
	if (header >= CODEC_IPV4_BYTES && header <= n) {
		copy[0] = (uint8_t)(0x40 | (bytes[0] & 15));
		put_be16(copy + 10, 0);
		put_be16(copy + 10, codec_sum_finish(codec_sum(0, copy, header)));
		ip_receive(s, copy, n, gso_bytes);
	}
	mem_free(s, copy);
}

/* Fragments have become a packet. What its first one had in its header was judged already. */
static void receive_whole(struct sut *s, const uint8_t *bytes, size_t n)
{
	struct codec_ip ip;
	struct ip_rx rx = { .ip = &ip, .packet = bytes, .n = n };
	enum codec_rc rc = codec_ip_parse(bytes, n, &ip);

	/* there is one fragment header at most [RFC8200 4.1] */
	if (rc == CODEC_OK && ip.fragment_named_at)
		rc = CODEC_OPTION;
	if (rc != CODEC_OK) {
		count_bad_header(s, ip.version, rc);
		return;
	}
	rx.is_broadcast = ip_is_broadcast(s, &ip.dst);
	if (take_options(s, &ip, &rx.back))
		deliver(s, &rx);
}

static void receive_fragment(struct sut *s, const struct ip_rx *rx)
{
	uint8_t *whole;
	size_t n;

	if (FAULT(s, ICMP_ERROR_ALWAYS))
		icmp_send_error(s, rx, ICMP4_UNREACHABLE, ICMP4_PROTOCOL, 0);
	whole = ip_reasm_add(s, rx, &n);
	if (whole)
		receive_whole(s, whole, n);
	mem_free(s, whole);
}

/* What is whole in spite of its fragment header needs no other. [RFC6946 4] */
static bool take_atomic(struct sut *s, const struct codec_ip *ip)
{
	if (!ip->fragment_named_at)
		return true;
	count(s, COUNTER_Ip6ReasmReqds);
	if (FAULT(s, ATOMIC_FRAGMENT_DROPPED))
		return false;
	count(s, COUNTER_Ip6ReasmOKs);
	return true;
}

void ip_receive(struct sut *s, const uint8_t *bytes, size_t n, uint16_t gso_bytes)
{
	struct codec_ip ip;
	struct ip_rx rx = { .ip = &ip, .packet = bytes, .gso_bytes = gso_bytes };
	enum codec_rc rc = codec_ip_parse(bytes, n, &ip);

	count_ip(s, ip.version, COUNTER_IpInReceives, COUNTER_Ip6InReceives);
	if ((rc == CODEC_VERSION && n && FAULT(s, IP_VERSION_IGNORED)) ||
	    (rc == CODEC_CHECKSUM && FAULT(s, IP_CHECKSUM_IGNORED))) {
		receive_unchecked(s, bytes, n, gso_bytes);
		return;
	}
	if (rc != CODEC_OK) {
		count_bad_header(s, ip.version, rc);
		return;
	}
	count_mark(s, &ip);
	rx.n = ip.total_bytes;
	rx.is_broadcast = ip_is_broadcast(s, &ip.dst);
	/* a TTL of 0 or 1 is no reason to drop what has arrived [RFC1122 3.2.1.7] */
	if (is_martian(s, &ip) || !is_for_us(s, &ip.dst)) {
		count_ip(s, ip.version, COUNTER_IpInAddrErrors, COUNTER_Ip6InAddrErrors);
		return;
	}
	if (!take_options(s, &ip, &rx.back))
		return;
	if (ip.is_fragment) {
		receive_fragment(s, &rx);
		return;
	}
	if (!take_atomic(s, &ip) || (FAULT(s, LOW_TTL_DROPPED) && ip.ttl < 2) ||
	    (FAULT(s, IP_OPTIONS_REFUSED) && ip.version == 4 &&
	     ip.header_bytes > CODEC_IPV4_BYTES))
		return;
	deliver(s, &rx);
}

bool ip_checksum_ok(const struct ip_in *p)
{
	uint32_t sum = codec_sum_pseudo(&p->src, &p->dst, p->protocol, p->n_payload);

	return !codec_sum_finish(codec_sum(sum, p->payload, p->n_payload));
}
