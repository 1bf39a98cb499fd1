/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TCPDRILL_JUDGE_CALL_MATCH_IMPL_H
#define TCPDRILL_JUDGE_CALL_MATCH_IMPL_H

#include "base/arena.h"
#include "base/buf.h"
#include "judge/call_match.h"
#include "script/symbols.h"

struct matcher {
	struct arena *a;
	const struct call_spec *spec;
	const struct call_result *res;
	const struct call_match_env *env;
	struct call_finding *found;
	size_t n, cap;
	const char *prefix;          /* of "what": "" or "message 2: " */
};

/* call_match.c. Texts must live in the arena or be static. */
void finding_add(struct matcher *m, struct span span, const char *what, const char *expected,
		 const char *actual);
void finding_numbers(struct matcher *m, struct span span, const char *what, int64_t expected,
		     int64_t actual);
const char *flags_text(struct matcher *m, enum symbol_group group, uint64_t bits);
const char *call_value_text(struct matcher *m, enum symbol_group group, int64_t value);
const char *bytes_text(struct matcher *m, const uint8_t *bytes, size_t n);

/* call_match_cmsg.c */
void match_cmsgs(struct matcher *m, const struct call_msg *msg, const struct call_msg_result *got);

/* call_match_option.c */
void match_option(struct matcher *m, const struct call_arg *value, const struct call_arg *len);

#endif
