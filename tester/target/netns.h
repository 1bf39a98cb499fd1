/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TCPDRILL_TARGET_NETNS_H
#define TCPDRILL_TARGET_NETNS_H

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

#endif
