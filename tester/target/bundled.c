/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Theory of operation
 *
 * The bundled target is an instance of the stack in stack-under-test/ and a counter, its clock.
 * Nothing here takes time by itself: the counter moves when someone waits or sleeps, and then from
 * one deadline of the stack to the next, so that each packet has exactly the time of the timer that
 * sent it.
 *
 *	inject ──▶ sut_input ─┐                    ┌─ packets ──▶ ┌───────┐
 *	sleep, wait ──▶ sut_advance ──▶ the stack ─┤              │ queue │ ──▶ wait
 *	call ──▶ bundled_call.c ─┘                 └─ readiness ─▶│       │
 *	                  └── calls that block ◀── sut_ready ─────┘       │
 *	                              └── their results ─────────▶└───────┘
 *
 * After whatever may have changed the stack, bundled_settle() takes what it sends to the queue and
 * lets pending calls try again. As that is done at every single deadline, events come into the
 * queue in the order of their times.
 *
 * There is one thread, no file-level state, and no system call but for memory, unless a capture
 * file is written or the script runs commands (bundled_shell.c).
 *
 * Only bundled*.c may include sut.h (tests/lint), and what is shared with the kernel target is what
 * has nothing to do with TCP: the table that names the fields of TCP_INFO, capture files, shells.
 */
#include "target/bundled.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sut.h>
#include <sys/socket.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/util.h"
#include "target/bundled_impl.h"
#include "target/clock.h"
#include "target/kernel_info.h"

#ifndef TCP_CC_INFO
#define TCP_CC_INFO 26
#endif
#ifndef SO_MEMINFO
#define SO_MEMINFO 55
#endif

/* Not 0, so that no time before it is negative and no stamp of it is "none". */
static const int64_t origin_ns = 1000 * (int64_t)NS_PER_S;
/* Who waits longer than this waits for ever. */
static const int64_t forever_ns = 24 * 3600 * (int64_t)NS_PER_S;

enum {
	INFO_ROOM_BYTES = 1024,
	/* The stack answers in the layout of this release. */
	INFO_VERSION = KERNEL_INFO_VERSION(6, 18),
	FIRST_PEER_PORT = 32768,      /* Linux's range of ports that are given out */
	LAST_PEER_PORT = 60999,
};

static struct bundled_target *bundled_of(struct target *t)
{
	return (struct bundled_target *)(void *)t;
}

bool bundled_profile(size_t i, struct target_profile *out)
{
	*out = (struct target_profile){ .name = sut_profile_name(i), .help = sut_profile_text(i) };
	return out->name != NULL;
}

/* ---- opening and closing ---- */

static int create_stack(struct bundled_target *b, const char **why)
{
	const struct target_config *c = &b->config;
	int profile = c->profile ? sut_profile_find(c->profile) : SUT_PROFILE_LINUX;
	struct sut_config config = {
		.profile = profile < 0 ? SUT_PROFILE_LINUX : (enum sut_profile)profile,
		.mtu_bytes = c->mtu_bytes,
		.seed = c->seed,
		.now_ns = origin_ns,
		.has_tso = true,
#ifdef SUT_FAULTS
		.fault = c->fault,
#endif
	};

	b->device = (struct bundled_device){ .tx = true, .tso = config.has_tso, .gso = true };
	if (c->ip_version == 6) {
		config.local6 = bundled_addr(&c->local);
		config.prefix6 = c->local_prefix;
	} else {
		config.local4 = bundled_addr(&c->local);
		config.prefix4 = c->local_prefix;
	}
	b->sut = sut_create(&config);
	if (b->sut) {
		bundled_net_begin(b);
		return 0;
	}
	*why = "the bundled stack cannot be made (no memory, or it does not take these addresses "
	       "or this MTU)";
	return -ERR_ENVIRONMENT;
}

static void free_events(struct bundled_event *e)
{
	for (; e; e = e->next)
		buf_fini(&e->bytes);
}

static void bundled_close(struct target *t)
{
	struct bundled_target *b = bundled_of(t);

	if (!b)
		return;
	bundled_shell_close(b->shell);
	b->shell = NULL;
	sut_destroy(b->sut);
	b->sut = NULL;
	free_events(b->first);
	free_events(b->lent);
	free_events(b->spare);
	b->first = b->lent = b->spare = NULL;
	b->end = &b->first;
}

static int bundled_open(struct arena *a, const struct target_config *config, struct target **out,
			const char **why)
{
	struct bundled_target *b = ARENA_NEW(a, struct bundled_target);
	int rc;

	b->base = (struct target){ .ops = &bundled_ops,
				   .clock = TARGET_CLOCK_VIRTUAL,
				   .caps = TARGET_CAP_SHELL | TARGET_CAP_INFO | TARGET_CAP_STATE |
					   TARGET_CAP_GSO | TARGET_CAP_BLOCKING |
					   TARGET_CAP_VIRTUAL_CLOCK | TARGET_CAP_CHECKSUM };
	b->arena = a;
	b->config = *config;
	b->end = &b->first;
	rc = create_stack(b, why);
	if (rc < 0)
		bundled_close(&b->base);
	else
		*out = &b->base;
	return rc;
}

/* ---- events ---- */

struct bundled_event *bundled_event_add(struct bundled_target *b)
{
	struct bundled_event *e = b->spare;

	if (e)
		b->spare = e->next;
	else
		e = ARENA_NEW(b->arena, struct bundled_event);
	buf_clear(&e->bytes);
	e->event = (struct target_event){ .at_ns = sut_now(b->sut) };
	e->next = NULL;
	*b->end = e;
	b->end = &e->next;
	return e;
}

static void give_back(struct bundled_target *b)
{
	if (!b->lent)
		return;
	b->lent->next = b->spare;
	b->spare = b->lent;
	b->lent = NULL;
}

static void take(struct bundled_target *b, struct target_event *ev)
{
	struct bundled_event *e = b->first;

	b->first = e->next;
	if (!b->first)
		b->end = &b->first;
	e->next = NULL;
	b->lent = e;
	*ev = e->event;
	ev->bytes = (const uint8_t *)e->bytes.data;
	ev->n_bytes = e->bytes.len;
}

static void collect_packets(struct bundled_target *b)
{
	const uint8_t *bytes;
	size_t n;
	int64_t at_ns;

	while (sut_output(b->sut, &bytes, &n, &at_ns)) {
		struct bundled_event *e = bundled_event_add(b);

		e->event.kind = TARGET_PACKET;
		e->event.at_ns = at_ns;
		buf_add(&e->bytes, bytes, n);
	}
}

void bundled_settle(struct bundled_target *b)
{
	collect_packets(b);
	if (!b->pending)
		return;
	bundled_call_retry(b);
	collect_packets(b);
}

/* ---- time ---- */

static int64_t bundled_wall_ns(struct target *t)
{
	(void)t;
	return clock_now_ns();
}

static int64_t bundled_now_ns(struct target *t)
{
	return sut_now(bundled_of(t)->sut);
}

static int64_t next_deadline_ns(const struct bundled_target *b)
{
	int64_t stack_ns = sut_next_deadline(b->sut);
	int64_t call_ns = bundled_call_limit_ns(b);

	return stack_ns < call_ns ? stack_ns : call_ns;
}

static void advance(struct bundled_target *b, int64_t at_ns)
{
	int64_t now_ns = sut_now(b->sut);

	sut_advance(b->sut, at_ns > now_ns ? at_ns : now_ns);
	bundled_settle(b);
}

void bundled_pass_until(struct bundled_target *b, int64_t at_ns, bool stops_at_event,
			const bool *done)
{
	int64_t now_ns = sut_now(b->sut);
	int64_t limit_ns = at_ns > now_ns ? at_ns : now_ns;

	for (;;) {
		int64_t next_ns;

		if ((stops_at_event && b->first) || (done && *done))
			return;
		next_ns = next_deadline_ns(b);
		if (next_ns > limit_ns)
			break;
		advance(b, next_ns);
	}
	if (limit_ns > sut_now(b->sut))
		advance(b, limit_ns);
}

static void bundled_sleep_until(struct target *t, int64_t at_ns)
{
	bundled_pass_until(bundled_of(t), at_ns, false, NULL);
}

/* Nothing will happen before time has no meaning any more: then it need not pass either. */
static bool waits_in_vain(const struct bundled_target *b, int64_t deadline_ns)
{
	int64_t now_ns = sut_now(b->sut);

	return !b->first && deadline_ns > now_ns && deadline_ns - now_ns > forever_ns &&
	       next_deadline_ns(b) - now_ns > forever_ns;
}

static int bundled_wait(struct target *t, int64_t deadline_ns, struct target_event *ev)
{
	struct bundled_target *b = bundled_of(t);
	int64_t begun_ns = sut_now(b->sut);

	give_back(b);
	while (!b->first && !waits_in_vain(b, deadline_ns)) {
		int64_t next_ns = next_deadline_ns(b);
		bool is_last = next_ns > deadline_ns;

		bundled_pass_until(b, is_last ? deadline_ns : next_ns, true, NULL);
		/* A timer that fires for ever and sends nothing is no reason to wait for ever. */
		if (is_last || sut_now(b->sut) - begun_ns > forever_ns)
			break;
	}
	if (b->first)
		take(b, ev);
	else
		*ev = (struct target_event){ .kind = TARGET_DEADLINE, .at_ns = sut_now(b->sut) };
	return 0;
}

/* ---- packets and calls ---- */

static int bundled_inject(struct target *t, const uint8_t *bytes, size_t n, uint16_t gso_bytes,
			  int64_t *done_ns)
{
	struct bundled_target *b = bundled_of(t);

	*done_ns = sut_now(b->sut);
	sut_input(b->sut, bytes, n, gso_bytes, *done_ns);
	bundled_settle(b);
	return 0;
}

static int bundled_call(struct target *t, const struct call_request *req, struct call_result *res,
			const char **why)
{
	return bundled_call_run(bundled_of(t), req, res, why);
}

static int bundled_command(struct target *t, const char *text, int64_t deadline_ns,
			   struct target_command_result *res, const char **why)
{
	struct bundled_target *b = bundled_of(t);
	int rc = bundled_shell_run(b, text, deadline_ns, res, why);

	bundled_settle(b);
	return rc;
}

/* ---- looking inside ---- */

static const enum tcp_state state_of[SUT_STATE_COUNT] = {
	[SUT_CLOSED] = TCP_STATE_CLOSED,
	[SUT_LISTEN] = TCP_STATE_LISTEN,
	[SUT_SYN_SENT] = TCP_STATE_SYN_SENT,
	[SUT_SYN_RECEIVED] = TCP_STATE_SYN_RECEIVED,
	[SUT_ESTABLISHED] = TCP_STATE_ESTABLISHED,
	[SUT_FIN_WAIT_1] = TCP_STATE_FIN_WAIT_1,
	[SUT_FIN_WAIT_2] = TCP_STATE_FIN_WAIT_2,
	[SUT_CLOSE_WAIT] = TCP_STATE_CLOSE_WAIT,
	[SUT_CLOSING] = TCP_STATE_CLOSING,
	[SUT_LAST_ACK] = TCP_STATE_LAST_ACK,
	[SUT_TIME_WAIT] = TCP_STATE_TIME_WAIT,
};

static int bundled_state(struct target *t, int64_t handle, const struct target_tuple *tuple,
			 enum tcp_state *out)
{
	struct sut *sut = bundled_of(t)->sut;
	struct sut_endpoint local, remote;

	if (handle >= 0) {
		*out = state_of[sut_state(sut, (int)handle)];
		return 0;
	}
	local = (struct sut_endpoint){ bundled_addr(&tuple->local), tuple->local_port };
	remote = (struct sut_endpoint){ bundled_addr(&tuple->remote), tuple->remote_port };
	*out = state_of[sut_state_of(sut, &local, &remote)];
	return 0;
}

static size_t read_option(struct sut *sut, int handle, int level, int name,
			  uint8_t out[INFO_ROOM_BYTES])
{
	uint32_t n = INFO_ROOM_BYTES;

	return sut_getsockopt(sut, handle, level, name, out, &n) == 0 ? n : 0;
}

static int bundled_info(struct target *t, int64_t handle, const struct target_info **out,
			size_t *n, const char **why)
{
	struct bundled_target *b = bundled_of(t);
	uint8_t info[INFO_ROOM_BYTES], cc[INFO_ROOM_BYTES], mem[INFO_ROOM_BYTES];
	int h = (int)handle;
	const struct kernel_info_bytes bytes = {
		.info = info, .n_info = read_option(b->sut, h, IPPROTO_TCP, TCP_INFO, info),
		.cc = cc, .n_cc = read_option(b->sut, h, IPPROTO_TCP, TCP_CC_INFO, cc),
		.mem = mem, .n_mem = read_option(b->sut, h, SOL_SOCKET, SO_MEMINFO, mem),
		.version = INFO_VERSION,
	};

	kernel_info_parse(b->arena, &bytes, out, n);
	if (*n > 0)
		return 0;
	*why = "the stack gives no TCP_INFO for it";
	return -ERR_STATE;
}

/* The stack has one clock for all. */
static int64_t bundled_real_to_clock_ns(struct target *t, int64_t real_ns)
{
	(void)t;
	return real_ns;
}

static uint64_t bundled_drops(struct target *t)
{
	(void)t;
	return 0;
}

/* Any will do: nobody else is there. Not foreseeable without the seed [language 7.4 #8]. */
static int bundled_reserve_port(struct target *t, uint16_t *port)
{
	uint64_t x = bundled_of(t)->config.seed + UINT64_C(0x9e3779b97f4a7c15);

	x = (x ^ (x >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	x = (x ^ (x >> 27)) * UINT64_C(0x94d049bb133111eb);
	*port = (uint16_t)(FIRST_PEER_PORT + (x >> 33) % (LAST_PEER_PORT - FIRST_PEER_PORT + 1));
	return 0;
}

const struct target_ops bundled_ops = {
	.open = bundled_open,
	.now_ns = bundled_now_ns,
	.wall_ns = bundled_wall_ns,
	.sleep_until = bundled_sleep_until,
	.inject = bundled_inject,
	.call = bundled_call,
	.wait = bundled_wait,
	.command = bundled_command,
	.state = bundled_state,
	.info = bundled_info,
	.real_to_clock_ns = bundled_real_to_clock_ns,
	.drops = bundled_drops,
	.reserve_port = bundled_reserve_port,
	.close = bundled_close,
};
