/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TCPDRILL_JUDGE_VERDICT_H
#define TCPDRILL_JUDGE_VERDICT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The outcomes of a test [architecture 6] with the exit status each asks for. Worst last. */
#define VERDICTS(X)                                                                                \
	X(PASS, "pass", 0, "all expectations were met")                                            \
	X(DEVIATES, "deviates", 0, "only what is advised or optional (SHOULD, MAY) is violated")      \
	X(SKIP, "skip", 0, "something that the script asks for is missing; the reason is shown")   \
	X(XFAIL, "xfail", 0, "failed, as was expected of this stack")                              \
	X(INCONCLUSIVE, "inconclusive", 5, "tcpdrill itself was too late to judge, also alone")    \
	X(ENVIRONMENT, "environment", 3, "the machine does not permit it or lacks something")      \
	X(ERROR, "error", 2, "the script or the command line has an error")                        \
	X(XPASS, "xpass", 1, "was expected to fail and did not")                                   \
	X(TIMEOUT, "timeout", 1, "the test ran out of its time")                                   \
	X(CRASH, "crash", 1, "the stack or the process of the test died")                          \
	X(FAIL, "fail", 1, "the stack did not do what the script says")

enum verdict {
#define X(id, name, status, help) VERDICT_##id,
	VERDICTS(X)
#undef X
	VERDICT_COUNT
};

extern const char *const verdict_name[VERDICT_COUNT];

/** When a test ends so, in a line */
extern const char *const verdict_help[VERDICT_COUNT];

/** verdict_exit_status() - what the program returns when this is the worst verdict */
int verdict_exit_status(enum verdict v);

/** verdict_worse() - the one that decides the exit status of a run */
enum verdict verdict_worse(enum verdict a, enum verdict b);

/* One line of the table "expected beside actual". */
struct finding_field {
	const char *name;            /* tcp.seq, return value, time */
	const char *expected, *actual;
	bool differs;
};

enum finding_kind {
	FINDING_PACKET,              /* a packet differs from its line */
	FINDING_MISSING_PACKET,      /* timed out waiting for one */
	FINDING_UNEXPECTED_PACKET,
	FINDING_CALL,
	FINDING_TIMING,
	FINDING_COMMAND,
	FINDING_CODE,
	FINDING_ASSERT,
	FINDING_ENVIRONMENT,         /* the machine, not the stack */
	FINDING_UNSUPPORTED,         /* this stack does not have what the script asks for */
	FINDING_INTERNAL,            /* the tester cannot do what the script asks */
};

extern const char *const finding_kind_name[];

/* One difference between what the script expects and what happened. All text in the arena. */
struct finding {
	enum finding_kind kind;
	bool is_warning;             /* under --non_fatal, or leftovers at the end */
	uint32_t line, col;          /* 0: no place in the script */
	const char *message;         /* one line */
	struct finding_field *field;
	size_t n_fields;
	const char *text;            /* the whole finding as printed for people, with excerpt and carets */
	struct finding *next;
};

/* The result of one test: what reporters are fed with and what --json writes. */
struct test_record {
	const char *id;              /* rfc9293/reset/rst-in-window[ipv6]@kernel */
	const char *script;          /* path as given */
	const char *case_name;       /* "" when the script has no cases */
	const char *variant;         /* ipv4, ipv4-mapped-ipv6, ipv6 */
	const char *stack;
	const char *profile;         /* of the stack; "" when that is its own, or it has none */
	const char *title;           /* "" when the script has none */
	enum verdict verdict;
	const char *reason;          /* one line; "" for pass */
	int64_t wall_us;
	int64_t late_us;             /* the worst lateness of the tester itself */
	uint32_t retries;
	struct finding *findings;
	const char *output;          /* --trace, -v and print() text, "" when none */

	/* What the runner alone knows. */
	uint64_t seed;               /* of this test's random choices; below 2^63, as JSON has it */
	const struct test_record *before;    /* the run before, in which the tester was too late */
};

#endif
