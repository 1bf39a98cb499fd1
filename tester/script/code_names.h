/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TCPDRILL_SCRIPT_CODE_NAMES_H
#define TCPDRILL_SCRIPT_CODE_NAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/tcp_state.h"

struct buf;

/*
 * The constants of code blocks (language: 6.2), with Linux's numbers, and the state names of assert
 * events. The built-in evaluator and the program for python3 use the same table.
 */

enum code_group {
	CODE_GROUP_STATE,     /* values of tcpi_state */
	CODE_GROUP_CA_STATE,  /* values of tcpi_ca_state */
	CODE_GROUP_OPTION,    /* bits of tcpi_options */
};

struct code_name {
	const char *name;
	enum code_group group;
	int64_t value;
	enum tcp_state state; /* CODE_GROUP_STATE only */
};

extern const struct code_name code_names[];
extern const size_t code_names_len;

/** code_constant() - the number of TCP_ESTABLISHED, TCP_CA_Open, TCPI_OPT_SACK, ... */
bool code_constant(const char *name, int64_t *value);

/** code_constant_find() - the row of a constant, or NULL */
const struct code_name *code_constant_find(const char *name);

/** code_state() - the state of a word in an assert event: ESTABLISHED, SYN_RCVD, FIN_WAIT1, ... */
bool code_state(const char *word, enum tcp_state *out);

/** code_state_name() - the word for a state */
const char *code_state_name(enum tcp_state state);

/**
 * code_value_names() - append the constants that the value of a variable stands for
 * @variable: tcpi_state, tcpi_ca_state, tcpi_options; others add nothing
 *
 * Return: whether anything was appended: "TCP_CLOSE_WAIT", "TCPI_OPT_SACK|TCPI_OPT_WSCALE"
 */
bool code_value_names(const char *variable, int64_t value, struct buf *out);

#endif
