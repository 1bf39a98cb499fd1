/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TCPDRILL_BASE_TCP_STATE_H
#define TCPDRILL_BASE_TCP_STATE_H

/* The eleven states of RFC 9293 3.3.2, as in its figure 5. */
#define TCP_STATES(X)                                                                              \
	X(CLOSED) X(LISTEN) X(SYN_SENT) X(SYN_RECEIVED) X(ESTABLISHED) X(FIN_WAIT_1)               \
	X(FIN_WAIT_2) X(CLOSE_WAIT) X(CLOSING) X(LAST_ACK) X(TIME_WAIT)

enum tcp_state {
#define X(s) TCP_STATE_##s,
	TCP_STATES(X)
#undef X
	TCP_STATE_COUNT
};

#endif
