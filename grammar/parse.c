/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Theory of operation
 *
 * grammar/ turns the text of a script into a tree and back. It knows the shape of the language and
 * no name in it: options, calls and constants are words here, and get their meaning in
 * tester/script. So nobody's cookie, symbol or note collides with a keyword.
 *
 *	lexer.l      bytes to tokens, shapes only
 *	scan.c       tokens by position: structural words, definitions, runs, notes; resynchronises
 *	text.c       ends of tokens that regular expressions cannot find
 *	define.c     -D and --define
 *	parser.y     the rules; every action calls one function of
 *	build*.c     nodes in the arena
 *	message.c    errors in a person's words, hints for usual slips
 *	print*.c     the tree as canonical text (fmt)
 *	same.c       whether two trees say the same
 *
 * Errors: the parser has one recovery rule, "error SYNC" where a statement can stand. scan.c
 * delivers SYNC before the next line that begins like an event, so one broken line costs one
 * message. After DIAGS_MAX errors reading ends.
 *
 * Rejected: keywords in the lexer (every new word breaks scripts), lexer states per construct
 * (duplicate the grammar), GLR parsing (ambiguity would pass silently; %expect 0 is the proof that
 * there is none).
 *
 * Limits: nesting as YYMAXDEPTH in parser.y; SOURCE_MAX_BYTES; no NUL bytes.
 */
#include "grammar/parse.h"

#include <string.h>

#include "base/arena.h"
#include "base/diag.h"
#include "grammar/build.h"
#include "grammar/parse_impl.h"
#include "grammar/parser.tab.h"

static bool is_text(struct parse *p)
{
	const char *nul = memchr(p->src->text, '\0', p->src->len);

	if (!nul)
		return true;
	diag_error(p->diags, (struct span){ (uint32_t)(nul - p->src->text), 1 },
		   "a NUL byte: this is not a text file");
	diag_hint(p->diags, "scripts are ASCII or UTF-8");
	return false;
}

struct ast_script *grammar_parse(struct arena *a, const struct source *src,
				 const struct definition *defs, struct diags *d)
{
	struct parse p = { .arena = a, .src = src, .diags = d, .outer_defs = defs };
	size_t errors_before = d->n_errors;

	p.script = ARENA_NEW(a, struct ast_script);
	p.script->src = src;
	if (!is_text(&p))
		return NULL;
	scan_open(&p);
	grammar_yyparse(&p);
	scan_close(&p);
	if (d->n_errors == errors_before)
		build_end(&p);
	return d->n_errors == errors_before ? p.script : NULL;
}
