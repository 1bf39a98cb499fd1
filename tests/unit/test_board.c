/* SPDX-License-Identifier: BSD-2-Clause */
/* The board that the runner shares with its workers, with processes that take from it at once and are
 * killed at any moment. */
#include "run/board.h"

#include <check.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "unit.h"

enum { TESTS = 200000, WORKERS = 4, KILLS = 20, MS_NS = 1000000 };

START_TEST(tests_are_taken_in_their_order)
{
	struct board *b = board_new(3, 2);
	size_t index;

	for (size_t i = 0; i < 3; i++) {
		ck_assert(board_has_next(b));
		ck_assert(board_take_next(b, i % 2, &index));
		ck_assert_uint_eq(index, i);
		ck_assert_uint_eq(board_taken(b, i % 2), i);
	}
	ck_assert(!board_has_next(b));
	ck_assert(!board_take_next(b, 0, &index));
	board_free(b);
}
END_TEST

START_TEST(one_that_was_chosen_is_passed_over)
{
	struct board *b = board_new(3, 2);
	size_t index;

	board_take(b, 1, 0);
	ck_assert(board_take_next(b, 0, &index));
	ck_assert_uint_eq(index, 1);
	ck_assert(board_held(b, 1, &index));
	ck_assert_uint_eq(index, 0);
	board_free(b);
}
END_TEST

/* What a seat has not done is held, the first of it first, until all is done. */
START_TEST(what_is_done_is_not_held)
{
	struct board *b = board_new(3, 2);
	int64_t wall_us = 0, late_us = 0;
	size_t index;

	for (size_t i = 0; i < 2; i++)
		ck_assert(board_take_next(b, 1, &index));
	ck_assert(!board_held(b, 0, &index));
	ck_assert(board_held(b, 1, &index));
	ck_assert_uint_eq(index, 0);
	ck_assert(!board_passed(b, 0, &wall_us, &late_us));
	board_pass(b, 0, 17, 4);
	ck_assert(board_passed(b, 0, &wall_us, &late_us));
	ck_assert_int_eq(wall_us, 17);
	ck_assert_int_eq(late_us, 4);
	ck_assert(board_held(b, 1, &index));
	ck_assert_uint_eq(index, 1);
	board_done(b, 1);
	ck_assert(!board_held(b, 1, &index));
	ck_assert(!board_passed(b, 1, &wall_us, &late_us));
	/* Again, as one that was inconclusive. */
	board_take(b, 0, 1);
	ck_assert(board_held(b, 0, &index));
	ck_assert_uint_eq(index, 1);
	board_free(b);
}
END_TEST

START_TEST(each_seat_has_its_limit)
{
	struct board *b = board_new(1, 2);
	int64_t limit_us, begun_us;

	board_begin(b, 0, 1000);
	board_begin(b, 1, 2000);
	begun_us = board_limit(b, 0, &limit_us);
	ck_assert_int_eq(limit_us, 1000);
	ck_assert_int_le(begun_us, board_limit(b, 1, &limit_us));
	ck_assert_int_eq(limit_us, 2000);
	board_free(b);
}
END_TEST

/* Says of each test by which seat it was played. */
static pid_t start_worker(struct board *b, unsigned int seat)
{
	pid_t pid = fork();
	size_t index;

	if (pid)
		return pid;
	while (board_take_next(b, seat, &index))
		board_pass(b, index, (int64_t)index, seat);
	_exit(0);
}

static void each_was_played_once(struct board *b, size_t n_lost)
{
	int64_t wall_us, late_us;
	size_t index;

	for (size_t i = 0; i < TESTS; i++) {
		if (board_passed(b, i, &wall_us, &late_us))
			ck_assert_int_eq(wall_us, (int64_t)i);
		else
			n_lost--;
	}
	ck_assert_uint_eq(n_lost, 0);
	for (unsigned int seat = 0; seat < WORKERS; seat++)
		ck_assert(!board_held(b, seat, &index));
}

START_TEST(each_test_is_taken_by_one_worker)
{
	struct board *b = board_new(TESTS, WORKERS);

	for (unsigned int i = 0; i < WORKERS; i++)
		ck_assert_int_gt(start_worker(b, i), 0);
	for (unsigned int i = 0; i < WORKERS; i++)
		ck_assert_int_gt(wait(NULL), 0);
	each_was_played_once(b, 0);
	board_free(b);
}
END_TEST

/* It had taken one at the most, which its seat still holds; all others are played by someone. */
START_TEST(a_dead_worker_loses_one_test_at_the_most)
{
	struct board *b = board_new(TESTS, WORKERS);
	size_t n_lost = 0, index;

	for (int i = 0; i < KILLS; i++) {
		const struct timespec moment = { .tv_nsec = rand() % MS_NS };
		unsigned int seat = (unsigned int)i % WORKERS;
		pid_t pid = start_worker(b, seat);

		nanosleep(&moment, NULL);
		kill(pid, SIGKILL);
		ck_assert_int_eq(waitpid(pid, NULL, 0), pid);
		if (!board_held(b, seat, &index))
			continue;
		n_lost++;
		board_done(b, index);
		ck_assert(!board_held(b, seat, &index));
	}
	ck_assert_int_gt(start_worker(b, 0), 0);
	ck_assert_int_gt(wait(NULL), 0);
	each_was_played_once(b, n_lost);
	board_free(b);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("board");
	TCase *t = tcase_create("board");

	tcase_add_test(t, tests_are_taken_in_their_order);
	tcase_add_test(t, one_that_was_chosen_is_passed_over);
	tcase_add_test(t, what_is_done_is_not_held);
	tcase_add_test(t, each_seat_has_its_limit);
	tcase_add_test(t, each_test_is_taken_by_one_worker);
	tcase_add_test(t, a_dead_worker_loses_one_test_at_the_most);
	suite_add_tcase(s, t);
	return unit_run(s);
}
