/* SPDX-License-Identifier: BSD-2-Clause */
/* What getsockopt gave [language 4.6]. */
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

#include "judge/call_match_impl.h"

/* Options whose numbers have names. */
static const struct {
	int level, option;
	enum symbol_group group;
	bool is_flags;
} named_option[] = {
	{ SOL_SOCKET, SO_ERROR, SYMBOL_ERRNO, false },
	{ SOL_SOCKET, SO_DOMAIN, SYMBOL_FAMILY, false },
	{ SOL_SOCKET, SO_TYPE, SYMBOL_SOCK, false },
	{ SOL_SOCKET, SO_PROTOCOL, SYMBOL_IPPROTO, false },
	{ SOL_SOCKET, SO_TIMESTAMPING, SYMBOL_SOF, true },
	{ IPPROTO_IP, IP_MTU_DISCOVER, SYMBOL_PMTUDISC, false },
};

static const char *number_text(struct matcher *m, int64_t num)
{
	const struct call_arg *arg = m->spec->arg;

	for (size_t i = 0; i < ARRAY_LEN(named_option); i++) {
		if (arg[1].num != named_option[i].level || arg[2].num != named_option[i].option)
			continue;
		/* SO_ERROR 0 is no error, and has no name. */
		return named_option[i].is_flags
			       ? flags_text(m, named_option[i].group, (uint64_t)num)
			       : call_value_text(m, named_option[i].group, num);
	}
	return arena_printf(m->a, "%lld", (long long)num);
}

static const char *expected_text(struct matcher *m, const struct call_optval *opt)
{
	if (opt->num == opt->num_high)
		return number_text(m, opt->num);
	return arena_printf(m->a, "%s~%s", number_text(m, opt->num), number_text(m, opt->num_high));
}

static void match_number(struct matcher *m, const struct call_optval *opt)
{
	uint32_t actual = 0;
	int64_t value;
	uint8_t byte;

	/* Some options of IP give one byte when asked for less than four. */
	if (m->res->n_opt == 1) {
		memcpy(&byte, m->res->opt, sizeof(byte));
		actual = byte;
	} else if (m->res->n_opt >= sizeof(actual)) {
		memcpy(&actual, m->res->opt, sizeof(actual));
	} else {
		finding_add(m, opt->span, "option value", expected_text(m, opt), "none");
		return;
	}
	/* A script may write all ones as -1 or as 4294967295. */
	value = opt->num < 0 ? (int32_t)actual : (int64_t)actual;
	if (value < opt->num || value > opt->num_high)
		finding_add(m, opt->span, "option value", expected_text(m, opt),
			    number_text(m, (int32_t)actual));
}

/* The kernel must give all bytes that are expected, and only zeros beyond them. */
static void match_bytes(struct matcher *m, const struct call_optval *opt)
{
	const struct call_result *res = m->res;
	bool is_equal = res->n_opt >= opt->n_bytes;

	for (size_t i = 0; i < res->n_opt; i++) {
		uint8_t expected = i < opt->n_bytes ? opt->bytes[i] : 0;

		if (i < opt->n_bytes && opt->is_compared && !opt->is_compared[i])
			continue;
		is_equal &= res->opt[i] == expected;
	}
	if (!is_equal)
		finding_add(m, opt->span, "option value", bytes_text(m, opt->bytes, opt->n_bytes),
			    bytes_text(m, res->opt, res->n_opt));
}

void match_option(struct matcher *m, const struct call_arg *value, const struct call_arg *len)
{
	const struct call_optval *opt = value->u.opt;

	if (value->is_null)
		return;
	if (!len->is_any)
		finding_numbers(m, len->span, "option length", len->num, (int64_t)m->res->n_opt);
	switch (opt->form) {
	case OPT_INT:
		match_number(m, opt);
		return;
	case OPT_BYTES:
		if (len->is_any)
			finding_numbers(m, value->span, "option length", (int64_t)opt->n_bytes,
					(int64_t)m->res->n_opt);
		match_bytes(m, opt);
		return;
	case OPT_ANY:
		return;
	}
}
