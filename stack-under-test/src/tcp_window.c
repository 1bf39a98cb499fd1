/* SPDX-License-Identifier: BSD-2-Clause */
#include "tcp_impl.h"

/*
 * The window we offer. It follows from memory, and memory is counted as Linux would: every packet
 * costs what its buffer there would cost, so that "half of the buffer is free" means the same.
 */

#define UNLIMITED_CLAMP (INT64_C(65535) << 14)

static uint32_t round_up(uint32_t x, uint32_t unit)
{
	return (x + unit - 1) / unit * unit;
}

/* linux-tcp 9.1: the buffer of a packet has room in front, and its description behind. */
enum { HEAD_ROOM = 64, TAIL_INFO = 320, DESCRIPTOR = 256, SMALL_HEAD = 704, LARGEST_HEAD = 8192 };

/* One allocation for packets below a page's size; 0: pages. */
static uint32_t head_bytes(uint32_t ip_bytes)
{
	uint32_t head = round_up(HEAD_ROOM + ip_bytes, 64) + TAIL_INFO;
	uint32_t size = 1024;

	if (HEAD_ROOM + ip_bytes >= 4096)
		return 0;
	if (head <= SMALL_HEAD)
		return SMALL_HEAD;
	while (size < head && size < LARGEST_HEAD)
		size *= 2;
	return size;
}

uint32_t tcp_truesize(uint32_t ip_bytes)
{
	uint32_t head = head_bytes(ip_bytes);

	return head ? DESCRIPTOR + head : 4352 + round_up(ip_bytes - 3712, 4096);
}

uint32_t tcp_slack(uint32_t ip_bytes)
{
	uint32_t head = head_bytes(ip_bytes);

	return head ? head - TAIL_INFO - HEAD_ROOM - ip_bytes : 0;
}

int64_t tcp_window_of(const struct tcb *t, int64_t memory)
{
	return memory * t->ratio_256 / 256;
}

static uint8_t pick_wscale(const struct tcb *t, int64_t clamp, int64_t space)
{
	const struct sysctl_values *v = &t->sut->sysctl;
	int64_t s = max_i64(max_i64(space, v->tcp_rmem[2]), v->core_rmem_max);
	uint8_t log = 0;

	s = min_i64(s, clamp);
	while (s >> (log + 1))
		log++;
	return log <= 15 ? 0 : log - 15 > TCP_MAX_WSCALE ? TCP_MAX_WSCALE : (uint8_t)(log - 15);
}

void tcp_window_initial(const struct tcb *t, uint32_t mss, bool has_wscale, struct window_init *out)
{
	int64_t space = max_i64(t->so.rcvbuf_bytes / 2, 0);
	int64_t clamp = t->user_clamp;
	int64_t wnd;

	if (t->so.rcvbuf_locked && (clamp > space || !clamp))
		clamp = space;
	if (!clamp)
		clamp = UNLIMITED_CLAMP;
	wnd = min_i64(clamp, space);
	if (wnd > mss)
		wnd = wnd / mss * mss;
	if (t->sut->sysctl.tcp_workaround_signed_windows)
		wnd = min_i64(wnd, 32767);
	out->wscale = has_wscale ? pick_wscale(t, clamp, space) : 0;
	out->clamp = min_i64(INT64_C(65535) << out->wscale, clamp);
	out->rcv_wnd = (uint32_t)wnd;
}

/* linux-tcp 1.5, last item; 5.1 rcv_space */
void tcp_window_established(struct tcb *t)
{
	int64_t space = tcp_window_of(t, t->so.rcvbuf_bytes);
	int64_t adv = t->advmss;

	if (t->window_clamp >= space)
		t->window_clamp = space;
	if (t->window_clamp > 2 * adv && t->window_clamp + adv > space)
		t->window_clamp = max_i64(2 * adv, space - adv);
	t->rcv_ssthresh = (uint32_t)min_i64(t->rcv_ssthresh, t->window_clamp);
	t->rcv_space = min_u32(min_u32(t->rcv_ssthresh, t->rcv_wnd), 10 * t->advmss);
	t->space_seq = t->copied_seq;
	t->space_ns = t->sut->now_ns;
}

uint32_t tcp_window_current(const struct tcb *t)
{
	int32_t left = seq_diff(t->wup + t->rcv_wnd, t->rcv_nxt);

	return left > 0 ? (uint32_t)left : 0;
}

static int64_t round_up_64(int64_t x, int64_t unit)
{
	return (x + unit - 1) / unit * unit;
}

/* Without a scale the window moves in whole segments. [RFC9293 3.8.6.2.2] */
static int64_t unscaled_candidate(const struct tcb *t, int64_t free, int64_t mss, int64_t full)
{
	int64_t window = t->rcv_wnd;

	if (window <= free - mss || window > free)
		return mss ? free / mss * mss : 0;
	if (mss == full && free > window + full / 2)
		return free;
	return window;
}

uint32_t tcp_window_candidate(struct tcb *t)
{
	int64_t free = tcp_window_of(t, t->so.rcvbuf_bytes - t->rmem_bytes);
	int64_t all = tcp_window_of(t, t->so.rcvbuf_bytes);
	int64_t full = min_i64(t->window_clamp, all);
	int64_t mss = min_i64(t->rcv_mss, full);
	int64_t unit = INT64_C(1) << t->rcv_wscale;
	bool may_shrink = t->sut->sysctl.tcp_shrink_window && t->rcv_wscale;

	if (free < full / 2) {
		t->quick = 0;
		free = free < 0 ? 0 : free / unit * unit;
		if (free < all / 16 || free < mss || (may_shrink && free < unit))
			return 0;
	}
	if (may_shrink) {
		free = free / unit * unit;
		if (free > t->rcv_ssthresh)
			free = round_up_64(t->rcv_ssthresh, unit);
		return (uint32_t)free;
	}
	free = min_i64(free, t->rcv_ssthresh);
	if (t->rcv_wscale)
		return (uint32_t)round_up_64(free, unit);
	return (uint32_t)unscaled_candidate(t, free, mss, full);
}

/* What was offered is not taken back. [RFC9293 3.8.6, SHLD-14] */
uint16_t tcp_window_select(struct tcb *t)
{
	uint32_t current = tcp_window_current(t);
	uint32_t window = tcp_window_candidate(t);
	uint32_t unit = 1u << t->rcv_wscale;
	bool may_shrink = t->sut->sysctl.tcp_shrink_window && t->rcv_wscale;

	if (t->is_rmem_full) {
		t->is_rmem_full = false;
		t->rcv_wnd = 0;
		t->wup = t->rcv_nxt;
		return 0;
	}
	if (window < current && !may_shrink)
		window = round_up(current, unit);
	if (FAULT(t->sut, WINDOW_SHRUNK))
		window = current / 2;
	if (FAULT(t->sut, WINDOW_NEVER_SHUT))
		window = max_u32(window, 3000);
	t->rcv_wnd = window;
	t->wup = t->rcv_nxt;
	if (seq_gt(t->rcv_nxt + window, t->rcv_right))
		t->rcv_right = t->rcv_nxt + window;
	if (!t->rcv_wscale && t->sut->sysctl.tcp_workaround_signed_windows)
		window = min_u32(window, 32767);
	if (FAULT(t->sut, WSCALE_NOT_APPLIED))
		return (uint16_t)min_u32(window, 65535);
	return (uint16_t)(min_u32(window, 65535u * unit) >> t->rcv_wscale);
}

/* ---- estimates from what arrives ---- */

/* Two unusual but equal sizes in a row are taken for the peer's segment size. */
static void measure_short(struct tcb *t, const struct seg *g, uint32_t before)
{
	uint32_t whole = g->len + g->header_bytes;
	uint16_t ending = TCP_FLAG_PSH | TCP_FLAG_FIN | TCP_FLAG_SYN | TCP_FLAG_URG;
	uint32_t usual = TCP_HEADER_BYTES + (t->ts_ok ? 12u : 0u);

	if (whole >= 556 || (whole >= 108 && !(g->flags & ending))) {
		t->last_seg_len = whole - usual;
		if (t->last_seg_len == before) {
			t->rcv_mss = before;
			return;
		}
	}
	if (t->ack_pending & ACK_PUSHED)
		t->ack_pending |= ACK_PUSHED2;
	t->ack_pending |= ACK_PUSHED;
}

#define LEAST_CLAMP 1152

/* What the window may reach: it follows a lower clamp down, a higher one up to what was offered
 * before. */
void tcp_window_clamp_set(struct tcb *t, int64_t clamp)
{
	clamp = max_i64(clamp, LEAST_CLAMP);
	if (clamp > t->window_clamp)
		t->rcv_ssthresh = max_u32(t->rcv_ssthresh, (uint32_t)min_i64(t->rcv_wnd, clamp));
	else if (clamp < t->window_clamp)
		t->rcv_ssthresh = (uint32_t)min_i64(t->rcv_ssthresh, clamp);
	t->window_clamp = clamp;
}

static void ratio_update(struct tcb *t, const struct seg *g)
{
	uint32_t truesize = tcp_truesize(g->ip_bytes);
	uint32_t ratio = (uint32_t)((uint64_t)g->len * 256 / truesize);

	ratio = min_u32(max_u32(ratio, 1), 255);
	if (ratio == t->ratio_256)
		return;
	t->ratio_256 = ratio;
	tcp_window_clamp_set(t, tcp_window_of(t, t->so.rcvbuf_bytes));
	t->rcv_space = (uint32_t)min_i64(t->rcv_space, t->window_clamp);
}

void tcp_window_measure(struct tcb *t, const struct seg *g)
{
	uint32_t len = g->gso_bytes ? g->gso_bytes : g->len;
	uint32_t before = t->last_seg_len;

	t->last_seg_len = 0;
	if (len < t->rcv_mss) {
		measure_short(t, g, before);
		return;
	}
	if (len != t->rcv_mss)
		ratio_update(t, g);
	t->rcv_mss = min_u32(len, t->advmss);
	/* A full segment with PSH ends a message like a short one. */
	if (g->flags & TCP_FLAG_PSH)
		t->ack_pending |= ACK_PUSHED;
}

static uint32_t grow_slowly(const struct tcb *t, uint32_t payload, uint32_t truesize_bytes)
{
	int64_t truesize = tcp_window_of(t, truesize_bytes) / 2;
	int64_t window = tcp_window_of(t, t->sut->sysctl.tcp_rmem[2]) / 2;

	while (t->rcv_ssthresh <= window) {
		if (truesize <= payload)
			return 2 * t->rcv_mss;
		truesize /= 2;
		window /= 2;
	}
	return 0;
}

void tcp_window_grow(struct tcb *t, const struct seg *g, int64_t rmem_bytes)
{
	uint32_t truesize = tcp_truesize(g->ip_bytes);
	int64_t space = tcp_window_of(t, t->so.rcvbuf_bytes - rmem_bytes);
	int64_t room = min_i64(t->window_clamp, space) - t->rcv_ssthresh;
	uint32_t incr;

	if (room <= 0)
		return;
	if (tcp_window_of(t, truesize) <= g->len)
		incr = 2 * t->advmss;
	else
		incr = grow_slowly(t, g->len, truesize);
	if (!incr)
		return;
	incr = max_u32(incr, 2 * g->len);
	t->rcv_ssthresh += (uint32_t)min_i64(room, incr);
	t->quick |= 1;
}

/* ---- memory ---- */

/* The tail of the out-of-order queue goes first: SACK is only a promise we may break. */
static void drop_ooo_tail(struct tcb *t, int64_t down_to)
{
	while (t->ooo.first && t->rmem_bytes > down_to) {
		struct rseg **at = &t->ooo.first;
		struct rseg *prev = NULL;

		while ((*at)->next) {
			prev = *at;
			at = &(*at)->next;
		}
		rseg_free(t, *at);
		*at = NULL;
		t->ooo.last = prev;
	}
	reasm_sack_forget(t);
}

bool tcp_rmem_admit(struct tcb *t, uint32_t truesize, bool is_in_order)
{
	const struct sysctl_values *v = &t->sut->sysctl;

	(void)truesize;
	if (t->rmem_bytes <= t->so.rcvbuf_bytes)
		return true;
	if (!t->so.rcvbuf_locked && t->so.rcvbuf_bytes < v->tcp_rmem[2]) {
		t->so.rcvbuf_bytes = min_i64(t->rmem_bytes, v->tcp_rmem[2]);
		t->quick = 0;
		if (t->rmem_bytes <= t->so.rcvbuf_bytes)
			return true;
	}
	t->rcv_ssthresh = (uint32_t)min_i64(t->window_clamp, 2 * (int64_t)t->advmss);
	if (is_in_order && t->ooo.first)
		drop_ooo_tail(t, t->so.rcvbuf_bytes - t->so.rcvbuf_bytes / 8);
	return t->rmem_bytes <= t->so.rcvbuf_bytes;
}

/* ---- auto-tuning of the buffer, once per round trip of the receiver; linux-tcp 9.6 ---- */

static void space_raise(struct tcb *t, uint32_t copied)
{
	const struct sysctl_values *v = &t->sut->sysctl;
	uint64_t grow;
	uint64_t window = 2 * (uint64_t)copied;
	int64_t want;

	if (t->rcv_rtt_us < v->tcp_rcvbuf_low_rtt)
		grow = window * t->rcv_rtt_us / 1000;
	else
		grow = 2 * window * (copied - t->rcv_space) / max_u32(t->rcv_space, 1);
	window += grow;
	if (t->ooo.last)
		window += t->ooo.last->seq + t->ooo.last->len - t->rcv_nxt;
	want = (int64_t)(window > INT32_MAX ? INT32_MAX : window) * 256 / t->ratio_256;
	want = min_i64(want, v->tcp_rmem[2]);
	if (want > t->so.rcvbuf_bytes) {
		t->so.rcvbuf_bytes = want;
		t->window_clamp = tcp_window_of(t, want);
	}
}

void tcp_space_for_hole(struct tcb *t)
{
	if (t->sut->sysctl.tcp_moderate_rcvbuf && !t->so.rcvbuf_locked)
		space_raise(t, t->rcv_space);
}

void tcp_space_adjust(struct tcb *t)
{
	int64_t now = t->sut->now_ns;
	uint32_t queued = t->rcv_nxt - t->copied_seq;
	uint32_t copied = t->copied_seq - t->space_seq;

	if (!t->rcv_rtt_us || now - t->space_ns < (int64_t)t->rcv_rtt_us * NS_PER_US)
		return;
	copied = copied > queued ? copied - queued : 0;
	if (copied > t->rcv_space) {
		if (t->sut->sysctl.tcp_moderate_rcvbuf && !t->so.rcvbuf_locked)
			space_raise(t, copied);
		t->rcv_space = copied;
	}
	t->space_seq = t->copied_seq;
	t->space_ns = now;
}
