/* SPDX-License-Identifier: BSD-2-Clause */
/* The tree of each construct, its canonical text, and that both directions agree. */
#include <check.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/diag.h"
#include "base/util.h"
#include "grammar/parse.h"
#include "unit.h"

static struct arena *arena;

static void setup(void)
{
	arena = arena_new();
}

static void teardown(void)
{
	arena_free(arena);
}

static struct ast_script *parse_with(const char *text, const struct definition *defs)
{
	struct source *src = ARENA_NEW(arena, struct source);
	struct diags d;
	struct ast_script *s;
	struct buf why = { 0 };

	source_from_text(arena, "test", text, strlen(text), src);
	diags_init(&d, arena, src);
	s = grammar_parse(arena, src, defs, &d);
	diags_render(&d, &why);
	ck_assert_msg(s != NULL, "does not parse: %s", buf_str(&why));
	buf_fini(&why);
	return s;
}

static struct ast_script *parse(const char *text)
{
	return parse_with(text, NULL);
}

static const char *print(const struct ast_script *s)
{
	struct buf out = { 0 };
	const char *text;

	grammar_print(s, &out);
	text = arena_strdup(arena, buf_str(&out));
	buf_fini(&out);
	return text;
}

static bool fails(const char *text)
{
	struct source src;
	struct diags d;

	source_from_text(arena, "test", text, strlen(text), &src);
	diags_init(&d, arena, &src);
	return grammar_parse(arena, &src, NULL, &d) == NULL && d.n_errors > 0;
}

/* Text, and its canonical form where that is another (without the newline at the end). */
static const struct row {
	const char *text, *canonical;
} rows[] = {
	/* times */
	{ "0 close(3) = 0", NULL },
	{ "1.25 close(3)=0", "1.25 close(3) = 0" },
	{ "+ .25 close(3) = 0", "+.25 close(3) = 0" },
	{ "* > . 1:1(0)", NULL },
	{ "1~1.5 > . 1:1(0)", NULL },
	{ "+.1 ~ +.3 > . 1:1(0)", "+.1~+.3 > . 1:1(0)" },
	{ "+.01 ... 0.06 read(4, ..., 10) = 10", "+.01...0.06 read(4, ..., 10) = 10" },
	{ "0....5 read(4, ..., 10) = 10", NULL },
	/* flags */
	{ "0 > S 0:0(0)", NULL },
	{ "0 > SEWA 0:0(0)", NULL },
	{ "0 > EAP. 0:0(0)", NULL },
	{ "0 > F5. 0:0(0)", NULL },
	{ "0 > P.5 0:0(0)", NULL },
	{ "0 > .5 0:0(0)", NULL },
	{ "0 > 5. 0:0(0)", NULL },
	{ "0 > - 0:0(0)", NULL },
	{ "0 > S.E 0:0(0)", NULL },
	{ "0 > P . 1:1(0)", "0 > P. 1:1(0)" },
	{ "0 > R|R. 1:1(0) ack 1", NULL },
	{ "0 > . | P. |.5 1:1(0) ack 1", "0 > .|P.|.5 1:1(0) ack 1" },
	/* sequence, fields */
	{ "0 > R. ...(0) ack 1 win 0", NULL },
	{ "0 > . ...(0~1) ack 1", NULL },
	{ "0 > . ...( 0 ~ 1 )! ack 1", "0 > . ...(0~1)! ack 1" },
	{ "0 < . 5000:5000(0)! ack 1 win 5", NULL },
	{ "0 < U. 1:2(1) ack 1 win 65535 urg 1", NULL },
	{ "0 > . 1:1(0) ack 1 win 100~200", NULL },
	{ "0 > . 1:1(0) ack * win *", NULL },
	/* options */
	{ "0 > . 1:1(0) <...>", NULL },
	{ "0 > . 1:1(0) < >", "0 > . 1:1(0) <>" },
	{ "0 > . 1:1(0) < mss 1000 , nop,\n nop >", "0 > . 1:1(0) <mss 1000,nop,nop>" },
	{ "0 > . 1:1(0) <sack 1:2 3 : 4,eol>", "0 > . 1:1(0) <sack 1:2 3:4,eol>" },
	{ "0 > . 1:1(0) <TS val ... ecr 5,TS val 7 ecr 9!>", NULL },
	{ "0 > . 1:1(0) <FO,FO 3021b9d889017eeb,FOEXP 00ab,md5 000102>", NULL },
	{ "0 > . 1:1(0) <ECN e1b 1 ceb 0 e0b 1,gen-30 a0b1,020405b4>", NULL },
	{ "0 > . 1:1(0) <mss *,wscale 5~7,opt 253 a1b2>", NULL },
	/* IP information and outer headers */
	{ "0 > [ect0] . 1:1(0)", NULL },
	{ "0 > (ttl 3,ect0, flowlabel 0x12345) . 1:1(0)",
	  "0 > (ttl 3, ect0, flowlabel 0x12345) . 1:1(0)" },
	{ "0 < ipv4 203.0.113.9 > 203.0.113.10: gre: . 1:1(0) win 9", NULL },
	{ "0 < ipv6 (ce) fd00::1 > ::2:[ect0] . 1:1(0) win 9",
	  "0 < ipv6 [ce] fd00::1 > ::2: [ect0] . 1:1(0) win 9" },
	{ "0 > ipv4 [ce] 1.2.3.4 > 5.6.7.8: . 1:1(0)", NULL },
	{ "0 < gre flags [none] sum 0 off 0 key = 0x77, seq 0: . 1:1(0) win 9",
	  "0 < gre flags [none] sum 0 off 0 key 0x77 seq 0: . 1:1(0) win 9" },
	{ "0 < gre flags [sequence# present, key present] sum 0 off 0 key 1 seq 0: . 1:1(0) win 9",
	  NULL },
	{ "0 < mpls (label 16, tc 0, ttl 64) (label 17, tc 0, [S], ttl 64): . 1:1(0) win 9", NULL },
	{ "0 < 8080 > 80 S 0:0(0) win 5", NULL },
	{ "0 > encap psp spi 0x1 P. 1:101(100) ack 1", NULL },
	/* other protocols */
	{ "0 < udp (120)", NULL },
	{ "0 > udp 9000 > 53 (48)", NULL },
	{ "0 < icmp unreachable frag_needed mtu 1200 [0:0(0)]", NULL },
	{ "0 < icmp unreachable CODE", NULL },
	{ "0 < icmp type_3 code_4 [udp (100)]", NULL },
	{ "0 < icmp echo_request id 7 [raw (64)]", NULL },
	{ "0 < icmp echo_request id 7 [raw (64)] { ip.id = 8, icmp.mtu = 9 }", NULL },
	{ "0 < [1:1001(1000)] icmp unreachable host_unreachable",
	  "0 < icmp unreachable host_unreachable [1:1001(1000)]" },
	{ "0 getsockopt(3, 6, 4, [ 1 ~ 0x2 ], [4]) = 0", "0 getsockopt(3, 6, 4, [1~0x2], [4]) = 0" },
	{ "0 < raw \"45000014\"", NULL },
	/* overrides and names */
	{ "0 < . 1:1(0) win 1 <nop> {tcp.checksum=0xbad,ip.total_length=10} as bad",
	  "0 < . 1:1(0) win 1 <nop> { tcp.checksum = 0xbad, ip.total_length = 10 } as bad" },
	{ "0 > S 0:0(0) as as", NULL },
	/* calls */
	{ "0 f() = 0", NULL },
	{ "0 f() = ...", NULL },
	{ "0 f() = -1", NULL },
	{ "0 f() = -1 (whatever words)", NULL },
	{ "0 f() = -1 EAGAIN (can't (really) say: win, ack!)", NULL },
	{ "0 f() = -1 EAGAIN", NULL },
	{ "0 f() = 0x802 (flags O_RDWR)", NULL },
	{ "0 f() = A|B", NULL },
	{ "0 f() = NAME (first) (second)", NULL },
	{ "0 f(..., A | B,[1], [ ], {..., 100}, 1.5, -3, 0x1F) = 0",
	  "0 f(..., A|B, [1], [], {..., 100}, 1.5, -3, 0x1F) = 0" },
	{ "0 f(\"ab\" \"cd\\\"\", \"\\\\\", \"\\x41\") = 0", NULL },
	{ "0 f({fd=3, events=POLLIN|POLLOUT, revents=POLLIN}) = 0", NULL },
	{ "0 f({events=0, ptr=0}, {onoff=1, linger=0}) = 0", NULL },
	{ "0 f({msg_name(...)=..., msg_iov(2)=[{..., 1}, {..., 2}], msg_flags=0}) = 0", NULL },
	{ "0 f({sa_family=AF_INET, sin_port=htons(80), sin_addr=inet_addr(\"1.2.3.4\")}) = 0",
	  NULL },
	{ "0 f({(label 3, tc 0, [S], ttl 9)}, {flags 0x0 sum 0 off 0 key=0 seq 0}) = 0", NULL },
	{ "0 f({flags 0x0,sum 0, x=1, y=2, z 3}) = 0", "0 f({flags 0x0 sum 0 x=1, y=2, z 3}) = 0" },
	{ "0 f(1.2.3.4, fd00::1, 1:2:3:4:5:6:7:8, ::ffff:1.2.3.4) = 0", NULL },
	/* commands, code, extensions */
	{ "0 `a \\\n  b | awk '$2!=0{exit 1}'`", NULL },
	{ "0 %{ d = {1: {}}}%", NULL },
	{ "0 %{\nif a:\n\tb = 1\n}%", NULL },
	{ "0 assert state(4) == ESTABLISHED", NULL },
	{ "0 assert within(a,\n\tb, 5%) and x", NULL },
	{ "0 assert(x == 1)", "0 assert (x == 1)" },
	{ "0 quiet 1.5", NULL },
	{ "0 quiet(3) = 0", NULL },
	/* words stay words */
	{ "0 f(ack, id, win, tos, key, udp, raw, as, mtu, ipv4, assert, quiet) = id as (key)", NULL },
	{ "0 > . 1:1(0) <FO ack,FO ce,as id>", NULL },
	/* script level */
	{ "--mss=1000\n--flag\n--define=A=\"x y\"\n--define=\"B=3\"\n0 f() = 0", NULL },
	{ "--ip_version=ipv4-mapped-ipv6\n--tolerance_percent=12.5\n0 f() = 0", NULL },
	{ "--init_scripts=/tmp/a.sh,../b\n--local_ip = 10.0.0.1\n0 f() = 0",
	  "--init_scripts=/tmp/a.sh,../b\n--local_ip=10.0.0.1\n0 f() = 0" },
	{ "`init`\n0 f() = 0\n`cleanup`", NULL },
	{ "0 f() = 0 +0 g() = 0", " 0 f() = 0\n+0 g() = 0" },
	{ "\xef\xbb\xbf" "0 f() = 0", "0 f() = 0" },
	{ "0 f(1,\r\n  2) = 0\r\n+0 g() = 0", " 0 f(1, 2) = 0\n+0 g() = 0" },
	/* comments and blank lines */
	{ "// top\n\n0 f() = 0  // behind\n// below", NULL },
	{ "0 f() = 0// behind\n\n\n\n/* own\n   lines **/\n+0 g() = 0",
	  " 0 f() = 0  // behind\n\n/* own\n   lines **/\n+0 g() = 0" },
	{ "0 f(1, // one\n2 /* two */) = 0", "// one\n/* two */\n0 f(1, 2) = 0" },
	{ "0 assert x // why\n+0 assert y / 2 /* how */", " 0 assert x  // why\n+0 assert y / 2  /* how */" },
};

static const char *canonical(const struct row *row)
{
	return arena_printf(arena, "%s\n", row->canonical ? row->canonical : row->text);
}

START_TEST(text_and_tree_agree)
{
	struct ast_script *s = parse(rows[_i].text), *again;

	ck_assert_str_eq(print(s), canonical(&rows[_i]));
	again = parse(print(s));
	ck_assert(grammar_same(s, again));
	ck_assert_str_eq(print(again), print(s));
}
END_TEST

START_TEST(trees_differ_when_texts_differ)
{
	struct ast_script *s = parse(rows[_i].text);

	for (size_t j = 0; j < ARRAY_LEN(rows); j++) {
		/* A comment makes no difference. */
		if (strpbrk(rows[j].text, "/") || strpbrk(rows[_i].text, "/") || (int)j == _i)
			continue;
		ck_assert_msg(!grammar_same(s, parse(rows[j].text)) ||
				      strcmp(canonical(&rows[_i]), canonical(&rows[j])) == 0,
			      "same: %s and %s", rows[_i].text, rows[j].text);
	}
}
END_TEST

/* Pairs that differ in one part only, where rows[] has no such pair. */
static const struct {
	const char *a, *b;
} different[] = {
	{ "0 f() = 0", "+0 f() = 0" },
	{ "0~1 > . 1:1(0)", "0~2 > . 1:1(0)" },
	{ "0...1 f() = 0", "0...2 f() = 0" },
	{ "0 > . 1:1(0)", "0 < . 1:1(0)" },
	{ "0 > . 1:1(0)", "0 > . 2:1(0)" },
	{ "0 > . 1:1(0)", "0 > . 1:2(0)" },
	{ "0 > . 1:1(0)", "0 > . 1:1(1)" },
	{ "0 > . 1:1(0)", "0 > . 1:1(0)!" },
	{ "0 > . 1:1(0)", "0 > . 1:1(0) <>" },
	{ "0 > . 1:1(0) ack 1", "0 > . 1:1(0) ack 2" },
	{ "0 > . 1:1(0) ack 1~2", "0 > . 1:1(0) ack 1~3" },
	{ "0 > . 1:1(0) <nop>", "0 > . 1:1(0) <nop,nop>" },
	{ "0 > . 1:1(0) <mss 1>", "0 > . 1:1(0) <mss 2>" },
	{ "0 > (ce) . 1:1(0)", "0 > [ce] . 1:1(0)" },
	{ "0 > (ce) . 1:1(0)", "0 > (ect0) . 1:1(0)" },
	{ "0 > 1 > 2 . 1:1(0)", "0 > 1 > 3 . 1:1(0)" },
	{ "0 > 1 > 2 . 1:1(0)", "0 > 2 > 2 . 1:1(0)" },
	{ "0 > . 1:1(0) as a", "0 > . 1:1(0) as b" },
	{ "0 > . 1:1(0) {a=1}", "0 > . 1:1(0) {a=2}" },
	{ "0 > . 1:1(0) {a.b=1}", "0 > . 1:1(0) {a.c=1}" },
	{ "0 > ipv4 1.1.1.1 > 2.2.2.2: . 1:1(0)", "0 > ipv4 1.1.1.1 > 2.2.2.3: . 1:1(0)" },
	{ "0 > ipv4 1.1.1.1 > 2.2.2.2: . 1:1(0)", "0 > ipv4 1.1.1.2 > 2.2.2.2: . 1:1(0)" },
	{ "0 > ipv4 [ce] 1.1.1.1 > 2.2.2.2: . 1:1(0)", "0 > ipv4 1.1.1.1 > 2.2.2.2: . 1:1(0)" },
	{ "0 > gre: . 1:1(0)", "0 > mpls: . 1:1(0)" },
	{ "0 > gre flags [a]: . 1:1(0)", "0 > gre flags [b]: . 1:1(0)" },
	{ "0 > mpls (label 1): . 1:1(0)", "0 > mpls (label 2): . 1:1(0)" },
	{ "0 > encap psp spi 1 . 1:1(0)", "0 > encap psp spi 2 . 1:1(0)" },
	{ "0 > udp (1)", "0 > udp (2)" },
	{ "0 < icmp a b", "0 < icmp a c" },
	{ "0 < icmp a b", "0 < icmp b b" },
	{ "0 < icmp a [udp (1)]", "0 < icmp a [raw (1)]" },
	{ "0 < icmp a [udp (1)]", "0 < icmp a [udp (2)]" },
	{ "0 < icmp a [1:2(1)]", "0 < icmp a [2:3(1)]" },
	{ "0 < raw \"00\"", "0 < raw \"01\"" },
	{ "0 f() = 0", "0 g() = 0" },
	{ "0 f() = 0", "0 f() = 1" },
	{ "0 f() = 0 E", "0 f() = 0 F" },
	{ "0 f() = 0 (a)", "0 f() = 0 (b)" },
	{ "0 f(\"a\") = 0", "0 f(a) = 0" },
	{ "0 f({a=1}) = 0", "0 f({a 1}) = 0" },
	{ "0 f({a(1)=1}) = 0", "0 f({a(2)=1}) = 0" },
	{ "0 f([a]) = 0", "0 f({a}) = 0" },
	{ "0 f(a(b)) = 0", "0 f(b(b)) = 0" },
	{ "0 quiet 1", "0 quiet 2" },
	{ "0 `a`", "0 %{a}%" },
	{ "--a\n0 f() = 0", "--b\n0 f() = 0" },
	{ "--a=1\n0 f() = 0", "--a=2\n0 f() = 0" },
	{ "--define=A=1\n0 f() = 0", "--define=B=1\n0 f() = 0" },
	{ "`a`\n0 f() = 0", "`b`\n0 f() = 0" },
	{ "0 f() = 0\n`a`", "0 f() = 0\n`b`" },
	{ "0 f() = 0", "0 f() = 0\n+0 f() = 0" },
};

START_TEST(each_difference_counts)
{
	struct ast_script *a = parse(different[_i].a), *b = parse(different[_i].b);

	ck_assert(grammar_same(a, a));
	ck_assert(!grammar_same(a, b));
	ck_assert(!grammar_same(b, a));
}
END_TEST

START_TEST(packet_has_its_parts)
{
	struct ast_script *s = parse("+.5~+1 < ipv4 1.2.3.4 > 5.6.7.8: [tos 0x02] 80 > 81 P.5 "
				     "1:11(10)! ack 7 win 1~2 <mss 5,sack 1:2 3:4> {a.b=1} as n");
	const struct ast_event *e = s->events;
	const struct ast_packet *k = e->packet;

	ck_assert_int_eq(e->kind, AST_EVENT_PACKET);
	ck_assert_int_eq(e->time.kind, AST_TIME_RELATIVE_RANGE);
	ck_assert_str_eq(e->time.start.text, ".5");
	ck_assert_str_eq(e->time.end->text, "1");
	ck_assert(k->is_inbound && k->has_ip_info && k->ip_bracket == '[');
	ck_assert_int_eq(k->outer->kind, AST_HEADER_IPV4);
	ck_assert_str_eq(k->outer->dst.text, "5.6.7.8");
	ck_assert_str_eq(k->ip_info->name.text, "tos");
	ck_assert_int_eq(k->ip_info->value.kind, TOK_HEX);
	ck_assert_str_eq(k->src_port->text, "80");
	ck_assert_str_eq(k->dst_port->text, "81");
	ck_assert_str_eq(k->flags.text, "P.5");
	ck_assert(k->seq.is_absolute && !k->seq.is_ignored);
	ck_assert_str_eq(k->seq.start.text, "1");
	ck_assert_str_eq(k->seq.end.text, "11");
	ck_assert_str_eq(k->seq.len.text, "10");
	ck_assert_str_eq(k->fields->name.text, "ack");
	ck_assert_str_eq(k->fields->next->value.text, "1");
	ck_assert_str_eq(k->fields->next->value_end->text, "2");
	ck_assert_int_eq(k->optlist, AST_OPTS_LIST);
	ck_assert_str_eq(k->opts->toks->next->text, "5");
	ck_assert_int_eq(k->opts->toks->next->kind, TOK_INT);
	ck_assert_str_eq(k->opts->next->toks->next->next->text, "3:4");
	ck_assert_ptr_null(k->opts->next->next);
	ck_assert_int_eq(k->overrides->kind, EXPR_STRUCT);
	ck_assert_str_eq(k->overrides->kids->tok.text, "a.b");
	ck_assert_str_eq(k->as_name->text, "n");
}
END_TEST

START_TEST(call_has_its_parts)
{
	struct ast_script *s = parse("+1...2 f(\"a\\\"b\", {n(1)=[x]}, A|B) = -1 EINVAL (bad key)");
	const struct ast_event *e = s->events;
	const struct ast_expr *arg = e->call->args;

	ck_assert_int_eq(e->kind, AST_EVENT_CALL);
	ck_assert_int_eq(e->time.kind, AST_TIME_RELATIVE);
	ck_assert_str_eq(e->time.until->text, "2");
	ck_assert_str_eq(e->call->name.text, "f");
	ck_assert_int_eq(arg->tok.kind, TOK_STRING);
	ck_assert_str_eq(arg->tok.text, "a\\\"b");
	ck_assert_str_eq(arg->tok.raw, "\"a\\\"b\"");
	arg = arg->next;
	ck_assert_int_eq(arg->kids->kind, EXPR_FIELD);
	ck_assert_str_eq(arg->kids->count->tok.text, "1");
	ck_assert_int_eq(arg->kids->kids->kind, EXPR_LIST);
	ck_assert_int_eq(arg->next->kind, EXPR_OR);
	ck_assert_str_eq(arg->next->kids->next->tok.text, "B");
	ck_assert_str_eq(e->call->result->tok.text, "-1");
	ck_assert_str_eq(e->call->err_name->text, "EINVAL");
	ck_assert_str_eq(e->call->note->text, "bad key");
}
END_TEST

START_TEST(spans_point_at_the_text)
{
	static const char text[] = "// c\n 0 f(1) = 0\n+1 > . 1:1(0) ack 1 <mss 9>\n";
	struct ast_script *s = parse(text);
	const struct ast_packet *k = s->events->next->packet;

	ck_assert_uint_eq(s->comments->span.len, 4);
	ck_assert_ptr_eq(text + s->events->span.off, strstr(text, "0 f"));
	ck_assert_uint_eq(s->events->span.len, strlen("0 f(1) = 0"));
	ck_assert_ptr_eq(text + s->events->call->args->span.off, strstr(text, "1) ="));
	ck_assert_ptr_eq(text + k->opts_span.off, strstr(text, "<mss"));
	ck_assert_uint_eq(k->opts_span.len, 7);
	ck_assert_ptr_eq(text + k->fields->span.off, strstr(text, "ack"));
	ck_assert_uint_eq(k->fields->span.len, 5);
	ck_assert_uint_eq(k->seq.span.len, strlen("1:1(0)"));
}
END_TEST

START_TEST(comments_are_kept)
{
	struct ast_script *s = parse("//! title: x\n0 f() = 0 // b\n/* c */ +0 assert a // d");
	const struct ast_comment *c = s->comments;

	ck_assert_str_eq(c->text, "//! title: x");
	ck_assert(c->is_own_line && !c->is_block);
	c = c->next;
	ck_assert_str_eq(c->text, "// b");
	ck_assert(!c->is_own_line);
	c = c->next;
	ck_assert_str_eq(c->text, "/* c */");
	ck_assert(c->is_own_line && c->is_block);
	ck_assert_str_eq(c->next->text, "// d");
	ck_assert_str_eq(s->events->next->text->text, "a");
}
END_TEST

/* Definitions of the script itself and of the command line; see language: 1.4. */
static const struct {
	const char *value;
	enum tok_kind kind;
	const char *text;
} definitions[] = {
	{ "WORD", TOK_WORD, "WORD" },       { "\"a b\"", TOK_STRING, "a b" },
	{ "`x`", TOK_BACKTICK, "x" },       { "17", TOK_INT, "17" },
	{ "-3", TOK_INT, "-3" },            { "010", TOK_INT, "8" },
	{ "0x1f", TOK_HEX, "0x1f" },        { "1.5", TOK_FLOAT, "1.5" },
	{ "3021b9", TOK_WORD, "3021b9" },   { "09", TOK_INT, "09" },
	{ "", TOK_WORD, "" },               { "\"", TOK_STRING, "" },
};

START_TEST(definition_sets_kind_and_text)
{
	struct definition d = { "NAME", definitions[_i].value, NULL };
	struct ast_script *s = parse_with("0 f(NAME, NAME2) = 0", &d);
	const struct ast_expr *arg = s->events->call->args;

	ck_assert_int_eq(arg->tok.kind, definitions[_i].kind);
	ck_assert_str_eq(arg->tok.text, definitions[_i].text);
	ck_assert_uint_eq(arg->tok.len, strlen(definitions[_i].text));
	ck_assert_str_eq(arg->tok.raw, "NAME");
	ck_assert_str_eq(arg->next->tok.text, "NAME2");
	ck_assert_str_eq(print(s), "0 f(NAME, NAME2) = 0\n");
}
END_TEST

START_TEST(cookie_of_digits_stays_text)
{
	struct definition d = { "C", "0012", NULL };
	struct ast_script *s = parse_with("0 > . 1:1(0) <FO C,FO 0012>", &d);

	ck_assert_str_eq(s->events->packet->opts->toks->next->text, "0012");
	ck_assert_str_eq(s->events->packet->opts->next->toks->next->text, "0012");
	ck_assert_str_eq(print(s), "0 > . 1:1(0) <FO C,FO 0012>\n");
}
END_TEST

START_TEST(outer_definition_beats_the_script)
{
	struct definition d = { "A", "outer", NULL };
	struct ast_script *s = parse_with("--define=A=inner\n--define=B=A\n--define=\"C=3\"\n"
					  "--x=A\n0 f(A, B, C) = 0", &d);
	const struct ast_expr *arg = s->events->call->args;

	ck_assert_str_eq(s->options->define.text, "A");
	ck_assert_str_eq(s->options->value.text, "inner");
	ck_assert_str_eq(s->options->next->next->define.text, "C");
	ck_assert_str_eq(s->options->next->next->value.text, "3");
	ck_assert_str_eq(s->options->next->next->next->value.text, "outer");
	ck_assert_str_eq(arg->tok.text, "outer");
	ck_assert_str_eq(arg->next->tok.text, "A");
	ck_assert_int_eq(arg->next->next->tok.kind, TOK_INT);
}
END_TEST

START_TEST(definitions_work_in_every_value)
{
	struct definition d3 = { "CODE", "host_unreachable", NULL }, d2 = { "CMD", "`true`", &d3 };
	struct definition d1 = { "N", "5", &d2 }, d0 = { "ack", "99", &d1 };
	struct ast_script *s = parse_with("+N CMD +0 > . 1:N(N) ack N as N "
					  "+0 < icmp unreachable CODE mtu N [N:N(N)]", &d0);
	const struct ast_event *e = s->events;

	ck_assert_str_eq(e->time.start.text, "5");
	ck_assert_int_eq(e->kind, AST_EVENT_COMMAND);
	e = e->next;
	ck_assert_str_eq(e->packet->seq.end.text, "5");
	ck_assert_str_eq(e->packet->fields->name.text, "ack");
	ck_assert_str_eq(e->packet->fields->value.text, "5");
	ck_assert_str_eq(e->packet->as_name->text, "N");
	ck_assert_str_eq(e->next->packet->icmp_code->text, "host_unreachable");
}
END_TEST

START_TEST(commands_and_code_keep_their_text)
{
	struct ast_script *s = parse("`a \\\r\n b`\n0 f() = 0 0 %{ \tx\n y \t}% 0 `\\n\"'`");

	ck_assert_str_eq(s->init.text, "a \\\n b");
	ck_assert_str_eq(s->init.raw, "`a \\\r\n b`");
	ck_assert_str_eq(s->events->next->text->text, "x\n y");
	ck_assert_str_eq(s->events->next->next->text->text, "\\n\"'");
}
END_TEST

START_TEST(assert_text_has_no_comments)
{
	struct ast_script *s = parse("0 assert f(a, // x )\nb) /* y */\n+0 f() = 0");

	ck_assert_str_eq(s->events->text->text, "f(a,       \nb)");
	ck_assert_uint_eq(s->n_events, 2);
	s = parse("0 assert f(a\n+0 f() = 0\n+0 g() = 0");
	ck_assert_str_eq(s->events->text->text, "f(a");
	ck_assert_uint_eq(s->n_events, 3);
}
END_TEST

static const char *const broken[] = {
	"", "0", "0 f()", "0 f() = ", "0 f(", "0 > ", "0 > .", "0 > . 1", "0 > . 1:1(0", "0 > . 1:1(0) <",
	"0 .S 1:1(0)", "0 > .S 1:1(0)", "0 > S. E 1:1(0)", "0 f({a=1 b=2}) = 0", "0 \"", "`", "/*", "%{",
	"0 f(a=b=) = 0", "-", "--", "--a=", "0 f() = 0 --a", "1.2.3 f() = 0", "0 > . 1:1(0) ack",
};

START_TEST(broken_scripts_are_refused)
{
	ck_assert_msg(fails(broken[_i]), "'%s' parses", broken[_i]);
}
END_TEST

/* Bytes of the tree per event may not grow with the number of events. */
START_TEST(memory_is_in_proportion)
{
	size_t bytes[2];

	for (int i = 0; i < 2; i++) {
		struct arena *a = arena_new();
		struct buf text = { 0 };
		struct source src;
		struct diags d;
		size_t before;

		for (int n = 0; n < (i ? 4000 : 400); n++)
			buf_printf(&text, "+0 > . 1:1(0) ack %04d <sack 1:2 3:4>\n", n);
		source_from_text(a, "test", text.data, text.len, &src);
		diags_init(&d, a, &src);
		before = arena_bytes(a);
		ck_assert_ptr_nonnull(grammar_parse(a, &src, NULL, &d));
		bytes[i] = arena_bytes(a) - before;
		buf_fini(&text);
		arena_free(a);
	}
	ck_assert_uint_lt(bytes[1], bytes[0] * 11);
}
END_TEST

static void add_trees(TCase *t)
{
	tcase_add_loop_test(t, text_and_tree_agree, 0, ARRAY_LEN(rows));
	tcase_add_loop_test(t, trees_differ_when_texts_differ, 0, ARRAY_LEN(rows));
	tcase_add_loop_test(t, each_difference_counts, 0, ARRAY_LEN(different));
	tcase_add_test(t, packet_has_its_parts);
	tcase_add_test(t, call_has_its_parts);
	tcase_add_test(t, spans_point_at_the_text);
	tcase_add_test(t, comments_are_kept);
	tcase_add_test(t, commands_and_code_keep_their_text);
	tcase_add_test(t, assert_text_has_no_comments);
	tcase_add_loop_test(t, broken_scripts_are_refused, 0, ARRAY_LEN(broken));
	tcase_add_test(t, memory_is_in_proportion);
}

static void add_definitions(TCase *t)
{
	tcase_add_loop_test(t, definition_sets_kind_and_text, 0, ARRAY_LEN(definitions));
	tcase_add_test(t, cookie_of_digits_stays_text);
	tcase_add_test(t, outer_definition_beats_the_script);
	tcase_add_test(t, definitions_work_in_every_value);
}

int main(void)
{
	Suite *s = suite_create("grammar");
	TCase *t = tcase_create("grammar");

	tcase_add_checked_fixture(t, setup, teardown);
	add_trees(t);
	add_definitions(t);
	suite_add_tcase(s, t);
	return unit_run(s);
}
