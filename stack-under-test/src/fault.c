/* SPDX-License-Identifier: BSD-2-Clause */
#include "fault.h"

#include <string.h>

/* Of the test build alone: the others leave this file out. */

static const char *const fault_name[FAULT_COUNT] = {
#define X(name, text, source) [FAULT_##name] = #name,
#include "faults.def"
#undef X
};

enum sut_fault sut_fault_find(const char *name)
{
	for (int i = FAULT_NONE + 1; i < FAULT_COUNT; i++) {
		if (!strcmp(fault_name[i], name))
			return (enum sut_fault)i;
	}
	return FAULT_NONE;
}
