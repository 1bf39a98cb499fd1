/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TCPDRILL_CLI_PROOF_PRINT_H
#define TCPDRILL_CLI_PROOF_PRINT_H

#include <stdio.h>

#include "suite/proof.h"

struct cli;

/* What "coverage" and "matrix" print; coverage is a matrix without stacks. */
struct proof_page {
	struct arena *arena;
	const struct proof *proof;
	const char *const *stack;    /* proof->n_stacks names */
	const char *const *version;  /* of the stacks */
	const char *name;            /* coverage, matrix */
	bool is_profile_given;       /* the names of stacks say which; what scripts ask for does not count */
	bool is_markdown;
};

/** proof_print_text() - for a terminal; totals are the last lines */
void proof_print_text(const struct proof_page *p, FILE *out);

/** proof_print_markdown() - a page; totals come first */
void proof_print_markdown(const struct proof_page *p, FILE *out);

/** proof_print_json() - one object */
void proof_print_json(const struct proof_page *p, FILE *out);

/** proof_print() - to all places that the command line names. 0, or an exit status after an error */
int proof_print(struct cli *c, const struct proof_page *p);

#endif
