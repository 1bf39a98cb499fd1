/* SPDX-License-Identifier: BSD-2-Clause */
/* Descriptors, the socket under test, and results of calls. */
#include <errno.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/duration.h"
#include "base/err.h"
#include "judge/call_match.h"
#include "judge/judge_impl.h"
#include "judge/stream.h"

struct judge_fd *judge_fd_find(const struct judge *j, int64_t label)
{
	for (size_t i = 0; i < j->n_fd; i++) {
		if (j->fd[i].label == label)
			return &j->fd[i];
	}
	return NULL;
}

int64_t judge_handle(const struct judge *j, int64_t label)
{
	const struct judge_fd *fd = judge_fd_find(j, label);

	return fd ? fd->handle : -1;
}

/* What call_match() asks back: labels of the judge, times of whoever has the clock. */
struct match_ctx {
	const struct judge *j;
	int64_t (*script_time_ns)(void *ctx, int64_t real_ns);
	void *time_ctx;
};

static int64_t script_time_of(void *ctx, int64_t real_ns)
{
	const struct match_ctx *m = ctx;

	return m->script_time_ns(m->time_ctx, real_ns);
}

static int64_t label_of(void *ctx, int64_t handle)
{
	const struct judge *j = ((const struct match_ctx *)ctx)->j;

	for (size_t i = 0; i < j->n_fd; i++) {
		if (j->fd[i].handle == handle)
			return j->fd[i].label;
	}
	return -1;
}

static void fd_add(struct judge *j, int64_t label, int64_t handle, struct conn *conn)
{
	*ARENA_PUSH(j->a, j->fd, j->n_fd, j->cap_fd, struct judge_fd) =
		(struct judge_fd){ label, handle, conn };
	if (conn && conn->handle < 0) {
		conn->label = label;
		conn->handle = handle;
	}
}

/* A connection is known by its oldest descriptor; a duplicate takes over when that is closed. */
static void fd_remove(struct judge *j, struct judge_fd *fd)
{
	struct conn *c = fd->conn;
	bool was_known_by = c && c->label == fd->label;

	*fd = j->fd[--j->n_fd];
	if (!was_known_by)
		return;
	c->label = c->handle = -1;
	for (size_t i = 0; i < j->n_fd && c->handle < 0; i++) {
		if (j->fd[i].conn == c) {
			c->label = j->fd[i].label;
			c->handle = j->fd[i].handle;
		}
	}
}

/* The connection that accept() will return: made by packets, not accepted yet. */
static struct conn *unaccepted(const struct judge *j)
{
	for (struct conn *c = j->sut; c; c = c->older) {
		if (c->state == CONN_PASSIVE && c->handle < 0)
			return c;
	}
	return NULL;
}

static struct conn *conn_of(const struct judge *j, const struct plan_step *step)
{
	const struct call_spec *spec = step->u.call;
	const struct judge_fd *fd = NULL;

	if (spec->n_args > 0 && spec->arg[0].kind == ARG_FD)
		fd = judge_fd_find(j, spec->arg[0].num);
	return fd ? fd->conn : NULL;
}

/* Disconnecting (AF_UNSPEC) begins no connection. */
static bool names_a_peer(const struct call_spec *spec)
{
	for (size_t i = 0; i < spec->n_args; i++) {
		if (spec->arg[i].kind == ARG_ADDR_REMOTE)
			return true;
		if (spec->arg[i].kind == ARG_MSG && spec->arg[i].u.msgs.n > 0 &&
		    spec->arg[i].u.msgs.list[0].has_name)
			return true;
	}
	return false;
}

/* A connection that exists already stays as it is: no SYN will come. */
static bool is_refused_at_once(const struct call_spec *spec)
{
	return spec->has_errno && (spec->err == EISCONN || spec->err == EALREADY);
}

static void begin_connect(struct judge *j, struct conn *c)
{
	c->state = CONN_CONNECTING;
	conn_restart_data(c);
	c->remote = j->setup.remote;
	c->remote_port = j->plan->config.connect_port;
	if (c->proto == WIRE_ICMPV4 || c->proto == WIRE_ICMPV6)
		c->local = j->setup.local;
	for (struct conn **p = &j->sut; *p; p = &(*p)->older) {
		if (*p != c)
			continue;
		*p = c->older;             /* the connecting socket comes under test */
		c->older = j->sut;
		j->sut = c;
		break;
	}
}

/* dup2() may name a descriptor that is open: it is closed first. */
static bool replaces_fd(const struct call_spec *spec)
{
	for (size_t i = 0; i < spec->n_args; i++) {
		if (spec->arg[i].kind == ARG_FD_NEW)
			return true;
	}
	return false;
}

struct payload judge_next_written(const struct judge *j, const struct plan_step *step)
{
	return stream_next_written(j, conn_of(j, step));
}

int judge_call_begins(struct judge *j, const struct plan_step *step)
{
	const struct call_spec *spec = step->u.call;
	struct conn *c;

	if (call_gives_fd(spec) && spec->result >= 0 && !replaces_fd(spec) &&
	    judge_fd_find(j, spec->result)) {
		judge_finding(j, FINDING_INTERNAL, spec->result_span, NULL,
			      "close it first, or use another number",
			      "descriptor %" PRId64 " is still open in this script", spec->result);
		return -ERR_STATE;
	}
	if (stream_is_filed(j, spec)) {
		judge_finding(j, FINDING_INTERNAL, step->span, NULL,
			      "leave the header line 'payload: numbered' out of this script",
			      "%s() sends what a file or a pipe holds, which has no numbers",
			      spec->row->name);
		return -ERR_STATE;
	}
	if (spec->row->effect == EFFECT_CONNECT && names_a_peer(spec) &&
	    !is_refused_at_once(spec)) {
		c = conn_of(j, step);
		if (c && (spec->row->id == CALL_CONNECT || c->state == CONN_NEW))
			begin_connect(j, c);   /* sendto() connects only what is not connected */
	}
	return 0;
}

static enum wire_proto proto_of(int64_t type, int64_t protocol)
{
	int64_t base = type & 0xf;

	if (protocol == IPPROTO_UDP || (protocol == 0 && base == SOCK_DGRAM))
		return WIRE_UDP;
	if (protocol == IPPROTO_ICMP)
		return WIRE_ICMPV4;
	if (protocol == IPPROTO_ICMPV6)
		return WIRE_ICMPV6;
	return WIRE_TCP;
}

static void follow_socket(struct judge *j, const struct call_spec *spec, int64_t handle)
{
	struct conn *c = conn_new(j->a, j->sut,
				  proto_of(spec->arg[1].num, spec->arg[2].num));

	j->sut = c;
	fd_add(j, spec->result, handle, c);
}

static void follow_accept(struct judge *j, const struct plan_step *step, int64_t handle)
{
	struct conn *c = unaccepted(j);

	if (!c)
		judge_finding(j, FINDING_INTERNAL, step->span, NULL,
			      "the packets of its handshake belong before the accept()",
			      "accept() returned a connection that no packet of this script made");
	fd_add(j, step->u.call->result, handle, c);
}

/* What a successful call changes. */
static void follow(struct judge *j, const struct plan_step *step, const struct call_result *res)
{
	const struct call_spec *spec = step->u.call;
	struct judge_fd *fd;
	struct conn *c;

	switch (spec->row->effect) {
	case EFFECT_SOCKET:
		follow_socket(j, spec, res->value);
		return;
	case EFFECT_ACCEPT:
		follow_accept(j, step, res->value);
		return;
	case EFFECT_LISTEN:
		c = conn_of(j, step);
		if (c)
			c->state = CONN_LISTENING;
		break;
	case EFFECT_CLOSE:
		fd = judge_fd_find(j, spec->arg[0].num);
		if (fd)
			fd_remove(j, fd);
		break;
	case EFFECT_CONNECT:
	case EFFECT_NONE:
		break;
	}
	fd = replaces_fd(spec) ? judge_fd_find(j, spec->result) : NULL;
	if (fd)
		fd_remove(j, fd);
	if (call_gives_fd(spec))
		fd_add(j, spec->result, res->value, conn_of(j, step));
	for (size_t i = 0; i < spec->n_args; i++) {
		if (spec->arg[i].kind == ARG_FD_PAIR) {
			fd_add(j, spec->arg[i].num, res->fd_pair[0], NULL);
			fd_add(j, spec->arg[i].num2, res->fd_pair[1], NULL);
		}
	}
}

static const char *difference_message(struct judge *j, const struct call_spec *spec,
				      const struct call_finding *d)
{
	const char *name = spec->row->name;

	if (strcmp(d->what, "return value") == 0)
		return arena_printf(j->a, "%s() returned %s, expected %s", name, d->actual,
				    d->expected);
	if (strcmp(d->what, "errno") == 0)
		return arena_printf(j->a, "%s() failed with %s, expected %s", name, d->actual,
				    d->expected);
	return arena_printf(j->a, "%s(): %s is %s, expected %s", name, d->what, d->actual,
			    d->expected);
}

static const char *difference_hint(const struct call_finding *d)
{
	static const struct {
		const char *begins, *hint;
	} rows[] = {
		{ "received byte", "a script has no text for data: its packets carry zeros, so a read "
				   "must give zeros" },
		{ "byte ", "the header says 'payload: numbered': each byte has the value of its place in the "
			   "stream, so this is not the one that belongs here" },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		if (strncmp(d->what, rows[i].begins, strlen(rows[i].begins)) == 0)
			return rows[i].hint;
	}
	return NULL;
}

static bool report_differences(struct judge *j, const struct plan_step *step,
			       const struct call_finding *diff, size_t n)
{
	struct finding_field *field = ARENA_ARRAY(j->a, struct finding_field, n);
	struct span *span = ARENA_ARRAY(j->a, struct span, n);
	struct judge_report r = { .kind = FINDING_CALL, .span = span, .n_spans = n,
				  .is_warning = j->plan->config.non_fatal_syscall };
	struct buf body = { 0 };
	struct finding *f;

	for (size_t i = 0; i < n; i++) {
		field[i] = (struct finding_field){ diff[i].what, diff[i].expected, diff[i].actual,
						   true };
		span[i] = diff[i].span.len ? diff[i].span : step->span;
	}
	r.message = difference_message(j, step->u.call, &diff[0]);
	r.hint = difference_hint(&diff[0]);
	if (n > 1)
		judge_table_text(field, n, &body);
	r.body = judge_keep(j, &body);
	f = judge_put(j, &r);
	f->field = field;
	f->n_fields = n;
	return r.is_warning;
}

static bool in_window(const struct judge_window *w, int64_t at_us)
{
	return !w || w->is_any || (at_us >= w->from_us - w->tolerance_us &&
				   at_us <= w->to_us + w->tolerance_us);
}

static void report_return_time(struct judge *j, const struct plan_step *step,
			       const struct judge_window *w, int64_t ended_us)
{
	bool early = ended_us < w->from_us;
	int64_t off = early ? w->from_us - ended_us : ended_us - w->to_us;

	judge_finding(j, FINDING_TIMING, step->time.span,
		      arena_printf(j->a, "expected to return at %.6f s, returned at %.6f s",
				   (double)w->from_us / 1e6, (double)ended_us / 1e6),
		      NULL, "%s() returned %.3f ms too %s (tolerance %s)",
		      step->u.call->row->name, (double)off / 1e3, early ? "early" : "late",
		      duration_ms(w->tolerance_us).text);
}

bool judge_call_returned(struct judge *j, const struct plan_step *step,
			 const struct call_result *res, const struct judge_window *w,
			 int64_t ended_us, int64_t (*script_time_ns)(void *ctx, int64_t real_ns),
			 void *ctx)
{
	struct match_ctx m = { j, script_time_ns, ctx };
	struct conn *c = conn_of(j, step);
	const uint32_t *position = stream_received(j, c, step->u.call, res);
	const struct call_match_env env = {
		.script_time_ns = script_time_of,
		.label = label_of,
		.ctx = &m,
		.position = position,
		.tolerance_ns = j->plan->config.tolerance_us * 1000,
	};
	struct call_finding *diff = NULL;
	bool fine = true;
	size_t n;

	if (!in_window(w, ended_us)) {
		report_return_time(j, step, w, ended_us);
		fine = false;
	}
	n = call_match(j->a, step->u.call, res, &env, &diff);
	if (n > 0 && !report_differences(j, step, diff, n))
		fine = false;
	stream_follow(c, step->u.call, res, position);
	if (res->value >= 0)
		follow(j, step, res);
	return fine;
}
