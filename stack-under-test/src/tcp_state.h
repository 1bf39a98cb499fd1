/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SUT_TCP_STATE_H
#define SUT_TCP_STATE_H

#include <stdbool.h>
#include <stddef.h>

#include "sut.h"

/* One legal change of state and what brings it about. [RFC9293 3.3.2] */
struct tcp_transition {
	enum sut_tcp_state from, to;
	const char *event;
	const char *source;
};

extern const struct tcp_transition tcp_transition_table[];
extern const size_t tcp_transition_table_len;

/** tcp_state_name() - as RFC 9293 writes it, with underscores */
const char *tcp_state_name(enum sut_tcp_state st);

/** tcp_state_may_change() - is there a row for it? */
bool tcp_state_may_change(enum sut_tcp_state from, enum sut_tcp_state to);

/**
 * tcp_transition_text() - row @i as a line of text without newline, for a dump of the table
 * Return: bytes written without the final NUL, as snprintf(); -1 past the last row
 */
int tcp_transition_text(size_t i, char *out, size_t room);

/** tcp_state_set() - the one writer of a state; a change that is not in the table is our own bug */
void tcp_state_set(enum sut_tcp_state *state, enum sut_tcp_state to);

#endif
