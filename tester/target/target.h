/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TCPDRILL_TARGET_TARGET_H
#define TCPDRILL_TARGET_TARGET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/ipaddr.h"
#include "base/tcp_state.h"
#include "call/call.h"

struct arena;
struct buf;

/*
 * A target is a stack that can be tested. All times are nanoseconds of the target's own clock
 * (int64_t, _ns): CLOCK_MONOTONIC for the kernel, a counter for stacks in virtual time. Nobody
 * but the target asks a clock.
 */

enum target_clock { TARGET_CLOCK_REAL, TARGET_CLOCK_VIRTUAL };

/* What a stack or this machine may lack; scripts ask for them by "needs". */
enum target_cap {
	TARGET_CAP_SHELL = 1,      /* backtick commands */
	TARGET_CAP_INFO = 2,       /* info(): TCP_INFO */
	TARGET_CAP_STATE = 4,      /* state() by 4-tuple */
	TARGET_CAP_GSO = 8,        /* inject() with a segment size */
	TARGET_CAP_BLOCKING = 16,  /* "..." calls */
	TARGET_CAP_VIRTUAL_CLOCK = 32, /* minutes cost nothing */
	TARGET_CAP_CHECKSUM = 64,  /* packets come with the checksums that a wire would see */
};

struct target_config {
	uint8_t ip_version;               /* of the packets: 4 or 6 */
	struct ip_addr local, gateway;
	struct ip_addr remote;
	uint8_t local_prefix, remote_prefix;
	bool is_anyip;                    /* route without gateway */
	uint32_t mtu_bytes;
	uint32_t speed_mbit;              /* 0: unchanged */
	bool pass_output;                 /* commands write to our stdout and stderr */
	int64_t watchdog_ns;              /* a call without "..." may take this long */
	const char *work_dir;             /* for commands and relative paths; NULL: as it is */
	uint64_t seed;                    /* of all that a stack in virtual time draws at random */
	const char *profile;              /* NULL: its own; else one of the row's */
	const char *fault;                /* NULL, or one that the stack shall have (target/fault.h) */
};

enum target_event_kind { TARGET_DEADLINE, TARGET_PACKET, TARGET_CALL_RETURNED };

struct target_event {
	enum target_event_kind kind;
	int64_t at_ns;                    /* when it happened */
	const uint8_t *bytes;             /* PACKET: raw IP; borrowed until the next wait */
	size_t n_bytes;
	struct call_result *result;       /* CALL_RETURNED; in the arena given to open */
};

enum target_call_status { TARGET_CALL_DONE, TARGET_CALL_PENDING };

struct target_command_result {
	int status;                       /* exit status; 128 + signal when killed */
	bool timed_out;
	/* Its last output (at most 64 KiB), NUL-terminated, in the arena, with the four characters
	 * \x00 for each NUL byte of it; empty when it was passed through. */
	const char *output;
	const char *refused;              /* NULL, or a setting that the stack would not take */
	const char *unsupported;          /* NULL, or what it asked for and the stack lacks */
};

extern const char *const target_state_name[TCP_STATE_COUNT];

struct target_tuple {
	struct ip_addr local, remote;
	uint16_t local_port, remote_port; /* remote_port 0: a listener */
};

/* One variable for code blocks and assertions (language: 6.2). */
struct target_info {
	const char *name;                 /* tcpi_rtt, SK_MEMINFO_DROPS, ...; static text */
	int64_t value;                    /* the bits of an unsigned number: -1 is 2^64 - 1 */
};

struct target;

struct target_ops {
	/*
	 * open() - make the stack ready
	 * @why: on failure, the reason for people, in @a
	 * Return: 0; -ERR_ENVIRONMENT when the machine does not allow it; -ERR_UNSUPPORTED when
	 *         the stack cannot serve this configuration
	 */
	int (*open)(struct arena *a, const struct target_config *config, struct target **out,
		    const char **why);

	/* now_ns() - the target's clock */
	int64_t (*now_ns)(struct target *t);

	/* wall_ns() - our own time, where the target's is another: what the test itself and its
	 * commands may take is counted by it. NULL: now_ns() is our time. */
	int64_t (*wall_ns)(struct target *t);

	/* sleep_until() - let time pass until @at_ns; what the stack emits meanwhile is kept */
	void (*sleep_until)(struct target *t, int64_t at_ns);

	/* inject() - a raw IP packet towards the stack, now. @gso_bytes: segment size to declare
	 * (0: none). Return: 0 or -ERR_IO; *done_ns: clock just before it was handed over */
	int (*inject)(struct target *t, const uint8_t *bytes, size_t n, uint16_t gso_bytes,
		      int64_t *done_ns);

	/* call() - start a call, now. With spec->may_block it may answer TARGET_CALL_PENDING once
	 * the caller is asleep; its result then comes as an event. @req itself may go at once;
	 * what it points to must stay until then.
	 * Return: enum target_call_status; -ERR_UNSUPPORTED or -ERR_STATE with *why set;
	 *         -ERR_TIMEOUT when the watchdog ended a call that blocked */
	int (*call)(struct target *t, const struct call_request *req, struct call_result *res,
		    const char **why);

	/* wait() - the next event, or TARGET_DEADLINE when none came until @deadline_ns.
	 * Return: 0 or -ERR_IO */
	int (*wait)(struct target *t, int64_t deadline_ns, struct target_event *ev);

	/* command() - run shell text to its end, at most until @deadline_ns of our own time
	 * (wall_ns). 0 or a negative error with *why */
	int (*command)(struct target *t, const char *text, int64_t deadline_ns,
		       struct target_command_result *res, const char **why);

	/* state() - of descriptor @handle, or of @tuple when @handle is negative. CLOSED when the
	 * stack knows no such connection. 0 or -ERR_UNSUPPORTED */
	int (*state)(struct target *t, int64_t handle, const struct target_tuple *tuple,
		     enum tcp_state *out);

	/* info() - variables of descriptor @handle, in the arena. 0 or negative with *why */
	int (*info)(struct target *t, int64_t handle, const struct target_info **out, size_t *n,
		    const char **why);

	/* real_to_clock_ns() - a CLOCK_REALTIME stamp (SCM_TIMESTAMPING) on the target's clock */
	int64_t (*real_to_clock_ns)(struct target *t, int64_t real_ns);

	/* drops() - frames that the capture lost so far */
	uint64_t (*drops)(struct target *t);

	/* stalled_us() - how long in all tasks of this machine were ready and waited for a processor;
	 * only differences mean something. NULL where time is virtual. */
	int64_t (*stalled_us)(struct target *t);

	/* stolen_us() - for how long since open() this machine, if it is the guest of another, was kept
	 * from the processors it wanted, all of them added up. NULL where time is virtual. */
	int64_t (*stolen_us)(struct target *t);

	/* reserve_port() - a port of the peer that nothing else will use [language 7.4 #8] */
	int (*reserve_port)(struct target *t, uint16_t *port);

	/* close() - release everything; NULL is allowed */
	void (*close)(struct target *t);
};

/* What every target begins with. */
struct target {
	const struct target_ops *ops;
	enum target_clock clock;
	unsigned int caps;                /* enum target_cap */
};

/* Which tests must have namespaces of their own (target/sandbox.h). */
enum target_sandbox { SANDBOX_NEVER, SANDBOX_FOR_COMMANDS, SANDBOX_ALWAYS };

/* A stack may be able to behave in several ways. */
struct target_profile {
	const char *name, *help;
};

/* One row per stack. */
struct target_row {
	const char *name;                 /* kernel, bundled, ... */
	const char *help;
	const struct target_ops *ops;
	enum target_sandbox sandbox;
	bool (*does)(const char *command);  /* whether it carries that out itself, without a shell; NULL:
					     * it does none */
	bool is_system;                   /* the operating system's own */
	unsigned int lacks;               /* enum target_cap: what it can never have */
	/* Its profiles, its own first; false past the end. NULL: it is as it is */
	bool (*profile)(size_t i, struct target_profile *out);
};

extern const struct target_row target_table[];
extern const size_t target_table_len;

/** target_find() - the row with this name, or NULL */
const struct target_row *target_find(const char *name);

/** target_profile_each() - profile @i of all stacks together; false past the end */
bool target_profile_each(size_t i, struct target_profile *out);

/** target_profile_known() - whether any stack has it */
bool target_profile_known(const char *name);

/** target_profile_names() - "linux, rfc": all of them, in @a */
const char *target_profile_names(struct arena *a);

/**
 * target_profile_of() - in which profile @row plays what is to be played in @wanted (NULL: in any)
 * Return: the name; NULL when that is the stack's own, or when the stack has no such profile
 */
const char *target_profile_of(const struct target_row *row, const char *wanted);

#endif
