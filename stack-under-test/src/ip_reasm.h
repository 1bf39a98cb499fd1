/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SUT_IP_REASM_H
#define SUT_IP_REASM_H

#include "ip.h"

/* Fragments on their way to become the datagram that was sent. */

/**
 * ip_reasm_add() - take a fragment that is for us
 * @rx:    rx->ip->is_fragment; borrowed, what is kept of it is copied
 * @bytes: filled on success: length of the packet in bytes
 * Return: the whole packet, to be freed by mem_free(), with the header of its first fragment, the mark
 *         of all and an IPv4 checksum that is right; NULL while something is missing, and when what
 *         there is was dropped
 * Source: RFC 791 3.2, RFC 815, RFC 3168 5.3, RFC 5722, RFC 8200 4.5
 */
uint8_t *ip_reasm_add(struct sut *s, const struct ip_rx *rx, size_t *bytes);

/** ip_reasm_deadline() - when the oldest datagram is given up, in ns; NEVER_NS: there is none */
int64_t ip_reasm_deadline(const struct sut *s);

/** ip_reasm_run() - give up what is due, and tell who sent it [RFC1122 3.3.2] */
void ip_reasm_run(struct sut *s);

void ip_reasm_fini(struct sut *s);

#endif
