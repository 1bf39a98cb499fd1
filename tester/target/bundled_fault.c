/* SPDX-License-Identifier: BSD-2-Clause */
#include "target/fault.h"

#include <string.h>

#include "base/util.h"

const struct fault_row fault_table[] = {
#define X(name, text, source) { #name, text, source },
#include "stack-under-test/src/faults.def"
#undef X
};

const size_t fault_table_len = ARRAY_LEN(fault_table);

const struct fault_row *fault_find(const char *name)
{
	for (size_t i = 0; i < fault_table_len; i++) {
		if (strcmp(fault_table[i].name, name) == 0)
			return &fault_table[i];
	}
	return NULL;
}
