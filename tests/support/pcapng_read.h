/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TCPDRILL_TESTS_PCAPNG_READ_H
#define TCPDRILL_TESTS_PCAPNG_READ_H

#include <stddef.h>
#include <stdint.h>

/*
 * A strict reader of capture files, written from the format's description and not from our writer:
 * one section, one interface of raw IP in nanoseconds, then frames; every length and padding right.
 */
struct pcapng_read {
	struct pcapng_read_frame {
		uint64_t at_ns;
		uint32_t flags;              /* 1 inbound, 2 outbound; 0: not said */
		const uint8_t *bytes;
		size_t n_bytes;
		char *comment;               /* NULL: none */
	} *frame;
	size_t n;
	char *file;                          /* what bytes point into */
};

/** pcapng_read() - NULL, or what is wrong with the file; pcapng_read_free() in any case */
const char *pcapng_read(struct pcapng_read *r, const char *path);

void pcapng_read_free(struct pcapng_read *r);

#endif
