/* SPDX-License-Identifier: BSD-2-Clause */
#include "judge/stream.h"

#include <sys/socket.h>

#include "base/arena.h"
#include "judge/space.h"

static bool is_numbered(const struct judge *j, const struct conn *c)
{
	return j->plan->meta.is_numbered && c && c->proto == WIRE_TCP;
}

/* ---- packets ---- */

/* A SYN comes before the first byte, and data on it are the first [RFC9293 3.4]. */
static uint32_t position_of(bool is_syn, uint32_t seq)
{
	return is_syn ? 0 : seq - 1;
}

struct payload stream_sent(const struct judge *j, const struct wire_view *live)
{
	bool is_syn = live->tcp_flags & TCP_SYN;
	struct seq_script seq = space_seq_out(j->sut, false, (struct seq_live){ live->seq });

	if (live->proto != WIRE_TCP || !is_numbered(j, j->sut))
		return (struct payload){ 0 };
	return (struct payload){ true, position_of(is_syn, seq.v) };
}

/* The urgent pointer leads behind the last urgent byte, which is the only one that stacks know
 * [RFC6093 3.1]. */
static void note_urgent(struct judge *j, struct conn *c, uint32_t position)
{
	struct conn_urgent *u = ARENA_NEW(j->a, struct conn_urgent);

	*u = (struct conn_urgent){ position, c->urgent };
	c->urgent = u;
}

struct payload stream_inject(struct judge *j, struct conn *c, const struct plan_packet *p)
{
	bool is_syn = p->flags & TCP_SYN;
	uint32_t seq = p->seq.v, position;

	if (!is_numbered(j, c))
		return (struct payload){ 0 };
	if (p->seq_is_absolute)
		seq -= space_seq_in(c, false, (struct seq_script){ 0 }).v;
	position = position_of(is_syn, seq);
	if ((p->flags & TCP_URG) && p->urg.v > 0)
		note_urgent(j, c, position + p->urg.v - 1);
	return (struct payload){ true, position };
}

/* ---- calls ---- */

enum direction { MOVES_NOTHING, RECEIVES, SENDS };

static enum direction direction_of(const struct call_spec *spec)
{
	for (size_t i = 0; i < spec->n_args; i++) {
		switch (spec->arg[i].kind) {
		case ARG_BUF_IN: case ARG_IOV_IN: case ARG_MSG_IN: case ARG_MSG_LIST_IN:
			return RECEIVES;
		case ARG_BUF_OUT: case ARG_IOV: case ARG_MSG: case ARG_MSG_LIST:
			return SENDS;
		case ARG_INT: case ARG_DOMAIN: case ARG_FD: case ARG_FD_NEW: case ARG_LEN:
		case ARG_COUNT: case ARG_ADDR_LOCAL: case ARG_ADDR_REMOTE: case ARG_ADDR_FAMILY:
		case ARG_ADDR_GIVEN: case ARG_ADDR_RESULT: case ARG_ADDR_LEN: case ARG_POLL:
		case ARG_EPOLL_EVENT: case ARG_EPOLL_IN: case ARG_OPTVAL: case ARG_OPTVAL_IN:
		case ARG_OPTLEN: case ARG_OPTLEN_IN: case ARG_INT_RESULT: case ARG_OFFSET:
		case ARG_FD_PAIR: case ARG_STRING: case ARG_NULL: case ARG_TIMEOUT:
		case ARG_KIND_COUNT:
			break;
		}
	}
	return spec->row->id == CALL_SPLICE ? RECEIVES : MOVES_NOTHING;
}

/* The number of a call that receives is its flags. */
static bool has_flag(const struct call_spec *spec, int64_t flag)
{
	for (size_t i = 0; i < spec->n_args; i++) {
		if (spec->arg[i].kind == ARG_INT && (spec->arg[i].num & flag))
			return spec->row->id != CALL_SPLICE;
	}
	return false;
}

/* A call with a list returns how many messages there were. */
static uint32_t moved_bytes(const struct call_spec *spec, const struct call_result *res)
{
	uint32_t sum = 0;

	for (size_t i = 0; i < spec->n_args; i++) {
		if (spec->arg[i].kind != ARG_MSG_LIST && spec->arg[i].kind != ARG_MSG_LIST_IN)
			continue;
		for (size_t k = 0; k < res->n_msgs; k++)
			sum += (uint32_t)res->msgs[k].len;
		return sum;
	}
	return (uint32_t)res->value;
}

struct payload stream_next_written(const struct judge *j, const struct conn *c)
{
	if (!is_numbered(j, c))
		return (struct payload){ 0 };
	return (struct payload){ true, c->n_written };
}

bool stream_is_filed(const struct judge *j, const struct call_spec *spec)
{
	enum { SENDFILE_TO = 0, SPLICE_TO = 2 };
	const struct judge_fd *fd = NULL;

	if (spec->row->id == CALL_SENDFILE)
		fd = judge_fd_find(j, spec->arg[SENDFILE_TO].num);
	if (spec->row->id == CALL_SPLICE)
		fd = judge_fd_find(j, spec->arg[SPLICE_TO].num);
	return fd && is_numbered(j, fd->conn);
}

static bool is_urgent(const struct conn *c, uint32_t position)
{
	const struct conn_urgent *u = c->urgent;

	while (u && u->position != position)
		u = u->older;
	return u;
}

/* The newest urgent byte is meant, unless the stack has dropped the segment that told of it. */
static uint32_t urgent_position(const struct conn *c, const struct call_result *res)
{
	const struct conn_urgent *u = c->urgent;

	while (u && res->n_data && res->data[0] != payload_byte((struct payload){ true, u->position }, 0))
		u = u->older;
	if (!u)
		u = c->urgent;
	return u ? u->position : c->n_read;
}

const uint32_t *stream_received(const struct judge *j, const struct conn *c,
				const struct call_spec *spec, const struct call_result *res)
{
	struct payload at = { true, 0 };
	uint32_t *position;

	/* With MSG_TRUNC the buffer stays as it was. */
	if (!is_numbered(j, c) || !res->has_payload || has_flag(spec, MSG_TRUNC))
		return NULL;
	at.position = has_flag(spec, MSG_OOB) ? urgent_position(c, res) : c->n_read;
	position = ARENA_ARRAY(j->a, uint32_t, res->n_data + 1);
	for (size_t i = 0; i < res->n_data; i++) {
		bool may_pass = !has_flag(spec, MSG_OOB) && is_urgent(c, at.position);

		if (may_pass && res->data[i] != payload_byte(at, 0))
			at.position++;
		position[i] = at.position++;
	}
	return position;
}

void stream_follow(struct conn *c, const struct call_spec *spec, const struct call_result *res,
		   const uint32_t *position)
{
	uint32_t n = moved_bytes(spec, res);

	if (!c || res->value <= 0)
		return;
	switch (direction_of(spec)) {
	case SENDS:
		c->n_written += n;
		break;
	case RECEIVES:
		if (has_flag(spec, MSG_PEEK | MSG_OOB | MSG_ERRQUEUE))
			break;
		if (position && res->n_data) {
			c->n_read = position[res->n_data - 1] + 1;
			n -= (uint32_t)res->n_data;
		}
		c->n_read += n;
		break;
	case MOVES_NOTHING:
		break;
	}
}
