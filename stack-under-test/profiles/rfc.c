/* SPDX-License-Identifier: BSD-2-Clause */
#include "impl.h"
#include "profile.h"

/* Defaults that differ from those of sysctl.def. */
static const struct sut_sysctl_setting sysctls[] = {
	/* R2 of a SYN: with 7 it is given up after 259 s, with 6 after 131. [RFC9293 3.8.3 MUST-23] */
	{ "net.ipv4.tcp_syn_retries", "7" },
};

const struct profile profile_rfc = {
	.name = "rfc",
	.text = "as the RFCs ask, also where Linux goes another way",
#include "common.def"
	.sysctl = sysctls,
	.n_sysctl = ARRAY_LEN(sysctls),
	.acks_every_second = true,
	.hard_errors_abort = true,
};
