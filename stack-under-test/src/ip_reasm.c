/* SPDX-License-Identifier: BSD-2-Clause */
#include "ip_reasm.h"

#include <string.h>

#include "bytes.h"
#include "ip_datagram.h"

/*
 * Theory of operation: a datagram that is not whole yet is a list of its fragments in the order of
 * their places, each a copy of the packet that brought it. What has come is counted in bytes; as
 * fragments never overlap, the datagram is whole when there are as many as the last one says. Then
 * ip_reasm_add() gives it out as one packet, and ip.c goes on as if that had come.
 *
 * As Linux does, a fragment that overlaps another ends the datagram, in IPv4 too, and so does one that
 * says another length. One that came before is dropped alone, and so is what lies within such as came
 * one right behind the other. A datagram that has ended is forgotten: what still comes of it begins
 * another. An IPv4 one has also ended when ipfrag_max_dist fragments of others came from its host
 * between two of its own.
 *
 * Datagrams stand in the order in which they are given up: ipfrag_time or ip6frag_time after the
 * fragment that came first, whatever comes later.
 *
 * Memory is bounded per version by ipfrag_high_thresh and ip6frag_high_thresh. While more is held, what
 * comes is dropped, also of datagrams that wait, until time has run out for some: so a flood costs the
 * time of it, and nothing that was held. What is counted is near what Linux counts. No memory for a
 * fragment costs that fragment, none for the whole datagram costs the datagram.
 */

enum { FRAGMENT6_BYTES = 8, LENGTH_MAX_BYTES = 65535 };

/* ---- fragments ---- */

static void parameter_problem(struct sut *s, const struct ip_rx *rx, uint8_t code, size_t at)
{
	count(s, COUNTER_Ip6InHdrErrors);
	if (!FAULT(s, FRAGMENT_PROBLEM_UNTOLD))
		icmp_send_error(s, rx, ICMP6_PARAMETER, code, (uint32_t)at);
}

/* Can it be what an IPv6 fragment says of itself? If not, who sent it is told. [RFC8200 4.5] */
static bool is_fragment6_good(struct sut *s, const struct ip_rx *rx, const struct span *span)
{
	enum { PAYLOAD_LENGTH_AT = 4, OFFSET_AT = 2 };
	const struct codec_ip *ip = rx->ip;

	if (!codec_ip_has_upper(rx->packet, rx->n, ip) && !FAULT(s, FRAGMENT_CHAIN_CUT_TAKEN))
		parameter_problem(s, rx, ICMP6_CHAIN_CUT, 0);
	else if (span->end > LENGTH_MAX_BYTES)
		parameter_problem(s, rx, ICMP6_FIELD, ip->proto_at + OFFSET_AT);
	else if (ip->has_more && span->end % 8)
		parameter_problem(s, rx, ICMP6_FIELD, PAYLOAD_LENGTH_AT);
	else
		return true;
	return false;
}

/* ---- the whole ---- */

/* [RFC3168 5.3]: a transport that does not know marks cannot have sent some fragments with and some
 * without. */
static bool are_marks_good(const struct sut *s, const struct ip_datagram *d)
{
	return !(d->marks & MARK_NOT_ECT) || d->marks == MARK_NOT_ECT ||
	       FAULT(s, REASSEMBLY_MARKS_MIXED);
}

/* Is one of them [RFC3168 5.3]? */
static bool is_marked(const struct sut *s, const struct ip_datagram *d)
{
	if (FAULT(s, REASSEMBLY_MARK_ADDED) && !(d->marks & MARK_NOT_ECT))
		return true;
	return d->marks & MARK_CE && !FAULT(s, REASSEMBLY_MARK_LOST);
}

/* @n: of the header and the payload together. */
static bool is_size_good(const struct sut *s, const struct ip_datagram *d, size_t n)
{
	if (FAULT(s, REASSEMBLY_SMALL) && n > 500)
		return false;
	return n - (d->src.family == 6 ? CODEC_IPV6_BYTES : 0) <= LENGTH_MAX_BYTES;
}

static void finish4(uint8_t *b, size_t header_bytes, size_t n, bool mark)
{
	put_be16(b + 2, (uint16_t)n);
	put_be16(b + 6, 0);
	b[1] |= mark ? 3 : 0;
	put_be16(b + 10, 0);
	put_be16(b + 10, codec_sum_finish(codec_sum(0, b, header_bytes)));
}

/* @next: the protocol that the fragment header named. */
static void finish6(uint8_t *b, size_t n, size_t named_at, uint8_t next, bool mark)
{
	put_be16(b + 4, (uint16_t)(n - CODEC_IPV6_BYTES));
	b[1] |= mark ? 0x30 : 0;
	b[named_at] = next;
}

/* The packet that @d would have been; NULL when it must not be, or memory is short. */
static uint8_t *assemble(struct sut *s, const struct ip_datagram *d, size_t *bytes)
{
	const struct ip_piece *first = d->piece;
	bool is_v6 = d->src.family == 6;
	size_t header = first->header_bytes - (is_v6 ? FRAGMENT6_BYTES : 0);
	size_t n = header + d->payload_bytes, at = header;
	uint8_t *whole;

	if (!are_marks_good(s, d) || !is_size_good(s, d, n))
		return NULL;
	whole = mem_alloc(s, n);
	if (!whole)
		return NULL;
	memcpy(whole, first->bytes, header);
	for (const struct ip_piece *p = first; p; p = p->next) {
		memcpy(whole + at, p->bytes + p->header_bytes, p->span.end - p->span.at);
		at += p->span.end - p->span.at;
	}
	if (is_v6)
		finish6(whole, n, first->named_at, first->bytes[header], is_marked(s, d));
	else
		finish4(whole, header, n, is_marked(s, d));
	*bytes = n;
	return whole;
}

/* @d: taken */
static uint8_t *finish(struct sut *s, struct ip_datagram *d, size_t *bytes)
{
	uint8_t *whole = assemble(s, d, bytes);

	if (whole)
		COUNT_REASM(s, d->src.family, OKs);
	else
		COUNT_REASM(s, d->src.family, Fails);
	datagram_forget(s, d);
	return whole;
}

uint8_t *ip_reasm_add(struct sut *s, const struct ip_rx *rx, size_t *bytes)
{
	const struct codec_ip *ip = rx->ip;
	struct span span = { ip->fragment_at_bytes,
			     ip->fragment_at_bytes + rx->n - ip->header_bytes };
	struct ip_datagram *d;

	COUNT_REASM(s, ip->version, Reqds);
	if (ip->version == 6 && !is_fragment6_good(s, rx, &span))
		return NULL;
	/* what stands beyond the last whole unit of 8 bytes could not be continued */
	if (ip->version == 4 && ip->has_more)
		span.end -= (rx->n - ip->header_bytes) % 8;
	d = datagram_of(s, ip);
	if (!d) {
		COUNT_REASM(s, ip->version, Fails);
		return NULL;
	}
	if (!datagram_add(s, d, rx, &span)) {
		datagram_discard(s, d);
		return NULL;
	}
	return datagram_is_whole(d) ? finish(s, d, bytes) : NULL;
}

/* ---- time ---- */

int64_t ip_reasm_deadline(const struct sut *s)
{
	return s->ip->reasm ? s->ip->reasm->expires_ns : NEVER_NS;
}

/* About the first fragment, as it came. */
static void tell_sender(struct sut *s, const struct ip_piece *first)
{
	struct codec_ip ip;
	struct ip_rx rx = { .ip = &ip, .packet = first->bytes, .n = first->n };

	/* the end may have been left out */
	if (codec_ip_parse_quoted(first->bytes, first->n, &ip) != CODEC_OK)
		return;
	rx.is_broadcast = ip_is_broadcast(s, &ip.dst);
	if (ip_options_judge(s, &ip, &rx.back) != IP_TAKE)
		return;
	icmp_send_error(s, &rx, ip.version == 6 ? ICMP6_TIME_EXCEEDED : ICMP4_TIME_EXCEEDED,
			ICMP_REASSEMBLY, 0);
}

static void expire(struct sut *s, struct ip_datagram *d)
{
	COUNT_REASM(s, d->src.family, Timeout);
	if (d->piece && (!d->piece->span.at || FAULT(s, REASSEMBLY_TOLD_WITHOUT_FIRST)) &&
	    !FAULT(s, REASSEMBLY_UNTOLD))
		tell_sender(s, d->piece);
	datagram_discard(s, d);
}

void ip_reasm_run(struct sut *s)
{
	while (ip_reasm_deadline(s) <= s->now_ns)
		expire(s, s->ip->reasm);
}

void ip_reasm_fini(struct sut *s)
{
	while (s->ip->reasm)
		datagram_forget(s, s->ip->reasm);
}
