/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The judge: a script, a zero byte, then what the stack does. Without the second part the stack
 * does as the script says; each byte of it makes one event something else.
 */
#include <string.h>

#include "base/arena.h"
#include "base/diag.h"
#include "fuzz.h"
#include "grammar/parse.h"
#include "judge/judge.h"
#include "script/plan.h"
#include "wire/wire.h"

enum { STEPS_MAX = 40, PACKETS_MAX = 4, PEER_PORT = 40001, OWN_PORT = 33333, HANDLE = 100 };

static const uint32_t ISN = 0xfffff000;

struct stack {
	struct arena *a;
	const struct plan *plan;
	struct judge *judge;
	const uint8_t *byte;       /* what it does otherwise */
	size_t left;
	int64_t now_us;
};

static uint8_t next(struct stack *s)
{
	if (!s->left)
		return 0;
	s->left--;
	return *s->byte++;
}

static uint32_t next_number(struct stack *s)
{
	uint32_t v = 0;

	for (int i = 0; i < 4; i++)
		v = v << 8 | next(s);
	return v;
}

/* ---- packets ---- */

static void add_option(struct stack *s, const struct tcpopt *script, const struct conn *c,
		       bool is_syn, struct wire_builder *w)
{
	struct tcpopt live = *script;
	uint8_t bytes[TCPOPT_MAX_BYTES];
	int n;

	for (unsigned int i = 0; i < live.n_values; i++) {
		if (tcpopt_value_space(&live, i) == TCPOPT_ACK_SPACE && !is_syn)
			live.value[i] += c->remote_isn;
		if (next(s) > 200)
			live.value[i] = next_number(s);
	}
	n = tcpopt_encode(&live, bytes);
	if (n > 0)
		wire_add_options(w, bytes, (size_t)n);
}

static void push_tcp(struct stack *s, const struct plan_packet *want, const struct conn *c,
		     struct wire_builder *w)
{
	bool is_syn = want->flags & TCP_SYN;
	uint32_t isn = c->has_local_isn ? c->local_isn_live.v : ISN;

	wire_push(w, WIRE_TCP);
	wire_set(w, WIRE_F_TCP_SRC_PORT, c->local_port ? c->local_port : OWN_PORT);
	wire_set(w, WIRE_F_TCP_DST_PORT, c->remote_port);
	wire_set(w, WIRE_F_TCP_SEQ, is_syn ? isn : want->seq.v + isn);
	wire_set(w, WIRE_F_TCP_ACK, is_syn ? want->ack.v : want->ack.v + c->remote_isn);
	wire_set(w, WIRE_F_TCP_FLAGS, want->flags & 0x1ffU);
	wire_set(w, WIRE_F_TCP_WINDOW, want->win.has ? want->win.v : 1000);
	wire_set(w, WIRE_F_TCP_URGENT, want->urg.v);
	for (size_t i = 0; i < want->n_opts; i++)
		add_option(s, &want->opts[i].want->opt, c, is_syn, w);
}

static void push_ip(const struct plan_packet *want, const struct conn *c, struct wire_builder *w)
{
	bool v4 = c->remote.family == 4;

	wire_push(w, v4 ? WIRE_IPV4 : WIRE_IPV6);
	wire_set_addrs(w, c->local.family ? &c->local : &c->remote, &c->remote);
	wire_set(w, v4 ? WIRE_F_IPV4_TOS : WIRE_F_IPV6_TRAFFIC_CLASS, want->ip->tos);
	if (!v4)
		wire_set(w, WIRE_F_IPV6_FLOW_LABEL, want->ip->flow_label.v + 1);
}

/* The payload that is sent now; the whole when nothing else is said. */
static uint32_t payload_bytes(struct stack *s, const struct plan_packet *want)
{
	uint8_t how = next(s);

	return how & 1 ? want->payload_len / 2 : how & 2 ? how * 100U : want->payload_len;
}

static bool build(struct stack *s, const struct plan_packet *want, struct wire_builder *w)
{
	const struct conn *c = judge_sut(s->judge);
	const uint8_t mark = 1;

	wire_build_init(w, s->a);
	push_ip(want, c, w);
	if (want->proto == WIRE_TCP) {
		push_tcp(s, want, c, w);
	} else {
		wire_push(w, want->proto);
		if (want->proto == WIRE_UDP) {
			wire_set(w, WIRE_F_UDP_SRC_PORT, c->local_port ? c->local_port : OWN_PORT);
			wire_set(w, WIRE_F_UDP_DST_PORT, c->remote_port);
		}
	}
	wire_add_payload(w, NULL, payload_bytes(s, want));
	if (next(s) > 200)
		wire_add_payload(w, &mark, 1);
	return wire_finish(w) == 0;
}

/* One packet of the stack: as expected, with a byte changed, or any bytes at all. */
static enum judge_answer send(struct stack *s, const struct plan_step *step)
{
	uint8_t how = next(s);
	struct judge_window w = { .is_any = !(how & 64), .from_us = s->now_us,
				  .to_us = s->now_us + (how & 32), .is_range = how & 32,
				  .tolerance_us = 4, .since_start_us = s->now_us };
	struct wire_builder b;
	size_t n;

	s->now_us += how & 15;
	if (how >= 240) {
		n = s->left < next(s) ? s->left : next(s);
		n = n > s->left ? s->left : n;
		return judge_packet(s->judge, step, &w, s->byte, n, s->now_us);
	}
	if (!build(s, step->u.packet, &b))
		return JUDGE_IGNORED;
	if (how >= 128)
		b.bytes[next_number(s) % b.len] ^= next(s);
	return judge_packet(s->judge, step, &w, b.bytes, b.len, s->now_us);
}

static size_t count_findings(const struct stack *s)
{
	size_t n = 0;

	for (const struct finding *f = judge_findings(s->judge); f; f = f->next) {
		FUZZ_CHECK(f->message && *f->message);
		n++;
	}
	return n;
}

static bool packet_out(struct stack *s, const struct plan_step *step)
{
	size_t before;

	if (judge_expects(s->judge, step) < 0)
		return false;
	for (int i = 0; i < PACKETS_MAX; i++) {
		before = count_findings(s);
		switch (send(s, step)) {
		case JUDGE_MATCHED:
			return true;
		case JUDGE_MISMATCH:
			FUZZ_CHECK(count_findings(s) > before);
			return false;
		case JUDGE_IGNORED:
		case JUDGE_MORE:
			break;
		}
	}
	before = count_findings(s);
	judge_missing(s->judge, step, s->now_us, 1000);
	FUZZ_CHECK(count_findings(s) > before);
	return false;
}

static bool packet_in(struct stack *s, const struct plan_step *step)
{
	const uint8_t *bytes;
	size_t n;

	if (judge_build(s->judge, step, &bytes, &n) < 0)
		return false;
	judge_note_injected(s->judge, step, bytes, n, s->now_us);
	return true;
}

/* ---- calls ---- */

static int64_t same_time(void *ctx, int64_t real_ns)
{
	(void)ctx;
	return real_ns;
}

static int64_t map_label(void *ctx, int64_t label)
{
	return judge_handle(ctx, label);
}

static bool call(struct stack *s, const struct plan_step *step)
{
	const struct call_spec *spec = step->u.call;
	const struct judge_window w = { .is_any = true };
	struct call_result res = { .value = spec->result, .err = spec->err };
	uint8_t how = next(s);
	int64_t bad;

	if (judge_call_begins(s->judge, step) < 0 ||
	    !call_map_fds(s->a, spec, map_label, s->judge, &bad))
		return false;
	if (call_gives_fd(spec) && spec->result >= 0)
		res.value = HANDLE + spec->result;
	for (int i = 0; i < 2; i++)
		res.fd_pair[i] = HANDLE + how + i;
	if (how & 1)
		res.value = (int8_t)next(s);
	if (how & 2)
		res.err = next(s);
	if (how & 4) {
		res.n_data = s->left;
		res.data = memcpy(arena_alloc(s->a, s->left + 1, 1), s->byte, s->left);
		res.has_payload = true;
		res.opt = res.data;
		res.n_opt = s->left;
	}
	/* options and events have values of their own, which are not made here */
	judge_call_returned(s->judge, step, &res, &w, s->now_us, same_time, s);
	return true;
}

/* ---- all ---- */

static bool step_one(struct stack *s, const struct plan_step *step)
{
	switch (step->kind) {
	case PLAN_PACKET_IN:
		return packet_in(s, step);
	case PLAN_PACKET_OUT:
		return packet_out(s, step);
	case PLAN_CALL:
		return call(s, step);
	case PLAN_COMMAND:
	case PLAN_CODE:
	case PLAN_ASSERT:
	case PLAN_QUIET:
		break;
	}
	return true;
}

static void run(struct stack *s)
{
	const struct judge_setup setup = { .local = s->plan->config.local,
					   .remote = s->plan->config.remote,
					   .peer_port = PEER_PORT };
	size_t n = s->plan->n_steps < STEPS_MAX ? s->plan->n_steps : STEPS_MAX;
	bool goes_on = true;

	s->judge = judge_new(s->a, s->plan, &setup);
	for (size_t i = 0; i < n && goes_on; i++) {
		s->now_us += 10;
		goes_on = step_one(s, &s->plan->steps[i]);
	}
	if (judge_owns(s->judge, s->byte, s->left))
		judge_surplus(s->judge, NULL, s->byte, s->left, s->now_us, false, true);
	count_findings(s);
	judge_free(s->judge);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	const uint8_t *end = memchr(data, 0, n);
	size_t n_text = end ? (size_t)(end - data) : n;
	struct arena *a = arena_new();
	struct stack s = { .a = a };
	struct run_config config;
	struct source src;
	struct diags d;
	struct ast_script *tree;

	source_from_text(a, "input", (const char *)data, n_text, &src);
	diags_init(&d, a, &src);
	run_config_defaults(&config);
	tree = grammar_parse(a, &src, NULL, &d);
	s.plan = tree ? plan_bind(a, tree, &config, 1, &d) : NULL;
	s.byte = end ? end + 1 : data + n;
	s.left = (size_t)(data + n - s.byte);
	if (s.plan)
		run(&s);
	arena_free(a);
	return 0;
}

/* Scripts are given as files. */
size_t fuzz_seed(size_t i, uint8_t *out, size_t max)
{
	static const char text[] = "0 < S 0:0(0) win 9 <mss 1000>\n* > S. 0:0(0) ack 1 <mss 9>\n";

	if (i > 0 || max < sizeof(text))
		return 0;
	memcpy(out, text, sizeof(text) - 1);
	return sizeof(text) - 1;
}
