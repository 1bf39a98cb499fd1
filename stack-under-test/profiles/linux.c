/* SPDX-License-Identifier: BSD-2-Clause */
#include "impl.h"
#include "profile.h"

const struct profile profile_linux = {
	.name = "linux",
	.text = "as Linux does",
#include "common.def"
	.acks_every_second = false,
	.hard_errors_abort = false,
};
