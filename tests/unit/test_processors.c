/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/processors.h"

#include <check.h>
#include <sched.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "unit.h"

enum { NTH_MAX = 5 };

static cpu_set_t ours(void)
{
	cpu_set_t all;

	ck_assert_int_eq(sched_getaffinity(0, sizeof(all), &all), 0);
	return all;
}

START_TEST(as_many_as_may_be_used)
{
	cpu_set_t all = ours(), one;

	ck_assert_uint_eq(processors_count(), (unsigned int)CPU_COUNT(&all));
	CPU_ZERO(&one);
	CPU_SET((size_t)sched_getcpu(), &one);
	ck_assert_int_eq(sched_setaffinity(0, sizeof(one), &one), 0);
	ck_assert_uint_eq(processors_count(), 1);
	ck_assert_int_eq(sched_setaffinity(0, sizeof(all), &all), 0);
}
END_TEST

/* It is said where it begins, not where it stays. */
START_TEST(a_process_may_go_elsewhere)
{
	cpu_set_t all = ours(), its;
	pid_t pid = fork();

	if (pid == 0) {
		pause();
		_exit(0);
	}
	processors_place(pid, (unsigned int)_i);
	ck_assert_int_eq(sched_getaffinity(pid, sizeof(its), &its), 0);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	ck_assert(CPU_EQUAL(&all, &its));
}
END_TEST

static void *say_where(void *arg)
{
	*(int *)arg = sched_getcpu();
	return NULL;
}

/* Also where there is but one processor. */
START_TEST(a_thread_begins_on_one_of_ours)
{
	cpu_set_t all = ours();
	pthread_t thread;
	int cpu = -1;

	ck_assert_int_eq(processors_thread(&thread, (unsigned int)_i, say_where, &cpu), 0);
	ck_assert_int_eq(pthread_join(thread, NULL), 0);
	ck_assert_int_ge(cpu, 0);
	ck_assert(CPU_ISSET((size_t)cpu, &all));
}
END_TEST

int main(void)
{
	Suite *s = suite_create("processors");
	TCase *t = tcase_create("processors");

	tcase_add_test(t, as_many_as_may_be_used);
	tcase_add_loop_test(t, a_process_may_go_elsewhere, 0, NTH_MAX);
	tcase_add_loop_test(t, a_thread_begins_on_one_of_ours, 0, NTH_MAX);
	suite_add_tcase(s, t);
	return unit_run(s);
}
