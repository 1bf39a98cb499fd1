/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SUT_PAIR_H
#define SUT_PAIR_H

#include "sut_host.h"

/*
 * Two instances and a simulated link between them: delay, loss, duplication, reordering, all drawn
 * from one seed. Virtual time, so that a transfer of minutes takes milliseconds.
 */
struct sut_flight {
	struct sut_flight *next;
	int64_t at_ns;
	int to;
	size_t n;
	uint16_t gso;
	uint8_t bytes[];
};

struct sut_pair {
	struct sut_host host[2];
	uint64_t rng;
	struct sut_flight *air;    /* by time of arrival */
	int64_t now_ns, delay_ns, jitter_ns;
	int64_t offset_ns[2];      /* what an instance's clock is ahead */
	unsigned loss_percent, dup_percent;
	int64_t n_sent, n_lost;
};

static inline uint64_t sut_pair_random(struct sut_pair *p)
{
	p->rng ^= p->rng << 13;
	p->rng ^= p->rng >> 7;
	p->rng ^= p->rng << 17;
	return p->rng;
}

static inline bool sut_pair_chance(struct sut_pair *p, unsigned percent)
{
	return sut_pair_random(p) % 100 < percent;
}

static inline void sut_pair_start(struct sut_pair *p, uint64_t seed,
				  const struct sut_sysctl_setting *sysctl, size_t n_sysctl)
{
	p->rng = seed * UINT64_C(0x9e3779b97f4a7c15) + 1;
	for (int i = 0; i < 2; i++) {
		struct sut_allocator a = { sut_host_alloc, sut_host_realloc, sut_host_free,
					   &p->host[i] };
		struct sut_config c = {
			.profile = p->host[i].profile,
			.local4 = i ? sut_remote4 : sut_local4, .prefix4 = 0, .mtu_bytes = 1500,
			.seed = seed * 2 + (uint64_t)i, .now_ns = 1 + p->offset_ns[i], .allocator = &a,
			.has_tso = sut_pair_chance(p, 50), .sysctl = sysctl, .n_sysctl = n_sysctl,
		};

		p->host[i].s = sut_create(&c);
		ck_assert_ptr_nonnull(p->host[i].s);
	}
	p->now_ns = 1;
}

static inline void sut_pair_stop(struct sut_pair *p)
{
	for (int i = 0; i < 2; i++)
		sut_host_stop(&p->host[i]);
	while (p->air) {
		struct sut_flight *f = p->air;

		p->air = f->next;
		free(f);
	}
}

static inline void sut_pair_launch(struct sut_pair *p, int to, const uint8_t *bytes, size_t n)
{
	struct sut_flight *f = malloc(sizeof(*f) + n);
	struct sut_flight **at = &p->air;

	ck_assert_ptr_nonnull(f);
	*f = (struct sut_flight){ .to = to, .n = n, .at_ns = p->now_ns + p->delay_ns };
	if (p->jitter_ns)
		f->at_ns += (int64_t)(sut_pair_random(p) % (uint64_t)p->jitter_ns);
	memcpy(f->bytes, bytes, n);
	while (*at && (*at)->at_ns <= f->at_ns)
		at = &(*at)->next;
	f->next = *at;
	*at = f;
}

static inline void sut_pair_collect(struct sut_pair *p, int from)
{
	const uint8_t *bytes;
	int64_t at_ns;
	size_t n;

	while (sut_output(p->host[from].s, &bytes, &n, &at_ns)) {
		p->n_sent++;
		if (sut_pair_chance(p, p->loss_percent)) {
			p->n_lost++;
			continue;
		}
		sut_pair_launch(p, !from, bytes, n);
		if (sut_pair_chance(p, p->dup_percent))
			sut_pair_launch(p, !from, bytes, n);
	}
}

static inline int64_t sut_min64(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

/* In the time of the link. */
static inline int64_t sut_pair_deadline(const struct sut_pair *p, int i)
{
	int64_t due = sut_next_deadline(p->host[i].s);

	return due == INT64_MAX ? due : due - p->offset_ns[i];
}

/* One step in time: the next arrival or timer. False: nothing will ever happen. */
static inline bool sut_pair_step(struct sut_pair *p)
{
	int64_t due;

	sut_pair_collect(p, 0);
	sut_pair_collect(p, 1);
	due = sut_min64(sut_pair_deadline(p, 0), sut_pair_deadline(p, 1));
	if (p->air && p->air->at_ns <= due)
		due = p->air->at_ns;
	if (due == INT64_MAX)
		return false;
	if (due > p->now_ns)
		p->now_ns = due;
	if (p->air && p->air->at_ns <= p->now_ns) {
		struct sut_flight *f = p->air;

		p->air = f->next;
		sut_input(p->host[f->to].s, f->bytes, f->n, 0, p->now_ns + p->offset_ns[f->to]);
		free(f);
		return true;
	}
	sut_advance(p->host[0].s, p->now_ns + p->offset_ns[0]);
	sut_advance(p->host[1].s, p->now_ns + p->offset_ns[1]);
	return true;
}

#endif
