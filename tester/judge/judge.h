/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TCPDRILL_JUDGE_JUDGE_H
#define TCPDRILL_JUDGE_JUDGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/util.h"
#include "call/call.h"
#include "judge/conn.h"
#include "judge/verdict.h"
#include "script/plan.h"

struct arena;

/*
 * The judge: a pure function of plan and events. It does no I/O and asks no clock. It follows
 * which socket is under test, turns script packets into live bytes, and compares what the stack
 * sent and answered with what the script says. Times are script times in microseconds.
 */
struct judge;

struct judge_setup {
	struct ip_addr local, remote;   /* as on the wire: never IPv4-mapped */
	uint16_t peer_port;             /* the peer's ephemeral port, for passive connections */
	bool has_checksums;             /* of TCP, UDP, ICMP; else a device would fill them in */
};

/** judge_new() - for one run of @p; lives in @a, but must be ended with judge_free() */
struct judge *judge_new(struct arena *a, const struct plan *p, const struct judge_setup *setup);

/** judge_free() - release what is not the arena's */
void judge_free(struct judge *j);

/** judge_findings() - all findings so far, in order */
struct finding *judge_findings(const struct judge *j);

/** judge_sut() - the socket under test, or NULL before there is one */
const struct conn *judge_sut(const struct judge *j);

/* ---- packets towards the stack ---- */

/**
 * judge_build() - the live bytes of an inbound packet, and follow what it means for the
 * connection (a first packet to a listener makes the child)
 * Return: 0 with @bytes (in the arena) and @n; negative after a finding was added
 */
int judge_build(struct judge *j, const struct plan_step *step, const uint8_t **bytes, size_t *n);

/* ---- packets from the stack ---- */

enum judge_answer {
	JUDGE_IGNORED,     /* not of the socket under test */
	JUDGE_MORE,        /* a piece of the scripted packet: give the next one */
	JUDGE_MATCHED,
	JUDGE_MISMATCH,    /* findings were added */
};

/* What time an outbound packet may have; filled by the engine, which knows the bases. */
struct judge_window {
	bool is_any;
	int64_t from_us, to_us;    /* without tolerance */
	int64_t tolerance_us;
	bool is_range;
	int64_t since_start_us;    /* script time of the event, for TS ticks */
};

/* A packet that was seen; kept by the judge for reports. */
struct judge_seen {
	struct wire_view live;
	int64_t at_us;
	const char *note;          /* what became of it: matched line 7, other connection, ... */
	uint32_t line;             /* of the step it met; 0: none */
};

/** judge_expects() - begin to wait for the outbound packet of @step. Return: 0, or negative after
 * a finding (there is no connection that could send it) */
int judge_expects(struct judge *j, const struct plan_step *step);

/**
 * judge_packet() - an outbound live packet meets the expectation @step
 * @at_us: when it was sent
 */
enum judge_answer judge_packet(struct judge *j, const struct plan_step *step,
			       const struct judge_window *w, const uint8_t *bytes, size_t n,
			       int64_t at_us);

/** judge_missing() - nothing (more) came for @step until @waited_us after it was reached */
void judge_missing(struct judge *j, const struct plan_step *step, int64_t at_us,
		   int64_t waited_us);

/**
 * judge_owns() - whether a live outbound packet belongs to the socket under test: one of its
 * connection, or an ICMP error that quotes one of it
 */
bool judge_owns(struct judge *j, const uint8_t *bytes, size_t n);

/** judge_surplus() - a packet that no line wanted: met @step (quiet), or the end when NULL;
 * @is_before: it was sent before @step was due */
void judge_surplus(struct judge *j, const struct plan_step *step, const uint8_t *bytes, size_t n,
		   int64_t at_us, bool is_before, bool is_warning);

/** judge_surplus_rest() - @n more packets that no line wanted, too many to be told one by one */
void judge_surplus_rest(struct judge *j, size_t n, bool is_warning);

/** judge_packet_named() - the mapped view and time of what "as NAME" was bound to. 0 or
 * -ERR_UNKNOWN when it has not matched yet */
int judge_packet_named(const struct judge *j, const char *name, const struct wire_view **view,
		       int64_t *at_us);

/** judge_note_injected() - an inbound packet was sent at this time (for "as" and traces) */
void judge_note_injected(struct judge *j, const struct plan_step *step, const uint8_t *bytes,
			 size_t n, int64_t at_us);

/** judge_live_text() - a packet in script notation with script numbers, for traces.
 * @live_numbers: leave them as on the wire (packetdrill's -v) */
void judge_live_text(struct judge *j, const uint8_t *bytes, size_t n, bool is_inbound,
		     bool live_numbers, struct buf *out);

/* ---- system calls ---- */

/** judge_handle() - the target's handle of a script label; -1 when the label is not open */
int64_t judge_handle(const struct judge *j, int64_t label);

/** judge_next_written() - what the call has to write to its connection */
struct payload judge_next_written(const struct judge *j, const struct plan_step *step);

/** judge_call_begins() - follow what the call means before the stack can act on it (connect).
 * Return: 0, or negative after a finding (accept without child, label already open) */
int judge_call_begins(struct judge *j, const struct plan_step *step);

/**
 * judge_call_returned() - compare the result, follow descriptors and sockets
 * @w: window of the return of a blocking call, or NULL
 * Return: whether all was as expected
 */
bool judge_call_returned(struct judge *j, const struct plan_step *step,
			 const struct call_result *res, const struct judge_window *w,
			 int64_t ended_us, int64_t (*script_time_ns)(void *ctx, int64_t real_ns),
			 void *ctx);

/* ---- everything else that can go wrong ---- */

/** judge_finding() - add a finding at @span with free text: message, then detail lines (NULL: none),
 * then a hint (NULL: none) */
struct finding *judge_finding(struct judge *j, enum finding_kind kind, struct span span,
			      const char *detail, const char *hint, const char *fmt, ...)
	PRINTF_LIKE(6, 7);

#endif
