/* SPDX-License-Identifier: BSD-2-Clause */
/* Which byte of data is which, in packets and calls of a script with numbered payload. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/diag.h"
#include "base/payload.h"
#include "base/util.h"
#include "grammar/ast.h"
#include "judge/judge.h"
#include "script/plan.h"
#include "unit.h"
#include "unit_plan.h"

enum { PEER_PORT = 40001, HANDLE = 77, FIRST = 6 };

static const uint32_t STACK_ISN = 0xfffffc00;   /* numbers wrap in the second segment */

static struct arena *arena;
static struct judge *judge;
static struct plan *plan;

static void setup(void)
{
	arena = arena_new();
	judge = NULL;
}

static void teardown(void)
{
	judge_free(judge);
	arena_free(arena);
}

/* ---- what the stack does; places count from 0 ---- */

/* A segment with data that belong at @place. */
static enum judge_answer sends(size_t step, uint16_t flags, uint32_t seq, uint32_t len,
				uint32_t place)
{
	const struct judge_window w = { .is_any = true };
	uint8_t *payload = ARENA_ARRAY(arena, uint8_t, len + 1);
	struct wire_builder b;

	payload_fill((struct payload){ true, place }, payload, len);
	wire_build_init(&b, arena);
	wire_push(&b, WIRE_IPV4);
	wire_set_addrs(&b, &plan->config.local, &plan->config.remote);
	wire_push(&b, WIRE_TCP);
	wire_set(&b, WIRE_F_TCP_SRC_PORT, 8080);
	wire_set(&b, WIRE_F_TCP_DST_PORT, PEER_PORT);
	wire_set(&b, WIRE_F_TCP_SEQ, STACK_ISN + seq);
	wire_set(&b, WIRE_F_TCP_ACK, 100 + 1);
	wire_set(&b, WIRE_F_TCP_FLAGS, flags);
	wire_add_payload(&b, payload, len);
	ck_assert_int_eq(wire_finish(&b), 0);
	return judge_packet(judge, &plan->steps[step], &w, b.bytes, b.len, 0);
}

static int64_t same_time(void *ctx, int64_t real_ns)
{
	(void)ctx;
	return real_ns;
}

/* A call of @step returns what it should; of what it received, the first byte belongs at @place. */
static bool returns(size_t step, uint32_t place)
{
	const struct plan_step *s = &plan->steps[step];
	struct call_result res = { .value = s->u.call->result, .has_payload = true };

	if (call_gives_fd(s->u.call))
		res.value = HANDLE + s->u.call->result;
	if (s->u.call->row->id == CALL_RECV || s->u.call->row->id == CALL_READ)
		res.n_data = (size_t)res.value;
	res.data = ARENA_ARRAY(arena, uint8_t, res.n_data + 1);
	payload_fill((struct payload){ true, place }, res.data, res.n_data);
	ck_assert_int_eq(judge_call_begins(judge, s), 0);
	return judge_call_returned(judge, s, &res, NULL, 0, same_time, NULL);
}

static const char *message(void)
{
	const struct finding *f = judge_findings(judge);

	while (f && f->next)
		f = f->next;
	return f ? f->message : "";
}

/* The place of the first byte of payload that the script injects; -1 when they are not in a row. */
static int64_t injects(size_t step)
{
	struct wire_packet p;
	const uint8_t *bytes;
	const char *why;
	size_t n;

	ck_assert_int_eq(judge_build(judge, &plan->steps[step], &bytes, &n), 0);
	ck_assert_int_eq(wire_decode(bytes, n, &p, &why), 0);
	ck_assert(wire_transport_checksum_ok(&p));
	for (uint32_t place = 0; p.payload_len && place < 251; place++) {
		if (payload_differs((struct payload){ true, place }, bytes + p.payload_off,
				    p.payload_len) == p.payload_len)
			return place;
	}
	return -1;
}

/* The connection is label 4; what @text says begins with step FIRST. */
static void open_connection(const char *header, const char *text)
{
	struct judge_setup s = { .peer_port = PEER_PORT };

	plan = unit_plan(arena, arena_printf(arena, "%s0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3\n"
				      "+0 listen(3, 1) = 0\n+0 < S 100:100(0) win 9\n"
				      "+0 > S. 0:0(0) ack 101\n+0 < . 1:1(0) ack 1 win 9\n"
				      "+0 accept(3, ..., ...) = 4\n%s", header, text));
	s.local = plan->config.local;
	s.remote = plan->config.remote;
	judge = judge_new(arena, plan, &s);
	ck_assert(returns(0, 0) && returns(1, 0));
	injects(2);
	ck_assert_int_eq(sends(3, TCP_SYN | TCP_ACK, 0, 0, 0), JUDGE_MATCHED);
	injects(4);
	ck_assert(returns(5, 0));
}

static void open_numbered(const char *text)
{
	open_connection("//! payload: numbered\n", text);
}

/* ---- packets ---- */

START_TEST(injected_data_has_its_place)
{
	open_numbered("+0 < . 1:101(100) ack 1 win 9\n+0 < . 51:71(20) ack 1 win 9\n"
		      "+0 < . 202:302(100) ack 1 win 9\n+0 < P. 252:261(9) ack 1 win 9\n");
	ck_assert_int_eq(injects(FIRST), 0);
	ck_assert_int_eq(injects(FIRST + 1), 50);
	ck_assert_int_eq(injects(FIRST + 2), 201);
	ck_assert_int_eq(injects(FIRST + 3), 0);
}
END_TEST

START_TEST(data_on_a_syn_are_the_first)
{
	struct judge_setup s = { .peer_port = PEER_PORT };

	plan = unit_plan(arena, "//! payload: numbered\n0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3\n"
			 "+0 listen(3, 1) = 0\n+0 < S 100:110(10) win 9\n+0 < . 11:21(10) ack 1 win 9\n");
	s.local = plan->config.local;
	s.remote = plan->config.remote;
	judge = judge_new(arena, plan, &s);
	ck_assert(returns(0, 0) && returns(1, 0));
	ck_assert_int_eq(injects(2), 0);
	ck_assert_int_eq(injects(3), 10);
}
END_TEST

START_TEST(sent_data_is_compared_by_its_place)
{
	open_numbered("+0 > . 1:1001(1000) ack 1\n+0 > P. 1001:1501(500) ack 1\n"
		      "+0 > P. 1001:1501(500) ack 1\n");
	ck_assert_int_eq(sends(FIRST, TCP_ACK, 1, 1000, 0), JUDGE_MATCHED);
	ck_assert_int_eq(sends(FIRST + 1, TCP_ACK | TCP_PSH, 1001, 500, 1000), JUDGE_MATCHED);
	ck_assert_int_eq(sends(FIRST + 2, TCP_ACK | TCP_PSH, 1001, 500, 0), JUDGE_MISMATCH);
	ck_assert_str_eq(message(), "the stack sent 500 bytes of data as expected, but byte 1001 of the "
			 "stream is 0x01 (expected 0xf8)");
}
END_TEST

/* Of a packet in pieces: where the third begins is what its bytes are compared with. */
START_TEST(every_piece_is_compared)
{
	open_numbered("+0 > P. 1:301(300) ack 1\n+0 > P. 1:301(300) ack 1\n");
	ck_assert_int_eq(sends(FIRST, TCP_ACK, 1, 100, 0), JUDGE_MORE);
	ck_assert_int_eq(sends(FIRST, TCP_ACK, 101, 100, 100), JUDGE_MORE);
	ck_assert_int_eq(sends(FIRST, TCP_ACK | TCP_PSH, 201, 100, 200), JUDGE_MATCHED);
	ck_assert_int_eq(sends(FIRST + 1, TCP_ACK, 1, 100, 0), JUDGE_MORE);
	ck_assert_int_eq(sends(FIRST + 1, TCP_ACK, 101, 100, 0), JUDGE_MORE);
	ck_assert_int_eq(sends(FIRST + 1, TCP_ACK | TCP_PSH, 201, 100, 200), JUDGE_MISMATCH);
	ck_assert_msg(strstr(message(), "byte 101 of the stream is 0x01"), "%s", message());
}
END_TEST

START_TEST(zeros_stay_the_rule)
{
	open_connection("", "+0 < . 1:101(100) ack 1 win 9\n+0 write(4, ..., 10) = 10\n"
			"+0 > P. 1:11(10) ack 1\n+0 recv(4, ..., 100, 0) = 5\n");
	ck_assert_int_eq(injects(FIRST), -1);
	ck_assert(!judge_next_written(judge, &plan->steps[FIRST + 1]).is_numbered);
	ck_assert(returns(FIRST + 1, 0));
	ck_assert_int_eq(sends(FIRST + 2, TCP_ACK | TCP_PSH, 1, 10, 0), JUDGE_MISMATCH);
	ck_assert_msg(strstr(message(), "payload byte 0 is 0x01 (expected 0x00)"), "%s", message());
	ck_assert(!returns(FIRST + 3, 0));
	ck_assert_msg(strstr(message(), "received byte 0 is 0x01 (5 bytes are not 0)"), "%s", message());
}
END_TEST

/* ---- calls ---- */

static uint32_t next_written(size_t step)
{
	struct payload p = judge_next_written(judge, &plan->steps[step]);

	ck_assert(p.is_numbered);
	return p.position;
}

START_TEST(writes_go_on_where_the_stack_took_the_last)
{
	struct call_msg_result parts[2] = { { .len = 30 }, { .len = 12 } };
	struct call_result res = { .value = 2, .msgs = parts, .n_msgs = 2 };

	open_numbered("+0 write(4, ..., 1000) = 700\n+0 write(4, ..., 10) = -1 EAGAIN (full)\n"
		      "+0 sendmmsg(4, [{msg_name(0)=NULL, msg_iov(1)=[{..., 30}], msg_flags=0, msg_len=30},"
		      " {msg_name(0)=NULL, msg_iov(1)=[{..., 30}], msg_flags=0, msg_len=12}], 2, 0) = 2\n"
		      "+0 write(4, ..., 1) = 1\n+0 write(3, ..., 1) = -1 ENOTCONN (listens)\n");
	ck_assert_uint_eq(next_written(FIRST), 0);
	ck_assert(returns(FIRST, 0));
	ck_assert_uint_eq(next_written(FIRST + 1), 700);
	judge_call_returned(judge, &plan->steps[FIRST + 1],
			    &(struct call_result){ .value = -1, .err = 11 }, NULL, 0, same_time, NULL);
	ck_assert_uint_eq(next_written(FIRST + 2), 700);
	ck_assert(judge_call_returned(judge, &plan->steps[FIRST + 2], &res, NULL, 0, same_time, NULL));
	ck_assert_uint_eq(next_written(FIRST + 3), 742);
	ck_assert_uint_eq(next_written(FIRST + 4), 0);
}
END_TEST

/* Each row: calls on label 4 after 500 bytes with an urgent one at place 59, where their data comes
 * from, and whether that is right. */
static const struct {
	const char *call[3];
	uint32_t place[3];
	bool is_fine;
} read_rows[] = {
	{ { "read(4, ..., 50) = 50", "read(4, ..., 5) = 5" }, { 0, 50 }, true },
	{ { "read(4, ..., 50) = 50", "read(4, ..., 5) = 5" }, { 0, 0 }, false },
	{ { "read(4, ..., 50) = 50", "read(4, ..., 5) = 5" }, { 0, 51 }, false },
	{ { "recv(4, ..., 50, MSG_PEEK) = 50", "read(4, ..., 5) = 5" }, { 0, 0 }, true },
	{ { "recv(4, ..., 50, MSG_PEEK) = 50", "read(4, ..., 5) = 5" }, { 0, 50 }, false },
	{ { "read(4, ..., 7) = 7", "recv(4, ..., 50, MSG_PEEK) = 50" }, { 0, 7 }, true },
	{ { "read(4, ..., 7) = 7", "recv(4, ..., 50, MSG_PEEK) = 50" }, { 0, 8 }, false },
	/* The urgent byte by itself, and a stream with it or without. */
	{ { "recv(4, ..., 1, MSG_OOB) = 1", "read(4, ..., 59) = 59", "read(4, ..., 9) = 9" },
	  { 59, 0, 60 }, true },
	{ { "recv(4, ..., 1, MSG_OOB) = 1" }, { 58 }, false },
	{ { "read(4, ..., 59) = 59", "read(4, ..., 9) = 9" }, { 0, 59 }, true },
	{ { "read(4, ..., 59) = 59", "read(4, ..., 9) = 9" }, { 0, 61 }, false },
	{ { "read(4, ..., 58) = 58", "read(4, ..., 9) = 9" }, { 0, 59 }, false },
	{ { "read(4, ..., 59) = 59", "read(4, ..., 9) = 9", "read(4, ..., 2) = 2" }, { 0, 60, 69 },
	  true },
	{ { "read(4, ..., 59) = 59", "read(4, ..., 9) = 9", "read(4, ..., 2) = 2" }, { 0, 60, 68 },
	  false },
};

START_TEST(reads_are_compared_by_the_readers_place)
{
	size_t n = 0;
	bool is_fine = true;
	struct buf b = { 0 };

	buf_puts(&b, "+0 < PU. 1:501(500) ack 1 win 9 urg 60\n");
	for (; n < 3 && read_rows[_i].call[n]; n++)
		buf_printf(&b, "+0 %s\n", read_rows[_i].call[n]);
	open_numbered(buf_str(&b));
	buf_fini(&b);
	injects(FIRST);
	for (size_t i = 0; i < n; i++)
		is_fine = returns(FIRST + 1 + i, read_rows[_i].place[i]) && is_fine;
	ck_assert_msg(is_fine == read_rows[_i].is_fine, "%s", message());
	if (!is_fine)
		ck_assert_msg(strstr(message(), " of the stream is 0x"), "%s", message());
}
END_TEST

/* A segment that the stack drops has told it of no urgent byte. */
START_TEST(older_urgent_byte_may_be_the_one)
{
	open_numbered("+0 < PU. 1:101(100) ack 1 win 9 urg 60\n+0 < PU. 9001:9101(100) ack 1 win 9 urg 3\n"
		      "+0 recv(4, ..., 1, MSG_OOB) = 1\n+0 recv(4, ..., 1, MSG_OOB) = 1\n"
		      "+0 recv(4, ..., 1, MSG_OOB) = 1\n");
	injects(FIRST);
	injects(FIRST + 1);
	ck_assert(returns(FIRST + 2, 59));
	ck_assert(returns(FIRST + 3, 9002));
	ck_assert(!returns(FIRST + 4, 60));
	ck_assert_msg(strstr(message(), "byte 9003 of the stream is"), "%s", message());
}
END_TEST

/* What MSG_TRUNC throws away is read, but not there to be compared. */
START_TEST(thrown_away_bytes_count)
{
	struct call_result res = { .value = 100, .has_payload = true, .n_data = 100 };

	open_numbered("+0 < P. 1:501(500) ack 1 win 9\n+0 recv(4, ..., 100, MSG_TRUNC) = 100\n"
		      "+0 read(4, ..., 5) = 5\n");
	injects(FIRST);
	res.data = ARENA_ARRAY(arena, uint8_t, 100);
	ck_assert(judge_call_returned(judge, &plan->steps[FIRST + 1], &res, NULL, 0, same_time, NULL));
	ck_assert(returns(FIRST + 2, 100));
}
END_TEST

START_TEST(what_a_file_holds_is_refused)
{
	open_numbered("+0 open(\"/dev/zero\", O_RDONLY) = 5\n+0 sendfile(4, 5, [0], 9) = 9\n");
	ck_assert(returns(FIRST, 0));
	ck_assert_int_lt(judge_call_begins(judge, &plan->steps[FIRST + 1]), 0);
	ck_assert_str_eq(message(), "sendfile() sends what a file or a pipe holds, which has no numbers");
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("judge_stream");
	TCase *t = tcase_create("judge_stream");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, injected_data_has_its_place);
	tcase_add_test(t, data_on_a_syn_are_the_first);
	tcase_add_test(t, sent_data_is_compared_by_its_place);
	tcase_add_test(t, every_piece_is_compared);
	tcase_add_test(t, zeros_stay_the_rule);
	tcase_add_test(t, writes_go_on_where_the_stack_took_the_last);
	tcase_add_loop_test(t, reads_are_compared_by_the_readers_place, 0, ARRAY_LEN(read_rows));
	tcase_add_test(t, older_urgent_byte_may_be_the_one);
	tcase_add_test(t, thrown_away_bytes_count);
	tcase_add_test(t, what_a_file_holds_is_refused);
	suite_add_tcase(s, t);
	return s;
}

int main(void)
{
	return unit_run(suite());
}
