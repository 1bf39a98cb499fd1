/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TCPDRILL_SUITE_SUITE_H
#define TCPDRILL_SUITE_SUITE_H

#include <stdbool.h>
#include <stddef.h>

#include "script/config.h"
#include "script/metadata.h"
#include "suite/requirements.h"

struct arena;
struct diags;
struct suite_reading;

/*
 * The folder of a suite: the nearest one, from a script upwards, that holds a requirements.tsv, or
 * failing that an expect/. Foreign scripts have none: their ids are paths as given, their
 * requirements free text.
 */
struct suite_home {
	const char *path;            /* absolute */
	bool has_table;
	bool is_used;                /* by a script: only then it is one of the suite's homes */
	struct requirements *reqs;   /* NULL: the suite has no table */
	const char *errors;          /* of the table, as printed for people; NULL: none */
	bool is_taken;               /* by who reads its table */
	struct suite_home *next;
	struct suite_home *next_known;
};

struct suite_folder {
	const char *real;            /* absolute, without links; the root is "" */
	struct suite_home *home;     /* NULL: of no suite */
};

/* One script file. Its name is the front of the ids of its tests: what its header gives as id; or
 * the path without ".pkt" below its suite; or, without one, below the folder that was given (for a
 * file that was given: the path as given). Of two that would have the same by their places, the second
 * goes by its path as given. */
struct suite_script {
	const char *path;            /* to open it */
	const char *name;
	const struct suite_home *home;  /* NULL: of no suite */
	const char *real;            /* absolute, its folder without links */
	const struct suite_script *namesake;  /* another of the same name, which is an error; or NULL */
	const char *given;           /* the path it was found by, as it was given */
	struct source src;           /* text NULL when it could not be read, or has not been yet */
	unsigned int own_modes;      /* bit per enum ip_mode that its own --ip_version names; 0: none */
	struct metadata meta;        /* when the header has errors: title, id and req alone */
};

/* One test to run: script x case x variant x stack. */
struct suite_test {
	const char *id;              /* name[case][variant]@stack, or without [case] */
	const struct suite_script *script;
	const struct meta_case *meta_case;   /* NULL when the script has no cases */
	enum ip_mode mode;
	const char *stack;
};

struct suite {
	struct suite_reading *reading;  /* of headers, which has begun; NULL: it has not */
	struct suite_home *homes;    /* of the scripts */
	struct suite_home *known;    /* of all folders that were looked through */
	const char *given;           /* the path that is being added */
	const char *last_path;       /* of the folder that a file was in which was given; NULL: none */
	const struct suite_folder *last_folder;
	struct suite_script **script;
	size_t n_scripts, scripts_cap;
	struct suite_test *test;
	size_t n_tests, tests_cap;
};

/**
 * suite_add_path() - add a script, or all *.pkt files in and below a folder, sorted by path
 * @why: on failure, one line, in @a
 *
 * Names that begin with a dot are passed over; a folder that contains itself through a symbolic
 * link is entered once.
 * Return: 0; -ERR_IO when it cannot be read; -ERR_UNKNOWN for a folder without scripts
 */
int suite_add_path(struct arena *a, struct suite *s, const char *path, const char **why);

/**
 * suite_read_ahead() - let others begin to read what is added from now on
 * @n_threads: at most so many, that of the caller included; there are no others when suite_read()
 *             returns, which has to be called
 */
void suite_read_ahead(struct arena *a, struct suite *s, unsigned int n_threads);

/** suite_read_more() - a script was added */
void suite_read_more(const struct suite *s);

/**
 * suite_read() - the texts and headers of all scripts that were added, and the names they give
 *
 * A file that was added twice, by whatever path, is there once from then on.
 *
 * What cannot be read stays empty, and of a header with errors only what says which script it is and
 * what it is about is kept: binding the script tells of them.
 */
void suite_read(struct arena *a, struct suite *s);

/** suite_name_of() - a path as a name: without "./" in front and ".pkt" at the end */
const char *suite_name_of(struct arena *a, const char *path);

/**
 * suite_check() - what is wrong with a script beyond its own text: requirements that its suite does
 * not know, a name that another script has
 *
 * Positioned errors in @d, whose source must be that script's text.
 */
void suite_check(const struct suite_script *script, struct diags *d);

/** suite_folder_at() - the folder at this path; NULL when there is none */
const struct suite_folder *suite_folder_at(struct arena *a, struct suite *s, const char *path);

/** suite_folder_below() - the one in @up that bears @name and is no link: takes a fraction of the calls */
const struct suite_folder *suite_folder_below(struct arena *a, struct suite *s,
					      const struct suite_folder *up, const char *name);

/* Which variants are wanted. */
struct suite_variants {
	unsigned int modes;          /* bit per enum ip_mode */
	bool is_default;             /* nobody chose: a script that wants another gets that */
	bool name_restricts;         /* NAMEv4.pkt: IPv4 packets only, NAMEv6.pkt: IPv6 only */
	bool overrides_script;       /* --ip_version was given: the script's own does not count */
};

/** suite_own_modes() - the variants that the script's own --ip_version names, as bits */
unsigned int suite_own_modes(const struct source *src);

/**
 * suite_modes() - the variants that one script is run in, as bits
 *
 * A script restricts them by its own --ip_version option, by "needs: ipv6" (or another variant)
 * and, when @v says so, by its name.
 */
unsigned int suite_modes(const struct suite_script *script, const struct suite_variants *v);

/** suite_expand() - make the tests of all scripts: every case in every wanted variant */
void suite_expand(struct arena *a, struct suite *s, const struct suite_variants *v,
		  const char *stack);

#endif
