/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Theory of operation of Fast Open [RFC7413]
 *
 * A server makes a child of a SYN that has a good cookie. It is in SYN-RECEIVED, in the accept queue
 * and usable at once; its request, which a handshake would have let go, stays with it until the
 * SYN-ACK is acknowledged, and is what the SYN-ACK is sent from, again if need be, by the timer that
 * later is that of retransmissions. No other data is sent again meanwhile. Such children are counted
 * by their listener; one that was accepted and then reset still counts for a minute.
 *
 * A client that is asked for it (MSG_FASTOPEN, TCP_FASTOPEN_CONNECT) looks into the host's cache of
 * cookies. Without one its SYN asks for one. With one the SYN takes the first bytes, which also are
 * an element of the queue behind the SYN's: whatever comes of it, they are sent again as any others.
 * Only the first SYN has the option and data.
 *
 * This file has what both sides share: keys, cookies, options of the socket.
 */
#include "tcp_impl.h"

#include <stdio.h>
#include <stdlib.h>

enum { COOKIE_BYTES = 8, WORDS = 4, WORD_BYTES = 4 };

/* ---- one connection ---- */

void fast_open_reset(struct tcb *t)
{
	struct fast_open *f = &t->fo;

	f->is_deferred = f->is_blocked = f->is_more_coming = false;
	f->has_option = f->has_data = f->was_paused = f->is_data_taken = f->is_child = false;
	f->n_copied = 0;
	f->option = (struct fast_open_option){ 0 };
	f->fail = FAST_OPEN_FINE;
}

/* A FIN beyond a hole, and nothing else: what was between them may have been swallowed. */
static bool is_only_a_fin(const struct tcb *t)
{
	return t->ooo.first && t->ooo.first == t->ooo.last && t->ooo.first->is_fin;
}

void fast_open_done(struct tcb *t)
{
	struct fast_open_cache *cache = &t->sut->tcp->fast_open;

	fast_open_abandon(t);
	if (t->fo.has_option && !t->data_segs_in && is_only_a_fin(t))
		fast_open_pause(t);
	else if (t->fo.was_paused && t->data_segs_in)
		cache->n_pauses = 0;
}

/* ---- keys ---- */

/* As the sysctl shows them: words of hex digits, each with its low byte first in memory. */
static uint32_t keys_of_text(const char *text, struct fast_open_keys *out)
{
	out->n = 0;
	while (*text && out->n < ARRAY_LEN(out->key)) {
		for (uint32_t i = 0; i < WORDS; i++) {
			char *end;
			uint32_t word = (uint32_t)strtoul(text, &end, 16);

			for (uint32_t b = 0; b < WORD_BYTES; b++)
				out->key[out->n][WORD_BYTES * i + b] = (uint8_t)(word >> (8 * b));
			text = *end ? end + 1 : end;
		}
		out->n++;
	}
	return out->n;
}

void fast_open_key_once(struct sut *s)
{
	char *text = s->sysctl.tcp_fastopen_key;
	uint32_t word[WORDS];

	if (s->sysctl.tcp_fastopen_has_key)
		return;
	s->sysctl.tcp_fastopen_has_key = true;
	for (size_t i = 0; i < WORDS; i++)
		word[i] = (uint32_t)rng_next(s);
	snprintf(text, sizeof(s->sysctl.tcp_fastopen_key), "%08x-%08x-%08x-%08x",
		 (unsigned)word[0], (unsigned)word[1], (unsigned)word[2], (unsigned)word[3]);
}

/* The socket's own go before the host's. */
static uint32_t keys_of(const struct tcb *t, struct fast_open_keys *out)
{
	const struct sysctl_values *v = &t->sut->sysctl;

	*out = t->fo.keys;
	if (out->n || !v->tcp_fastopen_has_key)
		return out->n;
	return keys_of_text(v->tcp_fastopen_key, out);
}

/* ---- cookies ---- */

static uint64_t get_le64(const uint8_t *b)
{
	uint64_t v = 0;

	for (size_t i = 0; i < sizeof(v); i++)
		v |= (uint64_t)b[i] << (8 * i);
	return v;
}

/* Of both addresses, so that a client with several has a cookie for each. */
static uint64_t address_hash(const struct tcb *t, const uint8_t *key, const struct conn *c)
{
	struct hash_key k = { get_le64(key), get_le64(key + 8) };
	size_t n = c->remote.addr.family == 6 ? 16 : 4;
	uint8_t b[32];

	memcpy(b, c->remote.addr.b, n);
	memcpy(b + n, c->local.addr.b, n);
	if (FAULT(t->sut, COOKIE_FOR_NEIGHBOURS))
		b[n - 1] = 1;
	return siphash(&k, b, 2 * n);
}

bool fast_open_cookie(const struct tcb *t, const struct conn *c, uint32_t which,
		      struct fast_open_option *out)
{
	struct fast_open_keys keys;
	uint64_t h;

	*out = (struct fast_open_option){ 0 };
	if (which >= keys_of(t, &keys))
		return false;
	h = address_hash(t, keys.key[which], c);
	out->is_there = true;
	out->n = COOKIE_BYTES;
	for (size_t i = 0; i < COOKIE_BYTES; i++)
		out->cookie[i] = (uint8_t)(h >> (8 * i));
	return true;
}

/* ---- options of the socket; linux-tcp 5.7 ---- */

static bool is_idle(const struct tcb *t)
{
	return t->c.state == SUT_CLOSED || t->c.state == SUT_LISTEN;
}

int fast_open_set_queue(struct tcb *t, int v)
{
	if (v < 0 || !is_idle(t))
		return SUT_EINVAL;
	fast_open_key_once(t->sut);
	t->fo.max_pending = (uint32_t)min_i64(v, t->sut->sysctl.core_somaxconn);
	return 0;
}

int fast_open_set_connect(struct tcb *t, int v)
{
	if (v < 0 || v > 1)
		return SUT_EINVAL;
	if (!(t->sut->sysctl.tcp_fastopen & FAST_OPEN_CLIENT))
		return SUT_EOPNOTSUPP;
	if (t->c.state != SUT_CLOSED)
		return SUT_EINVAL;
	t->fo.wants_connect = v != 0;
	return 0;
}

int fast_open_set_no_cookie(struct tcb *t, int v)
{
	if (v < 0 || v > 1 || !is_idle(t))
		return SUT_EINVAL;
	t->fo.no_cookie = v != 0;
	return 0;
}

int fast_open_set_key(struct tcb *t, const uint8_t *value, uint32_t n)
{
	if (n != FAST_OPEN_KEY_BYTES && n != 2 * FAST_OPEN_KEY_BYTES)
		return SUT_EINVAL;
	if (!value)
		return SUT_EFAULT;
	t->fo.keys.n = n / FAST_OPEN_KEY_BYTES;
	memcpy(t->fo.keys.key, value, n);
	return 0;
}

uint32_t fast_open_get_key(const struct tcb *t, uint8_t *out)
{
	struct fast_open_keys keys;
	uint32_t n = keys_of(t, &keys) * FAST_OPEN_KEY_BYTES;

	memcpy(out, keys.key, n);
	return n;
}
