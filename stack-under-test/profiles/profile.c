/* SPDX-License-Identifier: BSD-2-Clause */
#include "profile.h"

#include <string.h>

#include "impl.h"

/*
 * A profile is a row of values, and the code asks for a value, never for a profile: what "rfc" does
 * can be had one by one, and a further profile is a further file.
 */
static const struct profile *const profiles[] = {
	[SUT_PROFILE_LINUX] = &profile_linux,
	[SUT_PROFILE_RFC] = &profile_rfc,
	[SUT_PROFILE_RFC5681] = &profile_rfc5681,
};

_Static_assert(ARRAY_LEN(profiles) == SUT_PROFILE_COUNT, "every profile has a row");

const struct profile *profile_find(enum sut_profile id)
{
	return (size_t)id < ARRAY_LEN(profiles) ? profiles[id] : NULL;
}

const char *sut_profile_name(size_t id)
{
	return id < ARRAY_LEN(profiles) ? profiles[id]->name : NULL;
}

const char *sut_profile_text(size_t id)
{
	return id < ARRAY_LEN(profiles) ? profiles[id]->text : NULL;
}

int sut_profile_find(const char *name)
{
	for (size_t i = 0; i < ARRAY_LEN(profiles); i++) {
		if (!strcmp(profiles[i]->name, name))
			return (int)i;
	}
	return SUT_ENOENT;
}
