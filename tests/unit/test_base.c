/* SPDX-License-Identifier: BSD-2-Clause */
#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/bytes.h"
#include "base/diag.h"
#include "base/err.h"
#include "base/ipaddr.h"
#include "base/seq.h"
#include "base/source.h"
#include "base/suggest.h"
#include "base/util.h"
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

START_TEST(arena_blocks)
{
	static const size_t size[] = { 0, 1, 3, 7, 100, 16000, 16384, 20000, 1 << 20, 3 << 20, 5 };
	unsigned char *block[ARRAY_LEN(size)];

	for (size_t align = 1; align <= 256; align *= 2) {
		for (size_t i = 0; i < ARRAY_LEN(size); i++) {
			block[i] = arena_alloc(arena, size[i], align);
			ck_assert_uint_eq((uintptr_t)block[i] % align, 0);
			for (size_t k = 0; k < size[i]; k++) {
				if (block[i][k])
					ck_abort_msg("byte %zu of %zu is not zero", k, size[i]);
			}
			memset(block[i], (int)i + 1, size[i]);
		}
		for (size_t i = 0; i < ARRAY_LEN(size); i++) {
			for (size_t k = 0; k < size[i]; k++) {
				if (block[i][k] != i + 1)
					ck_abort_msg("block %zu was overwritten", i);
			}
		}
	}
}
END_TEST

/* A text that cannot be made leaves nothing where it was tried. */
START_TEST(arena_texts_leave_nothing)
{
	char long_text[5000];
	unsigned char *block;

	memset(long_text, 'x', sizeof(long_text));
	long_text[sizeof(long_text) - 1] = '\0';
	arena_alloc(arena, 16 * 1024 - 4000, 1);
	ck_assert_str_eq(arena_printf(arena, "abc%lc", (wint_t)0x7fffffff), "");
	block = arena_alloc(arena, 100, 1);
	for (size_t k = 0; k < 100; k++)
		ck_assert_uint_eq(block[k], 0);
	ck_assert_str_eq(arena_printf(arena, "%s", long_text), long_text);
}
END_TEST

START_TEST(arena_takes_over_another)
{
	for (int i = 0; i < 3; i++) {
		struct arena *other = arena_new();
		char *text = i ? arena_strdup(other, "of the other") : NULL;
		size_t before = arena_bytes(arena), more = arena_bytes(other);

		arena_adopt(arena, other);
		ck_assert_uint_eq(arena_bytes(arena), before + more);
		memset(arena_alloc(arena, 20000, 1), 'x', 20000);
		if (text)
			ck_assert_str_eq(text, "of the other");
	}
}
END_TEST

START_TEST(arena_counts_bytes)
{
	size_t before = arena_bytes(arena);

	arena_alloc(arena, 10, 8);
	arena_alloc(arena, 1 << 20, 8);
	ck_assert_uint_eq(arena_bytes(arena) - before, 10 + (1 << 20));
	arena_free(NULL);
}
END_TEST

/* Cleared, an arena hands out zeroed bytes again, from the memory that it has. */
START_TEST(arena_is_cleared)
{
	struct arena *a = arena_new();
	unsigned char *first, *p;

	arena_clear(a);
	memset(arena_alloc(a, 10000, 8), 1, 10000);
	first = arena_alloc(a, 20000, 8);
	memset(first, 1, 20000);
	arena_clear(a);
	ck_assert_uint_eq(arena_bytes(a), 0);
	for (int i = 0; i < 3; i++) {
		p = arena_alloc(a, 20000, 8);
		ck_assert_ptr_eq(p, first);
		for (size_t k = 0; k < 20000; k++) {
			if (p[k])
				ck_abort_msg("byte %zu is not zero", k);
		}
		memset(p, 1, 20000);
		arena_clear(a);
	}
	arena_free(a);
}
END_TEST

START_TEST(arena_strings)
{
	char long_text[5000];

	memset(long_text, 'x', sizeof(long_text) - 1);
	long_text[sizeof(long_text) - 1] = '\0';
	ck_assert_str_eq(arena_strdup(arena, ""), "");
	ck_assert_str_eq(arena_strdup(arena, long_text), long_text);
	ck_assert_str_eq(arena_strndup(arena, "abcdef", 3), "abc");
	ck_assert_str_eq(arena_strndup(arena, NULL, 0), "");
	ck_assert_mem_eq(arena_strndup(arena, "a\0b", 3), "a\0b", 4);
	ck_assert_str_eq(arena_printf(arena, "%d-%s", 7, "z"), "7-z");
	ck_assert_uint_eq(strlen(arena_printf(arena, "%s!", long_text)), sizeof(long_text));
}
END_TEST

START_TEST(arena_push)
{
	uint32_t *list = NULL;
	size_t n = 0, cap = 0;

	for (uint32_t i = 0; i < 1000; i++) {
		uint32_t *e = ARENA_PUSH(arena, list, n, cap, uint32_t);

		if (*e != 0)
			ck_abort_msg("element %u is not zero", i);
		*e = i;
	}
	ck_assert_uint_eq(n, 1000);
	ck_assert_uint_ge(cap, n);
	for (uint32_t i = 0; i < 1000; i++) {
		if (list[i] != i)
			ck_abort_msg("element %u is %u", i, list[i]);
	}
}
END_TEST

START_TEST(buf_grows)
{
	struct buf b = { 0 };

	ck_assert_str_eq(buf_str(&b), "");
	buf_add(&b, NULL, 0);
	buf_puts(&b, "");
	for (int i = 0; i < 1000; i++) {
		buf_printf(&b, "%03d", i);
		buf_putc(&b, ',');
	}
	ck_assert_uint_eq(b.len, 4000);
	ck_assert_uint_eq(strlen(buf_str(&b)), 4000);
	ck_assert_int_eq(memcmp(buf_str(&b) + 3996, "999,", 5), 0);
	buf_clear(&b);
	ck_assert_str_eq(buf_str(&b), "");
	buf_pad(&b, '-', 300);
	buf_pad(&b, '+', 0);
	ck_assert_uint_eq(strspn(buf_str(&b), "-"), 300);
	buf_clear(&b);
	buf_add(&b, "a\0b", 3);
	ck_assert_uint_eq(b.len, 3);
	ck_assert_mem_eq(buf_str(&b), "a\0b", 4);
	buf_fini(&b);
	ck_assert_uint_eq(b.len, 0);
	ck_assert_str_eq(buf_str(&b), "");
	buf_fini(&b);
}
END_TEST

/* Text of exactly 127, 128, 129 bytes must still have room for its NUL. */
START_TEST(buf_keeps_room_for_nul)
{
	for (size_t n = 0; n < 600; n++) {
		struct buf b = { 0 };

		buf_pad(&b, 'x', n);
		if (strlen(buf_str(&b)) != n)
			ck_abort_msg("%zu bytes", n);
		buf_fini(&b);
	}
}
END_TEST

START_TEST(bytes_are_big_endian)
{
	uint8_t b[9] = { 0x12, 0x34, 0x56, 0x78, 0x9a, 0xbc, 0xde, 0xf0, 0x55 };

	ck_assert_uint_eq(get_be16(b), 0x1234);
	ck_assert_uint_eq(get_be32(b + 4), 0x9abcdef0);
	ck_assert_uint_eq(get_be(b, 3), 0x123456);
	ck_assert_uint_eq(get_be(b, 8), 0x123456789abcdef0);
	for (unsigned int n = 1; n <= 8; n++) {
		put_be(b, n, UINT64_C(0xf1e2d3c4b5a69788));
		ck_assert_uint_eq(get_be(b, n),
				  UINT64_C(0xf1e2d3c4b5a69788) & (UINT64_MAX >> (64 - 8 * n)));
	}
	put_be16(b, 0xfedc);
	put_be32(b + 2, 0x80000001);
	ck_assert_mem_eq(b, ((uint8_t[]){ 0xfe, 0xdc, 0x80, 0, 0, 1 }), 6);
	ck_assert_uint_eq(b[8], 0x55);
}
END_TEST

static struct source text_source(const char *text)
{
	struct source src;

	source_from_text(arena, "a.pkt", text, strlen(text), &src);
	return src;
}

static void check_line(const struct source *src, uint32_t line, const char *text)
{
	size_t len;
	const char *s = source_line(src, line, &len);

	ck_assert_uint_eq(len, strlen(text));
	ck_assert_mem_eq(s, text, len);
}

static void check_place(const struct source *src, uint32_t off, uint32_t line, uint32_t col)
{
	struct place at = source_place(src, off);

	ck_assert_uint_eq(at.line, line);
	ck_assert_uint_eq(at.col, col);
}

START_TEST(source_lines)
{
	struct source src = text_source("ab\n\r\n\tc\r\nd");

	ck_assert_uint_eq(src.n_lines, 4);
	check_line(&src, 1, "ab");
	check_line(&src, 2, "");
	check_line(&src, 3, "\tc");
	check_line(&src, 4, "d");
	check_line(&src, 0, "");
	check_line(&src, 5, "");
	check_place(&src, 0, 1, 1);
	check_place(&src, 2, 1, 3);
	check_place(&src, 3, 2, 1);
	check_place(&src, 6, 3, 2);
	check_place(&src, 9, 4, 1);
	check_place(&src, 10, 4, 2);
}
END_TEST

static void check_origin(const struct source *src, uint32_t off, const struct source *from,
			 uint32_t there)
{
	struct source_origin at = source_origin(src, off);

	ck_assert_ptr_eq(at.src, from);
	ck_assert_uint_eq(at.off, there);
}

START_TEST(source_in_source)
{
	struct source outer = text_source("ab\ncd\nef\n"), inner = text_source("xx\nyz\n"), both;
	const struct source_insert ins = { .outer = &outer, .inner = &inner, .at = 6,
					   .inner_off = 3, .asked = { 4, 1 } };
	struct buf out = { 0 };

	source_insert(arena, &ins, &both);
	ck_assert_str_eq(both.text, "ab\ncd\nyz\nef\n");
	ck_assert_uint_eq(both.len, 12);
	check_origin(&both, 5, &outer, 5);
	check_origin(&both, 6, &inner, 3);
	check_origin(&both, 8, &inner, 5);
	check_origin(&both, 9, &outer, 6);
	check_origin(&outer, 7, &outer, 7);
	check_place(&both, 4, 2, 2);
	check_place(&both, 7, 2, 2);
	check_place(&both, 10, 3, 2);
	check_line(&both, 3, "ef");
	check_line(&both, 4, "");
	diag_excerpt(&both, (struct span){ 7, 1 }, &out);
	diag_excerpt(&both, (struct span){ 10, 1 }, &out);
	ck_assert_str_eq(buf_str(&out), "    2 | yz\n      |  ^\n"
					"      | which line 2 of a.pkt asks for\n"
					"    3 | ef\n      |  ^\n");
	buf_fini(&out);
}
END_TEST

START_TEST(source_edges)
{
	struct source src = text_source("");

	ck_assert_uint_eq(src.n_lines, 1);
	check_place(&src, 0, 1, 1);
	check_line(&src, 1, "");
	src = text_source("x\n");
	ck_assert_uint_eq(src.n_lines, 2);
	check_place(&src, 2, 2, 1);
	check_line(&src, 2, "");
	source_from_text(arena, "nul", "a\0b\nc", 5, &src);
	ck_assert_uint_eq(src.n_lines, 2);
	ck_assert_uint_eq(src.len, 5);
	check_line(&src, 2, "c");
}
END_TEST

START_TEST(source_of_many_lines)
{
	struct buf b = { 0 };
	struct source src;

	for (int i = 0; i < 10000; i++)
		buf_printf(&b, "line %d\n", i);
	source_from_text(arena, "many", b.data, b.len, &src);
	ck_assert_uint_eq(src.n_lines, 10001);
	for (uint32_t i = 0; i < 10000; i++) {
		struct place at = source_place(&src, src.line_off[i] + 3);

		if (at.line != i + 1 || at.col != 4)
			ck_abort_msg("line %u: %u:%u", i, at.line, at.col);
	}
	buf_fini(&b);
}
END_TEST

START_TEST(source_files)
{
	char path[] = "/tmp/test_base_XXXXXX";
	struct source src;
	int fd = mkstemp(path);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(source_load(arena, path, &src), 0);
	ck_assert_uint_eq(src.len, 0);
	ck_assert_int_eq((int)write(fd, "a\n\0b", 4), 4);
	ck_assert_int_eq(source_load(arena, path, &src), 0);
	ck_assert_uint_eq(src.len, 4);
	ck_assert_mem_eq(src.text, "a\n\0b", 5);
	ck_assert_str_eq(src.path, path);
	close(fd);
	unlink(path);
	errno = 0;
	ck_assert_int_eq(source_load(arena, path, &src), -ERR_IO);
	ck_assert_int_eq(errno, ENOENT);
	errno = 0;
	ck_assert_int_eq(source_load(arena, "/tmp", &src), -ERR_IO);
	ck_assert_int_eq(errno, EISDIR);
}
END_TEST

START_TEST(spans_join)
{
	struct span none = { 0, 0 }, a = { 3, 2 }, b = { 10, 5 }, j;

	j = span_join(a, b);
	ck_assert(j.off == 3 && j.len == 12);
	j = span_join(b, a);
	ck_assert(j.off == 3 && j.len == 12);
	j = span_join(none, b);
	ck_assert(j.off == 10 && j.len == 5);
	j = span_join(a, none);
	ck_assert(j.off == 3 && j.len == 2);
	j = span_join(b, (struct span){ 11, 1 });
	ck_assert(j.off == 10 && j.len == 5);
}
END_TEST

/* Where the span lies in the text, and what is shown under the gutter. */
static const struct {
	const char *text;
	struct span span;
	const char *shown;
} excerpt_case[] = {
	{ "0 < S 0:0(0)", { 4, 1 }, "    1 | 0 < S 0:0(0)\n      |     ^\n" },
	{ "a\nbcd efg\n", { 6, 3 }, "    2 | bcd efg\n      |     ^~~\n" },
	{ "abc", { 0, 3 }, "    1 | abc\n      | ^~~\n" },
	/* Nowhere. */
	{ "abc", { 0, 0 }, "" },
	/* At the end of a line and of the text; length 0. */
	{ "abc\nd", { 3, 0 }, "    1 | abc\n      |    ^\n" },
	{ "abc", { 3, 1 }, "    1 | abc\n      |    ^\n" },
	{ "abc\n", { 4, 0 }, "    2 | \n      | ^\n" },
	/* A span over several lines is marked to the end of its first. */
	{ "abc\ndef", { 1, 6 }, "    1 | abc\n      |  ^~\n" },
	/* Tabs before the caret and in what is marked. */
	{ "\tx\ty z", { 3, 1 }, "    1 | \tx\ty z\n      | \t \t^\n" },
	{ "\tx\ty z", { 1, 5 }, "    1 | \tx\ty z\n      | \t^\t~~~\n" },
	/* CRLF. */
	{ "abc\r\n", { 1, 4 }, "    1 | abc\n      |  ^~\n" },
	/* A letter of two or three bytes is one column; bytes that are no UTF-8 are four each. */
	{ "\xc3\xa9 \xe2\x82\xac x", { 7, 1 }, "    1 | \xc3\xa9 \xe2\x82\xac x\n      |     ^\n" },
	{ "x \xc3\xa9\xc3\xa9", { 2, 4 }, "    1 | x \xc3\xa9\xc3\xa9\n      |   ^~\n" },
	{ "\xe2\x82 \xff x", { 5, 1 }, "    1 | \\xe2\\x82 \\xff x\n      |               ^\n" },
	{ "a\xff\xff z", { 1, 2 }, "    1 | a\\xff\\xff z\n      |  ^~~~~~~~\n" },
	/* Escape sequences, in ASCII, as C1 in UTF-8, overlong; surrogates. */
	{ "\033[2J x", { 5, 1 }, "    1 | \\x1b[2J x\n      |         ^\n" },
	{ "\xc2\x9b x", { 3, 1 }, "    1 | \\xc2\\x9b x\n      |          ^\n" },
	{ "\xc0\x9b\xe0\x80\x9b\xed\xa0\x80\x7f",
	  { 8, 1 },
	  "    1 | \\xc0\\x9b\\xe0\\x80\\x9b\\xed\\xa0\\x80\\x7f\n"
	  "      |                                 ^~~~\n" },
};

START_TEST(excerpts)
{
	struct source src = text_source(excerpt_case[_i].text);
	struct buf out = { 0 };

	diag_excerpt(&src, excerpt_case[_i].span, &out);
	ck_assert_str_eq(buf_str(&out), excerpt_case[_i].shown);
	diag_excerpt(NULL, excerpt_case[_i].span, &out);
	ck_assert_str_eq(buf_str(&out), excerpt_case[_i].shown);
	buf_fini(&out);
}
END_TEST

/* In lines that are cut, the caret stands under the letter it means, wherever that is. */
START_TEST(long_lines)
{
	char text[1001];
	struct source src;

	memset(text, '.', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	for (uint32_t at = 1; at < 1000; at += 37) {
		struct buf out = { 0 };
		const char *line, *caret, *newline;

		text[at] = 'X';
		src = text_source(text);
		diag_excerpt(&src, (struct span){ at, 500 }, &out);
		line = buf_str(&out);
		newline = strchr(line, '\n');
		caret = strchr(newline + 1, '^');
		ck_assert_ptr_nonnull(strchr(line, 'X'));
		ck_assert_int_eq(caret - newline - 1, strchr(line, 'X') - line);
		ck_assert_uint_le(strlen(line), 2 * (160 + 8 + 6 + 1));
		ck_assert_uint_le(strlen(newline + 1), (size_t)(newline - line) + 1);
		buf_fini(&out);
		text[at] = '.';
	}
}
END_TEST

/* A cut must not fall into a letter of several bytes. */
START_TEST(long_lines_of_long_letters)
{
	char text[3 * 300 + 3] = "";
	struct source src;

	for (int shift = 0; shift < 3; shift++) {
		text[0] = '\0';
		for (int i = 0; i < shift; i++)
			strcat(text, "x");
		for (int i = 0; i < 300; i++)
			strcat(text, "\xe2\x82\xac");
		src = text_source(text);
		for (uint32_t at = (uint32_t)shift; at < 900; at += 3) {
			struct buf out = { 0 };

			diag_excerpt(&src, (struct span){ at, 3 }, &out);
			if (!at)
				ck_assert_ptr_nonnull(strchr(buf_str(&out), '^'));
			if (strchr(buf_str(&out), '?'))
				ck_abort_msg("a letter was cut: %s", buf_str(&out));
			buf_fini(&out);
		}
	}
}
END_TEST

START_TEST(wide_line_numbers)
{
	struct buf text = { 0 }, out = { 0 };
	struct source src;

	for (int i = 0; i < 123455; i++)
		buf_putc(&text, '\n');
	buf_puts(&text, "ab");
	source_from_text(arena, "long", text.data, text.len, &src);
	diag_excerpt(&src, (struct span){ 123456, 1 }, &out);
	ck_assert_str_eq(buf_str(&out), "123456 | ab\n       |  ^\n");
	buf_fini(&out);
	buf_fini(&text);
}
END_TEST

START_TEST(messages)
{
	struct source src = text_source("0 < S\n+0 > Q.\n");
	struct buf out = { 0 };
	struct diags d;

	diags_init(&d, arena, &src);
	diag_hint(&d, "nothing to hint at");
	diag_did_you_mean(&d, "x");
	ck_assert_ptr_null(d.first);
	diag_error(&d, (struct span){ 11, 2 }, "unknown flag '%c'", 'Q');
	diag_did_you_mean(&d, NULL);
	diag_did_you_mean(&d, "P.");
	diag_warning(&d, (struct span){ 0, 0 }, "no\033[2J socket");
	ck_assert_uint_eq(d.n_errors, 1);
	diags_render(&d, &out);
	ck_assert_str_eq(buf_str(&out), "a.pkt:2:6: error: unknown flag 'Q'\n"
					"    2 | +0 > Q.\n"
					"      |      ^~\n"
					"      hint: did you mean 'P.'?\n"
					"a.pkt: warning: no\\x1b[2J socket\n");
	buf_clear(&out);
	diags_init(&d, arena, NULL);
	diag_error(&d, (struct span){ 5, 2 }, "without a file");
	diags_render(&d, &out);
	ck_assert_str_eq(buf_str(&out), "tcpdrill: error: without a file\n");
	buf_fini(&out);
}
END_TEST

START_TEST(too_many_messages)
{
	struct source src = text_source("abc");
	struct buf out = { 0 };
	struct diags d;
	size_t kept = 0;

	diags_init(&d, arena, &src);
	for (int i = 0; i < DIAGS_MAX + 1; i++)
		diag_error(&d, (struct span){ 0, 0 }, "number %d", i);
	diag_hint(&d, "of one that was not kept");
	for (const struct diag *n = d.first; n; n = n->next) {
		ck_assert_ptr_null(n->hint);
		kept++;
	}
	ck_assert_uint_eq(kept, DIAGS_MAX);
	ck_assert_uint_eq(d.n_errors, DIAGS_MAX + 1);
	diags_render(&d, &out);
	ck_assert_ptr_nonnull(strstr(buf_str(&out), "number 19\n"));
	ck_assert_ptr_nonnull(strstr(buf_str(&out), "a.pkt: 1 more error not shown\n"));
	diag_error(&d, (struct span){ 0, 0 }, "another");
	buf_clear(&out);
	diags_render(&d, &out);
	ck_assert_ptr_nonnull(strstr(buf_str(&out), "a.pkt: 2 more errors not shown\n"));
	buf_fini(&out);
}
END_TEST

static const struct {
	const char *word;
	const char *best;
} suggest_case[] = {
	{ "socket", "socket" },
	{ "SOCKET", "socket" },
	{ "scoket", "socket" },
	{ "soket", "socket" },
	{ "sockets", "socket" },
	{ "setsokcopt", "setsockopt" },
	{ "getsockopt", "getsockopt" },
	{ "frobnicate", NULL },
	{ "mms", "mss" },
	{ "s", NULL },
	{ "M", "m" },
	{ "", NULL },
	{ "an_enormously_long_word_that_has_more_than_sixty_four_letters_in_it_all", NULL },
};

START_TEST(suggestions)
{
	static const char *const names[] = {
		"socket",
		"setsockopt",
		"getsockopt",
		"mss",
		"m",
		"a_name_that_itself_is_longer_than_the_sixty_four_letters_there_is_room_for"
	};
	struct suggest s;

	suggest_init(&s, suggest_case[_i].word);
	ck_assert_ptr_null(suggest_best(&s));
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		suggest_offer(&s, names[i]);
	if (suggest_case[_i].best)
		ck_assert_str_eq(suggest_best(&s), suggest_case[_i].best);
	else
		ck_assert_ptr_null(suggest_best(&s));
}
END_TEST

START_TEST(sequence_order)
{
	ck_assert(seq_lt(1, 2) && !seq_lt(2, 1) && !seq_lt(2, 2));
	ck_assert(seq_le(2, 2) && seq_le(1, 2) && !seq_le(2, 1));
	ck_assert(seq_lt(0xffffffff, 0) && !seq_lt(0, 0xffffffff));
	ck_assert(seq_lt(0xfffffff0, 0x10) && seq_le(0xfffffff0, 0x10));
	ck_assert(seq_lt(0, 0x7fffffff) && !seq_lt(0x7fffffff, 0));
	ck_assert(seq_lt(0x80000001, 0) && !seq_lt(0, 0x80000001));
}
END_TEST

static const struct {
	const char *text;
	uint8_t family;
	const char *printed;
} addr_case[] = {
	{ "192.0.2.1", 4, "192.0.2.1" },
	{ "0.0.0.0", 4, "0.0.0.0" },
	{ "2001:DB8::1", 6, "2001:db8::1" },
	{ "::", 6, "::" },
	{ "::ffff:192.0.2.1", 6, "::ffff:192.0.2.1" },
	{ "fd3d:0a0b:17d6:8888:9999:aaaa:bbbb:cccc", 6, "fd3d:a0b:17d6:8888:9999:aaaa:bbbb:cccc" },
	{ "192.0.2", 0, "-" },
	{ "192.0.2.256", 0, "-" },
	{ "2001:db8", 0, "-" },
	{ "", 0, "-" },
	{ "localhost", 0, "-" },
};

START_TEST(addresses)
{
	char text[IP_ADDR_TEXT_MAX];
	struct ip_addr a, b;

	ck_assert_int_eq(ip_addr_parse(addr_case[_i].text, &a),
			 addr_case[_i].family ? 0 : -ERR_SYNTAX);
	ck_assert_uint_eq(a.family, addr_case[_i].family);
	ck_assert_uint_eq(ip_addr_size(&a), a.family == 6 ? 16 : a.family);
	ck_assert_str_eq(ip_addr_text(&a, text), addr_case[_i].printed);
	if (!a.family)
		return;
	ck_assert_int_eq(ip_addr_parse(text, &b), 0);
	ck_assert(ip_addr_equal(&a, &b));
	b.b[ip_addr_size(&b) - 1] ^= 1;
	ck_assert(!ip_addr_equal(&a, &b));
}
END_TEST

START_TEST(addresses_of_two_families_differ)
{
	struct ip_addr a = { .family = 4 }, b = { .family = 6 };

	ck_assert(!ip_addr_equal(&a, &b));
	a.b[4] = 9;
	b = (struct ip_addr){ .family = 4 };
	ck_assert(ip_addr_equal(&a, &b));
}
END_TEST

static void add_tests(TCase *tc)
{
	tcase_add_test(tc, arena_blocks);
	tcase_add_test(tc, arena_texts_leave_nothing);
	tcase_add_test(tc, arena_takes_over_another);
	tcase_add_test(tc, arena_counts_bytes);
	tcase_add_test(tc, arena_is_cleared);
	tcase_add_test(tc, arena_strings);
	tcase_add_test(tc, arena_push);
	tcase_add_test(tc, buf_grows);
	tcase_add_test(tc, buf_keeps_room_for_nul);
	tcase_add_test(tc, bytes_are_big_endian);
	tcase_add_test(tc, source_lines);
	tcase_add_test(tc, source_in_source);
	tcase_add_test(tc, source_edges);
	tcase_add_test(tc, source_of_many_lines);
	tcase_add_test(tc, source_files);
	tcase_add_test(tc, spans_join);
	tcase_add_loop_test(tc, excerpts, 0, (int)ARRAY_LEN(excerpt_case));
	tcase_add_test(tc, long_lines);
	tcase_add_test(tc, long_lines_of_long_letters);
	tcase_add_test(tc, wide_line_numbers);
	tcase_add_test(tc, messages);
	tcase_add_test(tc, too_many_messages);
	tcase_add_loop_test(tc, suggestions, 0, (int)ARRAY_LEN(suggest_case));
	tcase_add_test(tc, sequence_order);
	tcase_add_loop_test(tc, addresses, 0, (int)ARRAY_LEN(addr_case));
	tcase_add_test(tc, addresses_of_two_families_differ);
}

int main(void)
{
	Suite *s = suite_create("base");
	TCase *tc = tcase_create("base");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_set_timeout(tc, 60);
	add_tests(tc);
	suite_add_tcase(s, tc);
	return unit_run(s);
}
