/* SPDX-License-Identifier: BSD-2-Clause */
/* Running the statements of a %{ }% block, in place (see expr.c). */
#include <string.h>

#include "script/code_impl.h"

/* print() beyond this is dropped: a script shall not be able to fill memory. */
enum { PRINTED_MAX_BYTES = 256 * 1024 };

struct runner {
	struct eval ev;
	struct code_vars *vars;
	struct buf *printed;
	struct expr_failure *f;
};

struct code_vars *code_vars_new(struct arena *a)
{
	struct code_vars *vars = ARENA_NEW(a, struct code_vars);

	vars->arena = a;
	return vars;
}

static void set_var(struct code_vars *vars, const char *name, const struct value *v)
{
	struct code_var *var = vars->first;

	while (var && strcmp(var->name, name) != 0)
		var = var->next;
	if (!var) {
		var = ARENA_NEW(vars->arena, struct code_var);
		var->name = arena_strdup(vars->arena, name);
		var->next = vars->first;
		vars->first = var;
	}
	var->value = value_copy(vars->arena, v);
}

static int assign(struct runner *r, const struct node *target, const struct value *v)
{
	struct arena *a = r->ev.env->arena;
	bool is_str = v->kind == VALUE_STR;
	size_t n = is_str ? value_chars(v->s) : v->n;
	const char *why = NULL;

	if (target->kind == NODE_NAME) {
		set_var(r->vars, target->name, v);
		return 0;
	}
	if ((!is_str && v->kind != VALUE_TUPLE) || n != target->n_kids) {
		why = arena_printf(a, "%zu names cannot take %s%s", target->n_kids,
				   value_kind_text(v),
				   is_str || v->kind == VALUE_TUPLE
					   ? arena_printf(a, " of %zu parts", n)
					   : "");
		return eval_fail(&r->ev, target, -ERR_RANGE, why);
	}
	for (size_t i = 0; i < n; i++) {
		struct value at = { .kind = VALUE_INT, .i = (int64_t)i }, part;
		int rc = value_index(a, v, &at, &part, &why);

		if (rc == 0)
			rc = assign(r, target->kid[i], &part);
		if (rc < 0)
			return rc;
	}
	return 0;
}

static int run_assign(struct runner *r, const struct stmt *s)
{
	struct value v;
	int rc = eval_node(&r->ev, s->value, &v);

	for (size_t i = 0; rc == 0 && i < s->n_targets; i++)
		rc = assign(r, s->target[i], &v);
	return rc;
}

static int run_augment(struct runner *r, const struct stmt *s)
{
	const char *why = NULL;
	struct value x, y, result;
	int rc = eval_node(&r->ev, s->target[0], &x);

	if (rc == 0)
		rc = eval_node(&r->ev, s->value, &y);
	if (rc < 0)
		return rc;
	rc = value_binary(r->ev.env->arena, s->op, &x, &y, &result, &why);
	if (rc < 0)
		return eval_fail(&r->ev, s->value, rc, why);
	return assign(r, s->target[0], &result);
}

/* sep and end: None means the default. */
static int print_option(struct runner *r, const struct node *n, const char *normal,
			const char **out)
{
	struct value v;
	int rc;

	*out = normal;
	if (!n)
		return 0;
	rc = eval_node(&r->ev, n, &v);
	if (rc < 0 || v.kind == VALUE_NONE)
		return rc;
	if (v.kind != VALUE_STR)
		return eval_fail(&r->ev, n, -ERR_RANGE, "sep and end of print() are strings");
	*out = v.s;
	return 0;
}

static int run_print(struct runner *r, const struct stmt *s)
{
	const char *sep = NULL, *end = NULL;
	struct buf text = { 0 };
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < s->n_args; i++) {
		struct value v;

		rc = eval_node(&r->ev, s->arg[i], &v);
	}
	if (rc == 0)
		rc = print_option(r, s->sep, " ", &sep);
	if (rc == 0)
		rc = print_option(r, s->end, "\n", &end);
	for (size_t i = 0; rc == 0 && i < s->n_args; i++) {
		if (i)
			buf_puts(&text, sep);
		value_text(&r->ev.seen[s->arg[i]->id], &text);
	}
	if (rc == 0) {
		buf_puts(&text, end);
		if (r->printed->len + text.len <= PRINTED_MAX_BYTES)
			buf_add(r->printed, text.data, text.len);
	}
	buf_fini(&text);
	return rc;
}

static int run_list(struct runner *r, const struct stmt *s);

static int run_if(struct runner *r, const struct stmt *s)
{
	const char *why = NULL;
	struct value v;
	int rc = eval_node(&r->ev, s->value, &v);

	if (rc < 0)
		return rc;
	rc = value_truth(&v, &why);
	if (rc < 0)
		return eval_fail(&r->ev, s->value, rc, why);
	return run_list(r, rc ? s->body : s->other);
}

static int run_assert(struct runner *r, const struct stmt *s)
{
	int rc = eval_assert(&r->ev, s->value, s->message, r->f);

	return rc < 0 ? rc : !rc;
}

static int run_one(struct runner *r, const struct stmt *s)
{
	struct value v;

	switch (s->kind) {
	case STMT_PASS:
		return 0;
	case STMT_ASSERT:
		return run_assert(r, s);
	case STMT_EXPR:
		return eval_node(&r->ev, s->value, &v);
	case STMT_ASSIGN:
		return run_assign(r, s);
	case STMT_AUGMENT:
		return run_augment(r, s);
	case STMT_PRINT:
		return run_print(r, s);
	case STMT_IF:
		return run_if(r, s);
	}
	return -ERR_UNKNOWN;
}

static int run_list(struct runner *r, const struct stmt *s)
{
	int rc = 0;

	for (; s && rc == 0; s = s->next) {
		rc = run_one(r, s);
		if (rc < 0 && !r->f->message && s->value)
			expr_error_explain(&r->ev, s->value, r->f);
	}
	return rc;
}

int code_run(const struct code *c, struct code_vars *vars, const struct expr_env *env,
	     struct buf *printed, struct expr_failure *f)
{
	struct runner r = { .vars = vars, .printed = printed, .f = f };
	int rc;

	*f = (struct expr_failure){ 0 };
	eval_init(&r.ev, env, c->text, c->n_nodes, vars);
	rc = run_list(&r, c->body);
	if (rc < 0 && !f->message) {
		f->span = r.ev.bad;
		f->message = r.ev.why;
		f->values = "";
	}
	return rc;
}
