/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TCPDRILL_JUDGE_STREAM_H
#define TCPDRILL_JUDGE_STREAM_H

#include "base/payload.h"
#include "judge/judge_impl.h"

/*
 * Which byte of data is which: the place in its stream of all that a connection carries, in packets
 * by their sequence numbers, in calls by what the calls before have moved. Data of other protocols,
 * and of scripts that do not ask for numbers, are zeros.
 */

/** stream_sent() - what the payload of a live segment of the stack must be */
struct payload stream_sent(const struct judge *j, const struct wire_view *live);

/** stream_inject() - what the payload of an inbound packet of @c is. Also notes an urgent byte. */
struct payload stream_inject(struct judge *j, struct conn *c, const struct plan_packet *p);

/** stream_next_written() - what a call that writes to @c (NULL: no connection) has to write */
struct payload stream_next_written(const struct judge *j, const struct conn *c);

/** stream_is_filed() - whether the call writes to a connection what a file or pipe holds */
bool stream_is_filed(const struct judge *j, const struct call_spec *spec);

/**
 * stream_received() - where in its stream each byte belongs that a call received from @c
 * Urgent bytes that are not there are passed over.
 * Return: as many positions as res->n_data, in the arena; NULL when zeros are expected
 */
const uint32_t *stream_received(const struct judge *j, const struct conn *c,
				const struct call_spec *spec, const struct call_result *res);

/** stream_follow() - count what a successful call has moved; @position: as stream_received() said */
void stream_follow(struct conn *c, const struct call_spec *spec, const struct call_result *res,
		   const uint32_t *position);

#endif
