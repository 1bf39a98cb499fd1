/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TCPDRILL_SCRIPT_BIND_IMPL_H
#define TCPDRILL_SCRIPT_BIND_IMPL_H

#include "script/plan.h"

/* What the binding functions share; private to script/bind*.c. */
/* An option without values that was bound before. */
struct bind_bare_opt {
	const char *name;
	const struct tcpopt_want *want;
	size_t len;                  /* encoded */
};

enum { BIND_BARE_OPTS = 4 };

struct bind {
	struct arena *a;
	struct diags *d;
	struct plan *plan;
	const struct definition *defs;
	uint8_t ip_version;
	const char **as_name;        /* names bound by "as" so far */
	size_t n_as, cap_as;
	const char **word;           /* of the option being bound */
	size_t cap_word;
	struct bind_bare_opt bare[BIND_BARE_OPTS];
	size_t n_bare;
	const struct ast_time *last_absolute;   /* of the event before, when it was absolute */
};

/** bind_number() - an unsigned number token, decimal or hex, up to @max; false after an error */
bool bind_number(struct bind *b, const struct ast_tok *t, const char *what, uint64_t max,
		 uint64_t *out);

/** bind_seconds() - a time token in microseconds, truncated; negative numbers are errors */
bool bind_seconds(struct bind *b, const struct ast_tok *t, int64_t *out);

/** bind_time() - the time of an event; checks what its kind allows [language 2.1] */
void bind_time(struct bind *b, const struct ast_event *e, bool is_first, struct plan_time *out);

/** bind_packet() - a packet; NULL after errors */
struct plan_packet *bind_packet(struct bind *b, const struct ast_packet *p, struct span event);

/** bind_tcp() - ports, flags, numbers, options of a TCP packet into @out */
void bind_tcp(struct bind *b, const struct ast_packet *p, struct plan_packet *out,
	      struct span event);

/** bind_icmp() - an ICMP packet into @out */
void bind_icmp(struct bind *b, const struct ast_packet *p, struct plan_packet *out);

/** bind_ip_info() - what stands in ( ) or [ ] before the transport part */
void bind_ip_info(struct bind *b, const struct ast_item *items, bool is_inbound,
		  struct plan_ip *out);

/** bind_outer() - the outer headers */
void bind_outer(struct bind *b, const struct ast_header *h, bool is_inbound,
		struct plan_packet *out);

/** bind_item_number() - the value (or range) of "name value" */
void bind_item_number(struct bind *b, const struct ast_item *i, uint64_t max, bool may_range,
		      struct plan_num *out);

/** bind_overrides() - { tcp.checksum = bad, ... } of an inbound packet */
void bind_overrides(struct bind *b, const struct ast_expr *e, struct plan_packet *out);

/** bind_seq() - start:end(len) */
void bind_seq(struct bind *b, const struct ast_seq *s, struct seq_script *start, uint32_t *len);

/** bind_assert() - an assert event; a comment in it must not be a part of the expression */
void bind_assert(struct bind *b, const struct ast_event *e, struct plan_step *out);

/** bind_assert_names() - every name an assertion uses must exist, now */
void bind_assert_names(struct bind *b, const struct expr *e);

#endif
