/* SPDX-License-Identifier: BSD-2-Clause */
#include "impl.h"
#include "profile.h"

const struct profile profile_rfc = {
	.name = "rfc",
	.text = "as the RFCs ask, also where Linux goes another way",
#include "common.def"
#include "rfc.def"
	.initial_cwnd = 10,
	.initial_window_bytes = 14600,
};
