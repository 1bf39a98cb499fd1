/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TCPDRILL_TARGET_PCAP_FILE_H
#define TCPDRILL_TARGET_PCAP_FILE_H

#include <stddef.h>
#include <stdint.h>

struct arena;
struct pcap_file;

/* A capture file as others read it: pcap with nanoseconds, frames of raw IP. */

/** pcap_file_open() - write to @path, in place of what is there. 0; -ERR_ENVIRONMENT with *why */
int pcap_file_open(struct arena *a, const char *path, struct pcap_file **out, const char **why);

/** pcap_file_add() - one frame; @at_ns: since 1970, as the format has it */
void pcap_file_add(struct pcap_file *f, const uint8_t *bytes, size_t n, int64_t at_ns);

/** pcap_file_close() - NULL is allowed */
void pcap_file_close(struct pcap_file *f);

#endif
