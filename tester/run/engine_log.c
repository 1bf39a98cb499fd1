/* SPDX-License-Identifier: BSD-2-Clause */
/* What the capture file of --pcap says about each packet: the line that it met, and how that went. */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "base/err.h"
#include "base/printable.h"
#include "run/engine_impl.h"
#include "run/packet_log.h"

enum { WRITING_NS = 1000000 };         /* room that a write to the disk is given */

int engine_log_open(struct engine *e)
{
	if (!e->opt->pcap_path)
		return 0;
	e->real_shift_ns = -e->target->ops->real_to_clock_ns(e->target, 0);
	e->log = packet_log_open(e->opt->pcap_path);
	return e->log ? 0 : -ERR_IO;
}

static uint64_t add(struct engine *e, enum pcapng_direction direction, const uint8_t *bytes,
		    size_t n, int64_t at_ns, const char *comment)
{
	return packet_log_add(e->log, &(struct pcapng_frame){ .at_ns = at_ns + e->real_shift_ns,
							      .direction = direction,
							      .bytes = bytes,
							      .n_bytes = n,
							      .comment = comment });
}

void engine_log_injected(struct engine *e, const struct plan_step *step, const uint8_t *bytes,
			 size_t n, int64_t at_ns)
{
	struct buf comment = { 0 };

	if (!e->log)
		return;
	buf_printf(&comment, "line %" PRIu32 ": injected", step->line);
	add(e, PCAPNG_INBOUND, bytes, n, at_ns, buf_str(&comment));
	buf_fini(&comment);
}

uint64_t engine_log_captured(struct engine *e, const uint8_t *bytes, size_t n, int64_t at_ns)
{
	return e->log ? add(e, PCAPNG_OUTBOUND, bytes, n, at_ns, NULL) : 0;
}

const struct finding *engine_last_finding(const struct engine *e)
{
	const struct finding *f = judge_findings(e->judge);

	while (f && f->next)
		f = f->next;
	return f;
}

void engine_log_judged(struct engine *e, const struct captured *c, const struct plan_step *step,
		       enum judge_answer answer, const struct finding *before)
{
	const struct finding *last = e->log ? engine_last_finding(e) : NULL;
	struct buf comment = { 0 };

	if (!e->log)
		return;
	switch (answer) {
	case JUDGE_IGNORED:
		buf_puts(&comment, "of another connection");
		break;
	case JUDGE_MORE:
		buf_printf(&comment, "line %" PRIu32 ": a piece of its packet", step->line);
		break;
	case JUDGE_MATCHED:
		buf_printf(&comment, "line %" PRIu32 ": ", step->line);
		if (last != before)
			buf_printf(&comment, "matches, with a warning: %s", last->message);
		else
			buf_puts(&comment, "matches");
		break;
	case JUDGE_MISMATCH:
		buf_printf(&comment, "line %" PRIu32 ": fails: %s", step->line,
			   last ? last->message : "");
		break;
	}
	engine_log_note(e, c, buf_str(&comment));
	buf_fini(&comment);
}

void engine_log_note(struct engine *e, const struct captured *c, const char *comment)
{
	struct buf safe = { 0 };

	if (!e->log)
		return;
	printable_add(&safe, comment, true);
	packet_log_note(e->log, c->log_id, buf_str(&safe));
	buf_fini(&safe);
}

void engine_log_settle(struct engine *e, int64_t until_ns)
{
	int64_t now_ns;

	if (!e->log)
		return;
	now_ns = e->target->ops->now_ns(e->target);
	if (until_ns - now_ns >= WRITING_NS)
		packet_log_settle(e->log, now_ns + e->real_shift_ns);
}

static const char not_read[] = "the test ended before it was read";

/* What is left when the verdict is clear is in the file, too, but the judge does not see it. */
static void take_rest(struct engine *e)
{
	struct target_event ev;

	while (e->target->ops->wait(e->target, e->target->ops->now_ns(e->target), &ev) == 0 &&
	       ev.kind != TARGET_DEADLINE) {
		if (ev.kind == TARGET_PACKET)
			add(e, PCAPNG_OUTBOUND, ev.bytes, ev.n_bytes, ev.at_ns,
			    not_read);
	}
}

void engine_log_close(struct engine *e)
{
	if (!e->log)
		return;
	take_rest(e);
	if (packet_log_close(e->log, not_read) < 0)
		buf_printf(&e->output, "cannot write all of '%s': %s\n", e->opt->pcap_path,
			   strerror(errno));
	e->log = NULL;
}
