/* SPDX-License-Identifier: BSD-2-Clause */
#include "pcapng_read.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct view {
	const uint8_t *p;
	size_t n;
};

static uint32_t get(const uint8_t *p, size_t n)
{
	uint32_t v = 0;

	while (n--)
		v = v << 8 | p[n];
	return v;
}

static struct view skip(struct view v, size_t n)
{
	return (struct view){ v.p + n, v.n - n };
}

typedef const char *option_fn(void *ctx, uint32_t code, struct view value);

static const char *each_option(struct view v, option_fn *fn, void *ctx)
{
	while (v.n >= 4) {
		uint32_t code = get(v.p, 2), len = get(v.p + 2, 2), padded = (len + 3) & ~3u;
		const char *why;

		v = skip(v, 4);
		if (code == 0)
			return len ? "an end of options with a length" : v.n ? "bytes after the options" : NULL;
		if (padded > v.n)
			return "an option that passes its block";
		for (uint32_t i = len; i < padded; i++) {
			if (v.p[i])
				return "padding that is not 0";
		}
		why = fn(ctx, code, (struct view){ v.p, len });
		if (why)
			return why;
		v = skip(v, padded);
	}
	return "options without an end";
}

static const char *section_option(void *ctx, uint32_t code, struct view value)
{
	(void)ctx;
	if (code == 4 && value.n == 8 && memcmp(value.p, "tcpdrill", 8) == 0)
		return NULL;
	return "an unknown option of the section";
}

static const char *read_section(struct view v)
{
	static const uint8_t head[16] = { 0x4d, 0x3c, 0x2b, 0x1a, 1, 0, 0, 0,
					  255,	255,  255,  255,  255, 255, 255, 255 };

	if (v.n < sizeof(head) || memcmp(v.p, head, sizeof(head)) != 0)
		return "the section's header";
	return each_option(skip(v, sizeof(head)), section_option, NULL);
}

static const char *interface_option(void *ctx, uint32_t code, struct view value)
{
	int *has_resolution = ctx;

	if (code != 9 || value.n != 1 || value.p[0] != 9)
		return "an unknown option of the interface";
	*has_resolution = 1;
	return NULL;
}

static const char *read_interface(struct view v)
{
	int has_resolution = 0;
	const char *why;

	if (v.n < 8 || get(v.p, 2) != 101 || get(v.p + 2, 2) != 0 || get(v.p + 4, 4) != 0)
		return "the interface's description";
	why = each_option(skip(v, 8), interface_option, &has_resolution);
	return why ? why : has_resolution ? NULL : "no resolution of times";
}

static const char *frame_option(void *ctx, uint32_t code, struct view value)
{
	struct pcapng_read_frame *f = ctx;

	if (code == 1 && !f->comment) {
		f->comment = strndup((const char *)value.p, value.n);
		return strlen(f->comment) == value.n ? NULL : "a comment with a NUL";
	}
	if (code == 2 && value.n == 4) {
		f->flags = get(value.p, 4);
		return NULL;
	}
	return "an unknown option of a frame";
}

static const char *read_frame(struct pcapng_read *r, struct view v)
{
	struct pcapng_read_frame *f;
	size_t padded;

	if (v.n < 20 || get(v.p, 4) != 0)
		return "a frame's header";
	r->frame = realloc(r->frame, (r->n + 1) * sizeof(*r->frame));
	f = &r->frame[r->n++];
	*f = (struct pcapng_read_frame){
		.at_ns = (uint64_t)get(v.p + 4, 4) << 32 | get(v.p + 8, 4),
		.n_bytes = get(v.p + 12, 4),
		.bytes = v.p + 20,
	};
	padded = (f->n_bytes + 3) & ~(size_t)3;
	if (get(v.p + 16, 4) != f->n_bytes || padded > v.n - 20)
		return "a frame's length";
	return each_option(skip(v, 20 + padded), frame_option, f);
}

static const char *read_blocks(struct pcapng_read *r, struct view v)
{
	for (size_t i = 0; v.n; i++) {
		uint32_t type, len;
		struct view body;
		const char *why;

		if (v.n < 12)
			return "a block's header";
		type = get(v.p, 4);
		len = get(v.p + 4, 4);
		if (len < 12 || len % 4 || len > v.n || get(v.p + len - 4, 4) != len)
			return "a block's length";
		body = (struct view){ v.p + 8, len - 12 };
		if (type != (i == 0 ? 0x0a0d0d0au : i == 1 ? 1u : 6u))
			return "a block of the wrong type";
		why = i == 0 ? read_section(body) : i == 1 ? read_interface(body) : read_frame(r, body);
		if (why)
			return why;
		v = skip(v, len);
	}
	return NULL;
}

const char *pcapng_read(struct pcapng_read *r, const char *path)
{
	FILE *in = fopen(path, "rb"), *out;
	size_t n = 0;
	int c;

	*r = (struct pcapng_read){ 0 };
	if (!in)
		return "the file cannot be opened";
	out = open_memstream(&r->file, &n);
	while ((c = fgetc(in)) != EOF)
		fputc(c, out);
	fclose(in);
	fclose(out);
	return n ? read_blocks(r, (struct view){ (const uint8_t *)r->file, n }) : "an empty file";
}

void pcapng_read_free(struct pcapng_read *r)
{
	for (size_t i = 0; i < r->n; i++)
		free(r->frame[i].comment);
	free(r->frame);
	free(r->file);
}
