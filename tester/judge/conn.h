/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TCPDRILL_JUDGE_CONN_H
#define TCPDRILL_JUDGE_CONN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/ipaddr.h"
#include "base/seq.h"
#include "script/plan.h"
#include "wire/wire.h"

struct arena;

/*
 * One socket or connection that the script has brought about. The newest is "the socket under
 * test": packets go to it and are expected from it (language: 3.10).
 */
enum conn_state {
	CONN_NEW,          /* socket() returned */
	CONN_LISTENING,    /* listen() was called */
	CONN_CONNECTING,   /* connect() was called, its SYN not matched yet */
	CONN_ACTIVE,       /* its SYN was matched: both ends are known */
	CONN_PASSIVE,      /* made by an inbound packet */
};

/* Script TS val -> live TS val, for the echo of inbound packets; uthash, see space.c. */
struct ts_entry;

/* An urgent byte that the peer has sent: a read may leave it out. */
struct conn_urgent {
	uint32_t position;                 /* in the peer's stream */
	struct conn_urgent *older;
};

struct conn {
	struct conn *older;
	enum conn_state state;
	enum wire_proto proto;             /* TCP, UDP, ICMPV4, ICMPV6 */
	int64_t label, handle;             /* -1: none (yet) */
	struct ip_addr local, remote;
	uint16_t local_port, remote_port;  /* 0: not known yet */

	/* Initial sequence numbers; valid when the flag is set. */
	bool has_local_isn, has_remote_isn;
	struct seq_script local_isn_script;
	struct seq_live local_isn_live;
	uint32_t remote_isn;               /* goes onto the wire as the script writes it */

	/* A later SYN of the peer with another number: a new connection, if it is answered so. */
	bool has_next_isn;
	uint32_t next_isn;

	/* Places in the two streams, from 0 on: what calls have written, and what they have read. */
	uint32_t n_written, n_read;
	struct conn_urgent *urgent;        /* of the peer, the newest first */

	bool has_ts_base;
	uint32_t ts_base_script, ts_base_live;
	struct ts_entry *ts_map;

	bool has_flow_label;
	uint32_t flow_label_script, flow_label_live;
};

/** conn_new() - a connection in front of @older, allocated in @a */
struct conn *conn_new(struct arena *a, struct conn *older, enum wire_proto proto);

/** conn_fini() - release the timestamp map; the rest is the arena's */
void conn_fini(struct conn *c);

/** conn_restart_data() - both streams of @c begin anew */
void conn_restart_data(struct conn *c);

/** conn_owns() - whether an outbound live packet is one of this connection */
bool conn_owns(const struct conn *c, const struct wire_view *live);

/** conn_was_sent() - whether an inbound live packet was one of this connection */
bool conn_was_sent(const struct conn *c, const struct wire_view *live);

#endif
