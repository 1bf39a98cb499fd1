/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TCPDRILL_TARGET_KERNEL_H
#define TCPDRILL_TARGET_KERNEL_H

#include "target/target.h"

/* The operating system's stack. open() must be called inside a sandbox (target/sandbox.h): it
 * makes tun0 in, and sets up, whatever network namespace it finds itself in. */
extern const struct target_ops kernel_ops;

#endif
