/* SPDX-License-Identifier: BSD-2-Clause */
/* Why an assertion does not hold: the part to blame, and what its parts were. */
#include <math.h>
#include <string.h>

#include "script/code_names.h"
#include "script/expr_impl.h"

enum { TEXT_MAX_CHARS = 200, VALUE_MAX_CHARS = 300, LINES_MAX = 40 };

/* Runs of blanks, line ends and joined lines become one blank. */
void expr_node_text(const char *text, const struct node *n, struct buf *out)
{
	size_t start = out->len;

	for (uint32_t i = n->off; i < n->end; i++) {
		char c = text[i];

		if (c == '\\' && (text[i + 1] == '\n' || text[i + 1] == '\r'))
			c = ' ';
		if (c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f') {
			if (out->len > start && out->data[out->len - 1] != ' ')
				buf_putc(out, ' ');
		} else {
			buf_putc(out, c);
		}
		if (out->len - start > TEXT_MAX_CHARS) {
			buf_puts(out, "...");
			return;
		}
	}
}

/* Lines are collected without doubles: a name that is used twice is told once. */
struct lines {
	struct eval *ev;
	struct buf *out;
	size_t n;
};

static bool has_line(const struct buf *out, const char *line, size_t len)
{
	const char *at = out->data, *end = out->len ? out->data + out->len : at;

	while (at < end) {
		const char *eol = memchr(at, '\n', (size_t)(end - at));
		size_t n = eol ? (size_t)(eol - at) : (size_t)(end - at);

		if (n == len && memcmp(at, line, len) == 0)
			return true;
		at += n + 1;
	}
	return false;
}

static void add_line(struct lines *l, struct buf *line)
{
	if (l->n < LINES_MAX && !has_line(l->out, buf_str(line), line->len)) {
		if (l->n++)
			buf_putc(l->out, '\n');
		buf_add(l->out, line->data, line->len);
	}
	buf_fini(line);
}

static void put_value(const struct value *v, struct buf *out)
{
	struct buf text = { 0 };

	if (v->kind == VALUE_BOOL)
		buf_puts(&text, v->i ? "true" : "false");
	else
		value_repr(v, &text);
	if (text.len > VALUE_MAX_CHARS) {
		text.len = VALUE_MAX_CHARS;
		buf_puts(&text, "...");
	}
	buf_puts(out, buf_str(&text));
	buf_fini(&text);
}

/* "tcpi_state is 8 (TCP_CLOSE_WAIT)" */
static void tell(struct lines *l, const struct node *n)
{
	const struct value *v = &l->ev->seen[n->id];
	struct buf line = { 0 }, names = { 0 };

	if (!l->ev->has_seen[n->id])
		return;
	expr_node_text(l->ev->text, n, &line);
	buf_puts(&line, " is ");
	put_value(v, &line);
	if (n->kind == NODE_NAME && v->kind == VALUE_INT &&
	    code_value_names(n->name, v->i, &names))
		buf_printf(&line, " (%s)", buf_str(&names));
	buf_fini(&names);
	add_line(l, &line);
}

/* Names that are the same in every run say nothing: ESTABLISHED. Numbers of constants do. */
static bool is_leaf(const struct node *n)
{
	enum tcp_state state;

	return (n->kind == NODE_NAME && !code_state(n->name, &state)) || n->kind == NODE_MEMBER ||
	       (n->kind == NODE_CALL && !expr_has_builtin(n->name));
}

static bool is_plain(const struct node *n)
{
	if (n->kind == NODE_CONST || n->kind == NODE_NAME)
		return true;
	if (n->kind == NODE_TUPLE || (n->kind == NODE_UNARY && n->op != OP_NOT)) {
		for (size_t i = 0; i < n->n_kids; i++) {
			if (!is_plain(n->kid[i]))
				return false;
		}
		return true;
	}
	return false;
}

static void tell_leaves(struct lines *l, const struct node *n)
{
	if (is_leaf(n))
		tell(l, n);
	for (size_t i = 0; i < n->n_kids; i++)
		tell_leaves(l, expr_node_part(n, i));
}

/* The parts that were worked out: what one would compute by hand to follow the failure. */
static void tell_operands(struct lines *l, const struct node *n)
{
	for (size_t i = 0; i < n->n_kids; i++) {
		if (!is_leaf(n->kid[i]) && !is_plain(n->kid[i]))
			tell(l, n->kid[i]);
	}
}

static void tell_within(struct lines *l, const struct node *n)
{
	const struct value *x = &l->ev->seen[n->kid[0]->id], *y = &l->ev->seen[n->kid[1]->id];
	const struct value *tol = &l->ev->seen[n->kid[2]->id];
	struct value distance, allowed;
	struct buf line = { 0 };
	const char *why;

	if (!l->ev->has_seen[n->id] ||
	    value_binary(l->ev->env->arena, OP_SUB, x, y, &distance, &why) < 0 ||
	    value_unary(value_float(&distance) < 0 ? OP_SUB : OP_ADD, &distance, &distance,
			&why) < 0)
		return;
	buf_puts(&line, "they differ by ");
	put_value(&distance, &line);
	buf_puts(&line, "; allowed is ");
	if (value_is_percent(tol)) {
		allowed = (struct value){ .kind = VALUE_FLOAT, .f = expr_within_allows(y, tol) };
		if (y->kind == VALUE_TIME)
			allowed.kind = VALUE_TIME;
		put_value(&allowed, &line);
		buf_puts(&line, ", ");
		put_value(tol, &line);
		buf_puts(&line, " of ");
		put_value(y, &line);
	} else {
		put_value(tol, &line);
	}
	add_line(l, &line);
}

/* within() deep in the part to blame is worth its line too. */
static void tell_all_within(struct lines *l, const struct node *n)
{
	if (n->kind == NODE_CALL && strcmp(n->name, "within") == 0 && n->n_kids == 3) {
		tell_operands(l, n);
		tell_within(l, n);
	}
	for (size_t i = 0; i < n->n_kids; i++)
		tell_all_within(l, expr_node_part(n, i));
}

static bool is_false(const struct eval *ev, const struct node *n)
{
	const char *why;

	return ev->has_seen[n->id] && value_truth(&ev->seen[n->id], &why) == 0;
}

/* Of "a and b" the first that is false; the branch that was taken of a conditional. */
static const struct node *part_to_blame(const struct eval *ev, const struct node *n)
{
	const struct node *part = NULL;

	for (size_t i = 0; i < n->n_kids && !part; i++) {
		if (n->kind == NODE_BOOL && n->op == OP_AND && is_false(ev, n->kid[i]))
			part = n->kid[i];
		if (n->kind == NODE_COND && i != 1 && is_false(ev, n->kid[i]))
			part = n->kid[i];
	}
	return part ? part_to_blame(ev, part) : n;
}

static void put_is_false(const struct eval *ev, const struct node *n, struct buf *out)
{
	const struct value *v = &ev->seen[n->id];

	expr_node_text(ev->text, n, out);
	buf_puts(out, " is ");
	if (v->kind == VALUE_BOOL) {
		buf_puts(out, "false");
		return;
	}
	put_value(v, out);
	buf_puts(out, ", which counts as false");
}

void expr_false_explain(struct eval *ev, const struct node *root, const char *said,
			struct expr_failure *f)
{
	const struct node *blame = part_to_blame(ev, root);
	struct buf message = { 0 }, values = { 0 }, line = { 0 };
	struct lines l = { .ev = ev, .out = &values };

	put_is_false(ev, root, &message);
	if (said)
		buf_printf(&message, ": %s", said);
	if (blame != root) {
		put_is_false(ev, blame, &line);
		add_line(&l, &line);
	}
	tell_operands(&l, blame);
	tell_all_within(&l, blame);
	tell_leaves(&l, blame);
	f->span = blame->span;
	f->message = arena_strdup(ev->env->arena, buf_str(&message));
	f->values = arena_strdup(ev->env->arena, buf_str(&values));
	buf_fini(&message);
	buf_fini(&values);
}

void expr_error_explain(struct eval *ev, const struct node *root, struct expr_failure *f)
{
	struct buf values = { 0 };
	struct lines l = { .ev = ev, .out = &values };

	tell_leaves(&l, root);
	f->span = ev->bad;
	f->message = ev->why;
	f->values = arena_strdup(ev->env->arena, buf_str(&values));
	buf_fini(&values);
}
