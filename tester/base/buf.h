/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TCPDRILL_BASE_BUF_H
#define TCPDRILL_BASE_BUF_H

#include <stdarg.h>
#include <stddef.h>

#include "base/util.h"

/* A growing run of bytes; as text, buf_str() ends it with a NUL. Zero-initialise to use. */
struct buf {
	char *data;
	size_t len;
	size_t cap;
};

/** buf_fini() - release the memory and empty the buffer */
void buf_fini(struct buf *b);

/** buf_clear() - empty it but keep the memory */
void buf_clear(struct buf *b);

/** buf_add() - append @n bytes */
void buf_add(struct buf *b, const void *data, size_t n);

/** buf_puts() - append a string */
void buf_puts(struct buf *b, const char *s);

/** buf_putc() - append one byte */
void buf_putc(struct buf *b, char c);

/** buf_pad() - append the byte @c @n times */
void buf_pad(struct buf *b, char c, size_t n);

/** buf_printf() - append formatted text */
void buf_printf(struct buf *b, const char *fmt, ...) PRINTF_LIKE(2, 3);

/** buf_vprintf() - as buf_printf(), with a va_list */
void buf_vprintf(struct buf *b, const char *fmt, va_list ap) PRINTF_LIKE(2, 0);

/** buf_str() - the text so far, NUL-terminated; valid until the next change; never NULL */
const char *buf_str(struct buf *b);

#endif
