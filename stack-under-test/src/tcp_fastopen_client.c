/* SPDX-License-Identifier: BSD-2-Clause */
#include "tcp_impl.h"

/* Fast Open of a client: the SYN, what comes of it, and the calls that open. */

/* ---- opening ---- */

/* Is data allowed in the SYN? @cookie is what goes with it; else it asks, if it is there at all. */
static bool may_send_data(struct tcb *t, struct fast_open_option *cookie)
{
	const struct fast_open_peer *p = fast_open_peer_find(t);

	*cookie = (struct fast_open_option){ 0 };
	if (fast_open_is_paused(t))
		return false;
	if ((t->sut->sysctl.tcp_fastopen & FAST_OPEN_CLIENT_NO_COOKIE) || t->fo.no_cookie)
		return true;
	if (p)
		*cookie = p->cookie;
	if (!cookie->n)
		cookie->is_exp = p && p->try_exp == 1;
	cookie->is_there = true;
	if (cookie->n)
		return true;
	t->fo.fail = FAST_OPEN_NO_COOKIE;
	return FAULT(t->sut, DATA_WITHOUT_COOKIE);
}

bool fast_open_defers(struct tcb *t)
{
	struct fast_open_option cookie;

	if (!t->fo.wants_connect || t->fo.is_asked)
		return false;
	t->fo.is_deferred = may_send_data(t, &cookie);
	t->fo.is_asked = !t->fo.is_deferred;
	return t->fo.is_deferred;
}

/* Does it fit beside the other options? [RFC7413 4.2.2] */
static bool has_option_room(struct tcb *t, const struct fast_open_option *o)
{
	uint8_t bytes[TCP_MAX_OPTIONS];
	struct tcp_opts opts;
	uint32_t without, with;

	t->fo.option = (struct fast_open_option){ 0 };
	tcp_opts_of(t, TCP_FLAG_SYN, &opts);
	without = tcp_opts_encode(t->profile, &opts, bytes);
	opts.fast_open = *o;
	with = tcp_opts_encode(t->profile, &opts, bytes);
	return with > without;
}

/* [RFC7413 4.1.3]: what the peer told last time, less room for any options. */
static uint32_t syn_room(struct tcb *t)
{
	const struct fast_open_peer *p = fast_open_peer_find(t);
	uint32_t header = t->c.remote.addr.family == 6 ? 60 : 40;
	uint32_t mss;

	t->mss_clamp = p && p->mss ? p->mss : t->advmss;
	if (t->user_mss)
		t->mss_clamp = min_u32(t->mss_clamp, t->user_mss);
	tcp_mss_sync(t);
	mss = min_u32(t->pmtu_bytes - header, t->mss_clamp);
	if (FAULT(t->sut, SYN_DATA_UNLIMITED))
		mss = t->pmtu_bytes - header;
	return mss > TCP_MAX_OPTIONS ? mss - TCP_MAX_OPTIONS : 0;
}

/* Up to @room bytes of what the application sends; how many, as far as there is memory. */
static uint32_t copy_data(struct tcb *t, uint32_t room)
{
	uint32_t done = 0;

	for (size_t i = 0; i < t->fo.n_from && done < room; i++) {
		const struct sut_iovec *v = &t->fo.from[i];
		uint32_t n = v->bytes < room - done ? (uint32_t)v->bytes : room - done;

		if (ring_append(t->sut, &t->ring, v->base, n))
			break;
		done += n;
	}
	return done;
}

/* The data as an element of its own, behind the SYN's; NULL: none was taken. */
static struct elem *queue_data(struct tcb *t, uint32_t room)
{
	struct elem *e = elem_new(t);
	uint32_t n;

	if (!e)
		return NULL;
	n = copy_data(t, room);
	if (!n) {
		elem_free(t, e);
		return NULL;
	}
	e->seq = t->iss + 1;
	e->len = n;
	e->ctl = ELEM_PSH;
	e->n_segs = 1;
	e->mss = max_u32(t->mss_cache, n);
	elemq_push(&t->rtx, e);
	t->packets_out++;
	t->wmem_queued += n;
	t->write_seq += n;
	t->nxt = t->pushed_seq = t->write_seq;
	t->fo.n_copied = n;
	t->fo.has_data = true;
	chrono_set(t, CHRONO_BUSY);
	return e;
}

/* Leaves as one segment; when it cannot, the timer tries again, as with any SYN. */
static void send_with_data(struct tcb *t, struct elem *data)
{
	struct elem *syn = t->rtx.first;
	struct elem whole = *syn;

	whole.len = data->len;
	if (tcp_transmit(t, &whole))
		return;
	syn->sent_ns = data->sent_ns = whole.sent_ns;
	syn->tsval = data->tsval = whole.tsval;
	syn->rate = data->rate = whole.rate;
}

bool fast_open_send_syn(struct tcb *t)
{
	struct fast_open_option o;
	struct elem *data = NULL;
	bool may;

	if (!t->fo.is_asked)
		return false;
	t->fo.is_asked = false;
	t->syn_sent_ns = t->sut->now_ns;
	may = may_send_data(t, &o);
	if (o.is_there && !has_option_room(t, &o))
		return false;
	if (may)
		data = queue_data(t, syn_room(t));
	else if (FAULT(t->sut, COOKIE_NOT_ASKED))
		return false;
	t->fo.option = o;
	t->fo.has_option = o.is_there;
	t->fo.is_exp = o.is_exp;
	if (data)
		send_with_data(t, data);
	else
		tcp_transmit(t, t->rtx.first);
	if (!FAULT(t->sut, FAST_OPEN_ON_EVERY_SYN))
		t->fo.option = (struct fast_open_option){ 0 };
	return true;
}

void fast_open_path_shrunk(struct tcb *t)
{
	if (!t->fo.has_data || ip_mtu(t->sut, &t->c.remote.addr) >= t->pmtu_bytes)
		return;
	tcp_mss_init(t);
	tcp_mss_sync(t);
	if (!recovery_retransmit_elem(t, t->rtx.first, 1))
		timer_rearm_rto(t);
}

/* ---- the SYN-ACK [RFC7413 4.2.2] ---- */

/* Asked for a cookie and got none: the server may know the older form alone. */
static uint8_t next_form(const struct tcb *t, const struct seg *g)
{
	if (t->total_retrans || g->opts.fast_open.is_there || t->fo.has_data || !t->fo.has_option)
		return 0;
	return t->fo.is_exp ? 2 : 1;
}

bool fast_open_answered(struct tcb *t, const struct seg *g)
{
	struct fast_open *f = &t->fo;

	if (!f->has_option && !f->has_data)
		return false;
	fast_open_learn(t, g, next_form(t, g));
	if (f->has_data && t->rtx.first) {
		f->fail = t->total_retrans ? FAST_OPEN_SYN_AGAIN : FAST_OPEN_NOT_ACKED;
		count(t->sut, COUNTER_TcpExtTCPFastOpenActiveFail);
		if (FAULT(t->sut, SYN_DATA_WAITS))
			return false;
		recovery_resend_all(t);
		tcp_push_pending(t);
		return true;
	}
	f->is_data_taken = f->has_data;
	if (f->has_data) {
		count(t->sut, COUNTER_TcpExtTCPFastOpenActive);
		/* it and the SYN were one segment */
		if (t->delivered > 1)
			t->delivered--;
	}
	return false;
}

/* ---- SEND that opens ---- */

enum { FLAG_DONTWAIT = 0x40 };

static size_t total_bytes(const struct sut_iovec *iov, size_t n)
{
	size_t sum = 0;

	for (size_t i = 0; i < n; i++)
		sum += iov[i].bytes;
	return sum;
}

/* SUT_EINPROGRESS: the SYN is on its way; 0: open already; else why not. */
static int begin(struct tcb *t, const struct sut_endpoint *peer, const struct sut_iovec *iov,
		 size_t n_iov)
{
	bool is_new = t->c.state == SUT_CLOSED && !t->connect_reported && !t->is_attempt_open;
	int rc;

	if (!(t->sut->sysctl.tcp_fastopen & FAST_OPEN_CLIENT))
		return SUT_EOPNOTSUPP;
	if (!peer && is_new)
		return SUT_EINVAL;
	t->fo.from = iov;
	t->fo.n_from = n_iov;
	t->fo.is_asked = t->fo.is_deferred || t->c.state == SUT_CLOSED;
	if (t->fo.is_deferred) {
		t->fo.is_deferred = false;
		rc = tcp_active_open(t);
	} else {
		rc = tcp_connect(t, peer);
	}
	t->fo.from = NULL;
	t->fo.n_from = 0;
	t->fo.is_asked = false;
	return rc;
}

/* What the SYN did not take, as any data. */
static int64_t send_rest(struct tcb *t, const struct sut_iovec *iov, size_t n_iov, int flags)
{
	size_t skip = t->fo.n_copied, copied = t->fo.n_copied, i = 0;
	struct sut_iovec first;
	int64_t n;

	t->fo.n_copied = 0;
	while (i < n_iov && skip >= iov[i].bytes)
		skip -= iov[i++].bytes;
	if (i == n_iov)
		return (int64_t)copied;
	first = iov[i];
	first.bytes -= skip;
	if (first.base)
		first.base = (uint8_t *)first.base + skip;
	n = tcp_send(t, &first, 1, flags);
	if (n == (int64_t)first.bytes && i + 1 < n_iov) {
		int64_t more = tcp_send(t, iov + i + 1, n_iov - i - 1, flags);

		n += more > 0 ? more : 0;
	}
	if (n < 0)
		return copied ? (int64_t)copied : n;
	return (int64_t)copied + n;
}

int64_t tcp_send_open(struct tcb *t, const struct sut_endpoint *peer, const struct sut_iovec *iov,
		       size_t n_iov, int flags)
{
	bool may_wait = !t->so.is_nonblocking && !(flags & FLAG_DONTWAIT);
	bool was_blocked = t->fo.is_blocked;
	int rc = was_blocked ? tcp_connect(t, peer) : begin(t, peer, iov, n_iov);

	/* who had waited, and waits no longer, gets what there is */
	if (was_blocked && rc == SUT_EALREADY)
		rc = SUT_EINPROGRESS;
	t->fo.is_blocked = t->fo.is_more_coming = false;
	if (rc == SUT_EINPROGRESS && may_wait) {
		t->fo.is_blocked = true;
		t->fo.is_more_coming = t->fo.n_copied < total_bytes(iov, n_iov);
		return SUT_EAGAIN;
	}
	if (rc == SUT_EINPROGRESS) {
		uint32_t copied = t->fo.n_copied;

		t->fo.n_copied = 0;
		return copied ? (int64_t)copied : rc;
	}
	return rc ? rc : send_rest(t, iov, n_iov, flags);
}
