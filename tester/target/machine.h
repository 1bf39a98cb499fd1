/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TCPDRILL_TARGET_MACHINE_H
#define TCPDRILL_TARGET_MACHINE_H

#include <stdint.h>

/* How short of processors the machine as a whole is; only differences mean something. */

/** machine_stalled_us() - how long some task had to wait for one; @pressure_fd: /proc/pressure/cpu or -1 */
int64_t machine_stalled_us(int pressure_fd);

/** machine_stolen_us() - how long a host kept its own from this guest, by proc_stat(5); 0: unknown */
int64_t machine_stolen_us(void);

#endif
