/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/source.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"

/*
 * The text of @fd, NUL-terminated, in the arena. A file on disk says how long it is, and less than
 * was asked for is its end; of a pipe only nothing is.
 */
static int read_all(struct arena *a, int fd, const struct stat *st, const char **text, size_t *len)
{
	size_t room = (size_t)st->st_size + 1;
	char *to = ARENA_ARRAY(a, char, room + 1);
	ssize_t n;

	for (*len = 0; *len <= SOURCE_MAX_BYTES; *len += (size_t)n) {
		if (*len == room) {
			char *more = ARENA_ARRAY(a, char, room * 2 + 1);

			memcpy(more, to, room);
			to = more;
			room *= 2;
		}
		do
			n = read(fd, to + *len, room - *len);
		while (n < 0 && errno == EINTR);
		if (n < 0)
			return -ERR_IO;
		if (n == 0 || (S_ISREG(st->st_mode) && (size_t)n < room - *len)) {
			*len += (size_t)n;
			to[*len] = '\0';
			*text = to;
			return 0;
		}
	}
	return -ERR_RANGE;
}

static void index_lines(struct arena *a, struct source *src)
{
	const char *end = src->text + src->len, *at = src->text;
	size_t cap = 0;

	*ARENA_PUSH(a, src->line_off, src->n_lines, cap, uint32_t) = 0;
	while ((at = memchr(at, '\n', (size_t)(end - at)))) {
		at++;
		*ARENA_PUSH(a, src->line_off, src->n_lines, cap, uint32_t) =
			(uint32_t)(at - src->text);
	}
}

int source_load(struct arena *a, const char *path, struct source *out)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC), rc, saved_errno;
	struct source src = { .path = arena_strdup(a, path) };
	struct stat st;

	if (fd < 0)
		return -ERR_IO;
	if (fstat(fd, &st) < 0) {
		rc = -ERR_IO;
	} else if (S_ISDIR(st.st_mode)) {
		errno = EISDIR;
		rc = -ERR_IO;
	} else if (st.st_size > SOURCE_MAX_BYTES) {
		rc = -ERR_RANGE;
	} else {
		rc = read_all(a, fd, &st, &src.text, &src.len);
	}
	if (rc == 0) {
		index_lines(a, &src);
		*out = src;
	}
	/* The caller reads errno; closing must not change it. */
	saved_errno = errno;
	close(fd);
	errno = saved_errno;
	return rc;
}

void source_from_text(struct arena *a, const char *path, const char *text, size_t len,
		      struct source *out)
{
	*out = (struct source){ .path = arena_strdup(a, path),
				.text = arena_strndup(a, text, len),
				.len = len };
	index_lines(a, out);
}

void source_insert(struct arena *a, const struct source_insert *ins, struct source *out)
{
	const struct source *outer = ins->outer, *inner = ins->inner;
	struct source_insert *kept = ARENA_NEW(a, struct source_insert);
	struct buf text = { 0 };

	*kept = *ins;
	buf_add(&text, outer->text, ins->at);
	buf_add(&text, inner->text + ins->inner_off, inner->len - ins->inner_off);
	buf_add(&text, outer->text + ins->at, outer->len - ins->at);
	*out = *outer;
	out->text = arena_strndup(a, text.data, text.len);
	out->len = text.len;
	out->insert = kept;
	buf_fini(&text);
}

struct source_origin source_origin(const struct source *src, uint32_t off)
{
	const struct source_insert *ins = src->insert;
	size_t len;

	if (!ins)
		return (struct source_origin){ src, off };
	len = ins->inner->len - ins->inner_off;
	if (off < ins->at)
		return (struct source_origin){ ins->outer, off };
	if (off - ins->at < len)
		return (struct source_origin){ ins->inner, off - ins->at + ins->inner_off };
	return (struct source_origin){ ins->outer, off - (uint32_t)len };
}

struct place source_place(const struct source *src, uint32_t off)
{
	struct source_origin from = source_origin(src, off);
	size_t lo = 0, hi = src->n_lines;

	off = src->insert && from.src == src->insert->inner ? src->insert->asked.off : from.off;
	while (hi - lo > 1) {
		size_t mid = lo + (hi - lo) / 2;

		if (src->line_off[mid] <= off)
			lo = mid;
		else
			hi = mid;
	}
	return (struct place){ (uint32_t)lo + 1, off - src->line_off[lo] + 1 };
}

const char *source_line(const struct source *src, uint32_t line, size_t *len)
{
	uint32_t from, to;

	*len = 0;
	if (src->insert)
		src = src->insert->outer;
	if (line < 1 || line > src->n_lines)
		return "";
	from = src->line_off[line - 1];
	to = line < src->n_lines ? src->line_off[line] : (uint32_t)src->len;
	while (to > from && (src->text[to - 1] == '\n' || src->text[to - 1] == '\r'))
		to--;
	*len = to - from;
	return src->text + from;
}

struct span span_join(struct span a, struct span b)
{
	uint32_t off, end;

	if (a.len == 0 && a.off == 0)
		return b;
	if (b.len == 0 && b.off == 0)
		return a;
	off = a.off < b.off ? a.off : b.off;
	end = a.off + a.len > b.off + b.len ? a.off + a.len : b.off + b.len;
	return (struct span){ off, end - off };
}
