/* SPDX-License-Identifier: BSD-2-Clause */
#include "script/config.h"

#include <string.h>

#include "base/arena.h"
#include "base/util.h"

/* The flags that the suites' own runners pass to packetdrill [language 7.3], one row per flag. */

enum { V4 = 1 << IP_MODE_IPV4, MAPPED = 1 << IP_MODE_MAPPED, V6 = 1 << IP_MODE_IPV6 };
enum { KSELFTEST = 1, GOOGLE = 2, BOTH = KSELFTEST | GOOGLE };

struct preset_flag {
	unsigned int presets, modes;
	const char *option, *value;
};

static const struct preset_flag preset_flag[] = {
	{ BOTH, V4, "ip_version", "ipv4" },
	{ BOTH, MAPPED, "ip_version", "ipv4-mapped-ipv6" },
	{ BOTH, V6, "ip_version", "ipv6" },
	{ BOTH, V6, "mtu", "1520" },
	{ BOTH, V4 | MAPPED, "local_ip", "192.168.0.1" },
	{ BOTH, V4 | MAPPED, "gateway_ip", "192.168.0.1" },
	{ BOTH, V4 | MAPPED, "netmask_ip", "255.255.0.0" },
	{ BOTH, V4 | MAPPED, "remote_ip", "192.0.2.1" },
	{ BOTH, V6, "local_ip", "fd3d:0a0b:17d6::1" },
	{ BOTH, V6, "gateway_ip", "fd3d:0a0b:17d6:8888::1" },
	{ BOTH, V6, "remote_ip", "fd3d:fa7b:d17d::1" },
	{ BOTH, V4 | MAPPED, "define", "TFO_COOKIE=3021b9d889017eeb" },
	{ BOTH, V6, "define", "TFO_COOKIE=c1d1e9742a47a9bc" },
	{ KSELFTEST, V4 | MAPPED, "define", "TFO_COOKIE_ZERO=b7c12350a90dc8f5" },
	{ KSELFTEST, V6, "define", "TFO_COOKIE_ZERO=82af1a8f9a205c34" },
	{ BOTH, V4, "define", "CMSG_LEVEL_IP=SOL_IP" },
	{ BOTH, V4, "define", "CMSG_TYPE_RECVERR=IP_RECVERR" },
	{ BOTH, MAPPED | V6, "define", "CMSG_LEVEL_IP=SOL_IPV6" },
	{ BOTH, MAPPED | V6, "define", "CMSG_TYPE_RECVERR=IPV6_RECVERR" },
	{ GOOGLE, V4 | MAPPED, "define", "CODE=host_unreachable" },
	{ GOOGLE, V4 | MAPPED | V6, "send_omit_free", NULL },
};

static bool is_defined(const struct run_config *c, const char *text)
{
	size_t n = strcspn(text, "=");

	for (const struct definition *d = c->defs; d; d = d->next) {
		if (strlen(d->name) == n && memcmp(d->name, text, n) == 0)
			return true;
	}
	return false;
}

/* What the user gave on the command line beats the preset. */
static void apply(struct run_config *c, struct arena *a, unsigned int preset, enum ip_mode mode)
{
	uint64_t given = c->set_outside;

	for (size_t i = 0; i < ARRAY_LEN(preset_flag); i++) {
		const struct preset_flag *f = &preset_flag[i];
		const char *why = NULL;
		const struct option_row *row;

		if (!(f->presets & preset) || !(f->modes & (1u << mode)))
			continue;
		row = option_find(f->option, false, &why);
		if (strcmp(f->option, "define") == 0 ? is_defined(c, f->value)
						     : (given >> (row - option_table)) & 1)
			continue;
		run_config_set(c, a, row, f->value, &why);
	}
}

static void apply_kselftest(struct run_config *c, struct arena *a, enum ip_mode mode)
{
	apply(c, a, KSELFTEST, mode);
}

static void apply_google(struct run_config *c, struct arena *a, enum ip_mode mode)
{
	apply(c, a, GOOGLE, mode);
}

const struct preset_row preset_table[] = {
	{ .name = "kselftest",
	  .help = "as the Linux kernel's self-tests: all variants, fixed addresses, their cookies",
	  .all_variants = true,
	  .apply = apply_kselftest },
	{ .name = "google",
	  .help = "as the runner of Google's suite: all variants, NAMEv4.pkt and NAMEv6.pkt only "
		  "one",
	  .all_variants = true,
	  .name_restricts = true,
	  .apply = apply_google },
};

const size_t preset_table_len = ARRAY_LEN(preset_table);

const struct preset_row *preset_find(const char *name)
{
	for (size_t i = 0; i < preset_table_len; i++) {
		if (strcmp(preset_table[i].name, name) == 0)
			return &preset_table[i];
	}
	return NULL;
}
