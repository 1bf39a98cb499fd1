/* SPDX-License-Identifier: BSD-2-Clause */
#include "report/record.h"

#include <jansson.h>
#include <string.h>

#include "base/buf.h"
#include "base/printable.h"
#include "base/util.h"
#include "report/json.h"

/* The texts of a record, in the order in which they are written. */
static const struct record_text {
	const char *name;
	size_t offset;
} record_text[] = {
	{ "id", offsetof(struct test_record, id) },
	{ "script", offsetof(struct test_record, script) },
	{ "case", offsetof(struct test_record, case_name) },
	{ "variant", offsetof(struct test_record, variant) },
	{ "stack", offsetof(struct test_record, stack) },
	{ "profile", offsetof(struct test_record, profile) },
	{ "title", offsetof(struct test_record, title) },
	{ "reason", offsetof(struct test_record, reason) },
	{ "output", offsetof(struct test_record, output) },
};

static const char *const *text_at(const struct test_record *r, const struct record_text *t)
{
	return (const char *const *)((const char *)r + t->offset);
}

json_t *json_text(const char *text)
{
	struct buf safe = { 0 };
	json_t *j;

	printable_add(&safe, text ? text : "", false);
	j = json_stringn(buf_str(&safe), safe.len);
	buf_fini(&safe);
	return j;
}

static json_t *finding_json(const struct finding *f)
{
	json_t *o = json_object(), *fields = json_array();

	json_object_set_new(o, "kind", json_string(finding_kind_name[f->kind]));
	json_object_set_new(o, "warning", json_boolean(f->is_warning));
	json_object_set_new(o, "line", json_integer(f->line));
	json_object_set_new(o, "col", json_integer(f->col));
	json_object_set_new(o, "message", json_text(f->message));
	for (size_t i = 0; i < f->n_fields; i++) {
		json_t *field = json_object();

		json_object_set_new(field, "name", json_text(f->field[i].name));
		json_object_set_new(field, "expected", json_text(f->field[i].expected));
		json_object_set_new(field, "actual", json_text(f->field[i].actual));
		json_object_set_new(field, "differs", json_boolean(f->field[i].differs));
		json_array_append_new(fields, field);
	}
	json_object_set_new(o, "fields", fields);
	json_object_set_new(o, "text", json_text(f->text));
	return o;
}

static int append(const char *data, size_t n, void *out)
{
	buf_add(out, data, n);
	return 0;
}

static json_t *findings_json(const struct finding *f)
{
	json_t *list = json_array();

	for (; f; f = f->next)
		json_array_append_new(list, finding_json(f));
	return list;
}

/* What an earlier run has of its own. */
static json_t *run_json(const struct test_record *r)
{
	json_t *o = json_object();

	json_object_set_new(o, "verdict", json_string(verdict_name[r->verdict]));
	json_object_set_new(o, "reason", json_text(r->reason));
	json_object_set_new(o, "wall_us", json_integer(r->wall_us));
	json_object_set_new(o, "late_us", json_integer(r->late_us));
	json_object_set_new(o, "findings", findings_json(r->findings));
	return o;
}

/* The first one first. */
static json_t *earlier_json(const struct test_record *r)
{
	json_t *list = json_array();

	for (r = r->before; r; r = r->before)
		json_array_insert_new(list, 0, run_json(r));
	return list;
}

static void write_line(json_t *o, struct buf *out)
{
	json_dump_callback(o, append, out, JSON_COMPACT);
	buf_putc(out, '\n');
	json_decref(o);
}

void record_write(const struct test_record *r, struct buf *out)
{
	json_t *o = json_object();

	json_object_set_new(o, "type", json_string("test"));
	for (size_t i = 0; i < ARRAY_LEN(record_text); i++)
		json_object_set_new(o, record_text[i].name,
				    json_text(*text_at(r, &record_text[i])));
	json_object_set_new(o, "verdict", json_string(verdict_name[r->verdict]));
	json_object_set_new(o, "wall_us", json_integer(r->wall_us));
	json_object_set_new(o, "late_us", json_integer(r->late_us));
	json_object_set_new(o, "retries", json_integer(r->retries));
	json_object_set_new(o, "findings", findings_json(r->findings));
	json_object_set_new(o, "seed", json_integer((json_int_t)r->seed));
	json_object_set_new(o, "earlier", earlier_json(r));
	write_line(o, out);
}
