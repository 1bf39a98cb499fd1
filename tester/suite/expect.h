/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TCPDRILL_SUITE_EXPECT_H
#define TCPDRILL_SUITE_EXPECT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/source.h"
#include "judge/verdict.h"

struct arena;
struct diags;

/*
 * Known deviations of one stack: the file expect/STACK.txt of a suite, a line each
 *
 *	PATTERN OUTCOME [VERSIONS] "REASON" LINK
 *
 * PATTERN is an id without its @STACK, or only its front up to a '['; '*' and '?' stand for others.
 * OUTCOME is fail, deviates, timeout or crash. VERSIONS are of the stack, all must hold:
 * kernel>=6.1 <6.12; only the numbers that are given count, so that 6.1.5 is 6.1. '#' begins a
 * comment. Of several lines that match, the first counts.
 */
#define EXPECT_OPS(X) X(GE, ">=") X(LE, "<=") X(GT, ">") X(LT, "<") X(EQ, "=")

enum expect_op {
#define X(id, text) EXPECT_##id,
	EXPECT_OPS(X)
#undef X
	EXPECT_OP_COUNT
};

enum { EXPECT_NUMBERS = 3 };

struct expect_range {
	enum expect_op op;
	unsigned int v[EXPECT_NUMBERS];
	size_t n;                    /* numbers given */
	struct expect_range *next;
};

struct expectation {
	const char *pattern;
	enum verdict outcome;
	struct expect_range *ranges;
	const char *reason, *link;
	struct span span;            /* of the pattern */
	uint32_t line;
};

struct expectations {
	struct source src;
	struct expectation *row;
	size_t n, cap;
};

/**
 * expect_read() - from the text of an expectation file
 * @stack: whose file it is, the word before version ranges
 * Return: 0, or -ERR_SYNTAX after positioned errors in @d
 */
int expect_read(struct arena *a, const struct source *src, const char *stack,
		struct expectations *out, struct diags *d);

/**
 * expect_find() - what is expected of a test
 * @id:      with or without @STACK
 * @version: of the stack: numbers and dots, and anything behind them
 * Return: the first row that matches, or NULL
 */
const struct expectation *expect_find(const struct expectations *e, const char *id,
				      const char *version);

/** expect_matches() - whether the row's pattern matches this id, in whatever version */
bool expect_matches(const struct expectation *row, const char *id);

/** expect_covers() - whether @v, as it is without --strict, is what the row expects, or milder */
bool expect_covers(const struct expectation *row, enum verdict v);

#endif
