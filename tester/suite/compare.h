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

/* One line of a trace. */
struct compare_event {
	enum compare_kind kind;
	int64_t at_us;
	int64_t since_us;            /* since what the tester did last: a packet or a call */
	const char *text;            /* behind the time */
	const char *key;             /* what must be equal for two to be the same event */
	const char *result;          /* of calls; "" for others */
	const char *window, *options;  /* of packets; "" when there are none */
};

struct compare_events {
	struct compare_event *event;
	size_t n, cap;
	bool is_cut;                 /* there were more than can be paired */
};

/* Events of both traces that are the same, or one that only one has. */
struct compare_row {
	const struct compare_event *side[2];  /* NULL: it did not happen there */
	bool diverges;               /* one is missing, or a call returned something else */
	bool has_details;
};

/* The same event on both, but not in every detail. */
struct compare_detail {
	size_t row;
	const char *what;            /* window, options, delay */
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

/** compare_read() - the events of a trace; lines that are none, such as output, are passed over */
struct compare_events compare_read(struct arena *a, const char *trace);

/**
 * compare_traces() - which events of both are the same
 *
 * Packets are the same when flags, numbers and length are; the number of a SYN is each stack's own.
 * Windows, options and delays may differ and make details: a delay by 5 ms and by a twentieth.
 */
struct comparison compare_traces(struct arena *a, const struct compare_events *x,
				 const struct compare_events *y);

#endif
