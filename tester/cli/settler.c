/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdio.h>
#include <sys/utsname.h>

#include "base/arena.h"
#include "cli/cli.h"
#include "suite/settle.h"
#include "target/target.h"

/* The bundled stack comes with this program and has its version. */
static const char *stack_version(struct cli *c, const struct target_row *stack)
{
	struct utsname u;

	if (!stack->is_system)
		return TCPDRILL_VERSION;
	return uname(&u) == 0 ? arena_strdup(c->arena, u.release) : "0";
}

int cli_settler(struct cli *c, const struct suite *s, const struct target_row *stack,
		struct settler *out)
{
	const char *errors = "";

	*out = (struct settler){ .arena = c->arena,
				 .suite = s,
				 .stack = stack->name,
				 .version = stack_version(c, stack),
				 .is_strict = c->is_strict,
				 .ignores_expected = c->no_expect };
	if (settler_init(out, &errors) == 0)
		return 0;
	fputs(errors, stderr);
	return EXIT_USAGE;
}
