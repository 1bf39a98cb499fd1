/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TCPDRILL_WIRE_TCPOPT_H
#define TCPDRILL_WIRE_TCPOPT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena;
struct buf;

enum {
	TCPOPT_MAX_BYTES = 40,     /* of all options together [RFC9293 3.1] */
	TCPOPT_MAX_VALUES = 8,     /* four SACK blocks of two edges */
};

/* In which number space a field lives; judge/space.c maps by it. */
enum tcpopt_space {
	TCPOPT_PLAIN,              /* as it is */
	TCPOPT_ACK_SPACE,          /* a sequence number of the data acknowledged (SACK edge) */
	TCPOPT_TS_VAL,
	TCPOPT_TS_ECR,
};

enum { TCPOPT_MAX_FIELDS = 4 };

struct tcpopt_field {
	const char *name;          /* script word before the value; "" when it stands alone */
	uint8_t width_bytes;
	enum tcpopt_space space;
};

/*
 * One row per option: syntax, both codecs, example, source. An option whose script name differs by
 * form (FO, FOEXP; ECN in two orders) has one row per wire form.
 */
struct tcpopt_row {
	const char *name;          /* script word: mss, wscale, sackOK, sack, TS, ... */
	uint8_t kind;
	bool has_exid;             /* kinds 253, 254: exid is a part of the kind [RFC6994] */
	uint16_t exid;
	bool is_single_byte;       /* EOL, NOP: no length octet */
	bool repeats;              /* groups A:B of the fields; names only for reports */
	bool is_blob;              /* the rest is free bytes written as hex */
	bool may_be_short;         /* trailing fields may be left out (AccECN) */
	uint8_t min_bytes, max_bytes;   /* whole option; both 1 for single bytes */
	uint8_t n_fields;
	struct tcpopt_field field[TCPOPT_MAX_FIELDS];
	const char *example;       /* script text ... */
	uint8_t example_wire[TCPOPT_MAX_BYTES];   /* ... and its bytes */
	uint8_t example_len;
	const char *source;        /* RFC and section */
	const char *help;          /* one line */
};

extern const struct tcpopt_row tcpopt_table[];
extern const size_t tcpopt_table_len;

/* What stands where the length octet belongs; wrong ones only in raw options. */
enum tcpopt_len_form {
	TCPOPT_LEN_RIGHT,          /* the option's true length (none for single bytes) */
	TCPOPT_LEN_GIVEN,          /* len_octet, right or wrong */
	TCPOPT_LEN_ABSENT,         /* the header ends behind the kind */
};

/*
 * One option as values. Unknown or malformed kinds have row NULL and are whole in blob. What
 * tcpopt_decode_all() makes of any bytes, tcpopt_encode() turns back into the same bytes.
 */
struct tcpopt {
	const struct tcpopt_row *row;   /* NULL: raw "opt KIND HEX" */
	uint8_t kind;
	uint8_t n_values;
	uint8_t blob_len;
	enum tcpopt_len_form len_form;
	uint8_t len_octet;
	uint32_t value[TCPOPT_MAX_VALUES];   /* host order, in the order of the wire */
	uint8_t blob[TCPOPT_MAX_BYTES];      /* hex part of FO, md5, opt: without kind and length */
};

/* What a script demands of one value of an option. */
struct tcpopt_want {
	struct tcpopt opt;              /* value[] holds the lower bound */
	uint32_t high[TCPOPT_MAX_VALUES];
	bool any[TCPOPT_MAX_VALUES];    /* '*' or '...': not compared */
	bool is_literal[TCPOPT_MAX_VALUES]; /* trailing '!': not mapped */
};

struct tcpopt_list {
	struct tcpopt *opt;
	size_t n;
};

/**
 * tcpopt_decode() - read one option from the front of the option bytes
 * @in:  first byte; borrowed
 * @n:   readable bytes, at least 1
 * @out: filled on success. A known kind whose length its row does not allow is given as raw
 *
 * Return: bytes used (1..n); -ERR_TRUNC when the length octet is missing or passes @n;
 *         -ERR_RANGE when the length octet is below 2 or above TCPOPT_MAX_BYTES
 * Source: RFC 9293 section 3.1
 */
int tcpopt_decode(const uint8_t *in, size_t n, struct tcpopt *out);

/** tcpopt_decode_all() - all options of a header, EOL octets counted one by one; list in @a.
 * A malformed option and what follows it becomes one raw option with kind of its first byte.
 * Return: 0, or the error of tcpopt_decode() (the list is filled all the same) */
int tcpopt_decode_all(struct arena *a, const uint8_t *in, size_t n, struct tcpopt_list *out);

/**
 * tcpopt_encode() - write one option
 * @out: room for TCPOPT_MAX_BYTES bytes
 *
 * Writes what it is given, lengths that the row does not allow, too: wrong packets are built so.
 * Return: bytes written, or -ERR_RANGE when it (or a value) does not fit
 */
int tcpopt_encode(const struct tcpopt *o, uint8_t out[TCPOPT_MAX_BYTES]);

/** tcpopt_text() - append the option in script notation, as the parser reads it: "mss 1460" */
void tcpopt_text(const struct tcpopt *o, struct buf *out);

/** tcpopt_want_text() - the same for what a script demands: "mss 1000~1460", "TS val * ecr 7!" */
void tcpopt_want_text(const struct tcpopt_want *w, struct buf *out);

/** tcpopt_value_space() - the space of value number @i of option @o */
enum tcpopt_space tcpopt_value_space(const struct tcpopt *o, unsigned int i);

/** tcpopt_value_name() - what to call value number @i in a report: "val", "left edge 1", "mss" */
void tcpopt_value_name(const struct tcpopt *o, unsigned int i, struct buf *out);

/**
 * tcpopt_parse() - one option from the words of a script
 * @word:   its blank-separated words, the first one the name; borrowed
 * @n:      how many
 * @out:    filled on success
 * @bad:    index of the word to blame on failure
 * @why:    on failure: what is wrong, one line, allocated in @a
 * @hint:   on failure: a suggestion (nearest name) or NULL
 *
 * Accepts *, ... and LOW~HIGH for values and a trailing ! ("not mapped"). Any option at all:
 * "opt KIND [HEX]"; with a length octet of one's own: "opt KIND len N|none [HEX]". What a row
 * knows becomes that row's option, so "opt 3 07" is "wscale 7".
 * Return: 0; -ERR_UNKNOWN for a name no row has; -ERR_SYNTAX; -ERR_RANGE
 */
int tcpopt_parse(struct arena *a, const char *const *word, size_t n, struct tcpopt_want *out,
		 size_t *bad, const char **why, const char **hint);

#endif
