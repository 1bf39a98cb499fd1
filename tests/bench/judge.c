/* SPDX-License-Identifier: BSD-2-Clause */
/* How fast the judge compares outbound packets with what the script says: no stack, no clock. */
#include <inttypes.h>
#include <limits.h>
#include <malloc.h>
#include <stdlib.h>

#include "base/arena.h"
#include "base/diag.h"
#include "base/util.h"
#include "bench.h"
#include "judge/judge.h"
#include "script/plan.h"
#include "wire/wire.h"

enum { BATCH = 1000, PAYLOAD_BYTES = 100, PEER_PORT = 40001 };

/* By column. The script is read each time, so long ones are judged less often. */
static const struct {
	uint32_t n_packets;
	int runs;
} length_table[] = { { 100, 15 }, { 1000, 9 }, { 10000, 5 }, { 100000, 3 }, { 1000000, 1 } };

static const uint32_t STACK_ISN = 0xfffff000;   /* numbers wrap on the way */

struct live {
	const uint8_t *bytes;
	size_t n;
};

/* What a child that judges hands back. */
struct judging {
	bool is_ok;
	double ms;
	size_t bytes;
};

static void write_script(FILE *f, uint32_t n)
{
	fputs("0 < S 0:0(0) win 1000 <mss 1000,sackOK,TS val 7 ecr 0>\n"
	      "+0 > S. 0:0(0) ack 1 <mss 1460,sackOK,TS val 0 ecr 7>\n", f);
	for (uint32_t i = 0, seq = 1; i < n; i++, seq += PAYLOAD_BYTES)
		fprintf(f, "* > P. %" PRIu32 ":%" PRIu32 "(%d) ack 1 <nop,nop,TS val %" PRIu32
			" ecr 7>\n", seq, seq + PAYLOAD_BYTES, PAYLOAD_BYTES, i);
}

static struct live build(struct arena *a, const struct plan *p, uint32_t i, bool is_syn)
{
	uint8_t syn_opts[] = { 2, 4, 0x05, 0xb4, 4, 2, 8, 10, 0, 0, 0, 0, 0, 0, 0, 7 };
	uint8_t opts[] = { 1, 1, 8, 10, 0, (uint8_t)(i >> 16), (uint8_t)(i >> 8), (uint8_t)i,
			   0, 0, 0, 7 };
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

/* Steps @first and up to as many as fit; the packets are made before the clock is started. */
static bool judge_batch(struct judge *j, const struct plan *p, size_t first, struct judging *r)
{
	const struct judge_window any = { .is_any = true };
	struct arena *a = arena_new();
	struct live live[BATCH];
	size_t n = p->n_steps - first < BATCH ? p->n_steps - first : BATCH;
	double start_ms;
	bool is_ok = true;

	for (size_t i = 0; i < n; i++)
		live[i] = build(a, p, (uint32_t)(first + i - 2), false);
	start_ms = now_ms();
	for (size_t i = 0; is_ok && i < n; i++)
		is_ok = judge_packet(j, &p->steps[first + i], &any, live[i].bytes, live[i].n,
				     (int64_t)(first + i)) == JUDGE_MATCHED;
	r->ms += now_ms() - start_ms;
	arena_free(a);
	return is_ok;
}

static size_t memory_in_use(void)
{
	struct mallinfo2 m = mallinfo2();

	return m.uordblks + m.hblkhd;
}

/* The handshake, then all packets. */
static void judge_all(struct arena *a, const struct plan *p, struct judging *r)
{
	const struct judge_setup setup = { .local = p->config.local,
					   .remote = p->config.remote,
					   .peer_port = PEER_PORT };
	const struct judge_window any = { .is_any = true };
	struct judge *j = judge_new(a, p, &setup);
	struct live syn_ack = build(a, p, 0, true);
	const uint8_t *syn;
	size_t n, before;

	r->is_ok = judge_build(j, &p->steps[0], &syn, &n) == 0 &&
		   judge_packet(j, &p->steps[1], &any, syn_ack.bytes, syn_ack.n, 1) ==
			   JUDGE_MATCHED;
	before = memory_in_use();
	for (size_t i = 2; r->is_ok && i < p->n_steps; i += BATCH)
		r->is_ok = judge_batch(j, p, i, r);
	r->bytes = memory_in_use() - before;
	judge_free(j);
}

/* In a child, which gives its memory back by ending. */
static void judge_script(const void *path, void *result)
{
	struct arena *a = arena_new();
	struct run_config config;
	struct diags d;
	struct plan *p;

	run_config_defaults(&config);
	diags_init(&d, a, NULL);
	p = plan_load(a, path, &config, NULL, 1, &d);
	if (p)
		judge_all(a, p, result);
}

static void measure(struct bench *b, const char *path, size_t column)
{
	struct judging *r = process_share(sizeof(*r));
	struct samples time = { 0 }, memory = { 0 };
	double n = length_table[column].n_packets;

	for (int i = 0; i < length_table[column].runs; i++) {
		*r = (struct judging){ 0 };
		if (!process_fork(judge_script, path, r) || !r->is_ok)
			break;
		samples_add(&time, r->ms * 1e3 / n);
		samples_add(&memory, (double)r->bytes / n);
	}
	if (!time.n)
		figure_missing(b, "script.judge*", "the packets did not match");
	figure_set(b, WHO_TCPDRILL, FIG_SCRIPT_JUDGE, column, &time);
	figure_set(b, WHO_TCPDRILL, FIG_SCRIPT_JUDGE_MEMORY, column, &memory);
	process_unshare(r, sizeof(*r));
}

void bench_judge(struct bench *b)
{
	for (size_t i = 0; i < ARRAY_LEN(length_table); i++) {
		char path[PATH_MAX];
		FILE *f = script_open(b, "judge.pkt", path);

		write_script(f, length_table[i].n_packets);
		fclose(f);
		measure(b, path, i);
	}
}
