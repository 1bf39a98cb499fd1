/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>

#include "bytes.h"
#include "sockopt.h"
#include "tcp.h"

/* What TCP sockets tell of received IP headers, as control messages in the value of an option. */

enum { CMSG_HEADER_BYTES = 16, CMSG_ALIGN_BYTES = 8, PKTOPTIONS_MAX = 3 };

/* A header (length in the machine's word, level, type), and of the value what has room. */
static uint32_t write_cmsg(const struct sut_cmsg *c, uint8_t *out, uint32_t room)
{
	uint32_t whole = CMSG_HEADER_BYTES + c->n_bytes;
	uint32_t space = (whole + CMSG_ALIGN_BYTES - 1) / CMSG_ALIGN_BYTES * CMSG_ALIGN_BYTES;
	uint32_t n = whole < room ? whole : room;
	uint64_t length = n;

	memcpy(out, &length, sizeof(length));
	memcpy(out + 8, &c->level, 4);
	memcpy(out + 12, &c->type, 4);
	memcpy(out + CMSG_HEADER_BYTES, c->bytes, n - CMSG_HEADER_BYTES);
	return space < room ? space : room;
}

static int write_cmsgs(const struct sut_msg *m, uint8_t *value, uint32_t *n)
{
	uint32_t used = 0;

	for (size_t i = 0; i < m->n_cmsg && *n - used >= CMSG_HEADER_BYTES; i++)
		used += write_cmsg(&m->cmsg[i], value + used, *n - used);
	*n = used;
	return 0;
}

/* Over IPv6, Linux has an address of the loopback network here. */
static struct sut_addr local4(const struct sock *k)
{
	static const struct sut_addr stand_in = { .family = 4, .b = { 127, 0, 0, 6 } };
	const struct sut_addr *local = &k->ops->local(k)->addr;

	return local->family == 6 && !addr_is_any(local) ? stand_in : *local;
}

int pktoptions_get4(struct sock *k, uint8_t *value, uint32_t *n)
{
	const struct arrival *a = &tcp_arrivals(k->tcb)->v4;
	const struct sock_opts *o = k->ops->opts(k);
	struct sut_cmsg room[PKTOPTIONS_MAX];
	struct sut_msg m = { .cmsg = room, .max_cmsg = PKTOPTIONS_MAX };
	struct sut_addr local = local4(k);

	if (o->pktinfo4)
		msg_put_pktinfo4(&m, &local, a->is_known ? INTERFACE_INDEX : 0);
	if (o->recvttl)
		msg_put_int(&m, LEVEL_IP, CMSG_IP_TTL, a->ttl);
	if (o->recvtos)
		msg_put_int(&m, LEVEL_IP, CMSG_IP_TOS, a->tos);
	return write_cmsgs(&m, value, n);
}

int pktoptions_get6(struct sock *k, uint8_t *value, uint32_t *n)
{
	static const struct sut_addr none = { .family = 6 };
	const struct arrivals *seen = tcp_arrivals(k->tcb);
	const struct arrival *a = seen->syn.is_known ? &seen->syn : &seen->v6;
	const struct sock_opts *o = k->ops->opts(k);
	struct sut_cmsg room[PKTOPTIONS_MAX];
	struct sut_msg m = { .cmsg = room, .max_cmsg = PKTOPTIONS_MAX };

	if (o->pktinfo6)
		msg_put_pktinfo6(&m, a->is_known ? &a->addr : &none,
				 a->is_known ? INTERFACE_INDEX : 0);
	if (o->recvhops)
		msg_put_int(&m, LEVEL_IPV6, CMSG_IPV6_HOPLIMIT, a->ttl);
	if (o->recvtclass)
		msg_put_int(&m, LEVEL_IPV6, CMSG_IPV6_TCLASS, a->tos);
	return write_cmsgs(&m, value, n);
}
