/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>

#include "base/buf.h"
#include "report/report_impl.h"

static const enum report_kind kind_of[VERDICT_COUNT] = {
	[VERDICT_PASS] = KIND_PASSED,
	[VERDICT_DEVIATES] = KIND_GROUPED,
	[VERDICT_SKIP] = KIND_GROUPED,
	[VERDICT_XFAIL] = KIND_GROUPED,
	[VERDICT_INCONCLUSIVE] = KIND_INCONCLUSIVE,
	[VERDICT_ENVIRONMENT] = KIND_GROUPED,
	[VERDICT_ERROR] = KIND_FAILED,
	[VERDICT_XPASS] = KIND_FAILED,
	[VERDICT_TIMEOUT] = KIND_FAILED,
	[VERDICT_CRASH] = KIND_FAILED,
	[VERDICT_FAIL] = KIND_FAILED,
};

enum report_kind report_kind(const struct test_record *rec)
{
	enum report_kind kind = kind_of[rec->verdict];

	return kind == KIND_PASSED && rec->retries ? KIND_FLAKY : kind;
}

bool report_is_failure(enum verdict v)
{
	return kind_of[v] == KIND_FAILED;
}

size_t report_count_kind(const struct report *r, enum report_kind kind)
{
	size_t n = 0;

	for (size_t i = 0; i < r->n; i++)
		n += report_kind(r->rec[i]) == kind;
	return n;
}

/* What comes first is the cause; what was then seen has numbers that differ from test to test. */
static size_t cause_bytes(const char *reason)
{
	const char *then = strstr(reason, "; then ");

	return then ? (size_t)(then - reason) : strlen(reason);
}

static bool same_group(const struct test_record *a, const struct test_record *b)
{
	size_t n = cause_bytes(a->reason);

	return a->verdict == b->verdict && cause_bytes(b->reason) == n &&
	       strncmp(a->reason, b->reason, n) == 0;
}

size_t report_group(const struct report *r, size_t i)
{
	size_t n = 0;

	for (size_t k = 0; k < i; k++) {
		if (same_group(r->rec[k], r->rec[i]))
			return 0;
	}
	for (size_t k = i; k < r->n; k++)
		n += same_group(r->rec[k], r->rec[i]);
	return n;
}

void report_add_group_reason(struct buf *out, const struct report *r, size_t i)
{
	const char *reason = r->rec[i]->reason;
	size_t n = strlen(reason);

	for (size_t k = i + 1; k < r->n; k++) {
		if (same_group(r->rec[k], r->rec[i]) && strcmp(r->rec[k]->reason, reason) != 0)
			n = cause_bytes(reason);
	}
	buf_add(out, reason, n);
}

const struct finding *report_place(const struct test_record *rec)
{
	for (const struct finding *f = rec->findings; f; f = f->next) {
		if (!f->is_warning)
			return f->line ? f : NULL;
	}
	return NULL;
}
