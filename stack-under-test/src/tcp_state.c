/* SPDX-License-Identifier: BSD-2-Clause */
#include "tcp_state.h"

#include <assert.h>
#include <stdio.h>

#include "impl.h"

#define T(f, t, e, s) { SUT_##f, SUT_##t, e, s }

const struct tcp_transition tcp_transition_table[] = {
	T(CLOSED, LISTEN, "listen call", "RFC 9293 3.10.1"),
	T(CLOSED, SYN_SENT, "connect call, SYN sent", "RFC 9293 3.10.1"),
	T(LISTEN, SYN_RECEIVED, "SYN arrives, SYN-ACK sent", "RFC 9293 3.10.7.2"),
	T(LISTEN, CLOSED, "close or shutdown call", "RFC 9293 3.10.4"),
	T(SYN_SENT, ESTABLISHED, "SYN-ACK arrives", "RFC 9293 3.10.7.3"),
	T(SYN_SENT, SYN_RECEIVED, "SYN without ACK arrives", "RFC 9293 3.10.7.3"),
	T(SYN_SENT, CLOSED, "close call, reset, time-out, error", "RFC 9293 3.10.4"),
	T(SYN_RECEIVED, ESTABLISHED, "ACK of SYN arrives", "RFC 9293 3.10.7.4 #5"),
	T(SYN_RECEIVED, FIN_WAIT_1, "close or shutdown call", "RFC 9293 3.10.4"),
	T(SYN_RECEIVED, CLOSED, "reset, time-out, error, listener gone", "RFC 9293 3.10.7.4 #2"),
	T(ESTABLISHED, FIN_WAIT_1, "close or shutdown call", "RFC 9293 3.10.4"),
	T(ESTABLISHED, CLOSE_WAIT, "FIN arrives", "RFC 9293 3.10.7.4 #8"),
	T(ESTABLISHED, CLOSED, "reset, abort, time-out", "RFC 9293 3.10.5"),
	T(FIN_WAIT_1, FIN_WAIT_2, "ACK of FIN arrives", "RFC 9293 3.10.7.4 #5"),
	T(FIN_WAIT_1, CLOSING, "FIN arrives", "RFC 9293 3.10.7.4 #8"),
	T(FIN_WAIT_1, CLOSED, "reset, abort, time-out", "RFC 9293 3.10.5"),
	T(FIN_WAIT_2, TIME_WAIT, "FIN arrives", "RFC 9293 3.10.7.4 #8"),
	T(FIN_WAIT_2, CLOSED, "reset, abort, time-out, given to a time-wait entry",
	  "RFC 9293 3.10.5"),
	T(CLOSE_WAIT, LAST_ACK, "close or shutdown call", "RFC 9293 3.10.4"),
	T(CLOSE_WAIT, CLOSED, "reset, abort, time-out", "RFC 9293 3.10.5"),
	T(CLOSING, TIME_WAIT, "ACK of FIN arrives", "RFC 9293 3.10.7.4 #5"),
	T(CLOSING, CLOSED, "reset, abort, time-out", "RFC 9293 3.10.5"),
	T(LAST_ACK, CLOSED, "ACK of FIN arrives, reset, time-out", "RFC 9293 3.10.7.4 #5"),
	T(SYN_RECEIVED, TIME_WAIT, "abort, where the profile waits", "RFC 9293 3.5.2"),
	T(ESTABLISHED, TIME_WAIT, "abort, where the profile waits", "RFC 9293 3.5.2"),
	T(FIN_WAIT_1, TIME_WAIT, "abort, where the profile waits", "RFC 9293 3.5.2"),
	T(CLOSE_WAIT, TIME_WAIT, "abort, where the profile waits", "RFC 9293 3.5.2"),
	T(LAST_ACK, TIME_WAIT, "abort, where the profile waits", "RFC 9293 3.5.2"),
	T(TIME_WAIT, CLOSED, "2 MSL over, reset, reuse", "RFC 9293 3.10.8"),
};

const size_t tcp_transition_table_len = ARRAY_LEN(tcp_transition_table);

static const char *const state_name[] = {
	[SUT_CLOSED] = "CLOSED", [SUT_LISTEN] = "LISTEN", [SUT_SYN_SENT] = "SYN_SENT",
	[SUT_SYN_RECEIVED] = "SYN_RECEIVED", [SUT_ESTABLISHED] = "ESTABLISHED",
	[SUT_FIN_WAIT_1] = "FIN_WAIT_1", [SUT_FIN_WAIT_2] = "FIN_WAIT_2",
	[SUT_CLOSE_WAIT] = "CLOSE_WAIT", [SUT_CLOSING] = "CLOSING", [SUT_LAST_ACK] = "LAST_ACK",
	[SUT_TIME_WAIT] = "TIME_WAIT",
};

_Static_assert(ARRAY_LEN(state_name) == SUT_STATE_COUNT, "every state has a name");

const char *tcp_state_name(enum sut_tcp_state st)
{
	return state_name[st];
}

bool tcp_state_may_change(enum sut_tcp_state from, enum sut_tcp_state to)
{
	for (size_t i = 0; i < tcp_transition_table_len; i++) {
		const struct tcp_transition *row = &tcp_transition_table[i];

		if (row->from == from && row->to == to)
			return true;
	}
	return false;
}

int tcp_transition_text(size_t i, char *out, size_t room)
{
	const struct tcp_transition *row = &tcp_transition_table[i];

	if (i >= tcp_transition_table_len)
		return -1;
	return snprintf(out, room, "%-12s -> %-12s  %s  [%s]", tcp_state_name(row->from),
			tcp_state_name(row->to), row->event, row->source);
}

void tcp_state_set(enum sut_tcp_state *state, enum sut_tcp_state to)
{
	if (*state == to)
		return;
	assert(tcp_state_may_change(*state, to));
	*state = to;
}
