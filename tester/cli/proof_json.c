/* SPDX-License-Identifier: BSD-2-Clause */
#include <jansson.h>

#include "cli/proof_print.h"
#include "report/json.h"

static void put(json_t *o, const char *name, const char *text)
{
	json_object_set_new(o, name, json_text(text));
}

static void put_count(json_t *o, const char *name, size_t n)
{
	json_object_set_new(o, name, json_integer((json_int_t)n));
}

static json_t *names_json(const struct suite_script *const *script, size_t n)
{
	json_t *list = json_array();

	for (size_t i = 0; i < n; i++)
		json_array_append_new(list, json_text(script[i]->name));
	return list;
}

static json_t *cells_json(const struct proof_page *p, const struct proof_cell *cell)
{
	json_t *cells = json_object();

	for (size_t k = 0; k < p->proof->n_stacks; k++) {
		const struct proof_cell *c = &cell[k];
		json_t *o = json_object();

		if (!c->has_verdict) {
			json_decref(o);
			continue;
		}
		put(o, "verdict", verdict_name[c->verdict]);
		put(o, "test", c->id);
		put(o, "reason", c->reason);
		put(o, "profile", c->profile);
		json_object_set_new(cells, p->stack[k], o);
	}
	return cells;
}

static json_t *without_json(const struct proof_page *p)
{
	json_t *list = json_array();

	for (size_t i = 0; i < p->proof->n_without; i++) {
		const struct proof_script *s = &p->proof->without[i];
		json_t *o = json_object();

		put(o, "script", s->script->name);
		put(o, "title", s->script->meta.title ? s->script->meta.title : "");
		if (p->proof->n_stacks)
			json_object_set_new(o, "stacks", cells_json(p, s->cell));
		json_array_append_new(list, o);
	}
	return list;
}

static json_t *row_json(const struct proof_page *p, const struct proof_row *row)
{
	const struct requirement *r = row->req;
	json_t *o = json_object();

	put(o, "id", r->id);
	put(o, "rfc", r->rfc);
	put(o, "section", r->section);
	put(o, "level", req_level_name[r->level]);
	put(o, "area", r->area);
	put(o, "text", r->text);
	put(o, "observable", req_witness_name[r->witness]);
	json_object_set_new(o, "implied", json_boolean(r->is_implied));
	put(o, "note", r->note);
	json_object_set_new(o, "scripts", names_json(row->script, row->n_scripts));
	if (p->proof->n_stacks)
		json_object_set_new(o, "stacks", cells_json(p, row->cell));
	return o;
}

static json_t *sum_json(const struct proof_page *p, const struct proof_sum *sum)
{
	json_t *o = json_object();

	put(o, "name", sum->name);
	put_count(o, "rows", sum->n_rows);
	put_count(o, "observable", sum->n_observable);
	put_count(o, "scripted", sum->n_scripted);
	for (size_t k = 0; k < p->proof->n_stacks; k++) {
		json_t *counts = json_object();

		for (size_t v = 0; v < VERDICT_COUNT; v++) {
			if (sum->n[k * VERDICT_COUNT + v])
				put_count(counts, verdict_name[v], sum->n[k * VERDICT_COUNT + v]);
		}
		json_object_set_new(o, p->stack[k], counts);
	}
	return o;
}

static json_t *sums_json(const struct proof_page *p, enum proof_key key)
{
	struct proof_sums sums = proof_sum_up(p->arena, p->proof, key);
	json_t *list = json_array();

	for (size_t i = 0; i < sums.n; i++)
		json_array_append_new(list, sum_json(p, &sums.sum[i]));
	return list;
}

void proof_print_json(const struct proof_page *p, FILE *out)
{
	json_t *o = json_object(), *stacks = json_array(), *rows = json_array();

	put(o, "type", p->name);
	for (size_t k = 0; k < p->proof->n_stacks; k++) {
		json_t *stack = json_object();

		put(stack, "name", p->stack[k]);
		put(stack, "version", p->version[k]);
		json_array_append_new(stacks, stack);
	}
	json_object_set_new(o, "stacks", stacks);
	for (size_t i = 0; i < p->proof->n_rows; i++) {
		if (!p->proof->row[i].is_left_out)
			json_array_append_new(rows, row_json(p, &p->proof->row[i]));
	}
	json_object_set_new(o, "rows", rows);
	json_object_set_new(o, "rfcs", sums_json(p, PROOF_BY_RFC));
	json_object_set_new(o, "areas", sums_json(p, PROOF_BY_AREA));
	json_object_set_new(o, "levels", sums_json(p, PROOF_BY_LEVEL));
	put_count(o, "left_out", p->proof->n_left_out);
	json_object_set_new(o, "without_requirement", without_json(p));
	json_dumpf(o, out, JSON_INDENT(1));
	fputc('\n', out);
	json_decref(o);
}
