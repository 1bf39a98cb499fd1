/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Questions about the text itself, where a token's end depends on more than a regular expression
 * can say, or where a broken line is to be told from a whole one.
 */
#include <ctype.h>
#include <string.h>

#include "base/arena.h"
#include "grammar/parse_impl.h"

/* A note or expression longer than this is taken as one that was never closed. */
enum { CONTINUED_MAX_BYTES = 16 * 1024 };

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\v' || c == '\f';
}

uint32_t text_bom_bytes(const struct source *src)
{
	return src->len >= 3 && memcmp(src->text, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
}

bool text_is_first_on_line(const struct source *src, uint32_t off)
{
	while (off > 0 && is_blank(src->text[off - 1]))
		off--;
	return off == text_bom_bytes(src) || off == 0 || src->text[off - 1] == '\n';
}

uint32_t text_line_end(const struct source *src, uint32_t off)
{
	const char *nl = memchr(src->text + off, '\n', src->len - off);

	return nl ? (uint32_t)(nl - src->text) : (uint32_t)src->len;
}

uint32_t text_string_end(const struct source *src, uint32_t off)
{
	for (; off < src->len; off++) {
		if (src->text[off] == '\\')
			off++;
		else if (src->text[off] == '"')
			return off + 1;
	}
	return 0;
}

uint32_t text_code_end(const struct source *src, uint32_t off)
{
	const char *end = memmem(src->text + off, src->len - off, "}%", 2);

	return end ? (uint32_t)(end - src->text) + 2 : 0;
}

bool text_looks_timed(const struct source *src, uint32_t off)
{
	while (off < src->len && (is_blank(src->text[off]) || src->text[off] == '\n'))
		off++;
	return off < src->len &&
	       (isalpha((unsigned char)src->text[off]) || strchr("_<>.%`~", src->text[off]));
}

static bool line_begins_event(const struct source *src, uint32_t off)
{
	while (off < src->len && is_blank(src->text[off]))
		off++;
	return off < src->len &&
	       (isdigit((unsigned char)src->text[off]) || strchr("+*`", src->text[off]));
}

uint32_t text_note_end(const struct source *src, uint32_t off)
{
	uint32_t limit = off + CONTINUED_MAX_BYTES;
	int depth = 0;

	for (; off < src->len && off < limit; off++) {
		switch (src->text[off]) {
		case '(':
			depth++;
			break;
		case ')':
			if (--depth == 0)
				return off + 1;
			break;
		case '\n':
			if (line_begins_event(src, off + 1))
				return 0;
			break;
		}
	}
	return 0;
}

/* Behind the comment, quoted string or single byte at @off. */
static size_t past_unit(const char *s, size_t len, size_t off)
{
	const char *end = NULL;
	size_t skip = 1;

	if (len - off >= 2 && s[off] == '/' && s[off + 1] == '/') {
		end = memchr(s + off, '\n', len - off);
		return end ? (size_t)(end - s) : len;
	}
	if (len - off >= 4 && s[off] == '/' && s[off + 1] == '*') {
		end = memmem(s + off + 2, len - off - 2, "*/", 2);
		skip = 2;
	} else if (s[off] == '"') {
		const char *nl = memchr(s + off, '\n', len - off);
		size_t line = nl ? (size_t)(nl - s) : len;

		end = memchr(s + off + 1, '"', line - off - 1);
	}
	return end ? (size_t)(end - s) + skip : off + 1;
}

static bool is_comment(const char *s, size_t len, size_t off)
{
	return len - off >= 2 && s[off] == '/' && (s[off + 1] == '/' || s[off + 1] == '*');
}

uint32_t text_assert_end(const struct source *src, uint32_t off)
{
	size_t limit = src->len - off > CONTINUED_MAX_BYTES ? off + CONTINUED_MAX_BYTES : src->len;
	uint32_t line = 0;
	size_t depth = 0, at = off;

	while (at < limit) {
		char c = src->text[at];

		if (depth == 0 && (c == '\n' || is_comment(src->text, limit, at)))
			return (uint32_t)at;
		if (c == '\n' && !line)
			line = (uint32_t)at;
		if (c == '(')
			depth++;
		else if (c == ')' && depth > 0)
			depth--;
		at = past_unit(src->text, limit, at);
	}
	/* Never closed: the rest of the script shall not vanish in it. */
	return depth && line ? line : (uint32_t)limit;
}

char *text_blank_comments(struct arena *a, const char *s, size_t len)
{
	char *copy = arena_strndup(a, s, len);

	for (size_t at = 0; at < len;) {
		size_t next = past_unit(s, len, at);

		if (is_comment(s, len, at))
			memset(copy + at, ' ', next - at);
		at = next;
	}
	return copy;
}
