/* SPDX-License-Identifier: BSD-2-Clause */
#include "suite/settle.h"

#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/diag.h"
#include "base/err.h"

static int read_home(struct settler *t, const struct suite_home *home, const char **errors)
{
	struct settler_home *h = ARENA_NEW(t->arena, struct settler_home);
	const char *path = arena_printf(t->arena, "%s/expect/%s.txt", home->path, t->stack);
	struct diags d;
	int rc;

	h->home = home;
	if (source_load(t->arena, path, &h->src) < 0)
		return 0;
	diags_init(&d, t->arena, &h->src);
	rc = expect_read(t->arena, &h->src, t->stack, &h->expected, &d);
	if (rc < 0) {
		struct buf text = { 0 };

		diags_render(&d, &text);
		*errors = arena_strdup(t->arena, buf_str(&text));
		buf_fini(&text);
	}
	h->next = t->homes;
	t->homes = h;
	return rc;
}

int settler_init(struct settler *t, const char **errors)
{
	t->homes = NULL;
	if (t->ignores_expected)
		return 0;
	for (const struct suite_home *home = t->suite->homes; home; home = home->next) {
		int rc = read_home(t, home, errors);

		if (rc < 0)
			return rc;
	}
	return 0;
}

const struct finding *settle_stop(const struct metadata *meta, const struct test_record *rec)
{
	const struct finding *f = rec->findings;

	while (f && (f->is_warning ||
		     (f->kind == FINDING_ASSERT && metadata_marked(meta, f->line))))
		f = f->next;
	return f;
}

/* The requirement that binds most; NULL when there is none, or one that no table knows. */
static const struct requirement *strongest(const struct requirements *reqs,
					   const struct meta_word *w)
{
	const struct requirement *best = NULL;

	for (; w; w = w->next) {
		const struct requirement *r = requirements_find(reqs, w->text);

		if (!r)
			return NULL;
		if (!best || req_level_force(r->level) > req_level_force(best->level))
			best = r;
	}
	return best;
}

/* Whether a violation of @r fails a test. NULL: nobody knows that it does not. */
static bool is_binding(bool is_strict, const struct requirement *r)
{
	if (!r)
		return true;
	switch (req_level_force(r->level)) {
	case REQ_BINDING:
		return true;
	case REQ_ADVISED:
		return is_strict;
	case REQ_OPTIONAL:
		break;
	}
	return false;
}

static const struct requirement *violated(const struct suite_script *script,
					  const struct test_record *rec,
					  const struct finding *f)
{
	const struct meta_word *w = f ? metadata_marked(&script->meta, f->line) : NULL;

	if (!script->home || !script->home->reqs)
		return NULL;
	return strongest(script->home->reqs,
			 w ? w : metadata_req(&script->meta, rec->case_name));
}

/* The first violation of what binds, up to the end of the test; else the first finding at all. What
 * was found behind the end, as by a cleanup, may be its consequence. */
static const struct finding *decisive(const struct suite_script *script,
				      const struct test_record *rec, bool is_strict)
{
	const struct finding *stop = settle_stop(&script->meta, rec), *first = NULL;

	for (const struct finding *f = rec->findings; f; f = f->next) {
		if (f->is_warning)
			continue;
		first = first ? first : f;
		if (is_binding(is_strict, violated(script, rec, f)))
			return f;
		if (f == stop)
			break;
	}
	return first;
}

/* A failure of what does not bind. */
static void weigh(const struct settler *t, const struct suite_script *script,
		  struct test_record *rec, bool is_strict)
{
	const struct finding *f = decisive(script, rec, is_strict);
	const struct requirement *r = violated(script, rec, f);

	if (rec->verdict != VERDICT_FAIL)
		return;
	if (!is_binding(is_strict, r)) {
		rec->verdict = VERDICT_DEVIATES;
		rec->reason = arena_printf(t->arena, "%s (%s): %s", r->id, req_level_name[r->level],
					   rec->reason);
	} else if (f && f->line && f->message) {
		rec->reason = arena_printf(t->arena, "line %u: %s", f->line, f->message);
	}
}

static void compare_with_expected(const struct settler *t, const struct suite_script *script,
				  struct test_record *rec)
{
	const struct settler_home *h = t->homes;
	const struct expectation *e;

	while (h && h->home != script->home)
		h = h->next;
	e = h ? expect_find(&h->expected, rec->id, t->version) : NULL;
	if (!e)
		return;
	if (expect_covers(e, rec->verdict)) {
		rec->verdict = VERDICT_XFAIL;
		rec->reason = arena_printf(t->arena, "%s (%s)", e->reason, e->link);
	} else if (rec->verdict == VERDICT_PASS) {
		rec->verdict = VERDICT_XPASS;
		rec->reason = arena_printf(t->arena, "passed, but line %u of expect/%s.txt says '%s': %s",
					   e->line, t->stack, verdict_name[e->outcome], e->reason);
	}
}

/* A script that names what does not exist proves nothing, whatever the stack did. */
static bool refuse(const struct settler *t, const struct suite_script *script,
		   struct test_record *rec)
{
	struct finding *f;
	struct buf text = { 0 };
	struct place at;
	struct diags d;

	diags_init(&d, t->arena, &script->src);
	suite_check(script, &d);
	if (!d.n_errors)
		return false;
	diags_render(&d, &text);
	at = source_place(&script->src, d.first->span.off);
	f = ARENA_NEW(t->arena, struct finding);
	*f = (struct finding){ .kind = FINDING_INTERNAL, .line = at.line, .col = at.col,
			       .message = d.first->message,
			       .text = arena_strdup(t->arena, buf_str(&text)) };
	buf_fini(&text);
	rec->verdict = VERDICT_ERROR;
	rec->findings = f;
	rec->reason = arena_printf(t->arena, "line %u: %s", at.line, f->message);
	return true;
}

const struct test_record *settle(const struct settler *t, const struct suite_test *test,
				 const struct test_record *rec)
{
	struct test_record settled = *rec, *out;

	if (rec->verdict == VERDICT_ERROR)
		return rec;
	if (!refuse(t, test->script, &settled)) {
		weigh(t, test->script, &settled, false);
		compare_with_expected(t, test->script, &settled);
	}
	/* What is expected speaks of verdicts as they are without --strict. */
	if (t->is_strict && settled.verdict == VERDICT_DEVIATES) {
		settled = *rec;
		weigh(t, test->script, &settled, true);
	}
	if (settled.verdict == rec->verdict && settled.reason == rec->reason)
		return rec;
	out = ARENA_NEW(t->arena, struct test_record);
	*out = settled;
	return out;
}
