/* SPDX-License-Identifier: BSD-2-Clause */
/* Option bytes: any become options that encode to the same bytes, and whose text parses back. */
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "fuzz.h"
#include "wire/tcpopt.h"

enum { WORDS_MAX = 64 };

/* "TS val 1 ecr 2" in words; the text is cut in place. */
static size_t split(char *text, const char **word)
{
	char *save = NULL;
	size_t n = 0;

	for (char *w = strtok_r(text, " ", &save); w && n < WORDS_MAX; w = strtok_r(NULL, " ", &save))
		word[n++] = w;
	return n;
}

static void check_text(struct arena *a, const struct tcpopt *o, const uint8_t *wire, int n)
{
	uint8_t again[TCPOPT_MAX_BYTES];
	const char *word[WORDS_MAX], *why, *hint;
	struct tcpopt_want want;
	struct buf text = { 0 };
	size_t bad, n_words;

	tcpopt_text(o, &text);
	n_words = split(arena_strdup(a, buf_str(&text)), word);
	FUZZ_CHECK(tcpopt_parse(a, word, n_words, &want, &bad, &why, &hint) == 0);
	FUZZ_CHECK(tcpopt_encode(&want.opt, again) == n);
	FUZZ_CHECK(memcmp(again, wire, (size_t)n) == 0);
	buf_clear(&text);
	tcpopt_want_text(&want, &text);
	buf_fini(&text);
}

/* Any text of words, too, is either an option or says what is wrong with it. */
static void check_words(struct arena *a, const uint8_t *data, size_t n)
{
	const char *word[WORDS_MAX], *why = NULL, *hint = NULL;
	struct tcpopt_want want;
	uint8_t wire[TCPOPT_MAX_BYTES];
	size_t bad = 0, n_words = split(arena_strndup(a, (const char *)data, n), word);

	if (n_words == 0)
		return;
	if (tcpopt_parse(a, word, n_words, &want, &bad, &why, &hint) < 0) {
		FUZZ_CHECK(why && *why && bad <= n_words);
		return;
	}
	tcpopt_encode(&want.opt, wire);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct arena *a = arena_new();
	struct tcpopt_list list;
	size_t at = 0, n_bytes = n > TCPOPT_MAX_BYTES ? TCPOPT_MAX_BYTES : n;

	tcpopt_decode_all(a, data, n_bytes, &list);
	for (size_t i = 0; i < list.n; i++) {
		uint8_t wire[TCPOPT_MAX_BYTES];
		int used = tcpopt_encode(&list.opt[i], wire);

		FUZZ_CHECK(used > 0 && at + (size_t)used <= n_bytes);
		FUZZ_CHECK(memcmp(wire, data + at, (size_t)used) == 0);
		check_text(a, &list.opt[i], wire, used);
		at += (size_t)used;
	}
	FUZZ_CHECK(at == n_bytes);
	check_words(a, data, n);
	arena_free(a);
	return 0;
}

/* Each row's example, as bytes and as words. */
size_t fuzz_seed(size_t i, uint8_t *out, size_t max)
{
	const struct tcpopt_row *row = i / 2 < tcpopt_table_len ? &tcpopt_table[i / 2] : NULL;
	size_t n = row ? i % 2 ? row->example_len : strlen(row->example) : 0;

	if (n == 0 || n > max)
		return 0;
	memcpy(out, i % 2 ? row->example_wire : (const uint8_t *)row->example, n);
	return n;
}
