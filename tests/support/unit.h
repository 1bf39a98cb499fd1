/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TCPDRILL_TESTS_SUPPORT_UNIT_H
#define TCPDRILL_TESTS_SUPPORT_UNIT_H

#include <check.h>
#include <stdlib.h>

/* Runs @s, which it frees, as @fork says. Return: the exit status of a test program. */
static inline int unit_run_forked(Suite *s, enum fork_status fork)
{
	SRunner *runner = srunner_create(s);
	int failed;

	srunner_set_fork_status(runner, fork);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

/** unit_run() - a process for each test, unless the environment says otherwise */
static inline int unit_run(Suite *s)
{
	return unit_run_forked(s, CK_FORK_GETENV);
}

/** unit_run_together() - all in this process: for thousands of rows that cannot crash apart */
static inline int unit_run_together(Suite *s)
{
	return unit_run_forked(s, CK_NOFORK);
}

#endif
