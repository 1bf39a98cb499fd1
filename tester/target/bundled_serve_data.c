/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Calls that carry data. What is sent are mostly zeros, of which the stack needs no copy; what is
 * received comes in a row, as a script does not say which buffer gets which byte. Where Linux blocks until
 * all is sent or enough has come, the attempts add up in bundled_call.done.
 */
#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sut.h>
#include <sys/socket.h>

#include "base/arena.h"
#include "target/bundled_impl.h"

/* The most that one call moves on Linux. */
static const uint64_t call_max_bytes = 0x7ffff000;
/* More cannot be waiting in a receive buffer. */
static const uint64_t room_max_bytes = 16 * 1024 * 1024;

/* What all of these calls come down to. */
struct transfer {
	int handle, flags;
	uint64_t bytes;                   /* to send, or room to receive */
	bool has_memory;                  /* NULL was not given */
	const struct call_msg *msg;       /* NULL: not a call with messages */
	struct sut_endpoint *peer;        /* NULL: none, or none wanted */
};

static int handle_of(const struct bundled_call *c)
{
	int64_t h = c->req.arg[0].num;

	return h < 0 || h > INT32_MAX ? -1 : (int)h;
}

static uint64_t sum_of(const size_t *bytes, size_t n)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < n && sum < call_max_bytes; i++)
		sum += bytes[i] < call_max_bytes ? bytes[i] : call_max_bytes;
	return sum < call_max_bytes ? sum : call_max_bytes;
}

/* From the arguments of read, readv, recv, recvfrom and their sending kin; 0 or -EINVAL. */
static int plain_transfer(const struct bundled_call *c, struct transfer *t)
{
	const struct call_arg *buf = &c->req.arg[1], *len = &c->req.arg[2];

	*t = (struct transfer){ .handle = handle_of(c), .has_memory = !buf->is_null };
	if (buf->kind == ARG_IOV || buf->kind == ARG_IOV_IN) {
		t->bytes = sum_of(buf->u.iov.bytes, buf->u.iov.n);
		return 0;
	}
	if (len->num < 0)
		return -EINVAL;
	t->bytes = (uint64_t)len->num < call_max_bytes ? (uint64_t)len->num : call_max_bytes;
	return 0;
}

static struct transfer msg_transfer(const struct bundled_call *c, const struct call_msg *msg,
				    int flags, struct sut_endpoint *peer)
{
	return (struct transfer){ .handle = handle_of(c),
				  .flags = flags,
				  .bytes = sum_of(msg->iov_bytes, msg->n_iov),
				  .has_memory = true,
				  .msg = msg,
				  .peer = msg->has_name ? peer : NULL };
}

static int32_t int_option(const struct bundled_call *c, int h, int level, int name, int32_t fallback)
{
	int32_t value = 0;
	uint32_t n = sizeof(value);

	return sut_getsockopt(c->target->sut, h, level, name, &value, &n) == 0 ? value : fallback;
}

static bool is_stream(const struct bundled_call *c, int h)
{
	return int_option(c, h, SOL_SOCKET, SO_TYPE, SOCK_STREAM) == SOCK_STREAM;
}

/* ---- receiving ---- */

/* Urgent data and errors are there or not: nobody waits for them. */
static bool receive_may_block(const struct bundled_call *c, int h, int flags)
{
	return !(flags & (MSG_OOB | MSG_ERRQUEUE)) && bundled_may_block(c, h, flags);
}

/* How many bytes a call waits for. */
static uint64_t wanted_bytes(const struct bundled_call *c, const struct transfer *t)
{
	int32_t low = 1;

	if (!receive_may_block(c, t->handle, t->flags) || !is_stream(c, t->handle))
		return 1;
	if (t->flags & MSG_WAITALL)
		return t->bytes;
	low = int_option(c, t->handle, SOL_SOCKET, SO_RCVLOWAT, 1);
	return low > 0 && (uint64_t)low < t->bytes ? (uint64_t)low : t->bytes;
}

static void take_cmsgs(struct bundled_call *c, const struct sut_msg *m, struct call_msg_result *out)
{
	struct call_cmsg **tail = &out->cmsgs;

	for (size_t i = 0; i < m->n_cmsg; i++) {
		const struct sut_cmsg *from = &m->cmsg[i];
		struct call_cmsg *cmsg = ARENA_NEW(c->target->arena, struct call_cmsg);

		cmsg->level = from->level;
		cmsg->type = from->type;
		cmsg->kind = CMSG_DATA_BYTES;
		cmsg->n_bytes = from->n_bytes < sizeof(from->bytes) ? from->n_bytes
								    : sizeof(from->bytes);
		cmsg->bytes = (const uint8_t *)arena_strndup(c->target->arena,
							     (const char *)from->bytes,
							     cmsg->n_bytes);
		*tail = cmsg;
		tail = &cmsg->next;
		out->n_cmsgs++;
	}
}

/* One attempt to receive behind what is there already; with a message, its flags and so on go to
 * @out. Room for exactly the expected control messages: one more shows as MSG_CTRUNC. */
static int64_t receive_once(struct bundled_call *c, const struct transfer *t, uint64_t at,
			    struct call_msg_result *out)
{
	uint64_t room = t->bytes < room_max_bytes ? t->bytes : room_max_bytes;
	struct sut_iovec iov[2] = {
		{ at < room ? c->data + at : NULL, at < room ? room - at : 0 },
		{ NULL, t->bytes - (at > room ? at : room) },
	};
	struct sut_msg m = { .iov = iov, .n_iov = iov[1].bytes ? 2 : 1,
			     .max_cmsg = t->msg ? t->msg->n_cmsgs : 0 };
	int64_t n;

	if (m.max_cmsg)
		m.cmsg = ARENA_ARRAY(c->target->arena, struct sut_cmsg, m.max_cmsg);
	n = sut_recvmsg(c->target->sut, t->handle, &m, t->flags);
	if (n < 0)
		return n;
	if (t->peer)
		*t->peer = m.from;
	if (out) {
		*out = (struct call_msg_result){ .flags = m.flags };
		take_cmsgs(c, &m, out);
	}
	return n;
}

static int64_t receive(struct bundled_call *c, const struct transfer *t,
		       struct call_msg_result *out)
{
	bool is_peek = t->flags & MSG_PEEK;
	uint64_t want;

	if (!c->data)
		c->data = arena_alloc(c->target->arena,
				      t->bytes < room_max_bytes ? t->bytes + 1 : room_max_bytes, 1);
	want = wanted_bytes(c, t);
	for (;;) {
		int64_t n = receive_once(c, t, c->done, out);
		bool may_wait = receive_may_block(c, t->handle, t->flags);

		if (n == SUT_EAGAIN && may_wait)
			return bundled_block(c, t->handle, SUT_WAIT_READ, SO_RCVTIMEO);
		if (n < 0)
			return c->done ? (int64_t)c->done : n;
		if (is_peek && n > 0 && (uint64_t)n < want && may_wait)
			return bundled_block(c, t->handle, SUT_WAIT_READ, SO_RCVTIMEO);
		if (is_peek)
			return n;
		c->done += (uint64_t)n;
		if (n == 0 || !may_wait || c->done >= want)
			return (int64_t)c->done;
	}
}

/* The error queue holds what the stack says, not what a peer sent. */
static void give_data(struct bundled_call *c, const struct transfer *t, uint64_t n)
{
	uint64_t room = t->bytes < room_max_bytes ? t->bytes : room_max_bytes;

	c->res->data = c->data;
	c->res->n_data = n < room ? n : room;
	c->res->has_payload = c->res->n_data > 0 && !(t->flags & MSG_ERRQUEUE);
}

static int64_t receive_plain(struct bundled_call *c, struct transfer *t)
{
	int64_t n;

	/* Into NULL, only bytes that are thrown away can go. */
	if (!t->has_memory && t->bytes > 0 && !(t->flags & MSG_TRUNC))
		return -EFAULT;
	n = receive(c, t, NULL);
	if (n > 0)
		give_data(c, t, (uint64_t)n);
	return n;
}

int64_t bundled_serve_read(struct bundled_call *c)
{
	struct transfer t;
	int rc = plain_transfer(c, &t);

	if (rc < 0)
		return rc;
	/* Linux does not even ask the socket then. */
	return t.bytes ? receive_plain(c, &t) : 0;
}

int64_t bundled_serve_recv(struct bundled_call *c)
{
	struct sut_endpoint from = { 0 };
	struct transfer t;
	int rc = plain_transfer(c, &t);
	int64_t n;

	if (rc < 0)
		return rc;
	t.flags = (int)c->req.arg[3].num;
	t.peer = &from;
	n = receive_plain(c, &t);
	if (n >= 0 && c->req.spec->row->id == CALL_RECVFROM)
		bundled_give_address(c, 4, &from);
	return n;
}

int64_t bundled_serve_recvmsg(struct bundled_call *c)
{
	struct sut_endpoint from;
	struct transfer t = msg_transfer(c, c->req.arg[1].u.msgs.list, (int)c->req.arg[2].num,
					 &from);
	int64_t n;

	if (!c->res->msgs)
		c->res->msgs = ARENA_NEW(c->target->arena, struct call_msg_result);
	n = receive(c, &t, c->res->msgs);
	if (n < 0)
		return n;
	c->res->n_msgs = 1;
	c->res->msgs->len = n;
	give_data(c, &t, (uint64_t)n);
	return n;
}

/* Appends what the message at hand brought to what the ones before it did. */
static void append_data(struct bundled_call *c, const struct transfer *t, uint64_t n)
{
	struct call_result *res = c->res;
	size_t before = res->n_data;
	uint8_t *all = arena_grow(c->target->arena, res->data, before, before + (size_t)n + 1, 1);

	give_data(c, t, n);
	memcpy(all + before, res->data, res->n_data);
	res->data = all;
	res->n_data += before;
	res->has_payload = res->n_data > 0;
}

/* Here c->done counts messages; each is received by an attempt of its own. */
static int64_t receive_next(struct bundled_call *c, const struct call_msg *msg, int flags)
{
	struct sut_endpoint from;
	struct transfer t = msg_transfer(c, msg, flags, &from);
	struct call_msg_result *out = &c->res->msgs[c->res->n_msgs];
	int64_t n;

	c->data = arena_alloc(c->target->arena, t.bytes + 1, 1);
	n = receive_once(c, &t, 0, out);
	if (n < 0)
		return n;
	out->len = n;
	append_data(c, &t, (uint64_t)n);
	c->res->n_msgs++;
	return n;
}

int64_t bundled_serve_recvmmsg(struct bundled_call *c)
{
	const struct call_arg *msgs = &c->req.arg[1];
	int flags = (int)c->req.arg[3].num, h = handle_of(c);

	if (!c->res->msgs)
		c->res->msgs = ARENA_ARRAY(c->target->arena, struct call_msg_result,
					   msgs->u.msgs.n + 1);
	while (c->res->n_msgs < msgs->u.msgs.n) {
		size_t got = c->res->n_msgs;
		int64_t n = receive_next(c, &msgs->u.msgs.list[got], flags & ~MSG_WAITFORONE);
		bool may_wait = receive_may_block(c, h, flags) &&
				!(got > 0 && (flags & MSG_WAITFORONE));

		if (n == SUT_EAGAIN && may_wait)
			return bundled_block(c, h, SUT_WAIT_READ, SO_RCVTIMEO);
		if (n < 0)
			return got ? (int64_t)got : n;
	}
	return (int64_t)c->res->n_msgs;
}

/* ---- sending ---- */

/* What a script sends has 4 bytes of data, or those of a string [language 4.3]. */
static struct sut_cmsg *make_cmsgs(struct bundled_call *c, const struct call_msg *msg)
{
	struct sut_cmsg *list = ARENA_ARRAY(c->target->arena, struct sut_cmsg, msg->n_cmsgs + 1);
	size_t i = 0;

	for (const struct call_cmsg *from = msg->cmsgs; from; from = from->next, i++) {
		int32_t number = (int32_t)from->num;
		size_t n = call_cmsg_data_bytes(from);

		if (n > sizeof(list[i].bytes))
			n = sizeof(list[i].bytes);
		list[i].level = from->level;
		list[i].type = from->type;
		list[i].n_bytes = (uint32_t)n;
		memcpy(list[i].bytes, from->kind == CMSG_DATA_BYTES ? from->bytes
								    : (const uint8_t *)&number,
		       from->kind == CMSG_DATA_BYTES || n < sizeof(number) ? n : sizeof(number));
	}
	return list;
}

/* Memory for what is no zeros; more than a send buffer holds is never taken at once. */
static uint64_t fill_data(struct bundled_call *c, const struct transfer *t)
{
	uint64_t n = t->bytes < room_max_bytes ? t->bytes : room_max_bytes;

	if (!c->req.payload.is_numbered)
		return 0;
	if (!c->data) {
		c->data = arena_alloc(c->target->arena, n + 1, 1);
		payload_fill(c->req.payload, c->data, n);
	}
	return n;
}

static int64_t send_once(struct bundled_call *c, const struct transfer *t, uint64_t at)
{
	/* What opened goes on as any data; a time-out is over once. */
	int flags = (at ? t->flags & ~MSG_FASTOPEN : t->flags) | (c->is_over ? MSG_DONTWAIT : 0);
	uint64_t n = fill_data(c, t);
	struct sut_iovec iov[2] = {
		{ at < n ? c->data + at : NULL, at < n ? n - at : 0 },
		{ NULL, t->bytes - (at > n ? at : n) },
	};
	struct sut_msg m = { .to = t->peer, .iov = at < n ? iov : iov + 1,
			     .n_iov = at < n && iov[1].bytes ? 2 : 1 };

	if (t->msg && t->msg->n_cmsgs) {
		m.cmsg = make_cmsgs(c, t->msg);
		m.n_cmsg = t->msg->n_cmsgs;
	}
	return sut_sendmsg(c->target->sut, t->handle, &m, flags);
}

/* What cannot be read cannot be sent; by then Fast Open has sent a SYN all the same. */
static int64_t send_nothing(struct bundled_call *c, const struct transfer *t)
{
	struct transfer empty = *t;
	int64_t n;

	if (!(t->flags & MSG_FASTOPEN))
		return -EFAULT;
	empty.bytes = 0;
	n = send_once(c, &empty, 0);
	return n < 0 && n != SUT_EAGAIN ? n : -EFAULT;
}

/* A call that may block has sent all, or what went before an error. */
static int64_t send_all(struct bundled_call *c, const struct transfer *t)
{
	if (!t->has_memory && t->bytes > 0)
		return send_nothing(c, t);
	for (;;) {
		int64_t n = send_once(c, t, c->done);
		bool may_wait = bundled_may_block(c, t->handle, t->flags);

		if (n == SUT_EAGAIN && may_wait)
			return bundled_block(c, t->handle, SUT_WAIT_WRITE, SO_SNDTIMEO);
		if (n < 0)
			return c->done ? (int64_t)c->done : n;
		c->done += (uint64_t)n;
		if (n == 0 || !may_wait || c->done >= t->bytes)
			return (int64_t)c->done;
	}
}

int64_t bundled_serve_write(struct bundled_call *c)
{
	struct transfer t;
	int rc = plain_transfer(c, &t);

	return rc < 0 ? rc : send_all(c, &t);
}

int64_t bundled_serve_send(struct bundled_call *c)
{
	struct sut_endpoint to;
	struct transfer t;
	int rc = plain_transfer(c, &t);

	if (rc < 0)
		return rc;
	t.flags = (int)c->req.arg[3].num;
	if (c->req.spec->row->id == CALL_SENDTO && !c->req.arg[4].is_null) {
		rc = bundled_endpoint(c, 4, &to);
		if (rc < 0)
			return rc;
		t.peer = &to;
	}
	return send_all(c, &t);
}

static struct sut_endpoint peer_of(const struct bundled_call *c)
{
	const struct call_addresses *a = c->req.addresses;
	struct sut_endpoint to = { .addr.family = a->remote.family, .port = a->connect_port };

	memcpy(to.addr.b, a->remote.b, sizeof(to.addr.b));
	return to;
}

static void note_sent(struct bundled_call *c, size_t i, int64_t n)
{
	if (!c->res->msgs)
		c->res->msgs = ARENA_ARRAY(c->target->arena, struct call_msg_result,
					   c->req.arg[1].u.msgs.n + 1);
	c->res->msgs[i].len = n;
	c->res->n_msgs = i + 1;
}

int64_t bundled_serve_sendmsg(struct bundled_call *c)
{
	struct sut_endpoint to = peer_of(c);
	struct transfer t = msg_transfer(c, c->req.arg[1].u.msgs.list, (int)c->req.arg[2].num, &to);
	int64_t n = send_all(c, &t);

	if (n >= 0)
		note_sent(c, 0, n);
	return n;
}

int64_t bundled_serve_sendmmsg(struct bundled_call *c)
{
	const struct call_arg *msgs = &c->req.arg[1];
	int flags = (int)c->req.arg[3].num;
	struct sut_endpoint to = peer_of(c);

	while (c->res->n_msgs < msgs->u.msgs.n) {
		size_t sent = c->res->n_msgs;
		struct transfer t = msg_transfer(c, &msgs->u.msgs.list[sent], flags, &to);
		int64_t n = send_all(c, &t);

		if (n == BUNDLED_BLOCKED)
			return n;
		if (n < 0)
			return sent ? (int64_t)sent : n;
		note_sent(c, sent, n);
		c->req.payload = payload_moved(c->req.payload, (size_t)n);
		c->data = NULL;
		c->done = 0;
	}
	return (int64_t)c->res->n_msgs;
}
