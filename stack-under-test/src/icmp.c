/* SPDX-License-Identifier: BSD-2-Clause */
#include "ip.h"

#include <string.h>

#include "bytes.h"
#include "tcp.h"

/* What an error means to a socket: linux-tcp.md 6.9. A row with code 255 stands for all codes. */
struct icmp_row {
	uint8_t version, type, code;
	int error;
	bool is_hard, is_unreachable, is_ignored;
};

enum { ANY_CODE = 255, UNKNOWN_TYPE = 255, QUOTE4_MAX_BYTES = 576, ICMP_BURST = 6 };

static const struct icmp_row rows[] = {
	{ 4, ICMP4_UNREACHABLE, 0, SUT_ENETUNREACH, false, true, false },
	{ 4, ICMP4_UNREACHABLE, 1, SUT_EHOSTUNREACH, false, true, false },
	{ 4, ICMP4_UNREACHABLE, 2, SUT_ENOPROTOOPT, true, false, false },
	{ 4, ICMP4_UNREACHABLE, 3, SUT_ECONNREFUSED, true, false, false },
	{ 4, ICMP4_UNREACHABLE, 4, 0, false, false, false },
	{ 4, ICMP4_UNREACHABLE, 5, SUT_EOPNOTSUPP, false, false, false },
	{ 4, ICMP4_UNREACHABLE, 6, SUT_ENETUNREACH, true, false, false },
	{ 4, ICMP4_UNREACHABLE, 7, SUT_EHOSTDOWN, true, false, false },
	{ 4, ICMP4_UNREACHABLE, 8, SUT_ENONET, true, false, false },
	{ 4, ICMP4_UNREACHABLE, 9, SUT_ENETUNREACH, true, false, false },
	{ 4, ICMP4_UNREACHABLE, 10, SUT_EHOSTUNREACH, true, false, false },
	{ 4, ICMP4_UNREACHABLE, 11, SUT_ENETUNREACH, false, false, false },
	{ 4, ICMP4_UNREACHABLE, 12, SUT_EHOSTUNREACH, false, false, false },
	{ 4, ICMP4_UNREACHABLE, 13, SUT_EHOSTUNREACH, true, false, false },
	{ 4, ICMP4_UNREACHABLE, 14, SUT_EHOSTUNREACH, true, false, false },
	{ 4, ICMP4_UNREACHABLE, 15, SUT_EHOSTUNREACH, true, false, false },
	/* time of reassembly: says nothing about the connection */
	{ 4, ICMP4_TIME_EXCEEDED, 1, SUT_EHOSTUNREACH, false, false, true },
	{ 4, ICMP4_TIME_EXCEEDED, ANY_CODE, SUT_EHOSTUNREACH, false, false, false },
	{ 4, ICMP4_PARAMETER, ANY_CODE, SUT_EPROTO, true, false, false },
	{ 6, ICMP6_UNREACHABLE, 0, SUT_ENETUNREACH, false, true, false },
	{ 6, ICMP6_UNREACHABLE, 1, SUT_EACCES, true, false, false },
	{ 6, ICMP6_UNREACHABLE, 2, SUT_EHOSTUNREACH, false, false, false },
	{ 6, ICMP6_UNREACHABLE, 3, SUT_EHOSTUNREACH, false, false, false },
	{ 6, ICMP6_UNREACHABLE, 4, SUT_ECONNREFUSED, true, false, false },
	{ 6, ICMP6_UNREACHABLE, 5, SUT_EACCES, true, false, false },
	{ 6, ICMP6_UNREACHABLE, 6, SUT_EACCES, true, false, false },
	{ 6, ICMP6_UNREACHABLE, ANY_CODE, SUT_EPROTO, true, false, false },
	{ 6, ICMP6_TOO_BIG, ANY_CODE, 0, false, false, false },
	{ 6, ICMP6_TIME_EXCEEDED, ANY_CODE, SUT_EHOSTUNREACH, false, false, false },
	{ 6, ICMP6_PARAMETER, ANY_CODE, SUT_EPROTO, true, false, false },
	/* an error that nobody knows goes up all the same [RFC4443 2.4 (a)] */
	{ 6, UNKNOWN_TYPE, ANY_CODE, SUT_EPROTO, false, false, false },
};

/* [RFC6633 3]: such a message does nothing. */
enum { ICMP4_QUENCH = 4 };
static const struct icmp_row quench = { 4, ICMP4_QUENCH, 0, SUT_ENOBUFS, false, false, false };

static const struct icmp_row *find_row(uint8_t version, uint8_t type, uint8_t code)
{
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		if (rows[i].version == version &&
		    (rows[i].type == type || (rows[i].type == UNKNOWN_TYPE && type < 128)) &&
		    (rows[i].code == ANY_CODE || rows[i].code == code))
			return &rows[i];
	return NULL;
}

/* ---- out ---- */

/* What answers a packet comes from where that went to. [RFC1122 3.2.2, 3.2.2.6] */
static int answer_source(struct sut *s, const struct ip_rx *rx, struct sut_addr *out)
{
	int rc = ip_source(s, &rx->ip->src, out);

	if (!rc && ip_is_ours(s, &rx->ip->dst) && !FAULT(s, ANSWER_SOURCE_BY_ROUTE))
		*out = rx->ip->dst;
	return rc;
}

/* One message of ours, in answer to @rx and by the way that it came; echo or quoted packet as
 * payload. [RFC1122 3.2.2.6] */
static bool send_message(struct sut *s, const struct ip_rx *rx, uint8_t tos,
			 const struct codec_icmp *m)
{
	const struct sut_addr *dst = &rx->ip->src;
	struct sut_endpoint from = { .port = 0 }, to = { .addr = *dst };
	struct codec_ip ip = { .version = dst->family, .tos = tos, .dst = *dst };
	struct codec_icmp built = *m;
	struct out_packet *p;
	uint8_t *t, options[IP_OPTIONS_MAX_BYTES];

	if (answer_source(s, rx, &ip.src))
		return false;
	from.addr = ip.src;
	ip.proto = dst->family == 6 ? CODEC_PROTO_ICMPV6 : CODEC_PROTO_ICMP;
	ip.ttl = ip_ttl_default(s, dst);
	ip.flow_label = ip_flow_label(s, &from, &to, ip.proto);
	ip.id = dst->family == 4 ? s->ip->next_id++ : 0;
	if (!ip_options_write(s, &rx->back, &ip, options))
		return false;
	p = ip_packet_new(s, &ip, CODEC_ICMP_BYTES + m->n_payload, &t);
	if (!p)
		return false;
	memcpy(t + CODEC_ICMP_BYTES, m->payload, m->n_payload);
	built.payload = t + CODEC_ICMP_BYTES;
	codec_icmp_build(&built, &ip.src, dst, t);
	count(s, dst->family == 6 ? COUNTER_Icmp6OutMsgs : COUNTER_IcmpOutMsgs);
	return ip_packet_send(s, p, 0) == 0;
}

/* Time saved up since @last, at most @max. */
static int64_t save_up(const struct sut *s, int64_t saved, int64_t last, int64_t max)
{
	int64_t since = s->now_ns - last;

	return since >= max - saved ? max : saved + since;
}

static struct ip_peer *find_peer(struct sut *s, const struct sut_addr *a)
{
	struct ip_peer *oldest = &s->ip->peer[0];

	for (size_t i = 0; i < IP_PEERS; i++) {
		struct ip_peer *p = &s->ip->peer[i];

		if (p->addr.family && addr_eq(&p->addr, a))
			return p;
		if (!p->addr.family || p->last_ns < oldest->last_ns)
			oldest = p;
		if (!p->addr.family)
			break;
	}
	*oldest = (struct ip_peer){ .addr = *a, .saved_ns = INT64_MAX / 4, .last_ns = s->now_ns };
	return oldest;
}

/* A burst of six errors per destination, then one per icmp_ratelimit. */
static bool may_send_to(struct sut *s, const struct sut_addr *dst)
{
	int64_t each = NS_PER_MS * (dst->family == 6 ? s->sysctl.icmp6_ratelimit :
						       s->sysctl.icmp_ratelimit);
	struct ip_peer *p = find_peer(s, dst);

	p->saved_ns = save_up(s, p->saved_ns < each * ICMP_BURST ? p->saved_ns : each * ICMP_BURST,
			      p->last_ns, each * ICMP_BURST);
	p->last_ns = s->now_ns;
	if (p->saved_ns < each)
		return false;
	p->saved_ns -= each;
	return true;
}

/* Over all destinations: icmp_msgs_per_sec, with bursts of icmp_msgs_burst. */
static bool may_send_at_all(struct sut *s)
{
	struct ip_layer *l = s->ip;
	int64_t each, max;

	if (!s->sysctl.icmp_msgs_per_sec)
		return false;
	each = NS_PER_S / s->sysctl.icmp_msgs_per_sec;
	max = each * (s->sysctl.icmp_msgs_burst ? s->sysctl.icmp_msgs_burst : 1);
	/* a host that never sent has its whole burst */
	l->icmp_credit_ns = l->icmp_last_ns ? save_up(s, l->icmp_credit_ns < max ?
						      l->icmp_credit_ns : max,
						      l->icmp_last_ns, max) : max;
	l->icmp_last_ns = s->now_ns ? s->now_ns : 1;
	if (l->icmp_credit_ns < each)
		return false;
	l->icmp_credit_ns -= each;
	return true;
}

static bool may_send_error(struct sut *s, const struct sut_addr *dst, uint8_t type)
{
	bool is_limited = dst->family == 6 || (type < 32 && s->sysctl.icmp_ratemask >> type & 1);

	if (!is_limited)
		return true;
	if (!may_send_at_all(s)) {
		count(s, COUNTER_IcmpOutRateLimitGlobal);
		return false;
	}
	if (may_send_to(s, dst))
		return true;
	count(s, dst->family == 6 ? COUNTER_Icmp6OutRateLimitHost : COUNTER_IcmpOutRateLimitHost);
	return false;
}

/* [RFC1122 3.2.2], [RFC4443 2.4]: never about an error, nor about a broadcast. In IPv6, a fragment that
 * is not the first is no reason. */
static bool is_answerable(const struct sut *s, const struct ip_rx *rx)
{
	const struct codec_ip *ip = rx->ip;
	const uint8_t *t = rx->packet + ip->header_bytes;

	if (FAULT(s, ICMP_ERROR_ALWAYS))
		return true;
	if (rx->is_broadcast || !ip_is_unicast(s, &ip->src))
		return false;
	if (ip->version == 4 && ip->fragment_at_bytes)
		return FAULT(s, REASSEMBLY_TOLD_WITHOUT_FIRST);
	/* a fragment that is not the first does not say what it is about */
	if (rx->n == ip->header_bytes || ip->fragment_at_bytes)
		return true;
	if (ip->version == 6)
		return ip->proto != CODEC_PROTO_ICMPV6 || t[0] & 0x80;
	return ip->proto != CODEC_PROTO_ICMP || t[0] == ICMP4_ECHO || t[0] == ICMP4_ECHO_REPLY;
}

static void count_sent(struct sut *s, uint8_t version, uint8_t type)
{
	if (type == (version == 6 ? ICMP6_UNREACHABLE : ICMP4_UNREACHABLE))
		count(s, version == 6 ? COUNTER_Icmp6OutDestUnreachs :
					COUNTER_IcmpOutDestUnreachs);
	else if (type == (version == 6 ? ICMP6_TIME_EXCEEDED : ICMP4_TIME_EXCEEDED))
		count(s, version == 6 ? COUNTER_Icmp6OutTimeExcds : COUNTER_IcmpOutTimeExcds);
	else if (version == 6 && type == ICMP6_PARAMETER)
		count(s, COUNTER_Icmp6OutParmProblems);
}

void icmp_send_error(struct sut *s, const struct ip_rx *rx, uint8_t type, uint8_t code,
		     uint32_t rest)
{
	const struct codec_ip *ip = rx->ip;
	size_t max = ip->version == 6 ? IP6_MIN_MTU_BYTES - CODEC_IPV6_BYTES - CODEC_ICMP_BYTES :
					QUOTE4_MAX_BYTES - CODEC_IPV4_BYTES - CODEC_ICMP_BYTES;
	struct codec_icmp m = {
		.type = type, .code = code, .rest = rest, .payload = rx->packet,
		.n_payload = rx->n < max ? rx->n : max,
	};
	/* IPv4: precedence "internetwork control" [RFC1812 4.3.2.5] */
	uint8_t tos = ip->version == 6 ? 0 : (uint8_t)((ip->tos & 0x1e) | 0xc0);

	if (!is_answerable(s, rx) || !may_send_error(s, &ip->src, type))
		return;
	if (send_message(s, rx, tos, &m))
		count_sent(s, ip->version, type);
}

/* ---- in ---- */

static void echo(struct sut *s, const struct ip_rx *rx, const struct codec_icmp *m)
{
	bool is_v6 = rx->ip->version == 6;
	struct codec_icmp reply = *m;

	count(s, is_v6 ? COUNTER_Icmp6InEchos : COUNTER_IcmpInEchos);
	if (is_v6 ? s->sysctl.icmp6_echo_ignore_all : s->sysctl.icmp_echo_ignore_all)
		return;
	if (FAULT(s, ECHO_IGNORED))
		return;
	if (rx->is_broadcast)
		return;
	reply.type = is_v6 ? ICMP6_ECHO_REPLY : ICMP4_ECHO_REPLY;
	reply.code = 0;
	if (send_message(s, rx, rx->ip->tos, &reply))
		count(s, is_v6 ? COUNTER_Icmp6OutEchoReplies : COUNTER_IcmpOutEchoReps);
}

static void count_error(struct sut *s, uint8_t version, uint8_t type)
{
	if (type == UNKNOWN_TYPE)
		return;
	if (version == 4)
		count(s, type == ICMP4_UNREACHABLE ? COUNTER_IcmpInDestUnreachs :
			 type == ICMP4_TIME_EXCEEDED ? COUNTER_IcmpInTimeExcds :
						       COUNTER_IcmpInParmProbs);
	else
		count(s, type == ICMP6_UNREACHABLE ? COUNTER_Icmp6InDestUnreachs :
			 type == ICMP6_TOO_BIG ? COUNTER_Icmp6InPktTooBigs :
			 type == ICMP6_TIME_EXCEEDED ? COUNTER_Icmp6InTimeExcds :
						       COUNTER_Icmp6InParmProblems);
}

/* Read the quoted packet; false when it cannot be one of ours. */
static bool parse_quoted(struct sut *s, const struct ip_rx *rx, const struct codec_icmp *m,
			 struct codec_ip *quoted, struct icmp_err *e)
{
	if (codec_ip_parse_quoted(m->payload, m->n_payload, quoted) != CODEC_OK)
		return false;
	if (quoted->version != rx->ip->version || !ip_is_ours(s, &quoted->src))
		return false;
	if (m->n_payload < quoted->header_bytes + 8)
		return false;
	e->quoted = m->payload + quoted->header_bytes;
	e->n_quoted = (uint32_t)(m->n_payload - quoted->header_bytes);
	e->local = (struct sut_endpoint){ quoted->src, get_be16(e->quoted) };
	e->remote = (struct sut_endpoint){ quoted->dst, get_be16(e->quoted + 2) };
	e->type = m->type;
	e->code = m->code;
	e->from = rx->ip->src;
	return true;
}

/* What a path MTU message says; the transport decides whether to believe it. */
static void read_mtu(struct sut *s, const struct codec_icmp *m, struct icmp_err *e)
{
	e->mtu_bytes = e->from.family == 6 ? m->rest : m->rest & 0xffff;
	if (!e->mtu_bytes && FAULT(s, PATH_MTU_ZERO_IGNORED))
		e->mtu_bytes = s->link.mtu_bytes;
	/* a router that does not know its MTU says 0 [RFC1191 5]: the least that is held then */
	if (!e->mtu_bytes)
		e->mtu_bytes = 1;
}

static void receive_error(struct sut *s, const struct ip_rx *rx, const struct codec_icmp *m,
			  const struct icmp_row *row)
{
	struct codec_ip quoted;
	struct icmp_err e = { .error = row->error, .is_hard = row->is_hard,
			      .is_unreachable = row->is_unreachable };

	count_error(s, row->version, row->type);
	if (row->is_ignored)
		return;
	if (!parse_quoted(s, rx, m, &quoted, &e)) {
		count(s, row->version == 6 ? COUNTER_Icmp6InErrors : COUNTER_IcmpInErrors);
		return;
	}
	if (quoted.proto != CODEC_PROTO_TCP && quoted.proto != CODEC_PROTO_UDP)
		return;
	if (!row->error) {
		if (row->version == 4 && s->sysctl.ip_no_pmtu_disc)
			return;
		read_mtu(s, m, &e);
	}
	if (quoted.proto == CODEC_PROTO_TCP)
		tcp_icmp(s, &e);
	else
		udp_icmp(s, &e);
}

void icmp_receive(struct sut *s, const struct ip_rx *rx)
{
	bool is_v6 = rx->ip->version == 6;
	const struct icmp_row *row;
	struct codec_icmp m;
	enum codec_rc rc = codec_icmp_parse(rx->ip, rx->packet, rx->n, &m);

	count(s, is_v6 ? COUNTER_Icmp6InMsgs : COUNTER_IcmpInMsgs);
	if (rc != CODEC_OK) {
		if (rc == CODEC_CHECKSUM)
			count(s, is_v6 ? COUNTER_Icmp6InCsumErrors : COUNTER_IcmpInCsumErrors);
		count(s, is_v6 ? COUNTER_Icmp6InErrors : COUNTER_IcmpInErrors);
		return;
	}
	if (m.type == (is_v6 ? ICMP6_ECHO : ICMP4_ECHO)) {
		echo(s, rx, &m);
		return;
	}
	row = find_row(rx->ip->version, m.type, m.code);
	if (!is_v6 && m.type == ICMP4_QUENCH && FAULT(s, SOURCE_QUENCH_OBEYED))
		row = &quench;
	if (row && !rx->is_broadcast)
		receive_error(s, rx, &m, row);
	if (row && FAULT(s, ICMP_ERROR_ALWAYS))
		icmp_send_error(s, rx, ICMP4_UNREACHABLE, ICMP4_PROTOCOL, 0);
}
