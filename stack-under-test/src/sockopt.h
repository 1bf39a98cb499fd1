/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SUT_SOCKOPT_H
#define SUT_SOCKOPT_H

#include "sock.h"

/* How the value of an option lies in memory, there and here. */
enum sockopt_form {
	OPT_BOOL,                  /* int, any but 0 is true; bool here */
	OPT_U8,                    /* int within min..max; uint8_t here */
	OPT_U32,                   /* int; uint32_t here */
	OPT_INT,                   /* int of the row's get and set */
	OPT_BYTES,                 /* laid out by the row's get and set */
};

struct sockopt_row {
	int level, name;
	const char *text;          /* as in Linux's headers */
	enum sockopt_form form;
	bool is_extra;             /* field of struct sock_extra, not struct sock_opts */
	bool is_read_only;         /* setting is SUT_ENOPROTOOPT */
	int only_type;             /* TYPE_*: sockets of others lack it; 0: none does */
	size_t offset;             /* of the field */
	int64_t min, max;          /* OPT_U8, OPT_INT; both 0: any */
	int64_t initial;           /* OPT_U8: what -1 means */
	/* SUT_E* or 0. OPT_INT: */
	int (*get_int)(struct sock *k, int *value);
	int (*set_int)(struct sock *k, int value);
	/* OPT_BYTES; @n: room, then length */
	int (*get_bytes)(struct sock *k, uint8_t *value, uint32_t *n);
	int (*set_bytes)(struct sock *k, const uint8_t *value, uint32_t n);
};

/** sockopt_find() - NULL when there is no such option */
const struct sockopt_row *sockopt_find(int level, int name);

/** sockopt_at() - the @i-th row, NULL past the end */
const struct sockopt_row *sockopt_at(size_t i);

/** sockopt_field() - where the row's field lies in @k */
void *sockopt_field(struct sock *k, const struct sockopt_row *r);

/**
 * pktoptions_get4(), pktoptions_get6() - IP_PKTOPTIONS, IPV6_2292PKTOPTIONS of a TCP socket
 *
 * Control messages of what IP_PKTINFO, IP_RECVTTL, IP_RECVTOS ask for, or their like of IPv6, laid
 * out as recvmsg() does; the last may be cut short, what has no room for its header is left out.
 * Return: 0, *n is what is filled
 */
int pktoptions_get4(struct sock *k, uint8_t *value, uint32_t *n);
int pktoptions_get6(struct sock *k, uint8_t *value, uint32_t *n);

#endif
