/* SPDX-License-Identifier: BSD-2-Clause */
/* Expressions of assert events: what they mean, how they fail, and what is said about it. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/diag.h"
#include "base/err.h"
#include "base/util.h"
#include "grammar/parse.h"
#include "script/code_names.h"
#include "script/expr.h"
#include "unit.h"

enum { BASE = 1000 };

static struct arena *arena;

static void setup(void)
{
	arena = arena_new();
}

static void teardown(void)
{
	arena_free(arena);
}

/* How often the environment was asked: an expression may ask for one place once only. */
struct asked {
	unsigned int names, calls;
};

static int env_name(void *ctx, const char *name, struct value *out, const char **why)
{
	static const struct {
		const char *name;
		int64_t value;
	} rows[] = { { "tcpi_snd_cwnd", 10 }, { "tcpi_state", 8 },   { "tcpi_options", 7 },
		     { "tcpi_ca_state", 3 },  { "tcpi_rtt", 30000 }, { "zero", 0 },
		     { "big", INT64_MAX } };
	struct asked *asked = ctx;

	asked->names++;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		if (strcmp(rows[i].name, name) == 0) {
			*out = (struct value){ .kind = VALUE_INT, .i = rows[i].value };
			return 0;
		}
	}
	if (strcmp(name, "gone") == 0)
		*why = "there is no socket yet";
	return -ERR_UNKNOWN;
}

static int env_member(void *ctx, const char *object, const char *member, struct value *out,
		      const char **why)
{
	static const struct {
		const char *object;
		double time;
	} rows[] = { { "syn1", 0.1 }, { "syn2", 1.1 }, { "syn3", 3.4 } };

	(void)ctx;
	(void)why;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		if (strcmp(rows[i].object, object) != 0)
			continue;
		if (strcmp(member, "time") == 0)
			*out = (struct value){ .kind = VALUE_TIME, .f = rows[i].time };
		else if (strcmp(member, "win") == 0)
			*out = (struct value){ .kind = VALUE_INT, .i = 65535 };
		else
			return -ERR_UNKNOWN;
		return 0;
	}
	return -ERR_UNKNOWN;
}

static int env_call(void *ctx, const char *function, const struct value *arg, size_t n,
		    struct value *out, const char **why)
{
	struct asked *asked = ctx;

	(void)arg;
	(void)why;
	asked->calls++;
	if (strcmp(function, "state") != 0 || n > 1)
		return -ERR_UNKNOWN;
	*out = (struct value){ .kind = VALUE_STATE, .i = TCP_STATE_SYN_SENT };
	return 0;
}

static const struct expr *parse(const char *text, struct diags *d)
{
	diags_init(d, arena, NULL);
	return expr_parse(arena, text, strlen(text), BASE, NULL, d);
}

static int check(const char *text, struct expr_failure *f, struct asked *asked)
{
	struct expr_env env = { .ctx = asked, .arena = arena, .name = env_name,
				.member = env_member, .call = env_call };
	struct diags d;
	const struct expr *e = parse(text, &d);

	*asked = (struct asked){ 0 };
	ck_assert_msg(e != NULL, "%s: %s", text, d.first ? d.first->message : "no message");
	return expr_check(e, &env, f);
}

static const char *const true_rows[] = {
	"state() == SYN_SENT",
	"state(4) != ESTABLISHED",
	"state() in (LISTEN, SYN_SENT)",
	"state() not in [SYN_RCVD, FIN_WAIT1]",
	"state() == TCP_SYN_SENT",
	"TCP_SYN_SENT == state()",
	"tcpi_state == TCP_CLOSE_WAIT",
	"SYN_RCVD == SYN_RECEIVED and FIN_WAIT1 == FIN_WAIT_1 and FIN_WAIT2 == FIN_WAIT_2",
	"tcpi_ca_state == TCP_CA_Recovery",
	"tcpi_options & TCPI_OPT_SACK",
	"tcpi_snd_cwnd >= 10 and not zero",
	"0 < tcpi_snd_cwnd <= 10 < 11",
	"syn1.win == 0xffff",
	"syn2.time - syn1.time == 1s",
	"syn2.time - syn1.time == 1000ms == 1000000us == 1e9ns",
	"0.1s + 0.2s == 300ms and 0.1s + 0.2s <= 300ms and not 0.1s + 0.2s > 300ms",
	"300ms != 300.001us",
	"syn2.time > syn1.time > 0",
	"(syn3.time - syn2.time) / (syn2.time - syn1.time) > 2.2",
	"within(syn3.time - syn2.time, 2 * (syn2.time - syn1.time), 15%)",
	"within(110, 100, 10% ) and within(90, 100, 10%)",
	"not within(111, 100, 10%)",
	"not within(111, 100, 10)",
	"within(1.1, 1.0, 0.1)",
	"within(1.1s, 1s, 100ms)",
	"within(1s, 1s, 0)",
	"abs(-3) == 3 and max(1, 2) == 2 and min((4, 3)) == 3 and len('abc') == 3",
	"max(1s, 300ms) == 1s and abs(-1s) == 1s",
	"7 // -2 == -4 and 7 % -2 == -1 and -7 % 2 == 1 and 7 / 2 == 3.5",
	"2 ** 10 == 1024 and -2 ** 2 == -4 and 2 ** -1 == 0.5 and 2 ** 3 ** 2 == 512",
	"1 << 62 == 4611686018427387904 and -1 >> 70 == -1 and ~5 == -6",
	"(1 if zero else 2) == 2",
	"(0 or 'x') == 'x' and (1 and 2) == 2",
	"'a' in 'cat' and 'b' not in 'cat' and 1 == 1.0 == True",
	"None is None and 1 is not None",
	"(1, 2)[1] == 2 and 'abc'[-1] == 'c' and [1, 2] != (1, 2)",
	"'%s %d %r' % ('a', 2, 'b') == \"a 2 'b'\"",
	"'%.3f' % (syn2.time) == '1.100'",
	"(tcpi_snd_cwnd\n == 10)",
	"big == 9223372036854775807",
	"9007199254740993 != 9007199254740992.0",
	"1, 'a message'",
};

START_TEST(holds)
{
	struct expr_failure f;
	struct asked asked;
	int rc = check(true_rows[_i], &f, &asked);

	ck_assert_msg(rc == 1, "%s: %d %s", true_rows[_i], rc, f.message);
	ck_assert_ptr_null(f.message);
}
END_TEST

static const struct definition defs[] = {
	{ "TIMES", "zero", &defs[1] },
	{ "zero", "tcpi_snd_cwnd", &defs[2] },    /* not what TIMES stands for */
	{ "TEN", "10", &defs[3] },
	{ "BELOW", "-3", &defs[4] },
	{ "LONG", "1s", &defs[5] },
	{ "WORD", "\"cat\"", &defs[6] },
	{ "STATE", "SYN_SENT", &defs[7] },
	{ "PACKET", "syn1", &defs[8] },
	{ "BROKEN", "1 2", NULL },
};

static const char *const defined_rows[] = {
	"zero == TEN", "TIMES == 0", "0 < zero <= TEN < 11", "TEN + BELOW == 7", "syn2.time - PACKET.time == LONG",
	"WORD == 'cat'", "state(4) == STATE", "'TEN' != TEN",
};

START_TEST(words_are_replaced)
{
	struct asked asked = { 0 };
	struct expr_env env = { .ctx = &asked, .arena = arena, .name = env_name,
				.member = env_member, .call = env_call };
	struct expr_failure f = { 0 };
	struct diags d;
	struct expr *e;

	diags_init(&d, arena, NULL);
	e = expr_parse(arena, defined_rows[_i], strlen(defined_rows[_i]), 0, defs, &d);
	ck_assert_msg(e != NULL, "%s: %s", defined_rows[_i], d.first ? d.first->message : "");
	ck_assert_msg(expr_check(e, &env, &f) == 1, "%s: %s", defined_rows[_i], f.message);
}
END_TEST

/* @at: the part that the span must cover. */
static const struct {
	const char *text, *at, *message, *values;
} false_rows[] = {
	{ "state(4) == ESTABLISHED", "state(4) == ESTABLISHED",
	  "state(4) == ESTABLISHED is false",
	  "state(4) is SYN_SENT" },
	{ "within(syn3.time - syn2.time, 2 * (syn2.time - syn1.time), 5%)",
	  "within(syn3.time - syn2.time, 2 * (syn2.time - syn1.time), 5%)",
	  "within(syn3.time - syn2.time, 2 * (syn2.time - syn1.time), 5%) is false",
	  "syn3.time - syn2.time is 2.3s\n"
	  "2 * (syn2.time - syn1.time) is 2s\n"
	  "they differ by 300ms; allowed is 100ms, 5% of 2s\n"
	  "syn3.time is 3.4s\n"
	  "syn2.time is 1.1s\n"
	  "syn1.time is 100ms" },
	{ "not within(tcpi_rtt, 30001, 1)", "not within(tcpi_rtt, 30001, 1)",
	  "not within(tcpi_rtt, 30001, 1) is false",
	  "within(tcpi_rtt, 30001, 1) is true\n"
	  "they differ by 1; allowed is 1\n"
	  "tcpi_rtt is 30000" },
	{ "tcpi_snd_cwnd == 10 and tcpi_state == TCP_ESTABLISHED", "tcpi_state == TCP_ESTABLISHED",
	  "tcpi_snd_cwnd == 10 and tcpi_state == TCP_ESTABLISHED is false",
	  "tcpi_state == TCP_ESTABLISHED is false\n"
	  "tcpi_state is 8 (TCP_CLOSE_WAIT)\n"
	  "TCP_ESTABLISHED is 1" },
	{ "1 < tcpi_snd_cwnd < 5 < zero, 'cwnd=%d' % tcpi_snd_cwnd", "tcpi_snd_cwnd < 5",
	  "1 < tcpi_snd_cwnd < 5 < zero is false: cwnd=10",
	  "tcpi_snd_cwnd < 5 is false\n"
	  "tcpi_snd_cwnd is 10" },
	{ "tcpi_options & TCPI_OPT_ECN", "tcpi_options & TCPI_OPT_ECN",
	  "tcpi_options & TCPI_OPT_ECN is 0, which counts as false",
	  "tcpi_options is 7 (TCPI_OPT_TIMESTAMPS|TCPI_OPT_SACK|TCPI_OPT_WSCALE)\n"
	  "TCPI_OPT_ECN is 8" },
	{ "abs(tcpi_snd_cwnd - 12) <= 1 or syn1.win < 10",
	  "abs(tcpi_snd_cwnd - 12) <= 1 or syn1.win < 10",
	  "abs(tcpi_snd_cwnd - 12) <= 1 or syn1.win < 10 is false",
	  "abs(tcpi_snd_cwnd - 12) <= 1 is false\n"
	  "syn1.win < 10 is false\n"
	  "tcpi_snd_cwnd is 10\n"
	  "syn1.win is 65535" },
	{ "tcpi_snd_cwnd\n\t+ tcpi_snd_cwnd  == 21", "tcpi_snd_cwnd\n\t+ tcpi_snd_cwnd  == 21",
	  "tcpi_snd_cwnd + tcpi_snd_cwnd == 21 is false",
	  "tcpi_snd_cwnd + tcpi_snd_cwnd is 20\n"
	  "tcpi_snd_cwnd is 10" },
	{ "zero", "zero", "zero is 0, which counts as false", "zero is 0" },
	{ "'a' == 'b', nobody", "'a' == 'b'",
	  "'a' == 'b' is false: (its message has no value: nothing is called 'nobody')", "" },
};

static void check_span(const struct expr_failure *f, const char *text, const char *at)
{
	ck_assert_uint_eq(f->span.off, BASE + (uint32_t)(strstr(text, at) - text));
	ck_assert_uint_eq(f->span.len, strlen(at));
}

START_TEST(does_not_hold)
{
	struct expr_failure f;
	struct asked asked;

	ck_assert_int_eq(check(false_rows[_i].text, &f, &asked), 0);
	ck_assert_str_eq(f.message, false_rows[_i].message);
	ck_assert_str_eq(f.values, false_rows[_i].values);
	check_span(&f, false_rows[_i].text, false_rows[_i].at);
}
END_TEST

static const struct {
	const char *text, *at, *message;
	int rc;
} error_rows[] = {
	{ "1 + nobody == 2", "nobody", "nothing is called 'nobody'", -ERR_UNKNOWN },
	{ "TCP_ESTABLISHD == 2", "TCP_ESTABLISHD",
	  "nothing is called 'TCP_ESTABLISHD'; did you mean 'TCP_ESTABLISHED'?", -ERR_UNKNOWN },
	{ "gone", "gone", "there is no socket yet", -ERR_UNKNOWN },
	{ "syn1.foo == 1", "syn1.foo", "there is no 'syn1.foo'", -ERR_UNKNOWN },
	{ "foo(1)", "foo(1)", "there is no function 'foo'", -ERR_UNKNOWN },
	{ "2 == 1 / zero", "1 / zero", "division by zero", -ERR_RANGE },
	{ "1 // zero", "1 // zero", "division by zero", -ERR_RANGE },
	{ "1.5 % zero", "1.5 % zero", "division by zero", -ERR_RANGE },
	{ "big + 1", "big + 1", "the result does not fit in 64 bits", -ERR_RANGE },
	{ "-big - 2", "-big - 2", "the result does not fit in 64 bits", -ERR_RANGE },
	{ "big * -2", "big * -2", "the result does not fit in 64 bits", -ERR_RANGE },
	{ "(-big - 1) // -1", "(-big - 1) // -1", "the result does not fit in 64 bits",
	  -ERR_RANGE },
	{ "-(-big - 1)", "-(-big - 1)", "the result does not fit in 64 bits", -ERR_RANGE },
	{ "2 ** 63", "2 ** 63", "the result does not fit in 64 bits", -ERR_RANGE },
	{ "1 << 63", "1 << 63", "the result does not fit in 64 bits", -ERR_RANGE },
	{ "1 << -1", "1 << -1", "a shift by less than 0 bits", -ERR_RANGE },
	{ "state() == 2", "state() == 2",
	  "a state cannot be compared with a number; compare state() with ESTABLISHED and "
	  "tcpi_state with TCP_ESTABLISHED", -ERR_RANGE },
	{ "tcpi_state == CLOSE_WAIT", "tcpi_state == CLOSE_WAIT",
	  "a state cannot be compared with a number; compare state() with ESTABLISHED and "
	  "tcpi_state with TCP_ESTABLISHED", -ERR_RANGE },
	{ "state() == 'SYN_SENT'", "state() == 'SYN_SENT'",
	  "a state is compared with a word without quotes: state() == ESTABLISHED", -ERR_RANGE },
	{ "state() < SYN_SENT", "state() < SYN_SENT", "states have no order; use == or !=",
	  -ERR_RANGE },
	{ "not state()", "state()",
	  "a state is neither true nor false; compare it, as in state() == ESTABLISHED",
	  -ERR_RANGE },
	{ "syn2.time > 1", "syn2.time > 1",
	  "a time cannot be compared with a plain number; give the number a unit (0.2s, 30ms)",
	  -ERR_RANGE },
	{ "syn2.time + 1 > 1s", "syn2.time + 1",
	  "a time and a plain number do not go together; give the number a unit (0.2s, 30ms)",
	  -ERR_RANGE },
	{ "within(syn2.time, 1s, 1)", "within(syn2.time, 1s, 1)",
	  "the tolerance of times needs a unit (10ms) or a percentage (5%)", -ERR_RANGE },
	{ "within(1, 1, -1)", "within(1, 1, -1)", "a tolerance cannot be negative", -ERR_RANGE },
	{ "'a' + 1", "'a' + 1", "'+' does not work between a string and a number", -ERR_RANGE },
	{ "1 < 'a'", "1 < 'a'", "a number cannot be compared with a string", -ERR_RANGE },
	{ "(1, 2)[2]", "(1, 2)[2]", "index 2 is out of range: there are 2 parts", -ERR_RANGE },
	{ "'%d' % 'x'", "'%d' % 'x'", "%d wants a whole number, not a string", -ERR_RANGE },
	{ "'x' * 99999", "'x' * 99999", "the string gets too long", -ERR_RANGE },
	{ "(1,) * 999999", "(1,) * 999999", "the list gets too long", -ERR_RANGE },
};

START_TEST(cannot_be_evaluated)
{
	struct expr_failure f;
	struct asked asked;

	ck_assert_int_eq(check(error_rows[_i].text, &f, &asked), error_rows[_i].rc);
	ck_assert_str_eq(f.message, error_rows[_i].message);
	ck_assert_ptr_nonnull(f.values);
	check_span(&f, error_rows[_i].text, error_rows[_i].at);
}
END_TEST

START_TEST(an_error_shows_what_was_known)
{
	struct expr_failure f;
	struct asked asked;

	ck_assert_int_eq(check("tcpi_snd_cwnd / zero > 1", &f, &asked), -ERR_RANGE);
	ck_assert_str_eq(f.values, "tcpi_snd_cwnd is 10\nzero is 0");
}
END_TEST

static const struct {
	const char *text, *message;
	uint32_t off, len;
	const char *hint;
} syntax_rows[] = {
	{ "", "there is nothing to assert", 0, 1, "for example: assert state() == ESTABLISHED" },
	{ "state() = SYN_SENT", "'=' does not compare", 8, 1, "write == to compare" },
	{ "(a = 1)", "'=' does not compare", 3, 1, "write == to compare" },
	{ "a === b", "unknown operator '==='", 2, 3, "write == to compare" },
	{ "a && b", "unknown operator '&&'", 2, 2, "write 'and'" },
	{ "a || b", "unknown operator '||'", 2, 2, "write 'or'" },
	{ "!a", "unknown operator '!'", 0, 1, "write 'not'" },
	{ "a <> b", "unknown operator '<>'", 2, 2, "write !=" },
	{ "a ? b : c", "unknown operator '?'", 2, 1, "write VALUE if CONDITION else OTHER" },
	{ "a $ b", "unexpected character '$'", 2, 1, NULL },
	{ "a \x01 b", "unexpected byte 0x01", 2, 1, NULL },
	{ "(1 + 2", "'(' is never closed", 0, 1, NULL },
	{ "f(a[1)", "expected ',' or ']' instead of ')'", 5, 1, NULL },
	{ "1 + 2)", "')' cannot follow the expression", 5, 1,
	  "there is no opening bracket before it" },
	{ "1 +", "expected a value instead of the end", 3, 1, NULL },
	{ "1 + )", "expected a value before ')'", 4, 1, NULL },
	{ "a b", "'b' cannot follow the expression", 2, 1, NULL },
	{ "a += 1", "'+=' cannot follow the expression", 2, 2,
	  "assert events change nothing; %{ }% blocks have variables" },
	{ "state() is SYN_SENT", "'is' compares with None, True and False only", 0, 19,
	  "write == to compare" },
	{ "a not b", "expected 'in' after 'not'", 6, 1, NULL },
	{ "a if b", "expected 'else' instead of the end", 6, 1, NULL },
	{ "lambda x", "expected a value instead of 'lambda'", 0, 6, NULL },
	{ "\"abc", "the string has no closing \"", 0, 1, NULL },
	{ "'\\x1'", "no such character escape", 1, 3, NULL },
	{ "f'x'", "strings with a prefix are not known here", 0, 2, "leave the letters out" },
	{ "5msec", "'5msec' is neither a number nor a time", 0, 5,
	  "units of time are ns, us, ms and s" },
	{ "017", "a number must not begin with 0", 0, 3, "octal numbers are written 0o17" },
	{ "0x", "a digit does not belong to this number", 0, 3, NULL },
	{ "99999999999999999999", "the number does not fit in 64 bits", 0, 20, NULL },
	{ "a == 10%", "a percentage can only be the tolerance of within()", 5, 3,
	  "for example within(x, y, 10%)" },
	{ "within(1, 10%, 2)", "a percentage can only be the tolerance of within()", 10, 3,
	  "for example within(x, y, 10%)" },
	{ "within(1, 2)", "within() takes 3 arguments, not 2", 0, 12,
	  "write within(VALUE, EXPECTED, TOLERANCE): 5% or 10ms" },
	{ "round()", "round() does not take 0 arguments", 0, 7, NULL },
	{ "a.b.c", "'.' cannot follow this", 3, 1, NULL },
	{ "a.1", "'.1' cannot follow the expression", 1, 2, NULL },
	{ "(a, b)", "a tuple is always true", 0, 6, "leave the brackets out" },
};

START_TEST(is_refused)
{
	struct diags d;

	ck_assert_ptr_null(parse(syntax_rows[_i].text, &d));
	ck_assert_uint_eq(d.n_errors, 1);
	ck_assert_str_eq(d.first->message, syntax_rows[_i].message);
	ck_assert_uint_eq(d.first->span.off, BASE + syntax_rows[_i].off);
	ck_assert_uint_eq(d.first->span.len, syntax_rows[_i].len);
	if (syntax_rows[_i].hint)
		ck_assert_str_eq(d.first->hint, syntax_rows[_i].hint);
	else
		ck_assert_ptr_null(d.first->hint);
}
END_TEST

static void note_use(void *ctx, enum expr_use use, const char *name, const char *member,
		     size_t n_args, struct span span)
{
	static const char letters[] = "nof";

	ck_assert_uint_ge(span.off, BASE);
	buf_printf(ctx, "%c:%s%s%s/%zu ", letters[use], name, member ? "." : "",
		   member ? member : "", n_args);
}

START_TEST(uses_are_visited)
{
	struct buf b = { 0 };
	struct diags d;
	const struct expr *e = parse("a < syn1.time < f(b, 2) and state() == ESTABLISHED and "
				     "tcpi_state == TCP_CLOSE and within(1, c, 5%), why",
				     &d);

	ck_assert_ptr_nonnull(e);
	expr_visit(e, note_use, &b);
	ck_assert_str_eq(buf_str(&b), "n:a/0 o:syn1.time/0 f:f/2 n:b/0 f:state/0 n:tcpi_state/0 "
				      "f:within/3 n:c/0 n:why/0 ");
	buf_fini(&b);
	ck_assert(expr_has_builtin("within") && expr_has_builtin("abs"));
	ck_assert(!expr_has_builtin("state"));
}
END_TEST

/* What a middle operand asks of the stack is asked once, and nothing behind a decision is. */
START_TEST(nothing_is_asked_twice)
{
	struct expr_failure f;
	struct asked asked;

	ck_assert_int_eq(check("0 < tcpi_snd_cwnd < 20", &f, &asked), 1);
	ck_assert_uint_eq(asked.names, 1);
	ck_assert_int_eq(check("1 or state()", &f, &asked), 1);
	ck_assert_uint_eq(asked.calls, 0);
	ck_assert_int_eq(check("state() == LISTEN and gone", &f, &asked), 0);
	ck_assert_uint_eq(asked.calls, 1);
	ck_assert_uint_eq(asked.names, 0);
}
END_TEST

static const struct {
	struct value value;
	const char *text;
} text_rows[] = {
	{ { .kind = VALUE_NONE }, "None" },
	{ { .kind = VALUE_BOOL, .i = 1 }, "True" },
	{ { .kind = VALUE_INT, .i = INT64_MIN }, "-9223372036854775808" },
	{ { .kind = VALUE_FLOAT, .f = 0.1 }, "0.1" },
	{ { .kind = VALUE_FLOAT, .f = 100 }, "100.0" },
	{ { .kind = VALUE_FLOAT, .f = 1e16 }, "1e+16" },
	{ { .kind = VALUE_FLOAT, .f = 1.25e-7 }, "1.25e-07" },
	{ { .kind = VALUE_FLOAT, .f = -0.0 }, "-0.0" },
	{ { .kind = VALUE_STR, .s = "it's" }, "it's" },
	{ { .kind = VALUE_STATE, .i = TCP_STATE_FIN_WAIT_2 }, "FIN_WAIT_2" },
	{ { .kind = VALUE_TIME, .f = 0 }, "0s" },
	{ { .kind = VALUE_TIME, .f = 1.05 }, "1.05s" },
	{ { .kind = VALUE_TIME, .f = 1.3 - 1.1 }, "200ms" },
	{ { .kind = VALUE_TIME, .f = 0.0305 }, "30.5ms" },
	{ { .kind = VALUE_TIME, .f = -3e-5 }, "-30us" },
	{ { .kind = VALUE_TIME, .f = 7e-9 }, "7ns" },
	{ { .kind = VALUE_TIME, .f = 120 }, "120s" },
};

START_TEST(values_as_text)
{
	struct buf b = { 0 };

	value_text(&text_rows[_i].value, &b);
	ck_assert_str_eq(buf_str(&b), text_rows[_i].text);
	buf_fini(&b);
}
END_TEST

START_TEST(names_of_states)
{
	enum tcp_state state, again;
	int64_t number;

	for (size_t i = 0; i < code_names_len; i++) {
		ck_assert(code_constant(code_names[i].name, &number));
		ck_assert_int_eq(number, code_names[i].value);
		ck_assert_ptr_eq(code_constant_find(code_names[i].name), &code_names[i]);
	}
	for (state = 0; state < TCP_STATE_COUNT; state++) {
		ck_assert(code_state(code_state_name(state), &again));
		ck_assert_int_eq(again, state);
	}
	ck_assert(!code_state("OPEN", &state) && !code_constant("TCP_OPEN", &number));
}
END_TEST

static char *repeated(const char *s, size_t n, const char *middle, const char *end, size_t n_end)
{
	struct buf b = { 0 };
	char *text;

	for (size_t i = 0; i < n; i++)
		buf_puts(&b, s);
	buf_puts(&b, middle);
	for (size_t i = 0; i < n_end; i++)
		buf_puts(&b, end);
	text = arena_strdup(arena, buf_str(&b));
	buf_fini(&b);
	return text;
}

static const struct {
	const char *open, *middle, *close;
} deep_rows[] = {
	{ "(", "1", ")" },        { "[", "1", "]" },         { "-", "1", "" },
	{ "not ", "1", "" },      { "1 + ", "1", "" },       { "2 ** ", "1", "" },
	{ "f(", "1", ")" },       { "1 if 1 else ", "1", "" }, { "0 < (", "1", ") < 2" },
	{ "", "(1,)", "[0]" },    { "a[", "1", "]" },        { "(1, ", "2", ")" },
};

/* Twenty levels are fine; a hundred thousand are refused, and neither costs a stack. */
START_TEST(depth_is_bounded)
{
	struct diags d;
	const char *few = repeated(deep_rows[_i].open, 20, deep_rows[_i].middle,
				   deep_rows[_i].close, 20);
	const char *many = repeated(deep_rows[_i].open, 100000, deep_rows[_i].middle,
				    deep_rows[_i].close, 100000);

	few = arena_printf(arena, "0 == (%s)", few);
	ck_assert_msg(parse(few, &d) != NULL, "%s", d.first ? d.first->message : "");
	ck_assert_ptr_null(parse(many, &d));
	ck_assert_str_eq(d.first->message, "the expression is nested too deeply");
}
END_TEST

/* Nested chains share their middles; explaining must not walk them over and over. */
START_TEST(shared_middles_are_walked_once)
{
	struct expr_failure f;
	struct asked asked;
	const char *text = repeated("0 < (", 40, "zero", ") < 0", 40);

	ck_assert_int_eq(check(text, &f, &asked), 0);
	ck_assert_uint_eq(asked.names, 1);
}
END_TEST

enum { MUTATIONS = 20000, MUTANT_MAX_BYTES = 300 };

static uint32_t next_random(uint32_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 17;
	*state ^= *state << 5;
	return *state;
}

static const char *seed_text(uint32_t i)
{
	size_t a = ARRAY_LEN(true_rows), b = ARRAY_LEN(false_rows), c = ARRAY_LEN(error_rows);

	i %= (uint32_t)(a + b + c);
	if (i < a)
		return true_rows[i];
	return i < a + b ? false_rows[i - a].text : error_rows[i - a - b].text;
}

/* Any bytes end in a value, a failure or an error with a message. */
START_TEST(any_bytes_are_survived)
{
	static const char letters[] = "()[]<>=!%*/+-.,'\"\\ 019aesx_\n\t\0\xff";
	uint32_t state = 2463534242;

	for (int i = 0; i < MUTATIONS; i++) {
		char text[MUTANT_MAX_BYTES + 1];
		size_t len = (size_t)snprintf(text, sizeof(text), "%s",
					      seed_text(next_random(&state)));
		struct asked asked = { 0 };
		struct expr_env env = { .ctx = &asked, .arena = arena, .name = env_name,
					.member = env_member, .call = env_call };
		struct expr_failure f;
		struct expr *e;
		struct diags d;

		ck_assert_uint_lt(len, sizeof(text));
		for (uint32_t n = next_random(&state) % 4; n > 0; n--)
			text[next_random(&state) % len] =
				letters[next_random(&state) % (sizeof(letters) - 1)];
		diags_init(&d, arena, NULL);
		e = expr_parse(arena, text, len, 0, NULL, &d);
		ck_assert_int_eq(e == NULL, d.n_errors == 1);
		if (e && expr_check(e, &env, &f) != 1)
			ck_assert(f.message && f.values);
		arena_free(arena);
		arena = arena_new();
	}
}
END_TEST

int main(void)
{
	Suite *s = suite_create("expr");
	TCase *tc = tcase_create("all");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_set_timeout(tc, 60);
	tcase_add_loop_test(tc, holds, 0, ARRAY_LEN(true_rows));
	tcase_add_loop_test(tc, words_are_replaced, 0, ARRAY_LEN(defined_rows));
	tcase_add_loop_test(tc, does_not_hold, 0, ARRAY_LEN(false_rows));
	tcase_add_loop_test(tc, cannot_be_evaluated, 0, ARRAY_LEN(error_rows));
	tcase_add_test(tc, an_error_shows_what_was_known);
	tcase_add_loop_test(tc, is_refused, 0, ARRAY_LEN(syntax_rows));
	tcase_add_test(tc, uses_are_visited);
	tcase_add_test(tc, nothing_is_asked_twice);
	tcase_add_loop_test(tc, values_as_text, 0, ARRAY_LEN(text_rows));
	tcase_add_test(tc, names_of_states);
	tcase_add_loop_test(tc, depth_is_bounded, 0, ARRAY_LEN(deep_rows));
	tcase_add_test(tc, shared_middles_are_walked_once);
	tcase_add_test(tc, any_bytes_are_survived);
	suite_add_tcase(s, tc);
	return unit_run(s);
}
