/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TCPDRILL_REPORT_RECORD_H
#define TCPDRILL_REPORT_RECORD_H

#include <stddef.h>

#include "judge/verdict.h"

struct buf;

/**
 * record_write() - append a test record as one line of JSON: an object of "type":"test" with a newline at
 * its end, as --json writes it (docs/report.md)
 *
 * Text that is not valid UTF-8 is written with \xNN in place of the bad bytes.
 */
void record_write(const struct test_record *r, struct buf *out);

#endif
