/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/shell.h"

#include <stdbool.h>
#include <string.h>

#include "base/buf.h"
#include "base/printable.h"

/* What a terminal would act on, or not show as it is. */
static bool is_shown_as_it_is(const char *word)
{
	struct buf line = { 0 };
	bool is_same;

	printable_add_line(&line, word);
	is_same = strcmp(buf_str(&line), word) == 0;
	buf_fini(&line);
	return is_same;
}

/* [POSIX.1-2024 XCU 2.2.4]; bash, zsh and ksh have long known it. */
static void add_dollar_quoted(struct buf *out, const char *word)
{
	buf_puts(out, "$'");
	for (; *word; word++) {
		unsigned char c = (unsigned char)*word;

		if (c < 0x20 || c >= 0x7f)
			buf_printf(out, "\\%03o", (unsigned int)c);
		else if (c == '\'' || c == '\\')
			buf_printf(out, "\\%c", c);
		else
			buf_putc(out, *word);
	}
	buf_putc(out, '\'');
}

void shell_add_word(struct buf *out, const char *word)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
				    "_-./=+:@,%";

	buf_putc(out, ' ');
	if (*word && strspn(word, plain) == strlen(word)) {
		buf_puts(out, word);
		return;
	}
	if (!is_shown_as_it_is(word)) {
		add_dollar_quoted(out, word);
		return;
	}
	buf_putc(out, '\'');
	for (; *word; word++) {
		if (*word == '\'')
			buf_puts(out, "'\\''");
		else
			buf_putc(out, *word);
	}
	buf_putc(out, '\'');
}
