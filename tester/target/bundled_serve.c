/* SPDX-License-Identifier: BSD-2-Clause */
/* One server per call of the bundled stack, but those that carry data (bundled_serve_data.c). */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sut.h>
#include <sys/socket.h>

#include "base/arena.h"
#include "target/bundled_impl.h"
#include "target/clock.h"

enum {
	SOCKADDR_IN_BYTES = 16,
	SOCKADDR_IN6_BYTES = 28,
	OPTION_MAX_BYTES = 64 * 1024,
	POLL_MAX = 1024,
	EPOLL_MAX_EVENTS = 4096,
};

static int64_t num(const struct bundled_call *c, size_t i)
{
	return c->req.arg[i].num;
}

static int handle_at(const struct bundled_call *c, size_t i)
{
	int64_t h = num(c, i);

	return h < 0 || h > INT32_MAX ? -1 : (int)h;
}

static struct sut *stack(const struct bundled_call *c)
{
	return c->target->sut;
}

/* ---- addresses ---- */

static void endpoint_from(const struct ip_addr *ip, uint16_t port, struct sut_endpoint *out)
{
	out->addr.family = ip->family;
	memcpy(out->addr.b, ip->b, sizeof(out->addr.b));
	out->port = port;
}

int bundled_endpoint(const struct bundled_call *c, size_t i, struct sut_endpoint *out)
{
	const struct call_addresses *addr = c->req.addresses;
	const struct call_arg *arg = &c->req.arg[i], *len = arg + 1;
	struct ip_addr zero = { .family = arg->num == AF_INET6 ? 6 : arg->num == AF_INET ? 4 : 0 };

	*out = (struct sut_endpoint){ 0 };
	if (arg->is_null)
		return -EFAULT;
	if (arg->kind == ARG_ADDR_LOCAL)
		endpoint_from(&addr->local, addr->bind_port, out);
	else if (arg->kind == ARG_ADDR_REMOTE)
		endpoint_from(&addr->remote, addr->connect_port, out);
	else if (arg->kind == ARG_ADDR_GIVEN)
		endpoint_from(&arg->u.addr.ip, arg->u.addr.port, out);
	else
		endpoint_from(&zero, 0, out);
	if (!len->is_any && out->addr.family &&
	    len->num < (out->addr.family == 6 ? SOCKADDR_IN6_BYTES : SOCKADDR_IN_BYTES))
		return -EINVAL;
	return 0;
}

void bundled_give_address(struct bundled_call *c, size_t i, const struct sut_endpoint *from)
{
	if (c->req.arg[i].is_null || !from->addr.family)
		return;
	c->res->addr.family = from->addr.family;
	memcpy(c->res->addr.b, from->addr.b, sizeof(c->res->addr.b));
	c->res->port = from->port;
}

/* ---- sockets ---- */

static int64_t serve_socket(struct bundled_call *c)
{
	return sut_socket(stack(c), (int)num(c, 0), (int)num(c, 1), (int)num(c, 2));
}

static int64_t serve_bind(struct bundled_call *c)
{
	struct sut_endpoint local;
	int rc = bundled_endpoint(c, 1, &local);

	return rc < 0 ? rc : sut_bind(stack(c), handle_at(c, 0), &local);
}

static int64_t serve_listen(struct bundled_call *c)
{
	return sut_listen(stack(c), handle_at(c, 0), (int)num(c, 1));
}

static int64_t accept_with(struct bundled_call *c, int flags)
{
	struct sut_endpoint peer = { 0 };
	int h = handle_at(c, 0);
	int rc = sut_accept(stack(c), h, flags, &peer);

	if (rc == SUT_EAGAIN && bundled_may_block(c, h, 0))
		return bundled_block(c, h, SUT_WAIT_READ, SO_RCVTIMEO);
	if (rc >= 0)
		bundled_give_address(c, 1, &peer);
	return rc;
}

static int64_t serve_accept(struct bundled_call *c)
{
	return accept_with(c, 0);
}

static int64_t serve_accept4(struct bundled_call *c)
{
	return accept_with(c, (int)num(c, 3));
}

/* A connection that was waited for is there, or the socket's error says why not. */
static int64_t connect_ended(struct bundled_call *c, int h)
{
	int32_t error = 0;
	uint32_t n = sizeof(error);
	int rc = sut_getsockopt(stack(c), h, SOL_SOCKET, SO_ERROR, &error, &n);

	return rc < 0 ? rc : -error;
}

static int64_t serve_connect(struct bundled_call *c)
{
	struct sut_endpoint peer;
	int h = handle_at(c, 0);
	int rc = bundled_endpoint(c, 1, &peer);

	if (rc < 0)
		return rc;
	if (c->is_started && sut_ready(stack(c), h, SUT_WAIT_WRITE))
		return connect_ended(c, h);
	rc = c->is_started ? SUT_EINPROGRESS
			   : sut_connect(stack(c), h, peer.addr.family ? &peer : NULL);
	if ((rc != SUT_EINPROGRESS && rc != SUT_EALREADY) || !bundled_may_block(c, h, 0))
		return rc;
	c->is_started = true;
	return bundled_block(c, h, SUT_WAIT_WRITE, SO_SNDTIMEO);
}

static int64_t serve_shutdown(struct bundled_call *c)
{
	return sut_shutdown(stack(c), handle_at(c, 0), (int)num(c, 1));
}

static int64_t serve_close(struct bundled_call *c)
{
	int h = handle_at(c, 0);
	int rc = sut_close(stack(c), h);

	return rc == SUT_EAGAIN ? bundled_block(c, h, SUT_WAIT_CLOSE, 0) : rc;
}

static int64_t serve_dup(struct bundled_call *c)
{
	return sut_dup(stack(c), handle_at(c, 0), 0);
}

/* A label that is not open yet can get any handle, as labels are not handles. */
static int64_t serve_dup2(struct bundled_call *c)
{
	int from = handle_at(c, 0), to = handle_at(c, 1);

	if (to < 0 || from < 0)
		return sut_dup(stack(c), from, 0);
	if (from == to)
		return to;
	sut_close(stack(c), to);
	return sut_dup(stack(c), from, to);
}

static int64_t serve_fcntl(struct bundled_call *c)
{
	int64_t arg = c->req.spec->n_args > 2 ? num(c, 2) : 0;

	if (num(c, 1) == F_DUPFD || num(c, 1) == F_DUPFD_CLOEXEC)
		return arg < 0 || arg > INT32_MAX ? -EINVAL
						  : sut_dup(stack(c), handle_at(c, 0), (int)arg);
	return sut_fcntl(stack(c), handle_at(c, 0), (int)num(c, 1), arg);
}

static int64_t serve_ioctl(struct bundled_call *c)
{
	int value = 0;
	int rc = sut_ioctl(stack(c), handle_at(c, 0), (uint64_t)num(c, 1), &value);

	c->res->int_result = value;
	return rc;
}

static int64_t serve_getsockname(struct bundled_call *c)
{
	struct sut_endpoint e = { 0 };
	int rc = sut_getsockname(stack(c), handle_at(c, 0), &e);

	if (rc >= 0)
		bundled_give_address(c, 1, &e);
	return rc;
}

static int64_t serve_getpeername(struct bundled_call *c)
{
	struct sut_endpoint e = { 0 };
	int rc = sut_getpeername(stack(c), handle_at(c, 0), &e);

	if (rc >= 0)
		bundled_give_address(c, 1, &e);
	return rc;
}

/* ---- options ---- */

/* Also of a call that failed: value and length are then as they were before [language 4.6]. */
static int64_t serve_getsockopt(struct bundled_call *c)
{
	const struct call_arg *value = &c->req.arg[3], *len = &c->req.arg[4];
	int64_t room = len->is_any && !value->is_null ? (int64_t)call_optval_room(value->u.opt)
						      : len->num;
	uint32_t n;
	int rc;

	if (value->is_null || len->is_null)
		return -EFAULT;
	if (room < 0)
		return -EINVAL;
	n = (uint32_t)(room > OPTION_MAX_BYTES ? OPTION_MAX_BYTES : room);
	c->res->opt = arena_alloc(c->target->arena, n + 1, 16);
	rc = sut_getsockopt(stack(c), handle_at(c, 0), (int)num(c, 1), (int)num(c, 2),
			    c->res->opt, &n);
	c->res->n_opt = rc < 0 ? (size_t)room : n;
	if (c->res->n_opt > OPTION_MAX_BYTES)
		c->res->n_opt = OPTION_MAX_BYTES;
	return rc;
}

/* The value with zeros behind it, if the script states a length beyond it. */
static int64_t serve_setsockopt(struct bundled_call *c)
{
	const struct call_arg *value = &c->req.arg[3], *len = &c->req.arg[4];
	const struct call_optval *opt = value->u.opt;
	uint8_t *bytes;
	int32_t number;
	size_t n, room;

	if (!len->is_any && (len->num < 0 || len->num > OPTION_MAX_BYTES))
		return -EINVAL;
	if (value->is_null)
		return -EFAULT;
	number = (int32_t)opt->num;
	n = opt->form == OPT_BYTES ? opt->n_bytes : sizeof(number);
	room = len->is_any || (size_t)len->num < n ? n : (size_t)len->num;
	bytes = arena_alloc(c->target->arena, room + 1, 16);
	memcpy(bytes, opt->form == OPT_BYTES ? opt->bytes : (const uint8_t *)&number, n);
	return sut_setsockopt(stack(c), handle_at(c, 0), (int)num(c, 1), (int)num(c, 2), bytes,
			      (uint32_t)(len->is_any ? (int64_t)n : len->num));
}

/* ---- waiting for many ---- */

/* 0 at once; negative: for ever. */
static int64_t wait_for(struct bundled_call *c, int64_t timeout_ns)
{
	if (timeout_ns == 0 || c->is_over)
		return 0;
	c->wait = 0;
	if (!c->has_limit) {
		c->has_limit = true;
		c->limit_ns = timeout_ns < 0 ? INT64_MAX : sut_now(stack(c)) + timeout_ns;
	}
	return BUNDLED_BLOCKED;
}

static int64_t timeout_of(const struct bundled_call *c, size_t i)
{
	const struct call_arg *arg = &c->req.arg[i];

	if (arg->kind == ARG_TIMEOUT)
		return arg->is_null ? -1 : arg->num;
	return arg->num < 0 ? -1 : (int64_t)(int32_t)arg->num * NS_PER_MS;
}

static int64_t serve_poll(struct bundled_call *c)
{
	const struct call_arg *arg = &c->req.arg[0];
	size_t n = arg->is_null ? 0 : arg->u.poll.n;
	struct sut_pollfd *fd;
	int64_t rc;

	if (n > POLL_MAX)
		return -EINVAL;
	fd = ARENA_ARRAY(c->target->arena, struct sut_pollfd, n + 1);
	for (size_t i = 0; i < n; i++) {
		fd[i].h = (int)arg->u.poll.list[i].fd;
		fd[i].events = arg->u.poll.list[i].events;
	}
	rc = sut_poll(stack(c), fd, n);
	if (rc == 0)
		rc = wait_for(c, timeout_of(c, 2));
	if (rc < 0)
		return rc;
	c->res->n_revents = n;
	c->res->revents = ARENA_ARRAY(c->target->arena, int16_t, n + 1);
	for (size_t i = 0; i < n; i++)
		c->res->revents[i] = fd[i].revents;
	return rc;
}

static int64_t serve_epoll_create(struct bundled_call *c)
{
	return num(c, 0) <= 0 ? -EINVAL : sut_epoll_create(stack(c), 0);
}

static int64_t serve_epoll_create1(struct bundled_call *c)
{
	return sut_epoll_create(stack(c), (int)num(c, 0));
}

static int64_t serve_epoll_ctl(struct bundled_call *c)
{
	const struct call_arg *arg = &c->req.arg[3];
	struct sut_epoll_event ev = { 0 };

	if (!arg->is_null) {
		ev.events = arg->u.epoll->events;
		ev.data = arg->u.epoll->data;
	}
	return sut_epoll_ctl(stack(c), handle_at(c, 0), (int)num(c, 1), handle_at(c, 2),
			     arg->is_null ? NULL : &ev);
}

static int64_t serve_epoll_wait(struct bundled_call *c)
{
	int64_t max = num(c, 2), rc;
	struct sut_epoll_event *ev;

	if (max <= 0)
		return -EINVAL;
	if (max > EPOLL_MAX_EVENTS)
		max = EPOLL_MAX_EVENTS;
	ev = ARENA_ARRAY(c->target->arena, struct sut_epoll_event, (size_t)max);
	rc = sut_epoll_wait(stack(c), handle_at(c, 0), ev, (int)max);
	if (rc == 0)
		return wait_for(c, timeout_of(c, 3));
	if (rc < 0)
		return rc;
	c->res->n_epoll = (size_t)rc;
	c->res->epoll.events = ev->events;
	c->res->epoll.data_kind = EPOLL_DATA_U64;
	c->res->epoll.data = ev->data;
	return rc;
}

/* ---- all ---- */

bundled_server *bundled_server_of(enum call_id id)
{
	static bundled_server *const servers[CALL_COUNT] = {
		[CALL_SOCKET] = serve_socket, [CALL_BIND] = serve_bind,
		[CALL_LISTEN] = serve_listen, [CALL_ACCEPT] = serve_accept,
		[CALL_ACCEPT4] = serve_accept4, [CALL_CONNECT] = serve_connect,
		[CALL_READ] = bundled_serve_read, [CALL_READV] = bundled_serve_read,
		[CALL_RECV] = bundled_serve_recv, [CALL_RECVFROM] = bundled_serve_recv,
		[CALL_RECVMSG] = bundled_serve_recvmsg, [CALL_RECVMMSG] = bundled_serve_recvmmsg,
		[CALL_WRITE] = bundled_serve_write, [CALL_WRITEV] = bundled_serve_write,
		[CALL_SEND] = bundled_serve_send, [CALL_SENDTO] = bundled_serve_send,
		[CALL_SENDMSG] = bundled_serve_sendmsg, [CALL_SENDMMSG] = bundled_serve_sendmmsg,
		[CALL_FCNTL] = serve_fcntl, [CALL_IOCTL] = serve_ioctl,
		[CALL_CLOSE] = serve_close, [CALL_SHUTDOWN] = serve_shutdown,
		[CALL_GETSOCKOPT] = serve_getsockopt, [CALL_SETSOCKOPT] = serve_setsockopt,
		[CALL_GETSOCKNAME] = serve_getsockname, [CALL_GETPEERNAME] = serve_getpeername,
		[CALL_DUP] = serve_dup, [CALL_DUP2] = serve_dup2,
		[CALL_POLL] = serve_poll, [CALL_PPOLL] = serve_poll,
		[CALL_EPOLL_CREATE] = serve_epoll_create,
		[CALL_EPOLL_CREATE1] = serve_epoll_create1,
		[CALL_EPOLL_CTL] = serve_epoll_ctl, [CALL_EPOLL_WAIT] = serve_epoll_wait,
	};

	return servers[id];
}
