/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TCPDRILL_TARGET_NETNS_H
#define TCPDRILL_TARGET_NETNS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/ipaddr.h"

struct arena;
struct target_config;

/**
 * netns_configure() - set up the network namespace we are in, by netlink
 *
 * Brings up lo, gives tun0 its MTU, speed and local address, brings it up, and routes the remote
 * prefix to it. Nothing of the stack's own chatter (router solicitations, duplicate address
 * detection) appears on tun0.
 * Return: 0; -ERR_ENVIRONMENT with *why
 */
int netns_configure(struct arena *a, const struct target_config *config, const char **why);

/** netns_add_dummy() - a device without a purpose, named tun0, where a TUN device is not allowed.
 * Return: 0 or -ERR_ENVIRONMENT */
int netns_add_dummy(void);

enum { NETNS_ADDRESSES_MAX = 16, NETNS_ROUTES_MAX = 48 };

struct netns_address {
	struct ip_addr addr;
	uint8_t prefix;
};

/* A route out of tun0; family 0 of via and src: none. */
struct netns_route {
	struct ip_addr dst, via, src;
	uint8_t prefix;
	uint32_t metric;
};

/* What commands may have changed about tun0 and its surroundings. */
struct netns_state {
	uint32_t mtu_bytes;
	bool has_tso, has_gso;
	char qdisc[32];           /* kind of the queueing discipline at its root */
	bool has_limit;
	uint32_t limit;           /* of a fifo: how much it holds */
	struct netns_address address[NETNS_ADDRESSES_MAX];   /* as the kernel lists them */
	size_t n_address;
	struct netns_route route[NETNS_ROUTES_MAX];
	size_t n_route;
	uint64_t own_digest;      /* of these two: equal while they are */
	uint64_t digest;          /* of what is neither: rules, other tables, other devices, ... */
};

/** netns_look() - how they are now. 0, or -ERR_ENVIRONMENT when there is no tun0 */
int netns_look(struct netns_state *out);

#endif
