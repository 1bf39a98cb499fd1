/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TCPDRILL_SUITE_SETTLE_H
#define TCPDRILL_SUITE_SETTLE_H

#include <stdbool.h>

#include "suite/expect.h"
#include "suite/suite.h"

/*
 * From what a test did to what that means: a failure of a requirement that does not bind is a
 * deviation; a failure that was foreseen is no news, and one that was foreseen and did not come is.
 */
struct settler {
	struct arena *arena;
	const struct suite *suite;
	const char *stack, *version;
	bool is_strict;              /* requirements of the kind "should" bind, too */
	bool ignores_expected;
	struct settler_home {
		const struct suite_home *home;
		struct source src;   /* of what is expected */
		struct expectations expected;
		struct settler_home *next;
	} *homes;
};

/**
 * settler_init() - read what is expected of a stack in all suites that the scripts of @s belong to
 * @t:      its first six fields are the caller's
 * @errors: on failure, what to print; in the arena
 *
 * Return: 0, or -ERR_SYNTAX
 */
int settler_init(struct settler *t, const char **errors);

/**
 * settle() - the record with its final verdict; @rec itself when nothing changes
 * @test: the test it is of
 */
const struct test_record *settle(const struct settler *t, const struct suite_test *test,
				 const struct test_record *rec);

/**
 * settle_stop() - the finding that ended the test: the first that is no warning and no false
 * assertion with requirements of its own; NULL when the script was played to its end
 */
const struct finding *settle_stop(const struct metadata *meta, const struct test_record *rec);

#endif
