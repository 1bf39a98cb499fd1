/* SPDX-License-Identifier: BSD-2-Clause */
/* Arguments to memory, by kind. */
#include <netinet/in.h>
#include <poll.h>
#include <stdalign.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <time.h>

#include "base/arena.h"
#include "base/err.h"
#include "target/kernel_call_impl.h"

enum {
	POPULATE_MAX_BYTES = 16 * 1024 * 1024,  /* larger ones are hardly ever sent in full */
	EPOLL_MAX_EVENTS = 65536,
	ECHO_HEADER_BYTES = 8,
	ECHO_REQUEST_V4 = 8,                    /* ICMP type [RFC792] */
	ECHO_REQUEST_V6 = 128,                  /* ICMPv6 type [RFC4443 4.1] */
};

/* Pages of zeros. Those to be sent are filled in now, lest they all be the one shared zero page. */
static void *map_pages(struct kernel_call *kc, size_t n, bool is_sent)
{
	struct region *r = ARENA_NEW(kc->a, struct region);
	int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE;

	if (is_sent && n <= POPULATE_MAX_BYTES)
		flags |= MAP_POPULATE;
	r->n_bytes = n ? n : 1;
	r->is_sent = is_sent;
	r->p = mmap(NULL, r->n_bytes, PROT_READ | PROT_WRITE, flags, -1, 0);
	if (r->p == MAP_FAILED)
		return NULL;
	r->next = kc->regions;
	kc->regions = r;
	if (is_sent && kc->payload.is_numbered) {
		payload_fill(kc->payload, r->p, n < POPULATE_MAX_BYTES ? n : POPULATE_MAX_BYTES);
		kc->payload = payload_moved(kc->payload, n);
	}
	return r->p;
}

static int get_option(int fd, int option)
{
	int value = -1;
	socklen_t len = sizeof(value);

	return getsockopt(fd, SOL_SOCKET, option, &value, &len) == 0 ? value : -1;
}

/* A ping socket takes an echo request, so what is sent begins with that type [language 4.4]. */
static void put_echo_type(struct kernel_call *kc, void *first, size_t n)
{
	int fd = (int)kc->slot[0].n;
	int protocol;

	if (n < ECHO_HEADER_BYTES || get_option(fd, SO_TYPE) != SOCK_DGRAM)
		return;
	protocol = get_option(fd, SO_PROTOCOL);
	if (protocol == IPPROTO_ICMP)
		*(uint8_t *)first = ECHO_REQUEST_V4;
	if (protocol == IPPROTO_ICMPV6)
		*(uint8_t *)first = ECHO_REQUEST_V6;
}

static int put_buffer(struct kernel_call *kc, size_t i, bool is_sent)
{
	struct slot *s = &kc->slot[i];

	if (kc->req->arg[i].is_null)
		return 0;
	s->n_bytes = (size_t)kc->req->arg[i + 1].num;
	s->p = map_pages(kc, s->n_bytes, is_sent);
	if (!s->p)
		return -ERR_RANGE;
	if (is_sent)
		put_echo_type(kc, s->p, s->n_bytes);
	return 0;
}

static struct iovec *make_iov(struct kernel_call *kc, const size_t *bytes, size_t n, bool is_sent)
{
	struct iovec *iov = ARENA_ARRAY(kc->a, struct iovec, n + 1);
	void *first = NULL;
	size_t total = 0;

	for (size_t i = 0; i < n; i++) {
		iov[i].iov_len = bytes[i];
		iov[i].iov_base = map_pages(kc, bytes[i], is_sent);
		if (!iov[i].iov_base)
			return NULL;
		if (!first && bytes[i])
			first = iov[i].iov_base;
		total += bytes[i];
	}
	if (is_sent && first)
		put_echo_type(kc, first, total);
	return iov;
}

static int put_iov(struct kernel_call *kc, size_t i, bool is_sent)
{
	const struct call_arg *arg = &kc->req->arg[i];

	kc->slot[i].p = make_iov(kc, arg->u.iov.bytes, arg->u.iov.n, is_sent);
	return kc->slot[i].p ? 0 : -ERR_RANGE;
}

/* The length of the address, 0 when there is none. */
static socklen_t fill_sockaddr(const struct ip_addr *ip, uint16_t port,
			       struct sockaddr_storage *out)
{
	struct sockaddr_in in = { .sin_family = AF_INET, .sin_port = htons(port) };
	struct sockaddr_in6 in6 = { .sin6_family = AF_INET6, .sin6_port = htons(port) };

	if (ip->family == 4) {
		memcpy(&in.sin_addr, ip->b, sizeof(in.sin_addr));
		memcpy(out, &in, sizeof(in));
		return sizeof(in);
	}
	if (ip->family == 6) {
		memcpy(&in6.sin6_addr, ip->b, sizeof(in6.sin6_addr));
		memcpy(out, &in6, sizeof(in6));
		return sizeof(in6);
	}
	return 0;
}

static int put_address(struct kernel_call *kc, size_t i, const struct ip_addr *ip, uint16_t port)
{
	struct sockaddr_storage *addr;

	if (kc->req->arg[i].is_null)
		return 0;
	addr = ARENA_NEW(kc->a, struct sockaddr_storage);
	kc->slot[i].p = addr;
	kc->slot[i].n_bytes = fill_sockaddr(ip, port, addr);
	return 0;
}

static int put_family(struct kernel_call *kc, size_t i)
{
	struct sockaddr_storage *addr = ARENA_NEW(kc->a, struct sockaddr_storage);
	int64_t family = kc->req->arg[i].num;

	addr->ss_family = (sa_family_t)family;
	kc->slot[i].p = addr;
	kc->slot[i].n_bytes = family == AF_INET6 ? sizeof(struct sockaddr_in6)
						 : sizeof(struct sockaddr_in);
	return 0;
}

static int put_address_room(struct kernel_call *kc, size_t i)
{
	if (!kc->req->arg[i].is_null) {
		kc->slot[i].p = ARENA_NEW(kc->a, struct sockaddr_storage);
		kc->slot[i].n_bytes = sizeof(struct sockaddr_storage);
	}
	return 0;
}

/* By value behind an address that is given, by reference behind one that is asked for. */
static int put_address_len(struct kernel_call *kc, size_t i)
{
	const struct call_arg *arg = &kc->req->arg[i], *addr = arg - 1;
	struct slot *s = &kc->slot[i];

	s->n = arg->is_any ? (int64_t)kc->slot[i - 1].n_bytes : arg->num;
	s->len = (socklen_t)s->n;
	if (s->len > sizeof(struct sockaddr_storage) && addr->kind == ARG_ADDR_RESULT)
		s->len = sizeof(struct sockaddr_storage);
	if (addr->kind == ARG_ADDR_RESULT && !addr->is_null)
		s->p = &s->len;
	return 0;
}

/* What a script sends has 4 bytes of data, or those of a string [language 4.3]. */
static void add_cmsg(struct msghdr *m, const struct call_cmsg *c, struct cmsghdr **at)
{
	int32_t num = (int32_t)c->num;
	size_t n = call_cmsg_data_bytes(c);

	*at = *at ? CMSG_NXTHDR(m, *at) : CMSG_FIRSTHDR(m);
	(*at)->cmsg_level = c->level;
	(*at)->cmsg_type = c->type;
	(*at)->cmsg_len = CMSG_LEN(n);
	memcpy(CMSG_DATA(*at), c->kind == CMSG_DATA_BYTES ? c->bytes : (const uint8_t *)&num, n);
}

/* Room for exactly the expected messages: one more shows as MSG_CTRUNC [language 4.7]. */
static void make_control(struct kernel_call *kc, const struct call_msg *msg, bool is_sent,
			 struct msghdr *out)
{
	struct cmsghdr *at = NULL;

	for (const struct call_cmsg *c = msg->cmsgs; c; c = c->next)
		out->msg_controllen += CMSG_SPACE(call_cmsg_data_bytes(c));
	if (!out->msg_controllen)
		return;
	out->msg_control = arena_alloc(kc->a, out->msg_controllen, alignof(struct cmsghdr));
	for (const struct call_cmsg *c = msg->cmsgs; is_sent && c; c = c->next)
		add_cmsg(out, c, &at);
}

static int make_msg(struct kernel_call *kc, const struct call_msg *msg, bool is_sent,
		    struct msghdr *out)
{
	const struct call_addresses *peer = kc->req->addresses;

	out->msg_iov = make_iov(kc, msg->iov_bytes, msg->n_iov, is_sent);
	out->msg_iovlen = msg->n_iov;
	if (!out->msg_iov)
		return -ERR_RANGE;
	if (msg->has_name) {
		struct sockaddr_storage *name = ARENA_NEW(kc->a, struct sockaddr_storage);

		out->msg_name = name;
		out->msg_namelen = is_sent ? fill_sockaddr(&peer->remote, peer->connect_port, name)
					   : sizeof(*name);
	}
	make_control(kc, msg, is_sent, out);
	return 0;
}

/* A list of mmsghdr; recvmsg and sendmsg take the msghdr at its front. */
static int put_msgs(struct kernel_call *kc, size_t i, bool is_sent)
{
	const struct call_arg *arg = &kc->req->arg[i];
	struct mmsghdr *list = ARENA_ARRAY(kc->a, struct mmsghdr, arg->u.msgs.n + 1);

	kc->slot[i].p = list;
	for (size_t k = 0; k < arg->u.msgs.n; k++) {
		int rc = make_msg(kc, &arg->u.msgs.list[k], is_sent, &list[k].msg_hdr);

		if (rc < 0)
			return rc;
	}
	return 0;
}

static int put_poll(struct kernel_call *kc, size_t i)
{
	const struct call_arg *arg = &kc->req->arg[i];
	struct pollfd *fds;

	if (arg->is_null)
		return 0;
	fds = ARENA_ARRAY(kc->a, struct pollfd, arg->u.poll.n + 1);
	for (size_t k = 0; k < arg->u.poll.n; k++) {
		fds[k].fd = (int)arg->u.poll.list[k].fd;
		fds[k].events = arg->u.poll.list[k].events;
	}
	kc->slot[i].p = fds;
	return 0;
}

static int put_epoll(struct kernel_call *kc, size_t i)
{
	const struct call_arg *arg = &kc->req->arg[i];
	struct epoll_event *ev;

	if (arg->is_null)
		return 0;
	ev = ARENA_NEW(kc->a, struct epoll_event);
	ev->events = arg->u.epoll->events;
	ev->data.u64 = arg->u.epoll->data;
	kc->slot[i].p = ev;
	return 0;
}

static int put_epoll_room(struct kernel_call *kc, size_t i)
{
	int64_t n = kc->req->arg[i + 1].num;

	if (kc->req->arg[i].is_null)
		return 0;
	n = n < 1 ? 1 : n > EPOLL_MAX_EVENTS ? EPOLL_MAX_EVENTS : n;
	kc->slot[i].p = ARENA_ARRAY(kc->a, struct epoll_event, (size_t)n);
	return 0;
}

/* The value with zeros behind it, if the script states a length beyond it. */
static int put_option(struct kernel_call *kc, size_t i)
{
	const struct call_arg *arg = &kc->req->arg[i], *len = arg + 1;
	const struct call_optval *opt = arg->u.opt;
	struct slot *s = &kc->slot[i];
	int32_t num;
	size_t n, room;

	if (arg->is_null)
		return 0;
	num = (int32_t)opt->num;
	n = opt->form == OPT_BYTES ? opt->n_bytes : sizeof(num);
	room = n;
	if (!len->is_any && len->num > (int64_t)n && len->num <= INT32_MAX)
		room = (size_t)len->num;
	s->n_bytes = n;
	s->p = map_pages(kc, room, false);
	if (!s->p)
		return -ERR_RANGE;
	memcpy(s->p, opt->form == OPT_BYTES ? opt->bytes : (const uint8_t *)&num, n);
	return 0;
}

static int put_option_room(struct kernel_call *kc, size_t i)
{
	const struct call_arg *arg = &kc->req->arg[i], *len = arg + 1;
	struct slot *s = &kc->slot[i];

	if (arg->is_null)
		return 0;
	s->n_bytes = len->is_any ? call_optval_room(arg->u.opt) : (size_t)len->num;
	s->p = arena_alloc(kc->a, s->n_bytes + 1, 16);
	return 0;
}

static int put_option_len(struct kernel_call *kc, size_t i)
{
	const struct call_arg *arg = &kc->req->arg[i];
	struct slot *s = &kc->slot[i];

	s->n = arg->is_any ? (int64_t)kc->slot[i - 1].n_bytes : arg->num;
	s->len = (socklen_t)s->n;
	s->p = arg->kind == ARG_OPTLEN_IN ? &s->len : NULL;
	return 0;
}

static int put_memory(struct kernel_call *kc, size_t i, size_t n)
{
	kc->slot[i].n_bytes = n;
	kc->slot[i].p = arena_alloc(kc->a, n, alignof(int64_t));
	return 0;
}

static int put_offset(struct kernel_call *kc, size_t i)
{
	off_t *at;

	if (kc->req->arg[i].is_null)
		return 0;
	at = ARENA_NEW(kc->a, off_t);
	*at = (off_t)kc->req->arg[i].num;
	kc->slot[i].p = at;
	return 0;
}

static int put_timeout(struct kernel_call *kc, size_t i)
{
	const struct call_arg *arg = &kc->req->arg[i];
	struct timespec *ts;

	if (arg->is_null)
		return 0;
	ts = ARENA_NEW(kc->a, struct timespec);
	ts->tv_sec = (time_t)(arg->num / 1000000000);
	ts->tv_nsec = (long)(arg->num % 1000000000);
	kc->slot[i].p = ts;
	return 0;
}

int kernel_call_marshal(struct kernel_call *kc, size_t i)
{
	const struct call_addresses *addr = kc->req->addresses;
	const struct call_arg *arg = &kc->req->arg[i];

	switch (arg->kind) {
	case ARG_INT: case ARG_DOMAIN: case ARG_FD: case ARG_FD_NEW: case ARG_LEN: case ARG_COUNT:
		kc->slot[i].n = arg->num;
		return 0;
	case ARG_NULL: case ARG_KIND_COUNT: return 0;
	case ARG_BUF_OUT: return put_buffer(kc, i, true);
	case ARG_BUF_IN: return put_buffer(kc, i, false);
	case ARG_ADDR_LOCAL: return put_address(kc, i, &addr->local, addr->bind_port);
	case ARG_ADDR_REMOTE: return put_address(kc, i, &addr->remote, addr->connect_port);
	case ARG_ADDR_GIVEN: return put_address(kc, i, &arg->u.addr.ip, arg->u.addr.port);
	case ARG_ADDR_FAMILY: return put_family(kc, i);
	case ARG_ADDR_RESULT: return put_address_room(kc, i);
	case ARG_ADDR_LEN: return put_address_len(kc, i);
	case ARG_IOV: return put_iov(kc, i, true);
	case ARG_IOV_IN: return put_iov(kc, i, false);
	case ARG_MSG: case ARG_MSG_LIST: return put_msgs(kc, i, true);
	case ARG_MSG_IN: case ARG_MSG_LIST_IN: return put_msgs(kc, i, false);
	case ARG_POLL: return put_poll(kc, i);
	case ARG_EPOLL_EVENT: return put_epoll(kc, i);
	case ARG_EPOLL_IN: return put_epoll_room(kc, i);
	case ARG_OPTVAL: return put_option(kc, i);
	case ARG_OPTVAL_IN: return put_option_room(kc, i);
	case ARG_OPTLEN: case ARG_OPTLEN_IN: return put_option_len(kc, i);
	case ARG_INT_RESULT: return put_memory(kc, i, sizeof(int64_t));
	case ARG_OFFSET: return put_offset(kc, i);
	case ARG_FD_PAIR: return put_memory(kc, i, 2 * sizeof(int));
	case ARG_STRING:
		kc->slot[i].p = arena_strdup(kc->a, arg->text);
		return 0;
	case ARG_TIMEOUT: return put_timeout(kc, i);
	}
	return 0;
}
