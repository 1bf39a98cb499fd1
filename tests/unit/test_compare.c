/* SPDX-License-Identifier: BSD-2-Clause */
#include "suite/compare.h"

#include <check.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/util.h"
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

/* A letter per row: '=' the same, '~' with details, '!' the first divergence, '*' another one; then
 * the details. */
static const char *text_of(const struct comparison *c)
{
	struct buf b = { 0 };
	const char *s;

	for (size_t i = 0; i < c->n_rows; i++) {
		const struct compare_row *r = &c->row[i];

		if (r->diverges)
			buf_putc(&b, i == c->first ? '!' : '*');
		else
			buf_putc(&b, r->has_details ? '~' : '=');
		if (r->diverges)
			buf_puts(&b, !r->side[0] ? ">" : !r->side[1] ? "<" : "|");
	}
	for (size_t i = 0; i < c->n_details; i++)
		buf_printf(&b, " %s(%s,%s)", c->detail[i].what, c->detail[i].text[0],
			   c->detail[i].text[1]);
	s = arena_strdup(a, buf_str(&b));
	buf_fini(&b);
	return s;
}

#define OPENING "0.000000 socket(...) = 3\n0.010000 < S 0:0(0) win 1000 <mss 1000>\n"

static const struct {
	const char *x, *y, *result;
} rows[] = {
	{ "", "", "" },
	{ OPENING, OPENING, "==" },
	{ OPENING "0.010000 > S. 77:77(0) ack 1 win 5 <mss 1460>\n",
	  OPENING "0.010100 > S. 4000000000:4000000000(0) ack 1 win 5 <mss 1460>\n", "===" },
	{ OPENING "0.010000 > S. 77:77(0) ack 1 win 5 <mss 1460>\n",
	  OPENING "0.010100 > S. 78:79(1) ack 1 win 5 <mss 1460>\n",
	  "==!| numbers(0:0(0),0:1(1))" },
	{ OPENING "0.010000 > S. 77:77(0) ack 1 win 5 <mss 1460>\n",
	  OPENING "0.010100 > S. 78:78(0) ack 1 win 6 <mss 536,sackOK>\n",
	  "==~ window(5,6) options(<mss 1460>,<mss 536,sackOK>)" },
	{ "0.000000 > . 1:1(0) ack 1 win 5 <nop,nop,TS val 1 ecr 2>\n",
	  "0.000000 > . 1:1(0) ack 1 win 5 <nop,nop,TS val 99 ecr 3>\n", "=" },
	{ "0.000000 > . 1:1(0) ack 1 win 5 <nop,nop,TS val 1 ecr 2>\n",
	  "0.000000 > . 1:1(0) ack 1 win 5\n",
	  "~ options(<nop,nop,TS val 1 ecr 2>,none)" },
	{ "0.010000 read(3, ..., 10) = 5\n", "0.010000 read(3, ..., 10) = -1 EAGAIN\n", "!|" },
	{ "0.010000 read(3, ..., 10) = 5\n", "0.010000 read(3, ..., 20) = 5\n", "!|" },
	{ "0.010000 read(3, ..., 10) = 5\n", "0.010000 write(3, ..., 10) = 5\n", "!<*>" },
	{ "0.010000 state() == LISTEN\n", "0.010000 state() == CLOSED\n", "!|" },
	/* one more on one side leaves the rest alone */
	{ OPENING "0.020000 > . 1:1(0) ack 1 win 9\n0.030000 > F. 1:1(0) ack 1 win 9\n",
	  OPENING "0.030000 > F. 1:1(0) ack 1 win 9\n", "==!<=" },
	{ OPENING "0.030000 > F. 1:1(0) ack 1 win 9\n",
	  OPENING "0.020000 > . 1:1(0) ack 1 win 9\n0.030000 > F. 1:1(0) ack 1 win 9\n", "==!>=" },
	/* delays count from what the tester did last */
	{ OPENING "0.010000 > . 1:1(0) ack 1\n", OPENING "0.014900 > . 1:1(0) ack 1\n", "===" },
	{ OPENING "0.010000 > . 1:1(0) ack 1\n", OPENING "0.050000 > . 1:1(0) ack 1\n",
	  "==~ delay(0.000 ms,40.000 ms)" },
	{ OPENING "1.010000 > . 1:1(0) ack 1\n", OPENING "1.050000 > . 1:1(0) ack 1\n", "===" },
	{ OPENING "1.010000 > . 1:1(0) ack 1\n", OPENING "1.110000 > . 1:1(0) ack 1\n",
	  "==~ delay(1000.000 ms,1100.000 ms)" },
	{ "0.100000 < . 1:1(0) ack 1\n0.110000 > . 1:1(0) ack 1\n",
	  "0.500000 < . 1:1(0) ack 1\n0.510000 > . 1:1(0) ack 1\n", "==" },
	/* output of commands is no event */
	{ "some output\n0.1 is no time\n0.000000 a() = 0\n0.0000001 x\n", "0.000000 a() = 0\nother\n",
	  "=" },
	{ "0.000000 > . 1:1(0) ack 1 win 5 urg 9 <nop>\n", "0.000000 > . 1:1(0) ack 1 win 5 urg 8 <nop>\n",
	  "!| other(urg 9,urg 8)" },
	/* in the same place, but different: paired, whatever comes before or after on one side alone */
	{ OPENING "0.010000 > . 1:1(0) ack 1\n0.030000 write(3, ..., 5) = 5\n",
	  OPENING "0.010000 > [ect0] W. 1:1(0) ack 1\n",
	  "==!|*< IP header(none,[ect0]) flags(.,W.)" },
	{ OPENING "0.010000 > R 5:5(0)\n0.010000 > . 1:1(0) ack 1\n",
	  OPENING "0.010000 > . 1:1(0) ack 2\n", "==!<*| ack(1,2)" },
	{ OPENING "0.010000 > . 1:1(0) ack 1\n", OPENING "0.010000 > udp (100)\n",
	  "==!| flags(.,none) numbers(1:1(0),none) ack(1,none) other(none,udp (100))" },
	/* by time, and a packet before the state that it made */
	{ OPENING "0.010000 state() == ESTABLISHED\n0.010000 > . 1:1(0) ack 1\n",
	  OPENING "0.010400 state() == ESTABLISHED\n0.010200 > . 1:1(0) ack 1\n", "====" },
	{ OPENING "0.010000 > . 1:1(0) ack 1\n0.010000 state() == ESTABLISHED\n",
	  OPENING "0.010200 state() == ESTABLISHED\n0.010100 > . 1:1(0) ack 1\n", "====" },
	/* the packet has a place, the state was only seen; between the same acts that is no divergence */
	{ OPENING "0.010000 > . 1:1(0) ack 1\n0.010000 state() == CLOSING\n0.030000 close(3) = 0\n",
	  OPENING "0.010400 state() == CLOSING\n0.012000 > . 1:1(0) ack 1\n0.030000 close(3) = 0\n",
	  "======" },
	{ OPENING "0.010000 > . 1:1(0) ack 1\n0.010000 state() == CLOSING\n0.030000 close(3) = 0\n",
	  OPENING "0.010400 > . 1:1(0) ack 1\n0.030000 close(3) = 0\n0.030100 state() == CLOSING\n",
	  "===!<=*>" },
	{ "0.000000 read() blocks\n0.010000 < F. 1:1(0) ack 1\n0.010000 state() == CLOSE_WAIT\n"
	  "0.010000 read(4, ..., 9) = 0\n0.010000 > . 1:1(0) ack 2\n",
	  "0.000000 read() blocks\n0.010000 < F. 1:1(0) ack 1\n0.010100 > . 1:1(0) ack 2\n"
	  "0.010200 read(4, ..., 9) = 0\n0.010400 state() == CLOSE_WAIT\n", "=======" },
	{ "0.000000 read() blocks\n0.010000 read(4, ..., 9) = 0\n0.010000 > . 1:1(0) ack 2\n",
	  "0.000000 read() blocks\n0.010100 > . 1:1(0) ack 2\n0.010200 read(4, ..., 9) = 5\n", "=!<=*>" },
	/* just before the end of one script, just beyond that of the other */
	{ OPENING "1.010000 > . 1:1(0) ack 1\n1.010000 the script ends\n",
	  OPENING "1.011000 the script ends\n", "==~ delay(1000.000 ms,beyond the end)" },
	{ OPENING "1.011000 the script ends\n",
	  OPENING "1.008000 > . 1:1(0) ack 1\n1.010000 the script ends\n",
	  "==~ delay(beyond the end,998.000 ms)" },
	{ OPENING "0.900000 > . 1:1(0) ack 1\n1.010000 the script ends\n",
	  OPENING "1.010000 the script ends\n", "==!<" },
	{ OPENING "0.010100 > . 1:1(0) ack 1\n0.010100 the script ends\n",
	  OPENING "0.010100 the script ends\n", "==!<" },
	{ OPENING "1.010000 > . 1:1(0) ack 1\n1.010000 the script ends\n", OPENING, "==!<" },
	{ OPENING "0.900000 > . 1:1(0) ack 1\n0.950000 close(3) = 0\n0.951000 the script ends\n",
	  OPENING "0.950000 close(3) = 0\n0.951000 the script ends\n", "==!<=" },
};

START_TEST(traces_are_paired)
{
	struct compare_events x = compare_read(a, rows[_i].x), y = compare_read(a, rows[_i].y);
	struct comparison c = compare_traces(a, &x, &y);

	ck_assert_str_eq(text_of(&c), rows[_i].result);
	ck_assert_int_eq(c.diverges, strchr(rows[_i].result, '!') != NULL);
}
END_TEST

START_TEST(events_are_read)
{
	struct compare_events e = compare_read(a, "1.500000 < P. 1:11(10) ack 1 win 32792 <nop>\n"
						  "-0.000010 connect(3, ..., ...) = -1 EINPROGRESS\n");

	ck_assert_uint_eq(e.n, 2);
	ck_assert_int_eq(e.event[1].at_us, 1500000);
	ck_assert_int_eq(e.event[1].kind, COMPARE_IN);
	ck_assert_str_eq(e.event[1].key, "< P. 1:11(10) ack 1");
	ck_assert_str_eq(e.event[1].window, "32792");
	ck_assert_str_eq(e.event[1].options, "<nop>");
	ck_assert_int_eq(e.event[0].at_us, -10);
	ck_assert_int_eq(e.event[0].kind, COMPARE_CALL);
	ck_assert_str_eq(e.event[0].key, "connect(3, ..., ...)");
	ck_assert_str_eq(e.event[0].result, "-1 EINPROGRESS");
}
END_TEST

START_TEST(events_are_in_order)
{
	struct compare_events e = compare_read(a, "0.020000 < . 1:1(0) ack 1\n"
						  "0.020700 state() == CLOSING\n"
						  "0.020300 > . 2:2(0) ack 1\n"
						  "0.030000 state() == TIME_WAIT\n"
						  "0.030000 > . 3:3(0) ack 1\n");
	static const char *const order[] = { "<", ">", "state() == CLOSING", ">",
					     "state() == TIME_WAIT" };

	ck_assert_uint_eq(e.n, ARRAY_LEN(order));
	for (size_t i = 0; i < e.n; i++)
		ck_assert_msg(strncmp(e.event[i].text, order[i], strlen(order[i])) == 0, "%s",
			      e.event[i].text);
	ck_assert_int_eq(e.event[1].since_us, 300);
	ck_assert_int_eq(e.acted_us, 20000);
	ck_assert_int_eq(e.end_us, COMPARE_NO_END);
}
END_TEST

START_TEST(what_is_too_long_is_said_to_be_cut)
{
	struct buf text = { 0 };
	struct compare_events full, cut;

	for (int i = 0; i < COMPARE_EVENTS_MAX; i++)
		buf_printf(&text, "%d.000000 state() == LISTEN\n", i);
	full = compare_read(a, buf_str(&text));
	buf_puts(&text, "no event\n9999.000000 close(3) = 0\n");
	cut = compare_read(a, buf_str(&text));
	buf_fini(&text);
	ck_assert(!full.is_cut);
	ck_assert(cut.is_cut);
	ck_assert_uint_eq(cut.n, COMPARE_EVENTS_MAX);
	ck_assert(compare_traces(a, &full, &cut).is_cut);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("compare");
	TCase *t = tcase_create("compare");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_loop_test(t, traces_are_paired, 0, ARRAY_LEN(rows));
	tcase_add_test(t, events_are_read);
	tcase_add_test(t, events_are_in_order);
	tcase_add_test(t, what_is_too_long_is_said_to_be_cut);
	suite_add_tcase(suite, t);
	return unit_run(suite);
}
