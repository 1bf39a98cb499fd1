/* SPDX-License-Identifier: BSD-2-Clause */
/* What a call left in memory to its result, by kind. */
#include <netinet/in.h>
#include <poll.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/uio.h>

#include "base/arena.h"
#include "target/kernel_call_impl.h"

/* Of sockets of these, all that is received was sent by the peer: no headers, no addresses. */
static bool carries_payload(int fd)
{
	static const int protocols[] = {
		IPPROTO_TCP, IPPROTO_UDP, IPPROTO_SCTP, IPPROTO_UDPLITE, 262 /* IPPROTO_MPTCP */,
	};
	int type = 0, protocol = 0;
	socklen_t len = sizeof(type);

	if (getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &len) < 0 || type == SOCK_RAW)
		return false;
	len = sizeof(protocol);
	if (getsockopt(fd, SOL_SOCKET, SO_PROTOCOL, &protocol, &len) < 0)
		return false;
	for (size_t i = 0; i < ARRAY_LEN(protocols); i++) {
		if (protocol == protocols[i])
			return true;
	}
	return false;
}

/* The number of a call that receives is its flags; the error queue holds what the stack says. */
static bool is_from_peer(const struct kernel_call *kc)
{
	const struct call_spec *spec = kc->req->spec;

	for (size_t i = 0; i < spec->n_args; i++) {
		if (kc->req->arg[i].kind == ARG_INT && (kc->req->arg[i].num & MSG_ERRQUEUE))
			return false;
	}
	return carries_payload((int)kc->slot[0].n);
}

/* Appends the first @n bytes of @iov to what was received. */
static void add_data(struct kernel_call *kc, const struct iovec *iov, size_t n_iov, size_t n,
		     struct call_result *res)
{
	size_t room = 0, at = res->n_data;

	for (size_t i = 0; i < n_iov; i++)
		room += iov[i].iov_len;
	if (n > room)
		n = room;       /* MSG_TRUNC counts what did not fit, too */
	if (!n)
		return;
	res->data = arena_grow(kc->a, res->data, at, at + n, 1);
	res->n_data = at + n;
	for (size_t i = 0; i < n_iov && n; i++) {
		size_t part = iov[i].iov_len < n ? iov[i].iov_len : n;

		memcpy(res->data + at, iov[i].iov_base, part);
		at += part;
		n -= part;
	}
	res->has_payload = is_from_peer(kc);
}

static void take_cmsgs(struct kernel_call *kc, struct msghdr *m, struct call_msg_result *out)
{
	struct call_cmsg **tail = &out->cmsgs;

	if (!m->msg_control)
		return;
	for (struct cmsghdr *h = CMSG_FIRSTHDR(m); h; h = CMSG_NXTHDR(m, h)) {
		struct call_cmsg *c = ARENA_NEW(kc->a, struct call_cmsg);

		if (h->cmsg_len < CMSG_LEN(0))
			return;
		c->level = h->cmsg_level;
		c->type = h->cmsg_type;
		c->kind = CMSG_DATA_BYTES;
		c->n_bytes = h->cmsg_len - CMSG_LEN(0);
		c->bytes = (const uint8_t *)arena_strndup(kc->a, (const char *)CMSG_DATA(h),
							  c->n_bytes);
		*tail = c;
		tail = &c->next;
		out->n_cmsgs++;
	}
}

static void take_msgs(struct kernel_call *kc, size_t i, size_t n, struct call_result *res)
{
	enum arg_kind kind = kc->req->arg[i].kind;
	bool is_list = kind == ARG_MSG_LIST || kind == ARG_MSG_LIST_IN;
	struct mmsghdr *list = kc->slot[i].p;

	res->n_msgs = n;
	res->msgs = ARENA_ARRAY(kc->a, struct call_msg_result, n);
	for (size_t k = 0; k < n; k++) {
		struct call_msg_result *out = &res->msgs[k];
		struct msghdr *m = &list[k].msg_hdr;

		out->len = is_list ? list[k].msg_len : kc->value;
		out->flags = m->msg_flags;
		if (kind == ARG_MSG || kind == ARG_MSG_LIST)
			continue;
		add_data(kc, m->msg_iov, m->msg_iovlen, (size_t)out->len, res);
		take_cmsgs(kc, m, out);
	}
}

static void take_revents(struct kernel_call *kc, size_t i, struct call_result *res)
{
	size_t n = kc->req->arg[i].u.poll.n;
	const struct pollfd *fds = kc->slot[i].p;

	if (!fds)
		return;
	res->n_revents = n;
	res->revents = ARENA_ARRAY(kc->a, int16_t, n);
	for (size_t k = 0; k < n; k++)
		res->revents[k] = fds[k].revents;
}

static void take_epoll(struct kernel_call *kc, size_t i, struct call_result *res)
{
	const struct epoll_event *ev = kc->slot[i].p;

	res->n_epoll = (size_t)kc->value;
	if (!ev || !res->n_epoll)
		return;
	res->epoll.events = ev->events;
	res->epoll.data_kind = EPOLL_DATA_U64;
	res->epoll.data = ev->data.u64;
}

static void take_address(struct kernel_call *kc, size_t i, struct call_result *res)
{
	const struct sockaddr_storage *addr = kc->slot[i].p;
	struct sockaddr_in in;
	struct sockaddr_in6 in6;

	if (!addr)
		return;
	if (addr->ss_family == AF_INET) {
		memcpy(&in, addr, sizeof(in));
		res->addr.family = 4;
		memcpy(res->addr.b, &in.sin_addr, sizeof(in.sin_addr));
		res->port = ntohs(in.sin_port);
	}
	if (addr->ss_family == AF_INET6) {
		memcpy(&in6, addr, sizeof(in6));
		res->addr.family = 6;
		memcpy(res->addr.b, &in6.sin6_addr, sizeof(in6.sin6_addr));
		res->port = ntohs(in6.sin6_port);
	}
}

/* Also of a call that failed: value and length are then as they were before [language 4.6]. */
static void take_option(struct kernel_call *kc, size_t i, struct call_result *res)
{
	struct slot *s = &kc->slot[i];
	size_t n = kc->slot[i + 1].len;

	if (!s->p)
		return;
	res->n_opt = n < s->n_bytes ? n : s->n_bytes;
	res->opt = s->p;
}

static void take_fd_pair(struct kernel_call *kc, size_t i, struct call_result *res)
{
	int fds[2];

	memcpy(fds, kc->slot[i].p, sizeof(fds));
	res->fd_pair[0] = fds[0];
	res->fd_pair[1] = fds[1];
}

static void take_buffer(struct kernel_call *kc, size_t i, struct call_result *res)
{
	struct iovec one = { .iov_base = kc->slot[i].p, .iov_len = kc->slot[i].n_bytes };

	if (one.iov_base)
		add_data(kc, &one, 1, (size_t)kc->value, res);
}

static void take_int(struct kernel_call *kc, size_t i, struct call_result *res)
{
	int value;

	memcpy(&value, kc->slot[i].p, sizeof(value));
	res->int_result = value;
}

static void take_offset(struct kernel_call *kc, size_t i, struct call_result *res)
{
	off_t at;

	if (!kc->slot[i].p)
		return;
	memcpy(&at, kc->slot[i].p, sizeof(at));
	res->int_result = at;
}

void kernel_call_collect(struct kernel_call *kc, size_t i, struct call_result *res)
{
	const struct call_arg *arg = &kc->req->arg[i];

	if (arg->kind == ARG_OPTVAL_IN)
		take_option(kc, i, res);
	if (kc->value < 0)
		return;
	switch (arg->kind) {
	case ARG_BUF_IN: take_buffer(kc, i, res); return;
	case ARG_IOV_IN:
		add_data(kc, kc->slot[i].p, arg->u.iov.n, (size_t)kc->value, res);
		return;
	case ARG_MSG: case ARG_MSG_IN: take_msgs(kc, i, 1, res); return;
	case ARG_MSG_LIST: case ARG_MSG_LIST_IN: take_msgs(kc, i, (size_t)kc->value, res); return;
	case ARG_POLL: take_revents(kc, i, res); return;
	case ARG_EPOLL_IN: take_epoll(kc, i, res); return;
	case ARG_ADDR_RESULT: take_address(kc, i, res); return;
	case ARG_INT_RESULT: take_int(kc, i, res); return;
	case ARG_OFFSET: take_offset(kc, i, res); return;
	case ARG_FD_PAIR: take_fd_pair(kc, i, res); return;
	case ARG_INT: case ARG_DOMAIN: case ARG_FD: case ARG_FD_NEW: case ARG_LEN: case ARG_COUNT:
	case ARG_BUF_OUT: case ARG_ADDR_LOCAL: case ARG_ADDR_REMOTE: case ARG_ADDR_FAMILY:
	case ARG_ADDR_GIVEN: case ARG_ADDR_LEN: case ARG_IOV: case ARG_EPOLL_EVENT: case ARG_OPTVAL:
	case ARG_OPTVAL_IN: case ARG_OPTLEN: case ARG_OPTLEN_IN: case ARG_STRING: case ARG_NULL:
	case ARG_TIMEOUT: case ARG_KIND_COUNT:
		return;
	}
}
