/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a run says when the stack does not behave. Every script tests/golden/run/NAME.pkt is played
 * against a puppet (tests/support/puppet.h) whose script is NAME.live; beside it lie NAME.out, what
 * people are shown, and NAME.json, what --json writes. With TCPDRILL_BLESS set both are written
 * instead. A capture is written of each, too, and where there is a NAME.packets, compared with it.
 * A line "//run strict_end" (trace, no_shell) in NAME.live sets that option of the run.
 */
#include <check.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/util.h"
#include "judge/verdict.h"
#include "pcapng_read.h"
#include "puppet.h"
#include "report/record.h"
#include "run/engine.h"
#include "script/plan.h"
#include "unit.h"
#include "unit_plan.h"

static const char folder[] = "tests/golden/run";

static const int64_t DAY_NS = INT64_C(86400) * 1000000000;

enum { CASES_MIN = 105, TIMEOUT_US = 60000000 };

static const struct target_row puppet_row = {
	.name = "puppet", .help = "does what another script says", .ops = &puppet_ops,
	.is_system = true,
};

static struct plan *load(struct arena *a, const char *name)
{
	struct source *file = ARENA_NEW(a, struct source);
	const char *path = arena_printf(a, "%s/%s.pkt", folder, name);

	ck_assert_msg(source_load(a, path, file) == 0, "cannot read %s", path);
	return unit_plan_named(a, arena_printf(a, "%s.pkt", name), file->text, file->len);
}

static void play(struct arena *a, const char *name, const char *pcap, struct test_record *rec)
{
	const char *live = arena_printf(a, "%s/%s.live", folder, name);
	struct engine_options opt = { .timeout_us = TIMEOUT_US, .work_dir = live,
				      .pcap_path = pcap };
	struct plan *p = load(a, name);
	struct source src;

	ck_assert_msg(source_load(a, live, &src) == 0, "there is no %s", live);
	opt.strict_end = strstr(src.text, "//run strict_end") != NULL;
	opt.trace = strstr(src.text, "//run trace") != NULL;
	opt.no_shell = strstr(src.text, "//run no_shell") != NULL;
	*rec = (struct test_record){
		.id = arena_printf(a, "%s[%s]@puppet", name, ip_mode_name[p->config.ip_mode]),
		.script = p->src->path, .case_name = "", .title = "", .stack = puppet_row.name,
		.variant = ip_mode_name[p->config.ip_mode],
	};
	engine_run(a, p, &puppet_row, &opt, rec);
	ck_assert_msg(!strstr(rec->reason, live), "%s", rec->reason);
}

static void as_text(const struct test_record *rec, struct buf *out)
{
	for (const struct finding *f = rec->findings; f; f = f->next)
		buf_printf(out, "%s\n", f->text);
	buf_printf(out, "verdict: %s\nreason: %s\n", verdict_name[rec->verdict], rec->reason);
	if (*rec->output)
		buf_printf(out, "output:\n%s", rec->output);
}

static void compare(struct arena *a, const char *name, const char *ending, struct buf *got)
{
	const char *path = arena_printf(a, "%s/%s.%s", folder, name, ending);
	struct source want;

	if (getenv("TCPDRILL_BLESS")) {
		FILE *f = fopen(path, "wb");

		ck_assert_ptr_nonnull(f);
		fwrite(got->data, 1, got->len, f);
		fclose(f);
	}
	ck_assert_msg(source_load(a, path, &want) == 0, "there is no %s", path);
	ck_assert_msg(strcmp(want.text, buf_str(got)) == 0, "%s: got\n%s\nbut want\n%s", path,
		      buf_str(got), want.text);
	buf_fini(got);
}

/* Whatever happens in a test, the file is whole, in order, and says something of every packet. */
static void check_capture(struct arena *a, const char *name, const char *pcap)
{
	struct buf text = { 0 };
	struct pcapng_read r;
	const char *why = pcapng_read(&r, pcap);

	ck_assert_msg(!why, "capture of %s: %s", name, why);
	for (size_t i = 0; i < r.n; i++) {
		const struct pcapng_read_frame *f = &r.frame[i];
		int64_t at_ns = puppet_ops.real_to_clock_ns(NULL, (int64_t)f->at_ns);

		ck_assert_msg(at_ns >= 0 && at_ns < DAY_NS,
			      "capture of %s: time", name);
		ck_assert_msg(i == 0 || f->at_ns >= f[-1].at_ns, "capture of %s: order", name);
		ck_assert_msg(f->comment && *f->comment, "capture of %s: comments", name);
		ck_assert_msg(f->flags == 1 || f->flags == 2, "capture of %s: directions", name);
		buf_printf(&text, "%.6f %c %zu bytes  %s\n",
			   (double)(f->at_ns - r.frame[0].at_ns) / 1e9, f->flags == 1 ? '<' : '>',
			   f->n_bytes, f->comment);
	}
	if (access(arena_printf(a, "%s/%s.packets", folder, name), F_OK) == 0)
		compare(a, name, "packets", &text);
	buf_fini(&text);
	pcapng_read_free(&r);
}

static int is_script(const struct dirent *e)
{
	size_t n = strlen(e->d_name);

	return n > 4 && strcmp(e->d_name + n - 4, ".pkt") == 0;
}

/* Without what the runner adds, which is the same for all here. */
static void as_json(const struct test_record *rec, struct buf *out)
{
	static const char added[] = ",\"seed\":0,\"earlier\":[]}\n";

	record_write(rec, out);
	ck_assert_uint_gt(out->len, strlen(added));
	out->len -= strlen(added);
	ck_assert_mem_eq(out->data + out->len, added, strlen(added));
	buf_puts(out, "}\n");
}

START_TEST(runs_say_what_is_recorded)
{
	struct buf text = { 0 }, json = { 0 };
	struct arena *a = arena_new();
	struct test_record rec;
	struct dirent **list;
	char pcap[] = "/tmp/test_run_golden.XXXXXX";
	const char *name = NULL;
	int n = scandir(folder, &list, is_script, alphasort);

	for (int i = 0; i < n; i++) {
		if (i == _i)
			name = arena_strndup(a, list[i]->d_name, strlen(list[i]->d_name) - 4);
		free(list[i]);
	}
	free(list);
	ck_assert_ptr_nonnull(name);
	close(mkstemp(pcap));
	play(a, name, pcap, &rec);
	as_text(&rec, &text);
	as_json(&rec, &json);
	compare(a, name, "out", &text);
	compare(a, name, "json", &json);
	if (rec.verdict != VERDICT_SKIP)
		check_capture(a, name, pcap);
	unlink(pcap);
	arena_free(a);
}
END_TEST

START_TEST(there_are_scripts)
{
	struct dirent **list;
	int n = scandir(folder, &list, is_script, alphasort);

	for (int i = 0; i < n; i++)
		free(list[i]);
	free(list);
	ck_assert_int_ge(n, CASES_MIN);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("run_golden");
	TCase *t = tcase_create("golden");
	struct dirent **list;
	int n = scandir(folder, &list, is_script, alphasort);

	for (int i = 0; i < n; i++)
		free(list[i]);
	if (n >= 0)
		free(list);
	tcase_add_test(t, there_are_scripts);
	tcase_add_loop_test(t, runs_say_what_is_recorded, 0, n > 0 ? n : 0);
	suite_add_tcase(s, t);
	return unit_run(s);
}
