/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TCPDRILL_TESTS_PUPPET_IMPL_H
#define TCPDRILL_TESTS_PUPPET_IMPL_H

#include "puppet.h"
#include "script/plan.h"

/* Private to puppet*.c. */

enum { PUPPET_PEER_PORT = 40001, PUPPET_PORT = 51234, PUPPET_FD_BASE = 100 };

/* A line of the puppet's script. */
struct puppet_step {
	const struct plan_step *step;
	bool is_done;                  /* the cue came, or the packet was sent */
	int64_t done_ns;
	int64_t late_us, takes_us, starved_us;
	bool has_byte;
	uint32_t byte_at;
	uint8_t byte;
	const char *state, *unsupported, *output;
	int status;
};

struct puppet {
	struct target target;
	struct arena *a;
	struct target_config config;
	const struct plan *plan;
	struct puppet_step *step;
	size_t n_steps;
	int64_t now_ns, zero_ns;

	bool is_active;                /* connect() was called */
	bool has_remote_isn;
	uint32_t remote_isn;           /* of the SYN that was injected */

	struct call_result *pending;
	int64_t pending_end_ns;

	struct target_info *info;
	size_t n_info, cap_info;
	uint64_t n_drops;
	uint32_t n_received;           /* bytes that calls have given so far */
};

/** puppet_load() - read and bind the puppet's script; 0, or -ERR_ENVIRONMENT with *why */
int puppet_load(struct puppet *p, const char *path, const char **why);

/** puppet_packet() - the bytes of an outbound line with the puppet's own numbers */
void puppet_packet(struct puppet *p, const struct puppet_step *s, const uint8_t **bytes, size_t *n);

/** puppet_answer() - what the stack answers when a call is met by @spec; @s may be NULL */
void puppet_answer(struct puppet *p, const struct call_spec *spec, const struct puppet_step *s,
		   struct call_result *res);

/** puppet_real_ns() - a CLOCK_REALTIME stamp for script time @script_ns */
int64_t puppet_real_ns(const struct puppet *p, int64_t script_ns);

#endif
