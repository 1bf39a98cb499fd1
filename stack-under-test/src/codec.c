/* SPDX-License-Identifier: BSD-2-Clause */
#include "codec.h"

/*
 * Theory of operation: the checksum of RFC 1071 does not care in which byte order words are added
 * up, only the result has to be swapped. So the sum runs over eight bytes at a time in the
 * machine's order, which is what makes bulk transfer cheap, and codec_sum() brings the result into
 * network order before it goes to the next call. Each piece but the last must therefore be even.
 */

static uint32_t fold16(uint64_t sum)
{
	sum = (sum & 0xffffffff) + (sum >> 32);
	sum = (sum & 0xffffffff) + (sum >> 32);
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	return (uint32_t)sum;
}

static uint32_t from_native16(uint32_t v)
{
	const uint16_t one = 1;
	uint8_t first;

	memcpy(&first, &one, 1);
	return first ? (v >> 8 | v << 8) & 0xffff : v;
}

uint32_t codec_sum(uint32_t sum, const uint8_t *p, size_t n)
{
	uint64_t native = 0, word;
	uint16_t half;

	if (!p || !n)
		return sum;
	for (; n >= sizeof(word); p += sizeof(word), n -= sizeof(word)) {
		memcpy(&word, p, sizeof(word));
		native += (word >> 32) + (word & 0xffffffff);
	}
	while (n >= sizeof(half)) {
		memcpy(&half, p, sizeof(half));
		native += half;
		p += sizeof(half);
		n -= sizeof(half);
	}
	if (n) {
		uint8_t last[2] = { *p, 0 };

		memcpy(&half, last, sizeof(half));
		native += half;
	}
	return fold16((uint64_t)sum + from_native16(fold16(native)));
}

uint32_t codec_sum_pseudo(const struct sut_addr *src, const struct sut_addr *dst, uint8_t proto,
			  size_t n)
{
	uint32_t sum = codec_sum(0, src->b, addr_bytes(src));

	sum = codec_sum(sum, dst->b, addr_bytes(dst));
	return fold16((uint64_t)sum + proto + (n >> 16) + (n & 0xffff));
}

uint16_t codec_sum_finish(uint32_t sum)
{
	return (uint16_t)~fold16(sum);
}

bool codec_addr_is_multicast(const struct sut_addr *a)
{
	return a->family == 6 ? a->b[0] == 0xff : a->family == 4 && (a->b[0] & 0xf0) == 0xe0;
}

bool codec_addr_is_broadcast(const struct sut_addr *a)
{
	static const uint8_t ones[4] = { 255, 255, 255, 255 };

	return a->family == 4 && !memcmp(a->b, ones, sizeof(ones));
}

bool codec_addr_is_loopback(const struct sut_addr *a)
{
	static const uint8_t one[16] = { [15] = 1 };

	return a->family == 6 ? !memcmp(a->b, one, sizeof(one)) :
				a->family == 4 && a->b[0] == 127;
}

static const uint8_t mapped_prefix[12] = { [10] = 0xff, [11] = 0xff };

bool codec_addr_is_mapped(const struct sut_addr *a)
{
	return a->family == 6 && !memcmp(a->b, mapped_prefix, sizeof(mapped_prefix));
}

struct sut_addr codec_addr_map(const struct sut_addr *a)
{
	struct sut_addr out = { .family = 6 };

	if (a->family != 4)
		return *a;
	memcpy(out.b, mapped_prefix, sizeof(mapped_prefix));
	memcpy(out.b + 12, a->b, 4);
	return out;
}

struct sut_addr codec_addr_unmap(const struct sut_addr *a)
{
	struct sut_addr out = { .family = 4 };

	if (!codec_addr_is_mapped(a))
		return *a;
	memcpy(out.b, a->b + 12, 4);
	return out;
}
