/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TCPDRILL_RUN_PACKET_LOG_H
#define TCPDRILL_RUN_PACKET_LOG_H

#include <stdint.h>

#include "base/pcapng.h"

/*
 * The packets of one test with what became of each, for --pcap. A packet is written when that is
 * known, behind all that came before it: until then it is kept here.
 */
struct packet_log;

/** packet_log_open() - begin file @path. NULL with errno set */
struct packet_log *packet_log_open(const char *path);

/**
 * packet_log_add() - a packet. With @log NULL nothing is done, as in all that follows
 * @f: at_ns is since 1970; bytes and comment are copied; comment NULL: not known yet
 * Return: its number for packet_log_note(), never 0
 */
uint64_t packet_log_add(struct packet_log *log, const struct pcapng_frame *f);

/** packet_log_note() - what became of packet @id, as its comment; the first word counts */
void packet_log_note(struct packet_log *log, uint64_t id, const char *comment);

/** packet_log_settle() - no packet from before @before_ns will be added any more: write what can be
 * written. Best called when there is time */
void packet_log_settle(struct packet_log *log, int64_t before_ns);

/** packet_log_close() - write the rest, packets without a note with @comment. 0; -ERR_IO with errno
 * set when a part could not be written */
int packet_log_close(struct packet_log *log, const char *comment);

#endif
