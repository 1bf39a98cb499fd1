/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TCPDRILL_TARGET_SOCKDIAG_H
#define TCPDRILL_TARGET_SOCKDIAG_H

#include "target/target.h"

struct arena;
struct sockdiag;

/* TCP states by 4-tuple, from the kernel's own tables of sockets (NETLINK_SOCK_DIAG). */

/** sockdiag_open() - 0, or -ERR_UNSUPPORTED */
int sockdiag_open(struct arena *a, struct sockdiag **out);

/**
 * sockdiag_state() - of @tuple, whichever family of sockets serves it
 *
 * Finds listeners (remote_port 0), requests that have no socket yet (SYN_RECEIVED), sockets, and
 * what remains of closed ones (FIN_WAIT_2, TIME_WAIT). CLOSED when there is none.
 * Return: 0, or -ERR_UNSUPPORTED when the kernel does not answer
 */
int sockdiag_state(struct sockdiag *d, const struct target_tuple *tuple, enum tcp_state *out);

/** sockdiag_close() - NULL is allowed */
void sockdiag_close(struct sockdiag *d);

#endif
