/* SPDX-License-Identifier: BSD-2-Clause */
#include "suite/proof.h"

#include <string.h>

#include "base/arena.h"
#include "suite/only.h"
#include "suite/settle.h"

bool proof_is_observable(const struct requirement *r)
{
	return r->witness != REQ_BY_NONE;
}

static struct proof_row *row_of(struct proof *p, const char *id)
{
	const struct requirement *r = requirements_find(p->home->reqs, id);

	return r ? &p->row[r - p->home->reqs->row] : NULL;
}

void proof_build(struct arena *a, const struct suite *s, const struct suite_home *home,
		 struct proof *out)
{
	*out = (struct proof){ .home = home, .n_rows = home->reqs->n };
	out->row = ARENA_ARRAY(a, struct proof_row, out->n_rows + 1);
	for (size_t i = 0; i < out->n_rows; i++)
		out->row[i].req = &home->reqs->row[i];
	for (size_t i = 0; i < s->n_scripts; i++) {
		const struct suite_script *script = s->script[i];

		if (script->home != home)
			continue;
		out->n_scripts++;
		if (!script->meta.req)
			ARENA_PUSH(a, out->without, out->n_without, out->without_cap,
				   struct proof_script)->script = script;
		for (const struct meta_word *w = script->meta.req; w; w = w->next) {
			struct proof_row *r = row_of(out, w->text);

			/* A header may name one twice. */
			if (!r || (r->n_scripts && r->script[r->n_scripts - 1] == script))
				continue;
			*ARENA_PUSH(a, r->script, r->n_scripts, r->scripts_cap,
				    const struct suite_script *) = script;
		}
	}
}

void proof_choose(struct proof *p, const struct only *only, size_t n_only, bool is_whole)
{
	for (size_t k = 0; k < n_only; k++)
		is_whole &= only[k].row->fits_row != NULL;
	for (size_t i = 0; i < p->n_rows; i++) {
		struct proof_row *r = &p->row[i];
		bool is_wanted = r->n_scripts || is_whole;

		for (size_t k = 0; is_wanted && k < n_only; k++)
			is_wanted = only_fits_row(&only[k], r->req);
		r->is_left_out = !is_wanted;
		p->n_left_out += !is_wanted;
	}
}

void proof_add_stacks(struct arena *a, struct proof *p, size_t n)
{
	struct proof_cell *cell =
		ARENA_ARRAY(a, struct proof_cell, (p->n_rows + p->n_without) * n + 1);

	p->n_stacks = n;
	for (size_t i = 0; i < p->n_rows; i++)
		p->row[i].cell = &cell[i * n];
	for (size_t i = 0; i < p->n_without; i++)
		p->without[i].cell = &cell[(p->n_rows + i) * n];
}

/* How much each verdict weighs when several tests speak of one requirement. */
static unsigned int weight(enum verdict v)
{
	static const unsigned int weights[VERDICT_COUNT] = {
		[VERDICT_SKIP] = 1,        [VERDICT_ENVIRONMENT] = 2, [VERDICT_INCONCLUSIVE] = 3,
		[VERDICT_PASS] = 4,        [VERDICT_ERROR] = 5,       [VERDICT_DEVIATES] = 6,
		[VERDICT_XFAIL] = 7,       [VERDICT_XPASS] = 8,       [VERDICT_TIMEOUT] = 9,
		[VERDICT_CRASH] = 10,      [VERDICT_FAIL] = 11,
	};

	return weights[v];
}

static void put(struct proof_cell *c, enum verdict v, const struct test_record *rec)
{
	if (c->has_verdict && weight(c->verdict) >= weight(v))
		return;
	*c = (struct proof_cell){ .has_verdict = true, .verdict = v, .id = rec->id,
				  .reason = v == VERDICT_PASS ? "" : rec->reason,
				  .profile = rec->profile ? rec->profile : "" };
}

static bool has_word(const struct meta_word *w, const char *text)
{
	while (w && strcmp(w->text, text) != 0)
		w = w->next;
	return w != NULL;
}

/* A case may be about some of the requirements of its script only. */
static bool is_about(const struct metadata *meta, const struct test_record *rec, const char *id)
{
	return has_word(metadata_req(meta, rec->case_name), id);
}

enum said { SAID_NOTHING, SAID_PASS, SAID_VERDICT };

/* What a test with these findings, the last of which may have ended it, says of the requirement @id. */
static enum said says(const struct metadata *meta, const struct test_record *rec, const char *id)
{
	const struct finding *stop = settle_stop(meta, rec);
	bool is_marked = false, is_ahead = false;

	for (const struct finding *f = rec->findings; f; f = f == stop ? NULL : f->next) {
		if (!f->is_warning && has_word(metadata_marked(meta, f->line), id))
			return SAID_VERDICT;
	}
	if (!is_about(meta, rec, id))
		return SAID_NOTHING;
	for (const struct meta_mark *m = meta->marks; m; m = m->next) {
		if (!has_word(m->req, id))
			continue;
		is_marked = true;
		is_ahead |= stop && m->line >= stop->line;
	}
	if (!stop && rec->findings)
		return SAID_PASS;
	if (!is_marked)
		return stop && metadata_marked(meta, stop->line) ? SAID_NOTHING : SAID_VERDICT;
	return is_ahead || !stop || !stop->line ? SAID_NOTHING : SAID_PASS;
}

/* One test may violate what binds and what does not. */
static enum verdict verdict_on(const struct proof *p, const struct requirement *r,
			       enum verdict verdict)
{
	if (verdict != VERDICT_FAIL)
		return verdict;
	switch (req_level_force(r->level)) {
	case REQ_BINDING:
		return VERDICT_FAIL;
	case REQ_ADVISED:
		return p->is_strict ? VERDICT_FAIL : VERDICT_DEVIATES;
	case REQ_OPTIONAL:
		break;
	}
	return VERDICT_DEVIATES;
}

/* Whether the verdict is about what the stack did, up to a line. */
static bool is_judgement(enum verdict v)
{
	switch (v) {
	case VERDICT_FAIL:
	case VERDICT_DEVIATES:
	case VERDICT_XFAIL:
		return true;
	case VERDICT_PASS:
	case VERDICT_SKIP:
	case VERDICT_INCONCLUSIVE:
	case VERDICT_ENVIRONMENT:
	case VERDICT_ERROR:
	case VERDICT_XPASS:
	case VERDICT_TIMEOUT:
	case VERDICT_CRASH:
	case VERDICT_COUNT:
		break;
	}
	return false;
}

void proof_add(struct proof *p, size_t stack, const struct suite_script *script,
	       const struct test_record *rec)
{
	for (size_t i = 0; i < p->n_without; i++) {
		if (p->without[i].script == script)
			put(&p->without[i].cell[stack], rec->verdict, rec);
	}
	for (const struct meta_word *w = script->meta.req; w; w = w->next) {
		struct proof_row *r = row_of(p, w->text);
		enum said said = is_judgement(rec->verdict) ? says(&script->meta, rec, w->text)
				 : is_about(&script->meta, rec, w->text) ? SAID_VERDICT : SAID_NOTHING;

		if (r && said != SAID_NOTHING)
			put(&r->cell[stack],
			    said == SAID_PASS ? VERDICT_PASS : verdict_on(p, r->req, rec->verdict),
			    rec);
	}
}

static void add_to(struct proof_sum *sum, const struct proof *p, const struct proof_row *r)
{
	sum->n_rows++;
	sum->n_observable += proof_is_observable(r->req);
	sum->n_scripted += r->n_scripts > 0;
	for (size_t k = 0; k < p->n_stacks; k++) {
		if (r->cell[k].has_verdict)
			sum->n[k * VERDICT_COUNT + r->cell[k].verdict]++;
	}
}

static struct proof_sum *sum_of(struct arena *a, struct proof_sums *sums, const struct proof *p,
				const char *name)
{
	struct proof_sum *sum;

	for (size_t i = 0; i < sums->n; i++) {
		if (strcmp(sums->sum[i].name, name) == 0)
			return &sums->sum[i];
	}
	sum = ARENA_PUSH(a, sums->sum, sums->n, sums->cap, struct proof_sum);
	sum->name = name;
	sum->n = ARENA_ARRAY(a, size_t, p->n_stacks * VERDICT_COUNT + 1);
	return sum;
}

static const char *key_of(const struct requirement *r, enum proof_key key)
{
	switch (key) {
	case PROOF_BY_RFC:
		return r->rfc;
	case PROOF_BY_AREA:
		return r->area;
	case PROOF_BY_LEVEL:
		return req_level_name[r->level];
	}
	return "";
}

struct proof_sums proof_sum_up(struct arena *a, const struct proof *p, enum proof_key key)
{
	struct proof_sums sums = { 0 };

	for (size_t i = 0; i < p->n_rows; i++) {
		if (!p->row[i].is_left_out)
			add_to(sum_of(a, &sums, p, key_of(p->row[i].req, key)), p, &p->row[i]);
	}
	for (size_t i = 0; i < p->n_rows; i++) {
		if (!p->row[i].is_left_out)
			add_to(sum_of(a, &sums, p, "all"), p, &p->row[i]);
	}
	return sums;
}
