/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The kernel target against the real kernel, in namespaces of its own. Each case runs inside a
 * sandbox and says by its exit status whether all was as expected. Skipped, with a reason, where
 * the machine does not allow it.
 */
#include <arpa/inet.h>
#include <check.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/bytes.h"
#include "base/err.h"
#include "base/info_names.h"
#include "base/util.h"
#include "target/clock.h"
#include "target/kernel_info.h"
#include "target/sandbox.h"
#include "target/target.h"
#include "unit.h"

#define EXPECT(cond)                                                                               \
	do {                                                                                       \
		if (!(cond)) {                                                                     \
			fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #cond);         \
			return 1;                                                                  \
		}                                                                                  \
	} while (0)

enum {
	LOCAL_PORT = 8080,
	REMOTE_PORT = 40001,
	FIN = 1,
	SYN = 2,
	RST = 4,
	ACK = 16,
	MAX_PACKET = 65535,
	SECOND_MS = 1000,
};

/* One way to talk IP to the stack. */
struct variant {
	const char *name;
	uint8_t ip_version;
	int family; /* of the sockets */
	const char *local, *gateway, *remote;
	uint8_t local_prefix, remote_prefix;
};

static const struct variant variants[] = {
	{ "ipv4", 4, AF_INET, "192.168.0.1", "192.168.0.1", "192.0.2.1", 16, 24 },
	{ "ipv4-mapped", 4, AF_INET6, "192.168.0.1", "192.168.0.1", "192.0.2.1", 16, 32 },
	{ "ipv6", 6, AF_INET6, "fd3d:a0b:17d6::1", "fd3d:a0b:17d6:8888::1", "fd3d:fa7b:d17d::1", 48,
	  128 },
	{ "ipv6, own address as gateway", 6, AF_INET6, "fd3d:a0b:17d6::1", "fd3d:a0b:17d6::1",
	  "fd3d:fa7b:d17d::1", 48, 32 },
};

/* What one case works with, inside the sandbox. */
struct fixture {
	struct arena *arena;
	struct target *target;
	const struct target_ops *ops;
	const struct variant *variant;
	struct target_config config;
	uint32_t iss; /* of the stack, once seen */
	int listener, fd;
};

typedef int case_fn(struct fixture *f);

struct sandbox_case {
	case_fn *run;
	const struct variant *variant;
};

/* A TCP packet from or to the stack. */
struct segment {
	uint16_t src_port, dst_port;
	unsigned int flags;
	uint32_t seq, ack;
	size_t payload;
};

static struct target_config config_of(const struct variant *v)
{
	struct target_config c = { .ip_version = v->ip_version,
				   .local_prefix = v->local_prefix,
				   .remote_prefix = v->remote_prefix,
				   .mtu_bytes = 1500,
				   .watchdog_ns = 300 * (int64_t)NS_PER_MS };

	ip_addr_parse(v->local, &c.local);
	ip_addr_parse(v->gateway, &c.gateway);
	ip_addr_parse(v->remote, &c.remote);
	return c;
}

static int run_case(void *arg)
{
	const struct sandbox_case *sc = arg;
	struct fixture f = { .arena = arena_new(),
			     .variant = sc->variant,
			     .ops = target_find("kernel")->ops,
			     .listener = -1,
			     .fd = -1 };
	const char *why = "no reason given";
	int rc;

	f.config = config_of(sc->variant);
	if (f.ops->open(f.arena, &f.config, &f.target, &why) < 0) {
		fprintf(stderr, "open: %s\n", why);
		return 1;
	}
	rc = sc->run(&f);
	f.ops->close(f.target);
	f.ops->close(f.target);
	arena_free(f.arena);
	return rc;
}

static int wait_status(pid_t pid)
{
	int status = 0;

	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
}

static void in_sandbox(case_fn *run, const struct variant *variant)
{
	struct sandbox_case sc = { run, variant };
	struct arena *a = arena_new();
	const char *why = "no reason given";
	pid_t pid;

	ck_assert_msg(sandbox_spawn(a, run_case, &sc, &pid, &why) == 0, "%s", why);
	ck_assert_msg(wait_status(pid) == 0, "variant %s", variant->name);
	arena_free(a);
}

/* ---- packets ---- */

static uint32_t add_words(uint32_t sum, const uint8_t *p, size_t n)
{
	for (size_t i = 0; i + 1 < n; i += 2)
		sum += get_be16(p + i);
	return sum;
}

static uint16_t checksum(uint32_t sum)
{
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~sum;
}

/* Payloads are zeros of an even length. Returns the length of the packet. */
static size_t build(const struct fixture *f, const struct segment *s, uint8_t out[MAX_PACKET])
{
	bool is_v6 = f->variant->ip_version == 6;
	size_t ip = is_v6 ? 40 : 20, tcp = 20 + s->payload, addr = is_v6 ? 16 : 4;
	uint8_t *src = out + (is_v6 ? 8 : 12), *h = out + ip;

	memset(out, 0, ip + tcp);
	memcpy(src, f->config.remote.b, addr);
	memcpy(src + addr, f->config.local.b, addr);
	out[0] = is_v6 ? 0x60 : 0x45;
	out[is_v6 ? 6 : 9] = IPPROTO_TCP;
	out[is_v6 ? 7 : 8] = 64;
	put_be16(out + (is_v6 ? 4 : 2), (uint16_t)(is_v6 ? tcp : ip + tcp));
	if (!is_v6)
		put_be16(out + 10, checksum(add_words(0, out, ip)));
	put_be16(h, s->src_port);
	put_be16(h + 2, s->dst_port);
	put_be32(h + 4, s->seq);
	put_be32(h + 8, s->ack);
	put_be16(h + 12, (uint16_t)(0x5000 | s->flags));
	put_be16(h + 14, 65535);
	put_be16(h + 16, checksum(add_words(add_words((uint32_t)tcp + IPPROTO_TCP, src, addr * 2),
					    h, tcp)));
	return ip + tcp;
}

static struct segment parse(const uint8_t *p, size_t n)
{
	size_t ip = p[0] >> 4 == 6 ? 40 : 20;
	const uint8_t *h = p + ip;

	return (struct segment){ .src_port = get_be16(h),
				 .dst_port = get_be16(h + 2),
				 .flags = get_be16(h + 12) & 0x3fu,
				 .seq = get_be32(h + 4),
				 .ack = get_be32(h + 8),
				 .payload = n - ip - (size_t)(h[12] >> 4) * 4 };
}

static int64_t in_ms(int ms)
{
	return clock_now_ns() + ms * (int64_t)NS_PER_MS;
}

static int send_seg(struct fixture *f, unsigned int flags, uint32_t seq, size_t payload,
		    uint16_t gso_bytes, int64_t *at_ns)
{
	static uint8_t bytes[MAX_PACKET];
	struct segment s = { .src_port = REMOTE_PORT,
			     .dst_port = LOCAL_PORT,
			     .flags = flags,
			     .seq = seq,
			     .ack = flags & ACK ? f->iss + 1 : 0,
			     .payload = payload };
	size_t n = build(f, &s, bytes);

	return f->ops->inject(f->target, bytes, n, gso_bytes, at_ns);
}

/* The next segment from the stack, within a second. */
static int next_seg(struct fixture *f, struct segment *s, int64_t *at_ns)
{
	struct target_event ev;

	EXPECT(f->ops->wait(f->target, in_ms(SECOND_MS), &ev) == 0);
	EXPECT(ev.kind == TARGET_PACKET);
	*s = parse(ev.bytes, ev.n_bytes);
	*at_ns = ev.at_ns;
	return 0;
}

static int listen_on(struct fixture *f)
{
	struct sockaddr_in6 six = { .sin6_family = AF_INET6, .sin6_port = htons(LOCAL_PORT) };
	struct sockaddr_in four = { .sin_family = AF_INET, .sin_port = htons(LOCAL_PORT) };

	f->listener = socket(f->variant->family, SOCK_STREAM, 0);
	EXPECT(f->listener >= 0);
	if (f->variant->family == AF_INET6)
		EXPECT(bind(f->listener, (struct sockaddr *)&six, sizeof(six)) == 0);
	else
		EXPECT(bind(f->listener, (struct sockaddr *)&four, sizeof(four)) == 0);
	return listen(f->listener, 5);
}

static enum tcp_state state_of(struct fixture *f, int fd, uint16_t remote_port)
{
	struct target_tuple t = { .local = f->config.local,
				  .remote = f->config.remote,
				  .local_port = LOCAL_PORT,
				  .remote_port = remote_port };
	enum tcp_state s = TCP_STATE_COUNT;

	return f->ops->state(f->target, fd, &t, &s) == 0 ? s : TCP_STATE_COUNT;
}

static int establish(struct fixture *f)
{
	int64_t sent_ns, at_ns;
	struct segment s;

	EXPECT(listen_on(f) == 0);
	EXPECT(send_seg(f, SYN, 0, 0, 0, &sent_ns) == 0);
	EXPECT(next_seg(f, &s, &at_ns) == 0);
	EXPECT(s.flags == (SYN | ACK) && s.src_port == LOCAL_PORT && s.dst_port == REMOTE_PORT);
	EXPECT(s.ack == 1 && s.payload == 0);
	EXPECT(at_ns >= sent_ns && at_ns <= clock_now_ns());
	f->iss = s.seq;
	EXPECT(state_of(f, -1, REMOTE_PORT) == TCP_STATE_SYN_RECEIVED);
	EXPECT(send_seg(f, ACK, 1, 0, 0, &sent_ns) == 0);
	f->fd = accept(f->listener, NULL, NULL);
	EXPECT(f->fd >= 0);
	return 0;
}

/* ---- cases ---- */

static int case_states(struct fixture *f)
{
	struct segment s;
	int64_t at_ns;

	EXPECT(state_of(f, -1, 0) == TCP_STATE_CLOSED);
	EXPECT(establish(f) == 0);
	EXPECT(state_of(f, f->listener, 0) == TCP_STATE_LISTEN);
	EXPECT(state_of(f, -1, 0) == TCP_STATE_LISTEN);
	EXPECT(state_of(f, f->fd, 0) == TCP_STATE_ESTABLISHED);
	EXPECT(state_of(f, -1, REMOTE_PORT) == TCP_STATE_ESTABLISHED);
	EXPECT(state_of(f, -1, REMOTE_PORT + 1) == TCP_STATE_CLOSED);
	close(f->fd);
	EXPECT(next_seg(f, &s, &at_ns) == 0 && s.flags == (FIN | ACK));
	EXPECT(state_of(f, -1, REMOTE_PORT) == TCP_STATE_FIN_WAIT_1);
	f->iss++;
	EXPECT(send_seg(f, ACK, 1, 0, 0, &at_ns) == 0);
	EXPECT(state_of(f, -1, REMOTE_PORT) == TCP_STATE_FIN_WAIT_2);
	EXPECT(send_seg(f, FIN | ACK, 1, 0, 0, &at_ns) == 0);
	EXPECT(next_seg(f, &s, &at_ns) == 0 && s.flags == ACK && s.ack == 2);
	EXPECT(state_of(f, -1, REMOTE_PORT) == TCP_STATE_TIME_WAIT);
	return 0;
}

START_TEST(test_states)
{
	in_sandbox(case_states, &variants[_i]);
}
END_TEST

/* A frame bears the time when it left, not when it was read. */
static int case_stamps(struct fixture *f)
{
	struct timespec nap = { .tv_nsec = 60 * NS_PER_MS };
	int64_t sent_ns, at_ns;
	struct segment s;

	EXPECT(listen_on(f) == 0);
	nanosleep(&nap, NULL);
	EXPECT(send_seg(f, SYN, 0, 0, 0, &sent_ns) == 0);
	nanosleep(&nap, NULL);
	EXPECT(next_seg(f, &s, &at_ns) == 0 && s.flags == (SYN | ACK));
	EXPECT(at_ns >= sent_ns && at_ns < sent_ns + 30 * NS_PER_MS);
	return 0;
}

START_TEST(test_stamps)
{
	in_sandbox(case_stamps, &variants[_i]);
}
END_TEST

static int64_t info_of(struct fixture *f, const char *name)
{
	const struct target_info *info;
	const char *why;
	size_t n;

	if (f->ops->info(f->target, f->fd, &info, &n, &why) < 0)
		return -1;
	for (size_t i = 0; i < n; i++)
		if (strcmp(info[i].name, name) == 0)
			return info[i].value;
	return -1;
}

/* An aggregate shows by what the stack takes for the peer's segment size. */
static int case_gso(struct fixture *f)
{
	static char room[MAX_PACKET];
	struct segment s;
	int64_t at_ns;

	EXPECT(establish(f) == 0);
	EXPECT(send_seg(f, ACK, 1, 5000, 1000, &at_ns) == 0);
	EXPECT(next_seg(f, &s, &at_ns) == 0 && s.flags == ACK && s.ack == 5001);
	EXPECT(info_of(f, "tcpi_rcv_mss") == 1000);
	EXPECT(send_seg(f, ACK, 5001, 5000, 0, &at_ns) == 0);
	EXPECT(info_of(f, "tcpi_rcv_mss") > 1000);
	EXPECT(read(f->fd, room, sizeof(room)) == 10000);
	EXPECT(write(f->fd, room, 5000) == 5000);
	do
		EXPECT(next_seg(f, &s, &at_ns) == 0);
	while (s.payload == 0);
	EXPECT(s.payload > 1460);
	return 0;
}

START_TEST(test_gso)
{
	in_sandbox(case_gso, &variants[_i]);
}
END_TEST

static int case_bad_checksum(struct fixture *f)
{
	static uint8_t bytes[MAX_PACKET];
	struct segment s = { .src_port = REMOTE_PORT,
			     .dst_port = LOCAL_PORT,
			     .flags = ACK,
			     .seq = 1,
			     .payload = 100 };
	struct target_event ev;
	int64_t at_ns;
	size_t n;

	EXPECT(establish(f) == 0);
	s.ack = f->iss + 1;
	n = build(f, &s, bytes);
	bytes[n - 100 - 4] ^= 1;
	EXPECT(f->ops->inject(f->target, bytes, n, 50, &at_ns) == 0);
	EXPECT(info_of(f, "tcpi_bytes_received") == 0);
	bytes[0] = 0x50;
	EXPECT(f->ops->inject(f->target, bytes, n, 0, &at_ns) == 0);
	EXPECT(f->ops->wait(f->target, in_ms(60), &ev) == 0);
	EXPECT(ev.kind == TARGET_DEADLINE);
	return 0;
}

START_TEST(test_bad_checksum)
{
	in_sandbox(case_bad_checksum, &variants[_i]);
}
END_TEST

/* The stack says nothing by itself, and waiting ends when it should. */
static int case_quiet(struct fixture *f)
{
	struct target_event ev;
	int64_t until_ns = in_ms(250);

	EXPECT(f->ops->wait(f->target, until_ns, &ev) == 0);
	EXPECT(ev.kind == TARGET_DEADLINE && ev.at_ns >= until_ns);
	until_ns = in_ms(20);
	f->ops->sleep_until(f->target, until_ns);
	EXPECT(f->ops->now_ns(f->target) >= until_ns);
	EXPECT(f->ops->drops(f->target) == 0);
	return 0;
}

START_TEST(test_quiet)
{
	in_sandbox(case_quiet, &variants[_i]);
}
END_TEST

static struct call_request read_request(struct arena *a, int fd, size_t n, bool may_block)
{
	static const struct call_row row = { .name = "read",
					     .id = CALL_READ,
					     .min_args = 3,
					     .max_args = 3,
					     .arg = { ARG_FD, ARG_BUF_IN, ARG_LEN } };
	struct call_spec *spec = ARENA_NEW(a, struct call_spec);

	spec->row = &row;
	spec->n_args = 3;
	spec->arg = ARENA_ARRAY(a, struct call_arg, 3);
	spec->arg[0] = (struct call_arg){ .kind = ARG_FD, .num = fd };
	spec->arg[1] = (struct call_arg){ .kind = ARG_BUF_IN };
	spec->arg[2] = (struct call_arg){ .kind = ARG_LEN, .num = (int64_t)n };
	spec->may_block = may_block;
	return (struct call_request){ .spec = spec, .arg = spec->arg };
}

static int case_blocking(struct fixture *f)
{
	struct call_request req;
	struct call_result res;
	struct target_event ev;
	const char *why;
	int64_t sent_ns;

	EXPECT(establish(f) == 0);
	for (uint32_t round = 0; round < 3; round++) {
		uint32_t seq = 1 + round * 100;

		req = read_request(f->arena, f->fd, 500, true);
		EXPECT(f->ops->call(f->target, &req, &res, &why) == TARGET_CALL_PENDING);
		/* The request need not outlive its call, only what it points to. */
		req = (struct call_request){ 0 };
		f->ops->sleep_until(f->target, in_ms(10));
		EXPECT(send_seg(f, ACK, seq, 100, 0, &sent_ns) == 0);
		do
			EXPECT(f->ops->wait(f->target, in_ms(SECOND_MS), &ev) == 0);
		while (ev.kind == TARGET_PACKET);
		EXPECT(ev.kind == TARGET_CALL_RETURNED && ev.at_ns == ev.result->end_ns);
		EXPECT(ev.result->value == 100 && ev.result->end_ns >= sent_ns);
		EXPECT(ev.result->start_ns < sent_ns);
		EXPECT(ev.result->end_ns - sent_ns < 100 * (int64_t)NS_PER_MS);
	}
	/* What is there already needs no event. */
	req = read_request(f->arena, f->fd, 500, true);
	EXPECT(send_seg(f, ACK, 301, 100, 0, &sent_ns) == 0);
	EXPECT(f->ops->call(f->target, &req, &res, &why) == TARGET_CALL_DONE);
	EXPECT(res.value == 100);
	while (f->ops->wait(f->target, in_ms(100), &ev) == 0 && ev.kind != TARGET_DEADLINE)
		EXPECT(ev.kind == TARGET_PACKET);
	return 0;
}

START_TEST(test_blocking)
{
	in_sandbox(case_blocking, &variants[0]);
}
END_TEST

/*
 * We share one processor with the helper and do not let go of it: that its call returns late is not
 * the stack's fault. Of two real-time threads of one priority none drives out the other; without
 * the right to be one, nothing can be said.
 */
static int case_starved(struct fixture *f)
{
	struct call_request req;
	struct call_result res;
	struct target_event ev;
	const char *why;
	cpu_set_t one;
	int64_t sent_ns;

	if ((sched_getscheduler(0) & ~SCHED_RESET_ON_FORK) != SCHED_FIFO)
		return 0;
	CPU_ZERO(&one);
	CPU_SET((size_t)sched_getcpu(), &one);
	EXPECT(sched_setaffinity(0, sizeof(one), &one) == 0);
	EXPECT(establish(f) == 0);
	req = read_request(f->arena, f->fd, 500, true);
	EXPECT(f->ops->call(f->target, &req, &res, &why) == TARGET_CALL_PENDING);
	EXPECT(send_seg(f, ACK, 1, 100, 0, &sent_ns) == 0);
	while (clock_now_ns() < sent_ns + 30 * (int64_t)NS_PER_MS)
		;
	do
		EXPECT(f->ops->wait(f->target, in_ms(SECOND_MS), &ev) == 0);
	while (ev.kind == TARGET_PACKET);
	EXPECT(ev.kind == TARGET_CALL_RETURNED && ev.result->value == 100);
	EXPECT(ev.result->end_ns - sent_ns >= 20 * (int64_t)NS_PER_MS);
	EXPECT(ev.result->late_ns >= 20 * (int64_t)NS_PER_MS);
	return 0;
}

START_TEST(test_starved)
{
	if (access("/proc/thread-self/schedstat", R_OK) == 0)
		in_sandbox(case_starved, &variants[0]);
}
END_TEST

/* One at a time; what still blocks at the end is interrupted. */
static int case_second_call(struct fixture *f)
{
	struct call_request first, second;
	struct call_result res;
	const char *why = "";

	EXPECT(establish(f) == 0);
	first = read_request(f->arena, f->fd, 500, true);
	second = read_request(f->arena, f->fd, 500, false);
	EXPECT(f->ops->call(f->target, &first, &res, &why) == TARGET_CALL_PENDING);
	EXPECT(f->ops->call(f->target, &second, &res, &why) == -ERR_STATE);
	EXPECT(strstr(why, "read"));
	return 0;
}

START_TEST(test_second_call)
{
	in_sandbox(case_second_call, &variants[0]);
}
END_TEST

static int case_watchdog(struct fixture *f)
{
	struct call_request req;
	struct call_result res;
	const char *why = "";
	int64_t start_ns;

	EXPECT(establish(f) == 0);
	req = read_request(f->arena, f->fd, 500, false);
	start_ns = clock_now_ns();
	EXPECT(f->ops->call(f->target, &req, &res, &why) == -ERR_TIMEOUT);
	EXPECT(clock_now_ns() - start_ns >= f->config.watchdog_ns);
	EXPECT(strstr(why, "read()"));
	EXPECT(send_seg(f, ACK, 1, 100, 0, &start_ns) == 0);
	EXPECT(f->ops->call(f->target, &req, &res, &why) == TARGET_CALL_DONE);
	EXPECT(res.value == 100 && res.end_ns >= res.start_ns);
	return 0;
}

START_TEST(test_watchdog)
{
	in_sandbox(case_watchdog, &variants[0]);
}
END_TEST

/* ---- commands ---- */

static const struct {
	const char *text;
	int status;
	bool timed_out;
	const char *output; /* NULL: not compared */
} commands[] = {
	{ "true", 0, false, "" },
	{ "echo out; echo err >&2", 0, false, "out\nerr\n" },
	{ "exit 7", 7, false, "" },
	{ "kill -TERM $$", 128 + SIGTERM, false, "" },
	{ "kill -KILL $$", 128 + SIGKILL, false, "" },
	{ "test $PPID = $PACKETDRILL_PID || echo $PPID $PACKETDRILL_PID", 0, false, "" },
	{ "cat", 0, false, "" },
	{ "sleep 30; echo late", 128 + SIGKILL, true, "" },
	{ "sleep 30 & echo started", 0, false, "started\n" },
	{ "yes | head -c 5000000 > /dev/stderr; echo end", 0, false, NULL },
	{ "echo 0 > /proc/sys/net/ipv4/tcp_timestamps && cat /proc/sys/net/ipv4/tcp_timestamps", 0,
	  false, "0\n" },
	{ "kill -PIPE $$", 128 + SIGPIPE, false, "" },
	{ "ls /proc/$PPID/nothing 2>/dev/null; chrt -p $$ 2>/dev/null | grep -c FIFO; true", 0,
	  false, NULL },
	{ "pwd", 0, false, "/\n" },
	{ "printf 'a\\000b'", 0, false, "a\\x00b" },
	{ "ls -l /proc/self/fd | grep -c 'net/tun\\|socket'; true", 0, false, "0\n" },
};

static int case_commands(struct fixture *f)
{
	/* As a script's sockets are: they close when the script says so, not with a command. */
	EXPECT(socket(AF_INET, SOCK_STREAM, 0) >= 0);
	for (size_t i = 0; i < ARRAY_LEN(commands); i++) {
		struct target_command_result res;
		int64_t start_ns = clock_now_ns();
		const char *why = "";

		EXPECT(f->ops->command(f->target, commands[i].text, in_ms(400 + SECOND_MS), &res,
				       &why) == 0);
		if (res.status != commands[i].status || res.timed_out != commands[i].timed_out ||
		    (commands[i].output && strcmp(res.output, commands[i].output) != 0)) {
			fprintf(stderr, "'%s': status %d, output '%.200s'\n", commands[i].text,
				res.status, res.output);
			return 1;
		}
		EXPECT(strlen(res.output) <= 64 * 1024);
		EXPECT(commands[i].timed_out ||
		       clock_now_ns() - start_ns < SECOND_MS * (int64_t)NS_PER_MS);
	}
	return 0;
}

static int in_root_dir(void *arg)
{
	struct sandbox_case *sc = arg;

	return chdir("/") == 0 ? run_case(sc) : 1;
}

START_TEST(test_commands)
{
	struct sandbox_case sc = { case_commands, &variants[0] };
	struct arena *a = arena_new();
	const char *why = "no reason given";
	pid_t pid;

	ck_assert_msg(sandbox_spawn(a, in_root_dir, &sc, &pid, &why) == 0, "%s", why);
	ck_assert_int_eq(wait_status(pid), 0);
	arena_free(a);
}
END_TEST

static int case_long_output(struct fixture *f)
{
	struct target_command_result res;
	const char *why = "";

	EXPECT(f->ops->command(f->target, "yes | head -c 3000000; echo the end", in_ms(5000),
			       &res, &why) == 0);
	EXPECT(strlen(res.output) == 64 * 1024);
	EXPECT(strcmp(res.output + strlen(res.output) - 8, "the end\n") == 0);
	return 0;
}

START_TEST(test_long_output)
{
	in_sandbox(case_long_output, &variants[0]);
}
END_TEST

/* ---- the rest of the interface ---- */

static int speed_of_device(void)
{
	struct ethtool_cmd cmd = { .cmd = ETHTOOL_GSET };
	struct ifreq ifr = { .ifr_name = "tun0", .ifr_data = (char *)&cmd };
	int fd = socket(AF_INET, SOCK_DGRAM, 0);
	int rc = ioctl(fd, SIOCETHTOOL, &ifr);

	close(fd);
	return rc < 0 ? -1 : (int)ethtool_cmd_speed(&cmd);
}

/* As --mtu, --speed and --is_anyip ask for. */
static int case_link(struct fixture *f)
{
	EXPECT(establish(f) == 0);
	EXPECT(info_of(f, "tcpi_pmtu") == 9000);
	EXPECT(speed_of_device() == 2500);
	return 0;
}

static int run_case_link(void *arg)
{
	struct fixture f = { .arena = arena_new(),
			     .variant = arg,
			     .ops = target_find("kernel")->ops };
	const char *why = "no reason given";
	int rc;

	f.config = config_of(arg);
	f.config.mtu_bytes = 9000;
	f.config.speed_mbit = 2500;
	f.config.is_anyip = true;
	rc = f.ops->open(f.arena, &f.config, &f.target, &why);
	if (rc < 0)
		fprintf(stderr, "open: %s\n", why);
	if (rc == 0)
		rc = case_link(&f);
	return rc ? 1 : 0;
}

START_TEST(test_link)
{
	struct arena *a = arena_new();
	struct variant v = variants[_i];
	const char *why = "no reason given";
	pid_t pid;

	ck_assert_msg(sandbox_spawn(a, run_case_link, &v, &pid, &why) == 0, "%s", why);
	ck_assert_int_eq(wait_status(pid), 0);
	arena_free(a);
}
END_TEST

/* A script may take the device down and up again. */
static int case_link_down(struct fixture *f)
{
	struct target_command_result res;
	struct target_event ev;
	const char *why = "";

	EXPECT(f->ops->command(f->target, "ip link set tun0 down", in_ms(2000), &res, &why) == 0);
	if (res.status == 127)
		return 0; /* no such program here */
	EXPECT(res.status == 0);
	EXPECT(f->ops->wait(f->target, in_ms(20), &ev) == 0 && ev.kind == TARGET_DEADLINE);
	EXPECT(f->ops->command(f->target,
			       "ip link set tun0 up && "
			       "ip route add 192.0.2.0/24 dev tun0",
			       in_ms(2000), &res, &why) == 0);
	EXPECT(res.status == 0);
	return establish(f);
}

START_TEST(test_link_down)
{
	in_sandbox(case_link_down, &variants[0]);
}
END_TEST

static int case_info(struct fixture *f)
{
	const struct target_info *info;
	const char *why = NULL;
	uint16_t port = 0;
	size_t n;
	struct timespec real;
	int64_t before_ns, converted_ns;

	EXPECT(establish(f) == 0);
	EXPECT(info_of(f, "tcpi_state") == 1);
	EXPECT(info_of(f, "tcpi_snd_cwnd") == 10);
	EXPECT(info_of(f, "tcpi_segs_in") == 2 && info_of(f, "tcpi_segs_out") == 0);
	EXPECT(info_of(f, "tcpi_pmtu") == 1500);
	EXPECT(info_of(f, "tcpi_rcv_wscale") == 0 && info_of(f, "tcpi_snd_wscale") == 0);
	EXPECT(info_of(f, "tcpi_snd_wnd") == 65535);
	EXPECT(info_of(f, "SK_MEMINFO_RCVBUF") > 0 && info_of(f, "SK_MEMINFO_DROPS") == 0);
	EXPECT(f->ops->info(f->target, 999, &info, &n, &why) < 0 && why);
	EXPECT(f->ops->reserve_port(f->target, &port) == 0 && port >= 1024);
	before_ns = clock_now_ns();
	clock_gettime(CLOCK_REALTIME, &real);
	converted_ns =
		f->ops->real_to_clock_ns(f->target, (int64_t)real.tv_sec * NS_PER_S + real.tv_nsec);
	EXPECT(converted_ns >= before_ns - NS_PER_MS && converted_ns <= clock_now_ns() + NS_PER_MS);
	return 0;
}

START_TEST(test_info)
{
	in_sandbox(case_info, &variants[0]);
}
END_TEST

static bool is_info_name(const char *name)
{
	for (size_t i = 0; i < info_names_len; i++)
		if (strcmp(info_names[i], name) == 0)
			return true;
	return false;
}

START_TEST(test_info_table)
{
	size_t end = 0;

	for (size_t i = 0; i < kernel_info_table_len; i++) {
		const struct kernel_info_row *row = &kernel_info_table[i];

		ck_assert_int_eq(row->off % row->size, 0);
		ck_assert_int_le(row->shift + row->bits, row->size * 8);
		if (row->bits == 0 && row->before == 0) {
			/* Each begins where the one before ends: the kernel leaves no holes. */
			ck_assert_msg(end == row->off || end == 6, "%s at %d", row->name, row->off);
			end = (size_t)row->off + row->size;
		}
		ck_assert_msg(is_info_name(row->name), "scripts cannot say %s", row->name);
		for (size_t j = 0; j < i; j++)
			ck_assert_msg(strcmp(row->name, kernel_info_table[j].name) != 0 ||
					      row->since >= kernel_info_table[j].before,
				      "%s twice", row->name);
	}
	ck_assert_uint_eq(end, 276);
}
END_TEST

START_TEST(test_state_names)
{
	ck_assert_str_eq(target_state_name[TCP_STATE_CLOSED], "CLOSED");
	ck_assert_str_eq(target_state_name[TCP_STATE_TIME_WAIT], "TIME_WAIT");
	ck_assert_int_eq(kernel_tcp_state(7), TCP_STATE_CLOSED);
	ck_assert_int_eq(kernel_tcp_state(200), TCP_STATE_CLOSED);
	ck_assert_ptr_null(target_find("no such stack"));
}
END_TEST

START_TEST(test_doctor)
{
	struct arena *a = arena_new();

	ck_assert_uint_gt(doctor_table_len, 8);
	for (size_t i = 0; i < doctor_table_len; i++) {
		const struct doctor_row *row = &doctor_table[i];
		const char *found = NULL, *advice = NULL;
		enum doctor_result r = row->check(a, &found, &advice);

		ck_assert_msg(row->name && *row->name && row->needed_for, "row %zu", i);
		ck_assert_msg(found && *found, "%s", row->name);
		ck_assert_msg(r == DOCTOR_OK || (advice && *advice), "%s", row->name);
	}
	arena_free(a);
}
END_TEST

/* ---- the sandbox ---- */

static int return_arg(void *arg)
{
	return *(int *)arg;
}

static int raise_arg(void *arg)
{
	signal(*(int *)arg, SIG_DFL);
	raise(*(int *)arg);
	return 0;
}

START_TEST(test_exit_status)
{
	int status[] = { 0, 3, 255 }, sig[] = { SIGKILL, SIGTERM, SIGPIPE };
	struct arena *a = arena_new();
	const char *why;
	pid_t pid;

	for (size_t i = 0; i < 3; i++) {
		ck_assert_int_eq(sandbox_spawn(a, return_arg, &status[i], &pid, &why), 0);
		ck_assert_int_eq(wait_status(pid), status[i]);
		ck_assert_int_eq(sandbox_spawn(a, raise_arg, &sig[i], &pid, &why), 0);
		ck_assert_int_eq(wait_status(pid), 128 + sig[i]);
	}
	arena_free(a);
}
END_TEST

static int write_pid(void *arg)
{
	int *fds = arg;
	pid_t pid = getpid();

	return write(fds[1], &pid, sizeof(pid)) == sizeof(pid) ? 0 : 1;
}

START_TEST(test_unique_pids)
{
	enum { N = 6 };
	struct arena *a = arena_new();
	pid_t inside[N], outside[N];
	const char *why;
	int fds[2];

	ck_assert_int_eq(pipe(fds), 0);
	for (size_t i = 0; i < N; i++)
		ck_assert_int_eq(sandbox_spawn(a, write_pid, fds, &outside[i], &why), 0);
	for (size_t i = 0; i < N; i++)
		ck_assert_int_eq(wait_status(outside[i]), 0);
	for (size_t i = 0; i < N; i++) {
		ck_assert_int_eq(read(fds[0], &inside[i], sizeof(pid_t)), sizeof(pid_t));
		for (size_t j = 0; j < i; j++)
			ck_assert_int_ne(inside[i], inside[j]);
	}
	arena_free(a);
}
END_TEST

/* Leaves a process of the given name behind, also one that left its group and session. */
static int leave_sleepers(void *arg)
{
	const char *seconds = arg;

	for (int i = 0; i < 2; i++) {
		if (fork() != 0)
			continue;
		if (i == 1)
			setsid();
		execlp("sleep", "sleep", seconds, (char *)NULL);
		_exit(1);
	}
	for (;;)
		pause();
}

/* PIDs here of processes whose command line ends in @seconds, and of their parents. */
static int find_sleepers(const char *seconds, pid_t *pid, pid_t *parent)
{
	DIR *dir = opendir("/proc");
	int n_found = 0;

	for (struct dirent *e; dir && (e = readdir(dir));) {
		char path[300], text[512] = "";
		int fd;
		FILE *stat;

		snprintf(path, sizeof(path), "/proc/%s/cmdline", e->d_name);
		fd = open(path, O_RDONLY);
		if (fd < 0)
			continue;
		if (read(fd, text, sizeof(text) - 1) > 6 && strcmp(text, "sleep") == 0 &&
		    strcmp(text + 6, seconds) == 0) {
			n_found++;
			*pid = (pid_t)atoi(e->d_name);
			snprintf(path, sizeof(path), "/proc/%s/stat", e->d_name);
			stat = fopen(path, "r");
			if (stat && fscanf(stat, "%*d %*s %*c %d", parent) != 1)
				*parent = -1;
			if (stat)
				fclose(stat);
		}
		close(fd);
	}
	if (dir)
		closedir(dir);
	return n_found;
}

static int await_sleepers(const char *seconds, int want, pid_t *pid, pid_t *parent)
{
	int n = -1;

	for (int i = 0; i < 200 && n != want; i++) {
		struct timespec nap = { .tv_nsec = 10 * NS_PER_MS };

		n = find_sleepers(seconds, pid, parent);
		if (n != want)
			nanosleep(&nap, NULL);
	}
	return n;
}

enum victim { VICTIM_CALLER, VICTIM_INIT, VICTIM_WORKER, VICTIM_COUNT };

START_TEST(test_kill_leaves_nothing)
{
	char seconds[32];
	pid_t caller, sleeper = 0, worker = 0, init = 0;
	int fds[2];

	snprintf(seconds, sizeof(seconds), "%d.%d", 100000 + _i, (int)getpid());
	ck_assert_int_eq(pipe(fds), 0);
	caller = fork();
	if (caller == 0) {
		struct arena *a = arena_new();
		const char *why;
		pid_t pid;

		if (sandbox_spawn(a, leave_sleepers, seconds, &pid, &why) < 0 ||
		    write(fds[1], &pid, sizeof(pid)) != sizeof(pid))
			_exit(1);
		wait_status(pid);
		for (;;)
			pause();
	}
	ck_assert_int_eq(read(fds[0], &init, sizeof(init)), sizeof(init));
	ck_assert_int_eq(await_sleepers(seconds, 2, &sleeper, &worker), 2);
	ck_assert_int_gt(worker, 1);
	switch ((enum victim)_i) {
	case VICTIM_CALLER:
		kill(caller, SIGKILL);
		break;
	case VICTIM_INIT:
		kill(init, SIGKILL);
		break;
	case VICTIM_WORKER:
		kill(worker, SIGKILL);
		break;
	case VICTIM_COUNT:
		break;
	}
	ck_assert_int_eq(await_sleepers(seconds, 0, &sleeper, &worker), 0);
	kill(caller, SIGKILL);
	wait_status(caller);
}
END_TEST

static int be_root_inside(void *arg)
{
	int fd;

	(void)arg;
	EXPECT(getuid() == 0 && getgid() == 0);
	fd = open("/proc/sys/net/ipv4/tcp_sack", O_WRONLY);
	EXPECT(fd >= 0 && write(fd, "0", 1) == 1);
	close(fd);
	fd = socket(AF_INET, SOCK_STREAM, 0);
	EXPECT(fd >= 0);
	return 0;
}

/* As an ordinary user, where this system has user namespaces for them. */
START_TEST(test_ordinary_user)
{
	pid_t pid = fork();
	int status;

	if (pid == 0) {
		struct arena *a = arena_new();
		const char *why = "";

		if (getuid() == 0 && (setgid(65534) < 0 || setuid(65534) < 0))
			_exit(1);
		/* Giving up root made our own /proc files root's; a user's shell has not that. */
		prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
		if (sandbox_spawn(a, be_root_inside, NULL, &pid, &why) < 0) {
			printf("skipped: an ordinary user's sandbox: %s\n", why);
			_exit(0);
		}
		_exit(wait_status(pid));
	}
	status = wait_status(pid);
	ck_assert_int_eq(status, 0);
}
END_TEST

static int try_open(void *arg)
{
	struct target_config config = config_of(&variants[0]);
	struct arena *a = arena_new();
	struct target *t;
	const char *why;

	(void)arg;
	if (target_find("kernel")->ops->open(a, &config, &t, &why) == 0)
		return 0;
	printf("skipped: the kernel target: %s\n", why);
	return 1;
}

static bool is_possible(void)
{
	struct arena *a = arena_new();
	const char *why;
	pid_t pid;
	bool ok = false;

	if (sandbox_spawn(a, try_open, NULL, &pid, &why) == 0)
		ok = wait_status(pid) == 0;
	else
		printf("skipped: the kernel target: %s\n", why);
	arena_free(a);
	return ok;
}

static Suite *make_suite(void)
{
	Suite *s = suite_create("target/kernel");
	TCase *tc = tcase_create("live");

	tcase_set_timeout(tc, 60);
	tcase_add_loop_test(tc, test_states, 0, ARRAY_LEN(variants));
	tcase_add_loop_test(tc, test_stamps, 0, ARRAY_LEN(variants));
	tcase_add_loop_test(tc, test_gso, 0, ARRAY_LEN(variants));
	tcase_add_loop_test(tc, test_bad_checksum, 0, ARRAY_LEN(variants));
	tcase_add_loop_test(tc, test_quiet, 0, ARRAY_LEN(variants));
	tcase_add_loop_test(tc, test_kill_leaves_nothing, 0, VICTIM_COUNT);
	tcase_add_loop_test(tc, test_link, 0, ARRAY_LEN(variants));
	tcase_add_test(tc, test_link_down);
	tcase_add_test(tc, test_blocking);
	tcase_add_test(tc, test_starved);
	tcase_add_test(tc, test_second_call);
	tcase_add_test(tc, test_watchdog);
	tcase_add_test(tc, test_commands);
	tcase_add_test(tc, test_long_output);
	tcase_add_test(tc, test_info);
	tcase_add_test(tc, test_info_table);
	tcase_add_test(tc, test_state_names);
	tcase_add_test(tc, test_doctor);
	tcase_add_test(tc, test_exit_status);
	tcase_add_test(tc, test_unique_pids);
	tcase_add_test(tc, test_ordinary_user);
	suite_add_tcase(s, tc);
	return s;
}

int main(void)
{
	if (!is_possible())
		return 0;
	return unit_run(make_suite());
}
