/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TCPDRILL_RUN_OUTCOME_H
#define TCPDRILL_RUN_OUTCOME_H

#include <stddef.h>

struct arena;
struct buf;
struct test_record;

/*
 * What a worker found out of a test, as one line for the runner, which is the same program: numbers and
 * texts in a fixed order, each with a tab behind it. Texts are what they are, valid UTF-8 or not, but
 * for tab, newline and backslash, which have a backslash in front.
 */

/** outcome_write() - append all that does not tell which test it was of, with a newline at its end */
void outcome_write(const struct test_record *r, struct buf *out);

/**
 * outcome_read() - the inverse
 * @line: @n bytes; its newline may be there or not
 * @out:  filled on success; its texts are copied to @a
 *
 * Return: 0; -ERR_SYNTAX when it is not such a line
 */
int outcome_read(struct arena *a, const char *line, size_t n, struct test_record *out);

#endif
