/* SPDX-License-Identifier: BSD-2-Clause */
/* The judge on hand-made packets: no stack, no clock. */
#include <check.h>
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/diag.h"
#include "base/util.h"
#include "judge/judge.h"
#include "script/plan.h"
#include "unit.h"
#include "unit_plan.h"
#include "wire/wire.h"

static struct arena *arena;
static struct judge *judge;
static struct plan *plan;

enum { PEER_PORT = 40001 };

static const uint32_t STACK_ISN = 0xfffffff0;   /* numbers wrap soon after */

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

static void begin(const char *text)
{
	struct judge_setup s = { .peer_port = PEER_PORT };

	plan = unit_plan(arena, text);
	s.local = plan->config.local;
	s.remote = plan->config.remote;
	judge = judge_new(arena, plan, &s);
}

/* A segment that the stack under test would send. */
struct live {
	uint16_t flags;
	uint32_t seq, ack;
	uint16_t win;
	uint32_t len;
	uint16_t src_port;         /* 0: the usual one */
	uint8_t opts[12];
	uint8_t n_opts;
	uint8_t first_byte;        /* of the payload */
	uint8_t tos;
};

static struct wire_builder make(const struct live *l)
{
	struct wire_builder w;
	uint8_t *payload = ARENA_ARRAY(arena, uint8_t, l->len + 1);

	payload[0] = l->first_byte;
	wire_build_init(&w, arena);
	wire_push(&w, WIRE_IPV4);
	wire_set_addrs(&w, &plan->config.local, &plan->config.remote);
	wire_set(&w, WIRE_F_IPV4_TOS, l->tos);
	wire_push(&w, WIRE_TCP);
	wire_set(&w, WIRE_F_TCP_SRC_PORT, l->src_port ? l->src_port : 8080);
	wire_set(&w, WIRE_F_TCP_DST_PORT, PEER_PORT);
	wire_set(&w, WIRE_F_TCP_SEQ, l->seq);
	wire_set(&w, WIRE_F_TCP_ACK, l->ack);
	wire_set(&w, WIRE_F_TCP_FLAGS, l->flags);
	wire_set(&w, WIRE_F_TCP_WINDOW, l->win);
	wire_add_options(&w, l->opts, l->n_opts);
	wire_add_payload(&w, payload, l->len);
	ck_assert_int_eq(wire_finish(&w), 0);
	return w;
}

static enum judge_answer meet(size_t step, const struct live *l, int64_t at_us)
{
	const struct judge_window w = { .from_us = 1000, .to_us = 1000, .tolerance_us = 4000 };
	struct wire_builder b = make(l);

	return judge_packet(judge, &plan->steps[step], &w, b.bytes, b.len, at_us);
}

static void inject(size_t step, struct wire_view *v)
{
	struct wire_packet p;
	const uint8_t *bytes;
	const char *why;
	size_t n;

	ck_assert_int_eq(judge_build(judge, &plan->steps[step], &bytes, &n), 0);
	ck_assert_int_eq(wire_decode(bytes, n, &p, &why), 0);
	ck_assert(wire_ipv4_checksum_ok(&p) && wire_transport_checksum_ok(&p));
	wire_view(arena, &p, v);
}

static const struct live syn_ack = {
	.flags = TCP_SYN | TCP_ACK, .seq = STACK_ISN, .ack = 101, .win = 65535,
};

static struct live with_ts(struct live l, uint32_t val, uint32_t ecr)
{
	static const uint8_t ts[] = { 8, 10, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1 };

	memcpy(l.opts, ts, sizeof(ts));
	l.opts[2] = (uint8_t)(val >> 24);
	l.opts[3] = (uint8_t)(val >> 16);
	l.opts[4] = (uint8_t)(val >> 8);
	l.opts[5] = (uint8_t)val;
	l.opts[9] = (uint8_t)ecr;
	l.n_opts = sizeof(ts);
	return l;
}

/* ---- the spaces of language 3.9 ---- */

START_TEST(maps_numbers_both_ways)
{
	struct wire_view v;
	struct live l = with_ts(syn_ack, 0xabcd1234, 7);

	begin("0 < S 100:100(0) win 1000 <mss 1000,nop,nop,TS val 7 ecr 0>\n"
	      "+0 > S. 500:500(0) ack 101 <TS val 20 ecr 7,nop,nop>\n"
	      "+0 < . 1:1(0) ack 1 win 900 <TS val 8 ecr 20,nop,nop>\n"
	      "+0 > P. 1:11(10) ack 1\n"
	      "+0 < . 1:1(0) ack 1 win 900 <nop,nop,sack 21:31>\n");
	inject(0, &v);
	ck_assert_uint_eq(v.seq, 100);
	ck_assert_uint_eq(v.src_port, PEER_PORT);
	ck_assert_uint_eq(v.dst_port, 8080);
	ck_assert_int_eq(meet(1, &l, 1000), JUDGE_MATCHED);
	inject(2, &v);
	ck_assert_uint_eq(v.seq, 101);
	ck_assert_uint_eq(v.ack, STACK_ISN + 1);
	ck_assert_uint_eq(v.opts.opt[0].value[1], 0xabcd1234);
	l = (struct live){ .flags = TCP_ACK | TCP_PSH, .seq = STACK_ISN + 1, .ack = 101,
			   .len = 10 };
	ck_assert_int_eq(meet(3, &l, 1000), JUDGE_MATCHED);
	inject(4, &v);
	ck_assert_uint_eq(v.opts.opt[2].value[0], STACK_ISN + 21);
	ck_assert_uint_eq(v.opts.opt[2].value[1], STACK_ISN + 31);
}
END_TEST

START_TEST(unknown_echo_is_an_error_with_a_place)
{
	struct live l = { .flags = TCP_SYN | TCP_ACK, .seq = 5, .ack = 1 };
	const uint8_t *bytes;
	struct wire_view v;
	size_t n;

	begin("0 < S 0:0(0) win 1000\n+0 > S. 0:0(0) ack 1 <...>\n"
	      "+0 < . 1:1(0) ack 1 win 9 <TS val 8 ecr 20,nop,nop>\n");
	inject(0, &v);
	ck_assert_int_eq(meet(1, &l, 1000), JUDGE_MATCHED);
	ck_assert_int_lt(judge_build(judge, &plan->steps[2], &bytes, &n), 0);
	ck_assert_uint_eq(judge_findings(judge)->line, 3);
	ck_assert_uint_eq(judge_findings(judge)->col, 28);
}
END_TEST

/* ---- one expectation against one packet ---- */

#define HELLO "0 < S 0:0(0) win 1000\n+0 > S. 0:0(0) ack 1 <...>\n+0 < . 1:1(0) ack 1 win 9\n"

#define SEG(f, s, a, w, n) .flags = (f), .seq = (s), .ack = (a), .win = (w), .len = (n)

/* Each row: an outbound line, a change to the good segment, and the fields that must differ. */
static const struct row {
	const char *line;
	struct live live;
	int64_t at_us;
	const char *differs;       /* names joined by blanks; "" matches */
} rows[] = {
	{ "> P. 1:101(100) ack 1", { SEG(TCP_ACK | TCP_PSH, 1001, 1, 500, 100) }, 1000, "" },
	{ "> P. 1:101(100) ack 1 win 500", { SEG(TCP_ACK | TCP_PSH, 1001, 1, 500, 100) }, 1000, "" },
	{ "> P. 1:101(100) ack 1 win 400~600", { SEG(TCP_ACK | TCP_PSH, 1001, 1, 500, 100) }, 1000, "" },
	{ "> P. 1:101(100) ack 1 win 501", { SEG(TCP_ACK | TCP_PSH, 1001, 1, 500, 100) }, 1000, "tcp.win" },
	{ "> . 1:101(100) ack 1", { SEG(TCP_ACK | TCP_PSH, 1001, 1, 500, 100) }, 1000, "tcp.flags" },
	{ "> P. 2:102(100) ack 1", { SEG(TCP_ACK | TCP_PSH, 1001, 1, 500, 100) }, 1000, "tcp.seq" },
	{ "> P. 1:101(100) ack 2", { SEG(TCP_ACK | TCP_PSH, 1001, 1, 500, 100) }, 1000, "tcp.ack" },
	{ "> P. 1:100(99) ack 1", { SEG(TCP_ACK | TCP_PSH, 1001, 1, 500, 100) }, 1000, "payload length" },
	{ "> . 7:8(1) ack 9 win 3", { SEG(TCP_ACK | TCP_PSH, 1001, 1, 500, 100) }, 1000,
	  "tcp.flags tcp.seq payload length tcp.ack tcp.win" },
	{ "> P. 1:101(100) ack 1", { SEG(TCP_ACK | TCP_PSH, 1001, 1, 500, 100) }, 5000, "" },
	{ "> P. 1:101(100) ack 1", { SEG(TCP_ACK | TCP_PSH, 1001, 1, 500, 100) }, 5001, "time" },
	{ "> P. 1:101(100) ack 1", { SEG(TCP_ACK | TCP_PSH, 1001, 1, 500, 100) }, -3001, "time" },
	{ "> P. 1:101(100) ack 1", { SEG(TCP_ACK | TCP_PSH, 1001, 1, 500, 100), .first_byte = 3 }, 1000,
	  "payload byte 0" },
	{ "> [ect0] P. 1:101(100) ack 1", { SEG(TCP_ACK | TCP_PSH, 1001, 1, 500, 100), .tos = 2 }, 1000,
	  "" },
	{ "> [ect01] P. 1:101(100) ack 1", { SEG(TCP_ACK | TCP_PSH, 1001, 1, 500, 100), .tos = 1 }, 1000,
	  "" },
	{ "> [noecn] P. 1:101(100) ack 1", { SEG(TCP_ACK | TCP_PSH, 1001, 1, 500, 100), .tos = 1 }, 1000,
	  "ip.ecn" },
	{ "> [tos 0x04] P. 1:101(100) ack 1", { SEG(TCP_ACK | TCP_PSH, 1001, 1, 500, 100), .tos = 5 },
	  1000, "ip.tos" },
	{ "> P. 1:101(100) ack 1 <nop,nop,nop,nop>",
	  { SEG(TCP_ACK | TCP_PSH, 1001, 1, 500, 100), .opts = { 1, 1, 1, 1 }, .n_opts = 4 }, 1000, "" },
	{ "> P. 1:101(100) ack 1",
	  { SEG(TCP_ACK | TCP_PSH, 1001, 1, 500, 100), .opts = { 1, 1, 1, 1 }, .n_opts = 4 }, 1000,
	  "tcp.options" },
	{ "> P. 1:101(100) ack 1 <...>",
	  { SEG(TCP_ACK | TCP_PSH, 1001, 1, 500, 100), .opts = { 77, 4, 1, 1 }, .n_opts = 4 }, 1000, "" },
	{ "> P. 1:101(100) ack 1 <opt 77 0102>",
	  { SEG(TCP_ACK | TCP_PSH, 1001, 1, 500, 100), .opts = { 77, 4, 1, 2 }, .n_opts = 4 }, 1000, "" },
	{ "> P. 1:101(100) ack 1 <opt 77 0103>",
	  { SEG(TCP_ACK | TCP_PSH, 1001, 1, 500, 100), .opts = { 77, 4, 1, 2 }, .n_opts = 4 }, 1000,
	  "tcp.option opt" },
	{ "> P. 1:101(100) ack 1 <mss 9>",
	  { SEG(TCP_ACK | TCP_PSH, 1001, 1, 500, 100), .opts = { 2, 4, 0, 8 }, .n_opts = 4 }, 1000,
	  "tcp.option mss" },
	{ "> P. 1:101(100) ack 1 <mss *>",
	  { SEG(TCP_ACK | TCP_PSH, 1001, 1, 500, 100), .opts = { 2, 4, 0, 8 }, .n_opts = 4 }, 1000, "" },
	{ "> P. 1:101(100) ack 1 <nop,nop,sack 5:9>",
	  { SEG(TCP_ACK | TCP_PSH, 1001, 1, 500, 100),
	    .opts = { 1, 1, 5, 10, 0, 0, 0, 5, 0, 0, 0, 9 }, .n_opts = 12 }, 1000, "" },
	{ "> P. 1:101(100) ack 1 <nop,nop,sack 5:8>",
	  { SEG(TCP_ACK | TCP_PSH, 1001, 1, 500, 100),
	    .opts = { 1, 1, 5, 10, 0, 0, 0, 5, 0, 0, 0, 9 }, .n_opts = 12 }, 1000,
	  "tcp.option sack" },
	{ "> . 1:1(0)", { SEG(TCP_ACK, 1001, 1, 5, 0) }, 1000, "tcp.ack" },
	{ "> .5 1:1(0) ack 1", { SEG(TCP_ACK | TCP_AE | TCP_ECE, 1001, 1, 5, 0) }, 1000, "" },
	{ "> .4 1:1(0) ack 1", { SEG(TCP_ACK | TCP_AE | TCP_ECE, 1001, 1, 5, 0) }, 1000, "tcp.flags" },
	{ "> R 1:1(0)", { SEG(TCP_RST, 1001, 0, 0, 0) }, 1000, "" },
	{ "> R ...(0)", { SEG(TCP_RST, 12345, 0, 0, 0) }, 1000, "" },
	{ "> . ...(0~1) ack 1", { SEG(TCP_ACK, 1001, 1, 5, 0) }, 1000, "" },
	{ "> . ...(0~1) ack 1", { SEG(TCP_ACK, 1001, 1, 5, 1) }, 1000, "" },
	{ "> . ...(0~1) ack 1", { SEG(TCP_ACK, 1001, 1, 5, 2) }, 1000, "payload length" },
	{ "> . ...(1~2) ack 1", { SEG(TCP_ACK, 1001, 1, 5, 0) }, 1000, "payload length" },
	{ "> R|R. 1:1(0) ack 1", { SEG(TCP_RST, 1001, 0, 0, 0) }, 1000, "" },
	{ "> R|R. 1:1(0) ack 1", { SEG(TCP_RST | TCP_ACK, 1001, 1, 0, 0) }, 1000, "" },
	{ "> R|R. 1:1(0) ack 2", { SEG(TCP_RST | TCP_ACK, 1001, 1, 0, 0) }, 1000, "tcp.ack" },
	{ "> R|R. 1:1(0) ack 1", { SEG(TCP_RST, 1001, 1, 0, 0) }, 1000, "tcp.ack" },
	{ "> R|R. 1:1(0) ack 1", { SEG(TCP_FIN | TCP_ACK, 1001, 1, 0, 0) }, 1000, "tcp.flags" },
	{ "> .|P.|FP. 1:3(2) ack 1", { SEG(TCP_ACK | TCP_PSH, 1001, 1, 5, 2) }, 1000, "" },
	{ "> .|P.|FP. 1:3(2) ack 1", { SEG(TCP_ACK | TCP_FIN, 1001, 1, 5, 2) }, 1000, "tcp.flags" },
};

static const char *differing(void)
{
	const struct finding *f = judge_findings(judge);
	struct buf b = { 0 };
	char *s;

	for (size_t i = 0; f && i < f->n_fields; i++) {
		if (f->field[i].differs)
			buf_printf(&b, "%s%s", b.len ? " " : "", f->field[i].name);
	}
	s = arena_strdup(arena, buf_str(&b));
	buf_fini(&b);
	return s;
}

START_TEST(compares_every_field)
{
	const struct row *r = &rows[_i];
	struct live hello = { .flags = TCP_SYN | TCP_ACK, .seq = 1000, .ack = 1 };
	enum judge_answer answer;
	struct wire_view v;

	begin(arena_printf(arena, HELLO "+0 %s\n", r->line));
	inject(0, &v);
	ck_assert_int_eq(meet(1, &hello, 1000), JUDGE_MATCHED);
	inject(2, &v);
	answer = meet(3, &r->live, r->at_us);
	ck_assert_str_eq(differing(), r->differs);
	ck_assert_int_eq(answer, *r->differs ? JUDGE_MISMATCH : JUDGE_MATCHED);
}
END_TEST

#define AGAIN "+0 < S 700:700(0) win 9\n"

/* A second SYN with a number of its own; each row: the line, and the answer of the stack. */
static const struct {
	const char *line;
	struct live live;
	const char *differs;
} anew_rows[] = {
	{ "> S. 0:0(0) ack 701", { SEG(TCP_SYN | TCP_ACK, 77777, 701, 500, 0) }, "" },
	{ "> S. 0:0(0) ack 701", { SEG(TCP_SYN | TCP_ACK, 77777, 1, 500, 0) },
	  "tcp.seq tcp.ack" },
	{ "> S. 76777:76777(0) ack 701", { SEG(TCP_SYN | TCP_ACK, 77777, 701, 500, 0) }, "" },
	{ "> . 1:1(0) ack 1", { SEG(TCP_ACK, 1001, 1, 500, 0) }, "" },
};

START_TEST(begins_anew)
{
	struct live hello = { .flags = TCP_SYN | TCP_ACK, .seq = 1000, .ack = 1 };
	struct wire_view v;

	begin(arena_printf(arena, HELLO AGAIN "+0 %s\n", anew_rows[_i].line));
	inject(0, &v);
	ck_assert_int_eq(meet(1, &hello, 1000), JUDGE_MATCHED);
	inject(2, &v);
	inject(3, &v);
	meet(4, &anew_rows[_i].live, 2000);
	ck_assert_str_eq(differing(), anew_rows[_i].differs);
}
END_TEST

START_TEST(counts_from_the_new_syn)
{
	struct live hello = { .flags = TCP_SYN | TCP_ACK, .seq = 1000, .ack = 1 };
	struct live again = { .flags = TCP_SYN | TCP_ACK, .seq = 77777, .ack = 701 };
	struct live data = { SEG(TCP_ACK, 77778, 711, 500, 100) };
	struct wire_view v;

	begin(HELLO AGAIN "+0 > S. 0:0(0) ack 701\n+0 < P. 1:11(10) ack 1 win 9\n"
	      "+0 > . 1:101(100) ack 11\n");
	inject(0, &v);
	ck_assert_int_eq(meet(1, &hello, 1000), JUDGE_MATCHED);
	inject(3, &v);
	ck_assert_int_eq(meet(4, &again, 2000), JUDGE_MATCHED);
	inject(5, &v);
	ck_assert_uint_eq(v.seq, 701);
	ck_assert_uint_eq(v.ack, 77778);
	ck_assert_int_eq(meet(6, &data, 3000), JUDGE_MATCHED);
}
END_TEST

/* A long script must not cost memory for each packet that is as expected. */
START_TEST(matching_keeps_no_memory)
{
	const struct judge_window w = { .is_any = true };
	struct live l = with_ts(syn_ack, 20, 7);
	struct wire_builder b;
	struct wire_view v;
	size_t before;

	begin("0 < S 100:100(0) win 1000 <mss 1000,nop,nop,TS val 7 ecr 0>\n"
	      "+0 > S. 500:500(0) ack 101 <TS val 20 ecr 7,nop,nop>\n");
	inject(0, &v);
	b = make(&l);
	before = arena_bytes(arena);
	for (int i = 0; i < 3; i++)
		ck_assert_int_eq(judge_packet(judge, &plan->steps[1], &w, b.bytes, b.len, i),
				 JUDGE_MATCHED);
	ck_assert_uint_eq(arena_bytes(arena), before);
}
END_TEST

/* What has a name outlasts the packets behind it, with its options. */
START_TEST(named_packets_stay)
{
	struct live l = with_ts(syn_ack, 20, 7);
	const struct wire_view *named;
	struct wire_view v;
	int64_t at_us;

	begin("0 < S 100:100(0) win 1000 <mss 1000,nop,nop,TS val 7 ecr 0>\n"
	      "+0 > S. 500:500(0) ack 101 <TS val 20 ecr 7,nop,nop> as first\n"
	      "+0 > . 1:1(0) ack 1 <nop,nop,nop,nop>\n");
	inject(0, &v);
	ck_assert_int_eq(meet(1, &l, 1000), JUDGE_MATCHED);
	l = (struct live){ .flags = TCP_ACK, .seq = STACK_ISN + 1, .ack = 101,
			   .opts = { 1, 1, 1, 1 }, .n_opts = 4 };
	for (int i = 0; i < 3; i++)
		ck_assert_int_eq(meet(2, &l, 1000), JUDGE_MATCHED);
	ck_assert_int_eq(judge_packet_named(judge, "first", &named, &at_us), 0);
	ck_assert_uint_eq(named->opts.n, 3);
	ck_assert_uint_eq(named->opts.opt[0].kind, 8);
	ck_assert_uint_eq(named->opts.opt[0].value[0], 20);
}
END_TEST

START_TEST(ignores_other_connections)
{
	struct live l = { .flags = TCP_SYN | TCP_ACK, .seq = 9, .ack = 1, .src_port = 8081 };
	struct wire_view v;

	begin(HELLO);
	inject(0, &v);
	ck_assert_int_eq(meet(1, &l, 1000), JUDGE_IGNORED);
	l.src_port = 0;
	ck_assert_int_eq(meet(1, &l, 1000), JUDGE_MATCHED);
}
END_TEST

/* An error about a packet of the peer; each row: fragment flags and offset of what it quotes. */
static const struct {
	uint64_t mf, offset;
	enum judge_answer answer;
} quote_rows[] = {
	{ 0, 0, JUDGE_MATCHED },
	{ 1, 0, JUDGE_MATCHED },
	{ 0, 35, JUDGE_IGNORED },
	{ 1, 35, JUDGE_IGNORED },
};

START_TEST(finds_whose_error_it_is)
{
	const struct judge_window window = { .from_us = 1000, .to_us = 1000, .tolerance_us = 4000 };
	struct live hello = { .flags = TCP_SYN | TCP_ACK, .seq = 1000, .ack = 1 };
	struct wire_builder quoted, b;
	struct wire_view v;

	begin(HELLO "+0 > icmp time_exceeded frag_reass_exceeded\n+0 < P. 1:11(10) ack 1 win 9\n");
	inject(0, &v);
	ck_assert_int_eq(meet(1, &hello, 1000), JUDGE_MATCHED);
	wire_build_init(&quoted, arena);
	wire_push(&quoted, WIRE_IPV4);
	wire_set_addrs(&quoted, &plan->config.remote, &plan->config.local);
	wire_set(&quoted, WIRE_F_IPV4_MF, quote_rows[_i].mf);
	wire_set(&quoted, WIRE_F_IPV4_FRAGMENT_OFFSET, quote_rows[_i].offset);
	wire_push(&quoted, WIRE_TCP);
	wire_set(&quoted, WIRE_F_TCP_SRC_PORT, PEER_PORT);
	wire_set(&quoted, WIRE_F_TCP_DST_PORT, 8080);
	ck_assert_int_eq(wire_finish(&quoted), 0);
	wire_build_init(&b, arena);
	wire_push(&b, WIRE_IPV4);
	wire_set_addrs(&b, &plan->config.local, &plan->config.remote);
	wire_push(&b, WIRE_ICMPV4);
	wire_set(&b, WIRE_F_ICMPV4_TYPE, 11);
	wire_set(&b, WIRE_F_ICMPV4_CODE, 1);
	wire_add_payload(&b, quoted.bytes, quoted.len);
	ck_assert_int_eq(wire_finish(&b), 0);
	ck_assert_int_eq(judge_packet(judge, &plan->steps[3], &window, b.bytes, b.len, 1000),
			 quote_rows[_i].answer);
	/* Where no line waits for it, it breaks the quiet. */
	ck_assert(judge_owns(judge, b.bytes, b.len) == (quote_rows[_i].answer == JUDGE_MATCHED));
	inject(4, &v);
	ck_assert_uint_eq(v.dst_port, 8080);
}
END_TEST

/* ---- several segments for one line (language: 3.8) ---- */

static void open_connection(const char *line)
{
	struct live hello = { .flags = TCP_SYN | TCP_ACK, .seq = 1000, .ack = 1 };
	struct wire_view v;

	begin(arena_printf(arena, "%s+0 %s\n", HELLO, line));
	inject(0, &v);
	ck_assert_int_eq(meet(1, &hello, 1000), JUDGE_MATCHED);
	inject(2, &v);
}

START_TEST(merges_segments)
{
	struct live l = { .flags = TCP_ACK, .seq = 1001, .ack = 1, .win = 5, .len = 100 };

	open_connection("> P. 1:251(250) ack 1");
	ck_assert_int_eq(meet(3, &l, 1000), JUDGE_MORE);
	l.seq += 100;
	ck_assert_int_eq(meet(3, &l, 1000), JUDGE_MORE);
	l = (struct live){ SEG(TCP_ACK | TCP_PSH, 1201, 1, 5, 50) };
	ck_assert_int_eq(meet(3, &l, 1000), JUDGE_MATCHED);
}
END_TEST

START_TEST(refuses_to_merge_what_does_not_follow)
{
	struct live l = { .flags = TCP_ACK, .seq = 1001, .ack = 1, .win = 5, .len = 100 };

	open_connection("> P. 1:251(250) ack 1");
	ck_assert_int_eq(meet(3, &l, 1000), JUDGE_MORE);
	l.seq += 150;
	ck_assert_int_eq(meet(3, &l, 1000), JUDGE_MISMATCH);
}
END_TEST

START_TEST(does_not_wait_when_the_start_is_wrong)
{
	struct live l = { .flags = TCP_ACK, .seq = 1002, .ack = 1, .win = 5, .len = 100 };

	open_connection("> P. 1:251(250) ack 1");
	ck_assert_int_eq(meet(3, &l, 1000), JUDGE_MISMATCH);
	ck_assert_str_eq(differing(), "tcp.flags tcp.seq payload length");
}
END_TEST

START_TEST(says_which_line_wanted_the_packet)
{
	struct live l = { .flags = TCP_RST, .seq = 1001 };

	open_connection("> . 1:1(0) ack 1\n+1 > R 1:1(0)");
	ck_assert_int_eq(meet(3, &l, 1000), JUDGE_MISMATCH);
	ck_assert_ptr_nonnull(strstr(judge_findings(judge)->text, "what line 5 expects"));
	ck_assert_str_eq(judge_findings(judge)->message,
			 "expected an ACK, the stack sent a reset (RST)");
}
END_TEST

START_TEST(strict_segments_do_not_merge)
{
	struct live l = { .flags = TCP_ACK, .seq = 1001, .ack = 1, .win = 5, .len = 100 };

	open_connection("> P. 1:251(250) ack 1");
	plan->config.strict_segments = true;
	ck_assert_int_eq(meet(3, &l, 1000), JUDGE_MISMATCH);
}
END_TEST

START_TEST(non_fatal_mismatch_is_a_warning)
{
	struct live l = { .flags = TCP_ACK, .seq = 1001, .ack = 1, .win = 5 };

	open_connection("> . 1:1(0) ack 2");
	plan->config.non_fatal_packet = true;
	ck_assert_int_eq(meet(3, &l, 1000), JUDGE_MATCHED);
	ck_assert(judge_findings(judge)->is_warning);
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("judge");
	TCase *t = tcase_create("judge");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, maps_numbers_both_ways);
	tcase_add_test(t, unknown_echo_is_an_error_with_a_place);
	tcase_add_loop_test(t, compares_every_field, 0, ARRAY_LEN(rows));
	tcase_add_test(t, matching_keeps_no_memory);
	tcase_add_test(t, named_packets_stay);
	tcase_add_test(t, ignores_other_connections);
	tcase_add_test(t, counts_from_the_new_syn);
	tcase_add_loop_test(t, finds_whose_error_it_is, 0, ARRAY_LEN(quote_rows));
	tcase_add_loop_test(t, begins_anew, 0, ARRAY_LEN(anew_rows));
	tcase_add_test(t, merges_segments);
	tcase_add_test(t, refuses_to_merge_what_does_not_follow);
	tcase_add_test(t, does_not_wait_when_the_start_is_wrong);
	tcase_add_test(t, says_which_line_wanted_the_packet);
	tcase_add_test(t, strict_segments_do_not_merge);
	tcase_add_test(t, non_fatal_mismatch_is_a_warning);
	suite_add_tcase(s, t);
	return s;
}

int main(void)
{
	return unit_run(suite());
}
