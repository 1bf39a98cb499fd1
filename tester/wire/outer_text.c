/* SPDX-License-Identifier: BSD-2-Clause */
#include "wire/wire.h"

#include "base/buf.h"
#include "base/util.h"
#include "wire/wire_impl.h"

static void text_ip(const struct wire_packet *p, const struct wire_layer *l, struct buf *out)
{
	char a[IP_ADDR_TEXT_MAX], b[IP_ADDR_TEXT_MAX];
	struct ip_addr src, dst;

	wire_ip_addrs(p->bytes, l, &src, &dst);
	buf_printf(out, "%s %s > %s: ", wire_header_table[l->proto].name, ip_addr_text(&src, a),
		   ip_addr_text(&dst, b));
}

static void text_gre(const struct wire_packet *p, const struct wire_layer *l, struct buf *out)
{
	static const struct {
		const char *word;
		enum wire_field field;
	} item[] = {
		{ "flags", WIRE_F_GRE_FLAGS },	{ "proto", WIRE_F_GRE_PROTOCOL },
		{ "sum", WIRE_F_GRE_CHECKSUM }, { "off", WIRE_F_GRE_RESERVED1 },
		{ "key", WIRE_F_GRE_KEY },	{ "seq", WIRE_F_GRE_SEQ },
	};

	buf_puts(out, "gre");
	for (size_t i = 0; i < ARRAY_LEN(item); i++) {
		bool is_hex = wire_field_table[item[i].field].form == WIRE_HEX;
		unsigned int value = (unsigned int)wire_get_in(p, l, item[i].field);
		uint32_t bit;

		if (!wire_field_bit(l, item[i].field, &bit))
			continue;
		buf_printf(out, is_hex ? " %s 0x%x" : " %s %u", item[i].word, value);
	}
	buf_puts(out, ": ");
}

/* A label stack is one list of entries, so only its first entry prints the name. */
static void text_mpls(const struct wire_packet *p, size_t i, struct buf *out)
{
	const struct wire_layer *l = &p->layer[i];
	bool is_first = i == 0 || l[-1].proto != WIRE_MPLS;
	bool is_last = i + 1 == p->n_layers || l[1].proto != WIRE_MPLS;

	buf_printf(out, "%s(label %u, tc %u, %sttl %u)%s", is_first ? "mpls " : " ",
		   (unsigned int)wire_get_in(p, l, WIRE_F_MPLS_LABEL),
		   (unsigned int)wire_get_in(p, l, WIRE_F_MPLS_TC),
		   wire_get_in(p, l, WIRE_F_MPLS_S) ? "[S], " : "",
		   (unsigned int)wire_get_in(p, l, WIRE_F_MPLS_TTL), is_last ? ": " : "");
}

static size_t innermost_ip(const struct wire_packet *p)
{
	size_t i = p->n_layers;

	while (i-- > 0) {
		if (p->layer[i].proto == WIRE_IPV4 || p->layer[i].proto == WIRE_IPV6)
			return i;
	}
	return p->n_layers;
}

void wire_outer_text(const struct wire_packet *p, struct buf *out)
{
	size_t end = innermost_ip(p);

	for (size_t i = 0; i < end; i++) {
		switch (p->layer[i].proto) {
		case WIRE_IPV4:
		case WIRE_IPV6:
			text_ip(p, &p->layer[i], out);
			break;
		case WIRE_GRE:
			text_gre(p, &p->layer[i], out);
			break;
		case WIRE_MPLS:
			text_mpls(p, i, out);
			break;
		case WIRE_TCP:
		case WIRE_UDP:
		case WIRE_ICMPV4:
		case WIRE_ICMPV6:
		case WIRE_PROTO_COUNT:
			break;
		}
	}
}
