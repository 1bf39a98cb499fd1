/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TCPDRILL_SUITE_REQUIREMENTS_H
#define TCPDRILL_SUITE_REQUIREMENTS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/source.h"

struct arena;
struct diags;
struct metadata;

/* How strongly a requirement binds, weakest first, with its word in the table [RFC2119]. */
#define REQ_LEVELS(X)                                                                              \
	X(MAY, "MAY", REQ_OPTIONAL)                                                                \
	X(SHOULD, "SHOULD", REQ_ADVISED)                                                           \
	X(SHOULD_NOT, "SHOULD NOT", REQ_ADVISED)                                                   \
	X(MUST, "MUST", REQ_BINDING)                                                               \
	X(MUST_NOT, "MUST NOT", REQ_BINDING)

/* What a violation means: nothing; a deviation; a failure. Weakest first. */
enum req_force { REQ_OPTIONAL, REQ_ADVISED, REQ_BINDING };

enum req_level {
#define X(id, name, force) REQ_##id,
	REQ_LEVELS(X)
#undef X
	REQ_LEVEL_COUNT
};

extern const char *const req_level_name[REQ_LEVEL_COUNT];

/** req_level_force() - what a violation of this level means */
enum req_force req_level_force(enum req_level level);

/* What of a stack shows whether it is met. */
#define REQ_WITNESSES(X) X(WIRE, "wire") X(API, "api") X(STATE, "state") X(TIMING, "timing") \
	X(NONE, "none")

enum req_witness {
#define X(id, name) REQ_BY_##id,
	REQ_WITNESSES(X)
#undef X
	REQ_WITNESS_COUNT
};

extern const char *const req_witness_name[REQ_WITNESS_COUNT];

/* One row of requirements.tsv. Texts are never NULL. */
struct requirement {
	const char *id;              /* 9293/MUST-13, 5681/3.2-fast-retransmit */
	const char *rfc, *section;   /* 9293, 3.10.7.4 */
	enum req_level level;
	const char *area;            /* handshake, reset, ... */
	const char *text;            /* the requirement, one sentence */
	enum req_witness witness;
	const char *how;             /* how a script can prove it */
	bool is_implied;             /* the RFC says it without a capitalised keyword */
	const char *note;            /* why nobody outside can see it (witness NONE) */
	struct span span;            /* of the id in the file */
};

/* The requirements of one suite, in the order of the file. */
struct requirements {
	struct source src;
	struct requirement *row;
	size_t n, cap;
	const struct requirement **slot;  /* by the hash of the id; some are empty */
	size_t n_slots;
};

/**
 * requirements_read() - from the text of a requirements.tsv: tab separated, a line each, below a
 * line with the names of the columns
 * @src: copied
 * @out: filled with the rows that are good
 *
 * Return: 0, or -ERR_SYNTAX after positioned errors in @d: columns missing, unknown level or
 * witness, an id that is malformed or given twice
 */
int requirements_read(struct arena *a, const struct source *src, struct requirements *out,
		      struct diags *d);

/** requirements_find() - the row with this id, or NULL */
const struct requirement *requirements_find(const struct requirements *r, const char *id);

/** requirements_check() - add a positioned error for every id in the header or behind an event of a
 * script that @r does not know */
void requirements_check(const struct requirements *r, const struct metadata *meta,
			struct diags *d);

#endif
