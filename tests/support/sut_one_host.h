/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SUT_ONE_HOST_H
#define SUT_ONE_HOST_H

#include "sut_host.h"

/* For a test file whose tests have one instance each, with nothing set: a checked fixture. */

static struct sut_host host;

static void setup(void)
{
	host = (struct sut_host){ 0 };
	ck_assert_ptr_nonnull(sut_host_start(&host));
}

static void teardown(void)
{
	sut_host_stop(&host);
}

#endif
