/* SPDX-License-Identifier: BSD-2-Clause */
/* Statements of %{ }% blocks: they mean what they mean in Python, or are left to it. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/util.h"
#include "script/expr.h"
#include "unit.h"

enum { BASE = 500 };

static struct arena *arena;

static void setup(void)
{
	arena = arena_new();
}

static void teardown(void)
{
	arena_free(arena);
}

static int env_name(void *ctx, const char *name, struct value *out, const char **why)
{
	const int64_t *cwnd = ctx;

	*out = (struct value){ .kind = VALUE_INT, .i = *cwnd };
	if (strcmp(name, "tcpi_snd_cwnd") == 0)
		return 0;
	out->i = 8;
	if (strcmp(name, "tcpi_state") == 0)
		return 0;
	*why = "the socket has no such variable";
	return -ERR_UNKNOWN;
}

static int run_with(struct code_vars *vars, int64_t cwnd, const char *text, struct buf *printed,
		    struct expr_failure *f)
{
	struct expr_env env = { .ctx = &cwnd, .arena = arena, .name = env_name };
	struct code *c = code_parse(arena, text, strlen(text), BASE);

	ck_assert_msg(c != NULL, "outside the subset: %s", text);
	return code_run(c, vars, &env, printed, f);
}

/* What python3 prints for the same text, tcpi_snd_cwnd being 10 and tcpi_state 8. */
static const struct {
	const char *text, *printed;
} good_rows[] = {
	{ "", "" },
	{ "\n\n", "" },
	{ "# a comment", "" },
	{ "pass", "" },
	{ "assert tcpi_snd_cwnd == 10, tcpi_snd_cwnd", "" },
	{ "assert tcpi_state == TCP_CLOSE_WAIT; print(TCP_CA_Loss, TCPI_OPT_SACK);", "4 2\n" },
	{ "a = 1\r\nb = a + \\\r\n  2\r\nprint(a, b, sep='-', end='!')", "1-3!" },
	{ "print()\nprint('a', end='')\nprint('b', sep=None, end=None)", "\nab\n" },
	{ "a, b = 1, 2\na, b = b, a\nprint(a, b)", "2 1\n" },
	{ "(a, b), [c] = (1, 2), [3]; print(a, b, c)", "1 2 3\n" },
	{ "a = b = 3\na += b; a -= 1; a *= 4; a /= 2; a //= 3; a **= 2; a %= 5\nprint(a, b)",
	  "4.0 3\n" },
	{ "x = 5\nx <<= 2; x |= 1; x &= 0xff; x ^= 3; x >>= 1\nprint(x)", "11\n" },
	{ "t = 1,\nprint(t, (1), (), [1, 2], ('a', \"it's\", None))",
	  "(1,) 1 () [1, 2] ('a', \"it's\", None)\n" },
	{ "if tcpi_state == 9:\n  print('a')\nelif tcpi_state == 8:\n  print('b')\n\n"
	  "  if 0: print('c')\n  else:\n    print('d')\n  print('e')\nelse:\n  print('f')\n"
	  "print('g')",
	  "b\nd\ne\ng\n" },
	{ "if 1:\n\tif 0:\n\t\tprint(2)\nprint(3)\n", "3\n" },
	{ "if 1: print(1); print(2)\nelse: print(3)\nprint(4)", "1\n2\n4\n" },
	{ "if 0:\n  pass\nprint(1)", "1\n" },
	{ "assert (tcpi_snd_cwnd == 10 and # comment\n tcpi_state == 8), \\\n 'x'\nprint(1)",
	  "1\n" },
	{ "print('%5d|%-5d|%05d|%+d|% d|%x|%X|%o|%#x|%.3d' % (1, 2, 3, 4, 5, 255, 255, 8, 255, 7))",
	  "    1|2    |00003|+4| 5|ff|FF|10|0xff|007\n" },
	{ "print('%f %.2f %e %g %G %8.3f|%-7.1f|%09.2f' % (1.5, 2.345, 12345.678, 1e-5, 1e20, "
	  "3.14159, 2.25, -3.14159))",
	  "1.500000 2.35 1.234568e+04 1e-05 1E+20    3.142|2.2    |-00003.14\n" },
	{ "print('%s %r %3s|%-3s|%.2s %% %c%c' % ('a', 'b', 'c', 'd', 'efg', 65, 'b'))",
	  "a 'b'   c|d  |ef % Ab\n" },
	{ "print('%d' % 3.9, '%*d' % (4, 7), '%s' % [1, 2], '%r' % ((1, 2),), 'x' % [])",
	  "3    7 [1, 2] (1, 2) x\n" },
	{ "print(1, 1.0, 1e100, 1e16, 1e15, 0.0001, 0.00001, 1/3, 123456789.123)",
	  "1 1.0 1e+100 1e+16 1000000000000000.0 0.0001 1e-05 0.3333333333333333 123456789.123\n" },
	{ "print('a' \"b\" '''c\nd''' \"\\x41\\n\\\\\\'\\u00e9\\101\\q\")",
	  "abc\ndA\n\\'\xc3\xa9" "A\\q\n" },
	{ "print(-7 // 2, -7 % 2, 7 // -2, 7 % -2, -7.5 // 2, -7.5 % 2, -2**2, 2**-1, 1 - -1)",
	  "-4 1 -4 -1 -4.0 0.5 -4 0.5 2\n" },
	{ "print(min(3, 1, 2), max((4, 5)), sum([1, 2, 3.5]), abs(-3), int(3.9), int('42'), "
	  "float('2.5'), round(2.5), round(3.14159, 2), str(1) + '2', bool(''), len('\\u00e9'))",
	  "1 5 6.5 3 3 42 2.5 2 3.14 12 False 1\n" },
	{ "print(1 < 2 < 3, 1 < 3 < 2, 'a' in 'abc', 4 not in [1], None is None, 1 == None)",
	  "True False True True True False\n" },
	{ "print(not 1, not 0 and 1, 1 or 2, 0 or '', 1 and 2, 'x' if 0 else 'y')",
	  "False 1 1  2 y\n" },
	{ "print(True + True, True & False, True | 2, ~5, -True, 2 ** 53 + 1 == float(2 ** 53))",
	  "2 False 3 -6 -1 False\n" },
	{ "print((1, 2) < (1, 3), (1, 2) == [1, 2], [1] + [2], (1,) * 2, 'ab' * 2, [7, 8][-1])",
	  "True False [1, 2] (1, 1) abab 8\n" },
};

START_TEST(does_what_python_does)
{
	struct buf printed = { 0 };
	struct expr_failure f;
	int rc = run_with(code_vars_new(arena), 10, good_rows[_i].text, &printed, &f);

	ck_assert_msg(rc == 0, "%s: %s", good_rows[_i].text, f.message);
	ck_assert_str_eq(buf_str(&printed), good_rows[_i].printed);
	buf_fini(&printed);
}
END_TEST

static const char *const outside_rows[] = {
	"import sys", "from a import b", "for i in (1, 2): print(i)", "while 1: pass",
	"def f(): pass", "try:\n  pass\nfinally:\n  pass", "with a: pass", "del a", "global a",
	"raise a", "lambda: 1", "a.b", "a.b()", "f'x'", "b'x'", "print(f'{a}')", "print 1",
	"print(1, file=a)", "print(1) if 1 else 2", "foo(1)", "within(1, 2, 3)", "x = abs",
	"x = list",
	"print(range(3))", "abs = 3", "print = 3", "tcpi_snd_cwnd = 3", "tcpi_rtt += 1",
	"TCP_CLOSE = 1", "1 = a", "a + 1 = 2", "() = 1", "a, 1 = 2, 3", "(a, b) += 1", "a: int = 3",
	"(a := 3)", "{}", "{1: 2}", "[x for x in a]", "a[1:2]", "a[0] = 1", "*a, b = 1, 2", "10%",
	"200ms", "017", "1_000", "99999999999999999999", "1j", "'a", "'a\nb'", "(1", "1)", "x = ",
	"assert", "assert 1, 2, 3", "a b", "a;; b", ";", "if 1", "if 1:", "if 1:\nprint(1)",
	"print(1)\n  print(2)", "if 1:\n  print(1)\n    print(2)",
	"if 1:\n    print(1)\n  print(2)",
	"if 1:\n \tprint(1)", "else: pass", "elif 1: pass", "not", "a = yield", "@a", "a !",
	"a $ b",
	"a and and b", "x is 3", "'\\N{DASH}'", "'\\0'", "None = 1", "a = b := 3", "...", "a = ...",
};

START_TEST(is_left_to_python)
{
	const char *text = outside_rows[_i];

	ck_assert_msg(!code_parse(arena, text, strlen(text), BASE), "%s", text);
}
END_TEST

/* @at: the part the span covers, NULL: anywhere. */
static const struct {
	const char *text;
	int rc;
	const char *at, *message, *values, *printed;
} bad_rows[] = {
	{ "print('before')\nassert tcpi_snd_cwnd == 12, 'cwnd=%d' % tcpi_snd_cwnd\nprint('after')",
	  1,
	  "tcpi_snd_cwnd == 12", "tcpi_snd_cwnd == 12 is false: cwnd=10", "tcpi_snd_cwnd is 10",
	  "before\n" },
	{ "base = 3; assert tcpi_snd_cwnd - base == 4", 1, "tcpi_snd_cwnd - base == 4",
	  "tcpi_snd_cwnd - base == 4 is false",
	  "tcpi_snd_cwnd - base is 7\ntcpi_snd_cwnd is 10\nbase is 3", "" },
	{ "assert tcpi_state == TCP_ESTABLISHED, tcpi_state", 1, "tcpi_state == TCP_ESTABLISHED",
	  "tcpi_state == TCP_ESTABLISHED is false: 8",
	  "tcpi_state is 8 (TCP_CLOSE_WAIT)\nTCP_ESTABLISHED is 1", "" },
	{ "if 1:\n  assert ''", 1, "''", "'' is '', which counts as false", "", "" },
	{ "counter = 1\nprint(countr)", -ERR_UNKNOWN, "countr",
	  "the socket has no such variable; did you mean 'counter'?", "", "" },
	{ "assert state == ESTABLISHED", -ERR_UNKNOWN, "state", "the socket has no such variable",
	  "", "" },
	{ "a = 1 / (tcpi_snd_cwnd - 10)", -ERR_RANGE, "1 / (tcpi_snd_cwnd - 10)",
	  "division by zero", "tcpi_snd_cwnd is 10", "" },
	{ "a = 4611686018427387904\na += a", -ERR_RANGE, "a", "the result does not fit in 64 bits",
	  NULL, "" },
	{ "a, b = 1", -ERR_RANGE, "a, b", "2 names cannot take a number", "", "" },
	{ "a, b = 1, 2, 3", -ERR_RANGE, "a, b", "2 names cannot take a tuple of 3 parts", "", "" },
	{ "print(1, sep=2)", -ERR_RANGE, "2", "sep and end of print() are strings", NULL, "" },
	{ "print('%d %d' % 1)", -ERR_RANGE, "'%d %d' % 1", "not enough arguments for the format",
	  NULL, "" },
	{ "print('%d' % (1, 2))", -ERR_RANGE, "'%d' % (1, 2)",
	  "not all arguments are used by the format", NULL, "" },
	{ "print('%y' % 1)", -ERR_RANGE, "'%y' % 1", "the format has an unknown conversion %y",
	  NULL, "" },
	{ "print('%9999d' % 1)", -ERR_RANGE, "'%9999d' % 1",
	  "a width or precision in the format is too large", NULL, "" },
};

START_TEST(fails_with_a_reason)
{
	const char *text = bad_rows[_i].text;
	struct buf printed = { 0 };
	struct expr_failure f;

	ck_assert_int_eq(run_with(code_vars_new(arena), 10, text, &printed, &f), bad_rows[_i].rc);
	ck_assert_str_eq(f.message, bad_rows[_i].message);
	if (bad_rows[_i].values)
		ck_assert_str_eq(f.values, bad_rows[_i].values);
	ck_assert_ptr_nonnull(f.values);
	ck_assert_str_eq(buf_str(&printed), bad_rows[_i].printed);
	ck_assert_uint_ge(f.span.off, BASE);
	ck_assert_uint_eq(f.span.len, strlen(bad_rows[_i].at));
	ck_assert_int_eq(strncmp(text + f.span.off - BASE, bad_rows[_i].at, f.span.len), 0);
	buf_fini(&printed);
}
END_TEST

START_TEST(variables_live_across_blocks)
{
	struct code_vars *vars = code_vars_new(arena), *other = code_vars_new(arena);
	struct buf printed = { 0 };
	struct expr_failure f;

	ck_assert_int_eq(run_with(vars, 10, "base = tcpi_snd_cwnd; s = 'a', [base]", &printed,
				  &f), 0);
	ck_assert_int_eq(run_with(vars, 14, "assert tcpi_snd_cwnd - base == 4; print(s)", &printed,
				  &f), 0);
	ck_assert_str_eq(buf_str(&printed), "('a', [10])\n");
	ck_assert_int_eq(run_with(other, 14, "base", &printed, &f), -ERR_UNKNOWN);
	buf_fini(&printed);
}
END_TEST

static const struct {
	const char *text, *message;
} growth_rows[] = {
	{ "a = (a, a)", "the tuple gets too large" },
	{ "a = a,", "the tuple gets too large" },
	{ "a = [a] + [a]", "the tuple gets too large" },
	{ "s = s + s", "the string gets too long" },
	{ "s = '%s%s' % (s, s)", "the string gets too long" },
	{ "n = n * n", "the result does not fit in 64 bits" },
};

/* A script that doubles something again and again ends with an error, not with the memory. */
START_TEST(growth_is_bounded)
{
	struct code_vars *vars = code_vars_new(arena);
	struct buf printed = { 0 };
	struct expr_failure f;
	int rc = run_with(vars, 10, "a = 1; s = 'x'; n = 3", &printed, &f);

	for (int i = 0; rc == 0 && i < 1000; i++)
		rc = run_with(vars, 10, growth_rows[_i].text, &printed, &f);
	ck_assert_int_eq(rc, -ERR_RANGE);
	ck_assert_str_eq(f.message, growth_rows[_i].message);
	buf_fini(&printed);
}
END_TEST

START_TEST(printing_is_bounded)
{
	struct code_vars *vars = code_vars_new(arena);
	struct buf printed = { 0 };
	struct expr_failure f;

	for (int i = 0; i < 20; i++)
		ck_assert_int_eq(run_with(vars, 10, "print('x' * 60000)", &printed, &f), 0);
	ck_assert_uint_gt(printed.len, 200000);
	ck_assert_uint_lt(printed.len, 300000);
	buf_fini(&printed);
}
END_TEST

static uint32_t next_random(uint32_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 17;
	*state ^= *state << 5;
	return *state;
}

enum { MUTATIONS = 20000, MUTANT_MAX_BYTES = 300 };

START_TEST(any_bytes_are_survived)
{
	static const char letters[] = "()[]<>=!%*/+-.,:;'\"\\# 019aesx_\n\t\r\0\xff";
	uint32_t state = 88172645;
	int64_t cwnd = 10;

	for (int i = 0; i < MUTATIONS; i++) {
		struct expr_env env = { .ctx = &cwnd, .arena = arena, .name = env_name };
		uint32_t row = next_random(&state) % (ARRAY_LEN(good_rows) + ARRAY_LEN(bad_rows));
		char text[MUTANT_MAX_BYTES + 1];
		size_t len = (size_t)snprintf(text, sizeof(text), "%s ",
					      row < ARRAY_LEN(good_rows)
						      ? good_rows[row].text
						      : bad_rows[row - ARRAY_LEN(good_rows)].text);
		struct buf printed = { 0 };
		struct expr_failure f;
		struct code *c;

		ck_assert_uint_lt(len, sizeof(text));
		for (uint32_t n = next_random(&state) % 4; n > 0; n--)
			text[next_random(&state) % len] =
				letters[next_random(&state) % (sizeof(letters) - 1)];
		c = code_parse(arena, text, len, 0);
		if (c && code_run(c, code_vars_new(arena), &env, &printed, &f) != 0)
			ck_assert(f.message && f.values);
		buf_fini(&printed);
		arena_free(arena);
		arena = arena_new();
	}
}
END_TEST

START_TEST(depth_is_bounded)
{
	struct buf b = { 0 };

	for (int i = 0; i < 1000; i++) {
		buf_pad(&b, ' ', (size_t)i);
		buf_puts(&b, "if 1:\n");
	}
	buf_pad(&b, ' ', 1000);
	buf_puts(&b, "pass\n");
	ck_assert_ptr_null(code_parse(arena, b.data, b.len, 0));
	buf_clear(&b);
	buf_puts(&b, "if 0: pass\n");
	for (int i = 0; i < 100000; i++)
		buf_puts(&b, "elif 0: pass\n");
	ck_assert_ptr_null(code_parse(arena, b.data, b.len, 0));
	buf_clear(&b);
	for (int i = 0; i < 100000; i++)
		buf_puts(&b, "x = ");
	buf_puts(&b, "1");
	ck_assert_ptr_nonnull(code_parse(arena, b.data, b.len, 0));
	buf_fini(&b);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("code");
	TCase *tc = tcase_create("all");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_set_timeout(tc, 60);
	tcase_add_loop_test(tc, does_what_python_does, 0, ARRAY_LEN(good_rows));
	tcase_add_loop_test(tc, is_left_to_python, 0, ARRAY_LEN(outside_rows));
	tcase_add_loop_test(tc, fails_with_a_reason, 0, ARRAY_LEN(bad_rows));
	tcase_add_test(tc, variables_live_across_blocks);
	tcase_add_loop_test(tc, growth_is_bounded, 0, ARRAY_LEN(growth_rows));
	tcase_add_test(tc, printing_is_bounded);
	tcase_add_test(tc, any_bytes_are_survived);
	tcase_add_test(tc, depth_is_bounded);
	suite_add_tcase(s, tc);
	return unit_run(s);
}
