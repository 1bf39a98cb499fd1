/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/ipaddr.h"

#include <arpa/inet.h>
#include <string.h>

#include "base/err.h"

int ip_addr_parse(const char *text, struct ip_addr *out)
{
	*out = (struct ip_addr){ 0 };
	if (inet_pton(AF_INET, text, out->b) == 1) {
		out->family = 4;
		return 0;
	}
	if (inet_pton(AF_INET6, text, out->b) == 1) {
		out->family = 6;
		return 0;
	}
	return -ERR_SYNTAX;
}

const char *ip_addr_text(const struct ip_addr *a, char out[IP_ADDR_TEXT_MAX])
{
	int af = a->family == 6 ? AF_INET6 : AF_INET;

	if (a->family == 0 || !inet_ntop(af, a->b, out, IP_ADDR_TEXT_MAX)) {
		out[0] = '-';
		out[1] = '\0';
	}
	return out;
}

bool ip_addr_equal(const struct ip_addr *a, const struct ip_addr *b)
{
	return a->family == b->family && memcmp(a->b, b->b, ip_addr_size(a)) == 0;
}

unsigned int ip_addr_size(const struct ip_addr *a)
{
	return a->family == 4 ? 4 : a->family == 6 ? 16 : 0;
}
