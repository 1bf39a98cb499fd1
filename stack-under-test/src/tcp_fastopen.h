/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SUT_TCP_FASTOPEN_H
#define SUT_TCP_FASTOPEN_H

#include "impl.h"
#include "tcp_option.h"

/*
 * Fast Open [RFC7413]. tcp_fastopen.c says how it works, and has what both sides share;
 * tcp_fastopen_server.c, _client.c and _cache.c have the rest.
 */

#define FAST_OPEN_KEY_BYTES 16
#define FAST_OPEN_CACHE 16          /* peers that are remembered */

struct conn;
struct request;
struct seg;
struct tcb;

/* The bits of net.ipv4.tcp_fastopen. */
enum fast_open_bit {
	FAST_OPEN_CLIENT = 0x1, FAST_OPEN_SERVER = 0x2, FAST_OPEN_CLIENT_NO_COOKIE = 0x4,
	FAST_OPEN_SERVER_NO_COOKIE = 0x200, FAST_OPEN_EVERY_LISTENER = 0x400,
};

/* Why an active Fast Open brought nothing, in the numbers of TCP_INFO. */
enum fast_open_fail {
	FAST_OPEN_FINE, FAST_OPEN_NO_COOKIE, FAST_OPEN_NOT_ACKED, FAST_OPEN_SYN_AGAIN,
};

/* One key that makes cookies, and perhaps one more whose cookies are still good. */
struct fast_open_keys {
	uint32_t n;
	uint8_t key[2][FAST_OPEN_KEY_BYTES];
};

/* What is known of a pair of addresses. */
struct fast_open_peer {
	struct sut_addr local, remote;
	struct fast_open_option cookie;    /* no bytes: none */
	uint16_t mss;                      /* 0: not known */
	uint8_t try_exp;                   /* 1: ask by the experimental option; 2: that failed, too */
};

/* What a host remembers as a client. */
struct fast_open_cache {
	struct fast_open_peer peer[FAST_OPEN_CACHE];
	size_t n, oldest;
	int64_t pause_ns;                  /* when a path was found that swallows it */
	uint32_t n_pauses;                 /* without a success since */
	int64_t pause_sec;                 /* as told then; otherwise now: all is forgotten */
};

/* What a tcb has of it. */
struct fast_open {
	/* ---- options of the socket ---- */
	struct fast_open_keys keys;        /* none: the host's */
	bool no_cookie, wants_connect;     /* TCP_FASTOPEN_NO_COOKIE, TCP_FASTOPEN_CONNECT */

	/* ---- a listener's ---- */
	uint32_t max_pending;              /* TCP_FASTOPEN; 0: off */
	uint32_t n_pending;
	struct request *reset_first, *reset_last;  /* of children that were reset; they count for a while */

	/* ---- a listener's child ---- */
	bool is_child;
	struct request *request;           /* until the SYN-ACK is acknowledged */

	/* ---- who opens ---- */
	const struct sut_iovec *from;      /* data for the SYN, while a call that sends opens */
	size_t n_from;
	bool is_asked;                     /* the SYN to be sent next is one of Fast Open */
	bool is_deferred;                  /* connect() has returned; the SYN waits for the first write */
	bool is_blocked;                   /* a blocking call opened, and has not returned yet */
	bool is_more_coming;               /* it has more data than the SYN had room for */
	uint32_t n_copied;                 /* bytes that the SYN took */
	bool has_option, is_exp, has_data; /* what our SYN had */
	bool was_paused;                   /* the first attempt after a pause */
	struct fast_open_option option;    /* of the SYN at hand */
	enum fast_open_fail fail;

	/* ---- either ---- */
	bool is_data_taken;                /* data of a SYN: ours was acknowledged, the peer's queued */
};

/* ---- tcp_fastopen.c ---- */

/** fast_open_reset() - what belongs to one connection is as before any */
void fast_open_reset(struct tcb *t);

/** fast_open_done() - @t has become CLOSED; its queues are still there */
void fast_open_done(struct tcb *t);

/** fast_open_key_once() - the host has a key, if it had none one of its seed */
void fast_open_key_once(struct sut *s);

/**
 * fast_open_cookie() - what the listener @t gives to the peer of @c [RFC7413 4.1.2]
 * @which: of its keys, 0 or 1
 * Return: false: there is no such key
 */
bool fast_open_cookie(const struct tcb *t, const struct conn *c, uint32_t which,
		      struct fast_open_option *out);

/* TCP_FASTOPEN and its like: 0, SUT_E* */
int fast_open_set_queue(struct tcb *t, int v);
int fast_open_set_connect(struct tcb *t, int v);
int fast_open_set_no_cookie(struct tcb *t, int v);
int fast_open_set_key(struct tcb *t, const uint8_t *value, uint32_t n);
/** fast_open_get_key() - @out: room for two; bytes filled, 0 when there is none */
uint32_t fast_open_get_key(const struct tcb *t, uint8_t *out);

/* ---- tcp_fastopen_server.c ---- */

/** fast_open_listen() - @t was told to listen */
void fast_open_listen(struct tcb *t);

/** fast_open_listener_gone() - children go on without @t */
void fast_open_listener_gone(struct tcb *t);

/**
 * fast_open_is_taken() - may the SYN @g open a connection at once?
 * @r:	its request, filled; gets the cookie that the SYN-ACK is to carry, if any
 */
bool fast_open_is_taken(struct tcb *t, struct request *r, const struct seg *g);

/** fast_open_child() - @c was made of @r, which it takes, by the SYN @g: data, SYN-ACK, timer */
void fast_open_child(struct tcb *c, struct request *r, const struct seg *g);

/** fast_open_child_check() - does @g, for a child whose SYN-ACK is not acknowledged, go on? */
bool fast_open_child_check(struct tcb *t, const struct seg *g);

/** fast_open_abandon() - the handshake of a child will not end */
void fast_open_abandon(struct tcb *t);

/** fast_open_acked() - the ACK of the SYN-ACK came */
void fast_open_acked(struct tcb *t);

/** fast_open_timer() - the SYN-ACK again; true: it was tried often enough */
bool fast_open_timer(struct tcb *t);

/** fast_open_may_use() - may the application write, and wait for events, in SYN-RECEIVED? */
bool fast_open_may_use(const struct tcb *t);

/* ---- tcp_fastopen_client.c ---- */

/** fast_open_defers() - connect(): is there a cookie, so that the SYN can wait for data? */
bool fast_open_defers(struct tcb *t);

/** fast_open_send_syn() - the first SYN, with option and data; false: it is one like any other */
bool fast_open_send_syn(struct tcb *t);

/** fast_open_answered() - by the SYN-ACK @g; true: data of the SYN was sent again, and with it the ACK */
bool fast_open_answered(struct tcb *t, const struct seg *g);

/** fast_open_path_shrunk() - in SYN-SENT: was the SYN perhaps too large? Then it goes alone */
void fast_open_path_shrunk(struct tcb *t);

/* ---- tcp_fastopen_cache.c ---- */

/** fast_open_peer_find() - what is known of the addresses of @t; NULL: nothing */
struct fast_open_peer *fast_open_peer_find(struct tcb *t);

/**
 * fast_open_learn() - the SYN-ACK @g came
 * @try_exp:	a cookie was asked for in vain: which form is next, as in struct fast_open_peer; or 0
 */
void fast_open_learn(struct tcb *t, const struct seg *g, uint8_t try_exp);

/** fast_open_timed_out() - @is_over: for the last time. Perhaps the path swallows Fast Open */
void fast_open_timed_out(struct tcb *t, bool is_over);

/** fast_open_pause() - no Fast Open as a client for a while [RFC7413 4.1.3.1] */
void fast_open_pause(struct tcb *t);

/** fast_open_challenged() - a reset that was not taken is another such sign */
void fast_open_challenged(struct tcb *t);

/** fast_open_is_paused() - is it too soon to try again? */
bool fast_open_is_paused(struct tcb *t);

#endif
