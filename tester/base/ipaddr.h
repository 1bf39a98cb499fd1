/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TCPDRILL_BASE_IPADDR_H
#define TCPDRILL_BASE_IPADDR_H

#include <stdbool.h>
#include <stdint.h>

/* An IPv4 or IPv6 address; family 0 means "none". */
struct ip_addr {
	uint8_t family;     /* 0, 4 or 6: the IP version */
	uint8_t b[16];      /* network order; IPv4 uses the first four */
};

enum { IP_ADDR_TEXT_MAX = 46 };

/** ip_addr_parse() - from text; 0, or -ERR_SYNTAX */
int ip_addr_parse(const char *text, struct ip_addr *out);

/** ip_addr_text() - to text in @out, which is also returned */
const char *ip_addr_text(const struct ip_addr *a, char out[IP_ADDR_TEXT_MAX]);

/** ip_addr_equal() - same family and bytes */
bool ip_addr_equal(const struct ip_addr *a, const struct ip_addr *b);

/** ip_addr_size() - 4, 16, or 0 for none */
unsigned int ip_addr_size(const struct ip_addr *a);

#endif
