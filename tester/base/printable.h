/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TCPDRILL_BASE_PRINTABLE_H
#define TCPDRILL_BASE_PRINTABLE_H

#include <stdbool.h>
#include <stddef.h>

struct buf;

/*
 * Scripts, stacks and programs that a script runs are not trusted: what they say is shown, but it
 * must not steer a terminal or break a JSON document.
 */

/**
 * printable_add() - append @text with bytes that are not valid UTF-8 written as \xNN
 * @escape_controls: also control characters other than tab and newline, C1 controls, the marks
 *                   that reverse the direction of writing, and code points that are no characters,
 *                   which XML and YAML do not allow; not needed where the format does so
 */
void printable_add(struct buf *out, const char *text, bool escape_controls);

/** printable_add_line() - the same with controls, and as a part of one line: newlines and tabs, too */
void printable_add_line(struct buf *out, const char *text);

/**
 * printable_bytes() - how many of the @n bytes at @s are its first character, if that can be shown as
 * it is, in one line; 0: it cannot, or is a tab or a newline
 */
size_t printable_bytes(const char *s, size_t n);

/* How long \xNN is. */
enum { PRINTABLE_BYTE_CHARS = 4 };

/** printable_add_byte() - append one byte as \xNN */
void printable_add_byte(struct buf *out, char byte);

#endif
