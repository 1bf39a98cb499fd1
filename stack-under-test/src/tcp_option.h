/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SUT_TCP_OPTION_H
#define SUT_TCP_OPTION_H

#include <stdbool.h>
#include <stdint.h>

#define FAST_OPEN_MIN_COOKIE 4
#define FAST_OPEN_MAX_COOKIE 16

/* The option of Fast Open, received or to be sent. [RFC7413 4.1.1] */
struct fast_open_option {
	bool is_there;
	bool is_exp;               /* in the older form, of an experiment */
	uint8_t n;                 /* bytes of the cookie; 0: it asks for one */
	uint8_t cookie[FAST_OPEN_MAX_COOKIE];
};

#endif
