/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SUT_UDP_H
#define SUT_UDP_H

#include "ip.h"
#include "sock.h"

/* A datagram waiting to be read. */
struct udp_datagram {
	struct udp_datagram *next;
	struct sut_endpoint from;
	struct sut_addr to;
	uint8_t ttl, tos;
	int64_t arrived_ns;
	size_t memory_bytes;       /* what it counts against SO_RCVBUF */
	size_t n;
	uint8_t bytes[];
};

struct udp_sock {
	struct udp_sock *next;     /* of the instance, the newest bound first */
	struct sock *k;
	struct sock_opts opts;
	struct sut_endpoint local; /* port 0: not bound */
	struct sut_endpoint peer;  /* family 0: not connected */
	bool is_addr_bound;        /* bind() chose the address, so it outlives a disconnect */
	bool is_port_bound;        /* likewise the port */
	bool is_read_shut, is_write_shut;
	int error;                 /* pending, SUT_E* */
	uint16_t next_id;          /* IPv4 identification while connected */
	struct udp_datagram *first, *last;
	size_t queued_bytes;       /* memory_bytes of all */
};

/* ---- udp_port.c ---- */

/** udp_bind() - 0, SUT_EINVAL (bound already), SUT_EADDRINUSE, SUT_EADDRNOTAVAIL */
int udp_bind(struct sock *k, const struct sut_endpoint *local);

/** udp_autobind() - take a free port unless there is one; SUT_EAGAIN when all are taken */
int udp_autobind(struct udp_sock *u);

/** udp_lookup() - the socket that a datagram from @remote to @local is for; NULL: none */
struct udp_sock *udp_lookup(struct sut *s, const struct sut_endpoint *local,
			    const struct sut_endpoint *remote);

/** udp_accepts() - may @u get datagrams from @remote to @local? 0: no; higher is closer */
int udp_accepts(const struct udp_sock *u, const struct sut_endpoint *local,
		const struct sut_endpoint *remote);

/* ---- udp_call.c ---- */

void udp_drop_first(struct udp_sock *u);

#endif
