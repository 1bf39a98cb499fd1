/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TCPDRILL_SUITE_COMPARE_H
#define TCPDRILL_SUITE_COMPARE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena;

/*
 * Two traces of one script (engine_options.trace and .trace_states), side by side.
 */

enum compare_kind { COMPARE_IN, COMPARE_OUT, COMPARE_STATE, COMPARE_CALL };

/* Of a trace; the work grows with the square. */
enum { COMPARE_EVENTS_MAX = 4000 };

/* Of a TCP segment. What is none has the last one alone. */
enum compare_field {
	COMPARE_IP,                  /* what stands in brackets */
	COMPARE_FLAGS,
	COMPARE_NUMBERS,
	COMPARE_ACK,
	COMPARE_MORE,
	COMPARE_FIELDS
};

extern const char *const compare_field_name[COMPARE_FIELDS];

#define COMPARE_NO_END INT64_MAX

/* One line of a trace. */
struct compare_event {
	enum compare_kind kind;
	int64_t at_us;
	int64_t since_us;            /* since what the tester did last: a packet or a call */
	bool is_return;              /* of a call that blocked: nobody's doing, as a packet of the stack */
	size_t n_acts;               /* of the tester, before it: packets and calls */
	const char *text;            /* behind the time */
	const char *key;             /* what must be equal for two to be the same event */
	const char *result;          /* of calls; "" for others */
	const char *window, *options;  /* of packets; "" when there are none */
	const char *field[COMPARE_FIELDS];  /* of packets: what the key is made of; "" for others */
};

struct compare_events {
	struct compare_event *event;
	size_t n, cap;
	int64_t acted_us;            /* when the tester did something for the last time */
	int64_t end_us;              /* of the script; COMPARE_NO_END: it did not get there */
	bool is_cut;                 /* there were more than can be paired */
};

/* Events of both traces that are the same or stand in the same place, or one that only one has. */
struct compare_row {
	const struct compare_event *side[2];  /* NULL: it did not happen there */
	bool diverges;               /* one is missing, they differ, or a call returned something else */
	bool has_details;
};

/* Events of one row that are not the same in this. */
struct compare_detail {
	size_t row;
	const char *what;            /* a field, window, options, delay, end of the script */
	const char *text[2];
};

struct comparison {
	struct compare_row *row;
	size_t n_rows, rows_cap;
	struct compare_detail *detail;
	size_t n_details, details_cap;
	bool diverges;
	bool is_cut;                 /* the end of a trace was not looked at */
	size_t first;                /* row of the first divergence */
};

/**
 * compare_read() - the events of a trace, in the order of their times
 *
 * Lines that are none, such as output, are passed over.
 */
struct compare_events compare_read(struct arena *a, const char *trace);

/** compare_is_same_call() - whether both begin with the same name and "(" */
bool compare_is_same_call(const char *x, const char *y);

/**
 * compare_traces() - which events of both are the same
 *
 * Packets are the same when flags, numbers and length are; the number of a SYN is each stack's own.
 * Windows, options and delays may differ and make details: a delay by 5 ms and by a twentieth.
 * Between two rows that are the same, others of the same kind are paired and their fields compared.
 * The states that are seen between steps, and returns of calls that blocked, may stand before or behind
 * what the stack sends meanwhile.
 * What one side alone shows just before its script ends, after a delay that could as well have been
 * a bit longer than the script, is a detail, too.
 */
struct comparison compare_traces(struct arena *a, const struct compare_events *x,
				 const struct compare_events *y);

#endif
