/* SPDX-License-Identifier: BSD-2-Clause */
#include "tcp_impl.h"

void ring_fini(struct sut *s, struct ring *r)
{
	mem_free(s, r->buf);
	*r = (struct ring){ 0 };
}

static int ring_grow(struct sut *s, struct ring *r, uint32_t n)
{
	uint64_t cap = r->cap ? r->cap : 4096;
	uint32_t first = min_u32(r->len, r->cap - r->head);
	uint8_t *buf;

	while (cap < (uint64_t)r->len + n)
		cap *= 2;
	if (cap > UINT32_MAX / 2)
		return SUT_ENOMEM;
	buf = mem_alloc(s, (size_t)cap);
	if (!buf)
		return SUT_ENOMEM;
	if (r->len) {
		memcpy(buf, r->buf + r->head, first);
		memcpy(buf + first, r->buf, r->len - first);
	}
	mem_free(s, r->buf);
	r->buf = buf;
	r->cap = (uint32_t)cap;
	r->head = 0;
	return 0;
}

static void ring_copy(struct ring *r, uint32_t at, const uint8_t *from, uint32_t n)
{
	if (from)
		memcpy(r->buf + at, from, n);
	else
		memset(r->buf + at, 0, n);
}

int ring_append(struct sut *s, struct ring *r, const uint8_t *from, uint32_t n)
{
	uint32_t at, first;

	if (!n)
		return 0;
	if (n > r->cap - r->len && ring_grow(s, r, n))
		return SUT_ENOMEM;
	at = (r->head + r->len) % r->cap;
	first = min_u32(n, r->cap - at);
	ring_copy(r, at, from, first);
	if (n > first)
		ring_copy(r, 0, from && !FAULT(s, RING_END_WRONG) ? from + first : from, n - first);
	r->len += n;
	return 0;
}

void ring_drop(struct ring *r, uint32_t n)
{
	n = min_u32(n, r->len);
	r->len -= n;
	r->head = r->len ? (r->head + n) % r->cap : 0;
}

size_t ring_parts(const struct ring *r, uint32_t off, uint32_t n, struct ip_part part[TCP_PARTS])
{
	uint32_t at, first;

	if (!n)
		return 0;
	at = (uint32_t)(((uint64_t)r->head + off) % r->cap);
	first = min_u32(n, r->cap - at);
	part[0] = (struct ip_part){ r->buf + at, first };
	if (first == n)
		return 1;
	part[1] = (struct ip_part){ r->buf, n - first };
	return 2;
}
