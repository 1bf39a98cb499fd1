/* SPDX-License-Identifier: BSD-2-Clause */
#include "judge/verdict.h"

#include <assert.h>

#include "base/util.h"

const char *const verdict_name[VERDICT_COUNT] = {
#define X(id, name, status, help) [VERDICT_##id] = name,
	VERDICTS(X)
#undef X
};

const char *const verdict_help[VERDICT_COUNT] = {
#define X(id, name, status, help) [VERDICT_##id] = help,
	VERDICTS(X)
#undef X
};

const char *const finding_kind_name[] = {
	[FINDING_PACKET] = "packet",
	[FINDING_MISSING_PACKET] = "missing-packet",
	[FINDING_UNEXPECTED_PACKET] = "unexpected-packet",
	[FINDING_CALL] = "call",
	[FINDING_TIMING] = "timing",
	[FINDING_COMMAND] = "command",
	[FINDING_CODE] = "code",
	[FINDING_ASSERT] = "assert",
	[FINDING_ENVIRONMENT] = "environment",
	[FINDING_UNSUPPORTED] = "unsupported",
	[FINDING_INTERNAL] = "internal",
};

static_assert(ARRAY_LEN(finding_kind_name) == FINDING_INTERNAL + 1, "every kind has a name");

int verdict_exit_status(enum verdict v)
{
	static const int status[VERDICT_COUNT] = {
#define X(id, name, exit_status, help) [VERDICT_##id] = exit_status,
		VERDICTS(X)
#undef X
	};

	return status[v];
}

enum verdict verdict_worse(enum verdict a, enum verdict b)
{
	return a > b ? a : b;
}
