/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TCPDRILL_TARGET_FAULT_H
#define TCPDRILL_TARGET_FAULT_H

#include <stddef.h>

/* A deliberate violation that the bundled stack can have, in the test build only. The names are
 * known everywhere, so that what a script claims to catch can be checked. */
struct fault_row {
	const char *name;          /* NO_BACKOFF */
	const char *text;          /* what it does wrong */
	const char *source;        /* id of the requirement it violates, or a section */
};

extern const struct fault_row fault_table[];
extern const size_t fault_table_len;

/** fault_find() - the row with this name, or NULL */
const struct fault_row *fault_find(const char *name);

#endif
