/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/source.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"

static int read_all(FILE *f, struct buf *text)
{
	char block[65536];
	size_t n;

	while ((n = fread(block, 1, sizeof(block), f)) > 0) {
		buf_add(text, block, n);
		if (text->len > SOURCE_MAX_BYTES)
			return -ERR_RANGE;
	}
	return ferror(f) ? -ERR_IO : 0;
}

int source_load(struct arena *a, const char *path, struct source *out)
{
	struct buf text = { 0 };
	struct stat st;
	FILE *f = fopen(path, "rb");
	int rc, saved_errno;

	if (!f)
		return -ERR_IO;
	if (fstat(fileno(f), &st) == 0 && S_ISDIR(st.st_mode)) {
		errno = EISDIR;
		rc = -ERR_IO;
	} else {
		rc = read_all(f, &text);
	}
	if (rc == 0)
		source_from_text(a, path, text.data, text.len, out);
	/* The caller reads errno; closing must not change it. */
	saved_errno = errno;
	buf_fini(&text);
	fclose(f);
	errno = saved_errno;
	return rc;
}

void source_from_text(struct arena *a, const char *path, const char *text, size_t len,
		      struct source *out)
{
	size_t cap = 0;

	*out = (struct source){ .path = arena_strdup(a, path),
				.text = arena_strndup(a, text, len),
				.len = len };
	*ARENA_PUSH(a, out->line_off, out->n_lines, cap, uint32_t) = 0;
	for (size_t i = 0; i < len; i++) {
		if (text[i] == '\n')
			*ARENA_PUSH(a, out->line_off, out->n_lines, cap, uint32_t) =
				(uint32_t)(i + 1);
	}
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
