/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Theory of operation of the TCP part
 *
 * A tcp_layer holds every conn: a full block (tcb), a half-open request of a listener, or a
 * time-wait entry. Those with a 4-tuple are in a hash table, those with a running timer in a binary
 * heap by deadline; the heap's array has room for every conn from the moment it is added, so that
 * setting a timer cannot fail.
 *
 * A segment comes in through tcp_input() (tcp_input.c): decoded by tcp_codec.c, given to the conn of
 * its 4-tuple, else to a listener, else answered by a reset. A tcb's segment runs through the steps
 * of RFC 9293 3.10.7 in their order; one step may stop the rest. What a step finds out goes to the
 * modules: tcp_ack.c (scoreboard, RTT, congestion), tcp_data.c (text), tcp_reasm.c (holes),
 * tcp_window.c (what we offer), tcp_ackpol.c (when we acknowledge), tcp_ecn.c (marks of congestion),
 * and tcp_output.c sends whatever may be sent after it. States change in tcp_state_set() alone, which has the table of legal changes.
 *
 * Timers are optional deadlines in the block; the earliest is its place in the heap.
 *
 * A block that is done stays in memory, CLOSED, while a socket or an accept queue still holds it, and
 * is freed by tcb_reap() at the end of the entry call (input, timer, user call) that finished it:
 * no step needs to ask whether its tcb still exists.
 */
#include "tcp_impl.h"

#define FIRST_BUCKETS 32

int tcp_init(struct sut *s)
{
	struct tcp_layer *l = mem_zalloc(s, sizeof(*l));

	if (!l)
		return SUT_ENOMEM;
	l->bucket = mem_zalloc(s, FIRST_BUCKETS * sizeof(*l->bucket));
	if (!l->bucket) {
		mem_free(s, l);
		return SUT_ENOMEM;
	}
	l->n_bucket = FIRST_BUCKETS;
	for (struct hash_key *k = &l->isn_key; k <= &l->label_key; k++) {
		k->k0 = rng_next(s);
		k->k1 = rng_next(s);
	}
	s->tcp = l;
	return 0;
}

void tcp_fini(struct sut *s)
{
	struct tcp_layer *l = s->tcp;

	if (!l)
		return;
	while (l->all)
		tcb_free(l->all);
	for (size_t i = 0; i < l->n_bucket; i++) {
		while (l->bucket[i]) {
			struct conn *c = l->bucket[i];

			conn_remove(s, c);
			mem_free(s, c);
		}
	}
	mem_free(s, l->heap);
	mem_free(s, l->bucket);
	mem_free(s, l);
	s->tcp = NULL;
}

/* ---- heap ---- */

static void heap_put(struct tcp_layer *l, size_t at, struct conn *c)
{
	l->heap[at] = c;
	c->heap_pos = at;
}

static void heap_up(struct tcp_layer *l, size_t at)
{
	struct conn *c = l->heap[at];

	while (at && l->heap[(at - 1) / 2]->deadline_ns > c->deadline_ns) {
		heap_put(l, at, l->heap[(at - 1) / 2]);
		at = (at - 1) / 2;
	}
	heap_put(l, at, c);
}

static void heap_down(struct tcp_layer *l, size_t at)
{
	struct conn *c = l->heap[at];

	for (;;) {
		size_t kid = 2 * at + 1;

		if (kid + 1 < l->n_heap && l->heap[kid + 1]->deadline_ns < l->heap[kid]->deadline_ns)
			kid++;
		if (kid >= l->n_heap || l->heap[kid]->deadline_ns >= c->deadline_ns)
			break;
		heap_put(l, at, l->heap[kid]);
		at = kid;
	}
	heap_put(l, at, c);
}

static void heap_take_out(struct tcp_layer *l, struct conn *c)
{
	size_t at = c->heap_pos;
	struct conn *last = l->heap[--l->n_heap];

	c->heap_pos = HEAP_NONE;
	if (last == c)
		return;
	heap_put(l, at, last);
	heap_up(l, at);
	heap_down(l, last->heap_pos);
}

void conn_deadline(struct sut *s, struct conn *c, int64_t at_ns)
{
	struct tcp_layer *l = s->tcp;

	if (c->deadline_ns == at_ns)
		return;
	c->deadline_ns = at_ns;
	if (at_ns == NEVER_NS) {
		if (c->heap_pos != HEAP_NONE)
			heap_take_out(l, c);
		return;
	}
	if (c->heap_pos == HEAP_NONE)
		heap_put(l, l->n_heap++, c);
	heap_up(l, c->heap_pos);
	heap_down(l, c->heap_pos);
}

static int heap_reserve(struct sut *s)
{
	struct tcp_layer *l = s->tcp;
	size_t room = l->heap_room ? 2 * l->heap_room : 16;
	struct conn **heap;

	if (l->n_timed < l->heap_room)
		return 0;
	heap = mem_realloc(s, l->heap, room * sizeof(struct conn *));
	if (!heap)
		return SUT_ENOMEM;
	l->heap = heap;
	l->heap_room = room;
	return 0;
}

int64_t tcp_next_deadline(const struct sut *s)
{
	return s->tcp->n_heap ? s->tcp->heap[0]->deadline_ns : NEVER_NS;
}

static void conn_timer(struct sut *s, struct conn *c)
{
	switch (c->kind) {
	case CONN_TCB: {
		struct tcb *t = (struct tcb *)c;

		timer_expired(t);
		tcb_reap(t);
		break;
	}
	case CONN_REQUEST:
		tcp_request_timer(s, (struct request *)c);
		break;
	case CONN_TIMEWAIT:
		tcp_timewait_free(s, (struct timewait *)c);
		break;
	}
}

void tcp_run_timers(struct sut *s)
{
	while (tcp_next_deadline(s) <= s->now_ns)
		conn_timer(s, s->tcp->heap[0]);
}

/* ---- table of 4-tuples ---- */

static uint64_t tuple_hash(const struct hash_key *key, const struct sut_endpoint *local,
			   const struct sut_endpoint *remote)
{
	uint8_t b[36] = { 0 };

	memcpy(b, local->addr.b, 16);
	memcpy(b + 16, remote->addr.b, 16);
	put_be16(b + 32, local->port);
	put_be16(b + 34, remote->port);
	return siphash(key, b, sizeof(b));
}

static struct conn **bucket_of(struct tcp_layer *l, const struct sut_endpoint *local,
			       const struct sut_endpoint *remote)
{
	return &l->bucket[tuple_hash(&l->port_key, local, remote) % l->n_bucket];
}

/* A table that cannot grow only gets slower. */
static void table_grow(struct sut *s)
{
	struct tcp_layer *l = s->tcp;
	size_t n_old = l->n_bucket;
	struct conn **old = l->bucket;
	struct conn **bigger;

	if (l->n_conn < n_old)
		return;
	bigger = mem_zalloc(s, 2 * n_old * sizeof(struct conn *));
	if (!bigger)
		return;
	l->bucket = bigger;
	l->n_bucket = 2 * n_old;
	for (size_t i = 0; i < n_old; i++) {
		while (old[i]) {
			struct conn *c = old[i];
			struct conn **at = bucket_of(l, &c->local, &c->remote);

			old[i] = c->hash_next;
			c->hash_next = *at;
			*at = c;
		}
	}
	mem_free(s, old);
}

int conn_add(struct sut *s, struct conn *c)
{
	c->deadline_ns = NEVER_NS;
	c->heap_pos = HEAP_NONE;
	c->hash_next = NULL;
	c->is_hashed = false;
	if (heap_reserve(s))
		return SUT_ENOMEM;
	s->tcp->n_timed++;
	return 0;
}

int conn_hash(struct sut *s, struct conn *c)
{
	struct conn **at;

	if (conn_find(s, &c->local, &c->remote))
		return SUT_EADDRINUSE;
	table_grow(s);
	at = bucket_of(s->tcp, &c->local, &c->remote);
	c->hash_next = *at;
	*at = c;
	c->is_hashed = true;
	s->tcp->n_conn++;
	return 0;
}

void conn_unhash(struct sut *s, struct conn *c)
{
	struct conn **at;

	if (!c->is_hashed)
		return;
	at = bucket_of(s->tcp, &c->local, &c->remote);
	while (*at != c)
		at = &(*at)->hash_next;
	*at = c->hash_next;
	c->is_hashed = false;
	s->tcp->n_conn--;
}

void conn_remove(struct sut *s, struct conn *c)
{
	conn_deadline(s, c, NEVER_NS);
	conn_unhash(s, c);
	s->tcp->n_timed--;
}

struct conn *conn_find(struct sut *s, const struct sut_endpoint *local,
		       const struct sut_endpoint *remote)
{
	struct conn *c = *bucket_of(s->tcp, local, remote);

	while (c && !(endpoint_eq(&c->local, local) && endpoint_eq(&c->remote, remote)))
		c = c->hash_next;
	return c;
}

/* How well a bound address serves @a: 0 not at all, an exact match best. */
static int bound_serves(const struct tcb *t, const struct sut_addr *a)
{
	const struct sut_addr *bound = &t->c.local.addr;
	struct sut_addr oldest;

	if (!addr_is_any(bound) && !FAULT(t->sut, LISTENER_TAKES_ALL))
		return addr_eq(bound, a) ? 3 : 0;
	if (FAULT(t->sut, LISTENER_TAKES_OLDEST)) {
		oldest = ip_first_address(t->sut, a->family);
		if (!addr_eq(&oldest, a))
			return 0;
	}
	if (t->domain == a->family)
		return 2;
	return t->domain == 6 && !t->so.v6only && bound->family != 4 ? 1 : 0;
}

struct tcb *tcp_find_listener(struct sut *s, const struct sut_endpoint *local)
{
	struct tcb *best = NULL;
	int best_score = 0;

	for (struct tcb *t = s->tcp->all; t; t = t->all_next) {
		int score;

		if (t->c.state != SUT_LISTEN || t->c.local.port != local->port)
			continue;
		score = bound_serves(t, &local->addr);
		if (score > best_score) {
			best = t;
			best_score = score;
		}
	}
	return best;
}

/* ---- numbers derived from the 4-tuple ---- */

/* A clock of 64 ns units over a keyed hash. [RFC6528 3] */
uint32_t tcp_isn(struct sut *s, const struct conn *c)
{
	uint64_t h = tuple_hash(&s->tcp->isn_key, &c->local, &c->remote);

	if (FAULT(s, ISN_CONSTANT))
		return (uint32_t)h;
	return (uint32_t)h + (uint32_t)((uint64_t)s->now_ns >> 6);
}

uint32_t tcp_ts_offset(struct sut *s, const struct conn *c)
{
	if (s->sysctl.tcp_timestamps == 2 || FAULT(s, TS_COMMON_CLOCK))
		return 0;
	return (uint32_t)tuple_hash(&s->tcp->ts_key, &c->local, &c->remote);
}

uint32_t tcp_ts_clock(const struct sut *s, uint32_t offset)
{
	if (FAULT(s, TS_CLOCK_STANDS))
		return offset + 1;
	return (uint32_t)(uint64_t)(s->now_ns / NS_PER_MS) + offset;
}

/* 20 bits, never zero. */
uint32_t tcp_flow_label(struct sut *s, const struct conn *c, uint32_t salt)
{
	uint64_t h = tuple_hash(&s->tcp->label_key, &c->local, &c->remote);

	if (!s->sysctl.ip6_auto_flowlabels)
		return 0;
	return (uint32_t)((h + salt * UINT64_C(0x9e3779b97f4a7c15)) >> 44) | 1;
}

/* ---- ports ---- */

static bool families_meet(const struct tcb *a, const struct sut_addr *b_addr, uint8_t b_domain,
			  bool b_v6only)
{
	const struct sut_addr *x = &a->c.local.addr;

	if (!addr_is_any(x) && !addr_is_any(b_addr))
		return addr_eq(x, b_addr);
	if (a->domain == b_domain)
		return true;
	return !(a->domain == 6 && a->so.v6only) && !(b_domain == 6 && b_v6only);
}

bool tcp_port_is_free(struct tcb *t, const struct sut_endpoint *local)
{
	if (FAULT(t->sut, PORT_SHARED))
		return true;
	for (struct tcb *o = t->sut->tcp->all; o; o = o->all_next) {
		if (o == t || !o->is_bound || o->c.local.port != local->port)
			continue;
		if (!families_meet(o, &local->addr, t->domain, t->so.v6only))
			continue;
		if (t->so.reuseport && o->so.reuseport)
			continue;
		if (t->so.reuseaddr && o->so.reuseaddr && o->c.state != SUT_LISTEN)
			continue;
		return false;
	}
	return true;
}

/* For connect() the 4-tuple must be new, for bind() the port must be nobody's. */
static bool port_fits(struct tcb *t, const struct sut_endpoint *local,
		      const struct sut_endpoint *remote)
{
	if (remote)
		return !conn_find(t->sut, local, remote);
	return tcp_port_is_free(t, local);
}

int tcp_pick_port(struct tcb *t, const struct sut_endpoint *remote)
{
	const int64_t *range = t->sut->sysctl.ip_local_port_range;
	uint64_t span = (uint64_t)(range[1] - range[0] + 1);
	uint64_t start = rng_next(t->sut);
	struct sut_endpoint local = t->c.local;

	if (FAULT(t->sut, PORTS_IN_SEQUENCE))
		start = (uint64_t)t->sut->counter[COUNTER_TcpActiveOpens];
	for (uint64_t i = 0; i < span; i++) {
		local.port = (uint16_t)((uint64_t)range[0] + (start + i) % span);
		if (!port_fits(t, &local, remote))
			continue;
		t->c.local.port = local.port;
		t->has_auto_port = true;
		return 0;
	}
	if (FAULT(t->sut, PORT_RANGE_LEFT)) {
		t->c.local.port = (uint16_t)(range[1] + 1);
		return 0;
	}
	return SUT_EADDRNOTAVAIL;
}
