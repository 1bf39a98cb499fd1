/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Script text: any bytes are parsed, bound and printed, or refused with positioned errors. What
 * parses prints as text that means the same and prints the same again.
 */
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/diag.h"
#include "fuzz.h"
#include "grammar/parse.h"
#include "script/plan.h"

static struct ast_script *parse(struct arena *a, const char *text, size_t n, struct source *src,
				struct diags *d)
{
	struct ast_script *s;

	source_from_text(a, "input", text, n, src);
	diags_init(d, a, src);
	s = grammar_parse(a, src, NULL, d);
	FUZZ_CHECK((s == NULL) == (d->n_errors > 0));
	return s;
}

static void render(struct diags *d)
{
	struct buf text = { 0 };

	diags_render(d, &text);
	FUZZ_CHECK(d->n_errors == 0 || text.len > 0);
	buf_fini(&text);
}

static void check_printed(struct arena *a, const struct ast_script *s)
{
	struct buf text = { 0 }, again = { 0 };
	struct source src;
	struct diags d;
	struct ast_script *t;

	grammar_print(s, &text);
	t = parse(a, buf_str(&text), text.len, &src, &d);
	FUZZ_CHECK(t != NULL);
	FUZZ_CHECK(grammar_same(s, t));
	grammar_print(t, &again);
	FUZZ_CHECK(strcmp(buf_str(&text), buf_str(&again)) == 0);
	buf_fini(&text);
	buf_fini(&again);
}

static void check_bound(struct arena *a, const struct ast_script *s, enum ip_mode mode,
			struct diags *d)
{
	struct run_config config;
	struct plan *p;

	run_config_defaults(&config);
	config.ip_mode = mode;
	p = plan_bind(a, s, &config, 1, d);
	FUZZ_CHECK((p == NULL) == (d->n_errors > 0));
	render(d);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct arena *a = arena_new();
	struct source src;
	struct diags d, bound;
	struct metadata meta;
	struct ast_script *s = parse(a, (const char *)data, n, &src, &d);

	render(&d);
	if (s) {
		check_printed(a, s);
		diags_init(&bound, a, &src);
		check_bound(a, s, n % 2 ? IP_MODE_IPV6 : IP_MODE_IPV4, &bound);
	}
	diags_init(&bound, a, &src);
	FUZZ_CHECK((metadata_read(a, &src, &meta, &bound) < 0) == (bound.n_errors > 0));
	render(&bound);
	arena_free(a);
	return 0;
}

/* Scripts are given as files. */
size_t fuzz_seed(size_t i, uint8_t *out, size_t max)
{
	static const char *const text[] = {
		"0 < raw \"45\" as x\n", "+0 > R. ...(0) ack 1\n", "0 > encap psp spi 0x1 . 1:1(0)\n",
		"//! case a: B=1\n* > S.5 1~2:3(0)! ack 4~5 <opt 1 len none,nop> {a.b=1}\n",
	};

	if (i >= sizeof(text) / sizeof(text[0]) || strlen(text[i]) > max)
		return 0;
	memcpy(out, text[i], strlen(text[i]));
	return strlen(text[i]);
}
