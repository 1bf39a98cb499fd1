/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The shipped scripts at different -j: how long they take, and whether each test has the verdict it
 * has in a serial run. On the kernel a part of them, which takes a serial run half a minute.
 */
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/util.h"
#include "bench.h"

/* By column: short runs happen more often, and so do chances to be disturbed. */
static const struct {
	const char *jobs;
	int n_jobs, runs;
	bool is_busy;
} column_table[] = {
	{ "-j1", 1, 1, false }, { "-j2", 2, 1, false },   { "-j4", 4, 1, false },
	{ "-j8", 8, 1, false }, { "-j16", 16, 2, false }, { "-j16", 16, 2, true },
};

static const struct suite {
	const char *stack, *shard;
	size_t n_columns;
	enum figure_id wall, differ, inconclusive, retried;  /* the last two: FIG_COUNT for none */
} suite_table[] = {
	{ "kernel", "1/8", ARRAY_LEN(column_table), FIG_SUITE_KERNEL_WALL, FIG_SUITE_KERNEL_DIFFER,
	  FIG_SUITE_KERNEL_INCONCLUSIVE, FIG_SUITE_KERNEL_RETRIED },
	{ "bundled", "1/1", 2, FIG_SUITE_BUNDLED_WALL, FIG_SUITE_BUNDLED_DIFFER, FIG_COUNT,
	  FIG_COUNT },
};

/* What one run reported. */
struct outcome {
	json_t *verdicts;      /* by the test's id */
	json_t *scripts;       /* their paths as keys */
	double inconclusive, retried, wall_ms;
};

static void outcome_free(struct outcome *o)
{
	json_decref(o->verdicts);
	json_decref(o->scripts);
	*o = (struct outcome){ 0 };
}

static void take_line(json_t *line, struct outcome *o)
{
	const char *type = json_string_value(json_object_get(line, "type"));
	json_t *verdict = json_object_get(line, "verdict");

	if (type && strcmp(type, "test") == 0) {
		json_object_set(o->verdicts, json_string_value(json_object_get(line, "id")),
				verdict);
		json_object_set_new(o->scripts,
				    json_string_value(json_object_get(line, "script")),
				    json_true());
		if (strcmp(json_string_value(verdict), "inconclusive") == 0)
			o->inconclusive++;
	}
	if (type && strcmp(type, "summary") == 0)
		o->retried = json_number_value(json_object_get(line, "retried"));
}

static int run_suite(const struct bench *b, const struct suite *s, const char *jobs,
		     struct outcome *o)
{
	char record[PATH_MAX];
	const char *argv[] = { b->program, "run", "--stack", s->stack, "--shard", s->shard, jobs,
			       "--json", record, b->scripts, NULL };
	struct measured m;
	FILE *f = script_open(b, "suite.json", record);
	json_t *line;

	fclose(f);
	*o = (struct outcome){ .verdicts = json_object(), .scripts = json_object() };
	if (process_run(argv, &m) < 0)
		return -1;
	o->wall_ms = m.wall_ms;
	f = fopen(record, "re");
	while (f && (line = json_loadf(f, JSON_DISABLE_EOF_CHECK, NULL))) {
		take_line(line, o);
		json_decref(line);
	}
	if (f)
		fclose(f);
	return json_object_size(o->verdicts) ? 0 : -1;
}

/* How many tests of the one have another verdict, or none, in the other. */
static double count_differing(const json_t *a, const json_t *b)
{
	const char *id;
	json_t *verdict;
	double n = 0;

	json_object_foreach((json_t *)(uintptr_t)a, id, verdict) {
		if (!json_equal(verdict, json_object_get(b, id)))
			n++;
	}
	return n;
}

static void measure(struct bench *b, const struct suite *s, size_t column, struct outcome *serial)
{
	struct samples wall = { 0 }, differ = { 0 }, inconclusive = { 0 }, retried = { 0 };

	for (int i = 0; i < column_table[column].runs; i++) {
		struct outcome o;

		if (run_suite(b, s, column_table[column].jobs, &o) == 0) {
			samples_add(&wall, o.wall_ms / 1e3);
			samples_add(&inconclusive, o.inconclusive);
			samples_add(&retried, o.retried);
			if (serial->verdicts)
				samples_add(&differ, count_differing(serial->verdicts, o.verdicts));
		}
		if (!serial->verdicts)
			*serial = o;
		else
			outcome_free(&o);
	}
	figure_set(b, WHO_TCPDRILL, s->wall, column, &wall);
	figure_set(b, WHO_TCPDRILL, s->differ, column, &differ);
	if (s->inconclusive != FIG_COUNT)
		figure_set(b, WHO_TCPDRILL, s->inconclusive, column, &inconclusive);
	if (s->retried != FIG_COUNT)
		figure_set(b, WHO_TCPDRILL, s->retried, column, &retried);
	samples_free(&inconclusive);
	samples_free(&retried);
}

/* The same scripts; a verdict of packetdrill is whether its exit status is 0. */
static void measure_packetdrill(struct bench *b, char *const script[], size_t n, size_t column,
				int *serial)
{
	struct samples wall = { 0 }, differ = { 0 };
	int *status = calloc(n, sizeof(*status));

	for (int i = 0; status && i < column_table[column].runs; i++) {
		double ms = apart_run_all(b->packetdrill, script, n, column_table[column].n_jobs,
					  status), differing = 0;

		if (ms < 0)
			continue;
		samples_add(&wall, ms / 1e3);
		if (column == 0)
			memcpy(serial, status, n * sizeof(*status));
		for (size_t k = 0; k < n; k++)
			differing += !status[k] != !serial[k];
		if (column)
			samples_add(&differ, differing);
	}
	figure_set(b, WHO_PACKETDRILL, FIG_SUITE_KERNEL_WALL, column, &wall);
	figure_set(b, WHO_PACKETDRILL, FIG_SUITE_KERNEL_DIFFER, column, &differ);
	free(status);
}

static void bench_suite_packetdrill(struct bench *b, const json_t *scripts)
{
	size_t n = json_object_size(scripts), i = 0;
	char **script = calloc(n + 1, sizeof(*script));
	int *serial = calloc(n + 1, sizeof(*serial));
	const char *path;
	json_t *any;
	struct load load = { 0 };

	json_object_foreach((json_t *)(uintptr_t)scripts, path, any)
		script[i++] = (char *)(uintptr_t)path;
	for (size_t c = 0; n && c < ARRAY_LEN(column_table); c++) {
		if (column_table[c].is_busy)
			load_begin(&load);
		measure_packetdrill(b, script, n, c, serial);
		load_end(&load);
	}
	free(serial);
	free(script);
}

static void bench_suite_of(struct bench *b, const struct suite *s)
{
	struct outcome serial = { 0 };
	struct load load = { 0 };

	for (size_t c = 0; c < s->n_columns; c++) {
		if (column_table[c].is_busy)
			load_begin(&load);
		measure(b, s, c, &serial);
		load_end(&load);
	}
	if (!json_object_size(serial.verdicts))
		figure_missing(b, figure_table[s->wall].name, "there was no result");
	if (b->packetdrill && s->wall == FIG_SUITE_KERNEL_WALL)
		bench_suite_packetdrill(b, serial.scripts);
	outcome_free(&serial);
}

void bench_suite(struct bench *b)
{
	for (size_t i = 0; i < ARRAY_LEN(suite_table); i++) {
		if (suite_table[i].wall == FIG_SUITE_KERNEL_WALL && b->no_kernel)
			figure_missing(b, "suite.kernel.*", b->no_kernel);
		else
			bench_suite_of(b, &suite_table[i]);
	}
}
