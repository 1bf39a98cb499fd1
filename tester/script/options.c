/* SPDX-License-Identifier: BSD-2-Clause */
#include "script/config.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/suggest.h"
#include "base/util.h"

/*
 * Every flag of packetdrill as one row [language 7.1]: a row serves the command line, the options
 * at the top of a script, --help and the documentation. A setter only stores; what depends on
 * several flags (families, missing addresses) is settled in config.c once all of them are known.
 */

static int bad(const char **why, struct arena *a, const char *value, const char *wanted)
{
	*why = arena_printf(a, "'%s' is not %s", value, wanted);
	return -ERR_SYNTAX;
}

static int number(struct arena *a, const char *value, int64_t low, int64_t high, int64_t *out,
		  const char **why)
{
	char *end;
	long long v;

	errno = 0;
	v = strtoll(value, &end, 10);
	if (end == value || *end)
		return bad(why, a, value, "a number");
	if (errno || v < low || v > high) {
		*why = arena_printf(a, "%s is outside %lld..%lld", value, (long long)low,
				    (long long)high);
		return -ERR_RANGE;
	}
	*out = v;
	return 0;
}

#define NUMBER_SETTER(fn, field, type, low, high)                                                  \
	static int fn(struct run_config *c, struct arena *a, const char *value, const char **why)  \
	{                                                                                          \
		int64_t v = 0;                                                                     \
		int rc = number(a, value, (low), (high), &v, why);                                 \
                                                                                                   \
		if (rc == 0)                                                                       \
			c->field = (type)v;                                                        \
		return rc;                                                                         \
	}

NUMBER_SETTER(set_bind_port, bind_port, uint16_t, 0, 65535)
NUMBER_SETTER(set_connect_port, connect_port, uint16_t, 1, 65535)
NUMBER_SETTER(set_mtu, mtu_bytes, uint32_t, 68, 65535)
NUMBER_SETTER(set_speed, speed_mbit, uint32_t, 0, UINT32_MAX)
NUMBER_SETTER(set_mss, mss_bytes, uint32_t, 0, 65535)
NUMBER_SETTER(set_tolerance_us, tolerance_us, int64_t, 1, INT32_MAX)
NUMBER_SETTER(set_ts_tick_us, ts_tick_us, int64_t, 0, 1000000)
NUMBER_SETTER(set_psp_udp_port, psp_udp_port, uint16_t, 0, 65535)

#define FLAG_SETTER(fn, field)                                                                     \
	static int fn(struct run_config *c, struct arena *a, const char *value, const char **why)  \
	{                                                                                          \
		(void)a;                                                                           \
		(void)value;                                                                       \
		(void)why;                                                                         \
		c->field = true;                                                                   \
		return 0;                                                                          \
	}

FLAG_SETTER(set_ts_ecr_scaled, ts_ecr_scaled)
FLAG_SETTER(set_strict_segments, strict_segments)
FLAG_SETTER(set_send_omit_free, send_omit_free)
FLAG_SETTER(set_is_anyip, is_anyip)
FLAG_SETTER(set_dry_run, dry_run)
FLAG_SETTER(set_verbose, verbose)
FLAG_SETTER(set_debug, debug)

/* A flag of a mode that is not here yet: remember who asked, so that the answer names it. */
#define UNSUPPORTED_SETTER(fn, flag)                                                               \
	static int fn(struct run_config *c, struct arena *a, const char *value, const char **why)  \
	{                                                                                          \
		(void)a;                                                                           \
		(void)value;                                                                       \
		(void)why;                                                                         \
		c->unsupported = (flag);                                                           \
		return 0;                                                                          \
	}

UNSUPPORTED_SETTER(set_wire_client, "wire_client")
UNSUPPORTED_SETTER(set_wire_server, "wire_server")
UNSUPPORTED_SETTER(set_wire_server_ip, "wire_server_ip")
UNSUPPORTED_SETTER(set_wire_server_at, "wire_server_at")
UNSUPPORTED_SETTER(set_so_filename, "so_filename")

/* Details of a mode, of no effect until the mode's own flag is given. */
static int set_detail(struct run_config *c, struct arena *a, const char *value, const char **why)
{
	(void)c;
	(void)a;
	(void)value;
	(void)why;
	return 0;
}

static int set_ip_version(struct run_config *c, struct arena *a, const char *value,
			  const char **why)
{
	int mode = ip_mode_find(value);

	if (mode < 0)
		return bad(why, a, value, "one of ipv4, ipv4-mapped-ipv6, ipv6");
	c->ip_mode = (enum ip_mode)mode;
	return 0;
}

/* ADDRESS or ADDRESS/LENGTH; the prefix is 0 when there is no length. */
static int address(struct arena *a, const char *value, struct ip_addr *out, uint8_t *prefix,
		   const char **why)
{
	const char *slash = strchr(value, '/');
	const char *host = slash ? arena_strndup(a, value, (size_t)(slash - value)) : value;
	int64_t bits = 0;
	int rc;

	if (ip_addr_parse(host, out) < 0)
		return bad(why, a, host, "an IPv4 or IPv6 address");
	if (slash) {
		rc = number(a, slash + 1, 1, ip_addr_size(out) * 8, &bits, why);
		if (rc < 0)
			return rc;
	}
	*prefix = (uint8_t)bits;
	return 0;
}

static int set_local_ip(struct run_config *c, struct arena *a, const char *value, const char **why)
{
	return address(a, value, &c->local, &c->local_prefix, why);
}

static int set_remote_ip(struct run_config *c, struct arena *a, const char *value, const char **why)
{
	return address(a, value, &c->remote, &c->remote_prefix, why);
}

static int set_gateway_ip(struct run_config *c, struct arena *a, const char *value,
			  const char **why)
{
	if (ip_addr_parse(value, &c->gateway) < 0)
		return bad(why, a, value, "an IPv4 or IPv6 address");
	return 0;
}

static int set_netmask_ip(struct run_config *c, struct arena *a, const char *value,
			  const char **why)
{
	struct ip_addr mask;
	uint32_t bits;
	uint8_t n = 0;

	if (ip_addr_parse(value, &mask) < 0 || mask.family != 4)
		return bad(why, a, value, "an IPv4 netmask");
	bits = ((uint32_t)mask.b[0] << 24) | ((uint32_t)mask.b[1] << 16) |
	       ((uint32_t)mask.b[2] << 8) | mask.b[3];
	for (; bits & 0x80000000u; bits <<= 1)
		n++;
	if (bits || n == 0)
		return bad(why, a, value, "an IPv4 netmask (ones, then zeros)");
	c->netmask_prefix = n;
	return 0;
}

static int set_tolerance_percent(struct run_config *c, struct arena *a, const char *value,
				 const char **why)
{
	char *end;
	double v = strtod(value, &end);

	if (end == value || *end || !isfinite(v))
		return bad(why, a, value, "a number");
	if (v < 0 || v > 100) {
		*why = arena_printf(a, "%s is outside 0..100", value);
		return -ERR_RANGE;
	}
	c->tolerance_percent = v;
	return 0;
}

static int set_non_fatal(struct run_config *c, struct arena *a, const char *value, const char **why)
{
	char *rest = arena_strdup(a, value), *save = NULL, *word;

	for (word = strtok_r(rest, ",", &save); word; word = strtok_r(NULL, ",", &save)) {
		if (strcmp(word, "packet") == 0)
			c->non_fatal_packet = true;
		else if (strcmp(word, "syscall") == 0)
			c->non_fatal_syscall = true;
		else
			return bad(why, a, word, "one of packet, syscall");
	}
	return 0;
}

static int set_init_scripts(struct run_config *c, struct arena *a, const char *value,
			    const char **why)
{
	(void)a;
	(void)why;
	c->init_scripts = value;
	return 0;
}

static int set_code_command(struct run_config *c, struct arena *a, const char *value,
			    const char **why)
{
	if (!*value)
		return bad(why, a, value, "a command");
	c->code_command = value;
	c->code_command_set = true;
	return 0;
}

static int set_code_format(struct run_config *c, struct arena *a, const char *value,
			   const char **why)
{
	(void)c;
	return strcmp(value, "python") == 0 ? 0 : bad(why, a, value, "'python', the only format");
}

static int set_define(struct run_config *c, struct arena *a, const char *value, const char **why)
{
	const char *equals = strchr(value, '=');
	struct definition *def;

	if (!equals || equals == value)
		return bad(why, a, value, "of the form NAME=VALUE");
	def = ARENA_NEW(a, struct definition);
	def->name = arena_strndup(a, value, (size_t)(equals - value));
	def->value = arena_strdup(a, equals + 1);
	def->next = c->defs;
	c->defs = def;
	return 0;
}

const struct option_row option_table[] = {
	{ "ip_version", "VERSION", true, set_ip_version, "ipv4",
	  "ipv4, ipv6 or ipv4-mapped-ipv6 (AF_INET6 sockets, IPv4 packets)" },
	{ "bind_port", "PORT", true, set_bind_port, "8080", "local port of bind()" },
	{ "connect_port", "PORT", true, set_connect_port, "8080", "remote port of connect()" },
	{ "local_ip", "ADDR[/LEN]", true, set_local_ip, "random in 192.168.0.0/16",
	  "address of the stack under test" },
	{ "remote_ip", "ADDR[/LEN]", true, set_remote_ip, "192.0.2.1/24",
	  "address of the peer that the script plays" },
	{ "gateway_ip", "ADDR", true, set_gateway_ip, "192.168.0.1", "next hop to the peer" },
	{ "netmask_ip", "MASK", true, set_netmask_ip, "255.255.0.0", "IPv4 netmask of local_ip" },
	{ "mtu", "BYTES", true, set_mtu, "1500", "MTU of the interface" },
	{ "speed", "MBIT", true, set_speed, "unchanged", "link speed that the interface reports" },
	{ "mss", "BYTES", true, set_mss, "0: off",
	  "segment size declared on injected packets (GSO)" },
	{ "tolerance_usecs", "N", true, set_tolerance_us, "4000",
	  "how many microseconds a packet or call may be early or late" },
	{ "tolerance_percent", "P", true, set_tolerance_percent, "12.5",
	  "the same in percent of the time since the last event; the larger of both counts" },
	{ "tcp_ts_tick_usecs", "N", true, set_ts_tick_us, "0: off",
	  "microseconds of one tick of the TCP timestamp clock, to be checked" },
	{ "tcp_ts_ecr_scaled", NULL, true, set_ts_ecr_scaled, "off",
	  "echoed timestamps are given in ticks of the script's clock" },
	{ "strict_segments", NULL, true, set_strict_segments, "off",
	  "do not accept one expected segment as several live ones" },
	{ "non_fatal", "packet,syscall", true, set_non_fatal, "none",
	  "report mismatches of these kinds as warnings" },
	{ "init_scripts", "FILE,...", true, set_init_scripts, "none",
	  "programs to run before the interface is set up" },
	{ "code_command", "COMMAND", true, set_code_command, "python3",
	  "interpreter for %{ }% blocks; turns the built-in evaluator off" },
	{ "code_format", "FORMAT", true, set_code_format, "python", "language of %{ }% blocks" },
	{ "code_sockopt", "NAME", true, set_detail, "by protocol",
	  "socket option that %{ }% blocks read; the stack knows it by itself" },
	{ "define", "NAME=VALUE", true, set_define, "none",
	  "replace the word NAME in scripts; also -D" },
	{ "send_omit_free", NULL, true, set_send_omit_free, "off",
	  "do not free the buffers given to send calls (zero copy)" },
	{ "is_anyip", NULL, true, set_is_anyip, "off", "route to the peer without a gateway" },
	{ "psp_udp_port", "PORT", true, set_psp_udp_port, "0", "UDP port of PSP encapsulation" },
	{ "dry_run", NULL, true, set_dry_run, "off", "parse and check only" },
	{ "wire_client", NULL, true, set_wire_client, "off", "not supported yet" },
	{ "wire_server", NULL, true, set_wire_server, "off", "not supported yet" },
	{ "wire_server_ip", "ADDR", true, set_wire_server_ip, "none", "not supported yet" },
	{ "wire_server_at", "ADDR", true, set_wire_server_at, "none", "not supported yet" },
	{ "wire_server_port", "PORT", true, set_detail, "8081", "of no effect without wire mode" },
	{ "wire_client_dev", "NAME", true, set_detail, "eth0", "of no effect without wire mode" },
	{ "wire_server_dev", "NAME", true, set_detail, "eth0", "of no effect without wire mode" },
	{ "so_filename", "FILE", true, set_so_filename, "none", "not supported yet" },
	{ "so_flags", "FLAGS", true, set_detail, "none", "of no effect without so_filename" },
	{ "verbose", NULL, true, set_verbose, "off",
	  "show calls and packets as they happen; also -v" },
	{ "debug", NULL, true, set_debug, "off", "show the engine's own events" },
};

const size_t option_table_len = ARRAY_LEN(option_table);

_Static_assert(ARRAY_LEN(option_table) <= 64, "run_config.set_outside has a bit for every row");

const struct option_row *option_find(const char *name, bool may_abbreviate, const char **hint)
{
	const struct option_row *found = NULL;
	struct suggest near;
	size_t n = strlen(name), n_found = 0;

	suggest_init(&near, name);
	for (size_t i = 0; i < option_table_len; i++) {
		if (strcmp(option_table[i].name, name) == 0)
			return &option_table[i];
		suggest_offer(&near, option_table[i].name);
		if (n && strncmp(option_table[i].name, name, n) == 0) {
			found = &option_table[i];
			n_found++;
		}
	}
	if (may_abbreviate && n_found == 1)
		return found;
	*hint = suggest_best(&near);
	if (!*hint && found)
		*hint = found->name;
	return NULL;
}
