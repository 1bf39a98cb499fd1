/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TCPDRILL_RUN_PYCODE_H
#define TCPDRILL_RUN_PYCODE_H

#include <stddef.h>
#include <stdint.h>

#include "base/source.h"

struct arena;
struct target_info;

/*
 * Scripts with a %{ }% block outside the built-in subset: as in packetdrill, each block's text is
 * collected at its event with the variables of that moment, and one python3 runs the whole program
 * at the very end (language: 6.1). No file is written.
 */
struct pycode;

/** pycode_new() - an empty program in @a */
struct pycode *pycode_new(struct arena *a);

/** pycode_add() - append assignments of @info (and the constants of language 6.2) and the block */
void pycode_add(struct pycode *p, const struct target_info *info, size_t n, const char *text,
		size_t len, uint32_t line);

struct pycode_failure {
	uint32_t line;             /* script line to blame, 0 when unknown */
	const char *message;       /* last line of the traceback, in the arena */
	const char *output;        /* all that python3 printed, bounded */
};

/**
 * pycode_run() - run the program
 * @interpreter: "python3", or what --code_command says
 * @limit_ns:    how long it may take; then it is interrupted, and has a moment to say where it was
 * Return: 0; 1 when it failed (*f filled); -ERR_ENVIRONMENT when there is no interpreter;
 *         -ERR_TIMEOUT
 */
int pycode_run(struct pycode *p, const char *interpreter, int64_t limit_ns,
	       struct pycode_failure *f, struct arena *a);

#endif
