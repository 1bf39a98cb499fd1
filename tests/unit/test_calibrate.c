/* SPDX-License-Identifier: BSD-2-Clause */
/* Figures of lateness, and how they are taken: with the kernel where this machine permits. */
#include "run/calibrate.h"

#include <check.h>
#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/util.h"
#include "target/target.h"
#include "unit.h"

static struct arena *a;

static void setup(void)
{
	a = arena_new();
}

static void teardown(void)
{
	arena_free(a);
}

static const struct {
	size_t n;                  /* values are 1, 2 ... n */
	unsigned int permille;
	int64_t at;
} row[] = {
	{ 0, 500, 0 },	{ 1, 0, 1 },	   { 1, 500, 1 },    { 1, 1000, 1 },	 { 2, 500, 1 },
	{ 2, 501, 2 },	{ 100, 500, 50 },  { 100, 999, 100 }, { 100, 1000, 100 }, { 2000, 999, 1998 },
	{ 10, 900, 9 }, { 1000, 999, 999 },
};

START_TEST(a_share_of_all_is_not_later)
{
	struct lateness l = { .us = ARENA_ARRAY(a, int64_t, row[_i].n + 1), .n = row[_i].n };

	for (size_t i = 0; i < l.n; i++)
		l.us[i] = (int64_t)i + 1;
	ck_assert_int_eq(lateness_at(&l, row[_i].permille), row[_i].at);
}
END_TEST

static const struct {
	int64_t late_us[4];        /* of -j1, -j2, -j4, -j8 */
	unsigned int best;
} level_row[] = {
	{ { 1, 1, 1, 1 }, 8 },
	{ { 1, 1, 1, 99 }, 4 },
	{ { 1, 99, 99, 99 }, 1 },
	{ { 99, 99, 99, 99 }, 0 },
	{ { 99, 1, 99, 1 }, 8 },   /* more at once cannot be less late: the others were accidents */
	{ { 1, 99, 10, 11 }, 4 },
};

START_TEST(an_accident_decides_nothing)
{
	struct calibration_level level[4];

	for (unsigned int i = 0; i < 4; i++)
		level[i] = (struct calibration_level){ 1U << i, level_row[_i].late_us[i] };
	ck_assert_uint_eq(calibrate_best(level, 4, 10), level_row[_i].best);
}
END_TEST

/* So many are taken that one of a thousand is not the worst of all. */
START_TEST(the_worst_is_not_what_is_usual)
{
	struct lateness l = { .us = ARENA_ARRAY(a, int64_t, CALIBRATE_SAMPLES_MIN),
			      .n = CALIBRATE_SAMPLES_MIN };

	l.us[l.n - 1] = 99;
	ck_assert_int_eq(lateness_at(&l, 999), 0);
	ck_assert_int_eq(lateness_at(&l, 1000), 99);
}
END_TEST

START_TEST(each_of_many_gives_its_samples)
{
	enum { JOBS = 3 };
	const struct target_row *kernel = target_find("kernel");
	struct calibration k;
	const char *why = NULL;
	int rc = calibrate(a, kernel, JOBS, &k, &why);

	if (rc < 0) {              /* no TUN device, no namespaces: it must say which */
		ck_assert_int_eq(rc, -ERR_ENVIRONMENT);
		ck_assert_ptr_nonnull(why);
		return;
	}
	ck_assert_uint_ge(k.woke.n, CALIBRATE_SAMPLES_MIN);
	ck_assert_uint_eq(k.injected.n, k.woke.n);
	for (size_t i = 1; i < k.woke.n; i++) {
		ck_assert_int_le(k.woke.us[i - 1], k.woke.us[i]);
		ck_assert_int_le(k.injected.us[i - 1], k.injected.us[i]);
	}
	/* To hand over a packet comes after waking up, and takes some time. */
	ck_assert_int_ge(k.woke.us[0], 0);
	ck_assert_int_ge(lateness_at(&k.injected, 500), lateness_at(&k.woke, 500));
}
END_TEST

/* A stack that never becomes ready. */
static int refuse(struct arena *in, const struct target_config *config, struct target **out,
		  const char **why)
{
	(void)config;
	(void)out;
	*why = arena_strdup(in, "it does not want to");
	return -ERR_ENVIRONMENT;
}

START_TEST(what_is_in_the_way_is_told)
{
	static const struct target_ops ops = { .open = refuse };
	static const struct target_row stack = { .name = "x", .ops = &ops, .is_system = true };
	struct calibration k;
	const char *why = "";
	int rc = calibrate(a, &stack, 2, &k, &why);

	ck_assert_int_eq(rc, -ERR_ENVIRONMENT);
	if (!strstr(why, "namespace"))
		ck_assert_str_eq(why, "it does not want to");
	ck_assert_uint_eq(k.woke.n, 0);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("calibrate");
	TCase *t = tcase_create("calibrate");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_loop_test(t, a_share_of_all_is_not_later, 0, (int)ARRAY_LEN(row));
	tcase_add_loop_test(t, an_accident_decides_nothing, 0, (int)ARRAY_LEN(level_row));
	tcase_add_test(t, the_worst_is_not_what_is_usual);
	tcase_add_test(t, each_of_many_gives_its_samples);
	tcase_add_test(t, what_is_in_the_way_is_told);
	suite_add_tcase(s, t);
	return unit_run(s);
}
