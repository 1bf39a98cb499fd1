/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TCPDRILL_TESTS_CALL_HELP_H
#define TCPDRILL_TESTS_CALL_HELP_H

#include <check.h>
#include <string.h>
#include <sys/socket.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/diag.h"
#include "base/source.h"
#include "grammar/parse.h"
#include "script/bind_call.h"

/* Script text of one call, such as "close(3) = 0", to a call of the plan. */
struct call_help {
	struct arena *a;
	struct source src;
	struct diags d;
	struct call_spec spec;
	int rc;
};

static inline void call_help_init(struct call_help *h, const char *call)
{
	static const struct bind_call_env env = { .socket_domain = AF_INET };
	struct ast_script *s;
	const char *text;

	memset(h, 0, sizeof(*h));
	h->a = arena_new();
	text = arena_printf(h->a, "0 %s\n", call);
	source_from_text(h->a, "call.pkt", text, strlen(text), &h->src);
	diags_init(&h->d, h->a, &h->src);
	s = grammar_parse(h->a, &h->src, NULL, &h->d);
	ck_assert_msg(s && s->events && s->events->call, "does not parse: %s: %s", call,
		      h->d.first ? h->d.first->message : "no call");
	h->rc = bind_call(h->a, s->events->call, &env, &h->d, &h->spec);
}

static inline void call_help_fini(struct call_help *h)
{
	arena_free(h->a);
}

/* As call_help_init(), for text that must be right. */
static inline struct call_spec *call_help_good(struct call_help *h, const char *call)
{
	call_help_init(h, call);
	ck_assert_msg(h->rc == 0, "%s: %s", call, h->d.first ? h->d.first->message : "?");
	return &h->spec;
}

#endif
