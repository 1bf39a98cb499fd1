/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TCPDRILL_SCRIPT_CONFIG_H
#define TCPDRILL_SCRIPT_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/ipaddr.h"
#include "grammar/ast.h"
#include "grammar/parse.h"

struct arena;
struct diags;

enum ip_mode { IP_MODE_IPV4, IP_MODE_MAPPED, IP_MODE_IPV6, IP_MODE_COUNT };

/** Names as on the command line: ipv4, ipv4-mapped-ipv6, ipv6 */
extern const char *const ip_mode_name[IP_MODE_COUNT];

/*
 * What packetdrill's flags set (language: 7.1), from the command line or the top of a script.
 * Zero-initialise, then run_config_defaults().
 */
struct run_config {
	enum ip_mode ip_mode;
	uint16_t bind_port, connect_port;
	struct ip_addr local, remote, gateway;     /* family 0 until resolved */
	uint8_t local_prefix, remote_prefix;       /* 0 until resolved or given */
	uint8_t netmask_prefix;                    /* of --netmask_ip; counts for IPv4 only */
	uint32_t mtu_bytes, speed_mbit, mss_bytes; /* mss 0: no GSO on injection */
	int64_t tolerance_us;
	double tolerance_percent;
	int64_t ts_tick_us;
	bool ts_ecr_scaled;
	bool strict_segments;
	bool non_fatal_packet, non_fatal_syscall;
	const char *init_scripts;                  /* comma-separated, or NULL */
	const char *code_command;                  /* python3 */
	bool code_command_set;                     /* then built-in evaluation is off */
	const struct definition *defs;             /* -D, newest first */
	bool send_omit_free;
	bool is_anyip;
	uint16_t psp_udp_port;
	bool dry_run;
	bool verbose, debug;
	/* The flag that asked for a mode that exists in packetdrill but not here yet, or NULL */
	const char *unsupported;
	uint64_t set_outside;                      /* bit per row: given on the command line */
};

/* One row per flag: serves the command line, the top of scripts, --help and the man page. */
struct option_row {
	const char *name;                          /* without dashes */
	const char *value_name;                    /* NULL: takes no value */
	bool in_script;                            /* may stand at the top of a script */
	/* Sets the option; @value NULL when it takes none. 0, or -ERR_SYNTAX / -ERR_RANGE with
	 * *why. Strings are borrowed. */
	int (*set)(struct run_config *c, struct arena *a, const char *value, const char **why);
	const char *default_text;
	const char *help;
};

extern const struct option_row option_table[];
extern const size_t option_table_len;

/** option_find() - by exact name, or by unique abbreviation when @may_abbreviate; NULL: none.
 * *hint: nearest name or NULL */
const struct option_row *option_find(const char *name, bool may_abbreviate, const char **hint);

/** run_config_defaults() - the values of language 7.1 and 7.2 */
void run_config_defaults(struct run_config *c);

/**
 * run_config_apply_script() - options from the top of a script; those set outside are kept
 * Return: 0, or -ERR_SYNTAX after positioned errors in @d
 */
int run_config_apply_script(struct run_config *c, struct arena *a, const struct ast_script *s,
			    struct diags *d);

/**
 * run_config_resolve() - fill in addresses that were not given (language 7.2) and check families
 * The random local address of packetdrill is drawn from @seed, so that runs repeat.
 * Return: 0, or -ERR_RANGE with *why
 */
int run_config_resolve(struct run_config *c, struct arena *a, uint64_t seed, const char **why);

/** run_config_set() - what the command line does for one flag: set it and mark it as given outside
 * Return: as option_row.set */
int run_config_set(struct run_config *c, struct arena *a, const struct option_row *row,
		   const char *value, const char **why);

/** ip_mode_find() - the mode with this name, or -ERR_UNKNOWN */
int ip_mode_find(const char *name);

/* Named flag sets of the suites' own runners (language 7.3): kselftest, google. */
struct preset_row {
	const char *name;
	const char *help;
	bool all_variants;                         /* runs every variant unless told otherwise */
	bool name_restricts;                       /* NAMEv4.pkt, NAMEv6.pkt: only these variants */
	/* Applies the flags of the preset for one variant; flags given outside are kept. */
	void (*apply)(struct run_config *c, struct arena *a, enum ip_mode mode);
};

extern const struct preset_row preset_table[];
extern const size_t preset_table_len;

/** preset_find() - the row with this name, or NULL */
const struct preset_row *preset_find(const char *name);

#endif
