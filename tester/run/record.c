/* SPDX-License-Identifier: BSD-2-Clause */
#include "run/record.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/printable.h"
#include "base/util.h"
#include "run/json.h"

enum { FINDING_KINDS = FINDING_INTERNAL + 1 };

/* The texts of a record, in the order in which they are written. */
static const struct record_text {
	const char *name;
	size_t offset;
	bool is_known;              /* of the test: whoever had it played knows it */
} record_text[] = {
	{ "id", offsetof(struct test_record, id), true },
	{ "script", offsetof(struct test_record, script), true },
	{ "case", offsetof(struct test_record, case_name), true },
	{ "variant", offsetof(struct test_record, variant), false },
	{ "stack", offsetof(struct test_record, stack), true },
	{ "profile", offsetof(struct test_record, profile), true },
	{ "title", offsetof(struct test_record, title), true },
	{ "reason", offsetof(struct test_record, reason), false },
	{ "output", offsetof(struct test_record, output), false },
};

static const char *const *text_at(const struct test_record *r, const struct record_text *t)
{
	return (const char *const *)((const char *)r + t->offset);
}

int verdict_find(const char *name)
{
	for (int v = 0; v < VERDICT_COUNT; v++) {
		if (strcmp(verdict_name[v], name) == 0)
			return v;
	}
	return -ERR_UNKNOWN;
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

static void set_number(json_t *o, const char *name, int64_t value)
{
	if (value)
		json_object_set_new(o, name, json_integer(value));
}

/* One is sent for each test, thousands in a second, so it holds what it must. */
void record_write_outcome(const struct test_record *r, struct buf *out)
{
	json_t *o = json_object();

	json_object_set_new(o, "type", json_string("test"));
	json_object_set_new(o, "verdict", json_string(verdict_name[r->verdict]));
	for (size_t i = 0; i < ARRAY_LEN(record_text); i++) {
		const char *text = *text_at(r, &record_text[i]);

		if (!record_text[i].is_known && text && *text)
			json_object_set_new(o, record_text[i].name, json_text(text));
	}
	set_number(o, "wall_us", r->wall_us);
	set_number(o, "late_us", r->late_us);
	set_number(o, "retries", r->retries);
	if (r->findings)
		json_object_set_new(o, "findings", findings_json(r->findings));
	write_line(o, out);
}

void record_write_whole(const struct test_record *r, struct buf *out)
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

static const char *text_of(struct arena *a, const json_t *o, const char *name)
{
	const char *s = json_string_value(json_object_get(o, name));

	return arena_strdup(a, s ? s : "");
}

static int kind_find(const char *name)
{
	for (int k = 0; k < FINDING_KINDS; k++) {
		if (strcmp(finding_kind_name[k], name) == 0)
			return k;
	}
	return -ERR_UNKNOWN;
}

static void read_fields(struct arena *a, const json_t *list, struct finding *f)
{
	f->n_fields = json_array_size(list);
	f->field = ARENA_ARRAY(a, struct finding_field, f->n_fields);
	for (size_t i = 0; i < f->n_fields; i++) {
		const json_t *o = json_array_get(list, i);

		f->field[i].name = text_of(a, o, "name");
		f->field[i].expected = text_of(a, o, "expected");
		f->field[i].actual = text_of(a, o, "actual");
		f->field[i].differs = json_is_true(json_object_get(o, "differs"));
	}
}

static int read_finding(struct arena *a, const json_t *o, struct finding *f)
{
	int kind = kind_find(text_of(a, o, "kind"));

	if (kind < 0)
		return kind;
	f->kind = (enum finding_kind)kind;
	f->is_warning = json_is_true(json_object_get(o, "warning"));
	f->line = (uint32_t)json_integer_value(json_object_get(o, "line"));
	f->col = (uint32_t)json_integer_value(json_object_get(o, "col"));
	f->message = text_of(a, o, "message");
	f->text = text_of(a, o, "text");
	read_fields(a, json_object_get(o, "fields"), f);
	return 0;
}

static int read_object(struct arena *a, const json_t *o, struct test_record *out)
{
	const json_t *list = json_object_get(o, "findings");
	struct finding **tail = &out->findings;
	int v = verdict_find(text_of(a, o, "verdict"));

	if (strcmp(text_of(a, o, "type"), "test") != 0)
		return -ERR_SYNTAX;
	if (v < 0)
		return v;
	*out = (struct test_record){ .verdict = (enum verdict)v };
	for (size_t i = 0; i < ARRAY_LEN(record_text); i++) {
		const char **at = (const char **)((char *)out + record_text[i].offset);

		*at = text_of(a, o, record_text[i].name);
	}
	out->wall_us = json_integer_value(json_object_get(o, "wall_us"));
	out->late_us = json_integer_value(json_object_get(o, "late_us"));
	out->retries = (uint32_t)json_integer_value(json_object_get(o, "retries"));
	for (size_t i = 0; i < json_array_size(list); i++) {
		*tail = ARENA_NEW(a, struct finding);
		if (read_finding(a, json_array_get(list, i), *tail) < 0)
			return -ERR_UNKNOWN;
		tail = &(*tail)->next;
	}
	return 0;
}

int record_read(struct arena *a, const char *text, size_t n, struct test_record *out)
{
	json_t *o = json_loadb(text, n, JSON_ALLOW_NUL, NULL);
	int rc = o ? read_object(a, o, out) : -ERR_SYNTAX;

	json_decref(o);
	return rc;
}
