/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "judge/match.h"
#include "judge/space.h"

/* Same option, values aside: the same row, or raw with the same kind. */
static bool same_kind(const struct tcpopt *a, const struct tcpopt *b)
{
	return a->kind == b->kind && (a->row == b->row || !a->row || !b->row);
}

static char *keep(struct match *m, struct buf *b)
{
	char *s = arena_strdup(m->a, buf_str(b));

	buf_fini(b);
	return s;
}

/* The script's own words for a span, blanks and newlines folded. */
static char *source_words(struct match *m, struct span span)
{
	struct buf b = { 0 };
	bool blank = false;

	for (uint32_t i = span.off; i < span.off + span.len && i < m->src->len; i++) {
		char c = m->src->text[i];

		if (c == ' ' || c == '\t' || c == '\n' || c == '\r') {
			blank = true;
			continue;
		}
		if (blank && b.len)
			buf_putc(&b, ' ');
		blank = false;
		buf_putc(&b, c);
	}
	return keep(m, &b);
}

static const char *got_list(struct match *m)
{
	struct buf b = { 0 };

	for (size_t i = 0; i < m->got->opts.n; i++) {
		buf_puts(&b, i ? "," : "<");
		tcpopt_text(&m->got->opts.opt[i], &b);
	}
	buf_puts(&b, m->got->opts.n ? ">" : "none");
	return keep(m, &b);
}

static const char *want_list(struct match *m)
{
	struct buf b = { 0 };

	for (size_t i = 0; i < m->want->n_opts; i++)
		buf_printf(&b, "%s%s", i ? "," : "<", source_words(m, m->want->opts[i].span));
	buf_puts(&b, m->want->n_opts ? ">" : "none");
	return keep(m, &b);
}

static bool same_kinds(struct match *m)
{
	if (m->want->n_opts != m->got->opts.n)
		return false;
	for (size_t i = 0; i < m->want->n_opts; i++) {
		if (!same_kind(&m->want->opts[i].want->opt, &m->got->opts.opt[i]))
			return false;
	}
	return true;
}

/*
 * The timestamp's val is compared by ticks since the first one, only when --tcp_ts_tick_usecs
 * gives their length; its echo never is (language: 3.6).
 */
static bool ts_val_differs(struct match *m, uint32_t want, uint32_t got)
{
	const struct run_config *cfg = m->config;
	int64_t off_us, percent_us, tolerance_us;

	if (cfg->ts_tick_us == 0 || !m->conn || !m->conn->has_ts_base)
		return false;
	off_us = (int64_t)(int32_t)((got - m->conn->ts_base_live) -
				    (want - m->conn->ts_base_script)) * cfg->ts_tick_us;
	percent_us = m->window ? (int64_t)(cfg->tolerance_percent / 100 *
					   (double)m->window->since_start_us) : 0;
	tolerance_us = percent_us > cfg->tolerance_us ? percent_us : cfg->tolerance_us;
	return llabs(off_us) > tolerance_us;
}

static bool value_differs(struct match *m, const struct tcpopt_want *w, const struct tcpopt *got,
			  unsigned int i)
{
	if (w->any[i])
		return false;
	switch (tcpopt_value_space(&w->opt, i)) {
	case TCPOPT_TS_VAL:
		return ts_val_differs(m, w->opt.value[i], got->value[i]);
	case TCPOPT_TS_ECR:
		return false;
	case TCPOPT_PLAIN:
	case TCPOPT_ACK_SPACE:
		break;
	}
	return got->value[i] < w->opt.value[i] || got->value[i] > w->high[i];
}

static bool same_bytes(const struct tcpopt *a, const struct tcpopt *b)
{
	uint8_t x[TCPOPT_MAX_BYTES], y[TCPOPT_MAX_BYTES];
	int n = tcpopt_encode(a, x), k = tcpopt_encode(b, y);

	return n == k && n > 0 && memcmp(x, y, (size_t)n) == 0;
}

static bool option_differs(struct match *m, const struct plan_opt *o, const struct tcpopt *got)
{
	const struct tcpopt *want = &o->want->opt;

	if (want->row != got->row || !want->row)
		return !same_bytes(want, got);
	if (want->n_values != got->n_values || want->blob_len != got->blob_len ||
	    memcmp(want->blob, got->blob, want->blob_len) != 0)
		return true;
	for (unsigned int i = 0; i < want->n_values; i++) {
		if (value_differs(m, o->want, got, i))
			return true;
	}
	return false;
}

void match_options(struct match *m)
{
	const struct plan_packet *w = m->want;
	struct span span = w->opts_span.len ? w->opts_span : w->seq_span;

	if (w->opts_kind == PLAN_OPTS_ANY)
		return;
	if (!same_kinds(m)) {
		match_add(m, "tcp.options", span, want_list(m), got_list(m), true);
		return;
	}
	for (size_t i = 0; i < w->n_opts; i++) {
		const struct tcpopt *got = &m->got->opts.opt[i];
		const char *name = got->row ? got->row->name : "opt";
		struct tcpopt shown = *got;
		struct buf text = { 0 };

		if (m->conn)
			space_ts_val_out(m->conn, &shown);
		tcpopt_text(&shown, &text);
		match_add(m, arena_printf(m->a, "tcp.option %s", name), w->opts[i].span,
			  source_words(m, w->opts[i].span), keep(m, &text),
			  option_differs(m, &w->opts[i], got));
	}
}

/* ---- in words ---- */

/* How many of the first @n options are of the kind of @o. */
static size_t count_wanted(const struct match *m, const struct tcpopt *o, size_t n)
{
	size_t count = 0;

	for (size_t i = 0; i < n; i++)
		count += same_kind(&m->want->opts[i].want->opt, o);
	return count;
}

static size_t count_got(const struct match *m, const struct tcpopt *o, size_t n)
{
	size_t count = 0;

	for (size_t i = 0; i < n; i++)
		count += same_kind(&m->got->opts.opt[i], o);
	return count;
}

static void put_next(const struct tcpopt *o, struct buf *out)
{
	buf_puts(out, out->len ? ", " : "");
	tcpopt_text(o, out);
}

const char *match_options_words(const struct match *m)
{
	struct buf missing = { 0 }, extra = { 0 };
	const char *words;

	for (size_t i = 0; i < m->want->n_opts; i++) {
		const struct tcpopt *o = &m->want->opts[i].want->opt;

		if (count_wanted(m, o, i + 1) > count_got(m, o, m->got->opts.n))
			put_next(o, &missing);
	}
	for (size_t i = 0; i < m->got->opts.n; i++) {
		const struct tcpopt *o = &m->got->opts.opt[i];

		if (count_got(m, o, i + 1) > count_wanted(m, o, m->want->n_opts))
			put_next(o, &extra);
	}
	if (missing.len && extra.len)
		words = arena_printf(m->a, "its options lack %s and have %s instead",
				     buf_str(&missing), buf_str(&extra));
	else if (missing.len)
		words = arena_printf(m->a, "its options lack %s", buf_str(&missing));
	else if (extra.len)
		words = arena_printf(m->a, "it has options that are not expected: %s",
				     buf_str(&extra));
	else
		words = "its options come in another order";
	buf_fini(&missing);
	buf_fini(&extra);
	return words;
}
