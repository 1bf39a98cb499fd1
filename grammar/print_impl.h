/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TCPDRILL_GRAMMAR_PRINT_IMPL_H
#define TCPDRILL_GRAMMAR_PRINT_IMPL_H

#include <stddef.h>

struct ast_call;
struct ast_expr;
struct ast_packet;
struct buf;

/* Lines of calls longer than this are broken at commas. */
enum { PRINT_MAX_COLUMNS = 100 };

/** print_packet() - a packet on one line, without its time */
void print_packet(const struct ast_packet *k, struct buf *out);

/** print_call() - a call that begins in column @column (from 0), over several lines if need be */
void print_call(const struct ast_call *c, size_t column, struct buf *out);

/** print_overrides() - { name = value, ... } */
void print_overrides(const struct ast_expr *e, struct buf *out);

#endif
