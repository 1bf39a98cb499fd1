/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TCPDRILL_BASE_DURATION_H
#define TCPDRILL_BASE_DURATION_H

#include <stdint.h>

/* How long something took, or how late it was, as people read it. */
struct duration_text {
	char text[32];
};

/**
 * duration_ms() - "4.0 ms", "0.06 ms", "12.345 ms": all digits that @us has and one at least, so that
 * two of them compare as what they stand for
 */
struct duration_text duration_ms(int64_t us);

#endif
