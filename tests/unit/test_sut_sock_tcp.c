/* SPDX-License-Identifier: BSD-2-Clause */
#include <check.h>
#include <string.h>

#include "sut_host.h"
#include "unit.h"

/* TCP sockets as the application sees them: errno by state, readiness, control messages. */

enum { AF_4 = 2, AF_6 = 10, STREAM = 1, NONBLOCK = 04000, IP = 0, SOCKET = 1, TCP = 6, IPV6 = 41 };
enum { P_IN = 0x41, P_OUT = 0x104, P_ERR = 8, P_HUP = 0x10, P_RDHUP = 0x2000, P_PRI = 2 };
enum { PEER_PORT = 4321, PORT = 8080, ISS = 1000 };

static struct sut_host host;
static uint32_t their_seq, our_seq;    /* next bytes of the peer and of the stack */

/* As in test_sut_udp.c: family of the socket and of the packets. */
static const struct form {
	int domain, wire;
} forms[] = { { AF_4, 4 }, { AF_6, 6 }, { AF_6, 4 } };

static const struct form *form = &forms[0];

static void setup(void)
{
	host = (struct sut_host){ 0 };
	form = &forms[0];
	ck_assert_ptr_nonnull(sut_host_start(&host));
}

static void teardown(void)
{
	sut_host_stop(&host);
}

static struct sut_addr as_seen(struct sut_addr a)
{
	return form->domain == AF_6 && form->wire == 4 ? sut_mapped(a) : a;
}

/* Sequence numbers that SYN and FIN take. */
static uint32_t occupied(uint16_t flags)
{
	return (flags & SUT_SYN ? 1 : 0) + (flags & SUT_FIN ? 1 : 0);
}

static struct sut_pkt segment(uint16_t flags, uint16_t to_port, const char *text)
{
	struct sut_seg g = { PEER_PORT, to_port, their_seq, our_seq, flags, 65000 };

	their_seq += (uint32_t)strlen(text) + occupied(flags);
	return sut_tcp_pkt(sut_remote(form->wire), sut_local(form->wire), &g, text, strlen(text));
}

static void feed(uint16_t flags, uint16_t to_port, const char *text)
{
	struct sut_pkt p = segment(flags, to_port, text);

	sut_feed(&host, &p);
}

/* The last packet that leaves; our_seq follows the stack. */
static struct sut_seg take_last(void)
{
	struct sut_seg g = { 0 };

	for (struct sut_pkt p = sut_take(&host); p.n; p = sut_take(&host)) {
		uint32_t n = (uint32_t)(p.n - sut_at(&p) - (size_t)(p.b[sut_at(&p) + 12] >> 4) * 4);

		g = sut_seg_of(&p);
		if (!(g.flags & SUT_RST))
			our_seq = g.seq + n + occupied(g.flags);
	}
	return g;
}

static int new_socket(void)
{
	return sut_socket(host.s, form->domain, STREAM | NONBLOCK, 0);
}

static int listener(void)
{
	struct sut_endpoint any = { { form->domain == AF_6 ? 6 : 4, { 0 } }, PORT };
	int h = new_socket();

	ck_assert_int_eq(sut_bind(host.s, h, &any), 0);
	ck_assert_int_eq(sut_listen(host.s, h, 5), 0);
	return h;
}

/* The handshake of a peer that connects to the listener. */
static void shake_hands(void)
{
	struct sut_seg g;

	their_seq = ISS;
	feed(SUT_SYN, PORT, "");
	g = take_last();
	ck_assert_uint_eq(g.flags, SUT_SYN | SUT_ACK);
	ck_assert_uint_eq(g.ack, ISS + 1);
	feed(SUT_ACK, PORT, "");
}

static int accepted(void)
{
	int l = listener(), h;

	shake_hands();
	h = sut_accept(host.s, l, NONBLOCK, NULL);
	ck_assert_int_ge(h, 0);
	return h;
}

static int connecting(uint16_t *port)
{
	struct sut_endpoint peer = { as_seen(sut_remote(form->wire)), PEER_PORT };
	int h = new_socket();
	struct sut_seg g;

	ck_assert_int_eq(sut_connect(host.s, h, &peer), SUT_EINPROGRESS);
	g = take_last();
	ck_assert_uint_eq(g.flags & (SUT_SYN | SUT_ACK), SUT_SYN);
	their_seq = ISS;
	*port = g.sport;
	return h;
}

static int64_t send_text(int h, const char *text, int flags)
{
	struct sut_iovec iov = { (void *)(uintptr_t)text, strlen(text) };
	struct sut_msg m = { .iov = &iov, .n_iov = 1 };

	return sut_sendmsg(host.s, h, &m, flags);
}

static int64_t receive(int h, struct sut_msg *m, size_t n, int flags)
{
	static char out[64];
	struct sut_iovec iov = { out, n };
	int64_t rc;

	m->iov = &iov;
	m->n_iov = 1;
	rc = sut_recvmsg(host.s, h, m, flags);
	m->iov = NULL;
	m->n_iov = 0;
	return rc;
}

static int64_t receive_plain(int h, size_t n)
{
	struct sut_msg m = { 0 };

	return receive(h, &m, n, 0);
}

static int set_int(int h, int level, int name, int v)
{
	return sut_setsockopt(host.s, h, level, name, &v, sizeof(v));
}

static int get_int(int h, int level, int name)
{
	int v = -77;
	uint32_t n = sizeof(v);
	int rc = sut_getsockopt(host.s, h, level, name, &v, &n);

	return rc ? rc : v;
}

static int poll_mask(int h)
{
	struct sut_pollfd p = { h, 0x7fff, 0 };

	sut_poll(host.s, &p, 1);
	return p.revents;
}

static bool addr_same(const struct sut_addr *a, const struct sut_addr *b)
{
	return a->family == b->family && !memcmp(a->b, b->b, a->family == 6 ? 16 : 4);
}

/* ---- errno by state ---- */

enum state { FRESH, LISTENING, CONNECTING, OPEN, HALF_READ, HALF_WRITE, GONE, STATES };

static int in_state(enum state state)
{
	uint16_t port;
	int h;

	if (state == FRESH)
		return new_socket();
	if (state == LISTENING)
		return listener();
	if (state == CONNECTING)
		return connecting(&port);
	h = accepted();
	if (state == HALF_READ)
		feed(SUT_FIN | SUT_ACK, PORT, "");
	else if (state == HALF_WRITE)
		ck_assert_int_eq(sut_shutdown(host.s, h, 1), 0);
	else if (state == GONE)
		feed(SUT_RST | SUT_ACK, PORT, "");
	return h;
}

enum call { BIND, LISTEN, ACCEPT, CONNECT, SEND, RECV, SHUT_W, PEERNAME, IO_INQ, CALLS };

/* Rows are states; 1 stands for success of any kind, 0: not looked at. */
static const int64_t expected[STATES][CALLS] = {
	[FRESH] = { 1, 1, SUT_EINVAL, SUT_EINPROGRESS, SUT_EPIPE, SUT_ENOTCONN, SUT_ENOTCONN,
		    SUT_ENOTCONN, 1 },
	[LISTENING] = { SUT_EINVAL, 1, SUT_EAGAIN, SUT_EISCONN, SUT_EPIPE, SUT_ENOTCONN, 1,
			SUT_ENOTCONN, SUT_EINVAL },
	[CONNECTING] = { SUT_EINVAL, SUT_EINVAL, SUT_EINVAL, SUT_EALREADY, SUT_EAGAIN, SUT_EAGAIN,
			 1, SUT_ENOTCONN, 1 },
	[OPEN] = { SUT_EINVAL, SUT_EINVAL, SUT_EINVAL, SUT_EISCONN, 1, SUT_EAGAIN, 1, 1, 1 },
	[HALF_READ] = { SUT_EINVAL, SUT_EINVAL, SUT_EINVAL, SUT_EISCONN, 1, 1, 1, 1, 1 },
	[HALF_WRITE] = { SUT_EINVAL, SUT_EINVAL, SUT_EINVAL, SUT_EISCONN, SUT_EPIPE, SUT_EAGAIN, 1,
			 1, 1 },
	[GONE] = { 0, SUT_EINVAL, SUT_EINVAL, SUT_EISCONN, SUT_ECONNRESET, SUT_ECONNRESET,
		   SUT_ENOTCONN, SUT_ENOTCONN, 1 },
};

static int64_t do_call(enum call call, int h)
{
	struct sut_endpoint e = { sut_local4, 99 }, peer = { sut_remote4, 9 };
	int v;

	switch (call) {
	case BIND:
		return sut_bind(host.s, h, &e);
	case LISTEN:
		return sut_listen(host.s, h, 5);
	case ACCEPT:
		return sut_accept(host.s, h, 0, NULL);
	case CONNECT:
		return sut_connect(host.s, h, &peer);
	case SEND:
		return send_text(h, "x", 0);
	case RECV:
		return receive_plain(h, 1);
	case SHUT_W:
		return sut_shutdown(host.s, h, 1);
	case PEERNAME:
		return sut_getpeername(host.s, h, &e);
	case IO_INQ:
		return sut_ioctl(host.s, h, 0x541B, &v);
	case CALLS:
		break;
	}
	return 0;
}

START_TEST(calls_fail_as_the_state_asks)
{
	enum state state = (enum state)(_i / CALLS);
	enum call call = (enum call)(_i % CALLS);
	int64_t rc = do_call(call, in_state(state));

	ck_assert_msg(!expected[state][call] || (rc >= 0 ? 1 : rc) == expected[state][call],
		      "state %d, call %d: %d, not %d", state, call, (int)rc,
		      (int)expected[state][call]);
}
END_TEST

/* ---- names and forms ---- */

START_TEST(passive_connection_has_names)
{
	struct sut_endpoint peer, name;
	struct sut_addr remote, local;
	int l, h;

	form = &forms[_i];
	remote = as_seen(sut_remote(form->wire));
	local = as_seen(sut_local(form->wire));
	l = listener();
	ck_assert_int_eq(get_int(l, SOCKET, 30), 1);
	ck_assert_int_eq(poll_mask(l), 0);
	shake_hands();
	ck_assert_int_eq(poll_mask(l), P_IN);
	h = sut_accept(host.s, l, NONBLOCK, &peer);
	ck_assert_int_eq(poll_mask(l), 0);
	ck_assert(addr_same(&peer.addr, &remote) && peer.port == PEER_PORT);
	ck_assert_int_eq(sut_getpeername(host.s, h, &name), 0);
	ck_assert(addr_same(&name.addr, &remote) && name.port == PEER_PORT);
	ck_assert_int_eq(sut_getsockname(host.s, h, &name), 0);
	ck_assert(addr_same(&name.addr, &local) && name.port == PORT);
	ck_assert(sut_is_nonblocking(host.s, h));
	ck_assert_int_eq(get_int(h, SOCKET, 39), form->domain);
	ck_assert_int_eq(get_int(h, SOCKET, 30), 0);
	ck_assert_int_eq(sut_state(host.s, h), SUT_ESTABLISHED);
	ck_assert_int_eq(sut_state(host.s, l), SUT_LISTEN);
	ck_assert_int_eq(get_int(h, form->wire == 6 ? IPV6 : IP, form->wire == 6 ? 24 : 14), 1500);
}
END_TEST

START_TEST(active_connection_completes)
{
	struct sut_endpoint peer = { { 0 }, 0 }, name;
	uint16_t port;
	int h;

	form = &forms[_i];
	h = connecting(&port);
	peer = (struct sut_endpoint){ as_seen(sut_remote(form->wire)), PEER_PORT };
	ck_assert(!sut_ready(host.s, h, SUT_WAIT_WRITE));
	ck_assert_int_eq(sut_state(host.s, h), SUT_SYN_SENT);
	feed(SUT_SYN | SUT_ACK, port, "");
	ck_assert(sut_ready(host.s, h, SUT_WAIT_WRITE));
	ck_assert_int_eq(poll_mask(h), P_OUT);
	ck_assert_int_eq(sut_connect(host.s, h, &peer), 0);
	ck_assert_int_eq(sut_connect(host.s, h, &peer), SUT_EISCONN);
	ck_assert_int_eq(sut_getpeername(host.s, h, &name), 0);
	ck_assert(addr_same(&name.addr, &peer.addr));
	ck_assert_int_eq(sut_getsockname(host.s, h, &name), 0);
	ck_assert_uint_eq(name.port, port);
}
END_TEST

START_TEST(refused_connection_says_so_once)
{
	uint16_t port;
	int h = connecting(&port);

	feed(SUT_RST | SUT_ACK, port, "");
	ck_assert_int_eq(poll_mask(h) & (P_ERR | P_HUP), P_ERR | P_HUP);
	ck_assert_int_eq(get_int(h, SOCKET, 4), -SUT_ECONNREFUSED);
	ck_assert_int_eq(get_int(h, SOCKET, 4), 0);
	ck_assert_int_eq(poll_mask(h) & P_ERR, 0);
}
END_TEST

/* ---- readiness ---- */

START_TEST(poll_follows_the_stream)
{
	int h = new_socket();

	ck_assert_int_eq(poll_mask(h), P_OUT | P_HUP);
	sut_close(host.s, h);
	h = accepted();
	ck_assert_int_eq(poll_mask(h), P_OUT);
	ck_assert(!sut_ready(host.s, h, SUT_WAIT_READ));
	feed(SUT_ACK | SUT_PSH, PORT, "abc");
	ck_assert(sut_ready(host.s, h, SUT_WAIT_READ));
	ck_assert_int_eq(poll_mask(h), P_OUT | P_IN);
	ck_assert_int_eq(receive_plain(h, 10), 3);
	ck_assert_int_eq(poll_mask(h), P_OUT);
	feed(SUT_ACK | SUT_FIN, PORT, "");
	ck_assert_int_eq(poll_mask(h), P_OUT | P_IN | P_RDHUP);
	ck_assert_int_eq(receive_plain(h, 10), 0);
	ck_assert_int_eq(sut_shutdown(host.s, h, 1), 0);
	ck_assert_int_eq(poll_mask(h) & (P_HUP | P_RDHUP), P_HUP | P_RDHUP);
}
END_TEST

START_TEST(reset_is_an_error_once)
{
	int h = accepted();

	feed(SUT_ACK | SUT_PSH, PORT, "abc");
	feed(SUT_RST | SUT_ACK, PORT, "");
	ck_assert_int_eq(poll_mask(h) & (P_ERR | P_HUP | P_IN), P_ERR | P_HUP | P_IN);
	ck_assert_int_eq(receive_plain(h, 10), 3);
	ck_assert_int_eq(receive_plain(h, 10), SUT_ECONNRESET);
	ck_assert_int_eq(receive_plain(h, 10), 0);
	ck_assert_int_eq(send_text(h, "x", 0), SUT_EPIPE);
}
END_TEST

START_TEST(edges_come_with_data)
{
	int h = accepted(), ep = sut_epoll_create(host.s, 0);
	struct sut_epoll_event ev = { 1u | 4u | 1u << 31, 5 }, got;

	ck_assert_int_eq(sut_epoll_ctl(host.s, ep, 1, h, &ev), 0);
	ck_assert_int_eq(sut_epoll_wait(host.s, ep, &got, 1), 1);
	ck_assert_uint_eq(got.events, 4);
	ck_assert_int_eq(sut_epoll_wait(host.s, ep, &got, 1), 0);
	feed(SUT_ACK | SUT_PSH, PORT, "abc");
	ck_assert_int_eq(sut_epoll_wait(host.s, ep, &got, 1), 1);
	ck_assert_uint_eq(got.events, 1 | 4);
	ck_assert_int_eq(sut_epoll_wait(host.s, ep, &got, 1), 0);
	feed(SUT_ACK | SUT_PSH, PORT, "def");
	ck_assert_int_eq(sut_epoll_wait(host.s, ep, &got, 1), 1);
	feed(SUT_RST | SUT_ACK, PORT, "");
	ck_assert_int_eq(sut_epoll_wait(host.s, ep, &got, 1), 1);
	ck_assert_uint_eq(got.events & (8 | 16), 8 | 16);
	ck_assert_int_eq(sut_close(host.s, h), 0);
	ck_assert_int_eq(sut_epoll_wait(host.s, ep, &got, 1), 0);
}
END_TEST

START_TEST(listener_wakes_its_watchers)
{
	int l = listener(), ep = sut_epoll_create(host.s, 0);
	struct sut_epoll_event ev = { 1u | 1u << 31, 5 }, got;

	ck_assert_int_eq(sut_epoll_ctl(host.s, ep, 1, l, &ev), 0);
	ck_assert_int_eq(sut_epoll_wait(host.s, ep, &got, 1), 0);
	shake_hands();
	ck_assert_int_eq(sut_epoll_wait(host.s, ep, &got, 1), 1);
	ck_assert_uint_eq(got.events, 1);
}
END_TEST

/* ---- control messages ---- */

START_TEST(inq_tells_what_is_left)
{
	int h = accepted(), left;
	struct sut_cmsg c[2];
	struct sut_msg m = { .cmsg = c, .max_cmsg = 2 };

	feed(SUT_ACK | SUT_PSH, PORT, "abcdef");
	ck_assert_int_eq(receive(h, &m, 1, 0), 1);
	ck_assert_uint_eq(m.n_cmsg, 0);
	ck_assert_int_eq(set_int(h, TCP, 36, 1), 0);
	ck_assert_int_eq(receive(h, &m, 2, 0), 2);
	ck_assert_uint_eq(m.n_cmsg, 1);
	ck_assert_int_eq(m.flags, 0);
	ck_assert_int_eq(c[0].level, TCP);
	ck_assert_int_eq(c[0].type, 36);
	ck_assert_uint_eq(c[0].n_bytes, 4);
	memcpy(&left, c[0].bytes, sizeof(left));
	ck_assert_int_eq(left, 3);
	feed(SUT_ACK | SUT_FIN, PORT, "");
	ck_assert_int_eq(receive(h, &m, 3, 0), 3);
	memcpy(&left, c[0].bytes, sizeof(left));
	ck_assert_int_eq(left, 1);
}
END_TEST

START_TEST(arrival_time_is_told)
{
	int h = accepted();
	struct sut_cmsg c[2];
	struct sut_msg m = { .cmsg = c, .max_cmsg = 2 };
	int64_t tv[2];

	ck_assert_int_eq(set_int(h, SOCKET, 29, 1), 0);
	sut_advance(host.s, INT64_C(5000003000));
	feed(SUT_ACK | SUT_PSH, PORT, "abc");
	sut_advance(host.s, INT64_C(6000000000));
	ck_assert_int_eq(receive(h, &m, 9, 0), 3);
	ck_assert_uint_eq(m.n_cmsg, 1);
	memcpy(tv, c[0].bytes, sizeof(tv));
	ck_assert_int_eq(tv[0], 5);
	ck_assert_int_eq(tv[1], 3);
}
END_TEST

START_TEST(what_is_absent_is_refused)
{
	int h = accepted();
	struct sut_cmsg c = { SOCKET, 37, 4, { 1 } };
	struct sut_iovec iov = { NULL, 1 };
	struct sut_msg m = { .iov = &iov, .n_iov = 1, .cmsg = &c, .n_cmsg = 1 };

	ck_assert_int_eq(sut_sysctl_set(host.s, "net.ipv4.tcp_fastopen", "2"), 0);
	ck_assert_int_eq(send_text(h, "x", 0x20000000), SUT_EOPNOTSUPP);
	ck_assert_int_eq(sut_sendmsg(host.s, h, &m, 0), SUT_EOPNOTSUPP);
	c.type = 99;
	ck_assert_int_eq(sut_sendmsg(host.s, h, &m, 0), SUT_EINVAL);
	c.type = 36;
	ck_assert_int_eq(sut_sendmsg(host.s, h, &m, 0), 1);
	ck_assert_int_eq(set_int(h, SOCKET, 60, 1), SUT_ENOPROTOOPT);
	ck_assert_int_eq(set_int(h, SOCKET, 37, 1), SUT_ENOPROTOOPT);
	ck_assert_int_eq(receive(h, &m, 1, 0x2000), SUT_EAGAIN);
}
END_TEST

/* ---- close ---- */

START_TEST(lingering_close_is_waited_for)
{
	int linger[2] = { 1, 10 }, h = accepted();
	uint32_t seq;

	ck_assert_int_eq(sut_fcntl(host.s, h, 4, 0), 0);
	ck_assert_int_eq(sut_setsockopt(host.s, h, SOCKET, 13, linger, sizeof(linger)), 0);
	ck_assert_int_eq(sut_close(host.s, h), SUT_EAGAIN);
	ck_assert_uint_eq(take_last().flags & SUT_FIN, SUT_FIN);
	seq = our_seq;
	ck_assert(!sut_ready(host.s, h, SUT_WAIT_CLOSE));
	ck_assert_int_eq(get_int(h, SOCKET, 3), SUT_EBADF);
	ck_assert_int_eq(sut_fcntl(host.s, h, 3, 0), SUT_EBADF);
	our_seq = seq;
	feed(SUT_ACK, PORT, "");
	ck_assert(sut_ready(host.s, h, SUT_WAIT_CLOSE));
	ck_assert_int_eq(sut_close(host.s, h), 0);
	ck_assert_int_eq(sut_close(host.s, h), SUT_EBADF);
}
END_TEST

START_TEST(lingering_ends_after_its_time)
{
	int linger[2] = { 1, 10 }, h = accepted();

	ck_assert_int_eq(sut_fcntl(host.s, h, 4, 0), 0);
	ck_assert_int_eq(sut_setsockopt(host.s, h, SOCKET, 13, linger, sizeof(linger)), 0);
	ck_assert_int_eq(sut_close(host.s, h), SUT_EAGAIN);
	ck_assert_int_le(sut_next_deadline(host.s), INT64_C(10000001000));
	sut_advance(host.s, INT64_C(9999999999));
	ck_assert(!sut_ready(host.s, h, SUT_WAIT_CLOSE));
	sut_advance(host.s, INT64_C(10000002000));
	ck_assert(sut_ready(host.s, h, SUT_WAIT_CLOSE));
	ck_assert_int_eq(sut_close(host.s, h), 0);
}
END_TEST

START_TEST(last_handle_closes_the_connection)
{
	int h = accepted(), d = sut_dup(host.s, h, 0);

	take_last();
	ck_assert_int_eq(sut_close(host.s, h), 0);
	ck_assert_uint_eq(take_last().flags, 0);
	ck_assert_int_eq(sut_close(host.s, d), 0);
	ck_assert_uint_eq(take_last().flags & SUT_FIN, SUT_FIN);
}
END_TEST

/* ---- ICMP ---- */

/* About the segment with sequence number @seq that the stack sent from @port. */
static void feed_icmp(uint8_t type, uint8_t code, uint32_t rest, uint16_t port, uint32_t seq)
{
	struct sut_seg g = { port, PEER_PORT, seq, 0, SUT_SYN, 100 };
	struct sut_pkt quoted = sut_tcp_pkt(sut_local(form->wire), sut_remote(form->wire), &g, "",
					    0);
	struct sut_pkt p = sut_icmp_pkt(sut_remote(form->wire), sut_local(form->wire), type, code,
					rest, quoted.b, quoted.n);

	sut_feed(&host, &p);
}

START_TEST(icmp_fails_a_connect)
{
	uint16_t port;
	int h;

	form = &forms[_i];
	h = connecting(&port);
	feed_icmp(form->wire == 6 ? 1 : 3, form->wire == 6 ? 3 : 1, 0, port, our_seq - 1);
	ck_assert_int_eq(get_int(h, SOCKET, 4), -SUT_EHOSTUNREACH);
}
END_TEST

START_TEST(icmp_is_soft_once_established)
{
	int h = accepted();

	take_last();
	send_text(h, "abc", 0);
	feed_icmp(3, 1, 0, PORT, our_seq);
	ck_assert_int_eq(poll_mask(h) & P_ERR, 0);
	ck_assert_int_eq(send_text(h, "abc", 0), 3);
}
END_TEST

START_TEST(icmp_is_told_to_those_who_ask)
{
	int h = accepted();

	take_last();
	ck_assert_int_eq(set_int(h, IP, 11, 1), 0);
	send_text(h, "abc", 0);
	feed_icmp(3, 1, 0, PORT, our_seq);
	ck_assert_int_eq(poll_mask(h) & P_ERR, P_ERR);
	ck_assert_int_eq(get_int(h, SOCKET, 4), -SUT_EHOSTUNREACH);
	ck_assert_int_eq(poll_mask(h) & P_ERR, 0);
}
END_TEST

START_TEST(failed_connect_has_an_error_message)
{
	uint16_t port;
	struct sut_cmsg c[2];
	struct sut_msg m = { .cmsg = c, .max_cmsg = 2 };
	bool is_v6 = forms[_i].domain == AF_6;
	int h;

	form = &forms[_i];
	h = connecting(&port);
	ck_assert_int_eq(set_int(h, IP, 11, 1), 0);
	if (is_v6)
		ck_assert_int_eq(set_int(h, IPV6, 25, 1), 0);
	feed_icmp(form->wire == 6 ? 1 : 3, form->wire == 6 ? 4 : 3, 0, port, our_seq - 1);
	ck_assert_int_eq(receive(h, &m, 60, 0x2000), 20);
	ck_assert_int_eq(m.flags, 0x2000);
	ck_assert_uint_eq(m.n_cmsg, 1);
	ck_assert_int_eq(c[0].level, is_v6 ? IPV6 : IP);
	ck_assert_int_eq(c[0].type, is_v6 ? 25 : 11);
	ck_assert_int_eq(receive(h, &m, 60, 0x2000), SUT_EAGAIN);
	ck_assert_int_eq(get_int(h, SOCKET, 4), -SUT_ECONNREFUSED);
}
END_TEST

START_TEST(icmp_about_nothing_sent_is_ignored)
{
	int h = accepted();

	feed_icmp(3, 4, 1400, PORT, our_seq + 100000);
	ck_assert_int_eq(get_int(h, IP, 14), 1500);
	ck_assert_int_eq(sut_counter(host.s, "TcpExtOutOfWindowIcmps"), 1);
}
END_TEST

START_TEST(path_mtu_is_learnt_by_tcp)
{
	int h = accepted();

	take_last();
	send_text(h, "abc", 0);
	feed_icmp(3, 4, 1400, PORT, our_seq);
	ck_assert_int_eq(get_int(h, IP, 14), 1400);
}
END_TEST

/* ---- anything arrives ---- */

static uint32_t step(uint32_t *state)
{
	*state = *state * 1664525u + 1013904223u;
	return *state >> 8;
}

START_TEST(random_segments_are_survived)
{
	uint32_t state = (uint32_t)_i + 1;
	int h = in_state((enum state)(_i % STATES));
	struct sut_msg m = { 0 };

	for (int round = 0; round < 3000; round++) {
		struct sut_pkt p = segment((uint16_t)(step(&state) % 64), PORT,
					   step(&state) % 2 ? "abcdef" : "");
		size_t at = sut_at(&p);

		their_seq = ISS + step(&state) % 20;
		our_seq += step(&state) % 5 - 2;
		for (uint32_t k = step(&state) % 5; k; k--)
			p.b[at + step(&state) % (p.n - at)] = (uint8_t)step(&state);
		if (step(&state) % 8) {
			sut_put16(p.b + at + 16, 0);
			sut_put16(p.b + at + 16, sut_transport_sum(&p));
		}
		sut_feed(&host, &p);
		if (step(&state) % 4 == 0)
			sut_advance(host.s, sut_now(host.s) + step(&state) * INT64_C(1000));
		receive(h, &m, 20, 0);
		while (sut_take(&host).n)
			;
	}
	ck_assert_int_ge(sut_counter(host.s, "IpInReceives"), 3000);
}
END_TEST

START_TEST(truncated_segments_are_survived)
{
	int h = accepted();
	struct sut_pkt p = segment(SUT_ACK | SUT_PSH, PORT, "abcdef");

	for (size_t n = 0; n < p.n; n++) {
		struct sut_pkt cut = p;

		cut.n = n;
		if (n >= 20) {
			sut_put16(cut.b + 2, (unsigned)n);
			sut_fix_ip(&cut);
		}
		sut_feed(&host, &cut);
		ck_assert_int_eq(receive_plain(h, 9), SUT_EAGAIN);
	}
	sut_feed(&host, &p);
	ck_assert_int_eq(receive_plain(h, 9), 6);
}
END_TEST

/* ---- memory ---- */

/* A bit of everything, whatever fails. */
static void use_everything(void)
{
	struct sut_endpoint any = { { 4, { 0 } }, PORT }, peer = { sut_remote4, PEER_PORT };
	int l = new_socket(), a = new_socket(), ep = sut_epoll_create(host.s, 0), h;
	struct sut_epoll_event ev = { 1, 5 };

	sut_bind(host.s, l, &any);
	sut_listen(host.s, l, 5);
	sut_epoll_ctl(host.s, ep, 1, l, &ev);
	their_seq = ISS;
	feed(SUT_SYN, PORT, "");
	take_last();
	feed(SUT_ACK, PORT, "");
	h = sut_accept(host.s, l, NONBLOCK, NULL);
	sut_epoll_ctl(host.s, ep, 1, h, &ev);
	feed(SUT_ACK | SUT_PSH, PORT, "abc");
	their_seq += 10;
	feed(SUT_ACK | SUT_PSH, PORT, "abc");
	receive_plain(h, 2);
	send_text(h, "abc", 0);
	take_last();
	sut_advance(host.s, sut_now(host.s) + INT64_C(3000000000));
	sut_shutdown(host.s, h, 1);
	sut_connect(host.s, a, &peer);
	take_last();
	sut_advance(host.s, sut_now(host.s) + INT64_C(3000000000));
	sut_close(host.s, h);
	sut_close(host.s, a);
	take_last();
}

START_TEST(each_failing_allocation_is_survived)
{
	int64_t needed, start = host.allocations;

	use_everything();
	needed = host.allocations - start;
	ck_assert_int_gt(needed, 15);
	sut_host_stop(&host);
	for (int64_t n = 1; n <= needed; n++)
		for (int on = 0; on < 2; on++) {
			host = (struct sut_host){ .fail_on = on };
			ck_assert_ptr_nonnull(sut_host_start(&host));
			host.fail_at = host.allocations + n;
			use_everything();
			sut_host_stop(&host);
		}
	host = (struct sut_host){ 0 };
	sut_host_start(&host);
}
END_TEST

static Suite *tcp_suite(void)
{
	Suite *s = suite_create("sut_sock_tcp");
	TCase *t = tcase_create("all");
	int n_forms = sizeof(forms) / sizeof(forms[0]);

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_loop_test(t, calls_fail_as_the_state_asks, 0, STATES * CALLS);
	tcase_add_loop_test(t, passive_connection_has_names, 0, n_forms);
	tcase_add_loop_test(t, active_connection_completes, 0, n_forms);
	tcase_add_test(t, refused_connection_says_so_once);
	tcase_add_test(t, poll_follows_the_stream);
	tcase_add_test(t, reset_is_an_error_once);
	tcase_add_test(t, edges_come_with_data);
	tcase_add_test(t, listener_wakes_its_watchers);
	tcase_add_test(t, inq_tells_what_is_left);
	tcase_add_test(t, arrival_time_is_told);
	tcase_add_test(t, what_is_absent_is_refused);
	tcase_add_test(t, lingering_close_is_waited_for);
	tcase_add_test(t, lingering_ends_after_its_time);
	tcase_add_test(t, last_handle_closes_the_connection);
	tcase_add_loop_test(t, icmp_fails_a_connect, 0, n_forms);
	tcase_add_test(t, icmp_is_soft_once_established);
	tcase_add_test(t, icmp_is_told_to_those_who_ask);
	tcase_add_loop_test(t, failed_connect_has_an_error_message, 0, n_forms);
	tcase_add_test(t, icmp_about_nothing_sent_is_ignored);
	tcase_add_test(t, path_mtu_is_learnt_by_tcp);
	tcase_add_loop_test(t, random_segments_are_survived, 0, STATES * 2);
	tcase_add_test(t, truncated_segments_are_survived);
	tcase_add_test(t, each_failing_allocation_is_survived);
	suite_add_tcase(s, t);
	return s;
}

int main(void)
{
	return unit_run(tcp_suite());
}
