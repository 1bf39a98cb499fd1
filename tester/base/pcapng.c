/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/pcapng.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "base/file.h"

/*
 * A file is a run of blocks, each with its type and its length in front and the length once more
 * at the end, padded to four bytes; so are the options within them. Numbers are little-endian
 * here, whatever the machine: readers take either.
 */
enum {
	BLOCK_SECTION = 0x0a0d0d0a,
	BLOCK_INTERFACE = 1,
	BLOCK_PACKET = 6,

	BYTE_ORDER_MAGIC = 0x1a2b3c4d,
	LINK_RAW_IP = 101,
	EXPONENT_NANOSECONDS = 9,

	/* options [3.5, 4.1, 4.2, 4.3] */
	OPTION_END = 0,
	OPTION_COMMENT = 1,
	OPTION_SECTION_APPLICATION = 4,
	OPTION_INTERFACE_TIME = 9,
	OPTION_PACKET_FLAGS = 2,

	COMMENT_MAX_BYTES = 4096,
	PENDING_MAX_BYTES = 1 << 20,
};

static void put16(struct buf *b, uint32_t v)
{
	buf_putc(b, (char)(v & 0xff));
	buf_putc(b, (char)(v >> 8 & 0xff));
}

static void put32(struct buf *b, uint32_t v)
{
	put16(b, v & 0xffff);
	put16(b, v >> 16);
}

static void put_padded(struct buf *b, const void *data, size_t n)
{
	buf_add(b, data, n);
	buf_pad(b, '\0', (4 - n % 4) % 4);
}

static void put_option(struct buf *b, uint32_t code, const void *data, size_t n)
{
	put16(b, code);
	put16(b, (uint32_t)n);
	put_padded(b, data, n);
}

static void put_options_end(struct buf *b)
{
	put16(b, OPTION_END);
	put16(b, 0);
}

/* One block around @body. */
static void put_block(struct pcapng *p, uint32_t type, struct buf *body)
{
	uint32_t n = (uint32_t)body->len + 12;

	put32(&p->pending, type);
	put32(&p->pending, n);
	buf_add(&p->pending, body->data, body->len);
	put32(&p->pending, n);
	buf_fini(body);
}

static void put_section(struct pcapng *p)
{
	static const char application[] = "tcpdrill";
	struct buf body = { 0 };

	put32(&body, BYTE_ORDER_MAGIC);
	put16(&body, 1);
	put16(&body, 0);
	put32(&body, UINT32_MAX);        /* its length is not known, in two halves */
	put32(&body, UINT32_MAX);
	put_option(&body, OPTION_SECTION_APPLICATION, application, sizeof(application) - 1);
	put_options_end(&body);
	put_block(p, BLOCK_SECTION, &body);
}

static void put_interface(struct pcapng *p)
{
	static const uint8_t exponent = EXPONENT_NANOSECONDS;
	struct buf body = { 0 };

	put16(&body, LINK_RAW_IP);
	put16(&body, 0);
	put32(&body, 0);                 /* frames are whole */
	put_option(&body, OPTION_INTERFACE_TIME, &exponent, 1);
	put_options_end(&body);
	put_block(p, BLOCK_INTERFACE, &body);
}

int pcapng_open(struct pcapng *p, const char *path)
{
	*p = (struct pcapng){ .fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666) };
	if (p->fd < 0)
		return -ERR_IO;
	put_section(p);
	put_interface(p);
	return 0;
}

static size_t comment_bytes(const char *comment)
{
	size_t n = comment ? strnlen(comment, COMMENT_MAX_BYTES) : 0;

	/* Not in the middle of a character of several bytes. */
	while (n == COMMENT_MAX_BYTES || (n && comment[n] && ((uint8_t)comment[n] & 0xc0) == 0x80))
		n--;
	return n;
}

void pcapng_add(struct pcapng *p, const struct pcapng_frame *f)
{
	struct buf body = { 0 }, flags = { 0 };
	size_t n_comment = comment_bytes(f->comment);

	put32(&body, 0);                 /* the interface */
	put32(&body, (uint32_t)((uint64_t)f->at_ns >> 32));
	put32(&body, (uint32_t)((uint64_t)f->at_ns & UINT32_MAX));
	put32(&body, (uint32_t)f->n_bytes);
	put32(&body, (uint32_t)f->n_bytes);
	put_padded(&body, f->bytes, f->n_bytes);
	if (n_comment)
		put_option(&body, OPTION_COMMENT, f->comment, n_comment);
	put32(&flags, f->direction);
	put_option(&body, OPTION_PACKET_FLAGS, flags.data, flags.len);
	buf_fini(&flags);
	put_options_end(&body);
	put_block(p, BLOCK_PACKET, &body);
	if (p->pending.len > PENDING_MAX_BYTES)
		pcapng_flush(p);
}

void pcapng_flush(struct pcapng *p)
{
	if (!p->error && file_write(p->fd, p->pending.data, p->pending.len) < 0)
		p->error = errno;
	buf_clear(&p->pending);
}

int pcapng_close(struct pcapng *p)
{
	pcapng_flush(p);
	if (close(p->fd) < 0 && !p->error)
		p->error = errno;
	buf_fini(&p->pending);
	errno = p->error;
	return p->error ? -ERR_IO : 0;
}
