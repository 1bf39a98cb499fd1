/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TCPDRILL_BENCH_BENCH_H
#define TCPDRILL_BENCH_BENCH_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "figure.h"

/* What the files of the benchmark share. It prints figures; none of them passes or fails. */

/* What was measured in each run of one figure. */
struct samples {
	double *v;
	size_t n, cap;
};

/* One figure in one column. */
struct cell {
	size_t runs;               /* 0: not measured */
	double median, least, most;
};

enum who { WHO_TCPDRILL, WHO_PACKETDRILL, WHO_COUNT };

struct bench {
	const char *program;       /* tcpdrill */
	const char *packetdrill;   /* full path, or NULL when there is none */
	const char *folder;        /* absolute; for scripts and records; removed at the end */
	const char *scripts;       /* the folder of the scripts that the suite figures run */
	const char *no_kernel;     /* why the kernel target cannot run here, or NULL */
	FILE *page;                /* gets what is printed */
	struct cell cell[FIG_COUNT][WHO_COUNT][COLUMN_MAX];
	json_t *missing;           /* why, by the name of what is not measured */
};

/* ---- figure.c: statistics and output ---- */

/** samples_add() - one more measurement; samples_free() gives them back */
void samples_add(struct samples *s, double v);
void samples_free(struct samples *s);

/** samples_at() - the value below which a part @q (0..1) of the samples lies; sorts them */
double samples_at(struct samples *s, double q);

/** bench_say() - to the terminal and to the page */
void bench_say(struct bench *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/** figure_set() - keep what was measured; @s is emptied. No sample: the figure stays missing */
void figure_set(struct bench *b, enum who who, enum figure_id id, size_t column,
		struct samples *s);

/** figure_one() - keep a figure that is a single number */
void figure_one(struct bench *b, enum who who, enum figure_id id, size_t column, double v);

/** figure_missing() - say why figures are not there: @what in the form "start.*" */
void figure_missing(struct bench *b, const char *what, const char *reason);

/** group_print() - the table of a group, as Markdown */
void group_print(struct bench *b, enum group_id group);

/** figures_json() - all that was measured, by name and column; the caller owns it */
json_t *figures_json(const struct bench *b);

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

/** process_fork() - call @work with @arg in a process of its own, which shares what is at
 * @result (from process_share()) with us. True when it came to its end */
bool process_fork(void (*work)(const void *arg, void *result), const void *arg, void *result);

/** process_share() - @n zeroed bytes that are the same after fork(); process_unshare() */
void *process_share(size_t n);
void process_unshare(void *p, size_t n);

/** now_ms() - CLOCK_MONOTONIC */
double now_ms(void);

/* ---- apart.c: packetdrill, which needs a network namespace around it ---- */

/**
 * apart_run() - run @argv in a network namespace of its own and measure it
 * @arrived: NULL, or gets the times (CLOCK_REALTIME, ns) of the frames that came in there, as
 *	     differences to m->exec_ns
 *
 * Making the namespace and taking it down is not measured.
 * Return: 0, or -1 with errno when there is no such namespace or the program could not be run
 */
int apart_run(const char *const argv[], struct measured *m, struct samples *arrived);

/**
 * apart_run_all() - run "@program SCRIPT" for each of the @n scripts, @jobs at once, each in a
 * network namespace of its own
 * @status: NULL, or @n exit statuses, filled; -1 for what could not be run
 *
 * Return: milliseconds that it all took; negative when it could not be done
 */
double apart_run_all(const char *program, char *const script[], size_t n, int jobs, int *status);

/* ---- load.c: other work for the machine ---- */

struct load {
	pid_t pid[64];
	size_t n;
};

/** load_begin() - two processes per processor that do nothing but compute, until load_end(), until
 * we end, or for a minute of processor time */
void load_begin(struct load *l);
void load_end(struct load *l);

/* ---- scripts.c: scripts to run ---- */

/** script_open() - a new script in the benchmark's folder; @path (PATH_MAX bytes) is filled */
FILE *script_open(const struct bench *b, const char *name, char *path);

/** script_handshake() - a passive handshake without any pause */
void script_handshake(FILE *f);

/** script_short() - a connection that takes 20 ms */
void script_short(FILE *f);

/** script_rounds() - a connection with @n times a write, its segment and the acknowledgment, 1 ms
 * apart: any stack does just that */
void script_rounds(FILE *f, size_t n);

/** script_transfer() - a connection with about @n events: data both ways, writes, timestamps */
void script_transfer(FILE *f, size_t n);

/* ---- the figures ---- */

void bench_start(struct bench *b);
void bench_late(struct bench *b);
void bench_jobs(struct bench *b);
void bench_suite(struct bench *b);
void bench_gain(struct bench *b);
void bench_script(struct bench *b);
void bench_judge(struct bench *b);
void bench_cost(struct bench *b);
void bench_bundled(struct bench *b);
void bench_transfer(struct bench *b);

/** bench_play() - play the test of @path @n times and write the peak of memory to @result, KiB: what
 * bench_bundled() runs in a process of its own. Returns an exit status */
int bench_play(int n, const char *path, const char *result);

#endif
