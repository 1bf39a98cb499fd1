/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SUT_IP_OPTIONS_H
#define SUT_IP_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "sut.h"

/* Options of IPv4 packets that we send, and the source routes of those that come: RFC 791 3.1. */

struct codec_ip;

enum { IP_OPTIONS_MAX_BYTES = 40 };

/*
 * Options as an application writes them, checked and padded to words with zeros. A source route
 * names all hops before the destination, the first one first. The places are 0 where there is no
 * such option, else one more than its offset in b.
 */
struct ip_options {
	uint8_t n;                 /* bytes; 0: none */
	uint8_t route_at, record_at, stamp_at;
	bool is_own;               /* set by the application, if only to none */
	uint8_t b[IP_OPTIONS_MAX_BYTES];
};

/* What ip_options_judge() says of a received packet. */
enum ip_verdict { IP_TAKE, IP_MALFORMED, IP_NOT_FOR_US };

/**
 * ip_options_set() - what setsockopt(IP_OPTIONS) does
 * @o: filled on 0, unchanged else
 * @n: bytes of @value; 0 takes the options away
 * Return: 0; SUT_EINVAL for more than 40 bytes, or lengths, pointers or a second option of a kind
 * that no packet may have
 */
int ip_options_set(struct ip_options *o, const uint8_t *value, uint32_t n);

/**
 * ip_options_write() - the options of one packet
 * @o:   NULL is allowed
 * @ip:  its dst is the destination; becomes the first hop of a source route, and options, n_options
 *       what is to stand in the header. IPv6 is left alone
 * @out: where these bytes are kept, while @ip is in use
 * Return: false: the first hop of a strict route is not on our network, nothing can be sent
 */
bool ip_options_write(const struct sut *s, const struct ip_options *o, struct codec_ip *ip,
		      uint8_t out[IP_OPTIONS_MAX_BYTES]);

/** ip_options_bytes() - what they take of a packet to @dst */
uint32_t ip_options_bytes(const struct ip_options *o, const struct sut_addr *dst);

/**
 * ip_options_judge() - may a packet with these options be taken?
 * @ip:   as parsed; dst becomes the end of a source route whose remaining hops are all our own
 * @back: filled: the way back of a source route, without options when there was none
 */
enum ip_verdict ip_options_judge(struct sut *s, struct codec_ip *ip, struct ip_options *back);

/**
 * ip_options_learn() - a segment of a connection opened passively came by the way of @back
 * @kept: its options: replaced unless they are the application's
 * @back: NULL or without options: there was no source route, which changes nothing
 * Source: RFC 1122 4.2.3.8, RFC 9293 3.9.2.1
 */
void ip_options_learn(struct sut *s, struct ip_options *kept, const struct ip_options *back);

#endif
