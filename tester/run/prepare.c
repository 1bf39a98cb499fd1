/* SPDX-License-Identifier: BSD-2-Clause */
#include "run/prepare.h"

#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/diag.h"
#include "run/needs.h"
#include "run/pool.h"
#include "script/plan.h"
#include "target/target.h"

uint64_t prepare_seed(const struct pool_test *t, const struct pool_options *opt)
{
	return (opt->seed + t->time) & INT64_MAX;
}

struct test_record prepare_record(const struct pool_test *t, const struct pool_options *opt)
{
	const char *profile = target_profile_of(opt->stack, t->profile);

	return (struct test_record){
		.id = t->id,
		.script = t->path,
		.case_name = t->meta_case ? t->meta_case->name : "",
		.variant = ip_mode_name[t->config.ip_mode],
		.stack = opt->stack->name,
		.profile = profile ? profile : "",
		.title = t->title ? t->title : "",
		.reason = "",
		.output = "",
	};
}

/* The errors of a script as one finding. */
static void take_errors(struct arena *a, const struct diags *d, struct test_record *rec)
{
	struct finding *f = ARENA_NEW(a, struct finding);
	const struct diag *first = d->first;
	struct buf text = { 0 };

	while (first && first->severity != SEVERITY_ERROR)
		first = first->next;
	diags_render(d, &text);
	f->kind = FINDING_INTERNAL;
	f->text = arena_strdup(a, buf_str(&text));
	f->message = arena_strdup(a, first ? first->message : "the script has errors");
	if (first && d->src && (first->span.off || first->span.len)) {
		struct place at = source_place(d->src, first->span.off);

		f->line = at.line;
		f->col = at.col;
	}
	buf_fini(&text);
	rec->verdict = VERDICT_ERROR;
	rec->reason = d->n_errors > 1 ? arena_printf(a, "%s (and %zu more errors)", f->message,
						     d->n_errors - 1)
				      : f->message;
	rec->findings = f;
}

static const char *folder_of(struct arena *a, const char *path)
{
	const char *slash = strrchr(path, '/');

	return !slash ? NULL : slash == path ? "/" : arena_strndup(a, path, (size_t)(slash - path));
}

static void settle_options(struct arena *a, const struct pool_test *t,
			   const struct pool_options *opt, struct prepared *out)
{
	const struct plan *plan = out->plan;
	int64_t own_us = plan->meta.timeout_us;

	out->folder = opt->in_script_folder ? folder_of(a, t->path) : NULL;
	out->engine = opt->engine;
	out->engine.profile = target_profile_of(opt->stack, t->profile);
	out->engine.seed = prepare_seed(t, opt);
	out->engine.timeout_us = opt->timeout_us ? opt->timeout_us
				 : own_us	 ? own_us
						 : POOL_TIMEOUT_DEFAULT_US;
	out->engine.verbose |= plan->config.verbose;
	out->engine.trace |= plan->config.debug;
	out->engine.pcap_path = t->pcap_path;
}

struct prepared prepare_test(struct arena *a, const struct pool_test *t,
			     const struct pool_options *opt)
{
	struct prepared out = { .rec = prepare_record(t, opt) };
	struct plan *plan;
	const char *why;
	struct diags d;

	diags_init(&d, a, NULL);
	plan = plan_load(a, t->path, &t->config, t->meta_case, prepare_seed(t, opt), &d);
	if (plan) {
		needs_check(&plan->meta, &d);
		catches_check(&plan->meta, &d);
		profile_check(&plan->meta, &d);
	}
	if (!plan || d.n_errors) {
		take_errors(a, &d, &out.rec);
		return out;
	}
	why = needs_unmet(a, &plan->meta, opt->stack);
	if (why) {
		out.rec.verdict = VERDICT_SKIP;
		out.rec.reason = why;
	} else if (plan->config.dry_run) {
		out.rec.verdict = VERDICT_PASS;
	} else {
		out.rec.variant = ip_mode_name[plan->config.ip_mode];
		out.plan = plan;
		settle_options(a, t, opt, &out);
	}
	return out;
}

static bool needs_shell(const struct target_row *stack, const char *command)
{
	return command && !(stack->does && stack->does(command));
}

/* Collected Python runs here as well as anywhere: it tells nothing to the stack. */
bool prepare_needs_shell(const struct prepared *t, const struct pool_options *opt)
{
	const struct plan *p = t->plan;

	if (t->engine.no_shell)
		return false;
	if (p->config.init_scripts || needs_shell(opt->stack, p->init) ||
	    needs_shell(opt->stack, p->cleanup))
		return true;
	for (size_t i = 0; i < p->n_steps; i++) {
		if (p->steps[i].kind == PLAN_COMMAND &&
		    needs_shell(opt->stack, p->steps[i].u.text.text))
			return true;
	}
	return false;
}
