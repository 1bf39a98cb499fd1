/* SPDX-License-Identifier: BSD-2-Clause */
#include "tcp_impl.h"

/* SEND and RECEIVE [RFC9293 3.10.2, 3.10.3]. The order of the sender's steps decides what packets
 * leave and what the call returns: linux-tcp 2.2. */

enum { FLAG_OOB = 0x1, FLAG_PEEK = 0x2, FLAG_TRUNC = 0x20, FLAG_EOR = 0x80, FLAG_MORE = 0x8000 };

/* A place in an array of buffers. */
struct cursor {
	const struct sut_iovec *iov;
	size_t n, i, off;
};

static void cursor_settle(struct cursor *c)
{
	while (c->i < c->n && c->off == c->iov[c->i].bytes) {
		c->i++;
		c->off = 0;
	}
}

static bool cursor_is_at_end(struct cursor *c)
{
	cursor_settle(c);
	return c->i == c->n;
}

static uint32_t cursor_run(const struct cursor *c, uint32_t most)
{
	size_t left = c->iov[c->i].bytes - c->off;

	return left < most ? (uint32_t)left : most;
}

static uint8_t *cursor_at(const struct cursor *c)
{
	uint8_t *base = c->iov[c->i].base;

	return base ? base + c->off : NULL;
}

/* ---- send ---- */

static int take_error(struct tcb *t, int otherwise)
{
	int rc = t->error ? t->error : otherwise;

	t->error = 0;
	return rc;
}

static int send_state(struct tcb *t)
{
	if (FAULT(t->sut, EARLY_CALLS_REFUSED) && !t->was_connected &&
	    (t->c.state == SUT_SYN_SENT || t->c.state == SUT_SYN_RECEIVED))
		return SUT_ENOTCONN;
	if (fast_open_may_use(t))
		return t->error || t->is_snd_shut ? take_error(t, SUT_EPIPE) : 0;
	if (t->c.state == SUT_SYN_SENT || t->c.state == SUT_SYN_RECEIVED)
		return t->error ? take_error(t, 0) : SUT_EAGAIN;
	if (t->error || t->is_snd_shut ||
	    (t->c.state != SUT_ESTABLISHED && t->c.state != SUT_CLOSE_WAIT))
		return take_error(t, SUT_EPIPE);
	return 0;
}

struct sending {
	struct tcb *t;
	struct cursor from;
	uint32_t mss, goal;
	int flags;
	int64_t copied;
};

static bool must_force_push(const struct tcb *t)
{
	return seq_gt(t->write_seq, t->pushed_seq + (t->max_wnd >> 1));
}

static void mark_push(struct tcb *t, struct elem *e)
{
	e->ctl |= ELEM_PSH;
	t->pushed_seq = t->write_seq;
}

/* The element that takes the next bytes; NULL: no room. */
static struct elem *tail_for(struct sending *d)
{
	struct tcb *t = d->t;
	struct elem *e = t->unsent.last;

	if (e && !(e->ctl & ELEM_EOR) && e->len < d->goal)
		return e;
	if (!tcp_has_memory(t))
		return NULL;
	if (!t->unsent.first)
		cc_idle_check(t);
	e = elem_new(t);
	if (!e)
		return NULL;
	e->seq = t->write_seq;
	elemq_push(&t->unsent, e);
	return e;
}

/* A new element that got no byte must not stay behind. */
static void drop_empty(struct tcb *t, struct elem *e)
{
	if (e->len || e->ctl)
		return;
	elemq_remove(&t->unsent, e);
	elem_free(t, e);
}

static int copy_some(struct sending *d, struct elem *e)
{
	struct tcb *t = d->t;
	uint32_t n = cursor_run(&d->from, d->goal - e->len);

	if (ring_append(t->sut, &t->ring, cursor_at(&d->from), n)) {
		drop_empty(t, e);
		return SUT_ENOMEM;
	}
	if (!d->copied)
		e->ctl &= (uint8_t)~ELEM_PSH;
	e->len += n;
	t->wmem_queued += n;
	t->write_seq += n;
	d->from.off += n;
	d->copied += n;
	return 0;
}

/* An element became full: send, but not everything at the cost of larger ones later. */
static void element_full(struct sending *d, struct elem *e)
{
	struct tcb *t = d->t;

	if (must_force_push(t)) {
		mark_push(t, e);
		tcp_push(t, PUSH_NODELAY);
	} else if (e == t->unsent.first) {
		tcp_push(t, PUSH_NODELAY | PUSH_ONE);
	}
}

static void mark_urgent(struct sending *d)
{
	if (!(d->flags & FLAG_OOB))
		return;
	d->t->snd_up = d->t->write_seq;
	d->t->is_urgent = true;
}

static void send_end(struct sending *d)
{
	struct tcb *t = d->t;
	struct elem *e = t->unsent.last;
	bool has_more = (d->flags & FLAG_MORE) != 0 && !FAULT(t->sut, CORK_IGNORED);
	bool is_corked = has_more || (t->cork && !FAULT(t->sut, CORK_IGNORED));
	bool is_nodelay = t->nodelay && !FAULT(t->sut, NODELAY_IGNORED);

	mark_urgent(d);
	if (!e)
		return;
	if (!has_more || must_force_push(t))
		mark_push(t, e);
	if (FAULT(t->sut, CORK_IGNORED))
		is_nodelay = is_nodelay || t->cork || (d->flags & FLAG_MORE);
	tcp_push(t, (is_nodelay ? PUSH_NODELAY : 0u) | (is_corked ? PUSH_CORK : 0u));
}

static int64_t send_stopped(struct sending *d, int why)
{
	struct tcb *t = d->t;

	t->is_nospace = true;
	if (FAULT(t->sut, FULL_QUEUE_UNTOLD))
		return d->copied ? d->copied : (int64_t)d->from.iov[0].bytes;
	if (!d->copied)
		return why;
	mark_urgent(d);
	if (t->unsent.last) {
		mark_push(t, t->unsent.last);
		tcp_push(t, PUSH_NODELAY);
	}
	return d->copied;
}

int64_t tcp_send(struct tcb *t, const struct sut_iovec *iov, size_t n_iov, int flags)
{
	struct sending d = { .t = t, .from = { .iov = iov, .n = n_iov }, .flags = flags };
	int rc;

	if (t->fo.is_deferred || t->fo.is_blocked)
		return tcp_send_open(t, NULL, iov, n_iov, flags);
	rc = send_state(t);
	if (rc == SUT_EPIPE &&
	    (FAULT(t->sut, WRITE_AFTER_FIN) ||
	     (FAULT(t->sut, WRITE_UNCONNECTED) && !t->was_connected)))
		return n_iov ? (int64_t)iov[0].bytes : 0;
	if (rc)
		return rc;
	rate_check_app_limited(t);
	d.mss = tcp_mss_now(t);
	while (!cursor_is_at_end(&d.from)) {
		struct elem *e;

		d.goal = flags & FLAG_OOB ? d.mss : tcp_size_goal(t, d.mss);
		e = tail_for(&d);
		if (!e)
			return send_stopped(&d, tcp_has_memory(t) ? SUT_ENOMEM : SUT_EAGAIN);
		if (copy_some(&d, e))
			return send_stopped(&d, SUT_ENOMEM);
		if (t->chrono == CHRONO_IDLE)
			chrono_set(t, CHRONO_BUSY);
		if (cursor_is_at_end(&d.from)) {
			if (flags & FLAG_EOR)
				e->ctl |= ELEM_EOR;
		} else if (e->len >= d.goal && !(flags & FLAG_OOB)) {
			/* urgent data waits until its end, the urgent pointer, is known */
			element_full(&d, e);
			d.mss = tcp_mss_now(t);
		}
	}
	if (d.copied)
		send_end(&d);
	return d.copied;
}

/* ---- receive ---- */

static int64_t recv_urgent(struct tcb *t, struct cursor *to, int flags,
			   struct tcp_recv_info *info)
{
	if ((t->so.oobinline && !FAULT(t->sut, OOBINLINE_IGNORED)) || !t->has_urg || t->urg_read)
		return SUT_EINVAL;
	if (t->c.state == SUT_CLOSED && !t->is_rcv_shut)
		return SUT_ENOTCONN;
	if (!t->urg_valid)
		return t->is_rcv_shut ? 0 : SUT_EAGAIN;
	if (!(flags & FLAG_PEEK))
		t->urg_read = true;
	info->msg_flags |= FLAG_OOB;
	if (cursor_is_at_end(to)) {
		info->msg_flags |= FLAG_TRUNC;
		return 0;
	}
	if (cursor_at(to))
		*cursor_at(to) = t->urg_byte;
	return 1;
}

/* Copy up to @n bytes at @from of @r, over as many buffers as it takes. */
static uint32_t copy_out(const struct tcb *t, struct cursor *to, const struct rseg *r,
			 uint32_t from, uint32_t n, int flags)
{
	uint32_t done = 0;

	if (FAULT(t->sut, PARTIAL_READ_REPEATS))
		from = 0;
	while (done < n && !cursor_is_at_end(to)) {
		uint32_t run = cursor_run(to, n - done);
		bool is_shifted = FAULT(t->sut, PEEK_SHIFTS) && (flags & FLAG_PEEK) &&
				  from + done + run < r->len;

		if (cursor_at(to) && !(flags & FLAG_TRUNC))
			memcpy(cursor_at(to), r->bytes + r->off + from + done + is_shifted, run);
		to->off += run;
		done += run;
	}
	return done;
}

/* Bytes of @r from @at that may be copied in one go; 0: stop. Urgent data ends a read, and is
 * skipped when it is not in line. */
static uint32_t readable_run(const struct tcb *t, const struct rseg *r, uint32_t *at, bool is_first)
{
	uint32_t n = r->seq + r->len - *at;
	uint32_t mark = t->urg_seq - *at;

	if (!t->has_urg || mark >= n)
		return n;
	if (mark)
		return mark;
	if (!is_first)
		return 0;
	if ((t->so.oobinline && !FAULT(t->sut, OOBINLINE_IGNORED)) ||
	    FAULT(t->sut, URGENT_BYTE_TWICE))
		return n;
	(*at)++;
	return n - 1;
}

static void forget_read(struct tcb *t)
{
	while (t->rcvq.first &&
	       seq_le(t->rcvq.first->seq + t->rcvq.first->len, t->copied_seq)) {
		struct rseg *r = t->rcvq.first;

		t->rcvq.first = r->next;
		if (!r->next)
			t->rcvq.last = NULL;
		rseg_free(t, r);
	}
	if (t->has_urg && seq_gt(t->copied_seq, t->urg_seq))
		t->has_urg = t->urg_valid = t->urg_read = false;
}

/* Its place is taken by the next mark: a read would no longer know that it is to be left out. */
void tcp_skip_urgent(struct tcb *t)
{
	if (t->so.oobinline || t->urg_seq != t->copied_seq || t->copied_seq == t->rcv_nxt)
		return;
	t->copied_seq++;
	forget_read(t);
}

static uint32_t read_queue(struct tcb *t, struct cursor *to, int flags, struct tcp_recv_info *info)
{
	uint32_t at = t->copied_seq, copied = 0;

	for (const struct rseg *r = t->rcvq.first; r && !cursor_is_at_end(to);) {
		uint32_t run = readable_run(t, r, &at, !copied);
		uint32_t n = copy_out(t, to, r, at - r->seq, run, flags);

		if (!run && at != r->seq + r->len)
			break;
		at += n;
		copied += n;
		info->arrived_ns = r->arrived_ns;
		if (at == r->seq + r->len)
			r = r->next;
		else if (t->has_urg && at == t->urg_seq)
			break;
	}
	if (!(flags & FLAG_PEEK)) {
		t->copied_seq = at;
		forget_read(t);
	}
	return copied;
}

static int64_t nothing_to_read(struct tcb *t)
{
	if (t->is_fin_seen)
		return FAULT(t->sut, FIN_READ_AS_ERROR) ? SUT_ECONNRESET : 0;
	if (t->error)
		return take_error(t, 0);
	if (t->is_rcv_shut)
		return 0;
	if (t->c.state == SUT_CLOSED)
		return FAULT(t->sut, READ_CLOSED_IS_END) ? 0 : SUT_ENOTCONN;
	if (FAULT(t->sut, EARLY_CALLS_REFUSED) && !t->was_connected)
		return SUT_ENOTCONN;
	return SUT_EAGAIN;
}

static uint32_t readable(const struct tcb *t)
{
	return t->rcv_nxt - t->copied_seq - (t->is_fin_seen ? 1 : 0);
}

int64_t tcp_recv(struct tcb *t, const struct sut_iovec *iov, size_t n_iov, int flags,
		 struct tcp_recv_info *info)
{
	struct cursor to = { .iov = iov, .n = n_iov };
	struct tcp_recv_info own;
	uint32_t copied = 0;

	if (!info)
		info = &own;
	*info = (struct tcp_recv_info){ 0 };
	if (t->c.state == SUT_LISTEN)
		return SUT_ENOTCONN;
	if (flags & FLAG_OOB)
		return recv_urgent(t, &to, flags, info);
	if (FAULT(t->sut, PSH_WAITED_FOR) && t->rcvq.last && t->rcvq.last->arrived_ns == NEVER_NS)
		return SUT_EAGAIN;
	if (FAULT(t->sut, READ_WAITS_FOR_FULL) && n_iov && readable(t) < iov[0].bytes && !t->is_fin_seen)
		return SUT_EAGAIN;
	if (t->rcvq.first)
		copied = read_queue(t, &to, flags, info);
	/* The queue may have held nothing but an urgent byte. */
	if (!copied && !cursor_is_at_end(&to))
		return nothing_to_read(t);
	if (!(flags & FLAG_PEEK) && copied) {
		tcp_space_adjust(t);
		ackpol_after_read(t, copied);
	}
	info->inq_bytes = (int)readable(t);
	if (!info->inq_bytes && t->is_fin_seen)
		info->inq_bytes = 1;
	return copied;
}

/* ---- readiness ---- */

static bool is_readable(const struct tcb *t)
{
	int64_t least = min_i64(t->so.rcvlowat_bytes, t->so.rcvbuf_bytes / 2);

	/* An urgent byte that is kept out of line is not there to be read. */
	if (t->has_urg && !t->so.oobinline && t->urg_seq == t->copied_seq)
		least++;
	return (int64_t)readable(t) >= least;
}

static unsigned poll_open(struct tcb *t)
{
	unsigned mask = 0;

	if (t->rcvq.first && is_readable(t))
		mask |= POLL_IN | POLL_RDNORM;
	if (t->is_snd_shut || tcp_is_writable(t))
		mask |= POLL_OUT | POLL_WRNORM;
	else
		t->is_nospace = true;
	if (t->urg_valid && !t->urg_read)
		mask |= POLL_PRI;
	return mask;
}

unsigned tcp_poll(struct tcb *t)
{
	unsigned mask = t->error ? POLL_ERR : 0;

	if (t->c.state == SUT_LISTEN)
		return mask | (t->accept_first ? POLL_IN | POLL_RDNORM : 0u);
	if (t->c.state == SUT_CLOSED || (t->is_rcv_shut && t->is_snd_shut))
		mask |= POLL_HUP;
	if (t->is_rcv_shut)
		mask |= POLL_IN | POLL_RDNORM | POLL_RDHUP;
	if (t->fo.is_deferred)
		mask |= POLL_OUT | POLL_WRNORM;
	if ((t->c.state != SUT_SYN_SENT && t->c.state != SUT_SYN_RECEIVED) || fast_open_may_use(t))
		mask |= poll_open(t);
	return mask;
}

static bool ready_to_write(struct tcb *t)
{
	if (t->error || t->fo.is_deferred)
		return true;
	if ((t->c.state == SUT_SYN_SENT || t->c.state == SUT_SYN_RECEIVED) && !fast_open_may_use(t))
		return false;
	if (t->is_snd_shut || t->c.state == SUT_CLOSED || tcp_is_writable(t))
		return true;
	t->is_nospace = true;
	return false;
}

bool tcp_ready(struct tcb *t, int wait)
{
	if (wait & SUT_WAIT_READ) {
		if (t->c.state == SUT_LISTEN)
			return t->accept_first != NULL;
		if (t->error || t->is_rcv_shut || t->c.state == SUT_CLOSED)
			return true;
		if (t->rcvq.first && is_readable(t))
			return true;
	}
	if ((wait & SUT_WAIT_WRITE) && ready_to_write(t))
		return true;
	return (wait & SUT_WAIT_CLOSE) && tcp_close_done(t);
}

int tcp_take_error(struct tcb *t)
{
	int rc = take_error(t, t->soft_error);

	t->soft_error = 0;
	return rc;
}

/* ---- ioctl ---- */

enum { IOC_OUTQ = 0x5411, IOC_INQ = 0x541b, IOC_ATMARK = 0x8905, IOC_OUTQNSD = 0x894b };

static int in_queue(const struct tcb *t)
{
	uint32_t n = readable(t);

	if (t->c.state == SUT_SYN_SENT || t->c.state == SUT_SYN_RECEIVED)
		return 0;
	if (t->has_urg && !t->so.oobinline && t->urg_seq - t->copied_seq < n)
		n = t->urg_seq - t->copied_seq;
	return (int)n;
}

int tcp_ioctl(struct tcb *t, uint64_t request, int *value)
{
	bool is_opening = t->c.state == SUT_SYN_SENT || t->c.state == SUT_SYN_RECEIVED;

	if (request == IOC_ATMARK) {
		*value = t->has_urg && t->urg_seq == t->copied_seq;
		return 0;
	}
	if (request != IOC_INQ && request != IOC_OUTQ && request != IOC_OUTQNSD)
		return SUT_ENOTTY;
	if (t->c.state == SUT_LISTEN)
		return SUT_EINVAL;
	if (request == IOC_INQ)
		*value = in_queue(t);
	else if (is_opening)
		*value = 0;
	else
		*value = (int)(t->write_seq - (request == IOC_OUTQ ? t->una : t->nxt));
	return 0;
}
