/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Between lexer and parser. The lexer knows shapes only; here a token gets its meaning by position:
 * a few words become structure where structure can stand (and stay words elsewhere), definitions
 * are put in, runs of tokens in option lists are joined, notes and assert expressions are taken as
 * they are. parser.y tells the position by setting fields of struct parse right behind the token
 * that opens it, where the parser needs no lookahead to go on.
 *
 * After an error the parser waits for SYNC; it comes before the next line that begins like an
 * event.
 */
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/diag.h"
#include "base/suggest.h"
#include "grammar/build.h"
#include "grammar/parse_impl.h"
#include "grammar/parser.tab.h"
#include "grammar/lexer.yy.h"

/* Where a word can be structure. */
enum position {
	AT_HEAD = 1,   /* behind a direction, IP information or outer header */
	AT_ICMP = 2,   /* behind "icmp" */
	AT_PACKET = 4, /* anywhere in a packet's line */
	AT_ACTION = 8, /* behind a time */
};

static const struct {
	const char *word;
	unsigned int position;
	int code;
} structural[] = {
	{ "ipv4", AT_HEAD, T_HEADER_IPV4 }, { "ipv6", AT_HEAD, T_HEADER_IPV6 },
	{ "gre", AT_HEAD, T_HEADER_GRE },   { "mpls", AT_HEAD, T_HEADER_MPLS },
	{ "encap", AT_HEAD, T_ENCAP },	    { "udp", AT_HEAD, T_UDP },
	{ "icmp", AT_HEAD, T_ICMP },	    { "raw", AT_HEAD, T_RAW_BYTES },
	{ "mtu", AT_ICMP, T_ICMP_FIELD },   { "id", AT_ICMP, T_ICMP_FIELD },
	{ "as", AT_PACKET, T_AS },	    { "assert", AT_ACTION, T_ASSERT },
	{ "quiet", AT_ACTION, T_QUIET },
};

void scan_open(struct parse *p)
{
	uint32_t skip = text_bom_bytes(p->src);

	if (grammar_lex_lex_init_extra(p, &p->lexer) != 0)
		abort(); /* no memory, as in base/arena.c */
	grammar_lex__scan_bytes(p->src->text + skip, (int)(p->src->len - skip), p->lexer);
	p->off = skip;
}

void scan_close(struct parse *p)
{
	grammar_lex_lex_destroy(p->lexer);
}

void scan_end_event(struct parse *p)
{
	p->at_head = p->in_packet = p->in_icmp = p->in_tail = p->in_result = false;
	p->suspect.code = T_END;
}

void scan_comment(struct parse *p, struct span span)
{
	struct ast_comment *c = ARENA_NEW(p->arena, struct ast_comment);
	const char *text = p->src->text + span.off;

	c->is_block = text[1] == '*';
	while (text[span.len - 1] == '\r' || text[span.len - 1] == ' ' ||
	       text[span.len - 1] == '\t')
		span.len--;
	c->span = span;
	c->text = arena_strndup(p->arena, text, span.len);
	c->is_own_line = text_is_first_on_line(p->src, span.off);
	if (p->last_comment)
		p->last_comment->next = c;
	else
		p->script->comments = c;
	p->last_comment = c;
}

static uint32_t end_of(struct span s)
{
	return s.off + s.len;
}

static bool is_suspect(const struct parse *p, struct lexeme t)
{
	char after = p->src->text[end_of(t.span)];

	if (t.code != '<' && !(t.code == T_WORD && (p->in_tail || p->in_result)))
		return false;
	return (t.code == '<' ? after == ' ' : after == '(') &&
	       text_is_first_on_line(p->src, t.span.off);
}

void scan_suspect(struct parse *p)
{
	if (is_suspect(p, p->last))
		p->suspect = p->last;
}

static struct lexeme raw_next(struct parse *p)
{
	struct lexeme t;

	if (p->n_unread)
		return p->unread[--p->n_unread];
	t.code = grammar_lex_lex(p->lexer);
	t.span = (struct span){ p->start, p->off - p->start };
	if (t.code == T_END)
		t.span = (struct span){ end_of(p->last.span), 0 };
	return t;
}

/* What has no end is taken to the end of its line, so that the next line is still looked at. */
static int take_to(struct parse *p, uint32_t end, int code, int bad_code)
{
	uint32_t to = end ? end : text_line_end(p->src, p->off);

	scan_skip(p, to - p->off);
	return end ? code : bad_code;
}

int scan_string(struct parse *p)
{
	uint32_t end = p->has_no_string_end ? 0 : text_string_end(p->src, p->off);

	p->has_no_string_end = !end;
	return take_to(p, end, T_STRING, T_BAD_STRING);
}

int scan_code(struct parse *p)
{
	uint32_t end = p->has_no_code_end ? 0 : text_code_end(p->src, p->off);

	p->has_no_code_end = !end;
	return take_to(p, end, T_CODE, T_BAD_CODE);
}

static void unread(struct parse *p, struct lexeme t)
{
	p->unread[p->n_unread++] = t;
}

/* Commands and code of a file with CRLF lines reach the shell with plain newlines. */
static void set_lines(struct parse *p, struct ast_tok *t, const char *s, size_t len)
{
	char *to = arena_strndup(p->arena, s, len);

	t->text = to;
	for (size_t i = 0; i < len; i++) {
		if (s[i] != '\r' || i + 1 == len || s[i + 1] != '\n')
			*to++ = s[i];
	}
	*to = '\0';
	t->len = (uint32_t)(to - t->text);
}

static void set_code(struct parse *p, struct ast_tok *t, const char *s, size_t len)
{
	for (; len && (*s == ' ' || *s == '\t'); s++)
		len--;
	while (len && (s[len - 1] == ' ' || s[len - 1] == '\t'))
		len--;
	set_lines(p, t, s, len);
}

static enum tok_kind kind_of(int code)
{
	switch (code) {
	case T_INT:
		return TOK_INT;
	case T_FLOAT:
		return TOK_FLOAT;
	case T_HEX:
		return TOK_HEX;
	case T_STRING:
		return TOK_STRING;
	case T_BACKTICK:
		return TOK_BACKTICK;
	case T_CODE:
		return TOK_CODE;
	case T_IPV4:
		return TOK_IPV4;
	case T_IPV6:
		return TOK_IPV6;
	case T_ELLIPSIS:
		return TOK_ELLIPSIS;
	case '*':
		return TOK_STAR;
	}
	return TOK_WORD;
}

static int code_of(enum tok_kind kind)
{
	switch (kind) {
	case TOK_INT:
		return T_INT;
	case TOK_FLOAT:
		return T_FLOAT;
	case TOK_HEX:
		return T_HEX;
	case TOK_STRING:
		return T_STRING;
	case TOK_BACKTICK:
		return T_BACKTICK;
	case TOK_NONE:
	case TOK_WORD:
	case TOK_CODE:
	case TOK_IPV4:
	case TOK_IPV6:
	case TOK_ELLIPSIS:
	case TOK_STAR:
	case TOK_RAW:
		break;
	}
	return T_WORD;
}

/* A copy of a token's text, shared with the same text seen lately. */
static const char *keep_text(struct parse *p, const char *s, uint32_t len)
{
	uint32_t hash = 5381;
	const char **seen;

	for (uint32_t i = 0; i < len; i++)
		hash = hash * 33 + (unsigned char)s[i];
	seen = &p->recent[(hash ^ hash >> 8) % PARSE_RECENT];
	if (!*seen || strncmp(*seen, s, len) != 0 || (*seen)[len] != '\0')
		*seen = arena_strndup(p->arena, s, len);
	return *seen;
}

static void fill(struct parse *p, struct lexeme t, struct ast_tok *tok)
{
	const char *s = p->src->text + t.span.off;
	uint32_t len = t.span.len;

	*tok = (struct ast_tok){ .kind = kind_of(t.code), .span = t.span, .len = len };
	if (t.code < 256 && strchr("()[]{},:=", t.code))
		return;
	tok->raw = keep_text(p, s, len);
	if (t.code == T_STRING) {
		tok->len = len - 2;
		tok->text = arena_strndup(p->arena, s + 1, tok->len);
	} else if (t.code == T_BACKTICK) {
		set_lines(p, tok, s + 1, len - 2);
	} else if (t.code == T_CODE) {
		set_code(p, tok, s + 2, len - 4);
	} else if (t.code == T_OPTION) {
		tok->text = tok->raw + 2;
		tok->len = len - 2;
	} else {
		tok->text = tok->raw;
	}
}

static void take_text(struct parse *p, struct ast_tok *tok, uint32_t from, uint32_t to)
{
	*tok = (struct ast_tok){ .kind = TOK_RAW, .span = { from, to - from } };
	tok->raw = arena_strndup(p->arena, p->src->text + from, to - from);
	scan_skip(p, to > p->off ? to - p->off : 0);
}

/* A "(" behind a result: all up to its ")" is one token. */
static int take_note(struct parse *p, struct lexeme *t, struct ast_tok *tok)
{
	uint32_t from = t->span.off, end = text_note_end(p->src, from);
	int code = end ? T_NOTE : T_BAD_NOTE;

	take_text(p, tok, from, end ? end : text_line_end(p->src, from));
	t->span = tok->span;
	if (end) {
		tok->len = end - from - 2;
		tok->text = arena_strndup(p->arena, tok->raw + 1, tok->len);
	}
	return code;
}

/* Behind "assert". */
static int take_assert(struct parse *p, struct lexeme *t, struct ast_tok *tok)
{
	uint32_t from = p->off, end;

	p->is_raw_next = false;
	from += (uint32_t)strspn(p->src->text + from, " \t");
	end = text_assert_end(p->src, from);
	while (end > from && strchr(" \t\r", p->src->text[end - 1]))
		end--;
	take_text(p, tok, from, end);
	tok->len = tok->span.len;
	tok->text = text_blank_comments(p->arena, tok->raw, tok->len);
	*t = (struct lexeme){ T_ASSERT_TEXT, tok->span };
	return T_ASSERT_TEXT;
}

static unsigned int position_of(const struct parse *p)
{
	unsigned int at = 0;

	if (p->at_head)
		at |= AT_HEAD;
	if (p->in_icmp)
		at |= AT_ICMP;
	if (p->in_packet)
		at |= AT_PACKET;
	if (p->last.code == T_INT || p->last.code == T_FLOAT || p->last.code == '*')
		at |= AT_ACTION;
	return at;
}

/* The structural code of a word, or T_WORD. */
static int promote(const struct parse *p, struct lexeme t)
{
	unsigned int at = p->last.code == T_AS ? 0 : position_of(p);

	for (size_t i = 0; at && i < ARRAY_LEN(structural); i++) {
		const char *word = structural[i].word;

		if (structural[i].code == T_QUIET && p->src->text[end_of(t.span)] == '(')
			continue; /* a call of that name */
		if ((structural[i].position & at) && strlen(word) == t.span.len &&
		    memcmp(word, p->src->text + t.span.off, t.span.len) == 0)
			return structural[i].code;
	}
	return T_WORD;
}

const char *scan_nearest_word(const struct parse *p, struct lexeme t, bool is_action)
{
	unsigned int at = is_action ? AT_ACTION : AT_HEAD;
	struct suggest nearest;

	suggest_init(&nearest, arena_strndup(p->arena, p->src->text + t.span.off, t.span.len));
	for (size_t i = 0; i < ARRAY_LEN(structural); i++) {
		if (structural[i].position & at)
			suggest_offer(&nearest, structural[i].word);
	}
	return suggest_best(&nearest);
}

static int take_word(struct parse *p, struct lexeme t, struct ast_tok *tok)
{
	int code = promote(p, t);
	const char *value;

	fill(p, t, tok);
	if (is_suspect(p, t))
		p->suspect = t;
	if (code == T_ICMP)
		p->in_icmp = true;
	if (code == T_ASSERT)
		p->is_raw_next = true;
	/* Behind the sequence names and values take turns; only values are symbols. */
	if (code != T_WORD || (p->in_tail && p->last.code != T_WORD))
		return code;
	value = define_lookup(p, tok->text, tok->len);
	if (!value)
		return T_WORD;
	define_apply(p, value, tok);
	return code_of(tok->kind);
}

static int take_normal(struct parse *p, struct lexeme *t, struct ast_tok *tok)
{
	int code;

	if (p->is_raw_next)
		return take_assert(p, t, tok);
	*t = raw_next(p);
	if (p->in_result && t->code == '(')
		return take_note(p, t, tok);
	if (t->code == T_WORD) {
		code = take_word(p, *t, tok);
	} else {
		fill(p, *t, tok);
		code = t->code;
	}
	p->at_head = false;
	if (code == '{')
		p->in_tail = p->in_icmp = false;
	return code;
}

/* Whether a token may be part of a run; the rest keeps its own meaning even within < >. */
static bool is_runnable(const struct parse *p, int code)
{
	switch (code) {
	case T_END:
	case T_BACKTICK:
	case T_CODE:
	case T_BAD_STRING:
	case T_BAD_COMMENT:
	case T_BAD_BACKTICK:
	case T_BAD_CODE:
		return p->mode == SCAN_DEFINE && code == T_BACKTICK;
	case T_BAD_CHAR:
	case ',':
	case '<':
	case '>':
	case '+':
		return p->mode != SCAN_OPTIONS;
	case '=':
		return p->mode != SCAN_VALUE;
	}
	return true;
}

static bool joins(const struct parse *p, struct lexeme a, struct lexeme b)
{
	if (!is_runnable(p, b.code))
		return false;
	if (end_of(a.span) == b.span.off)
		return true;
	return p->mode == SCAN_OPTIONS && (a.code == ':' || b.code == ':');
}

/* One token of a run. All of them have text, punctuation too; symbols are put in. */
static void fill_part(struct parse *p, struct lexeme t, struct ast_tok *tok)
{
	bool is_name = p->mode == SCAN_DEFINE ||
		       (p->mode == SCAN_VALUE && p->src->text[end_of(t.span)] == '=');
	const char *value = NULL;

	fill(p, t, tok);
	if (!tok->text)
		tok->text = tok->raw =
			arena_strndup(p->arena, p->src->text + t.span.off, t.span.len);
	if (t.code == T_WORD && !is_name)
		value = define_lookup(p, tok->text, tok->len);
	if (value)
		define_apply(p, value, tok);
}

/* The rest of a run that has more than one part: @tok holds the first, @t the second. */
static void join_parts(struct parse *p, struct lexeme last, struct lexeme t, struct ast_tok *tok)
{
	struct buf text = { 0 }, raw = { 0 };
	struct ast_tok part = *tok;

	do {
		buf_puts(&text, part.text);
		buf_puts(&raw, part.raw);
		fill_part(p, t, &part);
		last = t;
		t = raw_next(p);
	} while (joins(p, last, t));
	unread(p, t);
	buf_puts(&text, part.text);
	buf_puts(&raw, part.raw);
	tok->kind = TOK_WORD;
	tok->text = arena_strdup(p->arena, buf_str(&text));
	tok->raw = arena_strdup(p->arena, buf_str(&raw));
	tok->len = (uint32_t)text.len;
	tok->span = span_join(tok->span, part.span);
	buf_fini(&text);
	buf_fini(&raw);
}

/* Option lists and option values: what stands together without blanks is one token. */
static int take_run(struct parse *p, struct lexeme *t, struct ast_tok *tok)
{
	struct lexeme last = raw_next(p), next;

	*t = last;
	if (!is_runnable(p, last.code) ||
	    (p->mode != SCAN_OPTIONS && text_is_first_on_line(p->src, last.span.off))) {
		fill(p, last, tok);
		if (last.code == '>')
			p->suspect.code = T_END;
		if (p->mode != SCAN_OPTIONS || last.code == '>')
			p->mode = SCAN_NORMAL;
		return last.code;
	}
	fill_part(p, last, tok);
	next = raw_next(p);
	if (joins(p, last, next))
		join_parts(p, last, next, tok);
	else
		unread(p, next);
	t->span = tok->span;
	if (p->mode == SCAN_OPTIONS)
		return T_RUN;
	p->mode = SCAN_NORMAL;
	return T_VALUE;
}

static bool begins_event(const struct parse *p, struct lexeme t)
{
	if (t.code == T_END)
		return true;
	if (!text_is_first_on_line(p->src, t.span.off))
		return false;
	if (t.code == T_INT || t.code == T_FLOAT)
		return text_looks_timed(p->src, end_of(t.span));
	return t.code == '+' || t.code == '*' || t.code == T_BACKTICK || t.code == T_OPTION;
}

/* The token in error may itself begin the next event. */
static int resync(struct parse *p, struct lexeme *t)
{
	struct lexeme next = p->last;

	p->is_resyncing = p->is_raw_next = false;
	p->mode = SCAN_NORMAL;
	scan_end_event(p);
	while (!begins_event(p, next))
		next = raw_next(p);
	unread(p, next);
	*t = (struct lexeme){ T_SYNC, { next.span.off, 0 } };
	return T_SYNC;
}

int grammar_yylex(GRAMMAR_YYSTYPE *val, struct span *at, struct parse *p)
{
	struct lexeme t;

	if (p->diags->n_errors >= DIAGS_MAX)
		return T_END;
	if (p->is_resyncing)
		t.code = resync(p, &t);
	else if (p->mode == SCAN_NORMAL)
		t.code = take_normal(p, &t, &val->tok);
	else
		t.code = take_run(p, &t, &val->tok);
	*at = t.span;
	p->before_last = p->last;
	p->last = t;
	return t.code;
}
