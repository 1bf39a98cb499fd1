/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TCPDRILL_TARGET_PUNCTUAL_H
#define TCPDRILL_TARGET_PUNCTUAL_H

#include <sys/types.h>

/*
 * Being on time, as far as the system allows it: without privilege nothing here fails, it only
 * helps less. Children do not inherit it.
 */

/** punctual_begin() - make the calling thread wake up as exactly as it may */
void punctual_begin(void);

/** punctual_like() - give the calling thread the scheduling of thread @tid of this process */
void punctual_like(pid_t tid);

#endif
