/* SPDX-License-Identifier: BSD-2-Clause */
#include "tcp_impl.h"

/* Options of level TCP: one row each; linux-tcp 5.7. */

enum tcp_optname {
	NAME_NODELAY = 1, NAME_MAXSEG = 2, NAME_CORK = 3, NAME_KEEPIDLE = 4, NAME_KEEPINTVL = 5,
	NAME_KEEPCNT = 6, NAME_SYNCNT = 7, NAME_LINGER2 = 8, NAME_DEFER_ACCEPT = 9,
	NAME_WINDOW_CLAMP = 10, NAME_INFO = 11, NAME_QUICKACK = 12, NAME_CONGESTION = 13,
	NAME_USER_TIMEOUT = 18, NAME_FASTOPEN = 23, NAME_FASTOPEN_CONNECT = 30,
	NAME_FASTOPEN_KEY = 33, NAME_FASTOPEN_NO_COOKIE = 34, NAME_NOTSENT_LOWAT = 25, NAME_INQ = 36, NAME_RTO_MAX_MS = 44,
	NAME_RTO_MIN_US = 45, NAME_DELACK_MAX_US = 46,
};

struct option_row {
	int name;
	int (*set)(struct tcb *t, int value);
	int (*get)(const struct tcb *t);
};

static bool in_range(int v, int low, int high)
{
	return v >= low && v <= high;
}

static int set_nodelay(struct tcb *t, int v)
{
	t->nodelay = v != 0;
	/* What Nagle or a cork held leaves now; the cork holds later writes again. */
	if (v && tcb_is_synchronized(t) && !FAULT(t->sut, NODELAY_LATER))
		tcp_push(t, PUSH_NODELAY);
	return 0;
}

static int get_nodelay(const struct tcb *t)
{
	return t->nodelay;
}

static int set_cork(struct tcb *t, int v)
{
	bool was = t->cork;

	t->cork = v != 0;
	if (was && !v && tcb_is_synchronized(t))
		tcp_push(t, PUSH_NODELAY);
	return 0;
}

static int get_cork(const struct tcb *t)
{
	return t->cork;
}

static int set_maxseg(struct tcb *t, int v)
{
	if (v && !in_range(v, 88, 32767))
		return SUT_EINVAL;
	t->user_mss = (uint32_t)v;
	return 0;
}

static int get_maxseg(const struct tcb *t)
{
	bool is_idle = t->c.state == SUT_CLOSED || t->c.state == SUT_LISTEN;

	return (int)(t->user_mss && is_idle ? t->user_mss : t->mss_cache);
}

static int set_keepidle(struct tcb *t, int v)
{
	if (!in_range(v, 1, 32767))
		return SUT_EINVAL;
	t->keep_idle_ns = v * NS_PER_S;
	timer_keepalive(t);
	return 0;
}

static int get_keepidle(const struct tcb *t)
{
	return (int)(t->keep_idle_ns / NS_PER_S);
}

static int set_keepintvl(struct tcb *t, int v)
{
	if (!in_range(v, 1, 32767))
		return SUT_EINVAL;
	t->keep_intvl_ns = v * NS_PER_S;
	return 0;
}

static int get_keepintvl(const struct tcb *t)
{
	return (int)(t->keep_intvl_ns / NS_PER_S);
}

static int set_keepcnt(struct tcb *t, int v)
{
	if (!in_range(v, 1, 127))
		return SUT_EINVAL;
	t->keep_cnt = (uint32_t)v;
	return 0;
}

static int get_keepcnt(const struct tcb *t)
{
	return (int)t->keep_cnt;
}

static int set_syncnt(struct tcb *t, int v)
{
	if (!in_range(v, 1, 127))
		return SUT_EINVAL;
	t->syn_cnt = (uint32_t)v;
	return 0;
}

static int get_syncnt(const struct tcb *t)
{
	return t->syn_cnt ? (int)t->syn_cnt : (int)t->sut->sysctl.tcp_syn_retries;
}

static int set_linger2(struct tcb *t, int v)
{
	t->linger2_ns = v < 0 ? -1 : min_i64(v, 120) * NS_PER_S;
	return 0;
}

static int get_linger2(const struct tcb *t)
{
	if (t->linger2_ns < 0)
		return -1;
	return t->linger2_ns ? (int)(t->linger2_ns / NS_PER_S)
			     : (int)t->sut->sysctl.tcp_fin_timeout;
}

/* Seconds to a number of SYN-ACK timeouts: 1, 2, 4, ... seconds each. */
static int set_defer_accept(struct tcb *t, int v)
{
	int64_t sum = 0, step = 1;

	t->defer_accept = 0;
	while (sum < v && t->defer_accept < 255) {
		t->defer_accept++;
		sum += min_i64(step, t->rto_max_ns / NS_PER_S);
		step *= 2;
	}
	return 0;
}

static int get_defer_accept(const struct tcb *t)
{
	int64_t sum = 0, step = 1;

	for (uint32_t i = 0; i < t->defer_accept; i++) {
		sum += min_i64(step, t->rto_max_ns / NS_PER_S);
		step = min_i64(2 * step, INT32_MAX);
	}
	return (int)sum;
}

static int set_window_clamp(struct tcb *t, int v)
{
	if (!v && t->c.state != SUT_CLOSED)
		return SUT_EINVAL;
	if (v)
		tcp_window_clamp_set(t, v);
	else
		t->window_clamp = 0;
	t->user_clamp = t->window_clamp;
	return 0;
}

static int get_window_clamp(const struct tcb *t)
{
	return (int)t->window_clamp;
}

static int set_quickack(struct tcb *t, int v)
{
	ackpol_set_quickack(t, v);
	return 0;
}

static int get_quickack(const struct tcb *t)
{
	return !t->pingpong;
}

static int set_user_timeout(struct tcb *t, int v)
{
	if (v < 0)
		return SUT_EINVAL;
	t->user_timeout_ns = v * NS_PER_MS;
	return 0;
}

static int get_user_timeout(const struct tcb *t)
{
	return (int)(t->user_timeout_ns / NS_PER_MS);
}

static int set_notsent_lowat(struct tcb *t, int v)
{
	t->notsent_lowat = (uint32_t)v;
	t->has_notsent_lowat = v != 0;
	if (t->is_nospace && tcp_is_writable(t))
		sock_wake(t->sock, POLL_OUT | POLL_WRNORM);
	return 0;
}

static int get_notsent_lowat(const struct tcb *t)
{
	return (int)t->notsent_lowat;
}

static int set_inq(struct tcb *t, int v)
{
	if (!in_range(v, 0, 1))
		return SUT_EINVAL;
	t->is_inq = v != 0;
	return 0;
}

static int get_inq(const struct tcb *t)
{
	return t->is_inq;
}

static int set_rto_max(struct tcb *t, int v)
{
	if (!in_range(v, 1000, 120000))
		return SUT_EINVAL;
	t->rto_max_ns = v * NS_PER_MS;
	return 0;
}

static int get_rto_max(const struct tcb *t)
{
	return (int)(t->rto_max_ns / NS_PER_MS);
}

static int set_rto_min(struct tcb *t, int v)
{
	if (!in_range(v, 2000, 200000))
		return SUT_EINVAL;
	t->rto_min_ns = v * NS_PER_US;
	return 0;
}

static int get_rto_min(const struct tcb *t)
{
	return (int)(t->rto_min_ns / NS_PER_US);
}

static int set_delack_max(struct tcb *t, int v)
{
	if (!in_range(v, 2000, 200000))
		return SUT_EINVAL;
	t->delack_max_ns = v * NS_PER_US;
	return 0;
}

static int get_delack_max(const struct tcb *t)
{
	return (int)(t->delack_max_ns / NS_PER_US);
}

static int get_fastopen(const struct tcb *t)
{
	return (int)t->fo.max_pending;
}

static int get_fastopen_connect(const struct tcb *t)
{
	return t->fo.wants_connect;
}

static int get_fastopen_no_cookie(const struct tcb *t)
{
	return t->fo.no_cookie;
}

static const struct option_row option_table[] = {
	{ NAME_NODELAY, set_nodelay, get_nodelay },
	{ NAME_MAXSEG, set_maxseg, get_maxseg },
	{ NAME_CORK, set_cork, get_cork },
	{ NAME_KEEPIDLE, set_keepidle, get_keepidle },
	{ NAME_KEEPINTVL, set_keepintvl, get_keepintvl },
	{ NAME_KEEPCNT, set_keepcnt, get_keepcnt },
	{ NAME_SYNCNT, set_syncnt, get_syncnt },
	{ NAME_LINGER2, set_linger2, get_linger2 },
	{ NAME_DEFER_ACCEPT, set_defer_accept, get_defer_accept },
	{ NAME_WINDOW_CLAMP, set_window_clamp, get_window_clamp },
	{ NAME_QUICKACK, set_quickack, get_quickack },
	{ NAME_USER_TIMEOUT, set_user_timeout, get_user_timeout },
	{ NAME_NOTSENT_LOWAT, set_notsent_lowat, get_notsent_lowat },
	{ NAME_INQ, set_inq, get_inq },
	{ NAME_RTO_MAX_MS, set_rto_max, get_rto_max },
	{ NAME_RTO_MIN_US, set_rto_min, get_rto_min },
	{ NAME_DELACK_MAX_US, set_delack_max, get_delack_max },
	{ NAME_FASTOPEN, fast_open_set_queue, get_fastopen },
	{ NAME_FASTOPEN_CONNECT, fast_open_set_connect, get_fastopen_connect },
	{ NAME_FASTOPEN_NO_COOKIE, fast_open_set_no_cookie, get_fastopen_no_cookie },
};

static const struct option_row *find_row(int name)
{
	for (size_t i = 0; i < ARRAY_LEN(option_table); i++) {
		if (option_table[i].name == name)
			return &option_table[i];
	}
	return NULL;
}

static int set_congestion(struct tcb *t, const void *value, uint32_t n)
{
	const struct cc_ops *cc;
	char name[16] = { 0 };

	if (!n)
		return SUT_EINVAL;
	memcpy(name, value, n < sizeof(name) ? n : sizeof(name) - 1);
	cc = cc_find(name);
	if (!cc)
		return SUT_ENOENT;
	if (FAULT(t->sut, CONGESTION_CHOICE_IGNORED))
		return 0;
	t->cc = cc;
	cc_init(t);
	return 0;
}

int tcp_setsockopt(struct tcb *t, int name, const void *value, uint32_t n)
{
	const struct option_row *row = find_row(name);
	int v;

	if (name == NAME_CONGESTION)
		return value ? set_congestion(t, value, n) : SUT_EFAULT;
	if (name == NAME_FASTOPEN_KEY)
		return fast_open_set_key(t, value, n);
	if (n < sizeof(v))
		return SUT_EINVAL;
	if (!value)
		return SUT_EFAULT;
	if (!row)
		return SUT_ENOPROTOOPT;
	memcpy(&v, value, sizeof(v));
	return row->set(t, v);
}

static int give(void *value, uint32_t *n, const void *from, uint32_t have)
{
	*n = min_u32(*n, have);
	memcpy(value, from, *n);
	return 0;
}

int tcp_getsockopt(struct tcb *t, int name, void *value, uint32_t *n)
{
	const struct option_row *row = find_row(name);
	uint8_t info[TCP_INFO_BYTES], key[2 * FAST_OPEN_KEY_BYTES];
	char cc[16] = { 0 };
	int v;

	if (name == NAME_INFO) {
		tcp_info_fill(t, info);
		return give(value, n, info, sizeof(info));
	}
	if (name == NAME_CONGESTION) {
		memcpy(cc, t->cc->name, strlen(t->cc->name));
		return give(value, n, cc, sizeof(cc));
	}
	if (name == NAME_FASTOPEN_KEY)
		return give(value, n, key, fast_open_get_key(t, key));
	if (!row)
		return SUT_ENOPROTOOPT;
	v = row->get(t);
	return give(value, n, &v, sizeof(v));
}
