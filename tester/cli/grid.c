/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli/grid.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/printable.h"

enum { GAP = 2, INDENT = 4, LAST_MIN = 30, WIDTH_MIN = 20, WIDTH_MAX = 10000 };

void grid_add(struct grid *g, const char *text)
{
	*ARENA_PUSH(g->arena, g->cell, g->n, g->cap, const char *) = text;
}

void grid_add_count(struct grid *g, size_t n)
{
	grid_add(g, n ? arena_printf(g->arena, "%zu", n) : "-");
}

/* ---- text ---- */

size_t output_width(void)
{
	const char *columns = getenv("COLUMNS");
	struct winsize size;
	long n = 0;

	if (columns && isdigit((unsigned char)*columns))
		n = strtol(columns, NULL, 10);
	else if (isatty(STDOUT_FILENO) && ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0)
		n = size.ws_col;
	if (n <= 0 || n > WIDTH_MAX)
		return 0;
	return n < WIDTH_MIN ? WIDTH_MIN : (size_t)n;
}

static bool begins_character(char c)
{
	return ((unsigned char)c & 0xc0) != 0x80;
}

size_t text_width(const char *text)
{
	size_t n = 0;

	for (; *text; text++)
		n += begins_character(*text);
	return n;
}

size_t text_fold(const char *text, size_t width)
{
	size_t used = 0, n = 0, blank = 0;

	while (text[n]) {
		if (begins_character(text[n]) && used++ == width && n)
			break;
		if (text[n] == ' ' && n)
			blank = n;
		n++;
	}
	/* A word that ends just here, or the end of the text. */
	return !text[n] || text[n] == ' ' || !blank ? n : blank;
}

/* On one line, and without a byte that could steer a terminal. */
static const char *plain(struct arena *a, const char *text)
{
	struct buf safe = { 0 };
	const char *s;

	printable_add(&safe, text, true);
	for (size_t i = 0; i < safe.len; i++) {
		if (safe.data[i] == '\n' || safe.data[i] == '\t')
			safe.data[i] = ' ';
	}
	s = arena_strdup(a, buf_str(&safe));
	buf_fini(&safe);
	return s;
}

/* ---- columns ---- */

struct column {
	size_t width, at;            /* in characters, from the left */
	bool on_new_line;
};

static struct column *lay_out(const struct grid *g, const char *const *cell, size_t width)
{
	struct column *c = ARENA_ARRAY(g->arena, struct column, g->n_columns + 1);
	size_t at = 0;

	for (size_t i = 0; i < g->n; i++) {
		size_t n = text_width(cell[i]);

		if (n > c[i % g->n_columns].width)
			c[i % g->n_columns].width = n;
	}
	for (size_t k = 0; k < g->n_columns; k++) {
		size_t needed = c[k].width;

		if (k + 1 == g->n_columns && needed > LAST_MIN)
			needed = LAST_MIN;
		c[k].on_new_line = width && k && at + needed > width;
		c[k].at = c[k].on_new_line ? INDENT : at;
		at = c[k].at + c[k].width + GAP;
	}
	return c;
}

/* The last column: wrapped, its lines one below the other. */
static void print_folded(FILE *out, const char *text, size_t at, size_t width)
{
	size_t room = !width ? SIZE_MAX : width > at + 1 ? width - at : 1;

	for (;;) {
		size_t n = text_fold(text, room);

		fwrite(text, 1, n, out);
		text += n;
		while (*text == ' ')
			text++;
		fputc('\n', out);
		if (!*text)
			return;
		fprintf(out, "%*s", (int)at, "");
	}
}

void grid_print_columns(const struct grid *g, FILE *out, size_t width)
{
	const char **cell = ARENA_ARRAY(g->arena, const char *, g->n + 1);
	struct column *c;
	size_t at = 0;

	for (size_t i = 0; i < g->n; i++)
		cell[i] = plain(g->arena, g->cell[i]);
	c = lay_out(g, cell, width);
	for (size_t i = 0; i < g->n; i++) {
		const struct column *k = &c[i % g->n_columns];

		if (k->on_new_line) {
			fputc('\n', out);
			at = 0;
		}
		fprintf(out, "%*s", (int)(k->at - at), "");
		if ((i + 1) % g->n_columns == 0) {
			print_folded(out, cell[i], k->at, width);
			at = 0;
			continue;
		}
		fputs(cell[i], out);
		at = k->at + text_width(cell[i]);
	}
}

/* ---- Markdown ---- */

static bool is_url(const char *s)
{
	return strncmp(s, "https://", 8) == 0 || strncmp(s, "http://", 7) == 0;
}

/* Within a word '_' is no markup, and would look odd in ids with a backslash before it. */
static bool is_within_word(const char *text, const char *s)
{
	return s > text && isalnum((unsigned char)s[-1]) && isalnum((unsigned char)s[1]);
}

/* A link ends where readers of Markdown let it end; in it, escapes are those of URLs. A dollar sign
 * would begin a formula, against which a backslash does not help. */
static void print_escaped(FILE *out, const char *text)
{
	bool in_url = false;

	for (const char *s = text; *s; s++) {
		in_url = in_url ? *s != ' ' && *s != ')' : is_url(s);
		if (in_url && strchr("|<>*`\\~$[]", *s))
			fprintf(out, "%%%02X", (unsigned int)(unsigned char)*s);
		else if (*s == '$')
			fputs("&#36;", out);
		else if (!in_url && strchr("|<>*_`\\~[]&", *s) && !(*s == '_' && is_within_word(text, s)))
			fprintf(out, "\\%c", *s);
		else
			fputc(*s, out);
	}
}

void grid_print_markdown(const struct grid *g, FILE *out)
{
	for (size_t i = 0; i < g->n; i++) {
		fputs(i % g->n_columns ? " | " : "| ", out);
		print_escaped(out, plain(g->arena, g->cell[i]));
		if ((i + 1) % g->n_columns)
			continue;
		fputs(" |\n", out);
		for (size_t k = 0; i + 1 == g->n_columns && k < g->n_columns; k++)
			fputs(k + 1 < g->n_columns ? "|---" : "|---|\n", out);
	}
}
