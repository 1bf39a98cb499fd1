/* SPDX-License-Identifier: BSD-2-Clause */
#include "script/code_names.h"

#include <string.h>

#include "base/buf.h"
#include "base/util.h"

#define STATE(word, number, s)                                                                     \
	{ .name = "TCP_" #word, .group = CODE_GROUP_STATE, .value = (number),                      \
	  .state = TCP_STATE_##s }
#define CA(word, number)                                                                           \
	{ .name = "TCP_CA_" #word, .group = CODE_GROUP_CA_STATE, .value = (number) }
#define OPTION(word, bit)                                                                          \
	{ .name = "TCPI_OPT_" #word, .group = CODE_GROUP_OPTION, .value = (bit) }

const struct code_name code_names[] = {
	STATE(ESTABLISHED, 1, ESTABLISHED),
	STATE(SYN_SENT, 2, SYN_SENT),
	STATE(SYN_RECV, 3, SYN_RECEIVED),
	STATE(FIN_WAIT1, 4, FIN_WAIT_1),
	STATE(FIN_WAIT2, 5, FIN_WAIT_2),
	STATE(TIME_WAIT, 6, TIME_WAIT),
	STATE(CLOSE, 7, CLOSED),
	STATE(CLOSE_WAIT, 8, CLOSE_WAIT),
	STATE(LAST_ACK, 9, LAST_ACK),
	STATE(LISTEN, 10, LISTEN),
	STATE(CLOSING, 11, CLOSING),
	CA(Open, 0),
	CA(Disorder, 1),
	CA(CWR, 2),
	CA(Recovery, 3),
	CA(Loss, 4),
	OPTION(TIMESTAMPS, 1),
	OPTION(SACK, 2),
	OPTION(WSCALE, 4),
	OPTION(ECN, 8),
	OPTION(ECN_SEEN, 16),
	OPTION(SYN_DATA, 32),
	OPTION(USEC_TS, 64),
	OPTION(TFO_CHILD, 128),
};
const size_t code_names_len = ARRAY_LEN(code_names);

static const char *const state_names[TCP_STATE_COUNT] = {
#define X(s) #s,
	TCP_STATES(X)
#undef X
};

/* Other spellings of RFCs, netstat and Linux. */
static const struct {
	const char *word;
	enum tcp_state state;
} spellings[] = {
	{ "SYN_RCVD", TCP_STATE_SYN_RECEIVED },
	{ "SYN_RECV", TCP_STATE_SYN_RECEIVED },
	{ "FIN_WAIT1", TCP_STATE_FIN_WAIT_1 },
	{ "FIN_WAIT2", TCP_STATE_FIN_WAIT_2 },
};

/* Which variable holds constants of which group. */
static const struct {
	const char *variable;
	enum code_group group;
	bool is_bits;
} holders[] = {
	{ "tcpi_state", CODE_GROUP_STATE, false },
	{ "tcpi_ca_state", CODE_GROUP_CA_STATE, false },
	{ "tcpi_options", CODE_GROUP_OPTION, true },
};

const struct code_name *code_constant_find(const char *name)
{
	for (size_t i = 0; i < code_names_len; i++) {
		if (strcmp(code_names[i].name, name) == 0)
			return &code_names[i];
	}
	return NULL;
}

bool code_constant(const char *name, int64_t *value)
{
	const struct code_name *row = code_constant_find(name);

	if (row)
		*value = row->value;
	return row != NULL;
}

bool code_state(const char *word, enum tcp_state *out)
{
	for (size_t i = 0; i < ARRAY_LEN(state_names); i++) {
		if (strcmp(state_names[i], word) == 0) {
			*out = (enum tcp_state)i;
			return true;
		}
	}
	for (size_t i = 0; i < ARRAY_LEN(spellings); i++) {
		if (strcmp(spellings[i].word, word) == 0) {
			*out = spellings[i].state;
			return true;
		}
	}
	return false;
}

const char *code_state_name(enum tcp_state state)
{
	return (size_t)state < ARRAY_LEN(state_names) ? state_names[state] : "?";
}

static bool group_names(enum code_group group, bool is_bits, int64_t value, struct buf *out)
{
	bool any = false;

	for (size_t i = 0; i < code_names_len; i++) {
		const struct code_name *row = &code_names[i];

		if (row->group != group || !(is_bits ? (row->value & value) : row->value == value))
			continue;
		if (any)
			buf_putc(out, '|');
		buf_puts(out, row->name);
		any = true;
	}
	return any;
}

bool code_value_names(const char *variable, int64_t value, struct buf *out)
{
	for (size_t i = 0; i < ARRAY_LEN(holders); i++) {
		if (strcmp(holders[i].variable, variable) == 0)
			return group_names(holders[i].group, holders[i].is_bits, value, out);
	}
	return false;
}
