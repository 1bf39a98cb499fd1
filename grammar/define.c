/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * -D NAME=value and --define=NAME=value: which words are replaced, and by what kind of token. One
 * level only: what a value says is not looked up again.
 */
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "grammar/parse_impl.h"

static const char *lookup(const struct definition *d, const char *word, size_t len)
{
	for (; d; d = d->next) {
		if (d->name[0] == word[0] && strlen(d->name) == len &&
		    memcmp(d->name, word, len) == 0)
			return d->value;
	}
	return NULL;
}

const char *define_lookup(const struct parse *p, const char *word, size_t len)
{
	const char *value = lookup(p->outer_defs, word, len);

	return value ? value : lookup(p->script_defs, word, len);
}

void define_add(struct parse *p, const char *name, const char *value)
{
	struct definition *d = ARENA_NEW(p->arena, struct definition);

	d->name = name;
	d->value = value;
	d->next = p->script_defs;
	p->script_defs = d;
}

/* The end of the digits that @set holds, from @s on. */
static const char *past(const char *s, const char *set)
{
	return s + strspn(s, set);
}

/* Decimal, 0x and floating as in a script. */
static enum tok_kind number_kind(const char *v)
{
	const char *digits = v + (*v == '-');
	const char *end = past(digits, "0123456789");

	if (v[0] == '0' && (v[1] == 'x' || v[1] == 'X') && v[2] &&
	    !*past(v + 2, "0123456789abcdefABCDEF"))
		return TOK_HEX;
	if (end > digits && !*end)
		return TOK_INT;
	if (*end == '.' && isdigit((unsigned char)end[1]) && !*past(end + 1, "0123456789"))
		return TOK_FLOAT;
	return TOK_WORD;
}

/* A leading zero means octal here, as in C (and only here, not in the script's own numbers). */
static const char *from_octal(struct parse *p, const char *v)
{
	long long n;
	char *end;

	if (v[v[0] == '-'] != '0')
		return v;
	errno = 0;
	n = strtoll(v, &end, 8);
	return *end || errno ? v : arena_printf(p->arena, "%lld", n);
}

void define_apply(struct parse *p, const char *value, struct ast_tok *t)
{
	size_t len = strlen(value);

	if (value[0] == '"' || value[0] == '`') {
		t->kind = value[0] == '"' ? TOK_STRING : TOK_BACKTICK;
		len = len > 1 ? len - 2 : 0;
		t->text = arena_strndup(p->arena, value + 1, len);
	} else {
		t->kind = number_kind(value);
		/* A cookie of digits is text: its zeros count. */
		t->text = t->kind == TOK_INT && p->mode != SCAN_OPTIONS
				  ? from_octal(p, value)
				  : arena_strdup(p->arena, value);
	}
	t->len = (uint32_t)strlen(t->text);
}
