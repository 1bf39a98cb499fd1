/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>

#include "base/diag.h"
#include "base/info_names.h"
#include "base/suggest.h"
#include "script/bind_impl.h"
#include "script/code_names.h"
#include "script/packet_members.h"

static void check_name(struct bind *b, const char *name, struct span span)
{
	enum tcp_state state;
	int64_t value;
	struct suggest near;

	if (code_constant(name, &value) || code_state(name, &state))
		return;
	for (size_t i = 0; i < info_names_len; i++) {
		if (strcmp(info_names[i], name) == 0)
			return;
	}
	suggest_init(&near, name);
	for (size_t i = 0; i < info_names_len; i++)
		suggest_offer(&near, info_names[i]);
	for (size_t i = 0; i < code_names_len; i++)
		suggest_offer(&near, code_names[i].name);
	for (int s = 0; s < TCP_STATE_COUNT; s++)
		suggest_offer(&near, code_state_name((enum tcp_state)s));
	diag_error(b->d, span, "unknown name '%s'", name);
	diag_did_you_mean(b->d, suggest_best(&near));
}

static void check_object(struct bind *b, const char *object, const char *member, struct span span)
{
	struct suggest near;

	suggest_init(&near, object);
	for (size_t i = 0; i < b->n_as; i++) {
		if (strcmp(b->as_name[i], object) == 0) {
			if (packet_member_find(member) || strcmp(member, "time") == 0)
				return;
			suggest_init(&near, member);
			for (size_t k = 0; k < packet_members_len; k++)
				suggest_offer(&near, packet_members[k].name);
			diag_error(b->d, span, "a packet has no '%s'", member);
			diag_did_you_mean(b->d, suggest_best(&near));
			return;
		}
		suggest_offer(&near, b->as_name[i]);
	}
	diag_error(b->d, span, "no packet before this line is named '%s'", object);
	if (suggest_best(&near))
		diag_did_you_mean(b->d, suggest_best(&near));
	else
		diag_hint(b->d, "name a packet by writing 'as %s' at its end", object);
}

static void check_function(struct bind *b, const char *name, size_t n_args, struct span span)
{
	if (strcmp(name, "state") == 0) {
		if (n_args > 1)
			diag_error(b->d, span, "state() takes a descriptor or nothing");
	} else if (!expr_has_builtin(name)) {
		struct suggest near;

		suggest_init(&near, name);
		suggest_offer(&near, "state");
		suggest_offer(&near, "within");
		diag_error(b->d, span, "unknown function '%s'", name);
		diag_did_you_mean(b->d, suggest_best(&near));
	}
}

static void check_use(void *ctx, enum expr_use use, const char *name, const char *member,
		      size_t n_args, struct span span)
{
	struct bind *b = ctx;

	switch (use) {
	case EXPR_USE_NAME:
		check_name(b, name, span);
		break;
	case EXPR_USE_OBJECT:
		check_object(b, name, member, span);
		break;
	case EXPR_USE_FUNCTION:
		check_function(b, name, n_args, span);
		break;
	}
}

void bind_assert_names(struct bind *b, const struct expr *e)
{
	expr_visit(e, check_use, b);
}
