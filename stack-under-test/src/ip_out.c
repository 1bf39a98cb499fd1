/* SPDX-License-Identifier: BSD-2-Clause */
#include "ip.h"

#include <string.h>

/* The output queue, and TCP segments on their way into it. */

struct out_packet *ip_packet_new(struct sut *s, const struct codec_ip *ip, size_t n,
				 uint8_t **transport)
{
	size_t header = codec_ip_header_bytes(ip);
	struct out_packet *p = mem_alloc(s, sizeof(*p) + header + n);

	if (!p)
		return NULL;
	p->next = NULL;
	p->n = header + n;
	codec_ip_build(ip, n, p->bytes);
	*transport = p->bytes + header;
	return p;
}

/* In order of departure; packets of the same instant in the order they came. */
static void enqueue(struct out_queue *q, struct out_packet *p)
{
	struct out_packet **at = &q->first;

	if (q->last && q->last->at_ns <= p->at_ns) {
		q->last->next = p;
		q->last = p;
		return;
	}
	while (*at && (*at)->at_ns <= p->at_ns)
		at = &(*at)->next;
	p->next = *at;
	*at = p;
	if (!p->next)
		q->last = p;
}

int ip_packet_send(struct sut *s, struct out_packet *p, int64_t depart_ns)
{
	bool is_v6 = p->bytes[0] >> 4 == 6;

	count(s, is_v6 ? COUNTER_Ip6OutRequests : COUNTER_IpOutRequests);
	if (s->link.qdisc == SUT_QDISC_DROP) {
		count(s, is_v6 ? COUNTER_Ip6OutDiscards : COUNTER_IpOutDiscards);
		mem_free(s, p);
		return SUT_ENOBUFS;
	}
	p->at_ns = depart_ns > s->now_ns ? depart_ns : s->now_ns;
	enqueue(&s->out, p);
	return 0;
}

int sut_output(struct sut *s, const uint8_t **bytes, size_t *n, int64_t *at_ns)
{
	struct out_queue *q = &s->out;
	struct out_packet *p = q->first;

	mem_free(s, q->borrowed);
	q->borrowed = NULL;
	if (!p || p->at_ns > s->now_ns)
		return 0;
	q->first = p->next;
	if (!q->first)
		q->last = NULL;
	q->borrowed = p;
	*bytes = p->bytes;
	*n = p->n;
	*at_ns = p->at_ns;
	return 1;
}

void ip_out_fini(struct sut *s)
{
	mem_free(s, s->out.borrowed);
	while (s->out.first) {
		struct out_packet *p = s->out.first;

		s->out.first = p->next;
		mem_free(s, p);
	}
}

/* ---- TCP ---- */

static size_t payload_bytes(const struct tcp_out *p)
{
	size_t n = 0;

	for (size_t i = 0; i < p->n_part; i++)
		n += p->part[i].n;
	return n;
}

/* Bytes @from..@from+@n of the parts, as if they were one. */
static void copy_parts(const struct tcp_out *p, size_t from, size_t n, uint8_t *out)
{
	for (size_t i = 0; i < p->n_part && n; i++) {
		const struct ip_part *part = &p->part[i];
		size_t len;

		if (from >= part->n) {
			from -= part->n;
			continue;
		}
		len = part->n - from < n ? part->n - from : n;
		if (part->bytes)
			memcpy(out, part->bytes + from, len);
		else
			memset(out, 0, len);
		out += len;
		n -= len;
		from = 0;
	}
}

/* One packet with bytes @from..@from+@n of the segment; @nth: how many went before. */
static struct out_packet *build_tcp(struct sut *s, const struct tcp_out *p, size_t from, size_t n,
				    size_t nth, uint16_t flags)
{
	struct codec_ip ip = {
		.version = p->src.addr.family, .tos = p->tos, .ttl = p->ttl,
		.proto = CODEC_PROTO_TCP, .has_df = p->has_df, .id = (uint16_t)(p->ip_id + nth),
		.flow_label = p->flow_label, .src = p->src.addr, .dst = p->dst.addr,
	};
	struct codec_tcp tcp = {
		.src_port = p->src.port, .dst_port = p->dst.port,
		.seq = p->seq + (uint32_t)from, .ack = p->ack, .flags = flags, .window = p->win,
		.urgent = p->urg, .options = p->options, .n_options = p->n_options,
		.n_payload = n,
	};
	size_t header = CODEC_TCP_BYTES + p->n_options;
	uint8_t *t, options[IP_OPTIONS_MAX_BYTES];
	struct out_packet *out;

	if (!ip_options_write(s, p->ip_options, &ip, options))
		return NULL;
	out = ip_packet_new(s, &ip, header + n, &t);
	if (!out)
		return NULL;
	copy_parts(p, from, n, t + header);
	tcp.payload = t + header;
	if (FAULT(s, RESERVED_BITS_SENT))
		tcp.flags |= 0x800;
	codec_tcp_build(&tcp, &p->src.addr, &p->dst.addr, t);
	if (FAULT(s, CHECKSUM_WRONG))
		t[16] ^= 0x55;
	return out;
}

/* Flags of the piece of a super-segment that begins it or not, ends it or not. */
static uint16_t piece_flags(uint16_t flags, bool is_first, bool is_last)
{
	if (!is_first)
		flags &= (uint16_t)~TCP_FLAG_CWR;
	if (!is_last)
		flags &= (uint16_t)~(TCP_FLAG_PSH | TCP_FLAG_FIN);
	return flags;
}

int ip_send_tcp(struct sut *s, const struct tcp_out *p)
{
	size_t total = payload_bytes(p), from = 0, nth = 0;
	size_t step = p->mss_bytes && !s->link.has_tso ? p->mss_bytes : total;
	int rc;

	do {
		size_t n = total - from < step ? total - from : step;
		uint16_t flags = piece_flags(p->flags, !from, from + n == total);
		struct out_packet *out = build_tcp(s, p, from, n, nth++, flags);

		/* a piece lost to memory is lost as on a wire, unless nothing left at all */
		if (!out)
			return from ? 0 : SUT_ENOBUFS;
		rc = ip_packet_send(s, out, p->depart_ns);
		if (rc)
			return from ? 0 : rc;
		from += n;
	} while (from < total);
	return 0;
}
