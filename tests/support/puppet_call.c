/* SPDX-License-Identifier: BSD-2-Clause */
/* Answers of the puppet: a result that a line of a script would be content with. */
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/payload.h"
#include "puppet_impl.h"

enum { STAMPS_BYTES = 48 };    /* three struct timespec */

static void put(struct buf *b, const void *v, size_t n)
{
	buf_add(b, v, n);
}

static void sock_err_bytes(const struct call_cmsg *c, struct buf *b)
{
	const struct call_sock_err *e = &c->err;

	put(b, &e->ee_errno, 4);
	put(b, &e->origin, 1);
	put(b, &e->type, 1);
	put(b, &e->code, 1);
	buf_putc(b, 0);
	put(b, &e->info, 4);
	put(b, &e->data, 4);
	buf_pad(b, 0, call_cmsg_data_bytes(c) - b->len);
}

static void nla_bytes(const struct call_cmsg *c, struct buf *b)
{
	for (const struct call_nla *n = c->nla; n; n = n->next) {
		const struct call_nla_row *row = call_nla_find(n->type);
		uint16_t len = row ? row->n_bytes : 4, head[2] = { (uint16_t)(len + 4), n->type };

		put(b, head, sizeof(head));
		put(b, &n->value, len);
		buf_pad(b, 0, (4 - b->len % 4) % 4);
	}
}

static void cmsg_bytes(const struct puppet *p, const struct call_cmsg *c, struct buf *b)
{
	int64_t real_ns = puppet_real_ns(p, c->time_ns);
	long stamp[2] = { (long)(real_ns / 1000000000), (long)(real_ns % 1000000000) };
	int32_t num = (int32_t)c->num;

	switch (c->kind) {
	case CMSG_DATA_INT:
		put(b, &num, sizeof(num));
		break;
	case CMSG_DATA_SOCK_ERR:
		sock_err_bytes(c, b);
		break;
	case CMSG_DATA_TIMESTAMP:
		put(b, stamp, sizeof(stamp));
		buf_pad(b, 0, STAMPS_BYTES - b->len);
		break;
	case CMSG_DATA_NLA:
		nla_bytes(c, b);
		break;
	case CMSG_DATA_BYTES:
		put(b, c->bytes, c->n_bytes);
		break;
	}
}

static const uint8_t *keep(struct arena *a, struct buf *b, size_t *n)
{
	const uint8_t *bytes = (const uint8_t *)arena_strndup(a, buf_str(b), b->len);

	*n = b->len;
	buf_fini(b);
	return bytes;
}

static struct call_cmsg *raw_cmsgs(struct puppet *p, const struct call_cmsg *c)
{
	struct call_cmsg *first = NULL, **tail = &first;

	for (; c; c = c->next) {
		struct buf b = { 0 };

		cmsg_bytes(p, c, &b);
		*tail = ARENA_NEW(p->a, struct call_cmsg);
		**tail = (struct call_cmsg){ .level = c->level, .type = c->type };
		(*tail)->bytes = keep(p->a, &b, &(*tail)->n_bytes);
		tail = &(*tail)->next;
	}
	return first;
}

static void answer_msgs(struct puppet *p, const struct call_arg *arg, struct call_result *res)
{
	res->n_msgs = arg->u.msgs.n;
	res->msgs = ARENA_ARRAY(p->a, struct call_msg_result, res->n_msgs);
	for (size_t i = 0; i < res->n_msgs; i++) {
		const struct call_msg *m = &arg->u.msgs.list[i];

		res->msgs[i] = (struct call_msg_result){
			.len = m->len, .flags = m->flags,
			.cmsgs = raw_cmsgs(p, m->cmsgs), .n_cmsgs = m->n_cmsgs,
		};
	}
}

static void answer_data(struct puppet *p, const struct puppet_step *s, struct call_result *res)
{
	res->has_payload = true;
	res->n_data = res->value > 0 ? (size_t)res->value : 0;
	res->data = ARENA_ARRAY(p->a, uint8_t, res->n_data + 1);
	payload_fill((struct payload){ p->plan->meta.is_numbered, p->n_received }, res->data,
		     res->n_data);
	p->n_received += (uint32_t)res->n_data;
	if (s && s->has_byte && s->byte_at < res->n_data)
		res->data[s->byte_at] = s->byte;
}

static void answer_poll(struct puppet *p, const struct call_arg *arg, struct call_result *res)
{
	res->n_revents = arg->u.poll.n;
	res->revents = ARENA_ARRAY(p->a, int16_t, res->n_revents + 1);
	for (size_t i = 0; i < res->n_revents; i++)
		res->revents[i] = arg->u.poll.list[i].revents;
}

static void answer_epoll(const struct call_arg *arg, struct call_result *res)
{
	res->n_epoll = res->value > 0;
	res->epoll = *arg->u.epoll;
	if (res->epoll.data_kind == EPOLL_DATA_FD)
		res->epoll.data += PUPPET_FD_BASE;
}

static void answer_option(struct puppet *p, const struct call_arg *arg, struct call_result *res)
{
	const struct call_optval *opt = arg->u.opt;
	int32_t num = (int32_t)opt->num;
	struct buf b = { 0 };

	if (opt->form == OPT_INT)
		put(&b, &num, sizeof(num));
	else if (opt->form == OPT_BYTES)
		put(&b, opt->bytes, opt->n_bytes);
	res->opt = (uint8_t *)arena_strndup(p->a, buf_str(&b), b.len);
	res->n_opt = b.len;
	buf_fini(&b);
}

static void answer_arg(struct puppet *p, const struct call_arg *arg, const struct puppet_step *s,
		       struct call_result *res)
{
	switch (arg->kind) {
	case ARG_MSG_IN: case ARG_MSG_LIST_IN:
		answer_msgs(p, arg, res);
		answer_data(p, s, res);
		break;
	case ARG_MSG_LIST: answer_msgs(p, arg, res); break;
	case ARG_BUF_IN: case ARG_IOV_IN: answer_data(p, s, res); break;
	case ARG_POLL: answer_poll(p, arg, res); break;
	case ARG_EPOLL_IN: answer_epoll(arg, res); break;
	case ARG_OPTVAL_IN: answer_option(p, arg, res); break;
	case ARG_INT_RESULT: res->int_result = arg->num; break;
	case ARG_ADDR_RESULT:
		res->addr = arg->is_any ? p->config.remote : arg->u.addr.ip;
		res->port = arg->u.addr.port;
		break;
	case ARG_FD_PAIR:
		res->fd_pair[0] = arg->num + PUPPET_FD_BASE;
		res->fd_pair[1] = arg->num2 + PUPPET_FD_BASE;
		break;
	case ARG_INT: case ARG_DOMAIN: case ARG_FD: case ARG_FD_NEW: case ARG_LEN: case ARG_COUNT:
	case ARG_BUF_OUT: case ARG_ADDR_LOCAL: case ARG_ADDR_REMOTE: case ARG_ADDR_FAMILY:
	case ARG_ADDR_GIVEN: case ARG_ADDR_LEN: case ARG_IOV: case ARG_MSG: case ARG_EPOLL_EVENT:
	case ARG_OPTVAL: case ARG_OPTLEN: case ARG_OPTLEN_IN: case ARG_OFFSET: case ARG_STRING:
	case ARG_NULL: case ARG_TIMEOUT: case ARG_KIND_COUNT:
		break;
	}
}

void puppet_answer(struct puppet *p, const struct call_spec *spec, const struct puppet_step *s,
		   struct call_result *res)
{
	bool is_fd = call_gives_fd(spec) && spec->result >= 0;

	res->value = spec->result + (is_fd ? PUPPET_FD_BASE : 0);
	res->err = spec->has_errno ? spec->err : 0;
	for (size_t i = 0; i < spec->n_args; i++) {
		if (!spec->arg[i].is_null)
			answer_arg(p, &spec->arg[i], s, res);
	}
}
