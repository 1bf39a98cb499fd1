/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TCPDRILL_BASE_PCAPNG_H
#define TCPDRILL_BASE_PCAPNG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

/*
 * A capture file in the pcapng format [draft-ietf-opsawg-pcapng]: one section, one interface whose
 * frames begin with the IP header, times in nanoseconds, a comment per frame. libpcap reads such
 * files but writes none.
 */
struct pcapng {
	int fd;
	int error;                   /* errno of the first write that failed, or 0 */
	struct buf pending;          /* whole blocks that are not written yet */
};

/* Where a frame went, seen from the stack under test. */
enum pcapng_direction { PCAPNG_INBOUND = 1, PCAPNG_OUTBOUND = 2 };

struct pcapng_frame {
	int64_t at_ns;               /* since 1970; not negative */
	enum pcapng_direction direction;
	const uint8_t *bytes;
	size_t n_bytes;
	const char *comment;         /* UTF-8; NULL or "": none */
};

/** pcapng_open() - write to @path, in place of what is there. 0; -ERR_IO with errno set */
int pcapng_open(struct pcapng *p, const char *path);

/** pcapng_add() - append a frame, not yet to the disk */
void pcapng_add(struct pcapng *p, const struct pcapng_frame *f);

/** pcapng_flush() - write what is pending. Whoever is killed later leaves a file that ends here */
void pcapng_flush(struct pcapng *p);

/** pcapng_close() - write and close. 0; -ERR_IO with errno set when a part could not be written */
int pcapng_close(struct pcapng *p);

#endif
