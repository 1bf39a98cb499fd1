/* SPDX-License-Identifier: BSD-2-Clause */
#include <check.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/util.h"
#include "unit.h"
#include "wire/wire.h"

static const struct {
	const char *text;
	uint16_t flags;
	bool is_ace;
	const char *printed; /* NULL: as text */
} flags_case[] = {
	{ "-", 0, false, NULL },
	{ ".", TCP_ACK, false, NULL },
	{ "S", TCP_SYN, false, NULL },
	{ "S.", TCP_SYN | TCP_ACK, false, NULL },
	{ "F.", TCP_FIN | TCP_ACK, false, NULL },
	{ "P.", TCP_PSH | TCP_ACK, false, NULL },
	{ "FP.", TCP_FIN | TCP_PSH | TCP_ACK, false, NULL },
	{ "PF.", TCP_FIN | TCP_PSH | TCP_ACK, false, "FP." },
	{ "R", TCP_RST, false, NULL },
	{ "R.", TCP_RST | TCP_ACK, false, NULL },
	{ "U.", TCP_URG | TCP_ACK, false, NULL },
	{ "SEW", TCP_SYN | TCP_ECE | TCP_CWR, false, NULL },
	{ "SE.", TCP_SYN | TCP_ECE | TCP_ACK, false, NULL },
	{ "S.E", TCP_SYN | TCP_ECE | TCP_ACK, false, "SE." },
	{ "SEWA", TCP_SYN | TCP_ECE | TCP_CWR | TCP_AE, false, NULL },
	{ "SA.", TCP_SYN | TCP_AE | TCP_ACK, false, NULL },
	{ "EAP.", TCP_ECE | TCP_AE | TCP_PSH | TCP_ACK, false, "PEA." },
	{ "FSRPUEWA.", 0x1ff, false, NULL },
	{ ".0", TCP_ACK, true, NULL },
	{ ".5", TCP_ACK | TCP_AE | TCP_ECE, true, NULL },
	{ "P.2", TCP_PSH | TCP_ACK | TCP_CWR, true, NULL },
	{ "F.7", TCP_FIN | TCP_ACK | TCP_ACE, true, NULL },
	{ "F5.", TCP_FIN | TCP_ACK | TCP_AE | TCP_ECE, true, "F.5" },
	{ "S4", TCP_SYN | TCP_AE, true, NULL },
	{ "rsv1", 0x200, false, NULL },
	{ "Srsv7.", TCP_SYN | TCP_ACK | TCP_RESERVED, false, NULL },
	{ "Prsv2.3", TCP_PSH | TCP_ACK | 0x400 | TCP_CWR | TCP_ECE, true, NULL },
};

static const char *flags_text(uint16_t flags, bool as_ace, char out[32])
{
	struct buf b = { 0 };

	wire_flags_text(flags, as_ace, &b);
	strncpy(out, buf_str(&b), 31);
	out[31] = '\0';
	buf_fini(&b);
	return out;
}

START_TEST(flag_words)
{
	const char *printed = flags_case[_i].printed ? flags_case[_i].printed : flags_case[_i].text;
	uint16_t flags;
	bool is_ace;
	char text[32];

	ck_assert_int_eq(wire_flags_parse(flags_case[_i].text, &flags, &is_ace), 0);
	ck_assert_uint_eq(flags, flags_case[_i].flags);
	ck_assert_int_eq(is_ace, flags_case[_i].is_ace);
	ck_assert_str_eq(flags_text(flags, is_ace, text), printed);
}
END_TEST

static const char *const bad_flags[] = {
	"",    "X",    "s",  "S-",  "--",   ".8",  "P.9", ".55", "E.5", "5A",	"S .",
	"rsv", "rsv8", "rs", "F.+", "S.\n", "5.5", "W.0", "S,",	 "-S",	"\xff",
};

START_TEST(bad_flag_words)
{
	const char *bad = bad_flags[_i];
	uint16_t flags;
	bool is_ace;

	ck_assert_msg(wire_flags_parse(bad, &flags, &is_ace) == -ERR_SYNTAX, "'%s'", bad);
}
END_TEST

START_TEST(all_flags_read_back)
{
	for (unsigned int flags = 0; flags < 0x1000; flags++) {
		for (int as_ace = 0; as_ace < 2; as_ace++) {
			char text[32];
			uint16_t back;
			bool is_ace;

			flags_text((uint16_t)flags, as_ace, text);
			if (wire_flags_parse(text, &back, &is_ace) || back != flags)
				ck_abort_msg("%s is not %03x", text, flags);
			if (is_ace && !as_ace)
				ck_abort_msg("%s has a digit", text);
		}
	}
}
END_TEST

static struct tcpopt some_opts[3];

static struct wire_view tcp_view(void)
{
	struct wire_view v = { .ip_version = 4, .tos = 2, .ttl = 64, .proto = WIRE_TCP };

	ip_addr_parse("192.0.2.1", &v.src);
	ip_addr_parse("192.168.0.1", &v.dst);
	v.src_port = 8080;
	v.dst_port = 40001;
	v.tcp_flags = TCP_SYN | TCP_ACK;
	v.seq = 1234567;
	v.ack = 1;
	v.win = 64240;
	return v;
}

static void check_text(const struct wire_view *v, unsigned int what, const char *text)
{
	struct buf b = { 0 };

	wire_text(v, what, &b);
	ck_assert_str_eq(buf_str(&b), text);
	buf_fini(&b);
}

START_TEST(text_of_tcp)
{
	struct wire_view v = tcp_view();
	static const uint8_t mss[] = { 2, 4, 5, 0xb4 }, nop[] = { 1 }, ws[] = { 3, 3, 7 };

	check_text(&v, 0, "S. 1234567:1234567(0) ack 1 win 64240");
	check_text(&v, WIRE_TEXT_NO_WIN, "S. 1234567:1234567(0) ack 1");
	check_text(&v, WIRE_TEXT_PORTS, "8080 > 40001 S. 1234567:1234567(0) ack 1 win 64240");
	check_text(&v, WIRE_TEXT_IP | WIRE_TEXT_ADDRESSES | WIRE_TEXT_PORTS,
		   "192.0.2.1 > 192.168.0.1: [tos 0x02, ttl 64] 8080 > 40001 "
		   "S. 1234567:1234567(0) ack 1 win 64240");
	ck_assert_int_gt(tcpopt_decode(mss, 4, &some_opts[0]), 0);
	ck_assert_int_gt(tcpopt_decode(nop, 1, &some_opts[1]), 0);
	ck_assert_int_gt(tcpopt_decode(ws, 3, &some_opts[2]), 0);
	v.opts = (struct tcpopt_list){ some_opts, 3 };
	check_text(&v, 0, "S. 1234567:1234567(0) ack 1 win 64240 <mss 1460,nop,wscale 7>");
	v.opts.n = 0;
	v.tcp_flags = TCP_PSH | TCP_ACK | TCP_AE | TCP_ECE;
	v.payload_len = 1000;
	check_text(&v, WIRE_TEXT_ACE, "P.5 1234567:1235567(1000) ack 1 win 64240");
	check_text(&v, 0, "PEA. 1234567:1235567(1000) ack 1 win 64240");
	v.tcp_flags = TCP_RST;
	v.seq = 4294967295;
	v.payload_len = 2;
	v.urg = 3;
	check_text(&v, 0, "R 4294967295:1(2) win 64240 urg 3");
	v.flow_label = 0x12;
	check_text(&v, WIRE_TEXT_IP | WIRE_TEXT_NO_WIN,
		   "[tos 0x02, ttl 64, flowlabel 0x00012] R 4294967295:1(2) urg 3");
}
END_TEST

START_TEST(text_of_others)
{
	struct wire_view v = tcp_view();

	v.proto = WIRE_UDP;
	v.payload_len = 120;
	check_text(&v, 0, "udp (120)");
	check_text(&v, WIRE_TEXT_PORTS, "udp 8080 > 40001 (120)");
	v.proto = WIRE_ICMPV4;
	v.icmp_type = 3;
	v.icmp_code = 4;
	v.icmp_mtu = 1200;
	check_text(&v, 0, "icmp unreachable frag_needed mtu 1200");
	v.icmp_code = 1;
	check_text(&v, 0, "icmp unreachable host_unreachable");
	v.icmp_type = 8;
	v.icmp_code = 0;
	v.icmp_id = 77;
	check_text(&v, 0, "icmp echo_request id 77");
	v.icmp_type = 200;
	v.icmp_code = 9;
	check_text(&v, 0, "icmp type_200 code_9");
	v.proto = WIRE_ICMPV6;
	v.icmp_type = 2;
	v.icmp_code = 0;
	v.icmp_mtu = 70000;
	check_text(&v, 0, "icmp packet_too_big mtu 70000");
	v.icmp_type = 1;
	check_text(&v, 0, "icmp unreachable no_route");
}
END_TEST

START_TEST(icmp_names_read_back)
{
	for (size_t i = 0; i < icmp_name_table_len; i++) {
		const struct icmp_name_row *r = &icmp_name_table[i], *t;
		uint8_t type, code;
		const char *hint;
		bool is_code;

		for (t = icmp_name_table;
		     t->is_code || t->ip_version != r->ip_version || t->type != r->type;)
			t++;
		ck_assert(r->source && r->source[0]);
		ck_assert_int_eq(icmp_parse(r->ip_version, t->name, r->is_code ? r->name : NULL,
					    &type, &code, &is_code, &hint),
				 0);
		ck_assert_uint_eq(type, r->type);
		ck_assert_uint_eq(code, r->code);
	}
}
END_TEST

START_TEST(icmp_numbers_read_back)
{
	for (unsigned int n = 0; n < 256 * 256; n++) {
		uint8_t ip_version = n & 1 ? 4 : 6, want_type = (uint8_t)(n >> 8);
		uint8_t want_code = (uint8_t)n, type, code;
		struct buf b = { 0 };
		char word[96], *gap;
		const char *hint;
		bool is_code;

		icmp_text(ip_version, want_type, want_code, &b);
		ck_assert_uint_lt(b.len, sizeof(word));
		strcpy(word, buf_str(&b));
		buf_fini(&b);
		gap = strchr(word, ' ');
		if (gap)
			*gap++ = '\0';
		if (icmp_parse(ip_version, word, gap, &type, &code, &is_code, &hint) ||
		    type != want_type || code != want_code)
			ck_abort_msg("%u.%u does not read back from %s", want_type, want_code,
				     word);
	}
}
END_TEST

static const struct {
	uint8_t ip_version;
	const char *type, *code;
	bool bad_is_code;
	const char *hint;
} bad_icmp[] = {
	{ 4, "unreachble", NULL, false, "unreachable" },
	{ 4, "packet_too_big", NULL, false, NULL },
	{ 6, "source_quench", NULL, false, NULL },
	{ 4, "type_256", NULL, false, NULL },
	{ 4, "type_", NULL, false, NULL },
	{ 4, "type_1x", NULL, false, NULL },
	{ 4, "unreachable", "frag_neded", true, "frag_needed" },
	{ 6, "unreachable", "frag_needed", true, NULL },
	{ 4, "redirect", "host_unreachable", true, NULL },
	{ 4, "unreachable", "code_1000", true, NULL },
};

START_TEST(bad_icmp_names)
{
	uint8_t type, code;
	const char *hint;
	bool is_code;

	ck_assert_int_eq(icmp_parse(bad_icmp[_i].ip_version, bad_icmp[_i].type, bad_icmp[_i].code,
				    &type, &code, &is_code, &hint),
			 -ERR_UNKNOWN);
	ck_assert_int_eq(is_code, bad_icmp[_i].bad_is_code);
	if (bad_icmp[_i].hint)
		ck_assert_str_eq(hint, bad_icmp[_i].hint);
	else
		ck_assert_msg(!hint, "%s", hint);
}
END_TEST

/* The codes of unreachable in IPv4 count from 0 in the order of the table. */
START_TEST(icmp_numbers_are_right)
{
	unsigned int next = 0;
	uint8_t type, code;
	const char *hint;
	bool is_code;

	for (size_t i = 0; i < icmp_name_table_len; i++) {
		const struct icmp_name_row *r = &icmp_name_table[i];

		if (r->ip_version == 4 && r->is_code && r->type == 3)
			ck_assert_uint_eq(r->code, next++);
	}
	ck_assert_uint_eq(next, 16);
	ck_assert_int_eq(
		icmp_parse(6, "unreachable", "not_neighbour", &type, &code, &is_code, &hint), 0);
	ck_assert_uint_eq(type, 1);
	ck_assert_uint_eq(code, 2);
	ck_assert_int_eq(icmp_parse(4, "address_mask_reply", NULL, &type, &code, &is_code, &hint),
			 0);
	ck_assert_uint_eq(type, 18);
}
END_TEST

START_TEST(icmp_rests)
{
	ck_assert_int_eq(icmp_rest_of(4, 3, 4), ICMP_REST_MTU);
	ck_assert_int_eq(icmp_rest_of(4, 3, 3), ICMP_REST_OTHER);
	ck_assert_int_eq(icmp_rest_of(4, 0, 0), ICMP_REST_ID);
	ck_assert_int_eq(icmp_rest_of(4, 2, 0), ICMP_REST_OTHER);
	ck_assert_int_eq(icmp_rest_of(6, 2, 0), ICMP_REST_MTU);
	ck_assert_int_eq(icmp_rest_of(6, 129, 0), ICMP_REST_ID);
	ck_assert_int_eq(icmp_rest_of(6, 1, 4), ICMP_REST_OTHER);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("wire_text");
	TCase *tc = tcase_create("wire_text");

	tcase_set_timeout(tc, 60);
	tcase_add_loop_test(tc, flag_words, 0, (int)ARRAY_LEN(flags_case));
	tcase_add_loop_test(tc, bad_flag_words, 0, (int)ARRAY_LEN(bad_flags));
	tcase_add_test(tc, all_flags_read_back);
	tcase_add_test(tc, text_of_tcp);
	tcase_add_test(tc, text_of_others);
	tcase_add_test(tc, icmp_names_read_back);
	tcase_add_test(tc, icmp_numbers_read_back);
	tcase_add_loop_test(tc, bad_icmp_names, 0, (int)ARRAY_LEN(bad_icmp));
	tcase_add_test(tc, icmp_numbers_are_right);
	tcase_add_test(tc, icmp_rests);
	suite_add_tcase(s, tc);
	return unit_run(s);
}
