/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TCPDRILL_TARGET_KERNEL_IMPL_H
#define TCPDRILL_TARGET_KERNEL_IMPL_H

#include "target/target.h"

struct caller;
struct capture;
struct sockdiag;

struct kernel_target {
	struct target base;               /* first: a struct target * points here */
	struct arena *arena;              /* of open() */
	struct target_config config;
	int tun_fd;                       /* -1 when closed, as all descriptors here */
	int port_fd;                      /* holds the peer's port */
	int pressure_fd;                  /* /proc/pressure/cpu; -1: this kernel has none */
	int64_t stolen_before_us;         /* machine_stolen_us() at open() */
	struct capture *capture;          /* NULL when closed, as the next two */
	struct caller *caller;
	struct sockdiag *diag;            /* made when first asked */
};

#endif
