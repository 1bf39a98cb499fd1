/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Theory of operation: bind turns the tree into the plan. Everything a name can mean is looked up
 * here, in the tables of wire/, call/ and this folder, so that a slip of the pen is an error of
 * "tcpdrill check" with a place, before anything runs. Errors are collected, not thrown: binding
 * goes on with the next event, and the plan is given out only when there was none.
 *
 *	bind.c         options, events, commands, code     bind_time.c    times and numbers
 *	bind_packet.c  IP part, UDP, raw, overrides        bind_tcp.c     flags, numbers, options
 *	bind_icmp.c    ICMP                                bind_outer.c   encapsulation
 *	bind_call.c    system calls                        bind_names.c   names in assertions
 */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "base/arena.h"
#include "base/diag.h"
#include "base/err.h"
#include "script/bind_call.h"
#include "script/bind_impl.h"
#include "script/opening.h"

static void bind_text(const struct ast_event *e, struct plan_step *out)
{
	out->u.text.text = e->text->text;
	out->u.text.len = e->text->len;
	out->u.text.span = e->text->span;
}

/* Where the text of a token begins in the source: behind its delimiter. */
static uint32_t text_base(const struct bind *b, const struct ast_tok *t)
{
	const char *at = b->plan->src->text + t->span.off;
	const char *found = t->len ? strstr(at, t->text) : NULL;

	return found ? (uint32_t)(found - b->plan->src->text) : t->span.off;
}

static void bind_code(struct bind *b, const struct ast_event *e, struct plan_step *out)
{
	struct plan *p = b->plan;

	out->kind = PLAN_CODE;
	bind_text(e, out);
	if (!p->has_code)
		p->code_is_builtin = !p->config.code_command_set;
	p->has_code = true;
	out->u.text.code = code_parse(b->a, e->text->text, e->text->len, text_base(b, e->text));
	if (!out->u.text.code)
		p->code_is_builtin = false;
}

static void bind_call_event(struct bind *b, const struct ast_event *e, struct plan_step *out)
{
	const struct bind_call_env env = {
		.socket_domain =
			b->plan->config.ip_mode == IP_MODE_IPV4 ? AF_INET : AF_INET6,
	};

	out->kind = PLAN_CALL;
	out->u.call = ARENA_NEW(b->a, struct call_spec);
	bind_call(b->a, e->call, &env, b->d, out->u.call);
	out->u.call->may_block = e->time.until != NULL;
}

static void bind_event(struct bind *b, const struct ast_event *e, bool is_first,
		       struct plan_step *out)
{
	out->span = e->span;
	out->line = source_place(b->plan->src, e->span.off).line;
	bind_time(b, e, is_first, &out->time);
	switch (e->kind) {
	case AST_EVENT_PACKET:
		out->kind = e->packet->is_inbound ? PLAN_PACKET_IN : PLAN_PACKET_OUT;
		out->u.packet = bind_packet(b, e->packet, e->span);
		break;
	case AST_EVENT_CALL:
		bind_call_event(b, e, out);
		break;
	case AST_EVENT_COMMAND:
		out->kind = PLAN_COMMAND;
		bind_text(e, out);
		b->plan->runs_commands = true;
		break;
	case AST_EVENT_CODE:
		bind_code(b, e, out);
		break;
	case AST_EVENT_ASSERT:
		bind_assert(b, e, out);
		break;
	case AST_EVENT_QUIET:
		out->kind = PLAN_QUIET;
		bind_seconds(b, e->text, &out->u.quiet_us);
		break;
	}
}

static void bind_commands(struct plan *p, const struct ast_script *s)
{
	if (s->init.kind != TOK_NONE) {
		p->init = s->init.text;
		p->init_span = s->init.span;
		p->runs_commands = true;
	}
	if (s->cleanup.kind != TOK_NONE) {
		p->cleanup = s->cleanup.text;
		p->cleanup_span = s->cleanup.span;
		p->runs_commands = true;
	}
	if (p->config.init_scripts)
		p->runs_commands = true;
}

static bool bind_config(struct bind *b, const struct ast_script *s,
			const struct run_config *config, uint64_t seed)
{
	struct plan *p = b->plan;
	const char *why;

	p->config = *config;
	if (run_config_apply_script(&p->config, b->a, s, b->d) < 0)
		return false;
	if (run_config_resolve(&p->config, b->a, seed, &why) < 0) {
		diag_error(b->d, (struct span){ 0, 0 }, "%s", why);
		return false;
	}
	b->ip_version = p->config.ip_mode == IP_MODE_IPV6 ? 6 : 4;
	return true;
}

static bool is_defined(const struct definition *d, const char *name)
{
	while (d && strcmp(d->name, name) != 0)
		d = d->next;
	return d != NULL;
}

/* Those of the script stand in front of those from outside, but do not replace any of them. */
static const struct definition *all_definitions(struct arena *a, const struct ast_script *s,
						const struct definition *outer)
{
	const struct definition *all = outer;

	for (const struct ast_option *o = s->options; o; o = o->next) {
		struct definition *n;

		if (o->define.kind == TOK_NONE || is_defined(outer, o->define.text))
			continue;
		n = ARENA_NEW(a, struct definition);
		*n = (struct definition){ o->define.text, o->value.raw, all };
		if (!*o->define.raw)           /* both stand within one string */
			n->value = o->value.text;
		all = n;
	}
	return all;
}

struct plan *plan_bind(struct arena *a, const struct ast_script *s, const struct run_config *config,
		       uint64_t seed, struct diags *d)
{
	struct bind b = { .a = a, .d = d };
	size_t before = d->n_errors, i = 0;
	struct plan *p = ARENA_NEW(a, struct plan);

	b.plan = p;
	b.defs = all_definitions(a, s, config->defs);
	p->src = s->src;
	metadata_read(a, s->src, &p->meta, d);
	if (!bind_config(&b, s, config, seed))
		return NULL;
	bind_commands(p, s);
	p->n_steps = s->n_events;
	p->steps = ARENA_ARRAY(a, struct plan_step, p->n_steps);
	for (const struct ast_event *e = s->events; e && i < p->n_steps; e = e->next, i++)
		bind_event(&b, e, i == 0, &p->steps[i]);
	if (p->has_code && !p->code_is_builtin)
		p->runs_commands = true;       /* an interpreter can do what a shell can */
	return d->n_errors > before ? NULL : p;
}

const struct definition *plan_definitions(struct arena *a, const struct meta_case *c,
					   const struct definition *defs)
{
	if (!c)
		return defs;
	for (const struct meta_define *m = c->defines; m; m = m->next) {
		struct definition *n = ARENA_NEW(a, struct definition);

		*n = (struct definition){ m->name, m->value, defs };
		defs = n;
	}
	return defs;
}

/* The script as it is parsed: with the events of its opening, if it asks for one. */
static const struct source *joined(struct arena *a, const struct source *src,
				   struct run_config *config, struct opening *o, struct diags *d)
{
	const struct meta_opening *asked = metadata_opening(a, src);
	struct source *both;

	if (!asked)
		return src;
	if (opening_find(a, src, asked, o, d) < 0)
		return NULL;
	both = ARENA_NEW(a, struct source);
	opening_join(a, src, o, both);
	config->defs = opening_definitions(a, o, config->defs);
	d->src = both;
	return both;
}

static struct plan *parse_and_bind(struct arena *a, const struct source *src,
				   struct run_config *config, uint64_t seed, struct diags *d)
{
	struct opening *o = ARENA_NEW(a, struct opening);
	const struct source *text = joined(a, src, config, o, d);
	struct ast_script *s = text ? grammar_parse(a, text, config->defs, d) : NULL;
	struct metadata header;

	if (!s) {
		metadata_read(a, text ? text : src, &header, d);  /* what is wrong there, too */
		return NULL;
	}
	if (o->asked)
		opening_check(o, s, d);
	return plan_bind(a, s, config, seed, d);
}

struct plan *plan_load(struct arena *a, const char *path, const struct run_config *config,
		       const struct meta_case *meta_case, uint64_t seed, struct diags *d)
{
	struct source *src = ARENA_NEW(a, struct source);
	struct run_config with_case = *config;
	struct plan *plan;
	int rc = source_load(a, path, src);

	diags_init(d, a, NULL);
	if (rc < 0) {
		source_from_text(a, path, "", 0, src);
		d->src = src;
		diag_error(d, (struct span){ 0, 0 }, "%s",
			   rc == -ERR_IO ? strerror(errno) : "larger than 256 MiB");
		return NULL;
	}
	d->src = src;
	with_case.defs = plan_definitions(a, meta_case, config->defs);
	plan = parse_and_bind(a, src, &with_case, seed, d);
	return d->n_errors ? NULL : plan;
}
