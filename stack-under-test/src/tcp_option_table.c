/* SPDX-License-Identifier: BSD-2-Clause */
#include "tcp_impl.h"

/*
 * One row per TCP option. A new option is one more row, a member of struct tcp_opts, and its place
 * in the order of each profile. Reading goes by kind; writing goes by the profile's order, where a
 * row that has nothing to say writes nothing. Every part that is written is a multiple of 4 bytes.
 */
enum { KIND_END = 0, KIND_NOP = 1, KIND_MSS = 2, KIND_WSCALE = 3, KIND_SACKOK = 4, KIND_SACK = 5,
       KIND_TS = 8, KIND_MD5 = 19, KIND_FAST_OPEN = 34, KIND_EXPERIMENT = 254 };

/* Which experiment: the first of an option of kind 254. [RFC6994 3] */
enum { EXPERIMENT_FAST_OPEN = 0xf989, EXPERIMENT_BYTES = 2 };

struct option_row {
	enum opt_id id;
	uint8_t kind, min_len, max_len;
	const char *source;
	/* Body without kind and length; NULL: another row of the same kind reads it. */
	void (*decode)(const uint8_t *body, size_t n, struct tcp_opts *out);
	/* Bytes written, 0 when there is nothing to say or no room for it. NULL: never sent. */
	uint32_t (*encode)(const struct tcp_opts *o, uint8_t *out, size_t room);
};

static void decode_md5(const uint8_t *body, size_t n, struct tcp_opts *out)
{
	(void)body;
	(void)n;
	out->has_md5 = true;
}

static void decode_mss(const uint8_t *body, size_t n, struct tcp_opts *out)
{
	(void)n;
	out->has_mss = true;
	out->mss = get_be16(body);
}

static uint32_t encode_mss(const struct tcp_opts *o, uint8_t *out, size_t room)
{
	if (!o->has_mss || room < 4)
		return 0;
	out[0] = KIND_MSS;
	out[1] = 4;
	put_be16(out + 2, o->mss);
	return 4;
}

static void decode_ts(const uint8_t *body, size_t n, struct tcp_opts *out)
{
	(void)n;
	out->has_ts = true;
	out->tsval = get_be32(body);
	out->tsecr = get_be32(body + 4);
}

static uint32_t write_ts(const struct tcp_opts *o, uint8_t *out, uint8_t first, uint8_t second)
{
	out[0] = first;
	out[1] = second;
	out[2] = KIND_TS;
	out[3] = 10;
	put_be32(out + 4, o->tsval);
	put_be32(out + 8, o->tsecr);
	return 12;
}

static uint32_t encode_ts(const struct tcp_opts *o, uint8_t *out, size_t room)
{
	if (!o->has_ts || o->has_sackok || room < 12)
		return 0;
	return write_ts(o, out, KIND_NOP, KIND_NOP);
}

/* SACK-permitted takes the place of the padding. */
static uint32_t encode_sackok_ts(const struct tcp_opts *o, uint8_t *out, size_t room)
{
	if (!o->has_ts || !o->has_sackok || room < 12)
		return 0;
	return write_ts(o, out, KIND_SACKOK, 2);
}

static void decode_sackok(const uint8_t *body, size_t n, struct tcp_opts *out)
{
	(void)body;
	(void)n;
	out->has_sackok = true;
}

static uint32_t encode_sackok(const struct tcp_opts *o, uint8_t *out, size_t room)
{
	if (!o->has_sackok || o->has_ts || room < 4)
		return 0;
	out[0] = KIND_NOP;
	out[1] = KIND_NOP;
	out[2] = KIND_SACKOK;
	out[3] = 2;
	return 4;
}

/* A shift above 14 counts as 14. [RFC7323 2.3] */
static void decode_wscale(const uint8_t *body, size_t n, struct tcp_opts *out)
{
	(void)n;
	out->has_wscale = true;
	out->wscale = body[0] > TCP_MAX_WSCALE ? TCP_MAX_WSCALE : body[0];
}

static uint32_t encode_wscale(const struct tcp_opts *o, uint8_t *out, size_t room)
{
	if (!o->has_wscale || room < 4)
		return 0;
	out[0] = KIND_NOP;
	out[1] = KIND_WSCALE;
	out[2] = 3;
	out[3] = o->wscale;
	return 4;
}

static void decode_sack(const uint8_t *body, size_t n, struct tcp_opts *out)
{
	out->n_sack = 0;
	if (n % 8)
		return;
	for (size_t i = 0; i < n / 8; i++) {
		out->sack[i].start = get_be32(body + 8 * i);
		out->sack[i].end = get_be32(body + 8 * i + 4);
		out->n_sack++;
	}
}

static uint32_t encode_sack(const struct tcp_opts *o, uint8_t *out, size_t room)
{
	size_t fits = room < 12 ? 0 : (room - 4) / 8;
	size_t n = o->n_sack < fits ? o->n_sack : fits;

	if (!n)
		return 0;
	out[0] = KIND_NOP;
	out[1] = KIND_NOP;
	out[2] = KIND_SACK;
	out[3] = (uint8_t)(2 + 8 * n);
	for (size_t i = 0; i < n; i++) {
		put_be32(out + 4 + 8 * i, o->sack[i].start);
		put_be32(out + 8 + 8 * i, o->sack[i].end);
	}
	return (uint32_t)(4 + 8 * n);
}

/* Of another length it is as if it were not there. [RFC7413 4.1.1] */
static void decode_fast_open(const uint8_t *body, size_t n, struct tcp_opts *out)
{
	bool is_good = !n || (n >= FAST_OPEN_MIN_COOKIE && n <= FAST_OPEN_MAX_COOKIE && n % 2 == 0);

	if (!is_good)
		return;
	out->fast_open = (struct fast_open_option){ .is_there = true, .n = (uint8_t)n };
	memcpy(out->fast_open.cookie, body, n);
}

static void decode_experiment(const uint8_t *body, size_t n, struct tcp_opts *out)
{
	if (get_be16(body) != EXPERIMENT_FAST_OPEN)
		return;
	decode_fast_open(body + EXPERIMENT_BYTES, n - EXPERIMENT_BYTES, out);
	out->fast_open.is_exp = out->fast_open.is_there;
}

static uint32_t encode_fast_open(const struct tcp_opts *o, uint8_t *out, size_t room)
{
	const struct fast_open_option *f = &o->fast_open;
	uint32_t at = f->is_exp ? 2 + EXPERIMENT_BYTES : 2;
	uint32_t n = at + f->n;

	if (!f->is_there || room < (n + 3) / 4 * 4)
		return 0;
	out[0] = f->is_exp ? KIND_EXPERIMENT : KIND_FAST_OPEN;
	out[1] = (uint8_t)n;
	if (f->is_exp)
		put_be16(out + 2, EXPERIMENT_FAST_OPEN);
	memcpy(out + at, f->cookie, f->n);
	while (n % 4)
		out[n++] = KIND_NOP;
	return n;
}

static const struct option_row option_table[OPT_COUNT] = {
	[OPT_MD5] = { OPT_MD5, KIND_MD5, 18, 18, "RFC 2385 3.0", decode_md5, NULL },
	[OPT_MSS] = { OPT_MSS, KIND_MSS, 4, 4, "RFC 9293 3.2", decode_mss, encode_mss },
	[OPT_SACKOK_TS] = { OPT_SACKOK_TS, KIND_TS, 10, 10, "RFC 7323 3.2", NULL,
			    encode_sackok_ts },
	[OPT_TS] = { OPT_TS, KIND_TS, 10, 10, "RFC 7323 3.2", decode_ts, encode_ts },
	[OPT_SACKOK] = { OPT_SACKOK, KIND_SACKOK, 2, 2, "RFC 2018 2", decode_sackok,
			 encode_sackok },
	[OPT_WSCALE] = { OPT_WSCALE, KIND_WSCALE, 3, 3, "RFC 7323 2.2", decode_wscale,
			 encode_wscale },
	[OPT_SACK] = { OPT_SACK, KIND_SACK, 10, 34, "RFC 2018 3", decode_sack, encode_sack },
	[OPT_FAST_OPEN] = { OPT_FAST_OPEN, KIND_FAST_OPEN, 2, 18, "RFC 7413 4.1.1",
			    decode_fast_open, encode_fast_open },
	[OPT_FAST_OPEN_EXP] = { OPT_FAST_OPEN_EXP, KIND_EXPERIMENT, 4, 20, "RFC 6994 3",
				decode_experiment, NULL },
};

static void decode_one(const uint8_t *bytes, size_t len, struct tcp_opts *out)
{
	for (size_t i = 0; i < OPT_COUNT; i++) {
		const struct option_row *row = &option_table[i];

		if (row->kind != bytes[0] || !row->decode)
			continue;
		if (len >= row->min_len && len <= row->max_len)
			row->decode(bytes + 2, len - 2, out);
		return;
	}
}

void tcp_opts_decode(const uint8_t *bytes, size_t n, struct tcp_opts *out)
{
	size_t at = 0;

	*out = (struct tcp_opts){ 0 };
	while (at < n && bytes[at] != KIND_END) {
		if (bytes[at] == KIND_NOP) {
			at++;
			continue;
		}
		if (at + 2 > n || bytes[at + 1] < 2 || bytes[at + 1] > n - at)
			return;
		decode_one(bytes + at, bytes[at + 1], out);
		at += bytes[at + 1];
	}
}

uint32_t tcp_opts_encode(const struct profile *pf, const struct tcp_opts *o,
			 uint8_t out[TCP_MAX_OPTIONS])
{
	uint32_t at = 0;

	for (size_t i = 0; i < OPT_COUNT; i++) {
		const struct option_row *row = &option_table[pf->option_order[i]];

		if (row->encode)
			at += row->encode(o, out + at, TCP_MAX_OPTIONS - at);
	}
	return at;
}
