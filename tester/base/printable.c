/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/printable.h"

#include <stdint.h>
#include <string.h>

#include "base/buf.h"
#include "base/util.h"

/* Lead byte patterns of UTF-8 with the smallest code point that may use each [RFC3629 3]. */
static const struct utf8_form {
	uint8_t mask, lead;
	uint8_t n_bytes;
	uint32_t least;
} utf8_form[] = {
	{ 0x80, 0x00, 1, 0 },
	{ 0xe0, 0xc0, 2, 0x80 },
	{ 0xf0, 0xe0, 3, 0x800 },
	{ 0xf8, 0xf0, 4, 0x10000 },
};

/* The code point at the front of the @n bytes at @p; its length, or 0 when they are not valid UTF-8. */
static size_t decode(const uint8_t *p, size_t n, uint32_t *cp)
{
	for (size_t i = 0; i < ARRAY_LEN(utf8_form); i++) {
		const struct utf8_form *f = &utf8_form[i];

		if ((p[0] & f->mask) != f->lead)
			continue;
		if (f->n_bytes > n)
			return 0;
		*cp = p[0] & (uint8_t)~f->mask;
		for (size_t k = 1; k < f->n_bytes; k++) {
			if ((p[k] & 0xc0) != 0x80)
				return 0;
			*cp = (*cp << 6) | (p[k] & 0x3f);
		}
		if (*cp < f->least || *cp > 0x10ffff || (*cp >= 0xd800 && *cp <= 0xdfff))
			return 0;
		return f->n_bytes;
	}
	return 0;
}

static bool is_control(uint32_t cp)
{
	if (cp == '\n' || cp == '\t')
		return false;
	return cp < 0x20 || (cp >= 0x7f && cp <= 0x9f) || (cp >= 0x200e && cp <= 0x200f) ||
	       (cp >= 0x2028 && cp <= 0x202e) || (cp >= 0x2066 && cp <= 0x2069) ||
	       (cp & 0xfffe) == 0xfffe;
}

size_t printable_bytes(const char *s, size_t n)
{
	uint32_t cp = 0;
	size_t len = decode((const uint8_t *)s, n, &cp);

	return len && !is_control(cp) && cp != '\n' && cp != '\t' ? len : 0;
}

void printable_add_byte(struct buf *out, char byte)
{
	buf_printf(out, "\\x%02x", (unsigned int)(unsigned char)byte);
}

void printable_add_line(struct buf *out, const char *text)
{
	struct buf safe = { 0 };

	printable_add(&safe, text, true);
	for (const char *c = buf_str(&safe); *c; c++) {
		if (*c == '\n' || *c == '\t')
			printable_add_byte(out, *c);
		else
			buf_putc(out, *c);
	}
	buf_fini(&safe);
}

void printable_add(struct buf *out, const char *text, bool escape_controls)
{
	size_t left = strlen(text);

	while (left) {
		uint32_t cp = 0;
		size_t n = decode((const uint8_t *)text, left, &cp);

		if (n && !(escape_controls && is_control(cp))) {
			buf_add(out, text, n);
		} else {
			n = n ? n : 1;
			for (size_t i = 0; i < n; i++)
				printable_add_byte(out, text[i]);
		}
		text += n;
		left -= n;
	}
}
