/* SPDX-License-Identifier: BSD-2-Clause */
#include "ip_datagram.h"

#include <string.h>

/* What memory a packet and a datagram cost besides their bytes, about as Linux counts it. */
enum { PIECE_OVERHEAD_BYTES = 768, DATAGRAM_OVERHEAD_BYTES = 200 };

/* ---- datagrams ---- */

static int64_t *memory_of(struct sut *s, uint8_t version)
{
	return &s->ip->reasm_memory_bytes[version == 6];
}

static void charge(struct sut *s, struct ip_datagram *d, size_t bytes)
{
	d->memory_bytes += bytes;
	*memory_of(s, d->src.family) += (int64_t)bytes;
}

void datagram_forget(struct sut *s, struct ip_datagram *d)
{
	struct ip_datagram **at = &s->ip->reasm;

	while (*at != d)
		at = &(*at)->next;
	*at = d->next;
	while (d->piece) {
		struct ip_piece *p = d->piece;

		d->piece = p->next;
		mem_free(s, p);
	}
	*memory_of(s, d->src.family) -= (int64_t)d->memory_bytes;
	mem_free(s, d);
}

void datagram_discard(struct sut *s, struct ip_datagram *d)
{
	COUNT_REASM(s, d->src.family, Fails);
	datagram_forget(s, d);
}

/* In IPv6 only the first fragment says what is carried, others may say what they want. */
static uint8_t key_proto(const struct sut *s, const struct codec_ip *ip)
{
	return ip->version == 6 && !FAULT(s, REASSEMBLY_NEXT_HEADER_COUNTS) ? 0 : ip->proto;
}

static bool is_part_of(const struct sut *s, const struct ip_datagram *d, const struct codec_ip *ip)
{
	return (d->id == ip->fragment_id || FAULT(s, REASSEMBLY_ID_IGNORED)) &&
	       d->proto == key_proto(s, ip) &&
	       (addr_eq(&d->src, &ip->src) || FAULT(s, REASSEMBLY_SOURCE_IGNORED)) &&
	       addr_eq(&d->dst, &ip->dst);
}

static int64_t expires_ns(const struct sut *s, uint8_t version)
{
	int64_t time_s = version == 6 ? s->sysctl.ip6frag_time : s->sysctl.ipfrag_time;

	if (FAULT(s, REASSEMBLY_FOREVER))
		return NEVER_NS;
	if (FAULT(s, REASSEMBLY_HASTY) && time_s > 30)
		time_s = 30;
	return s->now_ns + time_s * NS_PER_S;
}

static struct ip_datagram *datagram_new(struct sut *s, const struct codec_ip *ip)
{
	struct ip_datagram *d = mem_zalloc(s, sizeof(*d)), **at = &s->ip->reasm;

	if (!d)
		return NULL;
	d->src = ip->src;
	d->dst = ip->dst;
	d->id = ip->fragment_id;
	d->proto = key_proto(s, ip);
	d->expires_ns = expires_ns(s, ip->version);
	while (*at && (*at)->expires_ns <= d->expires_ns)
		at = &(*at)->next;
	d->next = *at;
	*at = d;
	charge(s, d, DATAGRAM_OVERHEAD_BYTES);
	return d;
}

static void count_from(struct sut *s, const struct sut_addr *src)
{
	for (struct ip_datagram *d = s->ip->reasm; d; d = d->next)
		d->others += addr_eq(&d->src, src);
}

/* Has its host sent so much since that the identification may be in use again? IPv6's is longer. */
static bool is_too_far(const struct sut *s, const struct ip_datagram *d)
{
	return d->src.family == 4 && s->sysctl.ipfrag_max_dist &&
	       d->others > s->sysctl.ipfrag_max_dist;
}

struct ip_datagram *datagram_of(struct sut *s, const struct codec_ip *ip)
{
	int64_t most = ip->version == 6 ? s->sysctl.ip6frag_high_thresh :
					  s->sysctl.ipfrag_high_thresh;
	struct ip_datagram *d;

	if (!most || FAULT(s, REASSEMBLY_NEVER) || *memory_of(s, ip->version) > most)
		return NULL;
	for (d = s->ip->reasm; d && !is_part_of(s, d, ip); d = d->next)
		;
	count_from(s, &ip->src);
	if (d && is_too_far(s, d)) {
		datagram_discard(s, d);
		d = NULL;
	}
	if (!d)
		return datagram_new(s, ip);
	d->others = 0;
	if (FAULT(s, REASSEMBLY_TIME_EXTENDED))
		d->expires_ns = expires_ns(s, ip->version);
	return d;
}

/* ---- fragments ---- */

/* What a fragment says of the length of the datagram; false when that contradicts others. */
static bool note_length(struct ip_datagram *d, const struct codec_ip *ip, const struct span *span)
{
	if (span->at == span->end)
		return false;
	if (ip->has_more && span->end <= d->payload_bytes)
		return true;
	if (d->has_last && span->end != d->payload_bytes)
		return false;
	if (span->end < d->payload_bytes)
		return false;
	d->payload_bytes = span->end;
	d->has_last = !ip->has_more;
	return true;
}

enum fit { FIT_NEW, FIT_KNOWN, FIT_OVERLAP };

/* How it goes with what has come; @at is filled: the piece that it stands before. */
static enum fit fit_of(struct ip_datagram *d, const struct span *span, struct ip_piece ***at)
{
	struct ip_piece **p = &d->piece;
	size_t end;

	while (*p && (*p)->span.end <= span->at)
		p = &(*p)->next;
	*at = p;
	if (!*p || (*p)->span.at >= span->end)
		return FIT_NEW;
	if ((*p)->span.at > span->at)
		return FIT_OVERLAP;
	end = (*p)->span.end;
	for (const struct ip_piece *q = (*p)->next; q && q->goes_on; q = q->next)
		end = q->span.end;
	return end >= span->end ? FIT_KNOWN : FIT_OVERLAP;
}

static bool keep(struct sut *s, struct ip_datagram *d, const struct ip_rx *rx,
		 const struct span *span, struct ip_piece **at)
{
	size_t n = rx->ip->header_bytes + span->end - span->at;
	struct ip_piece *p = mem_alloc(s, sizeof(*p) + n);

	if (!p)
		return false;
	p->span = *span;
	p->goes_on = d->tail_bytes == span->at;
	p->header_bytes = rx->ip->header_bytes;
	p->named_at = rx->ip->fragment_named_at;
	p->n = n;
	memcpy(p->bytes, rx->packet, n);
	if (!*at)
		d->tail_bytes = span->end;
	while (FAULT(s, REASSEMBLY_BY_ARRIVAL) && *at)
		at = &(*at)->next;
	p->next = *at;
	*at = p;
	d->have_bytes += span->end - span->at;
	d->marks |= (uint8_t)(1 << (rx->ip->tos & 3));
	charge(s, d, PIECE_OVERHEAD_BYTES + n);
	return true;
}

bool datagram_add(struct sut *s, struct ip_datagram *d, const struct ip_rx *rx,
		  const struct span *span)
{
	struct ip_piece **at;
	enum fit fit;

	if (!note_length(d, rx->ip, span))
		return false;
	fit = fit_of(d, span, &at);
	if (fit == FIT_KNOWN && FAULT(s, REASSEMBLY_ENDED_BY_COPY))
		return false;
	if (fit == FIT_KNOWN)
		return true;
	if (fit == FIT_OVERLAP && rx->ip->version == 4)
		count(s, COUNTER_IpExtReasmOverlaps);
	if (fit == FIT_OVERLAP)
		return FAULT(s, REASSEMBLY_OVERLAP_SPARED);
	if (FAULT(s, REASSEMBLY_IN_ORDER_ONLY) && span->at != d->have_bytes)
		return false;
	if (!keep(s, d, rx, span, at))
		COUNT_REASM(s, rx->ip->version, Fails);
	return true;
}

bool datagram_is_whole(const struct ip_datagram *d)
{
	return d->has_last && d->have_bytes == d->payload_bytes;
}
