/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Calls of this machine's kernel, without privileges, over loopback: each line of a scenario is a
 * call as a script has it; it is bound, made and compared.
 */
#include <arpa/inet.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "base/err.h"
#include "call_help.h"
#include "judge/call_match.h"
#include "target/kernel_call.h"
#include "unit.h"

enum { LABELS = 64 };

struct world {
	int64_t handle[LABELS];      /* -1: none */
	struct call_addresses addr;
	bool keep_buffers;
	struct payload payload;
};

static int64_t handle_of(void *ctx, int64_t label)
{
	const struct world *w = ctx;

	return label < LABELS ? w->handle[label] : -1;
}

static int64_t label_of(void *ctx, int64_t handle)
{
	const struct world *w = ctx;

	for (int i = 0; i < LABELS; i++) {
		if (w->handle[i] == handle)
			return i;
	}
	return -1;
}

/* Script time begins at the epoch here. */
static int64_t unchanged(void *ctx, int64_t real_ns)
{
	(void)ctx;
	return real_ns;
}

/* A port of loopback that is free now. */
static uint16_t free_port(int family)
{
	struct sockaddr_in in = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	struct sockaddr_in6 in6 = { .sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT };
	bool is_v4 = family == AF_INET;
	void *addr = is_v4 ? (void *)&in : (void *)&in6;
	socklen_t len = is_v4 ? sizeof(in) : sizeof(in6);
	int fd = socket(family, SOCK_STREAM, 0);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(bind(fd, addr, len), 0);
	ck_assert_int_eq(getsockname(fd, addr, &len), 0);
	close(fd);
	return ntohs(is_v4 ? in.sin_port : in6.sin6_port);
}

static void world_init(struct world *w, const char *address)
{
	memset(w, 0, sizeof(*w));
	for (int i = 0; i < LABELS; i++)
		w->handle[i] = -1;
	ck_assert_int_eq(ip_addr_parse(address, &w->addr.local), 0);
	w->addr.remote = w->addr.local;
	w->addr.bind_port = free_port(w->addr.local.family == 4 ? AF_INET : AF_INET6);
	w->addr.connect_port = w->addr.bind_port;
}

static void world_fini(struct world *w)
{
	for (int i = 0; i < LABELS; i++) {
		if (w->handle[i] >= 0)
			close((int)w->handle[i]);
	}
}

/* What an engine does with descriptors. */
static void keep_labels(struct world *w, const struct call_spec *spec, const struct call_result *res)
{
	if (res->value < 0)
		return;
	if (call_gives_fd(spec))
		w->handle[spec->result] = res->value;
	if (spec->row->effect == EFFECT_CLOSE)
		w->handle[spec->arg[0].num] = -1;
	if (spec->row->arg[0] == ARG_FD_PAIR) {
		w->handle[spec->arg[0].num] = res->fd_pair[0];
		w->handle[spec->arg[0].num2] = res->fd_pair[1];
	}
}

/* All findings of a call in one line. */
static const char *findings_text(struct arena *a, const struct call_finding *f, size_t n)
{
	const char *text = "";

	for (size_t i = 0; i < n; i++)
		text = arena_printf(a, "%s%s%s: %s, not %s", text, i ? "; " : "", f[i].what,
				    f[i].expected, f[i].actual);
	return text;
}

static void play(struct world *w, const char *call, const char *expected)
{
	struct call_match_env env = {
		.label = label_of, .script_time_ns = unchanged, .ctx = w, .tolerance_ns = 1000000,
	};
	struct call_help h;
	struct call_request req = { .addresses = &w->addr, .keep_buffers = w->keep_buffers,
				    .payload = w->payload };
	struct call_result res;
	struct call_finding *found;
	const char *why = "?", *text;
	int64_t bad = 0;
	size_t n;

	req.spec = call_help_good(&h, call);
	req.arg = call_map_fds(h.a, req.spec, handle_of, w, &bad);
	ck_assert_msg(req.arg, "%s: label %lld is unknown", call, (long long)bad);
	ck_assert_msg(kernel_call_run(h.a, &req, &res, &why) == 0, "%s: %s", call, why);
	ck_assert_int_le(res.start_ns, res.end_ns);
	keep_labels(w, req.spec, &res);
	n = call_match(h.a, req.spec, &res, &env, &found);
	text = findings_text(h.a, found, n);
	ck_assert_msg(strcmp(text, expected) == 0, "%s:\n  found    '%s'\n  expected '%s'", call, text,
		      expected);
	call_help_fini(&h);
}

#define PLAY(w, ...)                                                                               \
	do {                                                                                       \
		static const char *const lines[] = { __VA_ARGS__ };                                \
		for (size_t play_i = 0; play_i < ARRAY_LEN(lines); play_i++)                       \
			play((w), lines[play_i], "");                                              \
	} while (0)

/* Label 3 listens, 4 connected, 5 is what was accepted. */
static void connect_pair(struct world *w)
{
	PLAY(w,
	     "socket(..., SOCK_STREAM, IPPROTO_TCP) = 3",
	     "setsockopt(3, SOL_SOCKET, SO_REUSEADDR, [1], 4) = 0",
	     "bind(3, ..., ...) = 0",
	     "listen(3, 1) = 0",
	     "socket(..., SOCK_STREAM, IPPROTO_TCP) = 4",
	     "connect(4, ..., ...) = 0",
	     "accept(3, ..., ...) = 5");
}

/* What is sent has the values that the request says, all buffers of all messages in a row. */
START_TEST(test_numbered_payload)
{
	static const char *const calls[] = {
		"write(4, ..., 600) = 600",
		"sendto(4, ..., 600, 0, NULL, 0) = 600",
		"writev(4, [{..., 100}, {..., 0}, {..., 500}], 3) = 600",
		"sendmsg(4, {msg_name(0)=NULL, msg_iov(2)=[{..., 1}, {..., 599}], msg_flags=0}, 0) = 600",
		"sendmmsg(4, [{msg_name(0)=NULL, msg_iov(2)=[{..., 100}, {..., 300}], msg_flags=0, "
		"msg_len=400}, {msg_name(0)=NULL, msg_iov(1)=[{..., 200}], msg_flags=0, msg_len=200}], "
		"2, 0) = 2",
	};
	struct payload zeros = { 0 };
	uint8_t bytes[600];
	struct world w;

	world_init(&w, "127.0.0.1");
	connect_pair(&w);
	for (size_t i = 0; i < 2 * ARRAY_LEN(calls); i++) {
		bool is_numbered = i >= ARRAY_LEN(calls);

		w.payload = is_numbered ? (struct payload){ true, 1000 } : zeros;
		play(&w, calls[i % ARRAY_LEN(calls)], "");
		ck_assert_int_eq(recv((int)w.handle[5], bytes, sizeof(bytes), MSG_WAITALL), 600);
		ck_assert_uint_eq(payload_differs(w.payload, bytes, sizeof(bytes)), sizeof(bytes));
	}
	world_fini(&w);
}
END_TEST

START_TEST(test_reading_and_writing)
{
	struct world w;

	world_init(&w, "127.0.0.1");
	connect_pair(&w);
	PLAY(&w,
	     "write(4, ..., 1000) = 1000",
	     "ioctl(5, SIOCINQ, [1000]) = 0",
	     "recv(5, ..., 100, MSG_PEEK) = 100",
	     "read(5, ..., 400) = 400",
	     "readv(5, [{..., 100}, {..., 200}], 2) = 300",
	     "recvfrom(5, ..., 200, 0, ..., ...) = 200",
	     "recvmsg(5, {msg_name(...)=..., msg_iov(2)=[{..., 50}, {..., 1000}], msg_flags=0}, 0) = 100",
	     "recv(5, ..., 100, MSG_DONTWAIT) = -1 EAGAIN (nothing)",
	     "writev(5, [{..., 10}, {..., 20}], 2) = 30",
	     "send(5, ..., 5, MSG_MORE) = 5",
	     "sendto(5, ..., 5, 0, NULL, 0) = 5",
	     "sendmsg(5, {msg_name(0)=NULL, msg_iov(1)=[{..., 7}], msg_flags=0}, 0) = 7",
	     "sendmmsg(5, [{msg_iov(1)=[{..., 8}], msg_len=8}, {msg_iov(1)=[{..., 9}], msg_len=9}], 2, 0) "
	     "= 2",
	     "recvmmsg(4, [{msg_iov(1)=[{..., 40}], msg_flags=0, msg_len=40}, "
	     "{msg_iov(1)=[{..., 100}], msg_flags=0, msg_len=24}], 2, 0, NULL) = 2",
	     "read(4, NULL, 0) = 0",
	     "shutdown(5, SHUT_WR) = 0",
	     "read(4, ..., 10) = 0",
	     "write(5, ..., 1) = -1 EPIPE (shut)",
	     "close(5) = 0",
	     "getsockopt(4, SOL_SOCKET, SO_ERROR, [0], [4]) = 0");
	world_fini(&w);
}
END_TEST

START_TEST(test_ipv6_and_mapped)
{
	static const char *const address[] = { "::1", "::ffff:127.0.0.1" };
	struct world w;

	world_init(&w, "::1");
	ck_assert_int_eq(ip_addr_parse(address[_i], &w.addr.local), 0);
	w.addr.remote = w.addr.local;
	PLAY(&w,
	     "socket(AF_INET6, SOCK_STREAM|SOCK_NONBLOCK, IPPROTO_TCP) = 3",
	     "bind(3, ..., ...) = 0",
	     "listen(3, 1) = 0",
	     "socket(AF_INET6, SOCK_STREAM, IPPROTO_TCP) = 4",
	     "connect(4, ..., ...) = 0",
	     "accept4(3, ..., ..., SOCK_NONBLOCK) = 5",
	     "fcntl(5, F_GETFL) = 0x802 (flags O_RDWR)",
	     "read(5, ..., 10) = -1 EWOULDBLOCK (nothing)",
	     "getsockopt(5, SOL_SOCKET, SO_DOMAIN, [AF_INET6], [4]) = 0",
	     "connect(4, AF_UNSPEC, ...) = 0",
	     "read(5, ..., 10) = -1 ECONNRESET (aborted)");
	world_fini(&w);
}
END_TEST

START_TEST(test_poll_and_epoll)
{
	struct world w;

	world_init(&w, "127.0.0.1");
	connect_pair(&w);
	PLAY(&w,
	     "poll([{fd=4, events=POLLIN|POLLOUT, revents=POLLOUT}, {fd=5, events=POLLIN}], 2, 0) = 1",
	     "ppoll([{fd=4, events=POLLIN}], 1, {tv_sec=0, tv_nsec=1000}, NULL) = 0",
	     "epoll_create(1) = 6",
	     "epoll_create1(EPOLL_CLOEXEC) = 7",
	     "epoll_ctl(6, EPOLL_CTL_ADD, 5, {events=EPOLLIN|EPOLLET, fd=5}) = 0",
	     "epoll_ctl(7, EPOLL_CTL_ADD, 5, {events=EPOLLIN, u64=0x123456789abcdef0}) = 0",
	     "epoll_wait(6, {events=0, ptr=0}, 1, 0) = 0",
	     "epoll_wait(6, {events=0, fd=0}, 1, 0) = 0",
	     "write(4, ..., 5) = 5",
	     "epoll_wait(6, {events=EPOLLIN, fd=5}, 10, 100) = 1",
	     "epoll_wait(6, {events=0, ptr=0}, 1, 0) = 0",
	     "epoll_wait(7, {events=EPOLLIN, u32=0x9abcdef0}, 1, 0) = 1",
	     "epoll_wait(7, {events=EPOLLIN, ptr=0x123456789abcdef0}, 1, 0) = 1",
	     "epoll_wait(7, ..., 1, 0) = 1",
	     "epoll_ctl(6, EPOLL_CTL_DEL, 5, NULL) = 0",
	     "epoll_wait(6, {events=0, ptr=0}, 0, 0) = -1 EINVAL (none)");
	play(&w, "epoll_wait(7, {events=EPOLLOUT, u64=5}, 1, 0) = 1",
	     "events of the first event: EPOLLOUT, not EPOLLIN; "
	     "u64 of the first event: 5, not 1311768467463790320");
	play(&w, "poll([{fd=5, events=POLLIN, revents=POLLOUT|POLLIN}, {fd=4, events=POLLOUT}], 2, 0) = 1",
	     "return value: 1, not 2; revents of fd 5: POLLIN|POLLOUT, not POLLIN; "
	     "revents of fd 4: 0, not POLLOUT");
	world_fini(&w);
}
END_TEST

START_TEST(test_socket_options)
{
	struct world w;

	world_init(&w, "127.0.0.1");
	connect_pair(&w);
	PLAY(&w,
	     "setsockopt(4, SOL_TCP, TCP_CONGESTION, \"reno\", 4) = 0",
	     "getsockopt(4, SOL_TCP, TCP_CONGESTION, \"reno\", [4]) = 0",
	     "getsockopt(4, SOL_TCP, TCP_CONGESTION, \"reno\", [16]) = 0",
	     "getsockopt(4, SOL_TCP, TCP_INFO, ..., ...) = 0",
	     "getsockopt(4, SOL_SOCKET, SO_TYPE, [SOCK_STREAM], [4]) = 0",
	     "getsockopt(4, SOL_SOCKET, SO_TYPE, [SOCK_STREAM], ...) = 0",
	     "getsockopt(4, 6, 9999, [0], [4]) = -1 ENOPROTOOPT (none)",
	     "setsockopt(4, 6, 9999, [0], 4) = -1 ENOPROTOOPT (none)",
	     "setsockopt(4, SOL_TCP, TCP_NODELAY, [1], 8) = 0",
	     "getsockopt(4, SOL_TCP, TCP_NODELAY, [1], [4]) = 0",
	     "setsockopt(4, SOL_TCP, TCP_NODELAY, [1], -1) = -1 EINVAL (length)",
	     "setsockopt(4, SOL_SOCKET, SO_LINGER, {onoff=1, linger=7}, 8) = 0",
	     "getsockopt(4, SOL_SOCKET, SO_LINGER, {onoff=1, linger=7}, [8]) = 0",
	     "getsockopt(4, SOL_SOCKET, SO_LINGER, {onoff=..., linger=7}, [8]) = 0",
	     "getsockopt(4, SOL_SOCKET, SO_LINGER, {onoff=..., linger=7}, ...) = 0",
	     "setsockopt(3, SOL_TCP, TCP_FASTOPEN_KEY, \"\\x00\\x01\\x02\\x03\" \"abcdefgh\" \"\\\\\\\"rn\", "
	     "16) = 0",
	     "getsockopt(3, SOL_TCP, TCP_FASTOPEN_KEY, \"\\x00\\x01\\x02\\x03abcdefgh\\\\\\\"rn\", [16]) = 0");
	play(&w, "getsockopt(4, SOL_SOCKET, SO_ERROR, [ECONNRESET], [4]) = 0",
	     "option value: ECONNRESET, not 0");
	play(&w, "getsockopt(4, SOL_TCP, TCP_CONGESTION, \"cubic\", [5]) = 0",
	     "option value: \"cubic\", not \"reno\\x00\"");
	play(&w, "getsockopt(4, SOL_TCP, TCP_NODELAY, [0], [4]) = -1 EPERM (none)",
	     "return value: -1 EPERM (Operation not permitted), not 0; option value: 0, not 1");
	play(&w, "getsockopt(4, SOL_TCP, TCP_CONGESTION, \"reno\", [20]) = 0",
	     "option length: 20, not 16");
	play(&w, "getsockopt(4, SOL_SOCKET, SO_LINGER, {onoff=0, linger=...}, [8]) = 0",
	     "option value: \"\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\", "
	     "not \"\\x01\\x00\\x00\\x00\\x07\\x00\\x00\\x00\"");
	world_fini(&w);
}
END_TEST

START_TEST(test_descriptors)
{
	struct world w;
	char path[] = "/tmp/tcpdrill-call-XXXXXX";
	char call[100];
	int fd = mkstemp(path);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(ftruncate(fd, 10000), 0);
	close(fd);
	world_init(&w, "127.0.0.1");
	connect_pair(&w);
	PLAY(&w,
	     "dup(4) = 10",
	     "dup2(4, 11) = 11",
	     "dup2(5, 11) = 11",
	     "fcntl(4, F_DUPFD, 50) = 12",
	     "fcntl(12, F_SETFD, FD_CLOEXEC) = 0",
	     "fcntl(12, F_GETFD) = 1",
	     "close(10) = 0",
	     "write(12, ..., 100) = 100",
	     "read(11, ..., 100) = 100",
	     "pipe([20, 21]) = 0",
	     "write(4, ..., 500) = 500",
	     "splice(5, NULL, 21, NULL, 500, SPLICE_F_MOVE) = 500",
	     "read(20, ..., 500) = 500",
	     "read(-1, ..., 5) = -1 EBADF (bad)",
	     "open(\"/nonexistent/file\", O_RDONLY) = -1 ENOENT (none)");
	snprintf(call, sizeof(call), "open(\"%s\", O_RDWR) = 30", path);
	play(&w, call, "");
	PLAY(&w,
	     "sendfile(4, 30, [1000], 2000) = 2000",
	     "sendfile(4, 30, NULL, 100) = 100",
	     "ioctl(5, FIONREAD, [2100]) = 0",
	     "read(5, ..., 10000) = 2100");
	play(&w, "ioctl(5, FIONREAD, [1]) = 0", "value that it gives: 1, not 0");
	world_fini(&w);
	unlink(path);
}
END_TEST

START_TEST(test_addresses)
{
	struct world w;
	char call[200], expected[200];

	world_init(&w, "127.0.0.1");
	PLAY(&w, "socket(..., SOCK_STREAM, IPPROTO_TCP) = 3", "bind(3, ..., ...) = 0",
	     "listen(3, 1) = 0", "socket(..., SOCK_STREAM, IPPROTO_TCP) = 4");
	snprintf(call, sizeof(call), "connect(4, {sa_family=AF_INET, sin_port=htons(%u), "
		 "sin_addr=inet_addr(\"127.0.0.1\")}, ...) = 0", w.addr.bind_port);
	play(&w, call, "");
	snprintf(call, sizeof(call), "getpeername(4, {sa_family=AF_INET, sin_port=htons(%u), "
		 "sin_addr=inet_addr(\"127.0.0.1\")}, ...) = 0", w.addr.bind_port);
	play(&w, call, "");
	snprintf(expected, sizeof(expected), "address: 127.0.0.2:9, not 127.0.0.1:%u", w.addr.bind_port);
	play(&w, "getsockname(3, {sa_family=AF_INET, sin_port=htons(9), "
		 "sin_addr=inet_addr(\"127.0.0.2\")}, [16]) = 0", expected);
	PLAY(&w, "getsockname(4, ..., ...) = 0", "accept(3, NULL, NULL) = 5",
	     "socket(..., SOCK_STREAM, IPPROTO_TCP) = 6",
	     "connect(6, ..., 4) = -1 EINVAL (length)");
	world_fini(&w);
}
END_TEST

START_TEST(test_control_messages)
{
	struct world w;

	world_init(&w, "127.0.0.1");
	w.keep_buffers = _i;
	connect_pair(&w);
	PLAY(&w,
	     "setsockopt(5, SOL_TCP, TCP_INQ, [1], 4) = 0",
	     "write(4, ..., 100) = 100",
	     "recvmsg(5, {msg_name(...)=..., msg_iov(1)=[{..., 60}], msg_flags=0, "
	     "msg_control=[{cmsg_level=SOL_TCP, cmsg_type=TCP_CM_INQ, cmsg_data=40}]}, 0) = 60",
	     "recvmsg(5, {msg_name(...)=..., msg_iov(1)=[{..., 10}], msg_flags=MSG_CTRUNC}, 0) = 10",
	     "setsockopt(4, SOL_SOCKET, SO_ZEROCOPY, [1], 4) = 0",
	     "send(4, ..., 4000, MSG_ZEROCOPY) = 4000",
	     "read(5, ..., 10000) = 4030",
	     "poll([{fd=4, events=0, revents=POLLERR}], 1, 1000) = 1",
	     "recvmsg(4, {msg_name(...)=..., msg_iov(1)=[{..., 0}], msg_flags=MSG_ERRQUEUE, "
	     "msg_control=[{cmsg_level=SOL_IP, cmsg_type=IP_RECVERR, cmsg_data={ee_errno=0, "
	     "ee_origin=SO_EE_ORIGIN_ZEROCOPY, ee_type=0, ee_code=SO_EE_CODE_ZEROCOPY_COPIED, "
	     "ee_info=0, ee_data=0}}]}, MSG_ERRQUEUE) = 0",
	     "recvmsg(4, {msg_name(...)=..., msg_iov(1)=[{..., 0}], msg_flags=MSG_ERRQUEUE, "
	     "msg_control=[]}, MSG_ERRQUEUE) = -1 EAGAIN (none)",
	     "write(4, ..., 100) = 100");
	play(&w, "recvmsg(5, {msg_iov(1)=[{..., 60}], msg_flags=MSG_EOR, "
		 "msg_control=[{cmsg_level=SOL_TCP, cmsg_type=TCP_CM_INQ, cmsg_data=41}]}, 0) = 60",
	     "msg_flags: MSG_EOR, not 0; cmsg 1: cmsg_data: 41, not 40");
	world_fini(&w);
}
END_TEST

/*
 * The kernel turns stamping on some time after it was asked to. A socket on which stamps have come;
 * as long as it is open they do on others.
 */
static int wait_for_stamps(void)
{
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(to);
	struct timespec pause = { .tv_nsec = 2000000 };
	int fd = socket(AF_INET, SOCK_DGRAM, 0), flags = 1 << 3 | 1 << 4;

	ck_assert_int_eq(bind(fd, (struct sockaddr *)&to, len), 0);
	ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&to, &len), 0);
	ck_assert_int_eq(setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPING, &flags, sizeof(flags)), 0);
	for (int i = 0; i < 1000; i++) {
		uint8_t control[200];
		struct msghdr m = { .msg_control = control, .msg_controllen = sizeof(control) };

		ck_assert_int_eq(sendto(fd, "", 1, 0, (struct sockaddr *)&to, len), 1);
		ck_assert_int_ge(recvmsg(fd, &m, 0), 0);
		if (m.msg_controllen)
			return fd;
		nanosleep(&pause, NULL);
	}
	ck_abort_msg("no stamps");
	return -1;
}

START_TEST(test_time_stamps)
{
	int stamping = wait_for_stamps();
	struct world w;
	char call[600], expected[200];
	struct timespec now;
	static const char form[] =
		"recvmsg(3, {msg_iov(1)=[{..., 60}], msg_flags=0, msg_control=[{cmsg_level=SOL_SOCKET, "
		"cmsg_type=SCM_TIMESTAMPING, cmsg_data={scm_sec=%lld, scm_nsec=0}}]}, 0) = 9";

	world_init(&w, "127.0.0.1");
	PLAY(&w,
	     "socket(..., SOCK_DGRAM, IPPROTO_UDP) = 3",
	     "bind(3, ..., ...) = 0",
	     "setsockopt(3, SOL_SOCKET, SO_TIMESTAMPING, "
	     "[SOF_TIMESTAMPING_RX_SOFTWARE|SOF_TIMESTAMPING_SOFTWARE], 4) = 0",
	     "socket(..., SOCK_DGRAM, IPPROTO_UDP) = 4",
	     "sendmsg(4, {msg_name(...)=..., msg_iov(1)=[{..., 9}], msg_flags=0, "
	     "msg_control=[{cmsg_level=SOL_IP, cmsg_type=IP_TTL, cmsg_data=9}]}, 0) = 9",
	     "sendto(4, ..., 9, 0, ..., ...) = 9");
	snprintf(call, sizeof(call), form, 0LL);
	play(&w, call, "");
	/* The error queue gives what was sent with its headers: not zeros, and not from a peer. */
	PLAY(&w,
	     "setsockopt(4, SOL_SOCKET, SO_TIMESTAMPING, "
	     "[SOF_TIMESTAMPING_TX_SOFTWARE|SOF_TIMESTAMPING_SOFTWARE], 4) = 0",
	     "sendto(4, ..., 9, 0, ..., ...) = 9",
	     "poll([{fd=4, events=0, revents=POLLERR}], 1, 1000) = 1",
	     "recvmsg(4, {msg_iov(1)=[{..., 200}], msg_flags=MSG_ERRQUEUE, "
	     "msg_control=[{cmsg_level=SOL_SOCKET, cmsg_type=SCM_TIMESTAMPING, "
	     "cmsg_data={scm_sec=0, scm_nsec=0}}, {cmsg_level=SOL_IP, cmsg_type=IP_RECVERR, "
	     "cmsg_data={ee_errno=ENOMSG, ee_origin=SO_EE_ORIGIN_TIMESTAMPING, ee_type=0, ee_code=0, "
	     "ee_info=SCM_TSTAMP_SND, ee_data=0}}]}, MSG_ERRQUEUE) = ...");
	/* Far from now: the finding names both times; only their first part is foreseeable. */
	snprintf(call, sizeof(call), form, 5LL);
	clock_gettime(CLOCK_REALTIME, &now);
	{
		struct call_match_env env = { .label = label_of, .script_time_ns = unchanged, .ctx = &w };
		struct call_help h;
		struct call_request req = { .addresses = &w.addr };
		struct call_result res;
		struct call_finding *f;
		const char *why;
		int64_t bad;

		req.spec = call_help_good(&h, call);
		req.arg = call_map_fds(h.a, req.spec, handle_of, &w, &bad);
		ck_assert_int_eq(kernel_call_run(h.a, &req, &res, &why), 0);
		ck_assert_uint_eq(call_match(h.a, req.spec, &res, &env, &f), 1);
		ck_assert_str_eq(f->what, "cmsg 1: time stamp");
		ck_assert_str_eq(f->expected, "5.000000000 s");
		snprintf(expected, sizeof(expected), "%lld", (long long)now.tv_sec / 100);
		ck_assert_msg(strncmp(f->actual, expected, strlen(expected)) == 0, "%s", f->actual);
		call_help_fini(&h);
	}
	world_fini(&w);
	close(stamping);
}
END_TEST

START_TEST(test_wrong_results_are_found)
{
	struct world w;

	world_init(&w, "127.0.0.1");
	PLAY(&w, "socket(..., SOCK_STREAM, IPPROTO_TCP) = 9");
	play(&w, "connect(9, ..., ...) = 0",
	     "return value: 0, not -1 ECONNREFUSED (Connection refused)");
	play(&w, "connect(9, ..., ...) = -1 EINPROGRESS (soon)",
	     "errno: EINPROGRESS (Operation now in progress), not ECONNREFUSED (Connection refused)");
	play(&w, "connect(9, ..., ...) = -1", "");
	play(&w, "connect(9, ..., ...) = ...", "");
	play(&w, "socket(AF_INET, 77, 0) = 3", "return value: 0 or more, not -1 EINVAL (Invalid argument)");
	play(&w, "fcntl(9, F_GETFL) = 0x802", "return value: 2050, not 2");
	connect_pair(&w);
	ck_assert_int_eq(send((int)w.handle[4], "\0\0\0AB\0", 6, 0), 6);
	play(&w, "recv(5, ..., 10, MSG_PEEK) = 6",
	     "received byte 3: 0x00, not 0x41 (2 bytes are not 0)");
	play(&w, "readv(5, [{..., 4}, {..., 4}], 2) = 8",
	     "return value: 8, not 6; received byte 3: 0x00, not 0x41 (2 bytes are not 0)");
	/* What a pipe holds was not sent by a peer. */
	PLAY(&w, "pipe([20, 21]) = 0");
	ck_assert_int_eq(write((int)w.handle[21], "text", 4), 4);
	play(&w, "read(20, ..., 10) = 4", "");
	world_fini(&w);
}
END_TEST

static void *invoke(void *kc)
{
	kernel_call_invoke(kc);
	return NULL;
}

/* The three steps, the middle one in another thread, as for a call that blocks. */
START_TEST(test_blocking_call)
{
	struct world w;
	struct call_help h;
	struct call_request req = { .addresses = &w.addr };
	struct call_result res;
	struct kernel_call *kc;
	struct timespec pause = { .tv_nsec = 30000000 };
	pthread_t thread;
	const char *why;
	int64_t bad;

	world_init(&w, "127.0.0.1");
	connect_pair(&w);
	req.spec = call_help_good(&h, "read(5, ..., 1000) = 300");
	req.arg = call_map_fds(h.a, req.spec, handle_of, &w, &bad);
	ck_assert_int_eq(kernel_call_prepare(h.a, &req, &kc, &why), 0);
	ck_assert_int_eq(pthread_create(&thread, NULL, invoke, kc), 0);
	nanosleep(&pause, NULL);
	play(&w, "write(4, ..., 300) = 300", "");
	pthread_join(thread, NULL);
	kernel_call_finish(kc, &res);
	ck_assert_int_eq(res.value, 300);
	ck_assert_uint_eq(res.n_data, 300);
	ck_assert_int_ge(res.end_ns - res.start_ns, 10000000);
	call_help_fini(&h);
	world_fini(&w);
}
END_TEST

START_TEST(test_what_cannot_be_done)
{
	static const struct {
		const char *call;
		int rc;
	} row[] = {
		{ "psp_rx_assoc(0, [1]) = 0", -ERR_UNSUPPORTED },
		{ "psp_tx_assoc(0, 1) = 0", -ERR_UNSUPPORTED },
		{ "read(0, ..., 0x7fffffffffffffff) = 0", -ERR_RANGE },
	};
	struct call_addresses addr = { 0 };

	for (size_t i = 0; i < ARRAY_LEN(row); i++) {
		struct call_help h;
		struct call_request req = { .addresses = &addr };
		struct call_result res;
		const char *why = NULL;

		req.spec = call_help_good(&h, row[i].call);
		req.arg = req.spec->arg;
		ck_assert_int_eq(kernel_call_run(h.a, &req, &res, &why), row[i].rc);
		ck_assert_ptr_nonnull(why);
		call_help_fini(&h);
	}
}
END_TEST

/* In a process of its own, as it cannot get the capability back. */
START_TEST(test_capabilities)
{
	struct world w;

	world_init(&w, "127.0.0.1");
	PLAY(&w,
	     "cap_set(CAP_EFFECTIVE, CAP_NET_RAW, CAP_CLEAR) = 0",
	     "socket(AF_INET, SOCK_RAW, IPPROTO_RAW) = -1 EPERM (cleared)",
	     "cap_set(CAP_EFFECTIVE, 64, CAP_CLEAR) = -1 EINVAL (unknown)",
	     "cap_set(CAP_PERMITTED, CAP_NET_RAW, CAP_CLEAR) = 0",
	     "cap_set(CAP_EFFECTIVE, CAP_NET_RAW, CAP_SET) = -1 EPERM (gone)");
	world_fini(&w);
}
END_TEST

/* An echo request has its type only because the call put it there: zeros are refused. */
START_TEST(test_ping_sockets)
{
	static const char range[] = "0 0";
	gid_t gid = getgid();
	char map[40];
	struct world w;
	FILE *f;

	if (unshare(CLONE_NEWUSER | CLONE_NEWNET) < 0)
		return;
	snprintf(map, sizeof(map), "0 %u 1", gid);
	f = fopen("/proc/self/setgroups", "w");
	ck_assert_ptr_nonnull(f);
	fputs("deny", f);
	fclose(f);
	f = fopen("/proc/self/gid_map", "w");
	ck_assert_ptr_nonnull(f);
	fputs(map, f);
	fclose(f);
	f = fopen("/proc/sys/net/ipv4/ping_group_range", "w");
	ck_assert_ptr_nonnull(f);
	fputs(range, f);
	fclose(f);
	world_init(&w, "127.0.0.1");
	PLAY(&w,
	     "socket(AF_INET, SOCK_DGRAM, IPPROTO_ICMP) = 3",
	     "sendto(3, ..., 4, 0, ..., ...) = -1 EINVAL (too short)",
	     "sendto(3, ..., 64, 0, ..., ...) = -1 ENETUNREACH (no route, but a good type)",
	     "socket(AF_INET6, SOCK_DGRAM, IPPROTO_ICMPV6) = 4",
	     "sendmsg(4, {msg_iov(2)=[{..., 0}, {..., 8}]}, 0) = -1 EDESTADDRREQ (but a good type)");
	world_fini(&w);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("call_kernel");
	TCase *t = tcase_create("kernel");

	signal(SIGPIPE, SIG_IGN);
	tcase_add_test(t, test_numbered_payload);
	tcase_add_test(t, test_reading_and_writing);
	tcase_add_loop_test(t, test_ipv6_and_mapped, 0, 2);
	tcase_add_test(t, test_poll_and_epoll);
	tcase_add_test(t, test_socket_options);
	tcase_add_test(t, test_descriptors);
	tcase_add_test(t, test_addresses);
	tcase_add_loop_test(t, test_control_messages, 0, 2);
	tcase_add_test(t, test_time_stamps);
	tcase_add_test(t, test_wrong_results_are_found);
	tcase_add_test(t, test_blocking_call);
	tcase_add_test(t, test_what_cannot_be_done);
	tcase_add_test(t, test_capabilities);
	tcase_add_test(t, test_ping_sockets);
	suite_add_tcase(s, t);
	return unit_run(s);
}
