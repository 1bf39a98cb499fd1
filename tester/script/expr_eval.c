/* SPDX-License-Identifier: BSD-2-Clause */
/* Walking a tree. The value of every node is kept: to explain a failure, to ask nothing twice. */
#include <string.h>

#include "base/suggest.h"
#include "script/code_names.h"
#include "script/expr_impl.h"

void eval_init(struct eval *ev, const struct expr_env *env, const char *text, uint32_t n_nodes,
	       struct code_vars *vars)
{
	*ev = (struct eval){ .env = env, .text = text, .vars = vars };
	ev->seen = ARENA_ARRAY(env->arena, struct value, n_nodes);
	ev->has_seen = ARENA_ARRAY(env->arena, bool, n_nodes);
}

int eval_fail(struct eval *ev, const struct node *n, int err, const char *why)
{
	if (!ev->why) {
		ev->bad = n->span;
		ev->why = why ? why : "it has no value";
	}
	return err;
}

/* Numbers from outside carry no constant's name. */
static void strip_note(struct value *v)
{
	if (v->kind != VALUE_STR)
		v->s = NULL;
	else if (!v->s)
		v->s = "";
}

/* @why: what the environment says, or NULL; it cannot know the variables of the script. */
static const char *unknown_name(struct eval *ev, const char *name, const char *why)
{
	struct suggest s;

	if (!why)
		why = arena_printf(ev->env->arena, "nothing is called '%s'", name);
	suggest_init(&s, name);
	for (const struct code_var *v = ev->vars ? ev->vars->first : NULL; v; v = v->next)
		suggest_offer(&s, v->name);
	for (size_t i = 0; i < code_names_len; i++)
		suggest_offer(&s, code_names[i].name);
	if (!suggest_best(&s) || strstr(why, "did you mean"))
		return why;
	return arena_printf(ev->env->arena, "%s; did you mean '%s'?", why, suggest_best(&s));
}

/* User variables, then what the evaluator knows, then the environment. */
static int eval_name(struct eval *ev, const struct node *n, struct value *out)
{
	const struct code_name *row = code_constant_find(n->name);
	enum tcp_state state;
	const char *why = NULL;
	int rc;

	for (const struct code_var *v = ev->vars ? ev->vars->first : NULL; v; v = v->next) {
		if (strcmp(v->name, n->name) == 0) {
			*out = v->value;
			return 0;
		}
	}
	if (row) {
		*out = (struct value){ .kind = VALUE_INT, .i = row->value, .s = row->name };
		return 0;
	}
	if (!ev->vars && code_state(n->name, &state)) {
		*out = (struct value){ .kind = VALUE_STATE, .i = state };
		return 0;
	}
	rc = ev->env->name ? ev->env->name(ev->env->ctx, n->name, out, &why) : -ERR_UNKNOWN;
	strip_note(out);
	return rc < 0 ? eval_fail(ev, n, rc, unknown_name(ev, n->name, why)) : 0;
}

static int eval_member(struct eval *ev, const struct node *n, struct value *out)
{
	const char *why = NULL;
	int rc = -ERR_UNKNOWN;

	if (ev->env->member)
		rc = ev->env->member(ev->env->ctx, n->name, n->member, out, &why);
	strip_note(out);
	if (rc < 0 && !why)
		why = arena_printf(ev->env->arena, "there is no '%s.%s'", n->name, n->member);
	return rc < 0 ? eval_fail(ev, n, rc, why) : 0;
}

static int eval_call(struct eval *ev, const struct node *n, struct value *out)
{
	const struct expr_builtin *fn = expr_builtin_find(n->name);
	struct value *arg = ARENA_ARRAY(ev->env->arena, struct value, n->n_kids);
	const char *why = NULL;
	int rc = -ERR_UNKNOWN;

	for (size_t i = 0; i < n->n_kids; i++) {
		int bad = eval_node(ev, n->kid[i], &arg[i]);

		if (bad < 0)
			return bad;
	}
	if (fn)
		rc = fn->run(ev->env->arena, arg, n->n_kids, out, &why);
	else if (ev->env->call)
		rc = ev->env->call(ev->env->ctx, n->name, arg, n->n_kids, out, &why);
	if (!fn)
		strip_note(out);
	if (rc < 0 && !why)
		why = arena_printf(ev->env->arena, "there is no function '%s'", n->name);
	return rc < 0 ? eval_fail(ev, n, rc, why) : 0;
}

static int truth_of(struct eval *ev, const struct node *n)
{
	const char *why = NULL;
	struct value v;
	int rc = eval_node(ev, n, &v);

	if (rc < 0)
		return rc;
	rc = value_truth(&v, &why);
	return rc < 0 ? eval_fail(ev, n, rc, why) : rc;
}

static int eval_unary(struct eval *ev, const struct node *n, struct value *out)
{
	const char *why = NULL;
	struct value v;
	int rc;

	if (n->op == OP_NOT) {
		rc = truth_of(ev, n->kid[0]);
		*out = value_bool(rc == 0);
		return rc < 0 ? rc : 0;
	}
	rc = eval_node(ev, n->kid[0], &v);
	if (rc < 0)
		return rc;
	rc = value_unary(n->op, &v, out, &why);
	return rc < 0 ? eval_fail(ev, n, rc, why) : 0;
}

/* BINARY, COMPARE, INDEX: two operands and an operator. */
static int eval_pair(struct eval *ev, const struct node *n, struct value *out)
{
	struct arena *a = ev->env->arena;
	const char *why = NULL;
	struct value x, y;
	int rc = eval_node(ev, n->kid[0], &x);

	if (rc == 0)
		rc = eval_node(ev, n->kid[1], &y);
	if (rc < 0)
		return rc;
	if (n->kind == NODE_BINARY) {
		rc = value_binary(a, n->op, &x, &y, out, &why);
	} else if (n->kind == NODE_INDEX) {
		rc = value_index(a, &x, &y, out, &why);
	} else {
		rc = value_compare(a, n->op, &x, &y, &why);
		*out = value_bool(rc > 0);
	}
	return rc < 0 ? eval_fail(ev, n, rc, why) : 0;
}

/* Python's and / or yield the operand that decided. */
static int eval_bool(struct eval *ev, const struct node *n, struct value *out)
{
	for (size_t i = 0; i < n->n_kids; i++) {
		int rc = truth_of(ev, n->kid[i]);

		if (rc < 0)
			return rc;
		*out = ev->seen[n->kid[i]->id];
		if ((rc > 0) == (n->op == OP_OR))
			break;
	}
	return 0;
}

static int eval_tuple(struct eval *ev, const struct node *n, struct value *out)
{
	struct value *item = ARENA_ARRAY(ev->env->arena, struct value, n->n_kids);
	const char *why = NULL;

	for (size_t i = 0; i < n->n_kids; i++) {
		int rc = eval_node(ev, n->kid[i], &item[i]);

		if (rc < 0)
			return rc;
	}
	*out = (struct value){ .kind = VALUE_TUPLE, .i = n->is_list, .item = item, .n = n->n_kids };
	return value_weigh(out, &why) < 0 ? eval_fail(ev, n, -ERR_RANGE, why) : 0;
}

static int eval_fresh(struct eval *ev, const struct node *n, struct value *out)
{
	int rc;

	switch (n->kind) {
	case NODE_CONST:
		*out = n->value;
		return 0;
	case NODE_NAME:
		return eval_name(ev, n, out);
	case NODE_MEMBER:
		return eval_member(ev, n, out);
	case NODE_CALL:
		return eval_call(ev, n, out);
	case NODE_UNARY:
		return eval_unary(ev, n, out);
	case NODE_BINARY:
	case NODE_COMPARE:
	case NODE_INDEX:
		return eval_pair(ev, n, out);
	case NODE_BOOL:
		return eval_bool(ev, n, out);
	case NODE_TUPLE:
		return eval_tuple(ev, n, out);
	case NODE_COND:
		rc = truth_of(ev, n->kid[1]);
		return rc < 0 ? rc : eval_node(ev, n->kid[rc ? 0 : 2], out);
	}
	return eval_fail(ev, n, -ERR_UNKNOWN, NULL);
}

int eval_node(struct eval *ev, const struct node *n, struct value *out)
{
	int rc;

	*out = (struct value){ 0 };
	if (ev->has_seen[n->id]) {
		*out = ev->seen[n->id];
		return 0;
	}
	rc = eval_fresh(ev, n, out);
	if (rc < 0)
		return rc;
	ev->seen[n->id] = *out;
	ev->has_seen[n->id] = true;
	return 0;
}

int eval_assert(struct eval *ev, const struct node *root, const struct node *message,
		struct expr_failure *f)
{
	int rc = truth_of(ev, root);
	struct buf said = { 0 };
	struct value v;

	*f = (struct expr_failure){ 0 };
	if (rc > 0)
		return 1;
	if (rc < 0) {
		expr_error_explain(ev, root, f);
		return rc;
	}
	if (message && eval_node(ev, message, &v) == 0)
		value_text(&v, &said);
	else if (message)
		buf_printf(&said, "(its message has no value: %s)", ev->why);
	expr_false_explain(ev, root, message ? buf_str(&said) : NULL, f);
	buf_fini(&said);
	return 0;
}
