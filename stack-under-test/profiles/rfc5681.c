/* SPDX-License-Identifier: BSD-2-Clause */
#include "impl.h"
#include "profile.h"

/* The initial window is that of [RFC5681 3.1], by the formula of [RFC3390 1]. */
const struct profile profile_rfc5681 = {
	.name = "rfc5681",
	.text = "as rfc, but with the smaller initial window of who does not follow RFC 6928",
#include "common.def"
#include "rfc.def"
	.initial_cwnd = 4,
	.initial_window_bytes = 4380,
};
