/* SPDX-License-Identifier: BSD-2-Clause */
#include "wire/wire.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/suggest.h"
#include "base/util.h"

#define TYPE(v, name, type, rest, src)                                                             \
	{                                                                                          \
		v, false, name, type, 0, ICMP_REST_##rest, src                                     \
	}
#define CODE(v, name, type, code, rest, src)                                                       \
	{                                                                                          \
		v, true, name, type, code, ICMP_REST_##rest, src                                   \
	}

/* Where two names mean the same number, the first is printed. */
const struct icmp_name_row icmp_name_table[] = {
	TYPE(4, "echo_reply", 0, ID, "RFC 792"),
	TYPE(4, "unreachable", 3, OTHER, "RFC 792"),
	TYPE(4, "source_quench", 4, OTHER, "RFC 792, RFC 6633"),
	TYPE(4, "redirect", 5, OTHER, "RFC 792"),
	TYPE(4, "echo_request", 8, ID, "RFC 792"),
	TYPE(4, "time_exceeded", 11, OTHER, "RFC 792"),
	TYPE(4, "parameter_problem", 12, OTHER, "RFC 792"),
	TYPE(4, "timestamp_request", 13, ID, "RFC 792"),
	TYPE(4, "timestamp_reply", 14, ID, "RFC 792"),
	TYPE(4, "information_request", 15, ID, "RFC 792"),
	TYPE(4, "information_reply", 16, ID, "RFC 792"),
	TYPE(4, "address_mask_request", 17, ID, "RFC 950 I"),
	TYPE(4, "address_mask_reply", 18, ID, "RFC 950 I"),

	CODE(4, "net_unreachable", 3, 0, OTHER, "RFC 792"),
	CODE(4, "host_unreachable", 3, 1, OTHER, "RFC 792"),
	CODE(4, "protocol_unreachable", 3, 2, OTHER, "RFC 792"),
	CODE(4, "port_unreachable", 3, 3, OTHER, "RFC 792"),
	CODE(4, "frag_needed", 3, 4, MTU, "RFC 1191 4"),
	CODE(4, "source_route_failed", 3, 5, OTHER, "RFC 792"),
	CODE(4, "net_unknown", 3, 6, OTHER, "RFC 1122 3.2.2.1"),
	CODE(4, "host_unknown", 3, 7, OTHER, "RFC 1122 3.2.2.1"),
	CODE(4, "source_host_isolated", 3, 8, OTHER, "RFC 1122 3.2.2.1"),
	CODE(4, "net_prohibited", 3, 9, OTHER, "RFC 1122 3.2.2.1"),
	CODE(4, "host_prohibited", 3, 10, OTHER, "RFC 1122 3.2.2.1"),
	CODE(4, "net_unreachable_for_tos", 3, 11, OTHER, "RFC 1122 3.2.2.1"),
	CODE(4, "host_unreachable_for_tos", 3, 12, OTHER, "RFC 1122 3.2.2.1"),
	CODE(4, "packet_filtered", 3, 13, OTHER, "RFC 1812 5.2.7.1"),
	CODE(4, "precedence_violation", 3, 14, OTHER, "RFC 1812 5.2.7.1"),
	CODE(4, "precedence_cutoff", 3, 15, OTHER, "RFC 1812 5.2.7.1"),
	CODE(4, "ttl_exceeded_in_transit", 11, 0, OTHER, "RFC 792"),
	CODE(4, "frag_reass_exceeded", 11, 1, OTHER, "RFC 792"),

	TYPE(6, "unreachable", 1, OTHER, "RFC 4443 3.1"),
	TYPE(6, "packet_too_big", 2, MTU, "RFC 4443 3.2"),
	TYPE(6, "time_exceeded", 3, OTHER, "RFC 4443 3.3"),
	TYPE(6, "parameter_problem", 4, OTHER, "RFC 4443 3.4"),
	TYPE(6, "echo_request", 128, ID, "RFC 4443 4.1"),
	TYPE(6, "echo_reply", 129, ID, "RFC 4443 4.2"),
	TYPE(6, "router_advertisement", 134, OTHER, "RFC 4861 4.2"),

	CODE(6, "no_route", 1, 0, OTHER, "RFC 4443 3.1"),
	CODE(6, "net_unreachable", 1, 0, OTHER, "RFC 4443 3.1"),
	CODE(6, "admin_prohibited", 1, 1, OTHER, "RFC 4443 3.1"),
	CODE(6, "not_neighbour", 1, 2, OTHER, "RFC 2463 3.1"),
	CODE(6, "address_unreachable", 1, 3, OTHER, "RFC 4443 3.1"),
	CODE(6, "port_unreachable", 1, 4, OTHER, "RFC 4443 3.1"),
	CODE(6, "exceeded_hop_limit", 3, 0, OTHER, "RFC 4443 3.3"),
	CODE(6, "exceeded_frag_time", 3, 1, OTHER, "RFC 4443 3.3"),
	CODE(6, "header_field", 4, 0, OTHER, "RFC 4443 3.4"),
	CODE(6, "unknown_next_header", 4, 1, OTHER, "RFC 4443 3.4"),
	CODE(6, "unknown_option", 4, 2, OTHER, "RFC 4443 3.4"),
};

const size_t icmp_name_table_len = ARRAY_LEN(icmp_name_table);

static bool row_is(const struct icmp_name_row *r, uint8_t ip_version, bool is_code, uint8_t type)
{
	return r->ip_version == ip_version && r->is_code == is_code &&
	       (!is_code || r->type == type);
}

/* "type_N" or "code_N" with N up to 255: N, else -1. */
static int numbered(const char *word, const char *prefix)
{
	size_t n = strlen(prefix), digits;

	if (strncmp(word, prefix, n))
		return -1;
	digits = strlen(word + n);
	if (digits < 1 || digits > 3 || strspn(word + n, "0123456789") != digits)
		return -1;
	return atoi(word + n) <= 255 ? atoi(word + n) : -1;
}

/* The number of a word; -ERR_UNKNOWN with the nearest name in @hint. */
static int number_of(uint8_t ip_version, bool is_code, uint8_t type, const char *word,
		     const char **hint)
{
	int n = numbered(word, is_code ? "code_" : "type_");
	struct suggest s;

	if (n >= 0)
		return n;
	suggest_init(&s, word);
	for (size_t i = 0; i < icmp_name_table_len; i++) {
		const struct icmp_name_row *r = &icmp_name_table[i];

		if (!row_is(r, ip_version, is_code, type))
			continue;
		if (!strcmp(r->name, word))
			return is_code ? r->code : r->type;
		suggest_offer(&s, r->name);
	}
	*hint = suggest_best(&s);
	return -ERR_UNKNOWN;
}

int icmp_parse(uint8_t ip_version, const char *type, const char *code, uint8_t *type_out,
	       uint8_t *code_out, bool *bad_is_code, const char **hint)
{
	int n;

	*hint = NULL;
	*bad_is_code = false;
	n = number_of(ip_version, false, 0, type, hint);
	if (n < 0)
		return n;
	*type_out = (uint8_t)n;
	*code_out = 0;
	if (!code)
		return 0;
	*bad_is_code = true;
	n = number_of(ip_version, true, *type_out, code, hint);
	if (n < 0)
		return n;
	*bad_is_code = false;
	*code_out = (uint8_t)n;
	return 0;
}

static const struct icmp_name_row *find(uint8_t ip_version, bool is_code, uint8_t type,
					uint8_t code)
{
	for (size_t i = 0; i < icmp_name_table_len; i++) {
		const struct icmp_name_row *r = &icmp_name_table[i];

		if (row_is(r, ip_version, is_code, type) && r->type == type && r->code == code)
			return r;
	}
	return NULL;
}

enum icmp_rest icmp_rest_of(uint8_t ip_version, uint8_t type, uint8_t code)
{
	const struct icmp_name_row *t = find(ip_version, false, type, 0);
	const struct icmp_name_row *c = find(ip_version, true, type, code);

	if (c && c->rest != ICMP_REST_OTHER)
		return c->rest;
	return t ? t->rest : ICMP_REST_OTHER;
}

void icmp_text(uint8_t ip_version, uint8_t type, uint8_t code, struct buf *out)
{
	const struct icmp_name_row *t = find(ip_version, false, type, 0);
	const struct icmp_name_row *c = find(ip_version, true, type, code);

	if (t)
		buf_puts(out, t->name);
	else
		buf_printf(out, "type_%u", type);
	if (c)
		buf_printf(out, " %s", c->name);
	else if (code)
		buf_printf(out, " code_%u", code);
}
