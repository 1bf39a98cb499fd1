/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TCPDRILL_JUDGE_MATCH_H
#define TCPDRILL_JUDGE_MATCH_H

#include "base/payload.h"
#include "judge/conn.h"
#include "judge/judge.h"

/*
 * One expectation against one packet: every field at once (language: 3.7). Each rule is one row
 * of the table in match.c.
 */

enum { MATCH_MAX_FIELDS = 64 };

struct match_field {
	struct finding_field text;
	struct span span;              /* in the script: what asked for it */
};

/* A byte of payload that is not what it should be. */
struct match_byte {
	uint32_t at;                   /* from the start of the whole packet's payload */
	uint8_t value, wanted;
	uint32_t position;             /* in its stream */
};

struct match {
	/* given */
	struct arena *a;
	const struct source *src;
	const struct plan_packet *want;
	const struct wire_view *got;   /* numbers mapped to the script's */
	const struct wire_packet *raw; /* the last piece as captured */
	struct payload payload;        /* what that of @raw must be */
	const struct match_byte *wrong;   /* in a piece before it; NULL: none */
	bool has_checksums;            /* of the transport: see judge_setup */
	uint32_t raw_at;               /* where the payload of @raw begins in the whole */
	const struct conn *conn;
	const struct run_config *config;
	const struct judge_window *window;   /* NULL: time is not compared */
	int64_t at_us;
	/* filled */
	struct match_field field[MATCH_MAX_FIELDS];
	size_t n_fields, n_differ;
	bool time_differs;             /* one of n_differ */
	bool size_differs;             /* one of n_differ: fatal even with --non_fatal=packet */
};

/** match_packet() - compare all; @m->n_differ == 0 means it matches */
void match_packet(struct match *m);

/** match_wrong_byte() - the first byte of payload that is not as @want says, counted from its start */
bool match_wrong_byte(const struct wire_packet *p, struct payload want, struct match_byte *out);

/** match_options() - the rule of TCP options, in its own file */
void match_options(struct match *m);

/** match_options_words() - in what way the kinds of options differ: "wscale is missing" */
const char *match_options_words(const struct match *m);

/* noecn, ect1, ect0, ce: by the two ECN bits [RFC3168 5]. */
extern const char *const match_ecn_name[4];

/** match_add() - add a row to the comparison; the texts are borrowed from the arena */
void match_add(struct match *m, const char *name, struct span span, const char *expected,
	       const char *actual, bool differs);

#endif
