/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TCPDRILL_SCRIPT_SYMBOLS_H
#define TCPDRILL_SCRIPT_SYMBOLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buf;

/* The constants of language 4.9 with Linux's numbers: name to number and back. */

/* Names of one group never mean two things for one number but for aliases. */
#define SYMBOL_GROUPS(X)                                                                           \
	X(ERRNO) X(FAMILY) X(SOCK) X(IPPROTO) X(MISC) X(SHUT) X(SOL) X(SO) X(SO_EE)                \
	X(SO_EE_CODE) X(SOF) X(SCM) X(TSTAMP) X(TCP) X(TCP_REPAIR) X(TCP_QUEUE) X(TCP_CA)          \
	X(TCP_NLA) X(IP) X(PMTUDISC) X(IPTOS) X(IPV6) X(MSG) X(O) X(F) X(F_LCK) X(FD)              \
	X(LOCK) X(SEEK) X(POLL) X(EPOLL) X(EPOLL_CTL) X(SPLICE) X(CAP) X(CAP_SET)                  \
	X(CAP_OP) X(FOREIGN)

enum symbol_group {
#define X(g) SYMBOL_##g,
	SYMBOL_GROUPS(X)
#undef X
	SYMBOL_GROUP_COUNT
};

struct symbol {
	const char *name;
	int64_t value;
	enum symbol_group group;
	bool is_alias;             /* another name of the group is preferred for this number */
};

extern const struct symbol symbol_table[];
extern const size_t symbol_table_len;

/** symbol_find() - the constant with exactly this name, or NULL */
const struct symbol *symbol_find(const char *name);

/** symbol_suggest() - the known name nearest to a misspelt one, or NULL */
const char *symbol_suggest(const char *word);

/** symbol_name() - the name of @value in @group, or NULL */
const char *symbol_name(enum symbol_group group, int64_t value);

/** symbol_errno_name() - EAGAIN and the like, or NULL when Linux has no such error */
const char *symbol_errno_name(int err);

/**
 * symbol_value_text() - append the name of @value in @group, or the number when it has none
 */
void symbol_value_text(enum symbol_group group, int64_t value, struct buf *out);

/**
 * symbol_flags_text() - append a set of bits as a script writes it: "POLLIN|POLLOUT"; bits without
 * a name follow in hexadecimal; "0" for the empty set
 */
void symbol_flags_text(enum symbol_group group, uint64_t bits, struct buf *out);

#endif
