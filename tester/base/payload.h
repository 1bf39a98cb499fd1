/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TCPDRILL_BASE_PAYLOAD_H
#define TCPDRILL_BASE_PAYLOAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * What the data of a script is. Zeros, as in packetdrill; or, where its header says so, a value for
 * each place in a stream, so that a byte that is not where it belongs shows.
 */
struct payload {
	bool is_numbered;              /* else zeros, wherever they are */
	uint32_t position;             /* of the first byte in its stream, which begins with 0; it wraps
					  as sequence numbers do */
};

/** payload_byte() - the byte that lies @at behind the first */
uint8_t payload_byte(struct payload p, size_t at);

/** payload_fill() - write the first @n bytes to @out */
void payload_fill(struct payload p, uint8_t *out, size_t n);

/** payload_moved() - the same from @n bytes further on */
struct payload payload_moved(struct payload p, size_t n);

/** payload_differs() - the first of @n bytes that is not as it should be; @n: none */
size_t payload_differs(struct payload p, const uint8_t *bytes, size_t n);

#endif
