/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Theory of operation
 *
 * The kernel target is the network namespace that its process lives in:
 *
 *	inject --> tun.c --> stack --> tun0 --> capture.c --> wait
 *	call --> caller.c --> stack --> caller.c (helper thread) --> wait
 *	command --> shell.c; state: sockdiag.c; info: kernel_info.c
 *
 * open() makes tun0 (tun.c), sets addresses, routes and link (netns.c) and only then begins to
 * capture, so that the set-up itself is never seen. Outbound packets are judged by the copy that
 * the kernel gives to capture, stamped when it left the queueing discipline; the device's own
 * queue is emptied and thrown away.
 *
 * One thread does everything, apart from calls that may block. It sleeps to absolute times with
 * the least timer slack, as a real-time process with locked memory where that is allowed and
 * another CPU is there for the stack, and never spins. During long sleeps and commands it wakes to
 * take frames from the capture ring, which is small, to a queue, which is not.
 */
#include "target/kernel.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>
#include <netinet/in.h>

#include "base/arena.h"
#include "base/err.h"
#include "target/caller.h"
#include "target/capture.h"
#include "target/clock.h"
#include "target/kernel_impl.h"
#include "target/machine.h"
#include "target/kernel_info.h"
#include "target/netns.h"
#include "target/punctual.h"
#include "target/shell.h"
#include "target/sockdiag.h"
#include "target/tun.h"

/* Before a due time there is this much without looking at the capture. */
static const int64_t quiet_before_ns = 2 * (int64_t)NS_PER_MS;

static struct kernel_target *kernel_of(struct target *t)
{
	return (struct kernel_target *)(void *)t;
}

static int open_parts(struct kernel_target *k, const char **why)
{
	int rc;

	rc = capture_open(k->arena, &k->capture, why);
	if (rc == 0)
		rc = tun_open(k->arena, &k->tun_fd, why);
	if (rc == 0)
		rc = netns_configure(k->arena, &k->config, why);
	if (rc == 0)
		rc = capture_start(k->capture, TUN_DEVICE, why);
	if (rc == 0)
		rc = caller_open(k->arena, k->config.watchdog_ns, &k->caller, why);
	return rc;
}

static void kernel_close(struct target *t)
{
	struct kernel_target *k = kernel_of(t);

	if (!k)
		return;
	caller_close(k->caller);
	k->caller = NULL;
	capture_close(k->capture);
	k->capture = NULL;
	sockdiag_close(k->diag);
	k->diag = NULL;
	if (k->port_fd >= 0)
		close(k->port_fd);
	if (k->pressure_fd >= 0)
		close(k->pressure_fd);
	k->port_fd = k->pressure_fd = -1;
	if (k->tun_fd >= 0)
		close(k->tun_fd);
	k->tun_fd = -1;
}

static int kernel_open(struct arena *a, const struct target_config *config, struct target **out,
		       const char **why)
{
	struct kernel_target *k = ARENA_NEW(a, struct kernel_target);
	int rc;

	k->base = (struct target){ .ops = &kernel_ops,
				   .clock = TARGET_CLOCK_REAL,
				   .caps = TARGET_CAP_SHELL | TARGET_CAP_INFO | TARGET_CAP_STATE |
					   TARGET_CAP_GSO | TARGET_CAP_BLOCKING };
	k->arena = a;
	k->config = *config;
	k->tun_fd = -1;
	k->port_fd = -1;
	k->pressure_fd = open("/proc/pressure/cpu", O_RDONLY | O_CLOEXEC);
	k->stolen_before_us = machine_stolen_us();
	/* A script's write to a reset connection is a result, not our end. */
	signal(SIGPIPE, SIG_IGN);
	rc = open_parts(k, why);
	if (rc < 0) {
		kernel_close(&k->base);
		return rc;
	}
	punctual_begin();
	*out = &k->base;
	return 0;
}

static int64_t kernel_now_ns(struct target *t)
{
	(void)t;
	return clock_now_ns();
}

static void drain(void *ctx)
{
	struct kernel_target *k = ctx;

	capture_drain(k->capture);
	tun_drain(k->tun_fd);
}

static void kernel_sleep_until(struct target *t, int64_t at_ns)
{
	struct kernel_target *k = kernel_of(t);
	struct timespec at = clock_timespec(at_ns);

	for (;;) {
		struct pollfd fd = { .fd = capture_fd(k->capture), .events = POLLIN };
		int64_t now_ns = clock_now_ns();
		struct timespec limit;

		if (now_ns + quiet_before_ns >= at_ns)
			break;
		limit = clock_timespec(at_ns - quiet_before_ns - now_ns);
		if (ppoll(&fd, 1, &limit, NULL) > 0)
			drain(k);
	}
	while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, NULL) == EINTR)
		;
}

static int kernel_inject(struct target *t, const uint8_t *bytes, size_t n, uint16_t gso_bytes,
			 int64_t *done_ns)
{
	struct kernel_target *k = kernel_of(t);
	int rc;

	*done_ns = clock_now_ns();
	rc = tun_inject(k->tun_fd, bytes, n, gso_bytes);
	tun_drain(k->tun_fd);
	return rc;
}

static int kernel_call(struct target *t, const struct call_request *req, struct call_result *res,
		       const char **why)
{
	return caller_run(kernel_of(t)->caller, req, res, why);
}

/* The earlier of the oldest frame and the oldest returned call. */
static bool take_event(struct kernel_target *k, struct target_event *ev)
{
	/* In this order: no frame older than a call that we saw return can come after it. */
	int64_t call_ns = caller_next_ns(k->caller);
	int64_t frame_ns;

	drain(k);
	frame_ns = capture_next_ns(k->capture);
	if (call_ns < frame_ns) {
		*ev = (struct target_event){ .kind = TARGET_CALL_RETURNED,
					     .at_ns = call_ns,
					     .result = caller_take(k->caller) };
		return true;
	}
	if (frame_ns < INT64_MAX) {
		struct capture_frame f = capture_take(k->capture);

		*ev = (struct target_event){ .kind = TARGET_PACKET,
					     .at_ns = f.at_ns,
					     .bytes = f.bytes,
					     .n_bytes = f.n_bytes };
		return true;
	}
	return false;
}

static int kernel_wait(struct target *t, int64_t deadline_ns, struct target_event *ev)
{
	struct kernel_target *k = kernel_of(t);
	struct pollfd fds[] = { { .fd = capture_fd(k->capture), .events = POLLIN },
				{ .fd = caller_fd(k->caller), .events = POLLIN } };

	while (!take_event(k, ev)) {
		int64_t now_ns = clock_now_ns();
		struct timespec limit;

		if (now_ns >= deadline_ns) {
			*ev = (struct target_event){ .kind = TARGET_DEADLINE, .at_ns = now_ns };
			return 0;
		}
		limit = clock_timespec(deadline_ns - now_ns);
		if (ppoll(fds, 2, &limit, NULL) < 0 && errno != EINTR)
			return -ERR_IO;
		if ((fds[0].revents | fds[1].revents) & POLLNVAL)
			return -ERR_IO;
	}
	return 0;
}

static int kernel_command(struct target *t, const char *text, int64_t deadline_ns,
			  struct target_command_result *res, const char **why)
{
	struct kernel_target *k = kernel_of(t);
	struct shell_config config = { .work_dir = k->config.work_dir,
				       .pass_output = k->config.pass_output,
				       .idle_fd = capture_fd(k->capture),
				       .on_idle = drain,
				       .ctx = k };

	*why = "no process could be made for it";
	return shell_run(k->arena, &config, text, deadline_ns, res);
}

static int kernel_state(struct target *t, int64_t handle, const struct target_tuple *tuple,
			enum tcp_state *out)
{
	struct kernel_target *k = kernel_of(t);

	if (handle >= 0)
		return kernel_info_state((int)handle, out);
	if (!k->diag && sockdiag_open(k->arena, &k->diag) < 0)
		return -ERR_UNSUPPORTED;
	return sockdiag_state(k->diag, tuple, out);
}

static int kernel_info(struct target *t, int64_t handle, const struct target_info **out, size_t *n,
		       const char **why)
{
	return kernel_info_read(kernel_of(t)->arena, (int)handle, out, n, why);
}

static int64_t kernel_real_to_clock_ns(struct target *t, int64_t real_ns)
{
	(void)t;
	return real_ns - clock_real_offset_ns();
}

static uint64_t kernel_drops(struct target *t)
{
	return capture_drops(kernel_of(t)->capture);
}

static int64_t kernel_stalled_us(struct target *t)
{
	return machine_stalled_us(kernel_of(t)->pressure_fd);
}

static int64_t kernel_stolen_us(struct target *t)
{
	return machine_stolen_us() - kernel_of(t)->stolen_before_us;
}

/* A listener on lo, where no script's packet goes: the system neither gives this port to others
 * nor can a script foresee it [language 7.4 #8]. */
static int kernel_reserve_port(struct target *t, uint16_t *port)
{
	struct kernel_target *k = kernel_of(t);
	struct sockaddr_in addr = { .sin_family = AF_INET,
				    .sin_addr = { .s_addr = htonl(INADDR_LOOPBACK) } };
	socklen_t n = sizeof(addr);

	if (k->port_fd >= 0)
		close(k->port_fd);
	k->port_fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (k->port_fd < 0 || bind(k->port_fd, (struct sockaddr *)&addr, n) < 0 ||
	    listen(k->port_fd, 1) < 0 || getsockname(k->port_fd, (struct sockaddr *)&addr, &n) < 0)
		return -ERR_IO;
	*port = ntohs(addr.sin_port);
	return 0;
}

const struct target_ops kernel_ops = {
	.open = kernel_open,
	.now_ns = kernel_now_ns,
	.sleep_until = kernel_sleep_until,
	.inject = kernel_inject,
	.call = kernel_call,
	.wait = kernel_wait,
	.command = kernel_command,
	.state = kernel_state,
	.info = kernel_info,
	.real_to_clock_ns = kernel_real_to_clock_ns,
	.drops = kernel_drops,
	.stalled_us = kernel_stalled_us,
	.stolen_us = kernel_stolen_us,
	.reserve_port = kernel_reserve_port,
	.close = kernel_close,
};
