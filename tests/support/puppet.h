/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TCPDRILL_TESTS_PUPPET_H
#define TCPDRILL_TESTS_PUPPET_H

#include "target/target.h"

/*
 * A target in virtual time that does what a script of its own says: "the stack" of the golden
 * failing runs. Its script is the file that target_config.work_dir names (a puppet runs no
 * commands, so the folder for them is free to say this).
 *
 * In that script an inbound packet, a call or a command is a cue: what stands behind it happens
 * only after the tester has done the same, and relative times count from that moment. Outbound
 * packets are what the puppet sends, with numbers of its own (initial sequence number, port,
 * timestamps, flow labels), so that the tester has to map them. A call answers what its line says;
 * a call without a line of its own answers what the tester's script expects. Calls are met by
 * name, packets and commands in turn.
 *
 * Lines "//puppet KEY VALUE" speak of the event that follows:
 *
 *	late USEC         the tester's sleep before it takes this much too long; before a packet that
 *	                  the puppet sends, the tester awakes this much after it
 *	takes USEC        the call or command does
 *	starved USEC      the call returns this much later, as its thread had no processor
 *	byte N VALUE      byte N of the payload, or of what the call receives, is VALUE, not what it
 *	                  should be (0, or with "//! payload: numbered" that of its place)
 *	state NAME        the state of the connection from then on
 *	unsupported TEXT  the stack does not have this call, and says why
 *	status N          exit status of the command
 *	output TEXT       what it printed; "\n" ends a line
 *
 * and of the whole run: "info NAME VALUE" (a variable of info()), "drops N" (frames that the
 * capture lost), "real" (its time is said to be ours: the test's time-out ends what waits).
 */
extern const struct target_ops puppet_ops;

#endif
