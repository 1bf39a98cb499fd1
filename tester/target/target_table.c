/* SPDX-License-Identifier: BSD-2-Clause */
#include "target/target.h"

#include <string.h>

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
	  .does = bundled_does },
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
