/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TCPDRILL_SCRIPT_PACKET_MEMBERS_H
#define TCPDRILL_SCRIPT_PACKET_MEMBERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct wire_view;

/*
 * What an assertion can ask of a packet that "as NAME" bound: NAME.win, NAME.mss, ... Numbers are
 * those of the script (mapped), one row each. NAME.time is answered by whoever knows times.
 */
struct packet_member {
	const char *name;
	/* false when the packet has no such thing, for instance no MSS option */
	bool (*get)(const struct wire_view *v, int64_t *out);
	const char *help;
};

extern const struct packet_member packet_members[];
extern const size_t packet_members_len;

/** packet_member_find() - the row with this name, or NULL */
const struct packet_member *packet_member_find(const char *name);

#endif
