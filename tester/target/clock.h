/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TCPDRILL_TARGET_CLOCK_H
#define TCPDRILL_TARGET_CLOCK_H

#include <stdint.h>
#include <time.h>

/* The kernel target's clock: CLOCK_MONOTONIC in nanoseconds, which NTP cannot step. */

enum { NS_PER_US = 1000, NS_PER_MS = 1000000, NS_PER_S = 1000000000 };

/** clock_now_ns() - CLOCK_MONOTONIC */
int64_t clock_now_ns(void);

/** clock_real_offset_ns() - CLOCK_REALTIME minus CLOCK_MONOTONIC, at this moment */
int64_t clock_real_offset_ns(void);

/** clock_timespec() - a time or duration, negative ones as zero */
struct timespec clock_timespec(int64_t ns);

#endif
