/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TCPDRILL_TARGET_CAPTURE_H
#define TCPDRILL_TARGET_CAPTURE_H

#include <stddef.h>
#include <stdint.h>

struct arena;
struct capture;

/* A frame that the stack sent. */
struct capture_frame {
	int64_t at_ns;            /* CLOCK_MONOTONIC; stamped by the kernel */
	const uint8_t *bytes;     /* raw IP; valid until the next frame is taken */
	size_t n_bytes;
};

/**
 * capture_open() - prepare; best done well before the first frame, as the kernel takes up to a
 * millisecond to begin with stamping
 * Return: 0; -ERR_ENVIRONMENT with *why
 */
int capture_open(struct arena *a, struct capture **out, const char **why);

/** capture_start() - from now on take what leaves by @device. 0; -ERR_ENVIRONMENT with *why */
int capture_start(struct capture *c, const char *device, const char **why);

/** capture_fd() - becomes readable when frames wait */
int capture_fd(const struct capture *c);

/** capture_drain() - move what the kernel holds into our queue */
void capture_drain(struct capture *c);

/** capture_next_ns() - time of the oldest queued frame; INT64_MAX when there is none */
int64_t capture_next_ns(const struct capture *c);

/** capture_take() - the oldest queued frame; there must be one */
struct capture_frame capture_take(struct capture *c);

/** capture_drops() - frames lost so far */
uint64_t capture_drops(struct capture *c);

/** capture_close() - NULL is allowed */
void capture_close(struct capture *c);

#endif
