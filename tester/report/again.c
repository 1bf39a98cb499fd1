/* SPDX-License-Identifier: BSD-2-Clause */
/* The command that plays again what did not pass, such that it can be copied into a shell. */
#include <inttypes.h>
#include <stddef.h>
#include <string.h>

#include "base/buf.h"
#include "base/shell.h"
#include "report/report_impl.h"

/* More scripts than this are better named by the record of the run; more bytes than the second, in
 * a report that others read, by nothing. */
enum { SCRIPTS_MAX = 8, BYTES_MAX = 64 * 1024 };

/* Tests that did not pass, or not for certain, or could not even run. */
static bool is_to_repeat(const struct test_record *rec)
{
	return report_kind(rec) == KIND_FAILED || report_kind(rec) == KIND_INCONCLUSIVE ||
	       rec->verdict == VERDICT_ENVIRONMENT;
}

static const char *text_at(const struct test_record *rec, size_t offset)
{
	return *(const char *const *)((const char *)rec + offset);
}

/* Of those to repeat: is it the first with this text? */
static bool is_first_with(const struct report *r, size_t i, size_t offset)
{
	if (!is_to_repeat(r->rec[i]))
		return false;
	for (size_t k = 0; k < i; k++) {
		if (is_to_repeat(r->rec[k]) &&
		    strcmp(text_at(r->rec[k], offset), text_at(r->rec[i], offset)) == 0)
			return false;
	}
	return true;
}

static size_t count_first_with(const struct report *r, size_t offset)
{
	size_t n = 0;

	for (size_t i = 0; i < r->n; i++)
		n += is_first_with(r, i, offset);
	return n;
}

/* Each time of --repeat has a seed of its own: from the first that is wanted to the last. */
static void add_seeds(struct buf *out, const struct report *r)
{
	uint64_t from = UINT64_MAX, to = 0;

	for (size_t i = 0; i < r->n; i++) {
		uint64_t seed = r->rec[i]->seed;

		if (!is_to_repeat(r->rec[i]))
			continue;
		from = seed < from ? seed : from;
		to = seed > to ? seed : to;
	}
	if (from != r->run.usual_seed)
		buf_printf(out, " --seed %" PRIu64, from);
	if (to > from)
		buf_printf(out, " --repeat %" PRIu64, to - from + 1);
}

static void add_variants(struct buf *out, const struct report *r)
{
	const char *before = " --variant ";

	for (size_t i = 0; i < r->n; i++) {
		if (!is_first_with(r, i, offsetof(struct test_record, variant)))
			continue;
		buf_printf(out, "%s%s", before, r->rec[i]->variant);
		before = ",";
	}
}

/* One case, if it is the same of all. */
static void add_case(struct buf *out, const struct report *r)
{
	size_t offset = offsetof(struct test_record, case_name);

	if (count_first_with(r, offset) != 1)
		return;
	for (size_t i = 0; i < r->n; i++) {
		if (is_to_repeat(r->rec[i]) && *r->rec[i]->case_name) {
			buf_printf(out, " --filter '[%s]'", r->rec[i]->case_name);
			return;
		}
	}
}

static void add_scripts(struct buf *out, const struct report *r, size_t n_left)
{
	for (size_t i = 0; i < r->n && out->len < BYTES_MAX; i++) {
		const char *path = r->rec[i]->script;
		struct buf word = { 0 };

		if (!is_first_with(r, i, offsetof(struct test_record, script)))
			continue;
		/* Not to be read as an option. */
		buf_printf(&word, "%s%s", *path == '-' ? "./" : "", path);
		shell_add_word(out, buf_str(&word));
		buf_fini(&word);
		n_left--;
	}
	if (n_left)
		buf_printf(out, " # and %zu more", n_left);
}

bool report_add_again(struct buf *out, const struct report *r, bool has_record)
{
	size_t n = count_first_with(r, offsetof(struct test_record, script));

	if (!n || !r->run.again)
		return false;
	if (n > SCRIPTS_MAX && r->run.failed && has_record) {
		buf_puts(out, r->run.failed);
		add_seeds(out, r);
		return true;
	}
	buf_puts(out, r->run.again);
	add_seeds(out, r);
	if (r->run.needs_variants)
		add_variants(out, r);
	add_case(out, r);
	add_scripts(out, r, n);
	return true;
}
