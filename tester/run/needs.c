/* SPDX-License-Identifier: BSD-2-Clause */
#include "run/needs.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/diag.h"
#include "base/suggest.h"
#include "base/util.h"
#include "target/fault.h"
#include "target/target.h"

/*
 * What a script may ask for in its header. A need that is not met makes a skip with its reason,
 * never a failure. Variants (ipv6, ...) are known here as words only: suite/ has chosen the tests
 * by them before.
 */

static bool always(struct arena *a, const char *rest, const char **why)
{
	(void)a;
	(void)rest;
	(void)why;
	return true;
}

static bool version(const char *text, unsigned int v[2])
{
	int used = 0;

	v[1] = 0;
	if (sscanf(text, "%u%n.%u%n", &v[0], &used, &v[1], &used) < 1)
		return false;
	return text[used] == '\0' || text[used] == '.' || text[used] == '-';
}

static bool is_version(const char *rest)
{
	unsigned int v[2];

	return version(rest, v) && strspn(rest, "0123456789.") == strlen(rest);
}

static bool has_kernel(struct arena *a, const char *rest, const char **why)
{
	struct utsname u;
	unsigned int want[2], have[2];

	if (uname(&u) < 0 || !version(u.release, have) || !version(rest, want))
		return true;
	if (have[0] != want[0] ? have[0] > want[0] : have[1] >= want[1])
		return true;
	*why = arena_printf(a, "needs kernel %s or newer, this is %s", rest, u.release);
	return false;
}

static bool has_tool(struct arena *a, const char *rest, const char **why)
{
	const char *path = getenv("PATH");
	char *dirs = arena_strdup(a, path ? path : "/usr/sbin:/usr/bin:/sbin:/bin"), *save = NULL;

	for (char *dir = strtok_r(dirs, ":", &save); dir; dir = strtok_r(NULL, ":", &save)) {
		if (access(arena_printf(a, "%s/%s", dir, rest), X_OK) == 0)
			return true;
	}
	*why = arena_printf(a, "needs the program '%s', which is not in PATH", rest);
	return false;
}

static bool is_tool(const char *rest)
{
	return *rest && !strchr(rest, '/');
}

static bool has_root(struct arena *a, const char *rest, const char **why)
{
	(void)a;
	(void)rest;
	*why = "needs root";
	return geteuid() == 0;
}

/* Inside a new network namespace only the allowed ones can be chosen, even by its root. */
static bool has_congestion(struct arena *a, const char *rest, const char **why)
{
	static const char file[] = "/proc/sys/net/ipv4/tcp_allowed_congestion_control";
	char text[512] = "", *save = NULL;
	FILE *f = fopen(file, "re");

	if (!f)
		return true;
	if (!fgets(text, sizeof(text), f))
		text[0] = '\0';
	fclose(f);
	for (char *w = strtok_r(text, " \n", &save); w; w = strtok_r(NULL, " \n", &save)) {
		if (strcmp(w, rest) == 0)
			return true;
	}
	*why = arena_printf(a, "needs congestion control '%s', which %s does not list", rest, file);
	return false;
}

static bool is_word(const char *rest)
{
	return *rest != '\0';
}

const struct need_row need_table[] = {
	{ "kernel>=VERSION", "kernel>=", false, has_kernel, is_version, 0, true,
	  "this kernel or a newer one" },
	{ "tool:NAME", "tool:", false, has_tool, is_tool, 0, false, "a program in PATH" },
	{ "congestion:NAME", "congestion:", false, has_congestion, is_word, 0, true,
	  "a congestion control that may be chosen in a namespace" },
	{ "root", "root", true, has_root, NULL, 0, true, "to be run as root" },
	{ "ipv4", "ipv4", true, always, NULL, 0, false, "run in this variant only" },
	{ "ipv4-mapped-ipv6", "ipv4-mapped-ipv6", true, always, NULL, 0, false,
	  "run in this variant only" },
	{ "ipv6", "ipv6", true, always, NULL, 0, false, "run in this variant only" },
	{ "shell", "shell", true, always, NULL, TARGET_CAP_SHELL, false,
	  "a stack that runs commands" },
	{ "info", "info", true, always, NULL, TARGET_CAP_INFO, false,
	  "a stack that shows TCP_INFO" },
	{ "state", "state", true, always, NULL, TARGET_CAP_STATE, false,
	  "a stack that shows the state of connections without a descriptor" },
	{ "gso", "gso", true, always, NULL, TARGET_CAP_GSO, false,
	  "a stack that takes super-sized packets" },
	{ "blocking", "blocking", true, always, NULL, TARGET_CAP_BLOCKING, false,
	  "a stack that serves calls that block" },
	{ "virtual-clock", "virtual-clock", true, always, NULL, TARGET_CAP_VIRTUAL_CLOCK, false,
	  "a stack whose time is virtual, for scripts of minutes" },
};

const size_t need_table_len = ARRAY_LEN(need_table);

static const struct need_row *find(const char *word)
{
	for (size_t i = 0; i < need_table_len; i++) {
		const struct need_row *row = &need_table[i];

		if (row->is_whole ? strcmp(word, row->prefix) == 0
				  : strncmp(word, row->prefix, strlen(row->prefix)) == 0)
			return row;
	}
	return NULL;
}

static const char *rest_of(const struct need_row *row, const char *word)
{
	return word + strlen(row->prefix);
}

void needs_check(const struct metadata *meta, struct diags *d)
{
	for (const struct meta_word *w = meta->needs; w; w = w->next) {
		const struct need_row *row = find(w->text);
		struct suggest near;

		if (row && (!row->is_valid || row->is_valid(rest_of(row, w->text))))
			continue;
		if (row) {
			diag_error(d, w->span, "'%s' is not of the form %s", w->text, row->syntax);
			continue;
		}
		suggest_init(&near, w->text);
		for (size_t i = 0; i < need_table_len; i++)
			suggest_offer(&near, need_table[i].syntax);
		diag_error(d, w->span, "unknown need '%s'", w->text);
		if (suggest_best(&near))
			diag_did_you_mean(d, suggest_best(&near));
		else
			diag_hint(d, "'tcpdrill list needs' shows what can stand here");
	}
}

void catches_check(const struct metadata *meta, struct diags *d)
{
	for (const struct meta_word *w = meta->catches; w; w = w->next) {
		struct suggest near;

		if (fault_find(w->text))
			continue;
		diag_error(d, w->span, "unknown fault '%s'", w->text);
		suggest_init(&near, w->text);
		for (size_t i = 0; i < fault_table_len; i++)
			suggest_offer(&near, fault_table[i].name);
		if (suggest_best(&near))
			diag_did_you_mean(d, suggest_best(&near));
		else
			diag_hint(d, "stack-under-test/src/faults.def has all of them");
	}
}

void profile_check(const struct metadata *meta, struct diags *d)
{
	if (!meta->profile || target_profile_known(meta->profile))
		return;
	diag_error(d, meta->profile_span, "no stack has a profile '%s'", meta->profile);
	diag_hint(d, "the profiles are: %s", target_profile_names(d->arena));
}

const char *needs_unmet(struct arena *a, const struct metadata *meta,
			const struct target_row *stack)
{
	for (const struct meta_word *w = meta->needs; w; w = w->next) {
		const struct need_row *row = find(w->text);
		const char *why = NULL;

		if (row && (row->cap & stack->lacks))
			return arena_printf(a, "needs '%s', which the %s stack lacks", w->text,
					    stack->name);
		if (row && row->is_of_system && !stack->is_system)
			continue;
		if (row && !row->is_met(a, rest_of(row, w->text), &why))
			return why;
	}
	return NULL;
}
