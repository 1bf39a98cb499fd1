/* SPDX-License-Identifier: BSD-2-Clause */
#include "target/clock.h"

enum { OFFSET_SAMPLES = 4 };

static int64_t read_ns(clockid_t id)
{
	struct timespec ts;

	clock_gettime(id, &ts);
	return (int64_t)ts.tv_sec * NS_PER_S + ts.tv_nsec;
}

int64_t clock_now_ns(void)
{
	return read_ns(CLOCK_MONOTONIC);
}

int64_t clock_real_offset_ns(void)
{
	int64_t best_width_ns = INT64_MAX;
	int64_t best_ns = 0;

	/* One read of the real clock between two of the other: the narrowest pair says it best,
	 * since nothing preempted us there. */
	for (int i = 0; i < OFFSET_SAMPLES; i++) {
		int64_t before_ns = read_ns(CLOCK_MONOTONIC);
		int64_t real_ns = read_ns(CLOCK_REALTIME);
		int64_t width_ns = read_ns(CLOCK_MONOTONIC) - before_ns;

		if (width_ns < best_width_ns) {
			best_width_ns = width_ns;
			best_ns = real_ns - before_ns - width_ns / 2;
		}
	}
	return best_ns;
}

struct timespec clock_timespec(int64_t ns)
{
	if (ns < 0)
		ns = 0;
	return (struct timespec){ .tv_sec = (time_t)(ns / NS_PER_S),
				  .tv_nsec = (long)(ns % NS_PER_S) };
}
