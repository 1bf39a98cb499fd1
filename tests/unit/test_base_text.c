/* SPDX-License-Identifier: BSD-2-Clause */
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/duration.h"
#include "base/err.h"
#include "base/file.h"
#include "base/printable.h"
#include "base/shell.h"
#include "base/util.h"
#include "unit.h"

/* A word, and how a shell is told of it. */
static const struct {
	const char *word, *told;
} word_case[] = {
	{ "a/b-1.pkt", " a/b-1.pkt" },
	{ "", " ''" },
	{ "two words", " 'two words'" },
	{ "it's", " 'it'\\''s'" },
	{ "$HOME `x` \\", " '$HOME `x` \\'" },
	{ "~", " '~'" },
	{ "[two]*", " '[two]*'" },
	{ "caf\xc3\xa9", " 'caf\xc3\xa9'" },
	{ "a\nb", " $'a\\012b'" },
	{ "\x1b[31m'\\", " $'\\033[31m\\'\\\\'" },
	{ "latin\xe4" "9", " $'latin\\3449'" },
	{ "\xe2\x80\xae", " $'\\342\\200\\256'" },
};

START_TEST(words_for_a_shell)
{
	struct buf out = { 0 };

	shell_add_word(&out, word_case[_i].word);
	ck_assert_str_eq(buf_str(&out), word_case[_i].told);
	buf_fini(&out);
}
END_TEST

static const struct {
	int64_t us;
	const char *text;
} duration_case[] = {
	{ 0, "0.0 ms" },
	{ 4000, "4.0 ms" },
	{ 60, "0.06 ms" },
	{ 66, "0.066 ms" },
	{ 62500, "62.5 ms" },
	{ 9100, "9.1 ms" },
	{ 100, "0.1 ms" },
	{ 10000000, "10000.0 ms" },
	{ 12345678, "12345.678 ms" },
	{ -1500, "-1.5 ms" },
};

START_TEST(durations_compare_as_they_read)
{
	ck_assert_str_eq(duration_ms(duration_case[_i].us).text, duration_case[_i].text);
}
END_TEST

START_TEST(lines_stay_lines)
{
	struct buf out = { 0 };

	printable_add_line(&out, "a\nb\tc\x1b\xff \xc3\xa9");
	ck_assert_str_eq(buf_str(&out), "a\\x0ab\\x09c\\x1b\\xff \xc3\xa9");
	buf_fini(&out);
}
END_TEST

/* More than a pipe holds, so that the system takes it in pieces. */
START_TEST(all_is_written)
{
	enum { N = 1 << 20 };
	char *data = malloc(N);
	int fd[2], status;
	size_t n = 0;
	pid_t pid;

	ck_assert_ptr_nonnull(data);
	memset(data, 'x', N);
	ck_assert_int_eq(pipe(fd), 0);
	pid = fork();
	if (pid == 0) {
		char block[5000];
		ssize_t got;

		close(fd[1]);
		while ((got = read(fd[0], block, sizeof(block))) > 0)
			n += (size_t)got;
		_exit(n == N ? 0 : 1);
	}
	close(fd[0]);
	ck_assert_int_eq(file_write(fd[1], data, N), 0);
	close(fd[1]);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(status, 0);
	free(data);
}
END_TEST

START_TEST(what_cannot_be_written_is_told)
{
	int fd = open("/dev/null", O_RDONLY);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(file_write(fd, "x", 1), -ERR_IO);
	ck_assert_int_eq(errno, EBADF);
	ck_assert_int_eq(file_write(fd, NULL, 0), 0);
	close(fd);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("base-text");
	TCase *tc = tcase_create("base-text");

	tcase_add_loop_test(tc, words_for_a_shell, 0, (int)ARRAY_LEN(word_case));
	tcase_add_loop_test(tc, durations_compare_as_they_read, 0, (int)ARRAY_LEN(duration_case));
	tcase_add_test(tc, lines_stay_lines);
	tcase_add_test(tc, all_is_written);
	tcase_add_test(tc, what_cannot_be_written_is_told);
	suite_add_tcase(s, tc);
	return unit_run(s);
}
