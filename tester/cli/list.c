/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/printable.h"
#include "cli/cli.h"
#include "cli/tables.h"
#include "report/json.h"
#include "suite/history.h"
#include "suite/suite.h"

static const struct meta_word *req_of(const struct suite_test *t)
{
	return metadata_req(&t->script->meta, t->meta_case ? t->meta_case->name : "");
}

/* Titles may hold anything; a test is a line all the same. */
static void print_test(const struct suite_test *t)
{
	const struct metadata *meta = &t->script->meta;
	const struct meta_word *req = req_of(t);
	struct buf line = { 0 }, safe = { 0 };

	buf_puts(&line, t->id);
	if (meta->title)
		buf_printf(&line, "  %s", meta->title);
	for (const struct meta_word *w = req; w; w = w->next)
		buf_printf(&line, "%s%s", w == req ? "  [" : " ", w->text);
	printable_add_line(&safe, buf_str(&line));
	printf("%s%s\n", buf_str(&safe), req ? "]" : "");
	buf_fini(&safe);
	buf_fini(&line);
}

static void print_text(const struct suite *s)
{
	const struct suite_home *home = NULL;

	for (size_t i = 0; i < s->n_tests; i++) {
		const struct suite_home *h = s->test[i].script->home;

		/* What reads on expects tests and nothing else. */
		if (h && h != home && isatty(STDOUT_FILENO))
			printf("%ssuite %s\n", i ? "\n" : "", h->path);
		home = h;
		print_test(&s->test[i]);
	}
}

/* ---- for programs ---- */

static json_t *words_json(const struct meta_word *w)
{
	json_t *list = json_array();

	for (; w; w = w->next)
		json_array_append_new(list, json_text(w->text));
	return list;
}

static json_t *test_json(const struct suite_test *t, const char *stack)
{
	const struct suite_script *script = t->script;
	json_t *o = json_object();

	json_object_set_new(o, "type", json_string("test"));
	json_object_set_new(o, "id", json_text(t->id));
	json_object_set_new(o, "script", json_text(script->path));
	json_object_set_new(o, "suite", json_text(script->home ? script->home->path : NULL));
	json_object_set_new(o, "case", json_text(t->meta_case ? t->meta_case->name : NULL));
	json_object_set_new(o, "variant", json_text(ip_mode_name[t->mode]));
	json_object_set_new(o, "stack", json_text(stack));
	json_object_set_new(o, "profile", json_text(script->meta.profile));
	json_object_set_new(o, "title", json_text(script->meta.title));
	json_object_set_new(o, "payload", json_text(script->meta.is_numbered ? "numbered" : "zeros"));
	json_object_set_new(o, "req", words_json(req_of(t)));
	json_object_set_new(o, "needs", words_json(script->meta.needs));
	json_object_set_new(o, "catches", words_json(script->meta.catches));
	return o;
}

static int write_json(struct cli *c, const struct suite *s, const char *path)
{
	FILE *out = strcmp(path, "-") == 0 ? stdout : fopen(path, "we");
	bool is_good = out != NULL;

	for (size_t i = 0; is_good && i < s->n_tests; i++) {
		json_t *o = test_json(&s->test[i], c->stack);

		is_good = json_dumpf(o, out, JSON_COMPACT) == 0 && fputc('\n', out) != EOF;
		json_decref(o);
	}
	if (out && out != stdout && fclose(out) != 0)
		is_good = false;
	if (is_good)
		return 0;
	cli_error(c, "cannot write '%s': %s", path, strerror(errno));
	return EXIT_USAGE;
}

int cmd_list(struct cli *c)
{
	struct suite s = { 0 };
	struct history h;
	const struct table *table = c->n_paths == 1 ? table_find(c->path[0]) : NULL;
	int status;

	if (!c->n_paths && !c->only_failed) {
		puts("'tcpdrill list PATH...' lists the tests of scripts, 'tcpdrill list TABLE' "
		     "one of:");
		table_print(c->arena, table_find("tables"));
		return 0;
	}
	if (table && c->out_json) {
		cli_error(c, "--json is for tests, not for tables");
		return EXIT_USAGE;
	}
	if (table) {
		table_print(c->arena, table);
		return 0;
	}
	status = cli_select(c, c->stack, &s, &h);
	if (status)
		return status;
	if (c->out_json)
		status = write_json(c, &s, c->out_json);
	if (!c->out_json || strcmp(c->out_json, "-") != 0)
		print_text(&s);
	/* What is to be run is listed; that it cannot be is told as well. */
	fflush(stdout);
	return cli_check_headers(c, &s) ? EXIT_USAGE : status;
}
