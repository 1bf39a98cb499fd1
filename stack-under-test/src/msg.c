/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>

#include "bytes.h"
#include "codec.h"
#include "sock.h"

/* Message parts, control messages, and the error queue that is read with them. */

enum { SOCKADDR4_BYTES = 16, SOCKADDR6_BYTES = 28, EXTENDED_ERR_BYTES = 16 };
enum { CMSG_IP_RECVERR = 11, CMSG_IPV6_RECVERR = 25, CMSG_TIMESTAMP = 29 };
enum { CMSG_RIGHTS = 1, CMSG_CREDENTIALS = 2, CMSG_MARK = 36, CMSG_TIMESTAMPING = 37 };

size_t msg_bytes(const struct sut_msg *m)
{
	size_t n = 0;

	for (size_t i = 0; i < m->n_iov; i++) {
		if (m->iov[i].bytes > SIZE_MAX - 1 - n)
			return SIZE_MAX;
		n += m->iov[i].bytes;
	}
	return n;
}

size_t msg_scatter(const struct sut_msg *m, const uint8_t *bytes, size_t n)
{
	size_t done = 0;

	for (size_t i = 0; i < m->n_iov && done < n; i++) {
		size_t len = m->iov[i].bytes < n - done ? m->iov[i].bytes : n - done;

		if (m->iov[i].base && len)
			memcpy(m->iov[i].base, bytes + done, len);
		done += len;
	}
	return done;
}

void msg_gather(const struct sut_msg *m, uint8_t *out)
{
	for (size_t i = 0; i < m->n_iov; i++) {
		if (!m->iov[i].bytes)
			continue;
		if (m->iov[i].base)
			memcpy(out, m->iov[i].base, m->iov[i].bytes);
		else
			memset(out, 0, m->iov[i].bytes);
		out += m->iov[i].bytes;
	}
}

void msg_put(struct sut_msg *m, int level, int type, const void *bytes, size_t n)
{
	struct sut_cmsg *c;

	if (m->n_cmsg >= m->max_cmsg || n > sizeof(c->bytes)) {
		m->flags |= MSG_CTRUNC;
		return;
	}
	c = &m->cmsg[m->n_cmsg++];
	c->level = level;
	c->type = type;
	c->n_bytes = (uint32_t)n;
	memcpy(c->bytes, bytes, n);
}

void msg_put_int(struct sut_msg *m, int level, int type, int value)
{
	msg_put(m, level, type, &value, sizeof(value));
}

void msg_put_pktinfo4(struct sut_msg *m, const struct sut_addr *to, int interface)
{
	uint8_t b[12];

	memcpy(b, &interface, 4);
	memcpy(b + 4, to->b, 4);
	memcpy(b + 8, to->b, 4);
	msg_put(m, LEVEL_IP, CMSG_IP_PKTINFO, b, sizeof(b));
}

void msg_put_pktinfo6(struct sut_msg *m, const struct sut_addr *to, int interface)
{
	struct sut_addr mapped = codec_addr_map(to);
	uint8_t b[20];

	memcpy(b, mapped.b, 16);
	memcpy(b + 16, &interface, 4);
	msg_put(m, LEVEL_IPV6, CMSG_IPV6_PKTINFO, b, sizeof(b));
}

void msg_put_timestamp(struct sut_msg *m, int64_t at_ns)
{
	int64_t timeval[2] = { at_ns / NS_PER_S, at_ns % NS_PER_S / NS_PER_US };

	msg_put(m, LEVEL_SOCKET, CMSG_TIMESTAMP, timeval, sizeof(timeval));
}

int msg_check_socket_cmsg(const struct sut_cmsg *c)
{
	switch (c->type) {
	case CMSG_RIGHTS:
	case CMSG_CREDENTIALS:
	case CMSG_MARK:
		return 0;
	case CMSG_TIMESTAMPING:
		return SUT_EOPNOTSUPP;
	default:
		return SUT_EINVAL;
	}
}

/* ---- error queue ---- */

bool err_push(struct sock *k, const struct err_entry *e, const uint8_t *bytes, size_t n)
{
	struct err_entry *copy = mem_alloc(k->s, sizeof(*copy) + n);

	if (!copy)
		return false;
	*copy = *e;
	copy->next = NULL;
	copy->n = n;
	if (n)
		memcpy(copy->bytes, bytes, n);
	if (k->err_last)
		k->err_last->next = copy;
	else
		k->err_first = copy;
	k->err_last = copy;
	sock_wake(k, POLL_ERR);
	return true;
}

static struct err_entry *err_pop(struct sock *k)
{
	struct err_entry *e = k->err_first;

	if (!e)
		return NULL;
	k->err_first = e->next;
	if (!k->err_first)
		k->err_last = NULL;
	return e;
}

void err_clear(struct sock *k)
{
	for (struct err_entry *e = err_pop(k); e; e = err_pop(k))
		mem_free(k->s, e);
}

/* The numbers of a socket address are in network order, of the rest in the machine's. */
static size_t put_sockaddr(uint8_t *out, uint8_t family, const struct sut_addr *a)
{
	uint16_t af = family == 6 ? DOMAIN_INET6 : DOMAIN_INET;
	size_t n = family == 6 ? SOCKADDR6_BYTES : SOCKADDR4_BYTES;

	memset(out, 0, n);
	if (!a->family)
		return n;
	memcpy(out, &af, sizeof(af));
	memcpy(out + (family == 6 ? 8 : 4), a->b, addr_bytes(a));
	return n;
}

static void put_extended_error(const struct sock *k, struct sut_msg *m, const struct err_entry *e)
{
	uint8_t b[EXTENDED_ERR_BYTES + SOCKADDR6_BYTES] = { 0 };
	bool is_v6 = k->family == 6;
	struct sut_addr offender = is_v6 ? codec_addr_map(&e->offender) : e->offender;
	int type = is_v6 ? CMSG_IPV6_RECVERR : CMSG_IP_RECVERR;
	size_t n;

	memcpy(b, &e->error, 4);
	b[4] = e->origin;
	b[5] = e->type;
	b[6] = e->code;
	memcpy(b + 8, &e->info, 4);
	memcpy(b + 12, &e->data, 4);
	n = EXTENDED_ERR_BYTES + put_sockaddr(b + EXTENDED_ERR_BYTES, k->family, &offender);
	msg_put(m, is_v6 ? LEVEL_IPV6 : LEVEL_IP, type, b, n);
}

int64_t err_receive(struct sock *k, struct sut_msg *m)
{
	struct err_entry *e = err_pop(k);
	size_t n;

	if (!e)
		return SUT_EAGAIN;
	n = msg_scatter(m, e->bytes, e->n);
	if (n < e->n)
		m->flags |= MSG_TRUNC;
	if (e->name.addr.family)
		m->from = sock_export(k, &e->name);
	put_extended_error(k, m, e);
	m->flags |= MSG_ERRQUEUE;
	mem_free(k->s, e);
	return (int64_t)n;
}

bool sock_icmp_error(struct sock *k, const struct icmp_err *e, const uint8_t *payload, size_t n)
{
	const struct sock_opts *o = k ? k->ops->opts(k) : NULL;
	bool is_v6 = e->from.family == 6;
	struct err_entry entry = {
		.error = e->error ? (uint32_t)-e->error : (uint32_t)-SUT_EMSGSIZE,
		.origin = is_v6 ? ERR_ORIGIN_ICMP6 : ERR_ORIGIN_ICMP, .type = e->type,
		.code = e->code, .info = e->mtu_bytes, .offender = e->from, .name = e->remote,
	};

	/* the family on the wire decides: mapped sockets ask with IP_RECVERR */
	if (!o || !(is_v6 ? o->recverr6 : o->recverr4))
		return false;
	return err_push(k, &entry, payload, n);
}
