/* SPDX-License-Identifier: BSD-2-Clause */
#include "wire/wire.h"

#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/util.h"

/* The letters in the order in which they are printed; '.' comes behind all of them. */
static const struct {
	char letter;
	uint16_t bit;
} flag_letter[] = {
	{ 'F', TCP_FIN }, { 'S', TCP_SYN }, { 'R', TCP_RST }, { 'P', TCP_PSH },
	{ 'U', TCP_URG }, { 'E', TCP_ECE }, { 'W', TCP_CWR }, { 'A', TCP_AE },
};

enum { ACE_SHIFT = 6, RESERVED_SHIFT = 9 };

void wire_flags_text(uint16_t flags, bool as_ace, struct buf *out)
{
	uint16_t rest = flags & (TCP_RESERVED | TCP_ACE | 0x3f);
	uint16_t ace = rest & TCP_ACE;

	/* A digit needs a letter or the dot before it to be read as a flag word. */
	as_ace = as_ace && rest != ace;
	if (as_ace)
		rest &= (uint16_t)~TCP_ACE;
	for (size_t i = 0; i < ARRAY_LEN(flag_letter); i++) {
		if (rest & flag_letter[i].bit)
			buf_putc(out, flag_letter[i].letter);
	}
	if (rest & TCP_RESERVED)
		buf_printf(out, "rsv%d", (rest & TCP_RESERVED) >> RESERVED_SHIFT);
	if (rest & TCP_ACK)
		buf_putc(out, '.');
	if (as_ace)
		buf_printf(out, "%d", ace >> ACE_SHIFT);
	if (rest == 0)
		buf_putc(out, '-');
}

static uint16_t letter_bit(char c)
{
	if (c == '.')
		return TCP_ACK;
	for (size_t i = 0; i < ARRAY_LEN(flag_letter); i++) {
		if (flag_letter[i].letter == c)
			return flag_letter[i].bit;
	}
	return 0;
}

static bool is_digit_to(char c, char max)
{
	return c >= '0' && c <= max;
}

int wire_flags_parse(const char *text, uint16_t *flags, bool *is_ace)
{
	uint16_t set = 0, ace = 0;
	bool has_ace = false;

	*is_ace = false;
	*flags = 0;
	if (!strcmp(text, "-"))
		return 0;
	if (!*text)
		return -ERR_SYNTAX;
	for (const char *c = text; *c; c++) {
		if (!strncmp(c, "rsv", 3) && is_digit_to(c[3], '7')) {
			set |= (uint16_t)((c[3] - '0') << RESERVED_SHIFT);
			c += 3;
		} else if (is_digit_to(*c, '7') && !has_ace) {
			ace = (uint16_t)((*c - '0') << ACE_SHIFT);
			has_ace = true;
		} else if (letter_bit(*c)) {
			set |= letter_bit(*c);
		} else {
			return -ERR_SYNTAX;
		}
	}
	/* The digit is the whole counter: letters beside it would contradict it. */
	if (has_ace && (set & TCP_ACE))
		return -ERR_SYNTAX;
	*flags = set | ace;
	*is_ace = has_ace;
	return 0;
}

static void text_addresses(const struct ip_addr *src, const struct ip_addr *dst, struct buf *out)
{
	char a[IP_ADDR_TEXT_MAX], b[IP_ADDR_TEXT_MAX];

	buf_printf(out, "%s > %s", ip_addr_text(src, a), ip_addr_text(dst, b));
}

static void text_ip(const struct wire_view *v, struct buf *out)
{
	buf_printf(out, "[tos 0x%02x, ttl %u", v->tos, v->ttl);
	if (v->flow_label)
		buf_printf(out, ", flowlabel 0x%05x", v->flow_label);
	buf_puts(out, "] ");
}

static void text_options(const struct tcpopt_list *opts, struct buf *out)
{
	for (size_t i = 0; i < opts->n; i++) {
		buf_puts(out, i ? "," : " <");
		tcpopt_text(&opts->opt[i], out);
	}
	if (opts->n)
		buf_putc(out, '>');
}

static void text_tcp(const struct wire_view *v, unsigned int what, struct buf *out)
{
	wire_flags_text(v->tcp_flags, what & WIRE_TEXT_ACE, out);
	buf_printf(out, " %u:%u(%u)", v->seq, v->seq + v->payload_len, v->payload_len);
	if (v->tcp_flags & TCP_ACK)
		buf_printf(out, " ack %u", v->ack);
	if (!(what & WIRE_TEXT_NO_WIN))
		buf_printf(out, " win %u", v->win);
	if (v->urg)
		buf_printf(out, " urg %u", v->urg);
	text_options(&v->opts, out);
}

static void text_icmp(const struct wire_view *v, struct buf *out)
{
	uint8_t ip_version = v->proto == WIRE_ICMPV4 ? 4 : 6;

	buf_puts(out, "icmp ");
	icmp_text(ip_version, v->icmp_type, v->icmp_code, out);
	switch (icmp_rest_of(ip_version, v->icmp_type, v->icmp_code)) {
	case ICMP_REST_OTHER:
		break;
	case ICMP_REST_ID:
		buf_printf(out, " id %u", v->icmp_id);
		break;
	case ICMP_REST_MTU:
		buf_printf(out, " mtu %u", v->icmp_mtu);
		break;
	}
}

void wire_text(const struct wire_view *v, unsigned int what, struct buf *out)
{
	if (what & WIRE_TEXT_ADDRESSES) {
		text_addresses(&v->src, &v->dst, out);
		buf_puts(out, ": ");
	}
	if (what & WIRE_TEXT_IP)
		text_ip(v, out);
	switch (v->proto) {
	case WIRE_TCP:
		if (what & WIRE_TEXT_PORTS)
			buf_printf(out, "%u > %u ", v->src_port, v->dst_port);
		text_tcp(v, what, out);
		break;
	case WIRE_UDP:
		buf_puts(out, "udp ");
		if (what & WIRE_TEXT_PORTS)
			buf_printf(out, "%u > %u ", v->src_port, v->dst_port);
		buf_printf(out, "(%u)", v->payload_len);
		break;
	case WIRE_ICMPV4:
	case WIRE_ICMPV6:
		text_icmp(v, out);
		break;
	case WIRE_IPV4:
	case WIRE_IPV6:
	case WIRE_GRE:
	case WIRE_MPLS:
	case WIRE_PROTO_COUNT:
		buf_printf(out, "(%u bytes)", v->payload_len);
		break;
	}
}
