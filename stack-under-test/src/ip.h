/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SUT_IP_H
#define SUT_IP_H

#include "codec.h"
#include "impl.h"

/* What IP, ICMP and UDP share. */

enum { IP_PATHS = 32, IP_PEERS = 32, IP6_MIN_MTU_BYTES = 1280 };

/* A path that takes less than the link; unused when expires_ns has passed. */
struct ip_path {
	struct sut_addr dst;
	uint32_t mtu_bytes;
	int64_t expires_ns;
};

/* How many ICMP errors may go to a peer: saved-up time, a ratelimit of it per message. */
struct ip_peer {
	struct sut_addr addr;
	int64_t saved_ns, last_ns;
};

/* An address of the host. */
struct ip_local {
	struct sut_addr addr;
	uint8_t prefix;
	bool is_secondary;         /* IPv4: lives in the network of an earlier one */
};

struct ip_layer {
	struct ip_local local[SUT_ADDRESSES_MAX];    /* the oldest first */
	struct sut_route route[SUT_ROUTES_MAX];
	size_t n_local, n_route;
	struct ip_path path[IP_PATHS];
	struct ip_peer peer[IP_PEERS];
	int64_t icmp_credit_ns, icmp_last_ns;    /* over all peers */
	uint16_t next_id;
	struct hash_key key;       /* of flow labels */
	struct ip_datagram *reasm; /* not whole yet, the first to expire first: ip_reasm.c */
	int64_t reasm_memory_bytes[2];           /* held by those of IPv4, of IPv6 */
};

int ip_init(struct sut *s, const struct sut_config *c);
void ip_fini(struct sut *s);

/** ip_forget_paths() - what "route/flush" does */
void ip_forget_paths(struct sut *s);

/** ip_flow_label() - the automatic one of a flow; 0 when switched off or IPv4 */
uint32_t ip_flow_label(struct sut *s, const struct sut_endpoint *src,
		       const struct sut_endpoint *dst, uint8_t proto);

/** ip_ttl_default() - or hop limit, for packets to @dst */
uint8_t ip_ttl_default(const struct sut *s, const struct sut_addr *dst);

/* ---- ip_local.c: addresses and routes ---- */

/** ip_local_init() - those of the configuration */
int ip_local_init(struct sut *s, const struct sut_config *c);

/** ip_is_in_network() - is it in the network of one of our addresses? */
bool ip_is_in_network(const struct sut *s, const struct sut_addr *a);

/** ip_is_broadcast() - all ones, or the highest address of one of our networks */
bool ip_is_broadcast(const struct sut *s, const struct sut_addr *a);

/* ---- sending ---- */

/**
 * ip_packet_new() - a packet with its IP header
 * @ip:        as for codec_ip_build()
 * @n:         bytes after it
 * @transport: filled: where they go, at first undefined
 * Return: to be given to ip_packet_send(); NULL when memory is short
 */
struct out_packet *ip_packet_new(struct sut *s, const struct codec_ip *ip, size_t n,
				 uint8_t **transport);

/**
 * ip_packet_send() - queue it, or drop it when the queueing discipline says so
 * @p:         taken
 * @depart_ns: not before
 */
int ip_packet_send(struct sut *s, struct out_packet *p, int64_t depart_ns);

void ip_out_fini(struct sut *s);

/* ---- receiving ---- */

/* A packet on its way up with what it takes to answer it. */
struct ip_rx {
	const struct codec_ip *ip;
	const uint8_t *packet;
	size_t n;                  /* by the header, without padding */
	bool is_broadcast;
	uint16_t gso_bytes;
	struct ip_options back;    /* the way back of a source route */
};

/** ip_receive() - what sut_input() was given */
void ip_receive(struct sut *s, const uint8_t *bytes, size_t n, uint16_t gso_bytes);

/** udp_receive() - header and checksum are checked here; answers if nobody is there */
void udp_receive(struct sut *s, const struct ip_rx *rx);

/** udp_icmp() - an ICMP error quotes a datagram of ours */
void udp_icmp(struct sut *s, const struct icmp_err *e);

/** icmp_receive() - ICMP or ICMPv6 */
void icmp_receive(struct sut *s, const struct ip_rx *rx);

/** icmp_send_error() - about @rx, unless rate limits or RFC 1122 3.2.2 forbid it */
void icmp_send_error(struct sut *s, const struct ip_rx *rx, uint8_t type, uint8_t code,
		     uint32_t rest);

#endif
