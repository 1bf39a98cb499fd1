/* SPDX-License-Identifier: BSD-2-Clause */
#include "wire/checksum.h"

#include "base/bytes.h"
#include "wire/wire_impl.h"

uint32_t checksum_add(uint32_t sum, const uint8_t *p, size_t n)
{
	/* 64 bits hold the sum of more bytes than there is memory for; carries come around below.
	 */
	uint64_t wide = sum;

	for (; n > 1; n -= 2, p += 2)
		wide += get_be16(p);
	if (n)
		wide += (uint64_t)p[0] << 8;
	while (wide >> 16)
		wide = (wide & 0xffff) + (wide >> 16);
	return (uint32_t)wide;
}

uint32_t checksum_pseudo(const struct ip_addr *src, const struct ip_addr *dst, uint8_t proto,
			 uint32_t len)
{
	uint8_t tail[8];
	uint32_t sum = checksum_add(0, src->b, ip_addr_size(src));

	put_be32(tail, len);
	put_be32(tail + 4, proto);
	sum = checksum_add(sum, dst->b, ip_addr_size(dst));
	return checksum_add(sum, tail, sizeof(tail));
}

uint16_t checksum_fold(uint32_t sum)
{
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~sum;
}

void wire_ip_addrs(const uint8_t *bytes, const struct wire_layer *l, struct ip_addr *src,
		   struct ip_addr *dst)
{
	bool is_v4 = l->proto == WIRE_IPV4;
	unsigned int size = is_v4 ? 4 : 16;
	const uint8_t *at = bytes + l->off + (is_v4 ? 12 : 8);

	*src = (struct ip_addr){ .family = is_v4 ? 4 : 6 };
	*dst = *src;
	for (unsigned int i = 0; i < size; i++) {
		src->b[i] = at[i];
		dst->b[i] = at[size + i];
	}
}

/* The pseudo header's sum for transport layer @i; 0 when no IP header lies around it. */
static uint32_t pseudo_of(const uint8_t *bytes, const struct wire_layer *layer, size_t i,
			  uint32_t len)
{
	enum wire_field field;
	uint16_t number;

	for (size_t k = i; k-- > 0;) {
		struct ip_addr src, dst;

		if (layer[k].proto != WIRE_IPV4 && layer[k].proto != WIRE_IPV6)
			continue;
		if (!wire_next_number(layer[k].proto, layer[i].proto, &field, &number))
			return 0;
		wire_ip_addrs(bytes, &layer[k], &src, &dst);
		return checksum_pseudo(&src, &dst, (uint8_t)number, len);
	}
	return 0;
}

uint16_t wire_layer_sum(const uint8_t *bytes, size_t len, const struct wire_layer *layer, size_t i)
{
	const struct wire_layer *l = &layer[i];
	const uint8_t *p = bytes + l->off;
	uint32_t n = (uint32_t)len - l->off;
	uint32_t sum = 0;

	switch (l->proto) {
	case WIRE_IPV4:
		n = l->len;
		break;
	case WIRE_UDP:
		/* The receiver sums as many bytes as the length field says. */
		sum = pseudo_of(bytes, layer, i, get_be16(p + 4));
		n = get_be16(p + 4) < n ? get_be16(p + 4) : n;
		break;
	case WIRE_TCP:
	case WIRE_ICMPV6:
		sum = pseudo_of(bytes, layer, i, n);
		break;
	case WIRE_GRE:
	case WIRE_ICMPV4:
		break;
	case WIRE_IPV6:
	case WIRE_MPLS:
	case WIRE_PROTO_COUNT:
		return 0;
	}
	return checksum_fold(checksum_add(sum, p, n));
}
