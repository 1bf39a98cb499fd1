/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TCPDRILL_SCRIPT_PLAN_H
#define TCPDRILL_SCRIPT_PLAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/ipaddr.h"
#include "base/seq.h"
#include "base/source.h"
#include "call/call.h"
#include "grammar/ast.h"
#include "script/config.h"
#include "script/expr.h"
#include "script/metadata.h"
#include "wire/wire.h"

struct arena;
struct diags;

/*
 * The plan: a script after names, constants, times and wire forms are resolved. Immutable once
 * bound; the engine walks its steps, the judge compares with them. Times are microseconds.
 */

enum plan_time_kind {
	PLAN_TIME_ABSOLUTE,
	PLAN_TIME_RELATIVE,
	PLAN_TIME_ANY,
	PLAN_TIME_ABSOLUTE_RANGE,
	PLAN_TIME_RELATIVE_RANGE,
};

struct plan_time {
	enum plan_time_kind kind;
	int64_t start_us, end_us;      /* end_us == start_us for points */
	bool has_until;                /* blocking call */
	int64_t until_us;              /* from the same base as start_us */
	struct span span;
};

/* A number with its place; ranges by high; "not given" by has. */
struct plan_num {
	bool has;
	bool any;                      /* '*' */
	uint32_t v, high;              /* high == v for a single number */
	struct span span;
};

enum plan_ecn { ECN_UNCHECKED, ECN_EXACT, ECN_ECT01, ECN_TOS };

struct plan_ip {
	enum plan_ecn ecn;
	uint8_t tos;                   /* ECN_EXACT: the two ECN bits; ECN_TOS: the whole byte */
	struct plan_num ttl;
	struct plan_num flow_label;
	const uint8_t *options;        /* IPv4 options of an injected packet, or NULL */
	uint8_t n_options;
	struct span span;
};

/* An outer header as the script gives it. */
struct plan_outer {
	enum wire_proto proto;
	struct plan_ip ip;
	struct ip_addr src, dst;
	uint16_t gre_flags;            /* checksum, key, sequence bits */
	uint32_t gre_checksum, gre_offset, gre_key, gre_seq;
	uint32_t mpls_label;
	uint8_t mpls_tc, mpls_ttl;
	bool mpls_s;
	struct span span;
};

enum plan_opts { PLAN_OPTS_NONE, PLAN_OPTS_ANY, PLAN_OPTS_LIST };

struct plan_opt {
	const struct tcpopt_want *want;  /* options that are one word, such as nop, share theirs */
	struct span span;
};

enum plan_echo { PLAN_ECHO_TCP, PLAN_ECHO_UDP, PLAN_ECHO_RAW };

struct plan_icmp {
	uint8_t type, code;
	struct plan_num mtu, id;
	enum plan_echo echo;
	struct seq_script echo_seq;
	uint32_t echo_len;             /* TCP, UDP: payload of the echoed packet; RAW: ICMP bytes */
};

struct plan_ports {
	struct plan_num src, dst;
};

struct plan_packet {
	bool is_inbound;
	bool is_raw;                   /* < raw "..." */
	bool has_bad_checksum;
	bool is_ace;                   /* TCP: the three ECN bits are a counter given as a digit */
	bool seq_is_ignored, seq_is_absolute;
	uint16_t flags;                /* TCP; the first of alternatives A|B */
	const uint16_t *other_flags;   /* the others, which have a SYN if and only if it has one */
	size_t n_other_flags;
	enum wire_proto proto;         /* TCP, UDP, ICMPV4, ICMPV6 */
	uint32_t payload_len;          /* TCP and UDP: bytes */
	uint32_t payload_len_high;     /* of a range; else the same */
	const struct plan_ip *ip;      /* never NULL: all unchecked when the script says nothing */
	struct plan_outer *outer;
	size_t n_outer;
	const struct plan_ports *ports;  /* NULL when not given */
	const struct plan_icmp *icmp;    /* NULL unless ICMP */
	/* TCP */
	struct seq_script seq;
	struct plan_num ack, win, urg;
	enum plan_opts opts_kind;
	struct plan_opt *opts;
	size_t n_opts;
	struct span flags_span, seq_span, opts_span;
	/* deliberately wrong packets */
	struct wire_override *overrides;
	size_t n_overrides;
	const uint8_t *raw;
	size_t n_raw;
	const char *as_name;           /* NULL when not bound to a name */
};

enum plan_step_kind {
	PLAN_PACKET_IN,
	PLAN_PACKET_OUT,
	PLAN_CALL,
	PLAN_COMMAND,
	PLAN_CODE,
	PLAN_ASSERT,
	PLAN_QUIET,
};

struct plan_step {
	enum plan_step_kind kind;
	uint32_t line;                 /* of the event's first token */
	struct span span;
	struct plan_time time;
	union {
		struct plan_packet *packet;
		struct call_spec *call;
		struct {
			const char *text;
			size_t len;
			struct span span;
			struct code *code;     /* NULL when outside the built-in subset */
		} text;                        /* COMMAND, CODE */
		struct expr *expr;             /* ASSERT */
		int64_t quiet_us;
	} u;
};

struct plan {
	const struct source *src;
	struct run_config config;
	struct metadata meta;
	struct plan_step *steps;
	size_t n_steps;
	const char *init, *cleanup;    /* shell text, or NULL */
	struct span init_span, cleanup_span;
	bool runs_commands;            /* has any shell text: --no-shell refuses it */
	bool has_code;
	bool code_is_builtin;          /* every block lies in the subset */
};

/**
 * plan_bind() - tree to plan
 * @a:      the plan is allocated here; it borrows the tree and the source
 * @s:      the tree
 * @config: from the command line (defaults applied); copied, then the script's options are applied
 * @seed:   for addresses that nobody gave
 * @d:      positioned errors
 *
 * Return: the plan, or NULL after errors in @d
 */
struct plan *plan_bind(struct arena *a, const struct ast_script *s, const struct run_config *config,
		       uint64_t seed, struct diags *d);

/**
 * plan_definitions() - those of a case (may be NULL) before @defs: a case is the narrower say
 *
 * Return: the list, in @a; it borrows @defs
 */
const struct definition *plan_definitions(struct arena *a, const struct meta_case *c,
					   const struct definition *defs);

/** plan_load() - read, parse and bind a script file with the definitions of one case (may be NULL).
 * Return: the plan; NULL with errors in @d (whose source is set here) */
struct plan *plan_load(struct arena *a, const char *path, const struct run_config *config,
		       const struct meta_case *meta_case, uint64_t seed, struct diags *d);

#endif
