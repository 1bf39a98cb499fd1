/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SUT_CODEC_H
#define SUT_CODEC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "bytes.h"
#include "sut.h"

/*
 * Headers between bytes and values: IPv4, IPv6, UDP, ICMP, ICMPv6 both ways, TCP
 * downwards. Parsers check every
 * length before they read and never write to the packet; builders fill in lengths and checksums.
 * All values are in host order. Nothing here knows sockets or counters.
 */

enum {
	CODEC_PROTO_HOPOPTS = 0, CODEC_PROTO_ICMP = 1, CODEC_PROTO_TCP = 6, CODEC_PROTO_UDP = 17,
	CODEC_PROTO_ROUTING = 43, CODEC_PROTO_FRAGMENT = 44, CODEC_PROTO_ICMPV6 = 58,
	CODEC_PROTO_NONE = 59, CODEC_PROTO_DSTOPTS = 60,
};

enum {
	CODEC_IPV4_BYTES = 20, CODEC_IPV6_BYTES = 40, CODEC_TCP_BYTES = 20, CODEC_UDP_BYTES = 8,
	CODEC_ICMP_BYTES = 8, CODEC_HEADERS_MAX_BYTES = 128,
	CODEC_PACKET_MAX_BYTES = 65535 + CODEC_IPV6_BYTES,
};

/* Why a parser refused. CODEC_OK is 0, the others are negative. */
enum codec_rc {
	CODEC_OK = 0,
	CODEC_SHORT = -1,          /* the buffer ends inside a header */
	CODEC_VERSION = -2,        /* neither IPv4 nor IPv6 */
	CODEC_LENGTH = -3,         /* a length field contradicts another or the buffer */
	CODEC_CHECKSUM = -4,
	CODEC_OPTION = -5,         /* IPv4 option or IPv6 extension header that must not be taken */
};

/* ---- checksums, RFC 1071 ---- */

/**
 * codec_sum() - add bytes to a running one's complement sum
 * @sum: 0, or what an earlier call returned for an even number of bytes
 * @p:   NULL stands for @n zeros
 */
uint32_t codec_sum(uint32_t sum, const uint8_t *p, size_t n);

/** codec_sum_pseudo() - the pseudo header of RFC 9293 3.1 or RFC 8200 8.1; @n: transport bytes */
uint32_t codec_sum_pseudo(const struct sut_addr *src, const struct sut_addr *dst, uint8_t proto,
			  size_t n);

/** codec_sum_finish() - the checksum field for a sum; over intact data with its field: 0 */
uint16_t codec_sum_finish(uint32_t sum);

/* ---- addresses ---- */

bool codec_addr_is_multicast(const struct sut_addr *a);
bool codec_addr_is_broadcast(const struct sut_addr *a);   /* 255.255.255.255 */
bool codec_addr_is_loopback(const struct sut_addr *a);
bool codec_addr_is_mapped(const struct sut_addr *a);      /* ::ffff:a.b.c.d */

/** codec_addr_map() - an IPv4 address as IPv4-mapped IPv6; others unchanged */
struct sut_addr codec_addr_map(const struct sut_addr *a);

/** codec_addr_unmap() - the IPv4 address in an IPv4-mapped one; others unchanged */
struct sut_addr codec_addr_unmap(const struct sut_addr *a);

/* ---- IP ---- */

struct codec_ip {
	uint8_t version;           /* 4, 6 */
	uint8_t tos;               /* IPv6: traffic class; the low two bits are ECN */
	uint8_t ttl;
	uint8_t proto;             /* of the payload, after extension headers */
	bool has_df;
	bool is_fragment;          /* of several: an atomic one is none [RFC6946] */
	bool has_more;             /* of a fragment: others follow */
	uint16_t id;
	uint32_t fragment_id;
	size_t fragment_at_bytes;  /* place of its payload in that of the whole */
	size_t fragment_named_at;  /* offset of the byte that names a fragment header; 0: there is none */
	uint32_t flow_label;
	struct sut_addr src, dst;
	const uint8_t *options;    /* of IPv4; borrowed */
	size_t n_options;          /* a multiple of 4, at most 40 */
	size_t proto_at;           /* offset of the byte that names the payload's protocol */
	size_t header_bytes;       /* offset of the payload */
	size_t total_bytes;        /* by the length field; what the buffer has beyond is padding */
};

/**
 * codec_ip_parse() - read the IP header and what follows it up to the transport header
 * @p:   raw packet; borrowed
 * @out: filled on CODEC_OK; header_bytes and proto of a fragment are those of what it carries, and in
 *       IPv6 other extension headers may follow, which nobody has looked at
 * Source: RFC 791 3.1, RFC 1122 3.2.1, RFC 8200 3 and 4; atomic fragments as in RFC 6946
 */
enum codec_rc codec_ip_parse(const uint8_t *p, size_t n, struct codec_ip *out);

/**
 * codec_ip_parse_quoted() - the same for the start of a packet inside an ICMP error
 *
 * The length field may pass the end of the buffer, and the checksum is not looked at, since a
 * router may have changed the header.
 */
enum codec_rc codec_ip_parse_quoted(const uint8_t *p, size_t n, struct codec_ip *out);

/**
 * codec_ip_has_upper() - does a fragment that is the first have all headers, that of the transport too?
 * @p:  the packet that @ip was read from, of @n bytes without padding
 * Return: true also for fragments that are not the first, and for IPv4, where nobody asks for it
 * Source: RFC 8200 4.5
 */
bool codec_ip_has_upper(const uint8_t *p, size_t n, const struct codec_ip *ip);

/**
 * codec_ip_build() - write an IP header
 * @ip:      version, tos, ttl, proto, has_df, id, flow_label, src, dst, options are used
 * @n:       payload bytes. A packet beyond 65535 gets the length 0
 * Return: 40, or 20 and the bytes of the options
 */
size_t codec_ip_build(const struct codec_ip *ip, size_t n, uint8_t *out);

/** codec_ip_header_bytes() - what codec_ip_build() will return */
size_t codec_ip_header_bytes(const struct codec_ip *ip);

/* ---- transport ---- */

struct codec_tcp {
	uint16_t src_port, dst_port;
	uint32_t seq, ack;
	uint16_t flags;            /* 12 bits: reserved, AE, CWR ... FIN */
	uint16_t window;           /* as on the wire, not scaled */
	uint16_t urgent;
	const uint8_t *options;
	size_t n_options;          /* a multiple of 4, at most 40 */
	const uint8_t *payload;
	size_t n_payload;
};

/**
 * codec_tcp_build() - write header and options, with a checksum over the payload too
 * @tcp: payload NULL stands for zeros
 * Source: RFC 9293 3.1
 * Return: header bytes written; the payload is not copied
 */
size_t codec_tcp_build(const struct codec_tcp *tcp, const struct sut_addr *src,
		       const struct sut_addr *dst, uint8_t *out);

struct codec_udp {
	uint16_t src_port, dst_port;
	const uint8_t *payload;
	size_t n_payload;
};

/** codec_udp_parse() - RFC 768; over IPv6 a zero checksum is refused (RFC 8200 8.1) */
enum codec_rc codec_udp_parse(const struct codec_ip *ip, const uint8_t *p, size_t n,
			      struct codec_udp *out);

/**
 * codec_udp_build() - write the header, with a checksum over the payload too
 * @has_checksum: false sends 0 (only legal over IPv4)
 */
size_t codec_udp_build(const struct codec_udp *udp, const struct sut_addr *src,
		       const struct sut_addr *dst, bool has_checksum, uint8_t *out);

struct codec_icmp {
	uint8_t type, code;
	uint32_t rest;             /* id and sequence, MTU, pointer */
	const uint8_t *payload;
	size_t n_payload;
};

enum { ICMP4_ECHO_REPLY = 0, ICMP4_UNREACHABLE = 3, ICMP4_SOURCE_QUENCH = 4, ICMP4_ECHO = 8,
	ICMP4_TIME_EXCEEDED = 11, ICMP4_PARAMETER = 12, ICMP4_PROTOCOL = 2, ICMP4_PORT = 3,
	ICMP4_FRAG_NEEDED = 4 };
enum { ICMP6_UNREACHABLE = 1, ICMP6_TOO_BIG = 2, ICMP6_TIME_EXCEEDED = 3, ICMP6_PARAMETER = 4,
	ICMP6_ECHO = 128, ICMP6_ECHO_REPLY = 129, ICMP6_PORT = 4, ICMP6_FIELD = 0,
	ICMP6_NEXT_HEADER = 1, ICMP6_CHAIN_CUT = 3 };
enum { ICMP_REASSEMBLY = 1 };  /* code of both kinds of TIME_EXCEEDED */

/** codec_icmp_parse() - ICMP (RFC 792) or, by the IP version, ICMPv6 (RFC 4443 2.1) */
enum codec_rc codec_icmp_parse(const struct codec_ip *ip, const uint8_t *p, size_t n,
			       struct codec_icmp *out);

/** codec_icmp_build() - write the 8 bytes of header; the family of @src decides which ICMP */
size_t codec_icmp_build(const struct codec_icmp *icmp, const struct sut_addr *src,
			const struct sut_addr *dst, uint8_t *out);

#endif
