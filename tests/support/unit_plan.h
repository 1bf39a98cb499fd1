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

/* The plan of a script that is given as text, in @a; the test fails with its errors if it has any. */
static inline struct plan *unit_plan(struct arena *a, const char *text)
{
	struct source *src = ARENA_NEW(a, struct source);
	struct run_config config;
	struct plan *p = NULL;
	struct ast_script *s;
	struct buf b = { 0 };
	struct diags d;

	source_from_text(a, "test.pkt", text, strlen(text), src);
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

#endif
