/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/payload.h"

#include <check.h>
#include <string.h>

#include "base/util.h"
#include "unit.h"

static const struct {
	uint32_t position;
	uint8_t value;
} value_rows[] = {
	{ 0, 1 }, { 1, 2 }, { 250, 251 }, { 251, 1 }, { 999, 247 }, { 1000, 248 }, { UINT32_MAX, 123 },
};

START_TEST(value_follows_from_the_place)
{
	struct payload p = { true, value_rows[_i].position };

	ck_assert_uint_eq(payload_byte(p, 0), value_rows[_i].value);
	p.position -= 1000;
	ck_assert_uint_eq(payload_byte(p, 1000), value_rows[_i].value);
	ck_assert_uint_eq(payload_byte(payload_moved(p, 1000), 0), value_rows[_i].value);
}
END_TEST

/* Moved by what segments, windows, pages and words usually hold, hardly a byte is what it was. */
START_TEST(no_usual_distance_is_a_period)
{
	static const uint32_t distances[] = {
		1, 2, 4, 8, 16, 64, 100, 256, 500, 512, 536, 1000, 1024, 1200, 1220, 1400, 1440, 1448,
		1460, 2000, 2048, 2920, 4096, 8192, 8960, 16384, 32768, 65535, 65536, 131072,
	};

	for (size_t i = 0; i < ARRAY_LEN(distances); i++) {
		struct payload a = { true, 0 }, b = { true, distances[i] };

		for (size_t at = 0; at < 1000; at++) {
			ck_assert_uint_ne(payload_byte(a, at), 0);
			ck_assert_uint_ne(payload_byte(a, at), payload_byte(b, at));
		}
	}
}
END_TEST

START_TEST(zeros_have_no_place)
{
	struct payload p = { false, 12345 };
	uint8_t bytes[4] = { 9, 9, 9, 9 };

	payload_fill(p, bytes, 3);
	ck_assert_mem_eq(bytes, "\0\0\0\11", 4);
	ck_assert_uint_eq(payload_differs(p, bytes, 4), 3);
	ck_assert_uint_eq(payload_byte(p, 77), 0);
}
END_TEST

START_TEST(first_wrong_byte_is_found)
{
	struct payload p = { true, 700 };
	uint8_t bytes[600];

	payload_fill(p, bytes, sizeof(bytes));
	ck_assert_uint_eq(payload_differs(p, bytes, sizeof(bytes)), sizeof(bytes));
	ck_assert_uint_eq(payload_differs(payload_moved(p, 100), bytes + 100, 500), 500);
	ck_assert_uint_eq(payload_differs(payload_moved(p, 1), bytes, 500), 0);
	bytes[599]++;
	ck_assert_uint_eq(payload_differs(p, bytes, sizeof(bytes)), 599);
	bytes[7] = 0;
	ck_assert_uint_eq(payload_differs(p, bytes, sizeof(bytes)), 7);
	ck_assert_uint_eq(payload_differs(p, bytes, 7), 7);
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("payload");
	TCase *t = tcase_create("payload");

	tcase_add_loop_test(t, value_follows_from_the_place, 0, ARRAY_LEN(value_rows));
	tcase_add_test(t, no_usual_distance_is_a_period);
	tcase_add_test(t, zeros_have_no_place);
	tcase_add_test(t, first_wrong_byte_is_found);
	suite_add_tcase(s, t);
	return s;
}

int main(void)
{
	return unit_run(suite());
}
