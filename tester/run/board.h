/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TCPDRILL_RUN_BOARD_H
#define TCPDRILL_RUN_BOARD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Memory that the runner shares with its workers. Each worker has a seat. It takes the next test that
 * nobody has, says since when it plays it, and marks it when it is done; thousands of tests a second
 * need no message, and neither side has to wake the other. What is written here outlives the death of
 * whoever wrote it: the test that a dead worker held is the one it died of.
 */
struct board;

/** board_new() - for workers that are forked from now on, until board_free() */
struct board *board_new(size_t n_tests, unsigned int n_seats);
void board_free(struct board *b);

/** board_take_next() - take the first test that nobody has. False: there is none */
bool board_take_next(struct board *b, unsigned int seat, size_t *index);

/** board_take() - take this test, whoever has had it */
void board_take(struct board *b, unsigned int seat, size_t index);

/** board_has_next() - whether there is a test that nobody has */
bool board_has_next(const struct board *b);

/** board_taken() - the test that was taken last from this seat; at first test 0 */
size_t board_taken(const struct board *b, unsigned int seat);

/** board_held() - the first test that was taken from this seat and is not done. False: there is none */
bool board_held(const struct board *b, unsigned int seat, size_t *index);

/** board_begin() - from now on the test may take @limit_us */
void board_begin(struct board *b, unsigned int seat, int64_t limit_us);

/** board_limit() - what board_begin() has said. Return: when that was, of target/clock.h */
int64_t board_limit(const struct board *b, unsigned int seat, int64_t *limit_us);

/** board_pass() - a test is done, which passed; there is no more to say of it than its times */
void board_pass(struct board *b, size_t index, int64_t wall_us, int64_t late_us);

/** board_passed() - whether that was said of it */
bool board_passed(const struct board *b, size_t index, int64_t *wall_us, int64_t *late_us);

/** board_done() - a test is done: all about it has come in another way */
void board_done(struct board *b, size_t index);

#endif
