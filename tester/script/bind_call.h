/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TCPDRILL_SCRIPT_BIND_CALL_H
#define TCPDRILL_SCRIPT_BIND_CALL_H

#include "call/call.h"
#include "grammar/ast.h"

struct arena;
struct diags;

/* What the meaning of a call depends on besides its text. */
struct bind_call_env {
	int socket_domain;           /* AF_INET or AF_INET6: "..." as a socket domain */
};

/**
 * bind_call() - a call of the tree becomes a call of the plan
 * @a:   everything in @out is allocated here, or borrowed from the tree
 * @c:   the call; borrowed
 * @d:   errors are added here, each at the argument it is about
 * @out: filled on success; may_block is left false
 *
 * Knows calls by call_table and constants by symbol_table only; converts nothing to live values.
 * Return: 0; -ERR_SYNTAX when there was an error
 * Source: language 4.1 to 4.9
 */
int bind_call(struct arena *a, const struct ast_call *c, const struct bind_call_env *env,
	      struct diags *d, struct call_spec *out);

#endif
