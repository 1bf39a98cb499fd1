/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TCPDRILL_WIRE_WIRE_H
#define TCPDRILL_WIRE_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/ipaddr.h"
#include "wire/tcpopt.h"

struct arena;
struct buf;

enum wire_proto {
	WIRE_IPV4,
	WIRE_IPV6,
	WIRE_GRE,
	WIRE_MPLS,
	WIRE_TCP,
	WIRE_UDP,
	WIRE_ICMPV4,
	WIRE_ICMPV6,
	WIRE_PROTO_COUNT
};

/* How a field is written in reports and scripts. */
enum wire_form { WIRE_DEC, WIRE_HEX, WIRE_ADDRESS };

/*
 * fields.def holds one row per header field: X(ID, PROTO, "name", bit offset, width in bits, form,
 * "source"). Names are those of overrides in scripts: tcp.checksum, ip.ttl, ... (ip.* serves both
 * versions where the field exists in both).
 */
enum wire_field {
#define X(id, proto, name, bit_off, width_bits, form, source) WIRE_F_##id,
#include "wire/fields.def"
#undef X
	WIRE_FIELD_COUNT
};

struct wire_field_row {
	enum wire_proto proto;
	const char *name;
	uint16_t bit_off;
	uint16_t width_bits;
	enum wire_form form;
	const char *source;
};

extern const struct wire_field_row wire_field_table[WIRE_FIELD_COUNT];

/* A name that serves both IP versions; WIRE_FIELD_COUNT where a version has no such field. */
struct wire_neutral_row {
	const char *name;
	enum wire_field v4, v6;
};

extern const struct wire_neutral_row wire_neutral_table[];
extern const size_t wire_neutral_table_len;

struct wire_header_row {
	const char *name;          /* "ipv4", "tcp", ... */
	uint8_t min_bytes;
	const char *source;
};

extern const struct wire_header_row wire_header_table[WIRE_PROTO_COUNT];

enum { WIRE_MAX_LAYERS = 12 };

struct wire_layer {
	enum wire_proto proto;
	uint32_t off, len;         /* the header with its options, bytes from the packet's start */
	uint8_t parts;             /* bit i: the header has part i of wire_part_table (GRE) */
};

/* A packet taken apart in place. The bytes are borrowed. */
struct wire_packet {
	const uint8_t *bytes;
	size_t len;                /* as captured */
	size_t n_layers;
	struct wire_layer layer[WIRE_MAX_LAYERS];   /* outermost first */
	uint32_t payload_off, payload_len;
};

/**
 * wire_decode() - find the headers of a raw IP packet
 * @why: on failure, what is wrong with it (static text)
 *
 * Follows ipv4, ipv6 (hop-by-hop and destination options skipped), gre, mpls to tcp, udp, icmp.
 * Return: 0; -ERR_TRUNC, -ERR_RANGE for malformed packets (also total length != captured length);
 *         -ERR_UNSUPPORTED for fragments and unknown transport protocols
 */
int wire_decode(const uint8_t *bytes, size_t len, struct wire_packet *out, const char **why);

/** wire_find() - the innermost layer of @proto, or NULL */
const struct wire_layer *wire_find(const struct wire_packet *p, enum wire_proto proto);

/** wire_get() - a field of the innermost layer of its protocol, the low 64 bits of it; 0 when
 * absent */
uint64_t wire_get(const struct wire_packet *p, enum wire_field f);

/** wire_get_in() - a field of the given layer, which must be of the field's protocol */
uint64_t wire_get_in(const struct wire_packet *p, const struct wire_layer *l, enum wire_field f);

/** wire_ipv4_checksum_ok() - of every IPv4 header of the packet */
bool wire_ipv4_checksum_ok(const struct wire_packet *p);

/** wire_transport_checksum_ok() - of the innermost TCP, UDP, ICMP; true when there is none.
 * Live kernel packets may leave it partial (virtio), so callers decide whether to ask. */
bool wire_transport_checksum_ok(const struct wire_packet *p);

/* TCP flag bits as in the 16-bit word of data offset, reserved bits and flags. */
enum {
	TCP_FIN = 0x001,
	TCP_SYN = 0x002,
	TCP_RST = 0x004,
	TCP_PSH = 0x008,
	TCP_ACK = 0x010,
	TCP_URG = 0x020,
	TCP_ECE = 0x040,
	TCP_CWR = 0x080,
	TCP_AE = 0x100,
	TCP_RESERVED = 0xe00,
	TCP_ACE = TCP_AE | TCP_CWR | TCP_ECE,      /* AccECN counter [RFC9768 3.1] */
};

/*
 * The values of a packet: what a person would say of it. Host order. Numbers are live ones after
 * wire_view(); judge/space.c makes a copy with script numbers.
 */
struct wire_view {
	uint8_t ip_version;              /* 4 or 6 */
	struct ip_addr src, dst;         /* of the innermost IP header */
	uint8_t tos, ttl;                /* or traffic class, hop limit */
	uint8_t ip_header_bytes;         /* of the innermost, with its options */
	uint16_t ip_id;                  /* 0 for IPv6 */
	bool has_df;                     /* IPv4: may not be fragmented */
	uint32_t flow_label;             /* 0 for IPv4 */
	enum wire_proto proto;           /* TCP, UDP, ICMPV4, ICMPV6 */
	uint16_t src_port, dst_port;
	uint32_t payload_len;            /* bytes after the transport header */
	uint16_t tcp_flags;              /* TCP_FIN ... TCP_RESERVED */
	uint32_t seq, ack;
	uint32_t seq_on_wire;            /* the same, also where seq is a script's number */
	uint16_t win, urg;
	uint8_t data_offset_bytes;
	bool is_checksum_right;          /* of the transport header and its pseudo-header */
	bool are_options_right;          /* lengths add up, nothing but zeros behind their end */
	struct tcpopt_list opts;
	uint8_t icmp_type, icmp_code;
	uint32_t icmp_mtu;
	uint16_t icmp_id;
};

/**
 * wire_view() - values of a decoded packet; the option list is allocated in @a
 * Return: 0, or the error of tcpopt_decode_all() (the view is filled all the same)
 */
int wire_view(struct arena *a, const struct wire_packet *p, struct wire_view *out);

/* What wire_text() shows beyond flags, numbers, window and options. */
enum {
	WIRE_TEXT_ACE = 1,        /* the three ECN bits as a digit: ".5" */
	WIRE_TEXT_IP = 2,         /* [tos 0x.., ttl N], flow label when non-zero */
	WIRE_TEXT_PORTS = 4,      /* "8080 > 40001" */
	WIRE_TEXT_ADDRESSES = 8,  /* "192.0.2.1 > 192.168.0.1:" */
	WIRE_TEXT_NO_WIN = 16,
};

/** wire_text() - append a packet in script notation: "S. 0:0(0) ack 1 win 65535 <mss 1460>" */
void wire_text(const struct wire_view *v, unsigned int what, struct buf *out);

/** wire_outer_text() - append the headers outside the innermost IP header, each with ": " behind:
 * "ipv4 203.0.113.9 > 203.0.113.10: gre flags 0x2000 proto 0x800 key 0x7: " */
void wire_outer_text(const struct wire_packet *p, struct buf *out);

/** wire_flags_text() - TCP flags in script letters, "-" for none; reserved bits as "rsvN" */
void wire_flags_text(uint16_t flags, bool as_ace, struct buf *out);

/** wire_flags_parse() - flag word of a script; ACE digit gives *is_ace. 0 or -ERR_SYNTAX */
int wire_flags_parse(const char *text, uint16_t *flags, bool *is_ace);

/* What the second word of an ICMP header holds. */
enum icmp_rest { ICMP_REST_OTHER, ICMP_REST_ID, ICMP_REST_MTU };

/* ICMP type and code names of language 3.12, one row each. */
struct icmp_name_row {
	uint8_t ip_version;
	bool is_code;
	const char *name;
	uint8_t type;              /* the type; for codes: the type they belong to */
	uint8_t code;
	enum icmp_rest rest;
	const char *source;
};

extern const struct icmp_name_row icmp_name_table[];
extern const size_t icmp_name_table_len;

/**
 * icmp_parse() - type and code words of a script ("type_N", "code_N" too; @code NULL when absent)
 * Return: 0; -ERR_UNKNOWN with *bad_is_code and *hint (nearest name or NULL) set
 */
int icmp_parse(uint8_t ip_version, const char *type, const char *code, uint8_t *type_out,
	       uint8_t *code_out, bool *bad_is_code, const char **hint);

/** icmp_rest_of() - whether messages of this type and code carry an identifier or an MTU */
enum icmp_rest icmp_rest_of(uint8_t ip_version, uint8_t type, uint8_t code);

/** icmp_text() - append "unreachable frag_needed"; a code 0 without a name is left out */
void icmp_text(uint8_t ip_version, uint8_t type, uint8_t code, struct buf *out);

/*
 * Building. Push headers outermost first, set fields, then finish. wire_finish() fills versions,
 * header and total lengths, next protocols and checksums, from the inside out, except for fields
 * that were overridden: those keep the overriding value, and checksums around them are computed
 * over it, so that one wrong field makes exactly one wrong field. A GRE header grows and shrinks
 * with its flags, so these are set before the fields they bring; overrides change no layout.
 * The bottom-of-stack bit of MPLS is the caller's to set: a script writes it.
 */
struct wire_override {
	enum wire_field field;
	uint64_t value;
};

struct wire_builder {
	struct arena *arena;
	uint8_t *bytes;            /* valid after wire_finish() */
	size_t len, cap;
	size_t n_layers;
	struct wire_layer layer[WIRE_MAX_LAYERS];
	uint32_t payload_off;
	const struct wire_override *overrides;
	size_t n_overrides;
	bool flip_transport_checksum;   /* "tcp.checksum = bad": invert the right one (or, where
					 * both mean the same sum, another wrong one) */
	bool is_over;                   /* a header or byte too many: wire_finish() says so */
};

/** wire_build_init() - begin an empty packet in @a */
void wire_build_init(struct wire_builder *w, struct arena *a);

/** wire_push() - append a zeroed header of the least size; TTL 255 for IP, data offset by finish */
void wire_push(struct wire_builder *w, enum wire_proto proto);

/** wire_set() - a field of the newest layer of its protocol, which must exist. What wire_finish()
 * fills needs an override instead. Fields over 64 bits get @value in their low bits. */
void wire_set(struct wire_builder *w, enum wire_field f, uint64_t value);

/** wire_set_addrs() - both addresses of the newest IP layer */
void wire_set_addrs(struct wire_builder *w, const struct ip_addr *src, const struct ip_addr *dst);

/** wire_add_options() - append option bytes to the TCP header on top (no padding is added) */
void wire_add_options(struct wire_builder *w, const uint8_t *bytes, size_t n);

/** wire_add_ip_options() - options of the newest IPv4 header, padded with zeros to words; before
 * the header that follows it is pushed */
void wire_add_ip_options(struct wire_builder *w, const uint8_t *bytes, size_t n);

/** wire_add_payload() - append @n payload bytes; @bytes NULL for zeros */
void wire_add_payload(struct wire_builder *w, const uint8_t *bytes, size_t n);

/** wire_finish() - 0, or -ERR_RANGE when the packet is over 65,535 bytes or has more than
 * WIRE_MAX_LAYERS headers, when options are over 40 bytes, or no multiple of 4 while
 * tcp.data_offset is not overridden */
int wire_finish(struct wire_builder *w);

/** wire_field_by_name() - "tcp.checksum", with "ip." meaning the given version; -ERR_UNKNOWN
 * with the nearest name (or NULL) in @hint */
int wire_field_by_name(uint8_t ip_version, const char *name, enum wire_field *out,
		       const char **hint);

#endif
