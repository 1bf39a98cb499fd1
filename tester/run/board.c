/* SPDX-License-Identifier: BSD-2-Clause */
#include "run/board.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "target/clock.h"

/* Who has a test: nobody, the worker at seat N (as N + 1), or it is done. */
static const uint32_t NOBODY = 0, DONE = UINT32_MAX - 1, PASSED = UINT32_MAX;

struct entry {
	_Atomic uint32_t state;
	int64_t wall_us, late_us;    /* when it has PASSED */
};

struct seat {
	_Atomic size_t taken;
	_Atomic int64_t begun_us, limit_us;
};

/* One mapping: the board, its seats, its entries. */
struct board {
	size_t n_bytes, n_entries;
	struct seat *seat;
	struct entry *entry;
	_Atomic size_t next;         /* those before are taken */
};

struct board *board_new(size_t n_tests, unsigned int n_seats)
{
	size_t n_bytes = sizeof(struct board) + n_seats * sizeof(struct seat) +
			 n_tests * sizeof(struct entry);
	struct board *b = mmap(NULL, n_bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
			       -1, 0);

	if (b == MAP_FAILED) {
		fputs("tcpdrill: out of memory\n", stderr);
		abort();
	}
	b->n_bytes = n_bytes;
	b->n_entries = n_tests;
	b->seat = (struct seat *)(b + 1);
	b->entry = (struct entry *)(b->seat + n_seats);
	return b;
}

void board_free(struct board *b)
{
	munmap(b, b->n_bytes);
}

static void sit_down_to(struct board *b, unsigned int seat, size_t index)
{
	atomic_store(&b->seat[seat].taken, index);
}

/* The entry alone decides whose it is: whoever dies in here has taken the test or has not. */
bool board_take_next(struct board *b, unsigned int seat, size_t *index)
{
	for (size_t i = atomic_load(&b->next); i < b->n_entries; i++) {
		uint32_t nobody = NOBODY;

		if (!atomic_compare_exchange_strong(&b->entry[i].state, &nobody, seat + 1))
			continue;
		/* Another may have gone further already; then someone looks at a few in vain. */
		atomic_store(&b->next, i + 1);
		sit_down_to(b, seat, i);
		*index = i;
		return true;
	}
	return false;
}

void board_take(struct board *b, unsigned int seat, size_t index)
{
	atomic_store(&b->entry[index].state, seat + 1);
	sit_down_to(b, seat, index);
}

bool board_has_next(const struct board *b)
{
	for (size_t i = atomic_load(&b->next); i < b->n_entries; i++) {
		if (atomic_load(&b->entry[i].state) == NOBODY)
			return true;
	}
	return false;
}

size_t board_taken(const struct board *b, unsigned int seat)
{
	return atomic_load(&b->seat[seat].taken);
}

bool board_held(const struct board *b, unsigned int seat, size_t *index)
{
	for (size_t i = 0; i < b->n_entries; i++) {
		if (atomic_load(&b->entry[i].state) == seat + 1) {
			*index = i;
			return true;
		}
	}
	return false;
}

/* In this order, and read in the other: nobody finds a short limit with the beginning of the test
 * before, and takes that for long ago. */
void board_begin(struct board *b, unsigned int seat, int64_t limit_us)
{
	atomic_store(&b->seat[seat].begun_us, clock_now_ns() / NS_PER_US);
	atomic_store(&b->seat[seat].limit_us, limit_us);
}

int64_t board_limit(const struct board *b, unsigned int seat, int64_t *limit_us)
{
	*limit_us = atomic_load(&b->seat[seat].limit_us);
	return atomic_load(&b->seat[seat].begun_us);
}

void board_pass(struct board *b, size_t index, int64_t wall_us, int64_t late_us)
{
	b->entry[index].wall_us = wall_us;
	b->entry[index].late_us = late_us;
	atomic_store(&b->entry[index].state, PASSED);
}

bool board_passed(const struct board *b, size_t index, int64_t *wall_us, int64_t *late_us)
{
	if (atomic_load(&b->entry[index].state) != PASSED)
		return false;
	*wall_us = b->entry[index].wall_us;
	*late_us = b->entry[index].late_us;
	return true;
}

void board_done(struct board *b, size_t index)
{
	atomic_store(&b->entry[index].state, DONE);
}
