/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SUT_HOST_H
#define SUT_HOST_H

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "sut.h"

/*
 * An instance of the bundled stack for tests, with an allocator that counts and can fail, and
 * packets made by hand: nothing here comes from the stack or the tester, checksums included.
 */

struct sut_host {
	struct sut *s;
	enum sut_profile profile;
	int64_t allocations, live;
	int64_t fail_at;           /* the allocation that fails, counted from 1; 0: none does */
	bool fail_on;              /* and all after it */
};

static inline bool sut_host_fails(struct sut_host *h)
{
	h->allocations++;
	return h->fail_at && (h->allocations == h->fail_at ||
			      (h->fail_on && h->allocations > h->fail_at));
}

static inline void *sut_host_alloc(void *ctx, size_t bytes)
{
	struct sut_host *h = ctx;
	void *p = sut_host_fails(h) ? NULL : malloc(bytes ? bytes : 1);

	h->live += p != NULL;
	return p;
}

static inline void *sut_host_realloc(void *ctx, void *old, size_t bytes)
{
	struct sut_host *h = ctx;
	void *p = sut_host_fails(h) ? NULL : realloc(old, bytes ? bytes : 1);

	h->live += p && !old;
	return p;
}

static inline void sut_host_free(void *ctx, void *p)
{
	struct sut_host *h = ctx;

	h->live -= p != NULL;
	free(p);
}

static const struct sut_addr sut_local4 = { 4, { 192, 168, 0, 1 } };
static const struct sut_addr sut_remote4 = { 4, { 192, 0, 2, 1 } };
static const struct sut_addr sut_local6 = { 6, { 0xfd, 0x3d, 0x0a, 0x0b, 0x17, 0xd6, [15] = 1 } };
static const struct sut_addr sut_remote6 = { 6, { 0xfd, 0x3d, 0xfa, 0x7b, 0xd1, 0x7d, [15] = 1 } };

static inline struct sut_addr sut_local(int family)
{
	return family == 6 ? sut_local6 : sut_local4;
}

static inline struct sut_addr sut_remote(int family)
{
	return family == 6 ? sut_remote6 : sut_remote4;
}

static inline struct sut_addr sut_mapped(struct sut_addr a4)
{
	struct sut_addr a = { 6, { [10] = 0xff, [11] = 0xff } };

	memcpy(a.b + 12, a4.b, 4);
	return a;
}

/* NULL when an allocation was made to fail. */
static inline struct sut *sut_host_start(struct sut_host *h)
{
	struct sut_allocator a = { sut_host_alloc, sut_host_realloc, sut_host_free, h };
	struct sut_config c = {
		.profile = h->profile, .local4 = sut_local4, .local6 = sut_local6, .prefix4 = 16, .prefix6 = 64,
		.mtu_bytes = 1500, .seed = 7, .now_ns = 1000, .allocator = &a,
	};

	h->s = sut_create(&c);
	return h->s;
}

static inline void sut_host_stop(struct sut_host *h)
{
	sut_destroy(h->s);
	h->s = NULL;
	ck_assert_int_eq(h->live, 0);
}

/* ---- packets by hand ---- */

struct sut_pkt {
	uint8_t b[2048];
	size_t n;
};

static inline uint16_t sut_be16(const uint8_t *p)
{
	return (uint16_t)(p[0] * 256 + p[1]);
}

static inline void sut_put16(uint8_t *p, unsigned v)
{
	p[0] = (uint8_t)(v / 256);
	p[1] = (uint8_t)v;
}

static inline uint32_t sut_sum(const uint8_t *p, size_t n)
{
	uint32_t sum = 0;

	for (size_t i = 0; i < n; i++)
		sum += i % 2 ? p[i] : p[i] * 256u;
	return sum;
}

static inline uint16_t sut_fold(uint32_t sum)
{
	while (sum > 65535)
		sum = sum % 65536 + sum / 65536;
	return (uint16_t)(65535 - sum);
}

/* Offset of the transport header. */
static inline size_t sut_at(const struct sut_pkt *p)
{
	return p->b[0] >> 4 == 6 ? 40 : (size_t)(p->b[0] & 15) * 4;
}

static inline uint8_t sut_proto(const struct sut_pkt *p)
{
	return p->b[0] >> 4 == 6 ? p->b[6] : p->b[9];
}

/* The address that the transport means: behind a source route as first option, its last one. */
static inline const uint8_t *sut_final4(const struct sut_pkt *p)
{
	const uint8_t *o = p->b + 20;
	bool has_route = sut_at(p) > 24 && (o[0] == 131 || o[0] == 137) && o[2] < o[1];

	return has_route ? o + o[1] - 4 : p->b + 16;
}

/* The transport checksum over the packet as it is; 0 when its field is right. */
static inline uint16_t sut_transport_sum(const struct sut_pkt *p)
{
	size_t at = sut_at(p), n = p->n - at;
	uint32_t sum = sut_sum(p->b + at, n);

	if (sut_proto(p) == 1)
		return sut_fold(sum);
	sum += sut_proto(p) + (uint32_t)n;
	sum += p->b[0] >> 4 == 6 ? sut_sum(p->b + 8, 32) :
				   sut_sum(p->b + 12, 4) + sut_sum(sut_final4(p), 4);
	return sut_fold(sum);
}

static inline void sut_fix_ip(struct sut_pkt *p)
{
	if (p->b[0] >> 4 == 6)
		return;
	sut_put16(p->b + 10, 0);
	sut_put16(p->b + 10, sut_fold(sut_sum(p->b, sut_at(p))));
}

/* @transport with the checksum field at @sum_at inside it (0: none), between any two addresses. */
static inline struct sut_pkt sut_ip_pkt(struct sut_addr src, struct sut_addr dst, uint8_t proto,
					const uint8_t *transport, size_t n, size_t sum_at)
{
	struct sut_pkt p = { .n = n + (src.family == 6 ? 40 : 20) };

	if (src.family == 6) {
		p.b[0] = 0x60;
		sut_put16(p.b + 4, (unsigned)n);
		p.b[6] = proto;
		p.b[7] = 255;
		memcpy(p.b + 8, src.b, 16);
		memcpy(p.b + 24, dst.b, 16);
	} else {
		p.b[0] = 0x45;
		sut_put16(p.b + 2, (unsigned)p.n);
		p.b[8] = 255;
		p.b[9] = proto;
		memcpy(p.b + 12, src.b, 4);
		memcpy(p.b + 16, dst.b, 4);
	}
	if (n)
		memcpy(p.b + sut_at(&p), transport, n);
	sut_fix_ip(&p);
	if (sum_at) {
		sut_put16(p.b + sut_at(&p) + sum_at, 0);
		sut_put16(p.b + sut_at(&p) + sum_at, sut_transport_sum(&p));
	}
	return p;
}

static inline struct sut_pkt sut_udp_pkt(struct sut_addr src, struct sut_addr dst, uint16_t sport,
					 uint16_t dport, const void *payload, size_t n)
{
	uint8_t u[1500] = { 0 };

	sut_put16(u, sport);
	sut_put16(u + 2, dport);
	sut_put16(u + 4, (unsigned)n + 8);
	memcpy(u + 8, payload, n);
	return sut_ip_pkt(src, dst, 17, u, n + 8, 6);
}

/* ICMP of either family with @n bytes after its header of 8. */
static inline struct sut_pkt sut_icmp_pkt(struct sut_addr src, struct sut_addr dst, uint8_t type,
					  uint8_t code, uint32_t rest, const void *payload,
					  size_t n)
{
	uint8_t m[1500] = { type, code };

	sut_put16(m + 4, rest / 65536);
	sut_put16(m + 6, rest % 65536);
	memcpy(m + 8, payload, n);
	return sut_ip_pkt(src, dst, src.family == 6 ? 58 : 1, m, n + 8, 2);
}

/* TCP header fields of a segment by hand, or of one that was taken. */
struct sut_seg {
	uint16_t sport, dport;
	uint32_t seq, ack;
	uint16_t flags, win;
};

enum { SUT_FIN = 1, SUT_SYN = 2, SUT_RST = 4, SUT_PSH = 8, SUT_ACK = 16, SUT_URG = 32 };

static inline struct sut_pkt sut_tcp_pkt(struct sut_addr src, struct sut_addr dst,
					 const struct sut_seg *g, const void *payload, size_t n)
{
	uint8_t t[1500] = { 0 };

	sut_put16(t, g->sport);
	sut_put16(t + 2, g->dport);
	sut_put16(t + 4, g->seq >> 16);
	sut_put16(t + 6, g->seq & 65535);
	sut_put16(t + 8, g->ack >> 16);
	sut_put16(t + 10, g->ack & 65535);
	sut_put16(t + 12, 0x5000u + g->flags);
	sut_put16(t + 14, g->win);
	if (n)
		memcpy(t + 20, payload, n);
	return sut_ip_pkt(src, dst, 6, t, n + 20, 16);
}

static inline struct sut_seg sut_seg_of(const struct sut_pkt *p)
{
	const uint8_t *t = p->b + sut_at(p);

	return (struct sut_seg){
		.sport = sut_be16(t), .dport = sut_be16(t + 2),
		.seq = sut_be16(t + 4) * 65536u + sut_be16(t + 6),
		.ack = sut_be16(t + 8) * 65536u + sut_be16(t + 10),
		.flags = sut_be16(t + 12) & 0xfff, .win = sut_be16(t + 14),
	};
}

static inline void sut_feed(struct sut_host *h, const struct sut_pkt *p)
{
	uint8_t *exact = malloc(p->n ? p->n : 1);

	ck_assert_ptr_nonnull(exact);
	memcpy(exact, p->b, p->n);
	sut_input(h->s, exact, p->n, 0, sut_now(h->s));
	free(exact);
}

/* The next packet that leaves; n is 0 when there is none. Its checksums must be right. */
static inline struct sut_pkt sut_take(struct sut_host *h)
{
	struct sut_pkt p = { .n = 0 };
	const uint8_t *bytes;
	int64_t at_ns;
	size_t n;

	if (!sut_output(h->s, &bytes, &n, &at_ns))
		return p;
	ck_assert_uint_le(n, sizeof(p.b));
	memcpy(p.b, bytes, n);
	p.n = n;
	if (p.b[0] >> 4 == 4)
		ck_assert_uint_eq(sut_fold(sut_sum(p.b, sut_at(&p))), 0);
	if (p.b[0] >> 4 == 4)
		ck_assert_uint_eq(sut_be16(p.b + 2), n);
	else
		ck_assert_uint_eq(sut_be16(p.b + 4), n - 40);
	ck_assert_uint_eq(sut_transport_sum(&p), 0);
	return p;
}

static inline struct sut_endpoint sut_at_port(struct sut_addr a, uint16_t port)
{
	return (struct sut_endpoint){ a, port };
}

#endif
