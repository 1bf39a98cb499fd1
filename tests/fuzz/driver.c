/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A fuzzing engine for compilers that have none: plays the target's seeds and the files named on
 * the command line, then mutations of them. The seed is fixed, so a failure repeats. The input
 * that is being played lies in a file, which is removed at the end: what is left is a crash.
 *
 *	fuzz_NAME [-runs N] [-seconds N] [-seed N] [-write FOLDER] [-crash FILE] [FILE...]
 *
 * -write puts the seeds into a folder instead, for an engine that wants them as files.
 */
#include <limits.h>
#include <string.h>
#include <time.h>

#include <fcntl.h>
#include <unistd.h>

#include "fuzz.h"

enum { INPUT_MAX_BYTES = 65536, SEEDS_MAX = 4096, CHANGES_MAX = 6 };

struct seed {
	uint8_t *data;
	size_t n;
};

struct driver {
	struct seed seed[SEEDS_MAX];
	size_t n_seeds;
	uint64_t random;
	uint8_t now[INPUT_MAX_BYTES];   /* the input being made */
	size_t runs;
	double seconds;
	const char *write_to, *crash;
	int crash_fd;            /* holds the input that is being played */
};

/* xorshift64* */
static size_t pick(struct driver *d, size_t below)
{
	d->random ^= d->random >> 12;
	d->random ^= d->random << 25;
	d->random ^= d->random >> 27;
	return below ? (size_t)((d->random * UINT64_C(0x2545F4914F6CDD1D)) >> 33) % below : 0;
}

static void add_seed(struct driver *d, const uint8_t *data, size_t n)
{
	struct seed *s = &d->seed[d->n_seeds];

	if (d->n_seeds == SEEDS_MAX)
		return;
	s->data = malloc(n + 1);
	if (!s->data)
		abort();
	memcpy(s->data, data, n);
	s->n = n;
	d->n_seeds++;
}

static void add_file(struct driver *d, const char *path)
{
	FILE *f = fopen(path, "rb");

	if (!f) {
		perror(path);
		exit(2);
	}
	add_seed(d, d->now, fread(d->now, 1, sizeof(d->now), f));
	fclose(f);
}

static void add_own_seeds(struct driver *d)
{
	size_t n;

	for (size_t i = 0; (n = fuzz_seed(i, d->now, sizeof(d->now))) > 0; i++)
		add_seed(d, d->now, n);
}

static void write_seeds(const struct driver *d)
{
	for (size_t i = 0; i < d->n_seeds; i++) {
		char path[PATH_MAX];
		FILE *f;

		snprintf(path, sizeof(path), "%s/seed-%zu", d->write_to, i);
		f = fopen(path, "wb");
		if (!f || fwrite(d->seed[i].data, 1, d->seed[i].n, f) != d->seed[i].n) {
			perror(path);
			exit(2);
		}
		fclose(f);
	}
}

/* ---- mutations: each changes d->now and returns its new length ---- */

static size_t change_byte(struct driver *d, size_t n)
{
	if (n)
		d->now[pick(d, n)] = (uint8_t)pick(d, 256);
	return n;
}

static size_t flip_bit(struct driver *d, size_t n)
{
	if (n)
		d->now[pick(d, n)] ^= (uint8_t)(1U << pick(d, 8));
	return n;
}

static size_t remove_part(struct driver *d, size_t n)
{
	size_t at = pick(d, n + 1), len = pick(d, pick(d, 2) ? 4 : n - at + 1);

	if (len > n - at)
		len = n - at;
	memmove(d->now + at, d->now + at + len, n - at - len);
	return n - len;
}

static size_t insert(struct driver *d, size_t n, const uint8_t *data, size_t len)
{
	size_t at = pick(d, n + 1);

	if (len > INPUT_MAX_BYTES - n)
		len = INPUT_MAX_BYTES - n;
	memmove(d->now + at + len, d->now + at, n - at);
	memcpy(d->now + at, data, len);
	return n + len;
}

static size_t insert_noise(struct driver *d, size_t n)
{
	static const uint8_t edges[] = { 0, 1, 0x7f, 0x80, 0xff, '"', '`', '<', '.', '0', '9' };
	uint8_t noise[16];
	size_t len = 1 + pick(d, sizeof(noise));

	for (size_t i = 0; i < len; i++)
		noise[i] = pick(d, 3) ? (uint8_t)pick(d, 256) : edges[pick(d, sizeof(edges))];
	return insert(d, n, noise, len);
}

static size_t insert_of_other(struct driver *d, size_t n)
{
	const struct seed *s = &d->seed[pick(d, d->n_seeds)];
	size_t at = pick(d, s->n + 1), len = pick(d, s->n - at + 1);

	return insert(d, n, s->data + at, len > 200 ? 200 : len);
}

/* Behind a zero byte, which ends what the target reads first. */
static size_t append_second_part(struct driver *d, size_t n)
{
	size_t len = 1 + pick(d, 64);

	if (len > INPUT_MAX_BYTES - n)
		return n;
	d->now[n] = 0;
	for (size_t i = 1; i < len; i++)
		d->now[n + i] = (uint8_t)(pick(d, 2) ? pick(d, 8) : pick(d, 256));
	return n + len;
}

static size_t (*const mutations[])(struct driver *d, size_t n) = {
	change_byte, flip_bit, remove_part, insert_noise, insert_of_other, append_second_part,
};

static size_t mutate(struct driver *d)
{
	const struct seed *s = &d->seed[pick(d, d->n_seeds)];
	size_t n = s->n, changes = 1 + pick(d, CHANGES_MAX);

	memcpy(d->now, s->data, n);
	if (pick(d, 3) == 0)
		return append_second_part(d, n);
	while (changes--)
		n = mutations[pick(d, sizeof(mutations) / sizeof(mutations[0]))](d, n);
	return n;
}

/* ---- playing ---- */

static double now_s(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* A copy of exact size, so that sanitizers see the first byte that is read beyond it. */
static void play(struct driver *d, const uint8_t *data, size_t n)
{
	uint8_t *copy = malloc(n ? n : 1);

	if (!copy || pwrite(d->crash_fd, data, n, 0) != (ssize_t)n ||
	    ftruncate(d->crash_fd, (off_t)n) < 0)
		abort();
	memcpy(copy, data, n);
	LLVMFuzzerTestOneInput(copy, n);
	free(copy);
}

static int play_all(struct driver *d, const char *name)
{
	double begun_s = now_s();
	size_t runs = 0;

	d->crash_fd = open(d->crash, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	if (d->crash_fd < 0) {
		perror(d->crash);
		return 2;
	}
	for (size_t i = 0; i < d->n_seeds; i++)
		play(d, d->seed[i].data, d->seed[i].n);
	while (runs < d->runs && now_s() - begun_s < d->seconds) {
		play(d, d->now, mutate(d));
		runs++;
	}
	printf("%s: %zu seeds, %zu mutations in %.1f s\n", name, d->n_seeds, runs,
	       now_s() - begun_s);
	close(d->crash_fd);
	unlink(d->crash);
	return 0;
}

static int read_flag(struct driver *d, const char *name, const char *value)
{
	if (strcmp(name, "-runs") == 0)
		d->runs = strtoul(value, NULL, 10);
	else if (strcmp(name, "-seconds") == 0)
		d->seconds = strtod(value, NULL);
	else if (strcmp(name, "-seed") == 0)
		d->random = strtoul(value, NULL, 10) | 1;
	else if (strcmp(name, "-write") == 0)
		d->write_to = value;
	else if (strcmp(name, "-crash") == 0)
		d->crash = value;
	else
		return -1;
	return 0;
}

static void release(struct driver *d)
{
	for (size_t i = 0; i < d->n_seeds; i++)
		free(d->seed[i].data);
	free(d);
}

int main(int argc, char **argv)
{
	struct driver *d = calloc(1, sizeof(*d));
	int i = 1, rc = 0;

	if (!d)
		abort();
	d->runs = 10000;
	d->seconds = 60;
	d->random = 1;
	d->crash = "crash";
	for (; i + 1 < argc && argv[i][0] == '-'; i += 2) {
		if (read_flag(d, argv[i], argv[i + 1]) < 0) {
			fprintf(stderr, "%s: unknown flag %s\n", argv[0], argv[i]);
			release(d);
			return 2;
		}
	}
	add_own_seeds(d);
	for (; i < argc; i++)
		add_file(d, argv[i]);
	if (d->n_seeds == 0)
		add_seed(d, d->now, 0);
	if (d->write_to)
		write_seeds(d);
	else
		rc = play_all(d, argv[0]);
	release(d);
	return rc;
}
