/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Calls and expressions as canonical text: on one line when they fit, else arguments fill the
 * lines and the members of a structure that does not fit stand one below the other.
 */
#include "base/buf.h"
#include "grammar/ast.h"
#include "grammar/print_impl.h"

/* How a kind is bracketed; separators for kinds that are not lists of kids. */
static const struct {
	const char *open, *close;
	const char *sep;
} shape[] = {
	[EXPR_TOKEN] = { "", "", "" },	    [EXPR_STRINGS] = { "", "", " " },
	[EXPR_OR] = { "", "", "|" },	    [EXPR_LIST] = { "[", "]", ", " },
	[EXPR_STRUCT] = { "{", "}", ", " }, [EXPR_GROUP] = { "(", ")", ", " },
	[EXPR_FIELD] = { "", "", "" },	    [EXPR_CALL] = { "(", ")", ", " },
	[EXPR_RANGE] = { "", "", "~" },
};

static void put_expr(const struct ast_expr *e, struct buf *out);

static bool is_number(const struct ast_expr *e)
{
	return e->kind == EXPR_TOKEN && (e->tok.kind == TOK_INT || e->tok.kind == TOK_HEX);
}

/*
 * GRE parameters stand side by side: {flags 0x0 sum 0 off 0 key=0 seq 0}. Whether @a and its next
 * do; *in_run tells whether @a follows a parameter without "=" in this way, and is kept up to date.
 */
static bool is_juxtaposed(const struct ast_expr *in, const struct ast_expr *a, bool *in_run)
{
	const struct ast_expr *b = a->next;

	if (in->kind != EXPR_STRUCT || a->kind != EXPR_FIELD || b->kind != EXPR_FIELD ||
	    (a->has_equals && (!*in_run || b->has_equals)) || b->count || !is_number(b->kids)) {
		*in_run = false;
		return false;
	}
	*in_run = true;
	return true;
}

static void put_kids(const struct ast_expr *e, struct buf *out)
{
	bool in_run = false;

	for (const struct ast_expr *k = e->kids; k; k = k->next) {
		put_expr(k, out);
		if (k->next)
			buf_puts(out, is_juxtaposed(e, k, &in_run) ? " " : shape[e->kind].sep);
	}
}

/* What stands before the value of a field. */
static void put_field_name(const struct ast_expr *e, const char *equals, struct buf *out)
{
	buf_puts(out, e->tok.raw);
	if (e->count) {
		buf_putc(out, '(');
		put_expr(e->count, out);
		buf_putc(out, ')');
	}
	buf_puts(out, e->has_equals ? equals : " ");
}

static void put_expr(const struct ast_expr *e, struct buf *out)
{
	if (e->kind == EXPR_TOKEN || e->kind == EXPR_CALL)
		buf_puts(out, e->tok.raw);
	if (e->kind == EXPR_FIELD)
		put_field_name(e, "=", out);
	buf_puts(out, shape[e->kind].open);
	put_kids(e, out);
	buf_puts(out, shape[e->kind].close);
}

static size_t flat_columns(const struct ast_expr *e)
{
	struct buf text = { 0 };
	size_t n;

	put_expr(e, &text);
	n = text.len;
	buf_fini(&text);
	return n;
}

/* Columns since the last newline that was put at or behind @from, where the column was @column. */
static size_t column_now(const struct buf *out, size_t from, size_t column)
{
	size_t n = 0;

	for (size_t i = out->len; i > from; i--, n++) {
		if (out->data[i - 1] == '\n')
			return n;
	}
	return n + column;
}

static bool is_container(const struct ast_expr *e)
{
	if (e->kind == EXPR_FIELD)
		return is_container(e->kids);
	return e->kids && (e->kind == EXPR_LIST || e->kind == EXPR_STRUCT || e->kind == EXPR_GROUP);
}

static void break_line(size_t column, struct buf *out)
{
	buf_putc(out, '\n');
	buf_pad(out, ' ', column);
}

/* A structure that begins in @column, one member a line where the whole does not fit. */
static void put_broken(const struct ast_expr *e, size_t column, struct buf *out)
{
	bool in_run = false;

	if (!is_container(e) || column + flat_columns(e) < PRINT_MAX_COLUMNS) {
		put_expr(e, out);
		return;
	}
	if (e->kind == EXPR_FIELD) {
		size_t from = out->len;

		put_field_name(e, "=", out);
		put_broken(e->kids, column_now(out, from, column), out);
		return;
	}
	buf_puts(out, shape[e->kind].open);
	for (const struct ast_expr *k = e->kids; k; k = k->next) {
		put_broken(k, column + 1, out);
		if (k->next) {
			buf_puts(out, is_juxtaposed(e, k, &in_run) ? "" : ",");
			break_line(column + 1, out);
		}
	}
	buf_puts(out, shape[e->kind].close);
}

static void put_args(const struct ast_expr *args, size_t column, struct buf *out)
{
	size_t from = out->len;

	for (const struct ast_expr *a = args; a; a = a->next) {
		size_t at = column_now(out, from, column);

		if (a != args) {
			buf_putc(out, ',');
			if (is_container(a) || at + 2 + flat_columns(a) < PRINT_MAX_COLUMNS)
				buf_putc(out, ' ');
			else
				break_line(column, out);
		}
		put_broken(a, column_now(out, from, column), out);
	}
}

void print_call(const struct ast_call *c, size_t column, struct buf *out)
{
	size_t from = out->len;

	buf_printf(out, "%s(", c->name.raw);
	put_args(c->args, column_now(out, from, column), out);
	buf_puts(out, ") = ");
	put_expr(c->result, out);
	if (c->err_name)
		buf_printf(out, " %s", c->err_name->raw);
	if (c->note)
		buf_printf(out, " %s", c->note->raw);
}

void print_overrides(const struct ast_expr *e, struct buf *out)
{
	buf_puts(out, "{ ");
	for (const struct ast_expr *k = e->kids; k; k = k->next) {
		if (k->kind == EXPR_FIELD) {
			put_field_name(k, " = ", out);
			put_expr(k->kids, out);
		} else {
			put_expr(k, out);
		}
		if (k->next)
			buf_puts(out, ", ");
	}
	buf_puts(out, e->kids ? " }" : "}");
}
