/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TCPDRILL_BENCH_BENCH_H
#define TCPDRILL_BENCH_BENCH_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* What the files of the benchmark share. It prints figures; none of them passes or fails. */

/* What was measured in each run of one figure. */
struct samples {
	double *v;
	size_t n, cap;
};

struct bench {
	const char *program;       /* tcpdrill */
	const char *packetdrill;   /* full path, or NULL when there is none */
	const char *folder;        /* for scripts and records; removed at the end */
	const char *no_kernel;     /* why the kernel target cannot run here, or NULL */
	json_t *figures, *skipped; /* arrays */
};

/* ---- figure.c: statistics and output ---- */

/** samples_add() - one more measurement; samples_free() gives them back */
void samples_add(struct samples *s, double v);
void samples_free(struct samples *s);

/** samples_at() - the value below which a part @q (0..1) of the samples lies; sorts them */
double samples_at(struct samples *s, double q);

/** figure_title() - the line above a group of figures */
void figure_title(const char *title);

/**
 * figure_add() - print the median with least and most, and keep it for the JSON file
 * @name: unique, dotted: "start.first_frame"
 * @goal: what is aimed at on an idle machine, with its sense: "<= 8", or NULL
 */
void figure_add(struct bench *b, const char *name, const char *unit, const char *goal,
		struct samples *s);

/** figure_one() - a figure that is a single number */
void figure_one(struct bench *b, const char *name, const char *unit, const char *goal, double v);

/** figure_skip() - say why figures of this name are not there */
void figure_skip(struct bench *b, const char *name, const char *reason);

/* ---- process.c: running a program ---- */

struct measured {
	int status;                /* exit status; 128 + N when signal N ended it */
	int64_t exec_ns;           /* CLOCK_REALTIME right before exec */
	double wall_ms;            /* from there to its end */
	double cpu_ms;             /* of it and all its descendants, waited for or not */
	bool cpu_is_complete;      /* false: only of those that were waited for */
	double peak_kib;           /* resident, of the largest process */
};

/** process_run() - run @argv without output and measure it. 0, or -1 when it could not be run */
int process_run(const char *const argv[], struct measured *m);

/** process_find() - the full path of a program on the PATH, to be freed, or NULL */
char *process_find(const char *name);

/** now_ms() - CLOCK_MONOTONIC */
double now_ms(void);

/* ---- scripts.c: scripts to run ---- */

/** script_open() - a new script in the benchmark's folder; @path (PATH_MAX bytes) is filled */
FILE *script_open(const struct bench *b, const char *name, char *path);

/** script_handshake() - a passive handshake without any pause */
void script_handshake(FILE *f);

/** script_transfer() - a connection with about @n events: data both ways, writes, timestamps */
void script_transfer(FILE *f, size_t n);

/* ---- the figures ---- */

void bench_start(struct bench *b);
void bench_lateness(struct bench *b);
void bench_jobs(struct bench *b);
void bench_script(struct bench *b);
void bench_judge(struct bench *b);
void bench_bundled(struct bench *b);
void bench_transfer(struct bench *b);

/** bench_play() - play the test of @path @n times and write the peak of memory to @result, KiB: what
 * bench_bundled() runs in a process of its own. Returns an exit status */
int bench_play(int n, const char *path, const char *result);

#endif
