/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TCPDRILL_WIRE_CHECKSUM_H
#define TCPDRILL_WIRE_CHECKSUM_H

#include <stddef.h>
#include <stdint.h>

#include "base/ipaddr.h"

/** checksum_add() - running one's complement sum over @n bytes [RFC1071]; start with 0. Only the
 * last run of a sum may have an odd length. */
uint32_t checksum_add(uint32_t sum, const uint8_t *p, size_t n);

/** checksum_pseudo() - the pseudo header's sum [RFC9293 3.1, RFC8200 8.1]; @len transport bytes */
uint32_t checksum_pseudo(const struct ip_addr *src, const struct ip_addr *dst, uint8_t proto,
			 uint32_t len);

/** checksum_fold() - the 16-bit checksum of a running sum, host order */
uint16_t checksum_fold(uint32_t sum);

#endif
