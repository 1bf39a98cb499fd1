/* SPDX-License-Identifier: BSD-2-Clause */
#include "run/packet_log.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct entry {
	uint64_t id;
	struct pcapng_frame frame;
	uint8_t *bytes;              /* what the frame points to; ours */
	char *comment;               /* the same; NULL: not known yet */
};

struct packet_log {
	struct pcapng file;
	uint64_t n_added;
	/* By time, from head on. The tester's own packets are known at once, but the stack's are
	 * read after a while: one of those may come in before one of ours that is here already. */
	struct entry *entry;
	size_t head, n, cap;
	size_t open;                 /* no entry before it lacks its comment */
};

static void *must(void *memory)
{
	if (!memory)
		abort();
	return memory;
}

struct packet_log *packet_log_open(const char *path)
{
	struct packet_log *log = must(calloc(1, sizeof(*log)));

	if (pcapng_open(&log->file, path) == 0)
		return log;
	free(log);
	return NULL;
}

static void make_room(struct packet_log *log)
{
	if (log->head == log->n)
		log->head = log->n = log->open = 0;
	if (log->n < log->cap)
		return;
	if (log->head > log->cap / 2) {
		memmove(log->entry, log->entry + log->head,
			(log->n - log->head) * sizeof(*log->entry));
		log->n -= log->head;
		log->open -= log->head;
		log->head = 0;
		return;
	}
	log->cap = log->cap ? log->cap * 2 : 64;
	log->entry = must(realloc(log->entry, log->cap * sizeof(*log->entry)));
}

uint64_t packet_log_add(struct packet_log *log, const struct pcapng_frame *f)
{
	struct entry *e;
	size_t at;

	if (!log)
		return 0;
	make_room(log);
	for (at = log->n; at > log->head && log->entry[at - 1].frame.at_ns > f->at_ns; at--)
		log->entry[at] = log->entry[at - 1];
	log->n++;
	e = &log->entry[at];
	*e = (struct entry){ .id = ++log->n_added, .frame = *f };
	e->bytes = must(malloc(f->n_bytes ? f->n_bytes : 1));
	memcpy(e->bytes, f->bytes, f->n_bytes);
	e->comment = f->comment ? must(strdup(f->comment)) : NULL;
	log->open = at < log->open ? at : log->open;
	return e->id;
}

void packet_log_note(struct packet_log *log, uint64_t id, const char *comment)
{
	size_t i;

	if (!log)
		return;
	while (log->open < log->n && log->entry[log->open].comment)
		log->open++;
	for (i = log->open; i < log->n && log->entry[i].id != id; i++)
		;
	if (i < log->n && !log->entry[i].comment)
		log->entry[i].comment = must(strdup(comment));
}

static void write_first(struct packet_log *log, const char *comment)
{
	struct entry *e = &log->entry[log->head++];

	e->frame.bytes = e->bytes;
	e->frame.comment = e->comment ? e->comment : comment;
	pcapng_add(&log->file, &e->frame);
	free(e->bytes);
	free(e->comment);
	log->open = log->open < log->head ? log->head : log->open;
}

void packet_log_settle(struct packet_log *log, int64_t before_ns)
{
	if (!log)
		return;
	while (log->head < log->n && log->entry[log->head].comment &&
	       log->entry[log->head].frame.at_ns < before_ns)
		write_first(log, NULL);
	pcapng_flush(&log->file);
}

int packet_log_close(struct packet_log *log, const char *comment)
{
	int rc, error;

	if (!log)
		return 0;
	while (log->head < log->n)
		write_first(log, comment);
	rc = pcapng_close(&log->file);
	error = errno;
	free(log->entry);
	free(log);
	errno = error;
	return rc;
}
