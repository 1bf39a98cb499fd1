/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The program for python3. The interpreter is python3 itself where there is one; the rest uses
 * /bin/sh in its place, which every machine has.
 */
#include "run/pycode.h"

#include <check.h>
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/util.h"
#include "target/target.h"
#include "unit.h"

static struct arena *arena;

static void setup(void)
{
	arena = arena_new();
}

static void teardown(void)
{
	arena_free(arena);
}

static int64_t in_ms(int64_t ms)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000000000 + ts.tv_nsec + ms * 1000000;
}

static bool has_python(void)
{
	return system("python3 -c pass >/dev/null 2>&1") == 0;
}

static unsigned int open_fds(void)
{
	DIR *dir = opendir("/proc/self/fd");
	unsigned int n = 0;

	ck_assert_ptr_nonnull(dir);
	while (readdir(dir))
		n++;
	closedir(dir);
	return n;
}

/* Runs @text, which stands at script line @line; nothing may be left behind. */
static int run_text(const char *interpreter, const char *text, uint32_t line, int64_t ms,
		    struct pycode_failure *f)
{
	static const struct target_info info[] = { { "tcpi_snd_cwnd", 10 }, { "tcpi_max_pacing_rate", -1 } };
	struct pycode *p = pycode_new(arena);
	unsigned int before = open_fds();
	int rc;

	pycode_add(p, info, ARRAY_LEN(info), text, strlen(text), line);
	rc = pycode_run(p, interpreter, ms * INT64_C(1000000), f, arena);
	ck_assert_uint_eq(open_fds(), before);
	ck_assert_int_eq(waitpid(-1, NULL, WNOHANG), -1);
	ck_assert_int_eq(errno, ECHILD);
	return rc;
}

static const struct {
	const char *text;
	int rc;
	uint32_t line;             /* the block stands at line 40 */
	const char *message, *output;
} python_rows[] = {
	{ "print(tcpi_snd_cwnd, tcpi_max_pacing_rate, TCP_CLOSE_WAIT, TCP_CA_Loss, TCPI_OPT_ECN)", 0, 0, "",
	  "10 18446744073709551615 8 4 8\n" },
	{ "import sys\nsys.exit(0)", 0, 0, "", "" },
	{ "import sys\nsys.exit(3)", 1, 0, "python3 ended with status 3", "" },
	{ "import os, signal\nos.kill(os.getpid(), signal.SIGTERM)", 1, 0,
	  "python3 was killed by signal 15", "" },
	{ "for i in range(2):\n  print(i)\nassert tcpi_snd_cwnd == 12, 'cwnd=%d' % tcpi_snd_cwnd",
	  1, 42, "AssertionError: cwnd=10",
	  "0\n1\nTraceback (most recent call last):\n  script line 42, in <module>\n    "
	  "assert tcpi_snd_cwnd == 12, 'cwnd=%d' % tcpi_snd_cwnd\n" },
	{ "def f():\n  1/0\n\nf()", 1, 41, "ZeroDivisionError: division by zero",
	  "Traceback (most recent call last):\n  script line 43, in <module>\n    f()\n  "
	  "script line 41, in f\n" },
	{ "x = 1\nx = = 2", 1, 41, "SyntaxError: invalid syntax", "  script line 41\n" },
	{ "import os\nprint(sorted(os.environ)[:0], os.environ['PYTHONDONTWRITEBYTECODE'])",
	  0, 0, "", "[] 1\n" },
	{ "import sys\nprint(repr(sys.stdin.read()))", 0, 0, "", "''\n" },
};

START_TEST(python_runs_blocks)
{
	struct pycode_failure f;

	if (!has_python())
		return;
	ck_assert_int_eq(run_text("python3", python_rows[_i].text, 40, 20000, &f),
			 python_rows[_i].rc);
	ck_assert_uint_eq(f.line, python_rows[_i].line);
	ck_assert_str_eq(f.message, python_rows[_i].message);
	ck_assert_msg(strncmp(f.output, python_rows[_i].output,
			      strlen(python_rows[_i].output)) == 0, "%s", f.output);
}
END_TEST

START_TEST(blocks_share_one_program)
{
	static const struct target_info first = { "tcpi_x", 1 }, second = { "tcpi_x", 2 };
	struct pycode *p = pycode_new(arena);
	struct pycode_failure f;

	if (!has_python())
		return;
	pycode_add(p, &first, 1, "base = tcpi_x", 13, 10);
	pycode_add(p, NULL, 0, "print(base)\n\n", 13, 20);
	pycode_add(p, &second, 1, "print(base)\nassert base == tcpi_x", 33, 30);
	ck_assert_int_eq(pycode_run(p, "python3", INT64_C(20000000000), &f, arena), 1);
	ck_assert_uint_eq(f.line, 31);
	ck_assert_str_eq(f.message, "AssertionError");
	ck_assert_int_eq(strncmp(f.output, "1\n1\n", 4), 0);
}
END_TEST

START_TEST(a_missing_interpreter_is_named)
{
	struct pycode_failure f;

	ck_assert_int_eq(run_text("/nonexistent/python3 -B", "pass", 1, 5000, &f), -ERR_ENVIRONMENT);
	ck_assert_str_eq(f.message, "cannot run /nonexistent/python3 -B: No such file or directory");
	ck_assert_int_eq(run_text("", "pass", 1, 5000, &f), -ERR_ENVIRONMENT);
}
END_TEST

/* The shell takes the assignments for commands it does not know; then comes the text. */
static const struct {
	const char *text;
	int rc;
} shell_rows[] = {
	{ "exit 0", 0 },
	{ "exit 7", 1 },
	{ "exec >&- 2>&-; exit 0", 0 },
	{ "sleep 1000 & exit 0", 0 },
	{ "sleep 1000", -ERR_TIMEOUT },
	{ "exec >&- 2>&-; sleep 1000", -ERR_TIMEOUT },
	{ "trap '' TERM HUP INT; sleep 1000 & sleep 1000; sleep 1000", -ERR_TIMEOUT },
	{ "while :; do echo yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy; done",
	  -ERR_TIMEOUT },
};

START_TEST(ends_in_time_with_its_children)
{
	struct pycode_failure f;
	const char *text = arena_printf(arena, "echo $$; %s", shell_rows[_i].text);
	int64_t before = in_ms(0);

	ck_assert_int_eq(run_text("sh", text, 1, shell_rows[_i].rc < 0 ? 300 : 10000, &f),
			 shell_rows[_i].rc);
	ck_assert_int_lt(in_ms(0) - before, 8000000000);
	ck_assert_uint_le(strlen(f.output), 64 * 1024);
	if (shell_rows[_i].rc < 0)
		ck_assert_str_eq(f.message, "sh did not end in time");
}
END_TEST

/* Whether a process of the group lives; killed ones may still wait for init to reap them. */
static bool group_lives(long group)
{
	DIR *dir = opendir("/proc");
	bool lives = false;

	ck_assert_ptr_nonnull(dir);
	for (struct dirent *entry; (entry = readdir(dir)) != NULL;) {
		char line[512] = "", state = 'Z';
		long pgrp = 0;
		const char *rest;
		FILE *f = fopen(arena_printf(arena, "/proc/%s/stat", entry->d_name), "r");

		if (!f)
			continue;
		if (fgets(line, sizeof(line), f) && (rest = strrchr(line, ')')) != NULL &&
		    sscanf(rest, ") %c %*d %ld", &state, &pgrp) == 2 && pgrp == group)
			lives |= state != 'Z' && state != 'X';
		fclose(f);
	}
	closedir(dir);
	return lives;
}

START_TEST(the_group_is_gone)
{
	struct pycode_failure f;
	const char *own = "own group is ", *at;
	long group;

	ck_assert_int_eq(run_text("sh", "sleep 1000 & sleep 1000 & echo own group is $$", 1, 10000,
				  &f), 0);
	at = strstr(f.output, own);
	ck_assert_ptr_nonnull(at);
	group = strtol(at + strlen(own), NULL, 10);
	ck_assert_int_gt(group, 1);
	ck_assert_int_ne(group, getpgrp());
	ck_assert(group_lives(getpgrp()));
	for (int i = 0; i < 200 && group_lives(group); i++) {
		struct timespec nap = { 0, 10000000 };

		nanosleep(&nap, NULL);
	}
	ck_assert(!group_lives(group));
}
END_TEST

START_TEST(the_end_of_much_output_is_kept)
{
	struct pycode_failure f;

	ck_assert_int_eq(run_text("sh", "i=0; while [ $i -lt 9000 ]; do "
				  "echo line number $i of many; i=$((i + 1)); done; "
				  "echo the end; exit 1", 1, 20000, &f), 1);
	ck_assert_uint_eq(strlen(f.output), 64 * 1024);
	ck_assert_ptr_nonnull(strstr(f.output, "number 8999 of many\nthe end\n"));
	ck_assert_ptr_null(strstr(f.output, "number 10 "));
	ck_assert_str_eq(f.message, "sh ended with status 1");
}
END_TEST

int main(void)
{
	Suite *s = suite_create("pycode");
	TCase *tc = tcase_create("all");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_set_timeout(tc, 60);
	tcase_add_loop_test(tc, python_runs_blocks, 0, ARRAY_LEN(python_rows));
	tcase_add_test(tc, blocks_share_one_program);
	tcase_add_test(tc, a_missing_interpreter_is_named);
	tcase_add_loop_test(tc, ends_in_time_with_its_children, 0, ARRAY_LEN(shell_rows));
	tcase_add_test(tc, the_group_is_gone);
	tcase_add_test(tc, the_end_of_much_output_is_kept);
	suite_add_tcase(s, tc);
	return unit_run(s);
}
