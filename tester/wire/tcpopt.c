/* SPDX-License-Identifier: BSD-2-Clause */
#include "wire/tcpopt.h"

#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/bytes.h"
#include "base/err.h"

enum { KIND_EOL = 0, KIND_NOP = 1 };

static bool is_single_byte(uint8_t kind)
{
	return kind == KIND_EOL || kind == KIND_NOP;
}

/* Bytes before the first value: kind, length octet, experiment id. */
static size_t head_bytes(const struct tcpopt_row *row)
{
	return row->is_single_byte ? 1 : row->has_exid ? 4 : 2;
}

/* Whether @n bytes of values end where a field (or, when they repeat, a group of them) ends. */
static bool ends_on_field(const struct tcpopt_row *row, size_t n)
{
	size_t group = 0;

	for (size_t i = 0; i < row->n_fields; i++) {
		group += row->field[i].width_bytes;
		if (row->may_be_short && group == n)
			return true;
	}
	return row->repeats ? n % group == 0 : n == group;
}

static bool row_allows(const struct tcpopt_row *row, size_t len)
{
	if (len < row->min_bytes || len > row->max_bytes)
		return false;
	return row->is_blob || ends_on_field(row, len - head_bytes(row));
}

/* The row for an option whose @len bytes are readable; NULL when it must stay raw. */
static const struct tcpopt_row *row_for(const uint8_t *in, size_t len)
{
	for (size_t i = 0; i < tcpopt_table_len; i++) {
		const struct tcpopt_row *row = &tcpopt_table[i];

		if (row->kind != in[0] || !row_allows(row, len))
			continue;
		if (!row->has_exid || get_be16(in + 2) == row->exid)
			return row;
	}
	return NULL;
}

static void take_blob(struct tcpopt *out, const uint8_t *in, size_t n)
{
	out->blob_len = (uint8_t)n;
	if (n)
		memcpy(out->blob, in, n);
}

static void take_values(struct tcpopt *out, const uint8_t *in, size_t n)
{
	for (size_t at = 0; at < n;) {
		unsigned int width =
			out->row->field[out->n_values % out->row->n_fields].width_bytes;

		out->value[out->n_values++] = (uint32_t)get_be(in + at, width);
		at += width;
	}
}

/* Length of the option at @in, found without looking at its contents. */
static int option_bytes(const uint8_t *in, size_t n)
{
	if (is_single_byte(in[0]))
		return 1;
	if (n < 2)
		return -ERR_TRUNC;
	if (in[1] < 2)
		return -ERR_RANGE;
	return in[1] > n ? -ERR_TRUNC : in[1];
}

int tcpopt_decode(const uint8_t *in, size_t n, struct tcpopt *out)
{
	int len = option_bytes(in, n);
	size_t head;

	if (len < 0)
		return len;
	/* No header holds more, so no caller has them; the room in struct tcpopt is of that size.
	 */
	if (len > TCPOPT_MAX_BYTES)
		return -ERR_RANGE;
	*out = (struct tcpopt){ .row = row_for(in, (size_t)len), .kind = in[0] };
	head = out->row ? head_bytes(out->row) : 2;
	if (!out->row || out->row->is_blob)
		take_blob(out, in + head, (size_t)len - head);
	else
		take_values(out, in + head, (size_t)len - head);
	return len;
}

/* All bytes from a malformed option on, so that nothing of a bad header is hidden. */
static void take_malformed(struct tcpopt *out, const uint8_t *in, size_t n)
{
	size_t head = n < 2 ? 1 : 2;

	*out = (struct tcpopt){ .kind = in[0],
				.len_form = n < 2 ? TCPOPT_LEN_ABSENT : TCPOPT_LEN_GIVEN,
				.len_octet = n < 2 ? 0 : in[1] };
	take_blob(out, in + head, n - head);
}

static size_t count_options(const uint8_t *in, size_t n)
{
	size_t count = 0;
	int len;

	for (size_t at = 0; at < n; at += (size_t)len) {
		count++;
		len = option_bytes(in + at, n - at);
		if (len < 0)
			break;
	}
	return count;
}

int tcpopt_decode_all(struct arena *a, const uint8_t *in, size_t n, struct tcpopt_list *out)
{
	size_t count;
	int len;

	*out = (struct tcpopt_list){ 0 };
	if (n > TCPOPT_MAX_BYTES)
		return -ERR_RANGE;
	count = count_options(in, n);
	if (count)
		out->opt = ARENA_ARRAY(a, struct tcpopt, count);
	for (size_t at = 0; at < n; at += (size_t)len) {
		struct tcpopt *o = &out->opt[out->n++];

		len = tcpopt_decode(in + at, n - at, o);
		if (len < 0) {
			take_malformed(o, in + at, n - at);
			return len;
		}
	}
	return 0;
}

static int encode_raw(const struct tcpopt *o, uint8_t out[TCPOPT_MAX_BYTES])
{
	bool has_len = o->len_form != TCPOPT_LEN_ABSENT &&
		       !(is_single_byte(o->kind) && o->len_form == TCPOPT_LEN_RIGHT);
	size_t head = has_len ? 2 : 1, len = head + o->blob_len;

	if (len > TCPOPT_MAX_BYTES)
		return -ERR_RANGE;
	out[0] = o->kind;
	if (has_len)
		out[1] = o->len_form == TCPOPT_LEN_GIVEN ? o->len_octet : (uint8_t)len;
	memcpy(out + head, o->blob, o->blob_len);
	return (int)len;
}

/* Values behind the head; the new length, or -ERR_RANGE. */
static int encode_values(const struct tcpopt *o, size_t at, uint8_t out[TCPOPT_MAX_BYTES])
{
	for (size_t i = 0; i < o->n_values; i++) {
		unsigned int width = o->row->field[i % o->row->n_fields].width_bytes;

		if (at + width > TCPOPT_MAX_BYTES || (width < 4 && o->value[i] >> (8 * width)))
			return -ERR_RANGE;
		put_be(out + at, width, o->value[i]);
		at += width;
	}
	return (int)at;
}

int tcpopt_encode(const struct tcpopt *o, uint8_t out[TCPOPT_MAX_BYTES])
{
	size_t head;
	int len;

	if (!o->row)
		return encode_raw(o, out);
	out[0] = o->row->kind;
	if (o->row->is_single_byte)
		return 1;
	head = head_bytes(o->row);
	if (o->row->has_exid)
		put_be16(out + 2, o->row->exid);
	if (o->row->is_blob) {
		if (head + o->blob_len > TCPOPT_MAX_BYTES)
			return -ERR_RANGE;
		memcpy(out + head, o->blob, o->blob_len);
		len = (int)(head + o->blob_len);
	} else {
		len = encode_values(o, head, out);
	}
	if (len > 0)
		out[1] = (uint8_t)len;
	return len;
}

static void text_hex(const struct tcpopt *o, struct buf *out)
{
	if (o->blob_len)
		buf_putc(out, ' ');
	for (size_t i = 0; i < o->blob_len; i++)
		buf_printf(out, "%02x", o->blob[i]);
}

static void text_raw(const struct tcpopt *o, struct buf *out)
{
	buf_printf(out, "opt %u", o->kind);
	switch (o->len_form) {
	case TCPOPT_LEN_RIGHT:
		break;
	case TCPOPT_LEN_GIVEN:
		buf_printf(out, " len %u", o->len_octet);
		break;
	case TCPOPT_LEN_ABSENT:
		buf_puts(out, " len none");
		break;
	}
	text_hex(o, out);
}

/* One value; @w is NULL for a live option, where every value is one number. */
static void text_value(const struct tcpopt *o, const struct tcpopt_want *w, size_t i,
		       struct buf *out)
{
	if (w && w->any[i])
		buf_putc(out, '*');
	else if (w && w->high[i] != o->value[i])
		buf_printf(out, "%u~%u", o->value[i], w->high[i]);
	else
		buf_printf(out, "%u", o->value[i]);
	if (w && w->is_literal[i])
		buf_putc(out, '!');
}

static void text_option(const struct tcpopt *o, const struct tcpopt_want *w, struct buf *out)
{
	if (!o->row) {
		text_raw(o, out);
		return;
	}
	buf_puts(out, o->row->name);
	if (o->row->is_blob)
		text_hex(o, out);
	for (size_t i = 0; i < o->n_values; i++) {
		const struct tcpopt_field *f = &o->row->field[i % o->row->n_fields];

		buf_putc(out, o->row->repeats && i % o->row->n_fields ? ':' : ' ');
		if (!o->row->repeats && f->name[0])
			buf_printf(out, "%s ", f->name);
		text_value(o, w, i, out);
	}
}

void tcpopt_text(const struct tcpopt *o, struct buf *out)
{
	text_option(o, NULL, out);
}

void tcpopt_want_text(const struct tcpopt_want *w, struct buf *out)
{
	text_option(&w->opt, w, out);
}

enum tcpopt_space tcpopt_value_space(const struct tcpopt *o, unsigned int i)
{
	if (!o->row || !o->row->n_fields)
		return TCPOPT_PLAIN;
	return o->row->field[i % o->row->n_fields].space;
}

void tcpopt_value_name(const struct tcpopt *o, unsigned int i, struct buf *out)
{
	const struct tcpopt_field *f;

	if (!o->row || !o->row->n_fields) {
		buf_puts(out, o->row ? o->row->name : "opt");
		return;
	}
	f = &o->row->field[i % o->row->n_fields];
	buf_puts(out, f->name[0] ? f->name : o->row->name);
	if (o->row->repeats)
		buf_printf(out, " %u", i / o->row->n_fields + 1);
}
