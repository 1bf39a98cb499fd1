/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Theory of operation: the judge keeps three things. The chain of connections, newest first, whose
 * head is the socket under test. The open descriptors, label to handle. And the expectation that
 * is being waited for, with the pieces seen so far, because a scripted packet may come in several
 * segments (language: 3.8). Files:
 *
 *	judge.c    packets from the stack          build.c   packets towards the stack
 *	calls.c    descriptors, sockets, results   report.c  findings as text
 *	match*.c   one expectation, one packet     space.c   script numbers <-> live numbers
 *	conn.c     which packets are whose         stream.c  which byte of data is which
 *
 * Rejected: packetdrill's comparison that stops at the first field, and one that keeps waiting for
 * more pieces when the first already cannot fit.
 */
#include "judge/judge.h"

#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "judge/judge_impl.h"
#include "judge/space.h"
#include "judge/stream.h"

struct judge *judge_new(struct arena *a, const struct plan *p, const struct judge_setup *setup)
{
	struct judge *j = ARENA_NEW(a, struct judge);

	j->a = a;
	j->plan = p;
	j->setup = *setup;
	j->match = ARENA_NEW(a, struct match);
	j->scratch = arena_new();
	return j;
}

void judge_free(struct judge *j)
{
	if (!j)
		return;
	for (struct conn *c = j->sut; c; c = c->older)
		conn_fini(c);
	arena_free(j->scratch);
}

struct finding *judge_findings(const struct judge *j)
{
	return j->first;
}

const struct conn *judge_sut(const struct judge *j)
{
	return j->sut;
}

void judge_reset_wait(struct judge *j, const struct plan_step *step)
{
	if (j->waiting == step)
		return;
	j->waiting = step;
	j->n_piece = 0;
	j->n_seen = 0;
	j->is_broken_off = false;
}

/* A view that stays; others last until the next packet comes. */
static struct wire_view keep_view(struct judge *j, const struct wire_view *v)
{
	struct wire_view kept = *v;

	kept.opts.opt = ARENA_ARRAY(j->a, struct tcpopt, v->opts.n);
	if (v->opts.n)
		memcpy(kept.opts.opt, v->opts.opt, v->opts.n * sizeof(*v->opts.opt));
	return kept;
}

static struct judge_seen *see(struct judge *j, const struct wire_view *v, int64_t at_us,
			      const char *note)
{
	struct judge_seen *s = ARENA_PUSH(j->a, j->seen, j->n_seen, j->cap_seen, struct judge_seen);

	*s = (struct judge_seen){ .live = keep_view(j, v), .at_us = at_us, .note = note };
	return s;
}

/* Decode and view; false when it is no packet that a script could mean. */
static bool take_apart(struct judge *j, const uint8_t *bytes, size_t n, struct wire_packet *p,
		       struct wire_view *v)
{
	const char *why;

	if (wire_decode(bytes, n, p, &why) < 0)
		return false;
	wire_view(j->scratch, p, v);
	return true;
}

/* A copy of a quoted packet. A first fragment is taken for all there was: it has the ports. */
static const uint8_t *quote(struct judge *j, const uint8_t *bytes, size_t n)
{
	enum { FLAGS_AT = 6, MORE_FRAGMENTS = 0x20 };
	uint8_t *copy = ARENA_ARRAY(j->scratch, uint8_t, n + 1);

	for (size_t i = 0; i < n; i++)
		copy[i] = bytes[i];
	if (n > FLAGS_AT + 1 && copy[0] >> 4 == 4 && (copy[FLAGS_AT] & 0x3f) == MORE_FRAGMENTS &&
	    copy[FLAGS_AT + 1] == 0)
		copy[FLAGS_AT] ^= MORE_FRAGMENTS;
	return copy;
}

/* An ICMP error belongs to the connection whose packet it quotes. (A quote that was cut short is
 * nobody's.) */
static bool is_error_about(struct judge *j, const struct wire_packet *p, const struct wire_view *v)
{
	struct wire_packet quoted;
	struct wire_view q;

	return (v->proto == WIRE_ICMPV4 || v->proto == WIRE_ICMPV6) && v->proto != j->sut->proto &&
	       take_apart(j, quote(j, p->bytes + p->payload_off, p->payload_len), p->payload_len,
			  &quoted, &q) &&
	       conn_was_sent(j->sut, &q);
}

bool judge_owns(struct judge *j, const uint8_t *bytes, size_t n)
{
	struct wire_packet p;
	struct wire_view v;

	arena_clear(j->scratch);
	return j->sut && take_apart(j, bytes, n, &p, &v) &&
	       (conn_owns(j->sut, &v) || is_error_about(j, &p, &v));
}

/* The stack's SYN gives its port and ISN, the script's line what they are called there. An error
 * about a packet of the connection tells nothing that was not known. */
static void learn_from_syn(struct conn *c, const struct plan_packet *want,
			   const struct wire_view *live)
{
	if (live->proto != c->proto)
		return;
	if (live->proto != WIRE_TCP) {
		c->local = live->src;
		c->local_port = live->src_port;
		if (c->state == CONN_CONNECTING)
			c->state = CONN_ACTIVE;
		return;
	}
	if (!(want->flags & live->tcp_flags & TCP_SYN))
		return;
	if (c->state == CONN_CONNECTING) {
		space_forget_timestamps(c);
		c->state = CONN_ACTIVE;
		c->local = live->src;
		c->local_port = live->src_port;
		c->has_local_isn = c->has_remote_isn = false;
	}
	space_begin_anew(c, want->seq, live);
	if (!c->has_local_isn)
		space_learn_local(c, want->seq, (struct seq_live){ live->seq });
}

static void learn_timestamps(struct conn *c, const struct plan_packet *want,
			     const struct wire_view *live)
{
	const struct tcpopt *ts = NULL;

	for (size_t i = 0; i < live->opts.n; i++) {
		const struct tcpopt *o = &live->opts.opt[i];

		if (o->n_values == 2 && tcpopt_value_space(o, 0) == TCPOPT_TS_VAL)
			ts = o;
	}
	for (size_t i = 0; ts && i < want->n_opts; i++) {
		const struct tcpopt_want *w = want->opts[i].want;

		if (w->opt.n_values == 2 && !w->any[0] &&
		    tcpopt_value_space(&w->opt, 0) == TCPOPT_TS_VAL)
			space_learn_ts(c, w->opt.value[0], ts->value[0]);
	}
}

static void learn_from_match(struct judge *j, const struct plan_packet *want,
			     const struct wire_view *live)
{
	struct conn *c = j->sut;

	learn_timestamps(c, want, live);
	if (want->ip->flow_label.has && live->ip_version == 6) {
		c->has_flow_label = true;
		c->flow_label_script = want->ip->flow_label.v;
		c->flow_label_live = live->flow_label;
	}
}

enum { SAME_FLAGS = TCP_SYN | TCP_RST | TCP_ACK | TCP_URG };

/* May the next segment be glued behind the ones before it (language: 3.8)? */
static bool is_continuation(const struct judge_piece *before, const struct wire_view *v,
			    uint32_t piece_len)
{
	const struct wire_view *b = &before->live;

	return ((b->tcp_flags ^ v->tcp_flags) & SAME_FLAGS) == 0 && b->ack == v->ack &&
	       b->win == v->win && b->data_offset_bytes == v->data_offset_bytes &&
	       v->seq == b->seq + b->payload_len && b->payload_len == piece_len &&
	       v->payload_len <= piece_len && v->payload_len > 0;
}

/* The merged packet: sequence number and CWR of the first piece, the rest of the last. */
static void merge(const struct judge *j, const struct wire_view *last, struct wire_view *out)
{
	const struct wire_view *first = &j->piece[0].live;

	*out = *last;
	out->seq = first->seq;
	out->tcp_flags = (uint16_t)((last->tcp_flags & ~TCP_CWR) | (first->tcp_flags & TCP_CWR));
	out->payload_len = last->payload_len;
	for (size_t i = 0; i < j->n_piece; i++)
		out->payload_len += j->piece[i].live.payload_len;
}

static bool may_wait_for_more(const struct judge *j, const struct plan_packet *want,
			      const struct wire_view *whole)
{
	return want->proto == WIRE_TCP && whole->proto == WIRE_TCP &&
	       !j->plan->config.strict_segments && whole->payload_len > 0 &&
	       whole->payload_len < want->payload_len;
}

/* What the pieces so far already show: with these the whole can never match. */
static bool start_fits(const struct plan_packet *want, const struct wire_view *mapped)
{
	return ((want->flags ^ mapped->tcp_flags) & SAME_FLAGS) == 0 &&
	       (want->seq_is_ignored || want->seq.v == mapped->seq) &&
	       (!want->ack.has || want->ack.v == mapped->ack || want->ack.high != want->ack.v);
}

static void init_match(struct judge *j, struct match *m, const struct plan_step *step,
		       const struct judge_window *w, const struct wire_view *got,
		       const struct wire_packet *raw, int64_t at_us)
{
	*m = (struct match){ .a = j->a, .src = j->plan->src, .want = step->u.packet, .got = got,
			     .raw = raw, .has_checksums = j->setup.has_checksums, .conn = j->sut,
			     .config = &j->plan->config, .window = w, .at_us = at_us };
}

/* A report looks this far for the line that a packet belongs to. */
enum { LOOK_AROUND = 128 };

static bool would_match(struct judge *j, const struct plan_step *s, const struct wire_view *mapped,
			struct match *m)
{
	if (s->kind != PLAN_PACKET_OUT)
		return false;
	init_match(j, m, s, NULL, mapped, NULL, 0);
	m->a = j->scratch;
	match_packet(m);
	return m->n_differ == 0;
}

uint32_t judge_later_line(struct judge *j, const struct plan_step *step,
			  const struct wire_view *mapped)
{
	const struct plan_step *end = j->plan->steps + j->plan->n_steps;
	struct match *m = ARENA_NEW(j->a, struct match);

	if (end - step > LOOK_AROUND)
		end = step + LOOK_AROUND;
	for (const struct plan_step *s = step + 1; s < end; s++) {
		if (would_match(j, s, mapped, m))
			return s->line;
	}
	return 0;
}

uint32_t judge_earlier_line(struct judge *j, const struct plan_step *step,
			    const struct wire_view *mapped)
{
	const struct plan_step *first = j->plan->steps;
	const struct plan_step *s = step ? step : first + j->plan->n_steps;
	struct match *m = ARENA_NEW(j->a, struct match);

	for (int i = 0; s > first && i < LOOK_AROUND; i++) {
		if (would_match(j, --s, mapped, m))
			return s->line;
	}
	return 0;
}

static void absolute_numbers(const struct plan_packet *want, const struct wire_view *live,
			     struct wire_view *mapped)
{
	if (!want->seq_is_absolute)
		return;
	mapped->seq = live->seq;
	mapped->ack = live->ack;
}

/* What the pieces so far leave of the expected packet. */
static const struct plan_packet *rest_of(struct judge *j, const struct plan_packet *want)
{
	struct plan_packet *rest = ARENA_NEW(j->a, struct plan_packet);

	*rest = *want;
	for (size_t i = 0; i < j->n_piece; i++) {
		rest->seq.v += j->piece[i].live.payload_len;
		rest->payload_len -= j->piece[i].live.payload_len;
	}
	return rest;
}

/* A packet that does not continue the pieces, even if it has all that the line asks for. */
static void match_rest(struct judge *j, struct match *m)
{
	m->want = rest_of(j, m->want);
	match_packet(m);
	m->size_differs = true;
	if (m->n_differ == 0)
		match_add(m, "continuation", m->want->seq_span,
			  "the same ack, window and options as before", "others", true);
}

/* Payload is that of all pieces; everything else of the merged packet is in its view. */
static void add_pieces(const struct judge *j, struct match *m)
{
	for (size_t i = 0; i < j->n_piece; i++) {
		if (!m->wrong && j->piece[i].has_wrong)
			m->wrong = &j->piece[i].wrong;
		m->raw_at += j->piece[i].live.payload_len;
	}
	m->payload = payload_moved(m->payload, m->raw_at);
}

static void keep_piece(struct judge *j, const struct wire_view *v, const struct wire_packet *raw,
		       int64_t at_us)
{
	struct judge_piece piece = { .live = keep_view(j, v), .at_us = at_us };

	piece.has_wrong = match_wrong_byte(raw, stream_sent(j, v), &piece.wrong);
	for (size_t i = 0; i < j->n_piece; i++)
		piece.wrong.at += j->piece[i].live.payload_len;
	*ARENA_PUSH(j->a, j->piece, j->n_piece, j->cap_piece, struct judge_piece) = piece;
	see(j, v, at_us, "a part of the expected packet");
}

/* Whether all pieces together are what the line asks for; the texts that say so go to @texts. */
static bool compare(struct judge *j, struct match *m, struct arena *texts)
{
	m->a = texts;
	if (j->is_broken_off) {
		match_rest(j, m);
	} else {
		add_pieces(j, m);
		match_packet(m);
	}
	return m->n_differ == 0;
}

/* All pieces are there (or will never be): compare, report, learn. */
static enum judge_answer decide(struct judge *j, const struct plan_step *step,
				const struct judge_window *w, const struct wire_view *live,
				const struct wire_view *mapped, const struct wire_packet *raw,
				int64_t at_us)
{
	const struct plan_packet *want = step->u.packet;
	struct match *m = j->match;
	bool matches;

	init_match(j, m, step, w, mapped, raw, at_us);
	m->payload = stream_sent(j, live);
	matches = compare(j, m, j->scratch);
	if (want->as_name)
		judge_name_packet(j, want->as_name, mapped, at_us);
	if (matches) {
		learn_from_match(j, want, live);
		return JUDGE_MATCHED;
	}
	/* Once more, for texts that stay as long as the finding. */
	init_match(j, m, step, w, mapped, raw, at_us);
	m->payload = stream_sent(j, live);
	compare(j, m, j->a);
	judge_report_mismatch(j, step, m);
	if (j->plan->config.non_fatal_packet && !m->size_differs) {
		learn_from_match(j, want, live);
		return JUDGE_MATCHED;
	}
	return JUDGE_MISMATCH;
}

static enum judge_answer take_piece(struct judge *j, const struct plan_step *step,
				    const struct judge_window *w, const struct wire_view *v,
				    const struct wire_packet *raw, int64_t at_us)
{
	const struct plan_packet *want = step->u.packet;
	struct wire_view live = *v, mapped;
	bool glues = true;

	if (j->n_piece > 0) {
		glues = is_continuation(&j->piece[j->n_piece - 1], v,
					j->piece[0].live.payload_len);
		if (glues)
			merge(j, v, &live);
		j->is_broken_off = !glues;
	} else {
		learn_from_syn(j->sut, want, v);
	}
	space_view_out(j->scratch, j->sut, &live, &mapped);
	absolute_numbers(want, &live, &mapped);
	if (glues && may_wait_for_more(j, want, &live) && start_fits(want, &mapped)) {
		keep_piece(j, v, raw, at_us);
		return JUDGE_MORE;
	}
	return decide(j, step, w, &live, &mapped, raw, at_us);
}

/* A socket without a peer can send nothing that a line could mean. */
int judge_expects(struct judge *j, const struct plan_step *step)
{
	judge_reset_wait(j, step);
	if (j->sut && j->sut->remote.family)
		return 0;
	judge_add(j, FINDING_INTERNAL, false, step->span, "no socket can send this packet yet", NULL,
		  j->sut ? "a connect() or an inbound packet must come first"
			 : "a socket() call or an inbound packet must come first");
	return -ERR_STATE;
}

/* Errors are heard only by a line that waits for one: scripts need not list them. */
static bool is_awaited_error(struct judge *j, const struct plan_step *step,
			     const struct wire_packet *p, const struct wire_view *v)
{
	return step->u.packet->proto == v->proto && is_error_about(j, p, v);
}

enum judge_answer judge_packet(struct judge *j, const struct plan_step *step,
			       const struct judge_window *w, const uint8_t *bytes, size_t n,
			       int64_t at_us)
{
	struct wire_packet p;
	struct wire_view v;

	arena_clear(j->scratch);
	if (judge_expects(j, step) < 0)
		return JUDGE_MISMATCH;
	if (!take_apart(j, bytes, n, &p, &v))
		return JUDGE_IGNORED;
	if (!conn_owns(j->sut, &v) && !is_awaited_error(j, step, &p, &v)) {
		see(j, &v, at_us, "of another connection");
		return JUDGE_IGNORED;
	}
	return take_piece(j, step, w, &v, &p, at_us);
}

void judge_name_packet(struct judge *j, const char *name, const struct wire_view *view,
		       int64_t at_us)
{
	*ARENA_PUSH(j->a, j->named, j->n_named, j->cap_named, struct judge_named) =
		(struct judge_named){ name, keep_view(j, view), at_us };
}

int judge_packet_named(const struct judge *j, const char *name, const struct wire_view **view,
		       int64_t *at_us)
{
	for (size_t i = j->n_named; i-- > 0;) {
		if (strcmp(j->named[i].name, name) == 0) {
			*view = &j->named[i].view;
			*at_us = j->named[i].at_us;
			return 0;
		}
	}
	return -ERR_UNKNOWN;
}

void judge_note_injected(struct judge *j, const struct plan_step *step, const uint8_t *bytes,
			 size_t n, int64_t at_us)
{
	const struct plan_packet *want = step->u.packet;
	struct wire_packet p;
	struct wire_view v;

	arena_clear(j->scratch);
	if (!want->as_name || !take_apart(j, bytes, n, &p, &v))
		return;
	if (want->proto == WIRE_TCP && !want->is_raw) {
		v.seq = want->seq.v;
		v.ack = want->ack.v;
	}
	judge_name_packet(j, want->as_name, &v, at_us);
}
