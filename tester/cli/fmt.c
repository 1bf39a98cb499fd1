/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/diag.h"
#include "base/err.h"
#include "base/file.h"
#include "cli/cli.h"
#include "grammar/parse.h"
#include "script/opening.h"
#include "script/plan.h"
#include "suite/suite.h"

enum { EXIT_WOULD_CHANGE = 1, EXIT_BAD = EXIT_USAGE };

static bool read_stdin(struct arena *a, struct source *src)
{
	struct buf text = { 0 };
	char chunk[16384];
	size_t n;

	while ((n = fread(chunk, 1, sizeof(chunk), stdin)) > 0 && text.len <= SOURCE_MAX_BYTES)
		buf_add(&text, chunk, n);
	if (text.len > SOURCE_MAX_BYTES) {
		buf_fini(&text);
		return false;
	}
	source_from_text(a, "<stdin>", buf_str(&text), text.len, src);
	buf_fini(&text);
	return true;
}

/* The opening that @src asks for; false when it asks for none, or after errors in @d. */
static bool find_opening(struct arena *a, const struct source *src, struct opening *o,
			 struct diags *d)
{
	const struct meta_opening *asked = metadata_opening(a, src);

	return asked && opening_find(a, src, asked, o, d) == 0;
}

/* What a case or an opening defines may stand where the grammar wants a number: any case will do. */
static const struct definition *definitions(struct arena *a, const struct source *src)
{
	const struct definition *defs;
	struct metadata header;
	struct opening o;
	struct diags silent;

	diags_init(&silent, a, src);
	if (metadata_read(a, src, &header, &silent) < 0)
		return NULL;
	defs = plan_definitions(a, header.cases, NULL);
	return find_opening(a, src, &o, &silent) ? opening_definitions(a, &o, defs) : defs;
}

/* The text that is to be printed: as it is, or with the events of its opening. */
static const struct source *expanded(struct cli *c, struct arena *a, const struct source *src,
				     struct diags *d)
{
	struct opening o;
	struct source *both;

	if (!c->expand || !find_opening(a, src, &o, d))
		return d->n_errors ? NULL : src;
	both = ARENA_NEW(a, struct source);
	opening_expand(a, src, &o, both);
	d->src = both;
	return both;
}

/* The canonical text of @src; false after its errors were printed. */
static bool canonical(struct cli *c, struct arena *a, const struct source *src, struct buf *out)
{
	const struct source *whole;
	struct buf text = { 0 };
	struct ast_script *s;
	struct diags d;

	diags_init(&d, a, src);
	whole = expanded(c, a, src, &d);
	s = whole ? grammar_parse(a, whole, definitions(a, whole), &d) : NULL;
	diags_render(&d, &text);
	fputs(buf_str(&text), stderr);
	buf_fini(&text);
	if (!s)
		return false;
	grammar_print(s, out);
	return true;
}

/* Beside the file and then in its place: nobody ever sees half of it. */
static int replace(struct cli *c, const char *path, const struct buf *text)
{
	char *beside = arena_printf(c->arena, "%s.XXXXXX", path);
	struct stat st;
	int fd, ok;

	if (stat(path, &st) < 0 || (fd = mkostemp(beside, O_CLOEXEC)) < 0)
		goto fail;
	ok = file_write(fd, text->data, text->len) == 0 && fchmod(fd, st.st_mode & 07777) == 0;
	ok = close(fd) == 0 && ok;
	if (ok && rename(beside, path) == 0)
		return 0;
	unlink(beside);
fail:
	cli_error(c, "cannot write '%s': %s", path, strerror(errno));
	return -ERR_IO;
}

/* diff(1) knows how to show changes; it is given the new text through a pipe. */
static int show_diff(struct cli *c, const char *path, const struct buf *text)
{
	int fd[2], status = 0;
	pid_t pid;

	fflush(stdout);
	if (pipe2(fd, O_CLOEXEC) < 0 || (pid = fork()) < 0) {
		cli_error(c, "cannot run diff: %s", strerror(errno));
		return -ERR_IO;
	}
	if (pid == 0) {
		dup2(fd[0], STDIN_FILENO);
		execlp("diff", "diff", "-u", "--", path, "-", (char *)NULL);
		_exit(127);
	}
	close(fd[0]);
	file_write(fd[1], text->data, text->len);
	close(fd[1]);
	waitpid(pid, &status, 0);
	if (WIFEXITED(status) && WEXITSTATUS(status) < 2)
		return 0;
	cli_error(c, "cannot show the changes: the program diff is missing or failed");
	return -ERR_IO;
}

static int print(const struct buf *text)
{
	return fwrite(text->data, 1, text->len, stdout) == text->len ? 0 : EXIT_BAD;
}

static int fmt_one(struct cli *c, const struct source *src, bool is_stdin)
{
	struct arena *a = arena_new();
	struct buf text = { 0 };
	int status = 0;
	bool differs;

	if (!canonical(c, a, src, &text)) {
		status = EXIT_BAD;
		goto out;
	}
	differs = text.len != src->len || memcmp(buf_str(&text), src->text, text.len) != 0;
	if (c->only_check && differs)
		puts(src->path);
	if (c->diff && differs && !is_stdin && show_diff(c, src->path, &text) < 0)
		status = EXIT_BAD;
	if (c->in_place && differs && !is_stdin && replace(c, src->path, &text) < 0)
		status = EXIT_BAD;
	if (is_stdin ? !c->only_check : !c->only_check && !c->diff && !c->in_place)
		status = print(&text);
	if (c->only_check && differs && !status)
		status = EXIT_WOULD_CHANGE;
out:
	buf_fini(&text);
	arena_free(a);
	return status;
}

static int fmt_files(struct cli *c)
{
	struct suite s = { 0 };
	int status = cli_collect(c, &s);

	if (status)
		return status;
	for (size_t i = 0; i < s.n_scripts; i++) {
		int one;

		if (!s.script[i]->src.text) {
			cli_error(c, "cannot read '%s'", s.script[i]->path);
			one = EXIT_BAD;
		} else {
			one = fmt_one(c, &s.script[i]->src, false);
		}
		if (one > status)
			status = one;
	}
	return status;
}

int cmd_fmt(struct cli *c)
{
	struct source src;

	if (c->n_paths != 1 || strcmp(c->path[0], "-") != 0)
		return fmt_files(c);
	if (!read_stdin(c->arena, &src)) {
		cli_error(c, "the script is too large");
		return EXIT_BAD;
	}
	return fmt_one(c, &src, true);
}
