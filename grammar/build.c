/* SPDX-License-Identifier: BSD-2-Clause */
/* Script and event level: options, definitions, commands without a time, the list of events. */
#include "grammar/build.h"

#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/diag.h"
#include "grammar/parse_impl.h"

struct ast_tok *build_kept(struct parse *p, const struct ast_tok *tok)
{
	struct ast_tok *copy;

	if (!tok || tok->kind == TOK_NONE)
		return NULL;
	copy = ARENA_NEW(p->arena, struct ast_tok);
	*copy = *tok;
	return copy;
}

struct tok_list tok_list(struct parse *p, const struct tok_list *list, const struct ast_tok *tok)
{
	struct tok_list out = list ? *list : (struct tok_list){ 0 };
	struct ast_tok *copy = build_kept(p, tok);

	if (out.tail)
		out.tail->next = copy;
	else
		out.head = copy;
	out.tail = copy;
	return out;
}

struct ast_tok build_pair(struct parse *p, struct span span, const struct ast_tok *a,
			  const char *sep, const struct ast_tok *b)
{
	struct ast_tok t = { .kind = TOK_WORD, .span = span };

	t.text = arena_printf(p->arena, "%s%s%s", a->text, sep, b->text);
	t.raw = arena_printf(p->arena, "%s%s%s", a->raw, sep, b->raw);
	t.len = (uint32_t)strlen(t.text);
	return t;
}

struct ast_tok build_joined(struct parse *p, struct span span, const struct ast_tok *toks,
			    const char *sep, const char *raw_sep)
{
	struct buf text = { 0 }, raw = { 0 };
	struct ast_tok joined = *toks;

	joined.span = span;
	joined.next = NULL;
	if (!toks->next)
		return joined;
	for (const struct ast_tok *t = toks; t; t = t->next) {
		buf_printf(&text, "%s%s", t->text, t->next ? sep : "");
		buf_printf(&raw, "%s%s", t->raw, t->next ? raw_sep : "");
	}
	joined.text = arena_strdup(p->arena, buf_str(&text));
	joined.raw = arena_strdup(p->arena, buf_str(&raw));
	joined.len = (uint32_t)text.len;
	buf_fini(&text);
	buf_fini(&raw);
	return joined;
}

struct ast_tok build_bracketed(struct parse *p, struct span span, const struct ast_tok *word)
{
	struct ast_tok t = { .kind = TOK_WORD, .span = span };

	t.text = arena_printf(p->arena, "[%s]", word->text);
	t.raw = arena_printf(p->arena, "[%s]", word->raw);
	t.len = (uint32_t)strlen(t.text);
	return t;
}

/* --define=NAME=value or --define="NAME=value" */
static void set_define(struct parse *p, struct ast_option *o)
{
	const char *eq = o->value.kind == TOK_STRING ? strchr(o->value.text, '=') : NULL;

	if (!o->define.kind && (!eq || eq == o->value.text)) {
		diag_error(p->diags, o->span, "--define needs a name and a value");
		diag_hint(p->diags, "write --define=NAME=value");
		return;
	}
	if (o->define.kind) {
		define_add(p, o->define.text, o->value.raw);
		return;
	}
	/* The pair stands within one string: fmt prints it by value.raw, define.raw is empty. */
	o->define = o->value;
	o->define.kind = TOK_WORD;
	o->define.len = (uint32_t)(eq - o->value.text);
	o->define.text = arena_strndup(p->arena, o->value.text, o->define.len);
	o->define.raw = "";
	define_apply(p, eq + 1, &o->value);
	define_add(p, o->define.text, eq + 1);
}

void build_option(struct parse *p, struct span span, const struct ast_tok *name,
		  const struct ast_tok *define, const struct ast_tok *value)
{
	struct ast_option *o = ARENA_NEW(p->arena, struct ast_option);
	bool is_define = strcmp(name->text, "define") == 0;

	o->span = span;
	o->name = *name;
	if (value && define && !is_define)
		o->value = build_pair(p, span_join(define->span, value->span), define, "=", value);
	else if (value)
		o->value = *value;
	if (define && is_define)
		o->define = *define;
	if (is_define)
		set_define(p, o);
	if (p->has_statement) {
		diag_error(p->diags, span, "option behind the first event or command");
		diag_hint(p->diags, "options stand at the top of the script");
		return;
	}
	if (p->last_option)
		p->last_option->next = o;
	else
		p->script->options = o;
	p->last_option = o;
}

void build_untimed(struct parse *p, const struct ast_tok *command)
{
	if (!p->has_statement) {
		p->script->init = *command;
		p->has_statement = true;
		return;
	}
	if (p->untimed.kind)
		diag_error(p->diags, p->untimed.span, "a second command without a time");
	p->untimed = *command;
}

void build_event(struct parse *p, struct ast_event *e)
{
	scan_end_event(p);
	p->has_statement = true;
	if (p->untimed.kind) {
		diag_error(p->diags, p->untimed.span, "a command without a time among the events");
		if (!p->last_event)
			diag_hint(p->diags, "join the commands at the top in one pair of ` `");
		else
			diag_hint(p->diags,
				  "give it a time, for instance +0; only the first and the "
				  "last command go without");
		p->untimed = (struct ast_tok){ 0 };
	}
	if (p->last_event)
		p->last_event->next = e;
	else
		p->script->events = e;
	p->last_event = e;
	p->script->n_events++;
}

void build_end(struct parse *p)
{
	p->script->cleanup = p->untimed;
	if (p->script->n_events == 0 && p->diags->n_errors == 0) {
		diag_error(p->diags, (struct span){ 0, 0 }, "the script has no events");
		diag_hint(p->diags, "an event is a time and what happens then, for instance: "
				    "0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3");
	}
}

void build_time(struct parse *p, enum ast_time_kind kind, struct span span,
		const struct ast_tok *start, const struct ast_tok *end)
{
	p->time = (struct ast_time){ .kind = kind, .span = span };
	if (start)
		p->time.start = *start;
	p->time.end = build_kept(p, end);
}

struct ast_event *build_timed(struct parse *p, struct span span, struct ast_event *e)
{
	e->time = p->time;
	e->span = span;
	return e;
}

static struct ast_event *event_new(struct parse *p, enum ast_event_kind kind)
{
	struct ast_event *e = ARENA_NEW(p->arena, struct ast_event);

	e->kind = kind;
	return e;
}

struct ast_event *build_packet_event(struct parse *p)
{
	struct ast_event *e = event_new(p, AST_EVENT_PACKET);

	e->packet = p->packet;
	return e;
}

struct ast_event *build_call_event(struct parse *p, struct ast_call *call)
{
	struct ast_event *e = event_new(p, AST_EVENT_CALL);

	e->call = call;
	return e;
}

struct ast_event *build_text_event(struct parse *p, enum ast_event_kind kind,
				   const struct ast_tok *word, const struct ast_tok *text)
{
	struct ast_event *e = event_new(p, kind);

	e->text = build_kept(p, text);
	e->word = build_kept(p, word);
	if (kind == AST_EVENT_ASSERT && text->len == 0) {
		diag_error(p->diags, word->span, "'assert' without an expression");
		diag_hint(p->diags, "for instance: assert state() == ESTABLISHED");
	}
	return e;
}

struct ast_call *build_call(struct parse *p, const struct ast_tok *name, struct ast_expr *args,
			    struct ast_expr *result, const struct ast_tok *err,
			    const struct ast_tok *note)
{
	struct ast_call *c = ARENA_NEW(p->arena, struct ast_call);

	c->name = *name;
	c->args = args;
	c->result = result;
	c->err_name = build_kept(p, err);
	c->note = build_kept(p, note);
	return c;
}
