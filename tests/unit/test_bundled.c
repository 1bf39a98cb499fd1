/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The bundled target with the real stack behind it: each case is a script that is bound and played
 * as in a run, with the verdict it must have. What the stack itself does right or wrong has its own
 * tests; here it is time, calls that block, what is lacking, and commands.
 */
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/diag.h"
#include "base/util.h"
#include "judge/verdict.h"
#include "run/engine.h"
#include "script/plan.h"
#include "target/bundled.h"
#include "target/sandbox.h"
#include "target/target.h"
#include "unit.h"
#include "unit_plan.h"

#define SECOND_NS INT64_C(1000000000)

#define LISTEN_SOCKET                                                                              \
	"0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3\n"                                            \
	"+0 bind(3, ..., ...) = 0\n"                                                               \
	"+0 listen(3, 1) = 0\n"
#define HANDSHAKE                                                                                  \
	"+0 < S 0:0(0) win 32792 <mss 1000>\n"                                                     \
	"+0 > S. 0:0(0) ack 1 <...>\n"                                                             \
	"+.01 < . 1:1(0) ack 1 win 257\n"
#define PASSIVE LISTEN_SOCKET HANDSHAKE "+0 accept(3, ..., ...) = 4\n"
/* Port and first number are the stack's own choice. */
#define ACTIVE                                                                                     \
	"0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3\n"                                            \
	"+0...0.1 connect(3, ..., ...) = 0\n"                                                      \
	"+0 > S 0:0(0) <...>\n"                                                                    \
	"+.1 < S. 0:0(0) ack 1 win 32792 <mss 1000>\n"                                             \
	"+0 > . 1:1(0) ack 1\n"
#define UDP_SOCKET                                                                                 \
	"0 socket(..., SOCK_DGRAM, IPPROTO_UDP) = 3\n"                                             \
	"+0 bind(3, ..., ...) = 0\n"                                                               \
	"+0 connect(3, ..., ...) = 0\n"

/* A peer's packet can come when it is known where to. */
#define UDP_TALK UDP_SOCKET "+0 write(3, ..., 9) = 9\n+0 > udp (9)\n"

struct script_case {
	const char *name, *text;
	enum verdict verdict;
	const char *reason;        /* a part of it */
};

static struct arena *a;

static void setup(void)
{
	a = arena_new();
}

static void teardown(void)
{
	arena_free(a);
}

static struct engine_options options(void)
{
	return (struct engine_options){ .trace = true, .timeout_us = 20000000, .seed = 1 };
}

static struct test_record play(struct arena *arena, const char *text,
			       const struct engine_options *opt)
{
	struct test_record rec = { .id = "case" };

	engine_run(arena, unit_plan(arena, text), target_find("bundled"), opt, &rec);
	return rec;
}

static bool is_as_told(const struct script_case *c, const struct test_record *rec)
{
	if (rec->verdict == c->verdict && strstr(rec->reason, c->reason) && rec->late_us == 0)
		return true;
	fprintf(stderr, "%s: %s, %s, late %lld us\n%s\n", c->name, verdict_name[rec->verdict],
		rec->reason, (long long)rec->late_us, rec->output);
	for (const struct finding *f = rec->findings; f; f = f->next)
		fprintf(stderr, "%s\n", f->text ? f->text : f->message);
	return false;
}

static const struct script_case cases[] = {
	/* time */
	{ "nothing is too far", "0 socket(..., SOCK_DGRAM, IPPROTO_UDP) = 3\n+1000000 close(3) = 0\n",
	  VERDICT_PASS, "" },
	{ "what never comes", UDP_SOCKET "* > udp (1)\n", VERDICT_FAIL, "timed out" },
	{ "what is late by much", LISTEN_SOCKET "+0 < S 0:0(0) win 1000\n"
	  "+.05 > S. 0:0(0) ack 1 <...>\n", VERDICT_FAIL, "line 5" },
	{ "a timer of the stack", LISTEN_SOCKET "+0 < S 0:0(0) win 1000\n"
	  "+0 > S. 0:0(0) ack 1 <...>\n+1 > S. 0:0(0) ack 1 <...>\n+2 > S. 0:0(0) ack 1 <...>\n"
	  "+4 > S. 0:0(0) ack 1 <...>\n", VERDICT_PASS, "" },
	{ "quiet", UDP_SOCKET "+0 write(3, ..., 1) = 1\n+0 > udp (1)\n+0 quiet 3600\n",
	  VERDICT_PASS, "" },
	/* calls that block, and say so */
	{ "accept", LISTEN_SOCKET "+0...0.01 accept(3, ..., ...) = 4\n" HANDSHAKE, VERDICT_PASS, "" },
	{ "accept, later than it was", LISTEN_SOCKET "+0...0.9 accept(3, ..., ...) = 4\n" HANDSHAKE,
	  VERDICT_FAIL, "line 4" },
	{ "accept, never", LISTEN_SOCKET "+0...1 accept(3, ..., ...) = 4\n", VERDICT_FAIL,
	  "did not return" },
	{ "connect", "0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3\n"
	  "+0...0.1 connect(3, ..., ...) = 0\n+0 > S 0:0(0) <...>\n"
	  "+.1 < S. 0:0(0) ack 1 win 1000 <mss 1000>\n+0 > . 1:1(0) ack 1\n", VERDICT_PASS, "" },
	{ "connect, refused", "0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3\n"
	  "+0...0.1 connect(3, ..., ...) = -1 ECONNREFUSED (x)\n+0 > S 0:0(0) <...>\n"
	  "+.1 < R. 0:0(0) ack 1 win 0\n", VERDICT_PASS, "" },
	{ "read", UDP_TALK "+0...0.5 read(3, ..., 100) = 50\n+.5 < udp (50)\n", VERDICT_PASS, "" },
	{ "read of all", PASSIVE "+0...0.2 recv(4, ..., 300, MSG_WAITALL) = 300\n"
	  "+.1 < P. 1:201(200) ack 1 win 257\n+.1 < P. 201:401(200) ack 1 win 257\n"
	  "+0 read(4, ..., 1000) = 100\n", VERDICT_PASS, "" },
	{ "read of enough", PASSIVE "+0 setsockopt(4, SOL_SOCKET, SO_RCVLOWAT, [150], 4) = 0\n"
	  "+0...0.2 read(4, ..., 1000) = 200\n"
	  "+.1 < P. 1:101(100) ack 1 win 257\n+.1 < P. 101:201(100) ack 1 win 257\n",
	  VERDICT_PASS, "" },
	{ "read until the end", PASSIVE "+0...0.1 read(4, ..., 300) = 0\n"
	  "+.1 < F. 1:1(0) ack 1 win 257\n", VERDICT_PASS, "" },
	{ "write of more than fits", PASSIVE
	  "+0 setsockopt(4, SOL_SOCKET, SO_SNDBUF, [5000], 4) = 0\n"
	  "+0...0.1 write(4, ..., 100000) = -1 ECONNRESET (x)\n"
	  "+.1 < R. 1:1(0) ack 1 win 257\n", VERDICT_FAIL, "write() returned" },
	{ "close with linger", PASSIVE "+0 setsockopt(4, SOL_SOCKET, SO_LINGER, {onoff=1, linger=2}, 8) = 0\n"
	  "+0...0.1 close(4) = 0\n+0 > F. 1:1(0) ack 1\n+.1 < . 1:1(0) ack 2 win 257\n",
	  VERDICT_PASS, "" },
	/* limits of their own */
	{ "poll, in time", UDP_TALK "+0...0.1 poll([{fd=3, events=POLLIN, revents=POLLIN}], 1, 500) = 1\n"
	  "+.1 < udp (1)\n", VERDICT_PASS, "" },
	{ "poll, too late", UDP_TALK "+0...0.5 poll([{fd=3, events=POLLIN, revents=0}], 1, 500) = 0\n"
	  "+.6 < udp (1)\n", VERDICT_PASS, "" },
	{ "poll lets time pass", UDP_SOCKET "+0 poll([{fd=3, events=POLLIN, revents=0}], 1, 9000) = 0\n"
	  "9 close(3) = 0\n", VERDICT_PASS, "" },
	{ "ppoll", UDP_SOCKET "+0 ppoll([{fd=3, events=POLLIN, revents=0}], 1, {tv_sec=7, tv_nsec=0}, "
	  "NULL) = 0\n7 close(3) = 0\n", VERDICT_PASS, "" },
	{ "epoll_wait", UDP_TALK "+0 epoll_create(1) = 5\n"
	  "+0 epoll_ctl(5, EPOLL_CTL_ADD, 3, {events=EPOLLIN, fd=3}) = 0\n"
	  "+0 epoll_wait(5, {events=0, ptr=0}, 1, 2000) = 0\n"
	  "+0...0.3 epoll_wait(5, {events=EPOLLIN, fd=3}, 1, -1) = 1\n+.3 < udp (1)\n",
	  VERDICT_PASS, "" },
	{ "not before its time", UDP_SOCKET "+0...0.2 epoll_wait(3, {events=0, ptr=0}, 1, 0) = 0\n",
	  VERDICT_FAIL, "line 4" },
	/* calls that block and do not say so */
	{ "read without end", UDP_SOCKET "+0 read(3, ..., 100) = 50\n", VERDICT_FAIL,
	  "blocks, but is not written" },
	{ "no read where none need wait", UDP_SOCKET
	  "+0 fcntl(3, F_SETFL, O_RDWR|O_NONBLOCK) = 0\n+0 read(3, ..., 100) = -1 EAGAIN (x)\n",
	  VERDICT_PASS, "" },
	{ "nor with the flag", UDP_SOCKET "+0 recv(3, ..., 100, MSG_DONTWAIT) = -1 EAGAIN (x)\n",
	  VERDICT_PASS, "" },
	{ "nor for what is urgent", PASSIVE "+0 < U. 1:1(0) ack 1 win 257 urg 9\n"
	  "+0 recv(4, ..., 1, MSG_OOB) = -1 EAGAIN (x)\n", VERDICT_PASS, "" },
	/* what is there */
	{ "addresses", "--local_ip=192.168.0.1\n" UDP_SOCKET "+0 getsockname(3, {sa_family=AF_INET, sin_port=htons(8080), "
	  "sin_addr=inet_addr(\"192.168.0.1\")}, ...) = 0\n", VERDICT_PASS, "" },
	{ "another address", "--local_ip=192.168.0.1\n" UDP_SOCKET "+0 getsockname(3, {sa_family=AF_INET, sin_port=htons(8081), "
	  "sin_addr=inet_addr(\"192.168.0.1\")}, ...) = 0\n", VERDICT_FAIL, "line 5" },
	{ "dup", UDP_SOCKET "+0 dup(3) = 4\n+0 close(3) = 0\n+0 write(4, ..., 7) = 7\n+0 > udp (7)\n",
	  VERDICT_PASS, "" },
	{ "many messages", UDP_SOCKET "+0 sendmmsg(3, [{msg_name(...)=..., msg_iov(1)=[{..., 10}], "
	  "msg_flags=0, msg_len=10}, {msg_name(...)=..., msg_iov(1)=[{..., 20}], msg_flags=0, "
	  "msg_len=20}], 2, 0) = 2\n+0 > udp (10)\n+0 > udp (20)\n", VERDICT_PASS, "" },
	{ "no memory to send from", UDP_SOCKET "+0 send(3, NULL, 10, 0) = -1 EFAULT (x)\n",
	  VERDICT_PASS, "" },
	{ "states", PASSIVE "+0 assert state() == ESTABLISHED\n+0 assert state(4) == ESTABLISHED\n"
	  "+0 assert state(3) == LISTEN\n+0 close(4) = 0\n+0 > F. 1:1(0) ack 1\n"
	  "+0 assert state() == FIN_WAIT_1\n", VERDICT_PASS, "" },
	{ "variables", PASSIVE "+0 %{ assert tcpi_state == TCP_ESTABLISHED }%\n", VERDICT_PASS, "" },
	{ "no variables", UDP_SOCKET "+0 %{ assert tcpi_state == 1 }%\n", VERDICT_SKIP,
	  "no variable 'tcpi_state'" },
	/* what is lacking */
	{ "a call", "0 pipe([3, 4]) = 0\n", VERDICT_SKIP, "no call pipe()" },
	{ "an option", UDP_SOCKET "+0 setsockopt(3, SOL_SOCKET, SO_ZEROCOPY, [1], 4) = 0\n",
	  VERDICT_SKIP, "no socket option SO_ZEROCOPY" },
	{ "an option, and the script knows",
	  UDP_SOCKET "+0 setsockopt(3, SOL_SOCKET, SO_ZEROCOPY, [1], 4) = -1 ENOPROTOOPT (x)\n",
	  VERDICT_PASS, "" },
	{ "an option that is not even Linux's",
	  UDP_SOCKET "+0 setsockopt(3, SOL_SOCKET, 4711, [1], 4) = 0\n", VERDICT_FAIL,
	  "ENOPROTOOPT" },
	{ "a flag", UDP_SOCKET "+0 send(3, ..., 10, MSG_ZEROCOPY) = 10\n", VERDICT_SKIP,
	  "no flag MSG_ZEROCOPY" },
	{ "a kind of socket", "0 socket(..., SOCK_RAW, 200) = 3\n", VERDICT_SKIP, "no sockets of" },
	{ "a congestion control",
	  "0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3\n"
	  "+0 setsockopt(3, SOL_TCP, TCP_CONGESTION, \"veno\", 4) = 0\n",
	  VERDICT_SKIP, "no congestion control 'veno'" },
};

START_TEST(scripts_have_their_verdict)
{
	struct engine_options opt = options();
	struct test_record rec = play(a, cases[_i].text, &opt);

	ck_assert(is_as_told(&cases[_i], &rec));
}
END_TEST

/* ---- the same again ---- */

static char *read_file(const char *path, size_t *n)
{
	char *text = arena_alloc(a, 65536, 1);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t got;

	ck_assert_int_ge(fd, 0);
	got = read(fd, text, 65536);
	close(fd);
	ck_assert_int_gt(got, 24);    /* more than the file's header */
	*n = (size_t)got;
	return text;
}

static char *capture(uint64_t seed, size_t *n, const char **trace)
{
	char path[] = "/tmp/test_bundled.XXXXXX";
	struct engine_options opt = options();
	int fd = mkstemp(path);
	struct test_record rec;
	char *bytes;

	ck_assert_int_ge(fd, 0);
	close(fd);
	opt.pcap_path = path;
	opt.seed = seed;
	rec = play(a, ACTIVE "+1 close(3) = 0\n+0 > F. 1:1(0) ack 1\n+.2~+.4 > F. 1:1(0) ack 1\n",
		   &opt);
	ck_assert_msg(rec.verdict == VERDICT_PASS, "%s", rec.reason);
	bytes = read_file(path, n);
	unlink(path);
	*trace = rec.output;
	return bytes;
}

START_TEST(a_seed_says_all)
{
	const char *trace[3];
	size_t n[3];
	char *bytes[3] = { capture(5, &n[0], &trace[0]), capture(5, &n[1], &trace[1]),
			   capture(6, &n[2], &trace[2]) };

	ck_assert_str_eq(trace[0], trace[1]);
	ck_assert_uint_eq(n[0], n[1]);
	ck_assert(memcmp(bytes[0], bytes[1], n[0]) == 0);
	ck_assert(n[0] != n[2] || memcmp(bytes[0], bytes[2], n[0]) != 0);
	ck_assert_str_ne(trace[0], trace[2]);    /* the stack's own numbers, too */
}
END_TEST

/* ---- the interface itself ---- */

static struct target *open_target(void)
{
	struct target_config config = { .ip_version = 4, .local_prefix = 16, .remote_prefix = 24,
					.mtu_bytes = 1500 };
	struct target *t = NULL;
	const char *why = "";

	ip_addr_parse("192.168.0.1", &config.local);
	ip_addr_parse("192.0.2.1", &config.remote);
	ck_assert_msg(target_find("bundled")->ops->open(a, &config, &t, &why) == 0, "%s", why);
	return t;
}

START_TEST(waiting_for_nothing_ends)
{
	static const int64_t deadline_ns[] = { INT64_MIN, 0, INT64_MAX / 4, INT64_MAX };
	struct target *t = open_target();
	int64_t before_ns = t->ops->now_ns(t);
	struct target_event ev;

	for (size_t i = 0; i < ARRAY_LEN(deadline_ns); i++) {
		ck_assert_int_eq(t->ops->wait(t, deadline_ns[i], &ev), 0);
		ck_assert_int_eq(ev.kind, TARGET_DEADLINE);
		ck_assert_int_eq(t->ops->now_ns(t), before_ns);
	}
	ck_assert_int_eq(t->ops->wait(t, before_ns + SECOND_NS, &ev), 0);
	ck_assert_int_eq(ev.at_ns, before_ns + SECOND_NS);
	ck_assert_int_eq(t->ops->now_ns(t), before_ns + SECOND_NS);
	t->ops->sleep_until(t, before_ns);
	ck_assert_int_eq(t->ops->now_ns(t), before_ns + SECOND_NS);
	t->ops->close(t);
	t->ops->close(NULL);
}
END_TEST

/* ---- commands, in a sandbox each ---- */

static const struct script_case command_cases[] = {
	{ "a sysctl is set and read",
	  "`sysctl -q net.ipv4.ip_default_ttl=77`\n" UDP_SOCKET
	  "+0 `test \"$(cat /proc/sys/net/ipv4/ip_default_ttl)\" = 77`\n"
	  "+0 write(3, ..., 1) = 1\n+0 > [ttl 77] udp (1)\n", VERDICT_PASS, "" },
	{ "and unset", "`sysctl -q net.ipv4.ip_default_ttl=77`\n" UDP_SOCKET
	  "+0 `sysctl -q net.ipv4.ip_default_ttl=78`\n"
	  "+0 write(3, ..., 1) = 1\n+0 > [ttl 77] udp (1)\n", VERDICT_FAIL, "expected 77" },
	{ "several values", "0 `test \"$(sysctl -n net.ipv4.tcp_rmem | wc -w)\" = 3`\n"
	  "+0 `sysctl -q net.ipv4.tcp_rmem=\"4096 5000 6000\"; "
	  "test \"$(sysctl -n net.ipv4.tcp_rmem | tr '\\t' ' ')\" = '4096 5000 6000'`\n"
	  "+0 `grep -q 5000 /proc/sys/net/ipv4/tcp_rmem`\n", VERDICT_PASS, "" },
	{ "a value that it does not take", "0 `echo 9999 >/proc/sys/net/ipv4/ip_default_ttl`\n",
	  VERDICT_FAIL, "net.ipv4.ip_default_ttl does not take '9999'" },
	{ "a value that it took away is there again",
	  "0 `rm /proc/sys/net/ipv4/ip_default_ttl`\n"
	  "+0 `grep -q 64 /proc/sys/net/ipv4/ip_default_ttl`\n", VERDICT_PASS, "" },
	{ "two after each other", "`sysctl -q net.ipv4.ip_default_ttl=77`\n" UDP_SOCKET
	  "+0 `sysctl -q net.ipv4.ip_default_ttl=78`\n"
	  "+0 `grep -q 78 /proc/sys/net/ipv4/ip_default_ttl`\n"
	  "+0 write(3, ..., 1) = 1\n+0 > [ttl 78] udp (1)\n", VERDICT_PASS, "" },
	{ "a name that it does not have", "0 `sysctl -q net.ipv4.tcp_no_such_thing=1`\n",
	  VERDICT_SKIP, "tcp_no_such_thing" },
	{ "a value for which it has no mechanism", "0 `sysctl -q net.ipv4.tcp_ecn=3`\n",
	  VERDICT_SKIP, "has no AccECN (net.ipv4.tcp_ecn=3)" },
	{ "a value that asks for none of it", "0 `sysctl -q net.ipv4.tcp_ecn=1`\n", VERDICT_PASS,
	  "" },
	{ "the parent", "0 `test $PPID = $PACKETDRILL_PID`\n", VERDICT_PASS, "" },
	{ "no time passes", UDP_SOCKET "+0 `sleep 0.2`\n0 write(3, ..., 1) = 1\n+0 > udp (1)\n",
	  VERDICT_PASS, "" },
	{ "a command fails", "0 `exit 3`\n", VERDICT_FAIL, "exit status 3" },
	{ "a command without end", "0 `sleep 50`\n", VERDICT_TIMEOUT, "did not end" },
	{ "the MTU", "`ip link set tun0 mtu 1000`\n"
	  "0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3\n"
	  "+0 fcntl(3, F_SETFL, O_RDWR|O_NONBLOCK) = 0\n"
	  "+0 connect(3, ..., ...) = -1 EINPROGRESS (x)\n+0 > S 0:0(0) <mss 960, sackOK, "
	  "TS val 100 ecr 0, nop, wscale 10>\n", VERDICT_PASS, "" },
	{ "a queue", "0 `tc qdisc add dev tun0 root pfifo`\n", VERDICT_PASS, "" },
	{ "a route of a kind that it does not have", "0 `ip route add blackhole 10.0.0.0/8`\n",
	  VERDICT_SKIP, "kinds of routes" },
	{ "the device is down", "0 `ip link set tun0 down`\n", VERDICT_SKIP, "routes" },
	{ "counters", UDP_SOCKET "+0 write(3, ..., 1) = 1\n+0 > udp (1)\n"
	  "+0 `nstat -asz | grep -Eq 'UdpOutDatagrams +1 '`\n", VERDICT_PASS, "" },
};

/* In the sandbox; the verdict is told by the exit status. */
static int run_case(void *arg)
{
	const struct script_case *c = arg;
	struct engine_options opt = options();
	struct arena *arena = arena_new();
	struct test_record rec;
	bool ok;

	if (c->verdict == VERDICT_TIMEOUT)
		opt.timeout_us = 300000;
	rec = play(arena, c->text, &opt);
	ok = is_as_told(c, &rec);
	arena_free(arena);
	return ok ? 0 : 1;
}

START_TEST(commands_reach_the_stack)
{
	struct script_case c = command_cases[_i];
	const char *why = "";
	int status = -1;
	pid_t pid;

	if (sandbox_spawn(a, run_case, &c, &pid, &why) < 0) {
		fprintf(stderr, "skipped: %s: %s\n", c.name, why);
		return;
	}
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) == 0, "%s", c.name);
}
END_TEST

/* ---- commands that need no shell ---- */

static const struct {
	const char *text;
	bool is_own;
} own_rows[] = {
	{ "sysctl -q net.ipv4.tcp_sack=0", true },
	{ "sysctl -q -e net.ipv4.tcp_sack=0 net.ipv4.tcp_ecn=0", true },
	{ " sysctl -qw net.ipv4.tcp_rmem='4096 5000 6000'\n", true },
	{ "sysctl -eq net.ipv4.tcp_rmem=\"4096 5000 6000\"; ethtool -K tun0 tso off", true },
	{ "sysctl -q net.ipv4.tcp_sack=0\nsysctl -q net.ipv4.tcp_ecn=0;\n", true },
	{ "ethtool -K tun0 tso off gso off tx on", true },
	{ "ip addr add 192.0.2.9/24 dev tun0", true },
	{ "ip route replace default dev tun0", true },
	{ "ip -4 address replace 192.0.2.9/24 dev tun0", true },
	{ "ip addr del 192.0.2.9/24 dev tun0", true },
	{ "ip -6 addr add fd00:1::9/64 dev tun0", true },
	{ "ip route add 10.0.0.0/8 via 192.168.0.2", true },
	{ "ip route add 10.0.0.1 via 192.168.0.2 dev tun0 src 192.168.0.1 metric 5", true },
	{ "ip -6 route replace default via fd00:1::9", true },
	{ "ip route del 10.0.0.0/8", true },
	{ "ip rule add from 192.168.0.1 lookup 7", false },
	{ "", false },
	{ "\n;", false },
	{ "sysctl net.ipv4.tcp_sack=0", false },             /* says something */
	{ "sysctl -q net.ipv4.tcp_sack", false },
	{ "sysctl -q net.ipv4.tcp_sack=", false },
	{ "sysctl -q net/ipv4/tcp_sack=0", false },
	{ "sysctl -q kernel.hostname=x", false },
	{ "sysctl -q 'net.ipv4.tcp_sack =0'", false },       /* blanks do not count in a name */
	{ "sysctl -q 'net.ipv4.tcp_sac*=0'", false },
	{ "sysctl -q net.ipv4.tcp_no_such_thing=1", true },
	{ "sysctl -q net.ipv4.tcp_no_such_thing=1; sysctl -q net.ipv4.tcp_sack=0", false },
	{ "sysctl -eq net.ipv4.tcp_no_such_thing=1; sysctl -q net.ipv4.tcp_sack=0", true },
	{ "sysctl -q net.ipv4.tcp_sack=0; sysctl -q net.ipv4.tcp_no_such_thing=1", true },
	{ "sysctl -q", false },
	{ "sysctl -qp net.ipv4.tcp_sack=0", false },
	{ "sysctl -q --system net.ipv4.tcp_sack=0", false },
	{ "sysctl -q net.ipv4.tcp_sack=$X", false },
	{ "sysctl -q net.ipv4.tcp_sack=\"$X\"", false },
	{ "sysctl -q net.ipv4.tcp_sack=\"0", false },
	{ "sysctl -q net.ipv4.tcp_sack=0 # off", false },
	{ "sysctl -q net.ipv4.tcp_sack=0 && true", false },
	{ "sysctl -q net.ipv4.tcp_sack=0 >x", false },
	{ "sysctl -q net.ipv4.tcp_sack=0;; sysctl -q net.ipv4.tcp_sack=0", false },
	{ "X=1 sysctl -q net.ipv4.tcp_sack=0", false },
	{ "ethtool -K tun0 tso", false },
	{ "ethtool -K eth0 tso off", false },
	{ "ethtool -K tun0 rx off", false },
	{ "ethtool -k tun0", false },
	{ "ip route add 10.0.0.0/8 via 192.168.0.2 dev tun0 src 192.168.0.1", true },
	{ "ip addr add fd00::9/64 dev tun0", true },
	{ "ip addr add 192.0.2.9/24 dev eth0", false },      /* fails, as the following do */
	{ "ip addr add 192.0.2.999/24 dev tun0", false },
	{ "ip addr add 192.0.2.9/x dev tun0", false },
	{ "ip addr add foo bar", false },
	{ "ip addr add default dev tun0", false },
	{ "ip addr add 192.0.2.9/24 dev tun0 dev tun0", false },
	{ "ip route add 10.0.0.0/8 dev tun0 via", false },
	{ "ip addr show", false },
	{ "ip addr del 192.0.2.9/24", false },
	{ "ip addr add 192.0.2.9 dev tun0", false },
	{ "ip addr add 192.0.2.9/33 dev tun0", false },
	{ "ip addr add 192.0.2.9/ dev tun0", false },
	{ "ip addr add 192.0.2.9/24 dev lo", false },
	{ "ip addr add 192.0.2.9/24 dev tun0 dev tun0", false },
	{ "ip addr add 192.0.2.9/24 dev tun0 label tun0:1", false },
	{ "ip addr add 192.0.2.9/24 dev tun0 via 192.0.2.1", false },
	{ "ip addr add", false },
	{ "ip -6 addr add 192.0.2.9/24 dev tun0", false },
	{ "ip -4 route add fd00:1::/64 dev tun0", false },
	{ "ip route add 10.0.0.0/8", false },
	{ "ip route add 10.0.0.0/8 src 192.168.0.1", false },
	{ "ip route add 10.0.0.1/8 dev tun0", false },
	{ "ip route add 10.0.0.0/8 via", false },
	{ "ip route add 10.0.0.0/8 via fd00:1::9", false },
	{ "ip route add 10.0.0.0/8 dev tun0 mtu 1000", false },
	{ "ip route add 10.0.0.0/8 dev tun0 metric -1", false },
	{ "ip route add blackhole 10.0.0.0/8", false },
	{ "ip route flush all", false },
	{ "ip link set tun0 mtu 1000", false },
};

START_TEST(what_needs_no_shell)
{
	ck_assert_msg(bundled_does(own_rows[_i].text) == own_rows[_i].is_own, "%s",
		      own_rows[_i].text);
}
END_TEST

#define TWO_SEGMENTS                                                                               \
	"+0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3\n+0 bind(3, ..., ...) = 0\n"                 \
	"+0 listen(3, 1) = 0\n+0 < S 0:0(0) win 9000 <mss 1000>\n+0 > S. 0:0(0) ack 1 <...>\n"     \
	"+.01 < . 1:1(0) ack 1 win 9000\n+0 accept(3, ..., ...) = 4\n"                             \
	"+0 write(4, ..., 2000) = 2000\n+0 > . 1:1001(1000) ack 1\n+0 > P. 1001:2001(1000) ack 1\n"

#define PREFER_9                                                                                   \
	"ip addr add 192.168.0.9/16 dev tun0; "                                                    \
	"ip route replace 192.0.2.0/24 dev tun0 src 192.168.0.9"
#define ANY_PORT                                                                                   \
	"+0 socket(..., SOCK_DGRAM, IPPROTO_UDP) = 3\n+0 bind(3, {sa_family=AF_INET, "              \
	"sin_port=htons(8080), sin_addr=inet_addr(\"0.0.0.0\")}, ...) = 0\n"
#define NAME_IS(address)                                                                           \
	ANY_PORT "+0 connect(3, ..., ...) = 0\n+0 getsockname(3, {sa_family=AF_INET, "             \
		 "sin_port=htons(8080), sin_addr=inet_addr(\"" address "\")}, ...) = 0\n"
#define UNREACHABLE ANY_PORT "+0 connect(3, ..., ...) = -1 ENETUNREACH (x)\n"

/* The same is said of each when a shell is made to run it. */
static const struct {
	const char *command, *probe;
	enum verdict verdict;
} twice_rows[] = {
	{ "sysctl -q net.ipv4.ip_default_ttl=77",
	  UDP_SOCKET "+0 write(3, ..., 1) = 1\n+0 > [ttl 77] udp (1)\n", VERDICT_PASS },
	{ "sysctl -q net.ipv4.ip_default_ttl=77 net.ipv4.ip_default_ttl=9999", "", VERDICT_FAIL },
	{ "sysctl -eq net.ipv4.tcp_no_such_thing=1", "", VERDICT_PASS },
	{ "sysctl -q net.ipv4.tcp_no_such_thing=1", "", VERDICT_SKIP },
	{ "sysctl -q net.ipv4.tcp_sack=0; sysctl -q net.ipv4.tcp_no_such_thing=1", "", VERDICT_SKIP },
	{ "sysctl -q net.ipv4.tcp_no_such_thing=1; sysctl -q net.ipv4.tcp_sack=0", "", VERDICT_PASS },
	{ "sysctl -q net.ipv4.tcp_ecn=3", "", VERDICT_SKIP },
	{ "sysctl -q net.ipv4.tcp_rmem='4096  5000 6000'",
	  "+0 `grep -q 5000 /proc/sys/net/ipv4/tcp_rmem`\n", VERDICT_PASS },
	{ "sysctl -q net.ipv4.tcp_rmem='4096 5000 6000'",
	  "+0 `grep -q 5001 /proc/sys/net/ipv4/tcp_rmem`\n", VERDICT_FAIL },
	{ "ip rule add from 192.168.0.1 lookup 7", "", VERDICT_SKIP },
	{ PREFER_9, NAME_IS("192.168.0.9"), VERDICT_PASS },
	{ PREFER_9, NAME_IS("192.168.0.1"), VERDICT_FAIL },
	{ PREFER_9, "+0 `ip route get 192.0.2.1 | grep -q 'src 192.168.0.9'`\n" NAME_IS("192.168.0.9"),
	  VERDICT_PASS },
	{ PREFER_9, "+0 `ip route replace 192.0.2.0/24 dev tun0`\n" NAME_IS("192.168.0.1"),
	  VERDICT_PASS },
	{ PREFER_9, "+0 `true && ip route replace 192.0.2.0/24 dev tun0`\n" NAME_IS("192.168.0.1"),
	  VERDICT_PASS },
	{ PREFER_9, "+0 `ip addr del 192.168.0.9/16 dev tun0`\n" UNREACHABLE, VERDICT_PASS },
	{ "ip addr add 10.0.0.1/8 dev tun0; ip route replace 192.0.2.0/24 via 10.1.1.1",
	  NAME_IS("10.0.0.1"), VERDICT_PASS },
	{ "ip route del 192.0.2.0/24", UNREACHABLE, VERDICT_PASS },
	{ "ip route del 192.0.2.0/24; ip route add default via 192.168.3.4", NAME_IS("192.168.0.1"),
	  VERDICT_PASS },
	{ "ip addr del 192.168.0.8/16 dev tun0; ip addr add 192.168.0.9/16 dev tun0", "",
	  VERDICT_PASS },
	{ "ip addr replace 192.168.0.1/16 dev tun0", NAME_IS("192.168.0.1"), VERDICT_PASS },
	{ "ip addr add 192.168.0.1/16 dev tun0", "", VERDICT_FAIL },
	{ "ip addr del 192.168.0.8/16 dev tun0", "", VERDICT_FAIL },
	{ "ip route add 192.0.2.0/24 dev tun0", "", VERDICT_FAIL },
	{ "ip route del 10.0.0.0/8", "", VERDICT_FAIL },
	{ "ip route del 192.0.2.0/24 via 192.168.0.9", "", VERDICT_FAIL },
	{ "ip route add 10.0.0.0/8 via 10.1.1.1", "", VERDICT_FAIL },
	{ "ip route add 10.0.0.0/8 dev tun0 src 192.168.0.8", "", VERDICT_FAIL },
	{ "ethtool -K tun0 tso off gso off", TWO_SEGMENTS, VERDICT_PASS },
	{ "ethtool -K tun0 tx off", TWO_SEGMENTS, VERDICT_PASS },
	{ "ethtool -K tun0 tso off", "+0 `ethtool -k tun0 | grep -q '^tcp-seg.*: off'`\n",
	  VERDICT_PASS },
	{ "ethtool -K tun0 tso off",
	  "+0 `ethtool -K tun0 tso on`\n+0 `ethtool -K tun0 tso off`\n" TWO_SEGMENTS,
	  VERDICT_PASS },
};

struct twice {
	size_t row;
	bool needs_shell;
};

static int run_twice_case(void *arg)
{
	const struct twice *t = arg;
	struct engine_options opt = options();
	struct arena *arena = arena_new();
	struct test_record rec;
	struct script_case c = { twice_rows[t->row].command, "", twice_rows[t->row].verdict, "" };
	bool ok;

	c.text = arena_printf(arena, "--local_ip=192.168.0.1\n0 `%s%s`\n%s", t->needs_shell ? "true; " : "",
			      twice_rows[t->row].command, twice_rows[t->row].probe);
	rec = play(arena, c.text, &opt);
	ok = is_as_told(&c, &rec);
	arena_free(arena);
	return ok ? 0 : 1;
}

START_TEST(a_shell_makes_no_difference)
{
	struct twice t = { .row = (size_t)_i / 2, .needs_shell = _i % 2 };
	const char *why = "";
	int status = -1;
	pid_t pid;

	if (strstr(twice_rows[t.row].command, "ethtool") &&
	    system("command -v ethtool >/dev/null 2>&1") != 0) {
		fprintf(stderr, "skipped: %s: there is no ethtool\n", twice_rows[t.row].command);
		return;
	}
	if (sandbox_spawn(a, run_twice_case, &t, &pid, &why) < 0) {
		fprintf(stderr, "skipped: %s: %s\n", twice_rows[t.row].command, why);
		return;
	}
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) == 0, "%s (%s a shell)",
		      twice_rows[t.row].command, t.needs_shell ? "with" : "without");
}
END_TEST

int main(void)
{
	Suite *s = suite_create("bundled");
	TCase *t = tcase_create("bundled");

	tcase_set_timeout(t, 30);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_loop_test(t, scripts_have_their_verdict, 0, (int)ARRAY_LEN(cases));
	tcase_add_test(t, a_seed_says_all);
	tcase_add_test(t, waiting_for_nothing_ends);
	tcase_add_loop_test(t, commands_reach_the_stack, 0, (int)ARRAY_LEN(command_cases));
	tcase_add_loop_test(t, what_needs_no_shell, 0, (int)ARRAY_LEN(own_rows));
	tcase_add_loop_test(t, a_shell_makes_no_difference, 0, 2 * (int)ARRAY_LEN(twice_rows));
	suite_add_tcase(s, t);
	return unit_run(s);
}
