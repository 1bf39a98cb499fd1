/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TCPDRILL_TARGET_KERNEL_INFO_H
#define TCPDRILL_TARGET_KERNEL_INFO_H

#include <stddef.h>
#include <stdint.h>

#include "target/target.h"

/* What of a TCP_INFO (or similar) structure one variable is. */
struct kernel_info_row {
	const char *name;
	uint16_t off, size;       /* bytes */
	uint8_t shift, bits;      /* of a bit field; bits 0: all of it */
	uint16_t since, before;   /* KERNEL_INFO_VERSION(), 0: no bound; for reused places */
};

#define KERNEL_INFO_VERSION(major, minor) ((major) * 256 + (minor))

/* TCP_INFO in the layout of Linux's user interface, which only ever grows at its end. */
extern const struct kernel_info_row kernel_info_table[];
extern const size_t kernel_info_table_len;

/** kernel_tcp_state() - a state number of Linux; numbers that are no state of a connection (a
 * socket that is only bound) are CLOSED */
enum tcp_state kernel_tcp_state(unsigned int number);

/* What a stack answered to TCP_INFO, TCP_CC_INFO and SO_MEMINFO, in Linux's layout. */
struct kernel_info_bytes {
	const uint8_t *info, *cc, *mem;
	size_t n_info, n_cc, n_mem;
	unsigned int version;     /* of the layout: KERNEL_INFO_VERSION() */
};

/** kernel_info_parse() - all variables that these hold, in @a; none of what is not there */
void kernel_info_parse(struct arena *a, const struct kernel_info_bytes *b,
		       const struct target_info **out, size_t *n);

/** kernel_info_state() - of descriptor @fd. 0, or -ERR_UNSUPPORTED when it is not TCP */
int kernel_info_state(int fd, enum tcp_state *out);

/**
 * kernel_info_read() - all variables that the kernel gives for @fd, in @a
 *
 * TCP_INFO as far as it was filled, TCP_CC_INFO read as every structure of that length
 * (language: 6.2), SO_MEMINFO.
 * Return: 0; -ERR_STATE with *why when @fd is not a socket
 */
int kernel_info_read(struct arena *a, int fd, const struct target_info **out, size_t *n,
		     const char **why);

#endif
