/* SPDX-License-Identifier: BSD-2-Clause */
#include "script/symbols.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/capability.h>
#include <linux/sockios.h>
#include <poll.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "base/buf.h"
#include "base/suggest.h"

/* Names that some C library does not know, with the numbers of asm-generic. */
#ifndef F_EXLCK
#define F_EXLCK 4
#endif
#ifndef F_SHLCK
#define F_SHLCK 8
#endif
#ifndef F_GETLK64
#define F_GETLK64 F_GETLK
#define F_SETLK64 F_SETLK
#define F_SETLKW64 F_SETLKW
#endif
#ifndef POLLMSG
#define POLLMSG 0x400
#endif
#ifndef POLLREMOVE
#define POLLREMOVE 0x1000
#endif
#ifndef SCM_TIMESTAMPING_OPT_STATS
#define SCM_TIMESTAMPING_OPT_STATS 54
#endif
#ifndef SCM_TIMESTAMPING_PKTINFO
#define SCM_TIMESTAMPING_PKTINFO 58
#endif
#ifndef SO_COOKIE
#define SO_COOKIE 57
#endif
#ifndef SO_ZEROCOPY
#define SO_ZEROCOPY 60
#endif
#ifndef SO_TXTIME
#define SO_TXTIME 61
#endif
#ifndef SCM_TXTIME
#define SCM_TXTIME SO_TXTIME
#endif
#ifndef SO_BINDTOIFINDEX
#define SO_BINDTOIFINDEX 62
#endif
#ifndef SO_TXREHASH
#define SO_TXREHASH 74
#endif

const struct symbol symbol_table[] = {
#define HOST(group, name) { #name, name, SYMBOL_##group, false },
#define NUM(group, name, value) { #name, value, SYMBOL_##group, false },
#define ALIAS(group, name, value) { #name, value, SYMBOL_##group, true },
#include "script/symbols.def"
#undef HOST
#undef NUM
#undef ALIAS
};

const size_t symbol_table_len = ARRAY_LEN(symbol_table);

const struct symbol *symbol_find(const char *name)
{
	size_t low = 0, high = symbol_table_len;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = strcmp(name, symbol_table[middle].name);

		if (order == 0)
			return &symbol_table[middle];
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return NULL;
}

const char *symbol_suggest(const char *word)
{
	struct suggest s;

	suggest_init(&s, word);
	for (size_t i = 0; i < symbol_table_len; i++)
		suggest_offer(&s, symbol_table[i].name);
	return suggest_best(&s);
}

const char *symbol_name(enum symbol_group group, int64_t value)
{
	for (size_t i = 0; i < symbol_table_len; i++) {
		const struct symbol *s = &symbol_table[i];

		if (s->group == group && s->value == value && !s->is_alias)
			return s->name;
	}
	return NULL;
}

const char *symbol_errno_name(int err)
{
	return symbol_name(SYMBOL_ERRNO, err);
}

void symbol_value_text(enum symbol_group group, int64_t value, struct buf *out)
{
	const char *name = symbol_name(group, value);

	if (name)
		buf_puts(out, name);
	else
		buf_printf(out, "%" PRId64, value);
}

void symbol_flags_text(enum symbol_group group, uint64_t bits, struct buf *out)
{
	const char *between = "";

	for (uint64_t bit = 1; bit && bits; bit <<= 1) {
		const char *name = bits & bit ? symbol_name(group, (int64_t)bit) : NULL;

		if (!name)
			continue;
		buf_printf(out, "%s%s", between, name);
		between = "|";
		bits &= ~bit;
	}
	if (bits)
		buf_printf(out, "%s0x%" PRIx64, between, bits);
	else if (!*between)
		buf_puts(out, "0");
}
