/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TCPDRILL_TARGET_BUNDLED_H
#define TCPDRILL_TARGET_BUNDLED_H

#include "target/target.h"

/* The stack of stack-under-test/, in this process, on a virtual clock. */
extern const struct target_ops bundled_ops;

/** bundled_does() - as target_row.does */
bool bundled_does(const char *command);

/** bundled_profile() - as target_row.profile */
bool bundled_profile(size_t i, struct target_profile *out);

#endif
