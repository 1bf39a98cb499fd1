/* SPDX-License-Identifier: BSD-2-Clause */
#include "sockopt.h"

#include <string.h>

#include "tcp.h"

/*
 * Theory of operation: sockopt_table.c has a row per option of the levels SOL_SOCKET, IP and IPv6;
 * this file does what all of one form have in common: lengths, ranges, copying. Options of level
 * TCP go to the transport as they are.
 */

enum { INT_BYTES = 4 };

void *sockopt_field(struct sock *k, const struct sockopt_row *r)
{
	uint8_t *base = r->is_extra ? (uint8_t *)&k->extra : (uint8_t *)k->ops->opts(k);

	return base + r->offset;
}

/* Rows of IPv6 do not exist on IPv4 sockets; those of IP do on both. */
static const struct sockopt_row *row_for(const struct sock *k, int level, int name)
{
	const struct sockopt_row *r = sockopt_find(level, name);

	if (!r || (level == LEVEL_IPV6 && k->family != 6) ||
	    (r->only_type && r->only_type != k->type))
		return NULL;
	return r;
}

static int get_socket(struct sut *s, int h, struct sock **out)
{
	*out = sock_get(s, h);
	if (!*out)
		return SUT_EBADF;
	return (*out)->ops->is_socket ? 0 : SUT_ENOTSOCK;
}

/* ---- set ---- */

/* Level IP takes a single byte where it is long enough for the value. */
static int read_int(const struct sockopt_row *r, const uint8_t *value, uint32_t n, int *out)
{
	if (n < INT_BYTES && r->level != LEVEL_IP)
		return SUT_EINVAL;
	if (n && !value)
		return SUT_EFAULT;
	*out = n && n < INT_BYTES ? value[0] : 0;
	if (n >= INT_BYTES)
		memcpy(out, value, INT_BYTES);
	return 0;
}

static int set_u8(struct sock *k, const struct sockopt_row *r, int v)
{
	uint8_t *field = sockopt_field(k, r);

	if (v == -1 && r->initial >= 0) {
		*field = (uint8_t)r->initial;
		return 0;
	}
	if (v < r->min || v > r->max)
		return SUT_EINVAL;
	*field = (uint8_t)v;
	return 0;
}

static int set_int_form(struct sock *k, const struct sockopt_row *r, int v)
{
	uint32_t word = (uint32_t)v;
	bool flag = v != 0;

	switch (r->form) {
	case OPT_BOOL:
		memcpy(sockopt_field(k, r), &flag, sizeof(flag));
		return 0;
	case OPT_U8:
		return set_u8(k, r, v);
	case OPT_U32:
		memcpy(sockopt_field(k, r), &word, sizeof(word));
		return 0;
	case OPT_INT:
		if ((r->min || r->max) && (v < r->min || v > r->max) && !FAULT(k->s, OPTION_CUT))
			return SUT_EINVAL;
		return r->set_int ? r->set_int(k, v) : SUT_ENOPROTOOPT;
	case OPT_BYTES:
		break;
	}
	return SUT_EINVAL;
}

static int set_row(struct sock *k, const struct sockopt_row *r, const void *value, uint32_t n)
{
	int v, rc;

	if (r->is_read_only)
		return SUT_ENOPROTOOPT;
	if (r->form == OPT_BYTES) {
		if (!value && n)
			return SUT_EFAULT;
		rc = r->set_bytes ? r->set_bytes(k, value, n) : SUT_ENOPROTOOPT;
	} else {
		rc = read_int(r, value, n, &v);
		if (!rc)
			rc = set_int_form(k, r, v);
	}
	if (!rc)
		k->ops->opts_changed(k);
	return rc;
}

int sut_setsockopt(struct sut *s, int h, int level, int name, const void *value, uint32_t n)
{
	const struct sockopt_row *r;
	struct sock *k;
	int rc = get_socket(s, h, &k);

	if (rc)
		return rc;
	if (n > INT32_MAX)
		return SUT_EINVAL;
	if (level == LEVEL_TCP && k->ops == &sock_tcp_ops)
		return !value && n ? SUT_EFAULT : tcp_setsockopt(k->tcb, name, value, n);
	r = row_for(k, level, name);
	return r ? set_row(k, r, value, n) : SUT_ENOPROTOOPT;
}

/* ---- get ---- */

static int get_int_form(struct sock *k, const struct sockopt_row *r, int *v)
{
	uint32_t word;
	uint8_t byte;
	bool flag;

	switch (r->form) {
	case OPT_BOOL:
		memcpy(&flag, sockopt_field(k, r), sizeof(flag));
		*v = flag;
		return 0;
	case OPT_U32:
		memcpy(&word, sockopt_field(k, r), sizeof(word));
		*v = (int)word;
		return 0;
	case OPT_U8:
		if (r->get_int)
			return r->get_int(k, v);
		memcpy(&byte, sockopt_field(k, r), sizeof(byte));
		*v = byte;
		return 0;
	case OPT_INT:
		return r->get_int ? r->get_int(k, v) : SUT_ENOPROTOOPT;
	case OPT_BYTES:
		break;
	}
	return SUT_EINVAL;
}

/* A short buffer gets the first bytes; at level IP a single byte if that is enough. */
static void write_int(const struct sockopt_row *r, int v, uint8_t *value, uint32_t *n)
{
	if (r->level == LEVEL_IP && *n && *n < INT_BYTES && v >= 0 && v <= 255) {
		value[0] = (uint8_t)v;
		*n = 1;
		return;
	}
	if (*n > INT_BYTES)
		*n = INT_BYTES;
	if (*n)
		memcpy(value, &v, *n);
}

static int get_row(struct sock *k, const struct sockopt_row *r, uint8_t *value, uint32_t *n)
{
	int v = 0, rc;

	if (r->form == OPT_BYTES)
		return r->get_bytes ? r->get_bytes(k, value, n) : SUT_ENOPROTOOPT;
	rc = get_int_form(k, r, &v);
	if (!rc)
		write_int(r, v, value, n);
	return rc;
}

/* Linux tells an unknown level from an unknown name, but only here and only on IPv4 sockets. */
static int no_such_option(const struct sock *k, int level)
{
	return k->family == 4 && level != LEVEL_SOCKET && level != LEVEL_IP ? SUT_EOPNOTSUPP :
									      SUT_ENOPROTOOPT;
}

int sut_getsockopt(struct sut *s, int h, int level, int name, void *value, uint32_t *n)
{
	const struct sockopt_row *r;
	struct sock *k;
	int rc = get_socket(s, h, &k);

	if (rc)
		return rc;
	if (!n || (!value && *n))
		return SUT_EFAULT;
	if (*n > INT32_MAX)
		return SUT_EINVAL;
	if (level == LEVEL_TCP && k->ops == &sock_tcp_ops)
		return tcp_getsockopt(k->tcb, name, value, n);
	r = row_for(k, level, name);
	return r ? get_row(k, r, value, n) : no_such_option(k, level);
}
