/* SPDX-License-Identifier: BSD-2-Clause */
/* Bulk data between two instances of the bundled stack, in memory: what one core can move. */
#include <stdlib.h>
#include <string.h>
#include <sut.h>

#include "bench.h"

enum { TRANSFER_RUNS = 5, CHUNK_BYTES = 65536, ROUND_NS = 20000 };

static const int64_t transfer_bytes = 256 * 1024 * 1024;

/* Client and server, and the time that they share. */
struct transfer {
	struct sut *host[2];
	int sender, receiver;
	int64_t now_ns, sent, got;
	uint8_t *chunk;
};

static struct sut *host_new(int last)
{
	const struct sut_config config = {
		.local4 = { 4, { 10, 0, 0, (uint8_t)last } }, .prefix4 = 24, .mtu_bytes = 1500,
		.seed = (uint64_t)last, .now_ns = 1, .has_tso = true,
	};

	return sut_create(&config);
}

/* All that is on its way arrives, and causes more. */
static void exchange(struct transfer *t)
{
	const uint8_t *bytes;
	int64_t at_ns;
	bool moved = true;
	size_t n;

	while (moved) {
		moved = false;
		for (int i = 0; i < 2; i++) {
			while (sut_output(t->host[i], &bytes, &n, &at_ns)) {
				sut_input(t->host[!i], bytes, n, n > 1500 ? 1460 : 0, t->now_ns);
				moved = true;
			}
		}
	}
}

static bool connect_pair(struct transfer *t)
{
	const struct sut_endpoint at = { { 4, { 10, 0, 0, 2 } }, 8080 };
	int listener = sut_socket(t->host[1], 2, 1, 0);

	t->sender = sut_socket(t->host[0], 2, 1, 0);
	if (listener < 0 || t->sender < 0 || sut_bind(t->host[1], listener, &at) ||
	    sut_listen(t->host[1], listener, 1))
		return false;
	sut_connect(t->host[0], t->sender, &at);
	exchange(t);
	t->receiver = sut_accept(t->host[1], listener, 0, NULL);
	return t->receiver >= 0;
}

static int64_t move(struct transfer *t, bool is_send, int64_t most)
{
	struct sut_iovec iov = { t->chunk, (size_t)(most < CHUNK_BYTES ? most : CHUNK_BYTES) };
	struct sut_msg m = { .iov = &iov, .n_iov = 1 };

	return is_send ? sut_sendmsg(t->host[0], t->sender, &m, 0)
		       : sut_recvmsg(t->host[1], t->receiver, &m, 0);
}

static void pass_time(struct transfer *t)
{
	t->now_ns += ROUND_NS;
	for (int i = 0; i < 2; i++)
		sut_advance(t->host[i], t->now_ns);
}

static bool move_all(struct transfer *t)
{
	int64_t idle = 0;

	while (t->got < transfer_bytes && idle < 1000000) {
		int64_t before = t->sent + t->got, n;

		while (t->sent < transfer_bytes && (n = move(t, true, transfer_bytes - t->sent)) > 0)
			t->sent += n;
		exchange(t);
		while ((n = move(t, false, CHUNK_BYTES)) > 0)
			t->got += n;
		exchange(t);
		pass_time(t);
		idle = t->sent + t->got == before ? idle + 1 : 0;
	}
	return t->got == transfer_bytes;
}

/* Gbit/s, or a negative number when it did not get through. */
static double transfer(void)
{
	struct transfer t = { .host = { host_new(1), host_new(2) }, .now_ns = 1,
			      .chunk = calloc(1, CHUNK_BYTES) };
	double rate = -1;

	if (t.host[0] && t.host[1] && t.chunk && connect_pair(&t)) {
		double start_ms = now_ms();

		if (move_all(&t))
			rate = (double)transfer_bytes * 8 / 1e6 / (now_ms() - start_ms);
	}
	sut_destroy(t.host[0]);
	sut_destroy(t.host[1]);
	free(t.chunk);
	return rate;
}

void bench_transfer(struct bench *b)
{
	struct samples s = { 0 };

	for (int i = 0; i < TRANSFER_RUNS; i++) {
		double rate = transfer();

		if (rate < 0) {
			figure_missing(b, "bundled.bulk", "the transfer did not end");
			samples_free(&s);
			return;
		}
		samples_add(&s, rate);
	}
	figure_set(b, WHO_TCPDRILL, FIG_BUNDLED_BULK, 0, &s);
}
