/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Calls of a stack that never blocks, made to block. A server (bundled_serve*.c) makes one attempt;
 * when that cannot end yet it answers BUNDLED_BLOCKED and leaves in the call what to wait for. A
 * call with "..." then goes to the list of pending ones and is tried again whenever the stack may
 * have changed; any other call lets virtual time pass until it ends or the watchdog's time is up.
 */
#include <string.h>
#include <sut.h>
#include <sys/socket.h>
#include <sys/time.h>

#include "base/arena.h"
#include "base/err.h"
#include "target/bundled_impl.h"
#include "target/clock.h"

/* 0: the socket has no such time-out. */
static int64_t socket_timeout_ns(struct bundled_call *c, int handle, int option)
{
	struct timeval tv = { 0 };
	uint32_t n = sizeof(tv);

	if (option == 0 ||
	    sut_getsockopt(c->target->sut, handle, SOL_SOCKET, option, &tv, &n) < 0 ||
	    n != sizeof(tv))
		return 0;
	return (int64_t)tv.tv_sec * NS_PER_S + (int64_t)tv.tv_usec * NS_PER_US;
}

int64_t bundled_block(struct bundled_call *c, int handle, int wait, int timeout_option)
{
	c->handle = handle;
	c->wait = wait;
	if (!c->has_limit) {
		int64_t timeout_ns = socket_timeout_ns(c, handle, timeout_option);

		c->has_limit = true;
		c->limit_ns = timeout_ns ? sut_now(c->target->sut) + timeout_ns : INT64_MAX;
	}
	return BUNDLED_BLOCKED;
}

bool bundled_may_block(const struct bundled_call *c, int handle, int flags)
{
	return !c->is_over && !(flags & MSG_DONTWAIT) &&
	       !sut_is_nonblocking(c->target->sut, handle);
}

/* One attempt; true when the call has returned. */
static bool attempt(struct bundled_call *c)
{
	int64_t rc = bundled_server_of(c->req.spec->row->id)(c);

	if (rc == BUNDLED_BLOCKED) {
		if (c->is_over)
			c->limit_ns = INT64_MAX;
		return false;
	}
	c->is_done = true;
	c->res->value = rc < 0 ? -1 : rc;
	c->res->err = rc < 0 ? (int32_t)-rc : 0;
	c->res->end_ns = sut_now(c->target->sut);
	return true;
}

static bool is_worth_trying(struct bundled_call *c)
{
	struct sut *sut = c->target->sut;

	if (!c->is_over && c->limit_ns <= sut_now(sut))
		c->is_over = true;
	return c->is_over || c->wait == 0 || sut_ready(sut, c->handle, c->wait);
}

void bundled_call_retry(struct bundled_target *b)
{
	struct bundled_call **at = &b->pending;

	while (*at) {
		struct bundled_call *c = *at;

		if (!is_worth_trying(c) || !attempt(c)) {
			at = &c->next;
			continue;
		}
		*at = c->next;
		if (c->req.spec->may_block) {
			struct bundled_event *e = bundled_event_add(b);

			e->event.kind = TARGET_CALL_RETURNED;
			e->event.result = c->res;
		}
	}
}

int64_t bundled_call_limit_ns(const struct bundled_target *b)
{
	int64_t first_ns = INT64_MAX;

	for (const struct bundled_call *c = b->pending; c; c = c->next) {
		if (c->limit_ns < first_ns)
			first_ns = c->limit_ns;
	}
	return first_ns;
}

static void add_pending(struct bundled_target *b, struct bundled_call *c)
{
	struct bundled_call **at = &b->pending;

	while (*at)
		at = &(*at)->next;
	*at = c;
}

static void remove_pending(struct bundled_target *b, const struct bundled_call *c)
{
	struct bundled_call **at = &b->pending;

	while (*at != c)
		at = &(*at)->next;
	*at = c->next;
}

/* A call that was not written as one that blocks: everything else waits with it. */
static int wait_here(struct bundled_target *b, struct bundled_call *c, const char **why)
{
	int64_t begun_ns = sut_now(b->sut);
	int64_t until_ns = c->limit_ns < INT64_MAX ? c->limit_ns : begun_ns + b->config.watchdog_ns;

	add_pending(b, c);
	bundled_pass_until(b, until_ns, false, &c->is_done);
	if (c->is_done)
		return TARGET_CALL_DONE;
	remove_pending(b, c);
	*why = arena_printf(b->arena, "%s() blocked for %.3f s and would go on doing so",
			    c->req.spec->row->name,
			    (double)(sut_now(b->sut) - begun_ns) / NS_PER_S);
	return -ERR_TIMEOUT;
}

/* A script that expects just this failure knows about it; the stack's answer is judged. */
static bool is_expected(const struct call_spec *spec, const struct call_result *res)
{
	return spec->result < 0 && res->value < 0 && (!spec->has_errno || spec->err == res->err);
}

static int lacks(struct bundled_target *b, struct bundled_call *c, const char **why)
{
	const char *what = c->lacking;

	if (!what && c->res->value < 0 && !is_expected(c->req.spec, c->res))
		what = bundled_lacks(b->arena, &c->req, c->res->err);
	if (!what)
		return 0;
	*why = arena_printf(b->arena, "the bundled stack has no %s", what);
	return -ERR_UNSUPPORTED;
}

static int begin(struct bundled_target *b, struct bundled_call *c, const char **why)
{
	const struct call_row *row = c->req.spec->row;
	int rc;

	c->lacking = bundled_server_of(row->id) ? bundled_lacks(b->arena, &c->req, 0)
						: arena_printf(b->arena, "call %s()", row->name);
	rc = lacks(b, c, why);
	if (rc < 0)
		return rc;
	if (attempt(c)) {
		bundled_settle(b);
		return TARGET_CALL_DONE;
	}
	bundled_settle(b);
	if (!c->req.spec->may_block)
		return wait_here(b, c, why);
	add_pending(b, c);
	return TARGET_CALL_PENDING;
}

int bundled_call_run(struct bundled_target *b, const struct call_request *req,
		     struct call_result *res, const char **why)
{
	struct bundled_call *c = ARENA_NEW(b->arena, struct bundled_call);
	int rc;

	c->target = b;
	c->req = *req;
	c->limit_ns = INT64_MAX;
	c->res = req->spec->may_block ? ARENA_NEW(b->arena, struct call_result) : res;
	*c->res = (struct call_result){ .start_ns = sut_now(b->sut) };
	rc = begin(b, c, why);
	if (rc == TARGET_CALL_DONE) {
		*res = *c->res;
		rc = lacks(b, c, why);
	}
	return rc;
}
