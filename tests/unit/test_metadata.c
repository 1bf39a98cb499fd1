/* SPDX-License-Identifier: BSD-2-Clause */
#include "script/metadata.h"

#include <check.h>
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/diag.h"
#include "base/err.h"
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

static int read_text(const char *text, size_t len, struct metadata *m, struct diags *d)
{
	struct source *src = ARENA_NEW(arena, struct source);

	source_from_text(arena, "x.pkt", text, len, src);
	diags_init(d, arena, src);
	return metadata_read(arena, src, m, d);
}

static void put_words(struct buf *b, const char *name, const struct meta_word *w)
{
	for (; w; w = w->next)
		buf_printf(b, "%s=%s;", name, w->text);
}

static void put_defines(struct buf *b, const struct meta_define *d)
{
	for (; d; d = d->next)
		buf_printf(b, " %s=%s", d->name, d->value);
	buf_putc(b, ';');
}

/* Everything that was read, in one line. */
static const char *text_of(const struct metadata *m)
{
	struct buf b = { 0 };
	const char *s;

	if (m->title)
		buf_printf(&b, "title=%s;", m->title);
	put_words(&b, "req", m->req);
	put_words(&b, "needs", m->needs);
	put_words(&b, "catches", m->catches);
	for (const struct meta_case *c = m->cases; c; c = c->next) {
		buf_printf(&b, "case %s", c->name);
		put_defines(&b, c->defines);
		put_words(&b, "its req", c->req);
	}
	if (m->opening) {
		buf_printf(&b, "opening %s", m->opening->name);
		put_defines(&b, m->opening->defines);
	}
	if (m->id)
		buf_printf(&b, "id=%s;", m->id);
	if (m->payload_span.len)
		buf_printf(&b, "payload=%s;", m->is_numbered ? "numbered" : "zeros");
	if (m->profile)
		buf_printf(&b, "profile=%s;", m->profile);
	for (const struct meta_mark *k = m->marks; k; k = k->next) {
		buf_printf(&b, "line %u-%u ", k->first_line, k->line);
		put_words(&b, "req", k->req);
	}
	if (m->timeout_us)
		buf_printf(&b, "timeout=%lld;", (long long)m->timeout_us);
	s = arena_strdup(arena, buf_str(&b));
	buf_fini(&b);
	return s;
}

static const struct {
	const char *text, *read;
} good_rows[] = {
	{ "", "" },
	{ "+0 socket() = 3\n", "" },
	{ "//!\n//!   \n", "" },
	{ "//! title: A handshake: both roles\n+0 a\n", "title=A handshake: both roles;" },
	{ "//! title A handshake", "title=A handshake;" },
	{ "//!title:\"  quoted \"\r\n", "title=  quoted ;" },
	{ "// plain\n/* //! title: no */\n\n--mss=1000 // x\n\t//! title : yes\n`true`",
	  "title=yes;" },
	{ "//! req: RFC9293-1, RFC9293-2\n//! req RFC1\n",
	  "req=RFC9293-1;req=RFC9293-2;req=RFC1;" },
	{ "//! needs: kernel>=6.1 congestion:cubic,tool:ethtool \"a b\"\n",
	  "needs=kernel>=6.1;needs=congestion:cubic;needs=tool:ethtool;needs=a b;" },
	{ "//! catches: no-fast-retransmit\n", "catches=no-fast-retransmit;" },
	{ "//! case small: MSS=536 WIN=1000\n//! case big MSS=1460, NAME=\"two words\"\n"
	  "//! case: plain\n//! case x-1_Y:\n",
	  "case small MSS=536 WIN=1000;case big MSS=1460 NAME=\"two words\";case plain;"
	  "case x-1_Y;" },
	{ "//! case m: A=\"\\\"a\" B=`c d`,C=1", "case m A=\"\\\"a\" B=`c d` C=1;" },
	{ "//! case m: A=1 //! req 1/B\n//! case n: B=\"//!\" C=`//! \\`,D=2 //!req: 1/A, 1/B\r\n"
	  "//! case o //! req 1/A\n//! case p\n//! req: 1/A 1/B\n",
	  "req=1/A;req=1/B;case m A=1;its req=1/B;case n B=\"//!\" C=`//! \\` D=2;"
	  "its req=1/A;its req=1/B;case o;its req=1/A;case p;" },
	{ "//! case e: A= B=x=y", "case e A= B=x=y;" },
	{ "//! opening: passive\n0 a() = 0\n", "opening passive;" },
	{ "//! opening a-b_2 A=1,B=\"x y\"\n", "opening a-b_2 A=1 B=\"x y\";" },
	{ "\xef\xbb\xbf//! title: a\n", "title=a;" },
	{ "//! timeout: 5s", "timeout=5000000;" },
	{ "//! timeout 500ms", "timeout=500000;" },
	{ "//! timeout: 2", "timeout=2000000;" },
	{ "//! timeout: 1.5min", "timeout=90000000;" },
	{ "//! id: a/b-c\n", "id=a/b-c;" },
	{ "//! payload: numbered\n", "payload=numbered;" },
	{ "//! payload numbered\r\n+0 a() = 0\n", "payload=numbered;" },
	{ "//! payload: zeros\n", "payload=zeros;" },
	{ "//! profile: rfc\n", "profile=rfc;" },
	{ "//! profile: \"other\"\r\n", "profile=other;" },
	{ "//! req: 1/A 1/B\n+0 a() = 0 //! req 1/A\n\n* > F. \"//!\"\n   <mss 1> //!req: 1/B, 1/A\r\n"
	  "+0 c() //! required\n",
	  "req=1/A;req=1/B;line 2-2 req=1/A;line 4-5 req=1/B;req=1/A;" },
	{ "+0 %{\n//! a\n}%\n`\n//! b\n`\n+0 f(\"//! c\") // d\n/*\n//! e\n*/ +0 g() //! h\n", "" },
};

START_TEST(is_read)
{
	struct metadata m;
	struct diags d;
	int rc = read_text(good_rows[_i].text, strlen(good_rows[_i].text), &m, &d);

	ck_assert_msg(rc == 0, "%s", d.first ? d.first->message : "");
	ck_assert_uint_eq(d.n_errors, 0);
	ck_assert_str_eq(text_of(&m), good_rows[_i].read);
}
END_TEST

/* @at: what the caret points at. */
static const struct {
	const char *text, *at, *message, *hint;
} bad_rows[] = {
	{ "//! titel: x", "titel", "unknown header line 'titel'", "did you mean 'title'?" },
	{ "//! something: x", "something", "unknown header line 'something'",
	  "one of: title, req, needs, catches, case, opening, timeout, id, profile, payload" },
	{ "//! : x", ":", "expected a word after //!",
	  "one of: title, req, needs, catches, case, opening, timeout, id, profile, payload" },
	{ "//! title: a\n//! title: b", "title: b", "the title is given twice", NULL },
	{ "//! title:", "title", "the title is empty", NULL },
	{ "//! payload: ones", "ones", "payload is 'zeros' (also without this line) or 'numbered'",
	  "for example: //! payload: numbered" },
	{ "//! payload:", "payload", "payload is 'zeros' (also without this line) or 'numbered'",
	  "for example: //! payload: numbered" },
	{ "//! payload: zeros\n//! payload: numbered", "payload: numbered",
	  "the payload is given twice", NULL },
	{ "//! title: \"a", "\"a", "the quoted text has no closing \"", NULL },
	{ "//! opening:", "opening", "the name of an opening is made of letters, digits, '_' and '-'",
	  "for example: //! opening: passive WIN=1000" },
	{ "//! opening: a/b", "a", "the name of an opening is made of letters, digits, '_' and '-'",
	  "for example: //! opening: passive WIN=1000" },
	{ "//! opening: a 5=3", "5=3", "behind an opening stand NAME=VALUE",
	  "for example: //! opening: passive WIN=1000" },
	{ "//! opening: a A=1 A=2", "A=2", "'A' is given twice", NULL },
	{ "//! opening: a\n//! opening: b", "opening", "there is an opening already", NULL },
	{ "//! req:", "req", "nothing follows 'req'", NULL },
	{ "//! needs: a \"b", "\"b", "the quoted text has no closing \"", NULL },
	{ "//! timeout: soon", "soon", "the timeout is no time",
	  "for example: //! timeout: 5s (units: us, ms, s, min)" },
	{ "//! timeout: 5h", "5h", "the timeout is no time",
	  "for example: //! timeout: 5s (units: us, ms, s, min)" },
	{ "//! timeout: 1.2.3", "1.2.3", "the timeout is no time",
	  "for example: //! timeout: 5s (units: us, ms, s, min)" },
	{ "//! timeout: -1", "-1", "the timeout is no time",
	  "for example: //! timeout: 5s (units: us, ms, s, min)" },
	{ "//! timeout:", "timeout", "the timeout is no time",
	  "for example: //! timeout: 5s (units: us, ms, s, min)" },
	{ "//! timeout: 0", "0", "a timeout is more than nothing and at most a day", NULL },
	{ "//! timeout: 99999999s", "99999999s", "a timeout is more than nothing and at most a day",
	  NULL },
	{ "//! timeout: 1s\n//! timeout: 2s", "timeout: 2s", "the timeout is given twice", NULL },
	{ "//! case", "case", "a case needs a name of letters, digits, '_' and '-'",
	  "for example: //! case small: MSS=536 WIN=1000" },
	{ "//! case a/b: A=1", "a/", "a case needs a name of letters, digits, '_' and '-'",
	  "for example: //! case small: MSS=536 WIN=1000" },
	{ "//! case a: A=1\n//! case a: A=2", "a: A=2", "there is another case 'a'", NULL },
	{ "//! case a: A", "A", "a case is made of NAME=VALUE",
	  "for example: //! case small: MSS=536 WIN=1000" },
	{ "//! case a: 1A=2", "1A", "a case is made of NAME=VALUE",
	  "for example: //! case small: MSS=536 WIN=1000" },
	{ "//! case a: A=1 A=2", "A=2", "'A' is given twice", NULL },
	{ "//! req: 1/A\n//! case a: A=1 //! req 1/B", "1/B",
	  "'1/B' is not among the requirements of the header",
	  "add it to the //! req line at the top" },
	{ "//! case a: A=1 //! title: x", "//! title", "behind a case its own requirements can stand",
	  "for example: //! case small: MSS=536 //! req 9293/MUST-16" },
	{ "//! case a: A=1 //! req", "req", "nothing follows 'req'", NULL },
	{ "//! case a: A=\"1", "\"1", "the quoted text has no closing \"", NULL },
	{ "//! case a: A=`1", "`1", "the command has no closing `", NULL },
	{ "//! id: a\n//! id: b", "id: b", "the id is given twice", NULL },
	{ "//! id: a b", "a b", "an id is one word without [ ] @ * ?",
	  "for example: //! id: rfc9293/reset/stray-syn" },
	{ "//! id: a[1]", "a[1]", "an id is one word without [ ] @ * ?",
	  "for example: //! id: rfc9293/reset/stray-syn" },
	{ "//! profile:", "profile", "a profile is one word", "for example: //! profile: rfc" },
	{ "//! profile: a b", "a b", "a profile is one word", "for example: //! profile: rfc" },
	{ "//! profile: a, b", "a, b", "a profile is one word", "for example: //! profile: rfc" },
	{ "//! profile: \"a", "\"a", "the quoted text has no closing \"", NULL },
	{ "//! profile: a\n//! profile: a", "profile: a", "the profile is given twice", NULL },
	{ "//! req: 1/A\n+0 a() = 0 //! req 1/B", "1/B",
	  "'1/B' is not among the requirements of the header",
	  "add it to the //! req line at the top" },
	{ "//! req: 1/A\n+0 a() = 0 //! req", "req", "nothing follows 'req'", NULL },
	{ "+0 close(3) = 0\n//! title: late", "//! title",
	  "a header line behind the first event has no effect",
	  "//! lines belong to the top of the script" },
	{ "`true`\n  //! title: late", "//! title",
	  "a header line behind the first event has no effect",
	  "//! lines belong to the top of the script" },
};

START_TEST(cases_may_have_their_own)
{
	static const struct {
		const char *name, *req;
	} rows[] = { { "a", "1/A" }, { "b", "1/C" }, { "", "1/C" }, { NULL, "1/C" }, { "z", "1/C" } };
	static const char text[] = "//! req: 1/C 1/A\n//! case a: A=1 //! req 1/A\n//! case b: A=2\n";
	struct metadata m;
	struct diags d;

	ck_assert_int_eq(read_text(text, strlen(text), &m, &d), 0);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		ck_assert_str_eq(metadata_req(&m, rows[i].name)->text, rows[i].req);
}
END_TEST

START_TEST(is_refused)
{
	const char *text = bad_rows[_i].text;
	struct metadata m;
	struct diags d;

	ck_assert_int_eq(read_text(text, strlen(text), &m, &d), -ERR_SYNTAX);
	ck_assert_uint_eq(d.n_errors, 1);
	ck_assert_str_eq(d.first->message, bad_rows[_i].message);
	ck_assert_int_eq(strncmp(text + d.first->span.off, bad_rows[_i].at,
				 strlen(bad_rows[_i].at)), 0);
	ck_assert_uint_gt(d.first->span.len, 0);
	if (bad_rows[_i].hint)
		ck_assert_str_eq(d.first->hint, bad_rows[_i].hint);
	else
		ck_assert_ptr_null(d.first->hint);
}
END_TEST

/* @rest: what stands where the events of the opening belong. */
static const struct {
	const char *text, *rest;
} opening_rows[] = {
	{ "//! opening: a", "" },
	{ "//! opening: a\n", "" },
	{ "//! opening: a\n+0 x\n", "+0 x\n" },
	{ "//! opening: a\n//! title: b\n--mtu=9\n\n// c\n+0 x\n", "\n// c\n+0 x\n" },
	{ "//! opening: a\n// c\n`d\ne`\n+0 x\n", "+0 x\n" },
	{ "//! opening: a\n`d`  \r\n", "" },
	{ "//! opening: a\n`d`", "" },
	{ "//! opening: a\n`d` +0 x\n+1 y\n", " +0 x\n+1 y\n" },
	{ "--mtu=9\n//! opening: a\n/* b */ +0 x\n", "/* b */ +0 x\n" },
	{ "//! titel: a\n//! opening: a\n+0 x\n", "+0 x\n" },
	{ "+0 x\n//! opening: a\n", NULL },
	{ "//! title: opening: a\n", NULL },
	{ "//! opening: a=b\n", NULL },
};

START_TEST(openings_have_places)
{
	struct source src;
	const struct meta_opening *o;

	source_from_text(arena, "x.pkt", opening_rows[_i].text, strlen(opening_rows[_i].text),
			 &src);
	o = metadata_opening(arena, &src);
	if (!opening_rows[_i].rest) {
		ck_assert_ptr_null(o);
		return;
	}
	ck_assert_ptr_nonnull(o);
	ck_assert_str_eq(src.text + o->at, opening_rows[_i].rest);
	ck_assert_int_eq(src.text[o->span.off], 'a');
	ck_assert_int_eq(strncmp(src.text + o->line.off, "opening", 7), 0);
}
END_TEST

START_TEST(words_have_places)
{
	static const char text[] = "// x\n//! needs: ipv6, \"a b\"\n//! case one: A=1\n";
	struct metadata m;
	struct diags d;

	ck_assert_int_eq(read_text(text, strlen(text), &m, &d), 0);
	ck_assert_ptr_eq(text + m.needs->span.off, strstr(text, "ipv6"));
	ck_assert_uint_eq(m.needs->span.len, 4);
	ck_assert_ptr_eq(text + m.needs->next->span.off, strstr(text, "\"a"));
	ck_assert_uint_eq(m.needs->next->span.len, 5);
	ck_assert_ptr_eq(text + m.cases->span.off, strstr(text, "one"));
	ck_assert_uint_eq(m.cases->span.len, 3);
}
END_TEST

START_TEST(all_errors_are_told)
{
	static const char text[] =
		"//! titel: a\n//! timeout: x\n//! case a: b\n+0 x\n//! req: c\n";
	struct metadata m;
	struct diags d;

	ck_assert_int_eq(read_text(text, strlen(text), &m, &d), -ERR_SYNTAX);
	ck_assert_uint_eq(d.n_errors, 4);
}
END_TEST

static uint32_t next_random(uint32_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 17;
	*state ^= *state << 5;
	return *state;
}

enum { MUTATIONS = 20000, MUTANT_MAX_BYTES = 250 };

START_TEST(any_bytes_are_survived)
{
	static const char letters[] = "/!*\"`%{}:,= \n\r\t-a1\0\xff";
	uint32_t state = 521288629;

	for (int i = 0; i < MUTATIONS; i++) {
		char text[MUTANT_MAX_BYTES];
		uint32_t row = next_random(&state) % (ARRAY_LEN(good_rows) + ARRAY_LEN(bad_rows));
		size_t len = (size_t)snprintf(text, sizeof(text), "%s ",
					      row < ARRAY_LEN(good_rows)
						      ? good_rows[row].text
						      : bad_rows[row - ARRAY_LEN(good_rows)].text);
		struct metadata m;
		struct diags d;
		int rc;

		ck_assert_uint_lt(len, sizeof(text));
		for (uint32_t n = next_random(&state) % 5; n > 0; n--)
			text[next_random(&state) % len] =
				letters[next_random(&state) % (sizeof(letters) - 1)];
		rc = read_text(text, len, &m, &d);
		ck_assert_int_eq(rc, d.n_errors ? -ERR_SYNTAX : 0);
		for (const struct diag *n = d.first; n; n = n->next)
			ck_assert_uint_le(n->span.off, len);
		arena_free(arena);
		arena = arena_new();
	}
}
END_TEST

int main(void)
{
	Suite *s = suite_create("metadata");
	TCase *tc = tcase_create("all");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_set_timeout(tc, 60);
	tcase_add_loop_test(tc, is_read, 0, ARRAY_LEN(good_rows));
	tcase_add_loop_test(tc, is_refused, 0, ARRAY_LEN(bad_rows));
	tcase_add_test(tc, cases_may_have_their_own);
	tcase_add_loop_test(tc, openings_have_places, 0, (int)ARRAY_LEN(opening_rows));
	tcase_add_test(tc, words_have_places);
	tcase_add_test(tc, all_errors_are_told);
	tcase_add_test(tc, any_bytes_are_survived);
	suite_add_tcase(s, tc);
	return unit_run(s);
}
