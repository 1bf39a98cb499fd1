/* SPDX-License-Identifier: BSD-2-Clause */
#include "target/target.h"

#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/util.h"
#include "target/bundled.h"
#include "target/kernel.h"

const char *const target_state_name[TCP_STATE_COUNT] = {
#define X(s) #s,
	TCP_STATES(X)
#undef X
};

const struct target_row target_table[] = {
	{ .name = "bundled",
	  .help = "the stack that comes with tcpdrill, in virtual time, without privilege",
	  .ops = &bundled_ops,
	  .sandbox = SANDBOX_FOR_COMMANDS,
	  .does = bundled_does,
	  .profile = bundled_profile },
	{ .name = "kernel",
	  .help = "the operating system's stack, through a TUN device in a namespace of its own",
	  .ops = &kernel_ops,
	  .sandbox = SANDBOX_ALWAYS,
	  .is_system = true,
	  .lacks = TARGET_CAP_VIRTUAL_CLOCK },
};

const size_t target_table_len = ARRAY_LEN(target_table);

const struct target_row *target_find(const char *name)
{
	for (size_t i = 0; i < target_table_len; i++)
		if (strcmp(target_table[i].name, name) == 0)
			return &target_table[i];
	return NULL;
}

bool target_profile_each(size_t i, struct target_profile *out)
{
	for (size_t k = 0; k < target_table_len; k++) {
		size_t n = 0;

		if (!target_table[k].profile)
			continue;
		if (target_table[k].profile(i, out))
			return true;
		while (target_table[k].profile(n, out))
			n++;
		i -= n;
	}
	return false;
}

bool target_profile_known(const char *name)
{
	struct target_profile p;

	for (size_t i = 0; target_profile_each(i, &p); i++) {
		if (strcmp(p.name, name) == 0)
			return true;
	}
	return false;
}

const char *target_profile_names(struct arena *a)
{
	struct target_profile p;
	struct buf text = { 0 };
	const char *s;

	for (size_t i = 0; target_profile_each(i, &p); i++)
		buf_printf(&text, "%s%s", i ? ", " : "", p.name);
	s = arena_strdup(a, buf_str(&text));
	buf_fini(&text);
	return s;
}

const char *target_profile_of(const struct target_row *row, const char *wanted)
{
	struct target_profile p;

	for (size_t i = 1; wanted && row->profile && row->profile(i, &p); i++) {
		if (strcmp(p.name, wanted) == 0)
			return p.name;
	}
	return NULL;
}
