/* SPDX-License-Identifier: BSD-2-Clause */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/util.h"
#include "unit.h"
#include "wire/tcpopt.h"

static struct arena *arena;

static void setup(void)
{
	arena = arena_new();
}

static void teardown(void)
{
	arena_free(arena);
}

/* A block of exactly @n bytes, so that the address sanitizer sees a read past its end. */
static uint8_t *exact(const void *bytes, size_t n)
{
	uint8_t *p = malloc(n ? n : 1);

	ck_assert_ptr_nonnull(p);
	memcpy(p, bytes, n);
	return p;
}

struct parsed {
	int rc;
	struct tcpopt_want want;
	size_t bad;
	const char *why, *hint;
};

/* Cut a line at its blanks, as the grammar does, and parse it. */
static struct parsed parse(const char *line)
{
	struct parsed r = { 0 };
	char *copy = arena_strdup(arena, line), *save = NULL;
	const char *word[32];
	size_t n = 0;

	for (char *w = strtok_r(copy, " ", &save); w; w = strtok_r(NULL, " ", &save))
		word[n++] = w;
	r.rc = tcpopt_parse(arena, word, n, &r.want, &r.bad, &r.why, &r.hint);
	return r;
}

static const char *text_of(const struct tcpopt *o)
{
	struct buf b = { 0 };
	const char *s;

	tcpopt_text(o, &b);
	s = arena_strdup(arena, buf_str(&b));
	buf_fini(&b);
	return s;
}

static const char *want_text_of(const struct tcpopt_want *w)
{
	struct buf b = { 0 };
	const char *s;

	tcpopt_want_text(w, &b);
	s = arena_strdup(arena, buf_str(&b));
	buf_fini(&b);
	return s;
}

START_TEST(rows_are_sound)
{
	const struct tcpopt_row *r = &tcpopt_table[_i];
	size_t group = 0;

	ck_assert(r->name && r->name[0] && r->source && r->source[0] && r->help && r->help[0]);
	ck_assert_uint_le(r->min_bytes, r->max_bytes);
	ck_assert_uint_le(r->max_bytes, TCPOPT_MAX_BYTES);
	ck_assert_uint_ge(r->example_len, r->min_bytes);
	ck_assert_uint_le(r->example_len, r->max_bytes);
	ck_assert_uint_eq(r->example_wire[0], r->kind);
	if (!r->is_single_byte)
		ck_assert_uint_eq(r->example_wire[1], r->example_len);
	for (size_t f = 0; f < r->n_fields; f++) {
		ck_assert_uint_ge(r->field[f].width_bytes, 1);
		ck_assert_uint_le(r->field[f].width_bytes, 4);
		group += r->field[f].width_bytes;
	}
	if (r->repeats)
		ck_assert_uint_le((r->max_bytes - 2u) / group * r->n_fields, TCPOPT_MAX_VALUES);
	for (size_t k = 0; k < tcpopt_table_len; k++) {
		const struct tcpopt_row *o = &tcpopt_table[k];

		if (k == (size_t)_i)
			continue;
		ck_assert(o->kind != r->kind || o->exid != r->exid);
		/* One name may have several rows only where their first field tells them apart. */
		ck_assert(strcmp(o->name, r->name) != 0 ||
			  strcmp(o->field[0].name, r->field[0].name) != 0);
	}
}
END_TEST

START_TEST(example_round_trips)
{
	const struct tcpopt_row *r = &tcpopt_table[_i];
	struct parsed p = parse(r->example);
	uint8_t wire[TCPOPT_MAX_BYTES];
	struct tcpopt o;
	uint8_t *copy;

	ck_assert_msg(p.rc == 0, "%s: %s", r->example, p.why);
	ck_assert_ptr_eq(p.want.opt.row, r);
	ck_assert_int_eq(tcpopt_encode(&p.want.opt, wire), r->example_len);
	ck_assert_mem_eq(wire, r->example_wire, r->example_len);
	ck_assert_str_eq(want_text_of(&p.want), r->example);

	copy = exact(r->example_wire, r->example_len);
	ck_assert_int_eq(tcpopt_decode(copy, r->example_len, &o), r->example_len);
	free(copy);
	ck_assert_ptr_eq(o.row, r);
	ck_assert_str_eq(text_of(&o), r->example);
	ck_assert_mem_eq(&o.value, &p.want.opt.value, sizeof(o.value));
	ck_assert_mem_eq(&p.want.high, &p.want.opt.value, sizeof(o.value));
}
END_TEST

START_TEST(truncations_are_refused)
{
	const struct tcpopt_row *r = &tcpopt_table[_i];

	for (size_t n = 1; n < r->example_len; n++) {
		uint8_t *copy = exact(r->example_wire, n);
		struct tcpopt_list list;
		struct tcpopt o;

		ck_assert_int_eq(tcpopt_decode(copy, n, &o), -ERR_TRUNC);
		ck_assert_int_eq(tcpopt_decode_all(arena, copy, n, &list), -ERR_TRUNC);
		ck_assert_uint_eq(list.n, 1);
		ck_assert_ptr_null(list.opt[0].row);
		free(copy);
	}
}
END_TEST

/* Check writes to a pipe for every assertion that holds; inside long loops that is too slow. */
static void must(bool holds, const char *what, const struct tcpopt *o)
{
	if (!holds)
		ck_abort_msg("%s: %s", what, o ? text_of(o) : "?");
}

static bool encodes_as(const struct tcpopt *o, const uint8_t *in, size_t n)
{
	uint8_t wire[TCPOPT_MAX_BYTES];

	return tcpopt_encode(o, wire) == (int)n && memcmp(wire, in, n) == 0;
}

/* What goes out is what came in, by the values and by the text. */
static void check_same_bytes(const struct tcpopt *o, const uint8_t *in, size_t n)
{
	struct parsed p = parse(text_of(o));

	must(encodes_as(o, in, n), "encoding", o);
	must(p.rc == 0, "text parses", o);
	must(encodes_as(&p.want.opt, in, n), "encoding of the text", o);
	must(p.want.opt.row == o->row, "row of the text", o);
	must(!strcmp(text_of(&p.want.opt), text_of(o)), "text of the text", o);
}

static int right_result(unsigned int kind, unsigned int len, unsigned int n)
{
	if (kind < 2)
		return 1;
	if (n < 2)
		return -ERR_TRUNC;
	if (len < 2)
		return -ERR_RANGE;
	if (len > n)
		return -ERR_TRUNC;
	return len > 40 ? -ERR_RANGE : (int)len;
}

static void check_kind_and_length(unsigned int kind, unsigned int len)
{
	uint8_t bytes[48] = { (uint8_t)kind, (uint8_t)len };

	for (unsigned int i = 2; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)(i * 37);
	for (unsigned int n = 1; n <= 41; n++) {
		uint8_t *copy = exact(bytes, n);
		struct tcpopt o;
		int rc = tcpopt_decode(copy, n, &o);

		if (rc != right_result(kind, len, n))
			ck_abort_msg("kind %u len %u n %u: %d", kind, len, n, rc);
		if (rc > 0 && n == len)
			check_same_bytes(&o, copy, (size_t)rc);
		free(copy);
	}
}

START_TEST(every_kind_and_length)
{
	for (unsigned int kind = 0; kind < 256; kind++) {
		for (unsigned int len = 0; len <= 42; len++)
			check_kind_and_length(kind, len);
		check_kind_and_length(kind, 255);
	}
}
END_TEST

/* Which row, or none, a kind gets by its length. */
static const struct {
	uint8_t bytes[12];
	uint8_t n;
	const char *text;
} length_case[] = {
	{ { 2, 4, 0, 1 }, 4, "mss 1" },
	{ { 2, 3, 9 }, 3, "opt 2 09" },
	{ { 2, 6, 1, 2, 3, 4 }, 6, "opt 2 01020304" },
	{ { 3, 2 }, 2, "opt 3" },
	{ { 4, 3, 0 }, 3, "opt 4 00" },
	{ { 5, 2 }, 2, "opt 5" },
	{ { 5, 6, 0, 0, 0, 1 }, 6, "opt 5 00000001" },
	{ { 8, 6, 0, 0, 0, 1 }, 6, "opt 8 00000001" },
	{ { 19, 2 }, 2, "opt 19" },
	{ { 19, 4, 0xab, 0xcd }, 4, "md5 abcd" },
	{ { 34, 2 }, 2, "FO" },
	{ { 172, 2 }, 2, "opt 172" },
	{ { 172, 5, 0, 1, 0 }, 5, "ECN e0b 256" },
	{ { 172, 6, 0, 1, 0, 0 }, 6, "opt 172 00010000" },
	{ { 174, 8, 0, 0, 7, 0, 0, 8 }, 8, "ECN e1b 7 ceb 8" },
	{ { 254, 2 }, 2, "opt 254" },
	{ { 254, 4, 0xf9, 0x89 }, 4, "FOEXP" },
	{ { 254, 4, 0xac, 0xc0 }, 4, "opt 254 acc0" },
	{ { 253, 4, 0xf9, 0x89 }, 4, "opt 253 f989" },
	{ { 77, 5, 1, 2, 3 }, 5, "opt 77 010203" },
};

START_TEST(lengths_choose_row_or_raw)
{
	uint8_t *copy = exact(length_case[_i].bytes, length_case[_i].n);
	struct tcpopt o;

	ck_assert_int_eq(tcpopt_decode(copy, length_case[_i].n, &o), length_case[_i].n);
	ck_assert_str_eq(text_of(&o), length_case[_i].text);
	free(copy);
}
END_TEST

static uint32_t next_random(uint32_t *state)
{
	*state = *state * 1664525u + 1013904223u;
	return *state >> 8;
}

START_TEST(random_headers_keep_their_bytes)
{
	static const uint8_t common[] = { 0, 1, 2, 3, 4, 5, 8, 19, 28, 29, 30, 34, 172, 174, 254 };
	uint32_t seed = 20;

	for (int round = 0; round < 5000; round++) {
		size_t n = next_random(&seed) % 41, at = 0;
		uint8_t bytes[TCPOPT_MAX_BYTES], *copy;
		struct tcpopt_list list;

		for (size_t i = 0; i < n; i++) {
			uint32_t r = next_random(&seed);

			bytes[i] = r & 1 ? common[(r >> 1) % sizeof(common)] : (uint8_t)(r >> 1);
		}
		copy = exact(bytes, n);
		tcpopt_decode_all(arena, copy, n, &list);
		for (size_t i = 0; i < list.n; i++) {
			uint8_t wire[TCPOPT_MAX_BYTES];
			int len = tcpopt_encode(&list.opt[i], wire);

			must(len > 0 && at + (size_t)len <= n, "length", &list.opt[i]);
			must(!memcmp(wire, copy + at, (size_t)len), "bytes", &list.opt[i]);
			if (round % 16 == 0)
				check_same_bytes(&list.opt[i], copy + at, (size_t)len);
			at += (size_t)len;
		}
		must(at == n, "all bytes accounted for", NULL);
		free(copy);
	}
}
END_TEST

START_TEST(whole_lists)
{
	static const uint8_t good[] = { 2, 4, 5, 0xb4, 1, 3, 3, 7, 0, 0, 0, 0 };
	static const uint8_t zero_len[] = { 1, 5, 0, 9, 9 };
	static const uint8_t cut[] = { 1, 1, 8 };
	uint8_t many[41] = { 0 };
	struct tcpopt_list list;

	ck_assert_int_eq(tcpopt_decode_all(arena, good, sizeof(good), &list), 0);
	ck_assert_uint_eq(list.n, 7);
	ck_assert_uint_eq(list.opt[0].value[0], 1460);
	ck_assert_str_eq(list.opt[6].row->name, "eol");
	ck_assert_int_eq(tcpopt_decode_all(arena, zero_len, sizeof(zero_len), &list), -ERR_RANGE);
	ck_assert_uint_eq(list.n, 2);
	ck_assert_str_eq(text_of(&list.opt[1]), "opt 5 len 0 0909");
	ck_assert_int_eq(tcpopt_decode_all(arena, cut, sizeof(cut), &list), -ERR_TRUNC);
	ck_assert_uint_eq(list.n, 3);
	ck_assert_str_eq(text_of(&list.opt[2]), "opt 8 len none");
	ck_assert_int_eq(tcpopt_decode_all(arena, NULL, 0, &list), 0);
	ck_assert_uint_eq(list.n, 0);
	ck_assert_int_eq(tcpopt_decode_all(arena, many, 40, &list), 0);
	ck_assert_uint_eq(list.n, 40);
	ck_assert_int_eq(tcpopt_decode_all(arena, many, 41, &list), -ERR_RANGE);
}
END_TEST

/* Scripts write it so; the text is the canonical form. */
static const struct {
	const char *in, *text;
} accepted[] = {
	{ "mss 0", "mss 0" },
	{ "mss 65535", "mss 65535" },
	{ "mss 0001460", "mss 1460" },
	{ "mss *", "mss *" },
	{ "mss ...", "mss *" },
	{ "wscale 0~14", "wscale 0~14" },
	{ "wscale 7~7", "wscale 7" },
	{ "TS val * ecr ...", "TS val * ecr *" },
	{ "TS val 7 ecr 9!", "TS val 7 ecr 9!" },
	{ "TS val 4294967295! ecr 0~4294967295", "TS val 4294967295! ecr 0~4294967295" },
	{ "TS val *! ecr 1", "TS val *! ecr 1" },
	{ "sack 1:2", "sack 1:2" },
	{ "sack 1:2 3:4 5:6 7:8", "sack 1:2 3:4 5:6 7:8" },
	{ "sack 1:2!", "sack 1!:2!" },
	{ "sack 1!:2 3:*", "sack 1!:2 3:*" },
	{ "sack *", "sack *:*" },
	{ "sack 1~9:2", "sack 1~9:2" },
	{ "ECN e0b 1", "ECN e0b 1" },
	{ "ECN e1b 1 ceb * e0b 3", "ECN e1b 1 ceb * e0b 3" },
	{ "ECN e0b 16777215", "ECN e0b 16777215" },
	{ "FO", "FO" },
	{ "FO ABcd01", "FO abcd01" },
	{ "FO 1234567890", "FO 1234567890" },
	{ "FOEXP", "FOEXP" },
	{ "md5 01", "md5 01" },
	{ "opt 0", "eol" },
	{ "opt 1", "nop" },
	{ "opt 3 07", "wscale 7" },
	{ "opt 3 0700", "opt 3 0700" },
	{ "opt 19 000102030405060708090a0b0c0d0e0f10",
	  "opt 19 000102030405060708090a0b0c0d0e0f10" },
	{ "opt 254 f98901", "FOEXP 01" },
	{ "opt 200", "opt 200" },
	{ "opt 2 len 9 05b4", "opt 2 len 9 05b4" },
	{ "opt 2 len 4 05b4", "mss 1460" },
	{ "opt 2 len 0", "opt 2 len 0" },
	{ "opt 2 len none", "opt 2 len none" },
};

START_TEST(accepts)
{
	struct parsed p = parse(accepted[_i].in);

	ck_assert_msg(p.rc == 0, "%s: %s", accepted[_i].in, p.why);
	ck_assert_str_eq(want_text_of(&p.want), accepted[_i].text);
	ck_assert_ptr_null(p.hint);
}
END_TEST

static const struct {
	const char *in;
	int rc;
	size_t bad;
	const char *hint;
} refused[] = {
	{ "", -ERR_SYNTAX, 0, NULL },
	{ "sackok", -ERR_UNKNOWN, 0, "sackOK" },
	{ "msss 1", -ERR_UNKNOWN, 0, "mss" },
	{ "ts val 1 ecr 2", -ERR_UNKNOWN, 0, "TS" },
	{ "frobnicate", -ERR_UNKNOWN, 0, NULL },
	{ "mss", -ERR_SYNTAX, 0, NULL },
	{ "mss 65536", -ERR_RANGE, 1, NULL },
	{ "mss 99999999999999999999999999", -ERR_RANGE, 1, NULL },
	{ "mss 18446744073709551617", -ERR_RANGE, 1, NULL },
	{ "mss -1", -ERR_SYNTAX, 1, NULL },
	{ "mss 0x5b4", -ERR_SYNTAX, 1, NULL },
	{ "mss !", -ERR_SYNTAX, 1, NULL },
	{ "mss 1~", -ERR_SYNTAX, 1, NULL },
	{ "mss ~1", -ERR_SYNTAX, 1, NULL },
	{ "mss 2~1", -ERR_RANGE, 1, NULL },
	{ "mss 1~65536", -ERR_RANGE, 1, NULL },
	{ "mss 1 2", -ERR_SYNTAX, 2, NULL },
	{ "wscale 256", -ERR_RANGE, 1, NULL },
	{ "nop 1", -ERR_SYNTAX, 1, NULL },
	{ "sackOK 1", -ERR_SYNTAX, 1, NULL },
	{ "TS", -ERR_SYNTAX, 0, NULL },
	{ "TS val", -ERR_SYNTAX, 1, NULL },
	{ "TS val 1", -ERR_SYNTAX, 2, NULL },
	{ "TS val 1 ecr", -ERR_SYNTAX, 3, NULL },
	{ "TS ecr 1 val 2", -ERR_SYNTAX, 1, NULL },
	{ "TS val 4294967296 ecr 1", -ERR_RANGE, 2, NULL },
	{ "sack", -ERR_SYNTAX, 0, NULL },
	{ "sack 1", -ERR_SYNTAX, 1, NULL },
	{ "sack 1:", -ERR_SYNTAX, 1, NULL },
	{ "sack :1", -ERR_SYNTAX, 1, NULL },
	{ "sack 1:2:3", -ERR_SYNTAX, 1, NULL },
	{ "sack 1:2 3:4 5:6 7:8 9:10", -ERR_RANGE, 5, NULL },
	{ "ECN", -ERR_SYNTAX, 0, NULL },
	{ "ECN ceb 1", -ERR_SYNTAX, 1, NULL },
	{ "ECN e0b", -ERR_SYNTAX, 1, NULL },
	{ "ECN e0b 1 e1b 2", -ERR_SYNTAX, 3, NULL },
	{ "ECN e0b 16777216", -ERR_RANGE, 2, NULL },
	{ "FO abc", -ERR_SYNTAX, 1, NULL },
	{ "FO xy", -ERR_SYNTAX, 1, NULL },
	{ "FO 01 02", -ERR_SYNTAX, 2, NULL },
	{ "md5", -ERR_SYNTAX, 0, NULL },
	{ "md5 000102030405060708090a0b0c0d0e0f10", -ERR_RANGE, 1, "opt 19 HEX" },
	{ "ao 01", -ERR_RANGE, 1, "opt 29 HEX" },
	{ "opt", -ERR_SYNTAX, 0, NULL },
	{ "opt 256", -ERR_RANGE, 1, NULL },
	{ "opt mss", -ERR_SYNTAX, 1, NULL },
	{ "opt 0 00", -ERR_SYNTAX, 2, NULL },
	{ "opt 1 len 3", -ERR_SYNTAX, 2, NULL },
	{ "opt 5 0", -ERR_SYNTAX, 2, NULL },
	{ "opt 5 len", -ERR_SYNTAX, 2, NULL },
	{ "opt 5 len 256", -ERR_RANGE, 3, NULL },
	{ "opt 5 len none 00", -ERR_SYNTAX, 4, NULL },
	{ "opt 5 00 00", -ERR_SYNTAX, 3, NULL },
};

START_TEST(refuses)
{
	struct parsed p = parse(refused[_i].in);

	ck_assert_msg(p.rc == refused[_i].rc, "%s: %d", refused[_i].in, p.rc);
	ck_assert_msg(p.bad == refused[_i].bad, "%s: word %zu", refused[_i].in, p.bad);
	ck_assert(p.why && p.why[0]);
	if (refused[_i].hint)
		ck_assert_str_eq(p.hint, refused[_i].hint);
	else
		ck_assert_ptr_null(p.hint);
}
END_TEST

START_TEST(blob_lengths)
{
	for (size_t i = 0; i < tcpopt_table_len; i++) {
		const struct tcpopt_row *r = &tcpopt_table[i];
		size_t head = r->has_exid ? 4 : 2;

		for (size_t n = 1; r->is_blob && n <= 40; n++) {
			char line[128];
			bool fits = head + n >= r->min_bytes && head + n <= r->max_bytes;
			int at = snprintf(line, sizeof(line), "%s ", r->name);
			uint8_t wire[TCPOPT_MAX_BYTES];
			struct parsed p;

			for (size_t k = 0; k < n; k++)
				at += snprintf(line + at, sizeof(line) - (size_t)at, "5a");
			p = parse(line);
			ck_assert_int_eq(p.rc, fits ? 0 : -ERR_RANGE);
			if (fits)
				ck_assert_int_eq(tcpopt_encode(&p.want.opt, wire), (int)(head + n));
		}
	}
}
END_TEST

START_TEST(wrong_lengths_can_be_encoded)
{
	struct parsed md5 = parse("md5 01"), sack = parse("sack 1:2");
	uint8_t wire[TCPOPT_MAX_BYTES];
	struct parsed raw;

	md5.want.opt.blob_len = 30;
	ck_assert_int_eq(tcpopt_encode(&md5.want.opt, wire), 32);
	ck_assert_uint_eq(wire[1], 32);
	md5.want.opt.blob_len = 39;
	ck_assert_int_eq(tcpopt_encode(&md5.want.opt, wire), -ERR_RANGE);
	sack.want.opt.n_values = 0;
	ck_assert_int_eq(tcpopt_encode(&sack.want.opt, wire), 2);
	raw = parse("opt 2 len 3 05b4");
	ck_assert_int_eq(tcpopt_encode(&raw.want.opt, wire), 4);
	ck_assert_mem_eq(wire, ((uint8_t[]){ 2, 3, 5, 0xb4 }), 4);
	raw = parse("mss 1");
	raw.want.opt.value[0] = 0x10000;
	ck_assert_int_eq(tcpopt_encode(&raw.want.opt, wire), -ERR_RANGE);
}
END_TEST

static const char *value_name(const struct tcpopt *o, unsigned int i)
{
	struct buf b = { 0 };
	const char *s;

	tcpopt_value_name(o, i, &b);
	s = arena_strdup(arena, buf_str(&b));
	buf_fini(&b);
	return s;
}

START_TEST(names_and_spaces)
{
	struct tcpopt ts = parse("TS val 1 ecr 2").want.opt;
	struct tcpopt sack = parse("sack 1:2 3:4").want.opt;
	struct tcpopt mss = parse("mss 9").want.opt;
	struct tcpopt raw = parse("opt 99 01").want.opt;
	struct tcpopt fo = parse("FO 0102").want.opt;

	ck_assert_int_eq(tcpopt_value_space(&ts, 0), TCPOPT_TS_VAL);
	ck_assert_int_eq(tcpopt_value_space(&ts, 1), TCPOPT_TS_ECR);
	ck_assert_int_eq(tcpopt_value_space(&sack, 3), TCPOPT_ACK_SPACE);
	ck_assert_int_eq(tcpopt_value_space(&mss, 0), TCPOPT_PLAIN);
	ck_assert_int_eq(tcpopt_value_space(&raw, 0), TCPOPT_PLAIN);
	ck_assert_str_eq(value_name(&ts, 1), "ecr");
	ck_assert_str_eq(value_name(&sack, 2), "left edge 2");
	ck_assert_str_eq(value_name(&mss, 0), "mss");
	ck_assert_str_eq(value_name(&raw, 0), "opt");
	ck_assert_str_eq(value_name(&fo, 0), "FO");
}
END_TEST

START_TEST(flags_of_values)
{
	struct tcpopt_want w = parse("TS val 5~9 ecr *!").want;

	ck_assert_uint_eq(w.opt.n_values, 2);
	ck_assert_uint_eq(w.opt.value[0], 5);
	ck_assert_uint_eq(w.high[0], 9);
	ck_assert(!w.any[0] && !w.is_literal[0] && w.any[1] && w.is_literal[1]);
	w = parse("sack 1:2!").want;
	ck_assert(w.is_literal[0] && w.is_literal[1]);
	w = parse("sack 1!:2").want;
	ck_assert(w.is_literal[0] && !w.is_literal[1]);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("tcpopt");
	TCase *tc = tcase_create("tcpopt");
	int rows = (int)tcpopt_table_len;

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_set_timeout(tc, 60);
	tcase_add_loop_test(tc, rows_are_sound, 0, rows);
	tcase_add_loop_test(tc, example_round_trips, 0, rows);
	tcase_add_loop_test(tc, truncations_are_refused, 0, rows);
	tcase_add_test(tc, every_kind_and_length);
	tcase_add_loop_test(tc, lengths_choose_row_or_raw, 0, (int)ARRAY_LEN(length_case));
	tcase_add_test(tc, random_headers_keep_their_bytes);
	tcase_add_test(tc, whole_lists);
	tcase_add_loop_test(tc, accepts, 0, (int)ARRAY_LEN(accepted));
	tcase_add_loop_test(tc, refuses, 0, (int)ARRAY_LEN(refused));
	tcase_add_test(tc, blob_lengths);
	tcase_add_test(tc, wrong_lengths_can_be_encoded);
	tcase_add_test(tc, names_and_spaces);
	tcase_add_test(tc, flags_of_values);
	suite_add_tcase(s, tc);
	return unit_run(s);
}
