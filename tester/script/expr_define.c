/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Definitions in expressions: a word of the text is read as what it stands for. It keeps its place,
 * so that messages show the script's own words. One level only, as in the rest of a script.
 */
#include <string.h>

#include "grammar/parse.h"
#include "script/expr_impl.h"

static const char *value_of(const struct definition *d, const char *name)
{
	while (d && strcmp(d->name, name) != 0)
		d = d->next;
	return d ? d->value : NULL;
}

void expr_define_apply(const struct expr_parser *outer, struct lexeme *tok)
{
	const char *text = value_of(outer->defs, tok->name);
	struct expr_parser p = { .arena = outer->arena, .text = text };
	bool is_negative;

	if (!text)
		return;
	p.len = (uint32_t)strlen(text);
	expr_lex_start(&p);
	is_negative = p.tok.kind == LEX_OP && p.tok.op == OP_SUB;
	if (is_negative)
		expr_lex_next(&p);
	if (p.pos < p.len || (p.tok.kind != LEX_VALUE && p.tok.kind != LEX_NAME))
		return;
	if (p.tok.kind == LEX_NAME && is_negative)
		return;
	tok->kind = p.tok.kind;
	tok->name = p.tok.name;
	tok->value = p.tok.value;
	if (is_negative) {
		tok->value.i = -tok->value.i;
		tok->value.f = -tok->value.f;
	}
}
