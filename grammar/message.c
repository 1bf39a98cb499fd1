/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Syntax errors in a person's words. The parser says which symbols it would have taken; groups of
 * symbols that always come together are named by what they begin ("a value"), single ones by their
 * own phrase. All wording is in tables.
 */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/diag.h"
#include "grammar/build.h"
#include "grammar/parse_impl.h"
#include "grammar/parser.tab.h"

enum {
	MAX_PHRASES = 5,      /* alternatives that are shown */
	MAX_SHOWN_BYTES = 32, /* of a token's text */
};

/* All of @needs expected: @phrase stands for them and for @covers. First match wins. */
static const struct group {
	const char *phrase;
	const char *needs[5];
	const char *covers[14];
} groups[] = {
	{ "the time of the next event",
	  { "'+'", "'*'", "INT", "OPTION" },
	  { "FLOAT", "BACKTICK", "END" } },
	{ "a packet (< or >), a call, a `command` or %{ code }%",
	  { "'<'", "'>'", "BACKTICK", "CODE" },
	  { "WORD", "ASSERT", "QUIET", "ELLIPSIS", "'~'" } },
	{ "TCP flags such as S. or P.", { "WORD", "'.'", "'-'", "FLOAT" }, { "INT" } },
	{ "a protocol such as udp or icmp",
	  { "UDP", "ICMP" },
	  { "ENCAP", "RAW_BYTES", "HEADER_IPV4", "HEADER_IPV6", "HEADER_GRE", "HEADER_MPLS", "'('",
	    "'['" } },
	{ "a value",
	  { "STRING", "ELLIPSIS", "'{'", "'['" },
	  { "WORD", "INT", "HEX", "FLOAT", "BACKTICK", "IPV4", "IPV6", "'*'", "'('" } },
	{ "an error name such as EAGAIN, a note in ( )", { "WORD", "NOTE" }, { NULL } },
	{ "a result such as 0, -1 or ...",
	  { "WORD", "HEX", "ELLIPSIS" },
	  { "INT", "FLOAT", "'*'" } },
	{ "a field such as 'ack 1', an option list in < >",
	  { "WORD", "'<'", "AS" },
	  { "'{'", "'!'" } },
	{ "an option list in < >", { "'<'", "AS" }, { "'{'" } },
	{ "'as NAME'", { "AS" }, { "'{'" } },
	{ "a sequence range such as 1:1001(1000)", { "INT", "ELLIPSIS" }, { "'|'" } },
	{ "a number or *", { "INT", "HEX", "'*'" }, { NULL } },
	{ "a number", { "INT", "HEX" }, { NULL } },
	{ "a number of seconds", { "INT", "FLOAT" }, { NULL } },
	{ "an address", { "IPV4", "IPV6" }, { NULL } },
	{ "an option", { "RUN" }, { NULL } },
	{ "a value", { "VALUE" }, { NULL } },
	{ "a number", { "INT" }, { NULL } },
	{ "a name", { "WORD" }, { NULL } },
	{ "a string", { "STRING" }, { NULL } },
	{ "a note in ( )", { "NOTE" }, { NULL } },
	{ "mtu or id", { "ICMP_FIELD" }, { NULL } },
	{ "the end of the script", { "END" }, { NULL } },
};

/* What the lexer could not finish. */
static const struct broken {
	const char *symbol;
	const char *message;
	const char *hint;
} broken_tokens[] = {
	{ "BAD_STRING", "this string has no closing \"", "a \" inside a string is written \\\"" },
	{ "BAD_BACKTICK", "this command has no closing `", NULL },
	{ "BAD_CODE", "this code block has no closing }%", NULL },
	{ "BAD_COMMENT", "this comment has no closing */", NULL },
	{ "BAD_NOTE", "this note has no closing )", NULL },
};

static bool has(const char *const *names, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++) {
		if (names[i] && strcmp(names[i], name) == 0)
			return true;
	}
	return false;
}

static bool expects(const struct expectation *e, const char *name)
{
	return has(e->names, e->n_names, name);
}

/* Expected, and not yet named by an earlier phrase. */
static bool is_open(const struct expectation *e, const bool *done, const char *name)
{
	for (size_t i = 0; i < e->n_names; i++) {
		if (!done[i] && strcmp(e->names[i], name) == 0)
			return true;
	}
	return false;
}

static bool group_matches(const struct group *g, const struct expectation *e, const bool *done)
{
	for (size_t i = 0; i < ARRAY_LEN(g->needs) && g->needs[i]; i++) {
		if (!is_open(e, done, g->needs[i]))
			return false;
	}
	return true;
}

static void group_take(const struct group *g, const struct expectation *e, bool *done)
{
	for (size_t i = 0; i < e->n_names; i++) {
		if (has(g->needs, ARRAY_LEN(g->needs), e->names[i]) ||
		    has(g->covers, ARRAY_LEN(g->covers), e->names[i]))
			done[i] = true;
	}
}

/* What could go on where most often something should end. */
static const char *const continuing[] = { "'~'", "'|'", "'!'", "'.'" };

/* Add the punctuation that no phrase covers; what only continues, if there is nothing else. */
static size_t collect_marks(const struct expectation *e, const bool *done, const char **phrases,
			    size_t n)
{
	for (int pass = 0; pass < 2; pass++) {
		for (size_t i = 0; i < e->n_names && n < MAX_PHRASES; i++) {
			bool goes_on = has(continuing, ARRAY_LEN(continuing), e->names[i]);

			if (!done[i] && e->names[i][0] == '\'' && goes_on == (pass == 1))
				phrases[n++] = e->names[i];
		}
		if (n)
			break;
	}
	return n;
}

/* Fills @phrases, at most MAX_PHRASES. */
static size_t collect(const struct expectation *e, const char **phrases)
{
	bool done[256] = { false };
	size_t n = 0;

	for (size_t i = 0; i < ARRAY_LEN(groups) && n < MAX_PHRASES; i++) {
		if (group_matches(&groups[i], e, done)) {
			group_take(&groups[i], e, done);
			phrases[n++] = groups[i].phrase;
		}
	}
	return collect_marks(e, done, phrases, n);
}

static void put_expected(const struct expectation *e, struct buf *out)
{
	const char *phrases[MAX_PHRASES];
	size_t n = collect(e, phrases);

	for (size_t i = 0; i < n; i++) {
		buf_puts(out, i == 0 ? ", expected " : i + 1 == n ? " or " : ", ");
		buf_puts(out, phrases[i]);
	}
}

/* The text of a token, as far as it fits a line. */
static void put_text(const struct parse *p, struct lexeme t, struct buf *out)
{
	const char *s = p->src->text + t.span.off;
	uint32_t n = 0;

	buf_putc(out, '\'');
	while (n < t.span.len && n < MAX_SHOWN_BYTES && s[n] != '\n' && s[n] != '\r') {
		buf_putc(out, isprint((unsigned char)s[n]) ? s[n] : '?');
		n++;
	}
	buf_puts(out, n < t.span.len ? "...'" : "'");
}

/* Whether the unexpected token only shows that what stands before it is not complete. */
static bool is_cut_short(const struct parse *p)
{
	switch (p->last.code) {
	case T_END:
		return true;
	case '+':
	case '*':
	case T_INT:
	case T_FLOAT:
	case T_BACKTICK:
	case T_OPTION:
		return text_is_first_on_line(p->src, p->last.span.off);
	}
	return false;
}

static bool has_before(const struct parse *p)
{
	return p->before_last.code != T_END && p->before_last.code != T_SYNC;
}

static void put_found(const struct parse *p, struct buf *out)
{
	if (has_before(p) && is_cut_short(p)) {
		buf_puts(out, "the line ends");
	} else {
		buf_puts(out, "found ");
		if (p->last.code == T_CODE)
			buf_puts(out, "a code block");
		else if (p->last.code == T_BACKTICK)
			buf_puts(out, "a `command`");
		else
			put_text(p, p->last, out);
	}
	if (has_before(p) && p->before_last.span.len <= MAX_SHOWN_BYTES) {
		buf_puts(out, " after ");
		put_text(p, p->before_last, out);
	}
}

/* What is cut short is at fault at its end, not where the next event begins. */
static struct span place_of(const struct parse *p)
{
	struct span before = p->before_last.span;

	if (!has_before(p) || !is_cut_short(p))
		return p->last.span;
	return (struct span){ before.off + before.len, 0 };
}

static const struct broken *find_broken(const char *symbol)
{
	for (size_t i = 0; i < ARRAY_LEN(broken_tokens); i++) {
		if (strcmp(broken_tokens[i].symbol, symbol) == 0)
			return &broken_tokens[i];
	}
	return NULL;
}

static void report_character(struct parse *p)
{
	const unsigned char *s = (const unsigned char *)p->src->text + p->last.span.off;

	if (isprint(*s)) {
		diag_error(p->diags, p->last.span, "unexpected character '%c'", *s);
		return;
	}
	diag_error(p->diags, p->last.span, "unexpected byte 0x%02x", *s);
	if (*s >= 0x80)
		diag_hint(p->diags, "outside of strings, comments, commands and code only ASCII "
				    "characters have a meaning");
}

/* What was read as a part of the event before is one by itself. */
static bool report_suspect(struct parse *p)
{
	bool is_packet = p->suspect.code == '<';

	if (p->suspect.code == T_END)
		return false;
	diag_error(p->diags, p->suspect.span, "this %s has no time", is_packet ? "packet" : "call");
	diag_hint(p->diags, "every event begins with its time, for instance +0");
	return true;
}

static const char *const untimed_actions[] = { "WORD", "'<'",	 "'>'",	  "CODE",
					       "'.'",  "ASSERT", "QUIET", "'-'" };

/* A string or command just before, over several lines: perhaps it swallowed them. */
static bool hint_swallowed(struct parse *p)
{
	struct lexeme t = p->before_last;
	bool is_text = t.code == T_STRING || t.code == T_BACKTICK;

	if (!is_text || !memchr(p->src->text + t.span.off, '\n', t.span.len))
		return false;
	diag_hint(p->diags, "the %s before it began on line %u; is its closing %c missing there?",
		  t.code == T_STRING ? "string" : "command", source_place(p->src, t.span.off).line,
		  t.code == T_STRING ? '"' : '`');
	return true;
}

/* Expected nothing but @name. */
static bool expects_only(const struct expectation *e, const char *name)
{
	return e->n_names == 1 && expects(e, name);
}

static const char *choose_hint(const struct parse *p, const struct expectation *e)
{
	bool is_mark = e->found[0] == '\'';

	if (strcmp(e->found, "'#'") == 0 &&
	    isalpha((unsigned char)p->src->text[p->last.span.off + 1]))
		return "#ifdef and its like belong to another dialect; comments begin with //";
	if (strcmp(e->found, "'#'") == 0)
		return "comments begin with // or stand between /* and */";
	if (expects(e, "'+'") && expects(e, "'*'") &&
	    has(untimed_actions, ARRAY_LEN(untimed_actions), e->found))
		return "every event begins with its time, for instance +0";
	if (expects_only(e, "'='"))
		return "a call says what it returns, for instance: close(3) = 0";
	if (expects_only(e, "'+'"))
		return "both ends of a relative window have a plus: +.1~+.3";
	if (expects_only(e, "WORD") && (e->found[1] == '<' || e->found[1] == '>') && is_mark)
		return "only a call lasts from one time to another (A...B)";
	if (strcmp(e->found, "':'") == 0 && expects(e, "'.'") && expects(e, "'>'"))
		return "the TCP flags come before the sequence range, for instance: . 1:1(0)";
	if (strcmp(e->found, "WORD") == 0 && expects(e, "INT") && !expects(e, "WORD"))
		return "a symbol can stand for a number: define it by -D NAME=NUMBER";
	return NULL;
}

/* The word before may be a misspelt "icmp" taken as flags, or a misspelt "assert" as a call. */
static const char *misspelt(const struct parse *p, const struct expectation *e)
{
	bool is_action = expects_only(e, "'('");
	bool is_head = expects(e, "ELLIPSIS") && expects(e, "'.'");

	if (p->before_last.code != T_WORD || p->before_last.span.len < 3 || !(is_action || is_head))
		return NULL;
	return scan_nearest_word(p, p->before_last, is_action);
}

void message_syntax(struct parse *p, const struct expectation *e)
{
	const struct broken *b = find_broken(e->found);
	const char *advice;
	struct buf text = { 0 };

	if (p->diags->n_errors >= DIAGS_MAX || report_suspect(p))
		return;
	if (b) {
		diag_error(p->diags, p->last.span, "%s", b->message);
		if (b->hint)
			diag_hint(p->diags, "%s", b->hint);
		return;
	}
	if (strcmp(e->found, "BAD_CHAR") == 0) {
		report_character(p);
		return;
	}
	put_found(p, &text);
	put_expected(e, &text);
	diag_error(p->diags, place_of(p), "%s", buf_str(&text));
	buf_fini(&text);
	advice = choose_hint(p, e);
	if (!hint_swallowed(p) && advice)
		diag_hint(p->diags, "%s", advice);
	diag_did_you_mean(p->diags, misspelt(p, e));
}

void message_too_deep(struct parse *p, struct span span)
{
	diag_error(p->diags, span, "nested too deeply");
}
