/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SUT_FAULT_H
#define SUT_FAULT_H

/*
 * Deliberate violations, one row each in faults.def, so that a suite can show that it would notice
 * them. They are compiled in only with -DSUT_FAULTS, for tests; else FAULT() is constant and the
 * compiler leaves nothing of them.
 */
#ifdef SUT_FAULTS

enum sut_fault {
	FAULT_NONE,
#define X(name, text, source) FAULT_##name,
#include "faults.def"
#undef X
	FAULT_COUNT
};

/** sut_fault_find() - by its name in faults.def; FAULT_NONE when there is none */
enum sut_fault sut_fault_find(const char *name);

/** FAULT() - does the instance @s have the fault @name? */
#define FAULT(s, name) ((s)->fault == FAULT_##name)

#else

#define FAULT(s, name) ((void)(s), false)

#endif
#endif
