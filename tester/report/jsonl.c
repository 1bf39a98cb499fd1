/* SPDX-License-Identifier: BSD-2-Clause */
#include <jansson.h>

#include "base/buf.h"
#include "report/json.h"
#include "report/record.h"
#include "report/report_impl.h"

/* The format is described for its readers in docs/report.md. The number rises when what a member
 * means changes or when one goes; new members leave it as it is. */
enum { JSONL_FORMAT = 1 };

static void write_line(struct report *r, json_t *o)
{
	json_dumpf(o, r->opt.out, JSON_COMPACT);
	fputc('\n', r->opt.out);
	json_decref(o);
}

void jsonl_begin(struct report *r)
{
	json_t *o = json_object();
	struct buf begun = { 0 };

	report_add_begun(&begun, r);
	buf_putc(&begun, 'Z');

	json_object_set_new(o, "type", json_string("run"));
	json_object_set_new(o, "format", json_integer(JSONL_FORMAT));
	json_object_set_new(o, "version", json_string(r->run.version));
	json_object_set_new(o, "stack", json_string(r->run.stack));
	json_object_set_new(o, "tests", json_integer((json_int_t)r->run.n_tests));
	json_object_set_new(o, "jobs", json_integer(r->run.jobs));
	json_object_set_new(o, "seed", json_integer((json_int_t)r->run.seed));
	json_object_set_new(o, "begun", json_string(buf_str(&begun)));
	json_object_set_new(o, "kernel", json_string(r->run.kernel));
	json_object_set_new(o, "command", json_string(r->run.command));
	buf_fini(&begun);
	write_line(r, o);
}

void jsonl_test(struct report *r, const struct test_record *rec)
{
	struct buf line = { 0 };

	record_write(rec, &line);
	fwrite(line.data, 1, line.len, r->opt.out);
	buf_fini(&line);
}

static json_t *at_work_json(const struct report_totals *totals)
{
	json_t *list = json_array();

	for (size_t i = 0; i < totals->n_at_work; i++) {
		json_t *o = json_object();

		json_object_set_new(o, "id", json_text(totals->at_work[i].id));
		json_object_set_new(o, "wall_us", json_integer(totals->at_work[i].played_us));
		json_array_append_new(list, o);
	}
	return list;
}

void jsonl_end(struct report *r, const struct report_totals *totals)
{
	json_t *o = json_object(), *verdicts = json_object();
	const char *cut = report_cut_name(totals);

	json_object_set_new(o, "type", json_string("summary"));
	json_object_set_new(o, "tests", json_integer((json_int_t)totals->n_tests));
	json_object_set_new(o, "retried", json_integer((json_int_t)totals->n_retried));
	json_object_set_new(o, "flaky", json_integer((json_int_t)totals->n_flaky));
	json_object_set_new(o, "late_us", json_integer(totals->late_us));
	json_object_set_new(o, "wall_us", json_integer(totals->wall_us));
	json_object_set_new(o, "interrupted", json_boolean(totals->cut == REPORT_CUT_SIGNAL));
	json_object_set_new(o, "exit_status", json_integer(totals->exit_status));
	json_object_set_new(o, "cut_short", cut ? json_string(cut) : json_null());
	json_object_set_new(o, "not_run",
			    json_integer((json_int_t)report_n_not_run(r, totals)));
	json_object_set_new(o, "at_work", at_work_json(totals));
	for (int v = 0; v < VERDICT_COUNT; v++) {
		if (totals->n[v])
			json_object_set_new(verdicts, verdict_name[v],
					    json_integer((json_int_t)totals->n[v]));
	}
	json_object_set_new(o, "verdicts", verdicts);
	write_line(r, o);
}
