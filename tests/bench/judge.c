/* SPDX-License-Identifier: BSD-2-Clause */
/* How fast the judge compares outbound packets with what the script says: no stack, no clock. */
#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>

#include "base/arena.h"
#include "base/diag.h"
#include "bench.h"
#include "grammar/parse.h"
#include "judge/judge.h"
#include "script/plan.h"
#include "wire/wire.h"

enum { JUDGE_RUNS = 7, JUDGE_PACKETS = 20000, PAYLOAD_BYTES = 100, PEER_PORT = 40001 };

static const uint32_t STACK_ISN = 0xfffff000;   /* numbers wrap on the way */

struct live {
	const uint8_t *bytes;
	size_t n;
};

static struct plan *load(const struct bench *b, struct arena *a)
{
	char path[PATH_MAX];
	struct run_config config;
	struct diags d;
	FILE *f = script_open(b, "judge.pkt", path);

	fputs("0 < S 0:0(0) win 1000 <mss 1000,sackOK,TS val 7 ecr 0>\n"
	      "+0 > S. 0:0(0) ack 1 <mss 1460,sackOK,TS val 0 ecr 7>\n", f);
	for (uint32_t i = 0, seq = 1; i < JUDGE_PACKETS; i++, seq += PAYLOAD_BYTES)
		fprintf(f, "* > P. %" PRIu32 ":%" PRIu32 "(%d) ack 1 <nop,nop,TS val %" PRIu32
			" ecr 7>\n", seq, seq + PAYLOAD_BYTES, PAYLOAD_BYTES, i);
	fclose(f);
	run_config_defaults(&config);
	return plan_load(a, path, &config, NULL, 1, &d);
}

static struct live build(struct arena *a, const struct plan *p, uint32_t i, bool is_syn)
{
	uint8_t syn_opts[] = { 2, 4, 0x05, 0xb4, 4, 2, 8, 10, 0, 0, 0, 0, 0, 0, 0, 7 };
	uint8_t opts[] = { 1, 1, 8, 10, 0, 0, (uint8_t)(i >> 8), (uint8_t)i, 0, 0, 0, 7 };
	struct wire_builder w;

	wire_build_init(&w, a);
	wire_push(&w, WIRE_IPV4);
	wire_set_addrs(&w, &p->config.local, &p->config.remote);
	wire_push(&w, WIRE_TCP);
	wire_set(&w, WIRE_F_TCP_SRC_PORT, p->config.bind_port);
	wire_set(&w, WIRE_F_TCP_DST_PORT, PEER_PORT);
	wire_set(&w, WIRE_F_TCP_SEQ, is_syn ? STACK_ISN : STACK_ISN + 1 + i * PAYLOAD_BYTES);
	wire_set(&w, WIRE_F_TCP_ACK, 1);
	wire_set(&w, WIRE_F_TCP_FLAGS, TCP_ACK | (is_syn ? TCP_SYN : TCP_PSH));
	wire_set(&w, WIRE_F_TCP_WINDOW, 1000);
	wire_add_options(&w, is_syn ? syn_opts : opts, is_syn ? sizeof(syn_opts) : sizeof(opts));
	wire_add_payload(&w, NULL, is_syn ? 0 : PAYLOAD_BYTES);
	wire_finish(&w);
	return (struct live){ w.bytes, w.len };
}

/* Judges all packets once; false when one of them did not match. */
static bool judge_all(const struct plan *p, const struct live *live, double *ms, size_t *bytes)
{
	const struct judge_setup setup = { .local = p->config.local,
					   .remote = p->config.remote,
					   .peer_port = PEER_PORT };
	const struct judge_window any = { .is_any = true };
	struct arena *a = arena_new();
	struct judge *j = judge_new(a, p, &setup);
	const uint8_t *syn;
	size_t n, before = 0;
	bool is_ok = judge_build(j, &p->steps[0], &syn, &n) == 0;

	*ms = 0;
	for (size_t i = 1; is_ok && i < p->n_steps; i++) {
		if (i == 2) {
			before = arena_bytes(a);
			*ms = now_ms();
		}
		is_ok = judge_packet(j, &p->steps[i], &any, live[i - 1].bytes, live[i - 1].n,
				     (int64_t)i) == JUDGE_MATCHED;
	}
	*ms = now_ms() - *ms;
	*bytes = arena_bytes(a) - before;
	judge_free(j);
	arena_free(a);
	return is_ok;
}

void bench_judge(struct bench *b)
{
	struct arena *a = arena_new();
	struct plan *p = load(b, a);
	struct live *live = ARENA_ARRAY(a, struct live, JUDGE_PACKETS + 1);
	struct samples rate = { 0 }, memory = { 0 };

	figure_title("Judging outbound packets that match, with timestamps");
	for (uint32_t i = 0; p && i <= JUDGE_PACKETS; i++)
		live[i] = i == 0 ? build(a, p, 0, true) : build(a, p, i - 1, false);
	for (int i = 0; p && i < JUDGE_RUNS; i++) {
		double ms;
		size_t bytes;

		if (!judge_all(p, live, &ms, &bytes))
			break;
		samples_add(&rate, JUDGE_PACKETS / (ms / 1e3));
		samples_add(&memory, (double)bytes / JUDGE_PACKETS);
	}
	if (rate.n == JUDGE_RUNS) {
		figure_add(b, "judge.packets_per_second", "1/s", NULL, &rate);
		figure_add(b, "judge.memory", "B/packet", NULL, &memory);
	} else {
		figure_skip(b, "judge", "the packets did not match");
	}
	samples_free(&rate);
	samples_free(&memory);
	arena_free(a);
}
