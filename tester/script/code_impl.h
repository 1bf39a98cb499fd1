/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TCPDRILL_SCRIPT_CODE_IMPL_H
#define TCPDRILL_SCRIPT_CODE_IMPL_H

#include "script/expr_impl.h"

/* Shared by code_parse.c and code.c only. */

enum stmt_kind {
	STMT_PASS,
	STMT_ASSERT,     /* value, message */
	STMT_EXPR,       /* value */
	STMT_ASSIGN,     /* targets = value */
	STMT_AUGMENT,    /* targets[0] op= value */
	STMT_PRINT,      /* args, sep, end */
	STMT_IF,         /* value, body, other */
};

struct stmt {
	enum stmt_kind kind;
	enum expr_op op;
	struct node *value, *message;
	struct node **target;    /* names, and tuples of names */
	size_t n_targets, cap_targets;
	struct node **arg;
	size_t n_args, cap_args;
	struct node *sep, *end;  /* of print(), or NULL */
	struct stmt *body, *other;
	struct stmt *next;
};

struct code {
	const char *text;
	uint32_t n_nodes;
	struct stmt *body;
};

#endif
