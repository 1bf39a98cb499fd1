/* SPDX-License-Identifier: BSD-2-Clause */
#include "profile.h"

const struct profile *profile_find(enum sut_profile id)
{
	switch (id) {
	case SUT_PROFILE_LINUX:
		return &profile_linux;
	}
	return &profile_linux;
}
