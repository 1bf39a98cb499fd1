/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TCPDRILL_TESTS_FUZZ_H
#define TCPDRILL_TESTS_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

/*
 * A fuzz target is one file fuzz_NAME.c with the two functions below. With clang's libFuzzer
 * ("make fuzz") the first is all that is needed; driver.c is a small replacement for it that any
 * compiler builds, so that "make test" feeds each target its seeds and some thousand mutations.
 */

/** LLVMFuzzerTestOneInput() - survive @n bytes of input. Return: 0 */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

/**
 * fuzz_seed() - input number @i to begin with, besides files
 * @out: room for @max bytes
 * Return: its length, 0 when there are no more
 */
size_t fuzz_seed(size_t i, uint8_t *out, size_t max);

/* What must hold for any input; libFuzzer and the driver keep the input of a process that aborts. */
#define FUZZ_CHECK(claim) \
	do { \
		if (!(claim)) { \
			fprintf(stderr, "%s:%d: does not hold: %s\n", __FILE__, __LINE__, #claim); \
			abort(); \
		} \
	} while (0)

#endif
