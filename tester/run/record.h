/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TCPDRILL_RUN_RECORD_H
#define TCPDRILL_RUN_RECORD_H

#include <stddef.h>

#include "judge/verdict.h"

struct arena;
struct buf;

/*
 * A test record as one line of JSON, an object of "type":"test" with a newline at its end: as a worker
 * sends it to the runner, and as --json writes it (docs/report.md). Text that is not valid UTF-8 is
 * written with \xNN in place of the bad bytes.
 */

/** record_write_outcome() - append what a worker found out: nothing that tells which test it was of, and
 * nothing that is empty or zero */
void record_write_outcome(const struct test_record *r, struct buf *out);

/** record_write_whole() - append all of it, with its seed and earlier runs, which the runner knows */
void record_write_whole(const struct test_record *r, struct buf *out);

/**
 * record_read() - the inverse of both, but for what the runner alone knows
 * @text: @n bytes, one object; members that are missing or unknown are taken as empty
 * @out:  filled on success; its texts are copied to @a
 *
 * Return: 0; -ERR_SYNTAX when it is not JSON, or no object of type "test"; -ERR_UNKNOWN for a
 *         verdict or kind of finding that no table has
 */
int record_read(struct arena *a, const char *text, size_t n, struct test_record *out);

/** verdict_find() - the verdict with this name, or -ERR_UNKNOWN */
int verdict_find(const char *name);

#endif
