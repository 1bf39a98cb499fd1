/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The pool with a stack that needs no sandbox and does what a script's command says: die, hang,
 * print without end, be late for a while. How often each was run is counted in shared memory.
 */
#include "run/pool.h"

#include <check.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/processors.h"
#include "base/util.h"
#include "target/target.h"
#include "unit.h"

enum { MS_NS = 1000000, TESTS_MAX = 64 };

/* ---- a stack made of behaviours ---- */

/* shared with the workers */
static _Atomic int *n_runs;
static _Atomic int *at_work, *at_work_max;

struct fake {
	struct target base;
	struct arena *arena;
	int64_t now_ns;
	bool has_drops;
	int n_calls;
	int64_t stalled_us, stolen_us;
};

static int fake_open(struct arena *a, const struct target_config *config, struct target **out,
		     const char **why);

static int64_t fake_now(struct target *t)
{
	return ((struct fake *)t)->now_ns;
}

static void fake_sleep(struct target *t, int64_t at_ns)
{
	struct fake *f = (struct fake *)t;

	if (at_ns > f->now_ns)
		f->now_ns = at_ns;
}

static int fake_wait(struct target *t, int64_t deadline_ns, struct target_event *ev)
{
	fake_sleep(t, deadline_ns);
	*ev = (struct target_event){ .kind = TARGET_DEADLINE, .at_ns = fake_now(t) };
	return 0;
}

static void flood(void)
{
	for (int i = 0; i < 100000; i++)
		printf("line %d\n", i);
	fflush(stdout);
}

/* For a while; how many do so at once is counted. */
static void work(void)
{
	struct timespec a_while = { 0, 20 * MS_NS };
	int n = atomic_fetch_add(at_work, 1) + 1, most = atomic_load(at_work_max);

	while (n > most && !atomic_compare_exchange_weak(at_work_max, &most, n))
		;
	nanosleep(&a_while, NULL);
	atomic_fetch_sub(at_work, 1);
}

static int fake_command(struct target *t, const char *text, int64_t deadline_ns,
			struct target_command_result *res, const char **why)
{
	struct fake *f = (struct fake *)t;
	int late = 0;

	(void)deadline_ns;
	(void)why;
	++*n_runs;
	*res = (struct target_command_result){ .output = "" };
	if (strcmp(text, "die") == 0)
		raise(SIGKILL);
	if (strcmp(text, "exit") == 0)
		_exit(7);
	if (strcmp(text, "hang") == 0)
		pause();
	if (strcmp(text, "work") == 0)
		work();
	if (strcmp(text, "steal") == 0)
		f->stolen_us += 20 * 1000;
	if (strcmp(text, "flood") == 0)
		flood();
	if (strcmp(text, "print") == 0 || strcmp(text, "print, fail") == 0) {
		printf("printed by %d\n", *n_runs);
		fflush(stdout);
	}
	if (strcmp(text, "flood") == 0 || strstr(text, "fail"))
		res->status = 1;
	if (strcmp(text, "folder") == 0)
		res->status = access("beside", R_OK) == 0 ? 0 : 1;
	if (sscanf(text, "late %d", &late) == 1 && *n_runs <= late) {
		f->has_drops = true;
		res->status = 1;
	}
	return 0;
}

/* Some return a second later than asked, on a machine that is short of processors. */
static int fake_call(struct target *t, const struct call_request *req, struct call_result *res,
		     const char **why)
{
	struct fake *f = (struct fake *)t;
	const char *name = req->spec->row->name;
	bool is_late;

	(void)why;
	*n_runs += f->n_calls++ == 0;
	is_late = strcmp(name, "listen") == 0 || (strcmp(name, "socket") == 0 && *n_runs == 1) ||
		  (strcmp(name, "close") == 0 && *n_runs > 1);
	*res = (struct call_result){ .value = strcmp(name, "socket") == 0 ? 3 : 0,
				     .end_ns = f->now_ns + (is_late ? 1000 : 0) * (int64_t)MS_NS };
	return TARGET_CALL_DONE;
}

static int64_t fake_stalled(struct target *t)
{
	return ((struct fake *)t)->stalled_us += 10 * 1000 * 1000;
}

static int64_t fake_stolen(struct target *t)
{
	return ((struct fake *)t)->stolen_us;
}

static int fake_inject(struct target *t, const uint8_t *packet, size_t n, uint16_t gso,
		       int64_t *at_ns)
{
	(void)packet;
	(void)n;
	(void)gso;
	*at_ns = fake_now(t);
	return 0;
}

static uint64_t fake_drops(struct target *t)
{
	return ((struct fake *)t)->has_drops;
}

static int fake_port(struct target *t, uint16_t *port)
{
	(void)t;
	*port = 40000;
	return 0;
}

static int64_t fake_real(struct target *t, int64_t real_ns)
{
	(void)t;
	return real_ns;
}

static void fake_close(struct target *t)
{
	(void)t;
}

static const struct target_ops fake_ops = {
	.open = fake_open,
	.now_ns = fake_now,
	.sleep_until = fake_sleep,
	.wait = fake_wait,
	.call = fake_call,
	.command = fake_command,
	.inject = fake_inject,
	.stalled_us = fake_stalled,
	.stolen_us = fake_stolen,
	.drops = fake_drops,
	.reserve_port = fake_port,
	.real_to_clock_ns = fake_real,
	.close = fake_close,
};

static int fake_open(struct arena *a, const struct target_config *config, struct target **out,
		     const char **why)
{
	struct fake *f = ARENA_NEW(a, struct fake);

	if (config->mtu_bytes == 666) {
		*why = "no such machine";
		return -ERR_ENVIRONMENT;
	}
	f->base = (struct target){ &fake_ops, TARGET_CLOCK_VIRTUAL, TARGET_CAP_SHELL };
	f->arena = a;
	f->now_ns = 1000 * (int64_t)MS_NS;
	*out = &f->base;
	return 0;
}

static const struct target_row fake_stack = { .name = "fake", .ops = &fake_ops };
static const struct target_row fake_system = { .name = "fake", .ops = &fake_ops,
					       .is_system = true };

/* ---- the tests ---- */

static struct arena *a;
static const char *root;
static struct test_record record[TESTS_MAX];
static size_t n_records, n_wanted;

static bool on_done(void *ctx, const struct pool_test *test, const struct test_record *rec)
{
	(void)ctx;
	ck_assert_str_eq(test->id, rec->id);
	ck_assert_uint_lt(n_records, TESTS_MAX);
	record[n_records++] = *rec;
	return n_records < n_wanted;
}

static void setup(void)
{
	char name[] = "/tmp/test_pool.XXXXXX";

	a = arena_new();
	n_records = 0;
	n_wanted = SIZE_MAX;
	n_runs = mmap(NULL, 3 * sizeof(*n_runs), PROT_READ | PROT_WRITE,
		      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ck_assert(n_runs != MAP_FAILED);
	at_work = n_runs + 1;
	at_work_max = at_work + 1;
	ck_assert_ptr_nonnull(mkdtemp(name));
	root = arena_strdup(a, name);
}

static void teardown(void)
{
	ck_assert_int_eq(system(arena_printf(a, "rm -rf '%s'", root)), 0);
	arena_free(a);
}

static struct pool_test script_file(const char *name, const char *text)
{
	static const char id[] = "x[ipv4]@fake";
	struct pool_test t = { .id = id, .title = "A title", .path = arena_printf(a, "%s/%s.pkt", root, name) };
	FILE *f = fopen(t.path, "w");

	ck_assert_ptr_nonnull(f);
	fputs(text, f);
	fclose(f);
	run_config_defaults(&t.config);
	return t;
}

static struct pool_test script(const char *text)
{
	return script_file("x", text);
}

static void fill_passing(struct pool_test t[TESTS_MAX])
{
	t[0] = script("0 `pass`\n");
	for (size_t i = 1; i < TESTS_MAX; i++)
		t[i] = t[0];
}

static void all_have_passed(void)
{
	ck_assert_uint_eq(n_records, TESTS_MAX);
	for (size_t i = 0; i < TESTS_MAX; i++)
		ck_assert_str_eq(verdict_name[record[i].verdict], "pass");
}

static struct pool_options options(void)
{
	return (struct pool_options){ .stack = &fake_stack, .jobs = 1, .done = on_done };
}

static const struct {
	const char *text;
	enum verdict verdict;
	const char *reason;        /* how it begins */
	uint32_t retries;
	int runs;
} outcome[] = {
	{ "0 `pass`\n", VERDICT_PASS, "", 0, 1 },
	{ "0 `fail`\n", VERDICT_FAIL, "line 1: the command failed", 0, 1 },
	{ "0 `die`\n", VERDICT_CRASH, "the worker was killed by signal 9 (", 0, 1 },
	{ "0 `exit`\n", VERDICT_CRASH, "the worker ended with status 7 and no result", 0, 1 },
	{ "0 `hang`\n", VERDICT_TIMEOUT, "did not end itself when its 0.1 s were up, and was killed after 2.", 0, 1 },
	{ "0 `late 1`\n", VERDICT_PASS, "", 1, 2 },
	{ "0 `late 2`\n", VERDICT_PASS, "", 2, 3 },
	{ "0 `late 9`\n", VERDICT_INCONCLUSIVE, "the capture lost packets", 2, 3 },
	/* A late stack on a busy machine is believed when it is late at the same line each time. */
	{ "0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3\n+0...0.1 listen(3, 1) = 0\n", VERDICT_FAIL,
	  "line 2: listen() returned 900.000 ms too late", 2, 3 },
	{ "0...0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3\n+0...0.1 close(3) = 0\n",
	  VERDICT_INCONCLUSIVE, "line 2: close() returned 900.000 ms too late", 2, 3 },
	/* So is an assertion about times, where a host has kept the processors. */
	{ "0 `steal`\n+0 < . 1:1(0) ack 1 win 9 as p\n+0 assert p.time > 99s\n", VERDICT_FAIL,
	  "line 3: p.time > 99s is false", 2, 3 },
	{ "0 `steal`\n+0 < . 1:1(0) ack 1 win 9 as p\n+0 assert p.win > 99\n", VERDICT_FAIL,
	  "line 3: p.win > 99 is false", 0, 1 },
	{ "0 `pass`\n+0 < . 1:1(0) ack 1 win 9 as p\n+0 assert p.time > 99s\n", VERDICT_FAIL,
	  "line 3: p.time > 99s is false", 0, 1 },
	{ "--mtu=666\n0 `pass`\n", VERDICT_ENVIRONMENT, "no such machine", 0, 0 },
	{ "0 nonsense(\n", VERDICT_ERROR, "", 0, 0 },
	{ "//! needs: kernal\n0 `pass`\n", VERDICT_ERROR, "unknown need 'kernal'", 0, 0 },
	{ "//! needs: tool:no-such\n0 `pass`\n", VERDICT_SKIP, "needs the program 'no-such'", 0, 0 },
	{ "//! needs: kernel>=99\n0 `pass`\n", VERDICT_PASS, "", 0, 1 },
	{ "--dry_run\n0 `fail`\n", VERDICT_PASS, "", 0, 0 },
};

/* Each run that was put aside is known with what it came to. */
static uint32_t n_before(const struct test_record *rec)
{
	uint32_t n = 0;

	for (rec = rec->before; rec; rec = rec->before, n++) {
		ck_assert_int_eq(rec->verdict, VERDICT_INCONCLUSIVE);
		ck_assert_str_ne(rec->reason, "");
	}
	return n;
}

START_TEST(every_end_has_its_verdict)
{
	struct pool_options opt = options();
	struct pool_test t = script(outcome[_i].text);

	if (outcome[_i].verdict == VERDICT_TIMEOUT)
		opt.timeout_us = 100000;
	ck_assert_int_eq(pool_run(a, &t, 1, &opt), 0);
	ck_assert_uint_eq(n_records, 1);
	ck_assert_str_eq(verdict_name[record[0].verdict], verdict_name[outcome[_i].verdict]);
	ck_assert_msg(strncmp(record[0].reason, outcome[_i].reason, strlen(outcome[_i].reason)) == 0,
		      "reason is '%s'", record[0].reason);
	ck_assert_uint_eq(record[0].retries, outcome[_i].retries);
	ck_assert_uint_eq(n_before(&record[0]), outcome[_i].retries);
	ck_assert_int_eq(*n_runs, outcome[_i].runs);
	ck_assert_str_eq(record[0].id, "x[ipv4]@fake");
	ck_assert_str_eq(record[0].stack, "fake");
	ck_assert_str_eq(record[0].title, "A title");
	ck_assert_str_eq(record[0].variant, "ipv4");
}
END_TEST

START_TEST(a_script_may_choose_its_variant)
{
	struct pool_options opt = options();
	struct pool_test t = script("--ip_version=ipv6\n0 `pass`\n");

	ck_assert_int_eq(pool_run(a, &t, 1, &opt), 0);
	ck_assert_str_eq(verdict_name[record[0].verdict], "pass");
	ck_assert_str_eq(record[0].variant, "ipv6");
}
END_TEST

/* What just passed has no record that is sent. */
START_TEST(what_passed_is_known_as_well)
{
	struct pool_options opt = options();
	struct pool_test t[2] = { script_file("0", "0 `work`\n"), script_file("1", "0 `pass`\n") };

	opt.seed = 77;
	t[1].time = 2;
	ck_assert_int_eq(pool_run(a, t, 2, &opt), 0);
	ck_assert_int_ge(record[0].wall_us, 20000);
	ck_assert_int_lt(record[1].wall_us, record[0].wall_us);
	for (size_t i = 0; i < 2; i++) {
		ck_assert_uint_eq(record[i].seed, 77 + t[i].time);
		ck_assert_str_eq(record[i].title, "A title");
		ck_assert_str_eq(record[i].variant, "ipv4");
	}
}
END_TEST

START_TEST(output_of_a_worker_is_kept_but_bounded)
{
	struct pool_options opt = options();
	struct pool_test t = script("0 `flood`\n");

	ck_assert_int_eq(pool_run(a, &t, 1, &opt), 0);
	ck_assert_int_eq(record[0].verdict, VERDICT_FAIL);
	ck_assert_ptr_nonnull(strstr(record[0].output, "line 1\n"));
	ck_assert_ptr_nonnull(strstr(record[0].output, "more bytes of output not kept"));
	ck_assert_uint_lt(strlen(record[0].output), 70000);
}
END_TEST

/* What one that passed has printed is nobody's, and each that fails has its own. */
START_TEST(output_is_that_of_the_test_that_printed_it)
{
	static const char *const text[] = { "0 `print`\n", "0 `print, fail`\n", "0 `fail`\n" };
	struct pool_options opt = options();
	struct pool_test t[TESTS_MAX];

	for (size_t i = 0; i < TESTS_MAX; i++)
		t[i] = script_file(arena_printf(a, "%zu", i), text[i % ARRAY_LEN(text)]);
	ck_assert_int_eq(pool_run(a, t, TESTS_MAX, &opt), 0);
	ck_assert_uint_eq(n_records, TESTS_MAX);
	for (size_t i = 0; i < TESTS_MAX; i++)
		ck_assert_str_eq(record[i].output, i % ARRAY_LEN(text) == 1
				 ? arena_printf(a, "printed by %zu\n", i + 1) : "");
}
END_TEST

START_TEST(many_run_in_any_number_of_slots)
{
	struct pool_options opt = options();
	struct pool_test t[TESTS_MAX];

	fill_passing(t);
	opt.jobs = (unsigned int)_i;
	ck_assert_int_eq(pool_run(a, t, TESTS_MAX, &opt), 0);
	all_have_passed();
}
END_TEST

/* Where fewer files may be open than that many slots need, there are fewer. */
START_TEST(slots_are_as_many_as_files_may_be_open)
{
	struct pool_options opt = options();
	struct pool_test t[TESTS_MAX];
	struct rlimit before, few;

	fill_passing(t);
	ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &before), 0);
	few = before;
	few.rlim_cur = 40;
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &few), 0);
	opt.jobs = TESTS_MAX;
	opt.total_timeout_us = 2000000;
	ck_assert_int_eq(pool_run(a, t, TESTS_MAX, &opt), 0);
	setrlimit(RLIMIT_NOFILE, &before);
	all_have_passed();
}
END_TEST

/* As on_done(), and from then on poll() refuses to look at as many descriptors as there are. */
static bool on_done_allow_few_files(void *ctx, const struct pool_test *test,
				    const struct test_record *rec)
{
	struct rlimit few;

	getrlimit(RLIMIT_NOFILE, &few);
	few.rlim_cur = 1;
	setrlimit(RLIMIT_NOFILE, &few);
	return on_done(ctx, test, rec);
}

START_TEST(nothing_is_lost_when_poll_fails)
{
	struct pool_options opt = options();
	struct pool_test t[TESTS_MAX];
	struct rlimit before;

	fill_passing(t);
	opt.done = on_done_allow_few_files;
	ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &before), 0);
	ck_assert_int_eq(pool_run(a, t, TESTS_MAX, &opt), 0);
	setrlimit(RLIMIT_NOFILE, &before);
	all_have_passed();
}
END_TEST

/* The death of a worker that plays many is the fault of one test, and all others are run all the same. */
START_TEST(each_of_many_has_its_own_verdict)
{
	static const struct {
		const char *text;
		enum verdict verdict;
	} kinds[] = {
		{ "0 `pass`\n", VERDICT_PASS }, { "0 `die`\n", VERDICT_CRASH },
		{ "0 `fail`\n", VERDICT_FAIL }, { "0 nonsense(\n", VERDICT_ERROR },
		{ "0 `exit`\n", VERDICT_CRASH }, { "--dry_run\n0 `die`\n", VERDICT_PASS },
		{ "0 `flood`\n", VERDICT_FAIL },
	};
	struct pool_options opt = options();
	struct pool_test t[TESTS_MAX];
	bool is_seen[TESTS_MAX] = { false };

	for (size_t i = 0; i < TESTS_MAX; i++) {
		t[i] = script_file(arena_printf(a, "%zu", i), kinds[i % ARRAY_LEN(kinds)].text);
		t[i].id = arena_printf(a, "%zu", i);
	}
	opt.jobs = (unsigned int)_i;
	ck_assert_int_eq(pool_run(a, t, TESTS_MAX, &opt), 0);
	ck_assert_uint_eq(n_records, TESTS_MAX);
	for (size_t i = 0; i < TESTS_MAX; i++) {
		size_t index = strtoul(record[i].id, NULL, 10);
		size_t kind = index % ARRAY_LEN(kinds);

		ck_assert(!is_seen[index]);
		is_seen[index] = true;
		ck_assert_int_eq(record[i].verdict, kinds[kind].verdict);
		ck_assert_int_eq(strstr(record[i].output, "line 1\n") != NULL,
				 strstr(kinds[kind].text, "flood") != NULL);
	}
}
END_TEST

/* As on_done(), and from then on no worker can be had. */
static bool on_done_take_all_files(void *ctx, const struct pool_test *test,
				   const struct test_record *rec)
{
	struct rlimit l;

	ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &l), 0);
	l.rlim_cur = 0;
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &l), 0);
	return on_done(ctx, test, rec);
}

/* Those that a dead worker could have played have a verdict. */
START_TEST(none_is_lost_when_no_worker_can_be_had)
{
	struct pool_options opt = options();
	struct pool_test t[TESTS_MAX];
	struct rlimit before;

	getrlimit(RLIMIT_NOFILE, &before);
	for (size_t i = 0; i < TESTS_MAX; i++)
		t[i] = script_file(arena_printf(a, "%zu", i), i ? "0 `pass`\n" : "0 `die`\n");
	opt.done = on_done_take_all_files;
	ck_assert_int_eq(pool_run(a, t, TESTS_MAX, &opt), 0);
	setrlimit(RLIMIT_NOFILE, &before);
	ck_assert_uint_eq(n_records, TESTS_MAX);
	ck_assert_int_eq(record[0].verdict, VERDICT_CRASH);
	for (size_t i = 1; i < TESTS_MAX; i++)
		ck_assert_str_eq(verdict_name[record[i].verdict], "environment");
}
END_TEST

/* Those that are played meanwhile are not told of, on one slot or more. */
START_TEST(whoever_takes_the_records_can_end_the_run)
{
	struct pool_options opt = options();
	struct pool_test t[TESTS_MAX];

	for (size_t i = 0; i < TESTS_MAX; i++) {
		t[i] = script("0 `fail`\n");
		t[i].id = arena_printf(a, "%zu", i);
	}
	n_wanted = 3;
	opt.jobs = (unsigned int)_i;
	ck_assert_int_eq(pool_run(a, t, TESTS_MAX, &opt), 0);
	ck_assert_uint_eq(n_records, 3);
	for (size_t i = 0; i < n_records; i++)
		ck_assert_uint_eq(strtoul(record[i].id, NULL, 10), i);
}
END_TEST

/* Neither the one that is played when the time is up nor those behind it have a verdict; what was to be
 * tried again is told as it is. */
START_TEST(the_whole_run_has_its_time)
{
	struct pool_options opt = options();
	struct pool_test t[3];

	t[0] = script_file("0", "0 `late 9`\n");
	t[1] = script_file("1", "0 `hang`\n");
	t[2] = script_file("2", "0 `pass`\n");
	opt.total_timeout_us = 200000;
	ck_assert_int_eq(pool_run(a, t, 3, &opt), -ERR_TIMEOUT);
	ck_assert_uint_eq(n_records, 1);
	ck_assert_int_eq(record[0].verdict, VERDICT_INCONCLUSIVE);
	ck_assert_uint_eq(record[0].retries, 0);
	ck_assert_msg(strstr(record[0].reason, "; the run ended before it was run again") != NULL,
		      "%s", record[0].reason);
}
END_TEST

static size_t n_ticks;

static void on_tick(void *ctx, size_t n_running)
{
	(void)ctx;
	ck_assert_uint_eq(n_running, 1);
	n_ticks++;
}

/* Though it is looked for results every few milliseconds. */
START_TEST(whoever_watches_is_told_a_few_times_a_second)
{
	struct pool_options opt = options();
	struct pool_test t = script("0 `hang`\n");

	n_ticks = 0;
	opt.tick = on_tick;
	opt.total_timeout_us = 500000;
	ck_assert_int_eq(pool_run(a, &t, 1, &opt), -ERR_TIMEOUT);
	ck_assert_uint_ge(n_ticks, 1);
	ck_assert_uint_le(n_ticks, 3);
}
END_TEST

/* On a real clock, what can be put off is done by as many at once as there are processors. */
START_TEST(set_up_and_cleanup_share_the_processors)
{
	static const char *const text[] = { "`work`\n0 `pass`\n", "0 `pass`\n`work`\n" };
	struct pool_options opt = options();
	struct pool_test t[TESTS_MAX];

	t[0] = script(text[_i]);
	for (size_t i = 1; i < TESTS_MAX; i++)
		t[i] = t[0];
	opt.stack = &fake_system;
	opt.jobs = TESTS_MAX;
	ck_assert_int_eq(pool_run(a, t, TESTS_MAX, &opt), 0);
	all_have_passed();
	ck_assert_int_eq(*n_runs, 2 * TESTS_MAX);
	ck_assert_int_ge(*at_work_max, 1);
	ck_assert_int_le(*at_work_max, (int)processors_count());
}
END_TEST

START_TEST(a_set_up_that_waits_stops_nobody)
{
	struct pool_options opt = options();
	size_t n = processors_count();
	struct pool_test *t = ARENA_ARRAY(a, struct pool_test, n + 1);

	if (n >= TESTS_MAX)
		return;
	for (size_t i = 0; i < n; i++)
		t[i] = script_file("hangs", "`hang`\n0 `pass`\n");
	t[n] = script_file("passes", "0 `pass`\n");
	opt.stack = &fake_system;
	opt.jobs = (unsigned int)n + 1;
	opt.timeout_us = 1000000;
	ck_assert_int_eq(pool_run(a, t, n + 1, &opt), 0);
	ck_assert_uint_eq(n_records, n + 1);
	ck_assert_int_eq(record[0].verdict, VERDICT_PASS);
	ck_assert_int_eq(record[n].verdict, VERDICT_TIMEOUT);
}
END_TEST

START_TEST(a_test_works_in_the_folder_of_its_script)
{
	struct pool_options opt = options();
	struct pool_test t = script("0 `folder`\n");
	FILE *f = fopen(arena_printf(a, "%s/beside", root), "w");

	ck_assert_ptr_nonnull(f);
	fclose(f);
	opt.in_script_folder = _i == 1;
	ck_assert_int_eq(pool_run(a, &t, 1, &opt), 0);
	ck_assert_int_eq(record[0].verdict, _i == 1 ? VERDICT_PASS : VERDICT_FAIL);
}
END_TEST

/* A child tells us by a signal to stop while the only test hangs. */
START_TEST(a_signal_ends_the_run)
{
	struct pool_options opt = options();
	struct pool_test t = script("0 `hang`\n");
	struct timespec soon = { 0, 200 * MS_NS };
	pid_t parent = getpid(), child = fork();

	if (child == 0) {
		nanosleep(&soon, NULL);
		kill(parent, SIGTERM);
		_exit(0);
	}
	ck_assert_int_eq(pool_run(a, &t, 1, &opt), SIGTERM);
	ck_assert_uint_eq(n_records, 0);
	waitpid(child, NULL, 0);
	while (waitpid(-1, NULL, 0) > 0)
		continue;
}
END_TEST

int main(void)
{
	Suite *s = suite_create("pool");
	TCase *t = tcase_create("pool");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_loop_test(t, every_end_has_its_verdict, 0, (int)ARRAY_LEN(outcome));
	tcase_add_test(t, a_script_may_choose_its_variant);
	tcase_add_test(t, what_passed_is_known_as_well);
	tcase_add_test(t, output_of_a_worker_is_kept_but_bounded);
	tcase_add_test(t, output_is_that_of_the_test_that_printed_it);
	tcase_add_loop_test(t, many_run_in_any_number_of_slots, 1, 5);
	tcase_add_test(t, slots_are_as_many_as_files_may_be_open);
	tcase_add_test(t, nothing_is_lost_when_poll_fails);
	tcase_add_loop_test(t, each_of_many_has_its_own_verdict, 1, 4);
	tcase_add_test(t, none_is_lost_when_no_worker_can_be_had);
	tcase_add_loop_test(t, whoever_takes_the_records_can_end_the_run, 1, 4);
	tcase_add_test(t, the_whole_run_has_its_time);
	tcase_add_test(t, whoever_watches_is_told_a_few_times_a_second);
	tcase_add_loop_test(t, set_up_and_cleanup_share_the_processors, 0, 2);
	tcase_add_test(t, a_set_up_that_waits_stops_nobody);
	tcase_add_loop_test(t, a_test_works_in_the_folder_of_its_script, 0, 2);
	tcase_add_test(t, a_signal_ends_the_run);
	suite_add_tcase(s, t);
	return unit_run(s);
}
