/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TCPDRILL_TESTS_SUPPORT_UNIT_PLAN_H
#define TCPDRILL_TESTS_SUPPORT_UNIT_PLAN_H

#include <check.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/diag.h"
#include "grammar/ast.h"
#include "script/plan.h"

/* The plan of the script at @text, in @a, whose errors name it @name; the test fails if it has any. */
static inline struct plan *unit_plan_named(struct arena *a, const char *name, const char *text,
					   size_t len)
{
	struct source *src = ARENA_NEW(a, struct source);
	struct run_config config;
	struct plan *p = NULL;
	struct ast_script *s;
	struct buf b = { 0 };
	struct diags d;

	source_from_text(a, name, text, len, src);
	run_config_defaults(&config);
	diags_init(&d, a, src);
	s = grammar_parse(a, src, NULL, &d);
	if (s)
		p = plan_bind(a, s, &config, 1, &d);
	diags_render(&d, &b);
	ck_assert_msg(p != NULL, "%s", buf_str(&b));
	buf_fini(&b);
	return p;
}

/* The same where nobody reads the name. */
static inline struct plan *unit_plan(struct arena *a, const char *text)
{
	return unit_plan_named(a, "test.pkt", text, strlen(text));
}

#endif
