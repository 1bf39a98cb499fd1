/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>

#include "impl.h"

static const char *const names[] = {
#define COUNTER(name) #name,
#include "counter.def"
#undef COUNTER
};

_Static_assert(ARRAY_LEN(names) == COUNTER_COUNT, "every counter has a name");

int64_t sut_counter(const struct sut *s, const char *name)
{
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if (!strcmp(names[i], name))
			return s->counter[i];
	return -1;
}

const char *sut_counter_name(size_t i)
{
	return i < ARRAY_LEN(names) ? names[i] : NULL;
}
