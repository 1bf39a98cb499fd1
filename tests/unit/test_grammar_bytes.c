/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Any bytes are survived: random ones, and valid scripts with bytes changed, cut or doubled. What
 * still parses must print and come back as the same tree. Fixed seed, so a failure repeats.
 */
#include <check.h>
#include <stdint.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/diag.h"
#include "base/util.h"
#include "grammar/parse.h"
#include "unit.h"

enum { RANDOM_RUNS = 2000, MUTATED_RUNS = 6000, RANDOM_MAX_BYTES = 200 };

static const char valid[] =
	"--mss=1000 // c\n--define=A=3\n`init`\n"
	" 0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3\n"
	"+0...1 f({fd=3, events=A|B}, [1], \"x\\\"y\", {(label 3, tc 0, [S])}) = -1 EINVAL (no)\n"
	"+.1~+.2 < [ect0] P.5 1:11(10)! ack 7 win 1~2 <mss 5,sack 1:2 3:4,FO A> {a.b=1} as n\n"
	"* > gre flags [a b] sum 0x0: mpls (label 1): udp 1 > 2 (5)\n"
	"+0 < icmp unreachable frag_needed mtu 12 [1:2(1)]\n"
	"+0 %{ a = {} }%\n+1 assert f(a, // no\n b) /* c */\n+0 quiet 1.5\n`end`\n";

/* Characters that mean something, so that random text is more than one error. */
static const char alphabet[] = "+*0123456789.:()[]{}<>,=~|-!#`\"'/*%\\ \n\tSFPackwin_as\r";

static uint32_t state;

static uint32_t next_random(uint32_t below)
{
	state ^= state << 13;
	state ^= state >> 17;
	state ^= state << 5;
	return state % below;
}

static void check_back(struct arena *a, const struct ast_script *s)
{
	struct buf text = { 0 }, again = { 0 };
	struct source src;
	struct diags d;
	struct ast_script *t;

	grammar_print(s, &text);
	source_from_text(a, "printed", text.data, text.len, &src);
	diags_init(&d, a, &src);
	t = grammar_parse(a, &src, NULL, &d);
	ck_assert_msg(t != NULL, "printed text does not parse: %s", buf_str(&text));
	ck_assert_msg(grammar_same(s, t), "another tree: %s", buf_str(&text));
	grammar_print(t, &again);
	ck_assert_str_eq(buf_str(&again), buf_str(&text));
	buf_fini(&text);
	buf_fini(&again);
}

static bool survive(const char *text, size_t len)
{
	struct arena *a = arena_new();
	struct buf out = { 0 };
	struct source src;
	struct diags d;
	struct ast_script *s;

	source_from_text(a, "bytes", text, len, &src);
	diags_init(&d, a, &src);
	s = grammar_parse(a, &src, NULL, &d);
	ck_assert_int_eq(s == NULL, d.n_errors > 0);
	diags_render(&d, &out);
	if (s)
		check_back(a, s);
	buf_fini(&out);
	arena_free(a);
	return s != NULL;
}

START_TEST(random_bytes_are_survived)
{
	char text[RANDOM_MAX_BYTES];

	state = 1;
	for (int run = 0; run < RANDOM_RUNS; run++) {
		size_t len = next_random(RANDOM_MAX_BYTES);

		for (size_t i = 0; i < len; i++)
			text[i] = run % 2 ? (char)next_random(256) :
					    alphabet[next_random(sizeof(alphabet) - 1)];
		survive(text, len);
	}
}
END_TEST

static size_t mutate(char *text, size_t len)
{
	size_t at = next_random((uint32_t)len), n = 1 + next_random(20);

	if (n > len - at)
		n = len - at;
	switch (next_random(4)) {
	case 0:
		text[at] = alphabet[next_random(sizeof(alphabet) - 1)];
		return len;
	case 1:
		text[at] = (char)next_random(256);
		return len;
	case 2:
		memmove(text + at, text + at + n, len - at - n);
		return len - n;
	}
	memmove(text + at + n, text + at, len - at);
	return len + n;
}

START_TEST(mutated_scripts_are_survived)
{
	char text[sizeof(valid) + 100];
	size_t n_valid = 0;

	state = 2;
	ck_assert(survive(valid, strlen(valid)));
	for (int run = 0; run < MUTATED_RUNS; run++) {
		size_t len = strlen(valid);

		memcpy(text, valid, sizeof(valid));
		for (uint32_t i = 1 + next_random(3); i > 0; i--)
			len = mutate(text, len);
		n_valid += survive(text, len);
	}
	ck_assert_uint_gt(n_valid, MUTATED_RUNS / 20);
}
END_TEST

/* Every prefix: the script may end anywhere. */
START_TEST(cut_scripts_are_survived)
{
	for (size_t len = 0; len < strlen(valid); len++)
		survive(valid, len);
}
END_TEST

/* The same opening a great many times. */
START_TEST(deep_nesting_is_survived)
{
	static const char *const openings[] = { "(", "[", "{", "a(", "{a=", "\"", "`", "%{", "/*", "<",
						"0 f(", "+", "a.", "1:" };
	struct buf text = { 0 };

	buf_puts(&text, "0 f(");
	for (int i = 0; i < 20000; i++)
		buf_puts(&text, openings[_i]);
	ck_assert(!survive(text.data, text.len));
	buf_fini(&text);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("grammar_bytes");
	TCase *t = tcase_create("bytes");

	tcase_set_timeout(t, 60);
	tcase_add_test(t, random_bytes_are_survived);
	tcase_add_test(t, mutated_scripts_are_survived);
	tcase_add_test(t, cut_scripts_are_survived);
	tcase_add_loop_test(t, deep_nesting_is_survived, 0, 14);
	suite_add_tcase(s, t);
	return unit_run(s);
}
