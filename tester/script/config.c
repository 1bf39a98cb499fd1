/* SPDX-License-Identifier: BSD-2-Clause */
#include "script/config.h"

#include <string.h>

#include "base/arena.h"
#include "base/diag.h"
#include "base/err.h"
#include "base/util.h"

/*
 * Theory of operation
 *
 * A configuration grows in three steps. Defaults come first; then the flags of the command line
 * (or of a preset), each leaving a bit in set_outside; then the options at the top of the script,
 * which change only what has no such bit. Addresses that nobody gave are filled in last, when the
 * IP version is certain. Definitions (-D) are no concern of this file beyond keeping their list:
 * the grammar substitutes them while it reads words.
 */

const char *const ip_mode_name[IP_MODE_COUNT] = { "ipv4", "ipv4-mapped-ipv6", "ipv6" };

int ip_mode_find(const char *name)
{
	for (int i = 0; i < IP_MODE_COUNT; i++) {
		if (strcmp(ip_mode_name[i], name) == 0)
			return i;
	}
	return -ERR_UNKNOWN;
}

void run_config_defaults(struct run_config *c)
{
	*c = (struct run_config){
		.ip_mode = IP_MODE_IPV4,
		.bind_port = 8080,
		.connect_port = 8080,
		.mtu_bytes = 1500,
		.tolerance_us = 4000,
		.tolerance_percent = 12.5,
		.code_command = "python3",
	};
}

int run_config_set(struct run_config *c, struct arena *a, const struct option_row *row,
		   const char *value, const char **why)
{
	int rc = row->set(c, a, value, why);

	if (rc == 0)
		c->set_outside |= UINT64_C(1) << (row - option_table);
	return rc;
}

/* --define=A=b reaches the tree as two tokens; its row wants one text. */
static const char *option_value(struct arena *a, const struct ast_option *o)
{
	if (o->define.kind != TOK_NONE)
		return arena_printf(a, "%s=%s", o->define.text, o->value.text ? o->value.text : "");
	return o->value.kind == TOK_NONE ? NULL : o->value.text;
}

static struct span value_span(const struct ast_option *o)
{
	return o->value.kind == TOK_NONE ? o->span : span_join(o->define.span, o->value.span);
}

static void apply_one(struct run_config *c, struct arena *a, const struct ast_option *o,
		      struct diags *d)
{
	const char *hint = NULL, *why = NULL, *asked = c->unsupported;
	const struct option_row *row = option_find(o->name.text, false, &hint);
	const char *value = option_value(a, o);

	if (!row || !row->in_script) {
		diag_error(d, o->name.span, "unknown option '--%s'", o->name.text);
		diag_did_you_mean(d, hint ? arena_printf(a, "--%s", hint) : NULL);
		return;
	}
	if (row->value_name && !value) {
		diag_error(d, o->span, "option '--%s' needs a value", row->name);
		diag_hint(d, "write --%s=%s", row->name, row->value_name);
		return;
	}
	if (!row->value_name && value) {
		diag_error(d, value_span(o), "option '--%s' takes no value", row->name);
		return;
	}
	if ((c->set_outside >> (row - option_table)) & 1)
		return;
	if (strcmp(row->name, "define") == 0 && o->define.kind != TOK_NONE)
		return;
	if (row->set(c, a, value, &why) < 0)
		diag_error(d, value_span(o), "option '--%s': %s", row->name, why);
	else if (c->unsupported && c->unsupported != asked)
		diag_error(d, o->span, "option '--%s' is not supported yet", row->name);
}

int run_config_apply_script(struct run_config *c, struct arena *a, const struct ast_script *s,
			    struct diags *d)
{
	size_t before = d->n_errors;

	for (const struct ast_option *o = s->options; o; o = o->next)
		apply_one(c, a, o, d);
	return d->n_errors == before ? 0 : -ERR_SYNTAX;
}

/* splitmix64: any seed, zero too, gives a well mixed number. */
static uint64_t mix(uint64_t seed)
{
	uint64_t z = seed + UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return z ^ (z >> 31);
}

/* 192.168.x.y without the network's own, the gateway's and the broadcast address. */
static struct ip_addr random_local4(uint64_t seed)
{
	uint32_t host = 2 + (uint32_t)(mix(seed) % (65535 - 2));

	return (struct ip_addr){ 4, { 192, 168, (uint8_t)(host >> 8), (uint8_t)host } };
}

static struct ip_addr random_local6(uint64_t seed)
{
	struct ip_addr ip = { 6, { 0xfd, 0x3d, 0xfa, 0x7b, 0xd1, 0x7d } };
	uint32_t low = (uint32_t)mix(seed) | 1;

	for (size_t i = 0; i < 4; i++)
		ip.b[12 + i] = (uint8_t)(low >> (24 - 8 * i));
	return ip;
}

static const struct ip_addr gateway4 = { 4, { 192, 168, 0, 1 } };
static const struct ip_addr gateway6 = {
	6, { 0xfd, 0x3d, 0xfa, 0x7b, 0xd1, 0x7d, 0x88, 0x88 },
};
static const struct ip_addr remote4 = { 4, { 192, 0, 2, 1 } };
static const struct ip_addr remote6 = { 6, { 0x20, 0x01, 0x0d, 0xb8, [15] = 1 } };

static void fill_ipv4(struct run_config *c, uint64_t seed)
{
	if (!c->local.family)
		c->local = random_local4(seed);
	if (!c->local_prefix)
		c->local_prefix = c->netmask_prefix ? c->netmask_prefix : 16;
	if (!c->gateway.family)
		c->gateway = gateway4;
	if (!c->remote.family) {
		c->remote = remote4;
		c->remote_prefix = 24;
	} else if (!c->remote_prefix) {
		c->remote_prefix = 32;
	}
}

static void fill_ipv6(struct run_config *c, uint64_t seed)
{
	if (!c->local.family)
		c->local = random_local6(seed);
	if (!c->local_prefix)
		c->local_prefix = 48;
	if (!c->gateway.family)
		c->gateway = gateway6;
	if (!c->remote.family) {
		c->remote = remote6;
		c->remote_prefix = 32;
	} else if (!c->remote_prefix) {
		c->remote_prefix = 128;
	}
}

int run_config_resolve(struct run_config *c, struct arena *a, uint64_t seed, const char **why)
{
	uint8_t family = c->ip_mode == IP_MODE_IPV6 ? 6 : 4;
	char text[IP_ADDR_TEXT_MAX];

	if (family == 6)
		fill_ipv6(c, seed);
	else
		fill_ipv4(c, seed);
	const struct {
		const char *option;
		const struct ip_addr *ip;
	} given[] = {
		{ "local_ip", &c->local },
		{ "remote_ip", &c->remote },
		{ "gateway_ip", &c->gateway },
	};
	for (size_t i = 0; i < ARRAY_LEN(given); i++) {
		if (given[i].ip->family == family)
			continue;
		*why = arena_printf(a, "--%s %s does not fit --ip_version %s", given[i].option,
				    ip_addr_text(given[i].ip, text), ip_mode_name[c->ip_mode]);
		return -ERR_RANGE;
	}
	if (ip_addr_equal(&c->local, &c->remote)) {
		*why = arena_printf(a, "local and remote address are both %s",
				    ip_addr_text(&c->local, text));
		return -ERR_RANGE;
	}
	return 0;
}
