/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SUT_IP_DATAGRAM_H
#define SUT_IP_DATAGRAM_H

#include "ip.h"

/* Datagrams that are not whole yet, for ip_reasm.c, which also says how they live and end. */

/* The codepoints of [RFC3168 5] as bits of a set. */
enum { MARK_NOT_ECT = 1 << 0, MARK_CE = 1 << 3 };

/* A place in the payload of the datagram, in bytes; the end is not in it. */
struct span {
	size_t at, end;
};

/* A fragment. */
struct ip_piece {
	struct ip_piece *next;
	struct span span;
	bool goes_on;              /* was put behind the last one, where that ended */
	size_t header_bytes;       /* offset of the payload */
	size_t named_at;           /* IPv6: offset of the byte that names the fragment header */
	size_t n;
	uint8_t bytes[];           /* the packet as it came, less what was left out at the end */
};

struct ip_datagram {
	struct ip_datagram *next;
	struct sut_addr src, dst;
	uint32_t id;
	uint8_t proto;             /* IPv4; 0: IPv6, where it belongs not to the key */
	uint8_t marks;             /* MARK_* of what has come */
	bool has_last;
	int64_t others;            /* fragments of the same host since its own last one */
	size_t payload_bytes;      /* all that there will be, or while not has_last, at least is */
	size_t have_bytes;         /* of them */
	size_t tail_bytes;         /* where the last piece ends */
	size_t memory_bytes;
	int64_t expires_ns;
	struct ip_piece *piece;    /* by place, without overlaps; owned */
};

/* The IPv4 and the IPv6 form of a counter. */
#define COUNT_REASM(s, version, name) \
	count(s, (version) == 6 ? COUNTER_Ip6Reasm##name : COUNTER_IpReasm##name)

/**
 * datagram_of() - the one that a fragment belongs to, a new one if there is none
 * Return: borrowed, of the instance; NULL when memory is short or its bound is reached
 */
struct ip_datagram *datagram_of(struct sut *s, const struct codec_ip *ip);

/**
 * datagram_add() - put a fragment to the others, unless it has nothing new
 * @rx:   borrowed, a copy is kept
 * @span: its place. It may end before the packet does
 * Return: false when it does not go with the others, so that the datagram must end
 */
bool datagram_add(struct sut *s, struct ip_datagram *d, const struct ip_rx *rx,
		  const struct span *span);

/** datagram_is_whole() - has all of it come? */
bool datagram_is_whole(const struct ip_datagram *d);

/** datagram_forget() - @d: taken */
void datagram_forget(struct sut *s, struct ip_datagram *d);

/** datagram_discard() - the same, as a failure; @d: taken */
void datagram_discard(struct sut *s, struct ip_datagram *d);

#endif
