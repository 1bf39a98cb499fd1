/* SPDX-License-Identifier: BSD-2-Clause */
#include "suite/suite.h"

#include <string.h>

#include "base/arena.h"
#include "base/diag.h"

/*
 * Theory of operation
 *
 * From paths to tests: discover.c finds script files, headers.c reads their headers; here each becomes
 * one test per case and variant, with an id that stays the same as long as the file keeps its
 * place. Nothing is parsed: a script with errors becomes a test like any other, and the errors
 * are its verdict.
 */

enum { ALL_MODES = (1 << IP_MODE_COUNT) - 1 };
enum { IPV4_PACKETS = 1 << IP_MODE_IPV4 | 1 << IP_MODE_MAPPED, IPV6_PACKETS = 1 << IP_MODE_IPV6 };

/* The bit of a variant named by @n bytes of text, perhaps in quotes; 0 for anything else. */
static unsigned int mode_bit(const char *text, size_t n)
{
	if (n >= 2 && text[0] == '"' && text[n - 1] == '"') {
		text++;
		n -= 2;
	}
	for (int i = 0; i < IP_MODE_COUNT; i++) {
		if (strlen(ip_mode_name[i]) == n && memcmp(ip_mode_name[i], text, n) == 0)
			return 1u << i;
	}
	return 0;
}

/* Each line, without the blanks before it, is looked at: so do the script's other runners. */
unsigned int suite_own_modes(const struct source *src)
{
	static const char option[] = "--ip_version=";
	unsigned int modes = 0;
	const char *at = src->text, *end = at + src->len;

	while ((at = memmem(at, (size_t)(end - at), option, sizeof(option) - 1)) != NULL) {
		const char *front = at, *value = at + sizeof(option) - 1;

		while (front > src->text && (front[-1] == ' ' || front[-1] == '\t'))
			front--;
		if (front == src->text || front[-1] == '\n')
			modes |= mode_bit(value, strcspn(value, " \t\r\n/"));
		at = value;
	}
	return modes;
}

static unsigned int needed_modes(const struct metadata *meta)
{
	unsigned int modes = 0;

	for (const struct meta_word *w = meta->needs; w; w = w->next)
		modes |= mode_bit(w->text, strlen(w->text));
	return modes;
}

static bool ends_with(const char *s, const char *end)
{
	size_t n = strlen(s), m = strlen(end);

	return n >= m && strcmp(s + n - m, end) == 0;
}

static unsigned int named_modes(const char *path)
{
	if (ends_with(path, "v4.pkt"))
		return IPV4_PACKETS;
	return ends_with(path, "v6.pkt") ? IPV6_PACKETS : ALL_MODES;
}

unsigned int suite_modes(const struct suite_script *script, const struct suite_variants *v)
{
	unsigned int own = v->overrides_script ? 0 : script->own_modes;
	unsigned int needed = needed_modes(&script->meta);
	unsigned int allowed = ALL_MODES;

	if (own)
		allowed &= own;
	if (needed)
		allowed &= needed;
	if (v->name_restricts)
		allowed &= named_modes(script->path);
	if (v->is_default && !(v->modes & allowed))
		return allowed & (0u - allowed);
	return v->modes & allowed;
}

static void add_test(struct arena *a, struct suite *s, const struct suite_script *script,
		     const struct meta_case *meta_case, enum ip_mode mode, const char *stack)
{
	struct suite_test *t =
		ARENA_PUSH(a, s->test, s->n_tests, s->tests_cap, struct suite_test);

	t->script = script;
	t->meta_case = meta_case;
	t->mode = mode;
	t->stack = stack;
	if (meta_case)
		t->id = arena_printf(a, "%s[%s][%s]@%s", script->name, meta_case->name,
				     ip_mode_name[mode], stack);
	else
		t->id = arena_printf(a, "%s[%s]@%s", script->name, ip_mode_name[mode], stack);
}

void suite_expand(struct arena *a, struct suite *s, const struct suite_variants *v,
		  const char *stack)
{
	for (size_t i = 0; i < s->n_scripts; i++) {
		const struct suite_script *script = s->script[i];
		unsigned int modes = suite_modes(script, v);

		for (int mode = 0; mode < IP_MODE_COUNT; mode++) {
			const struct meta_case *c = script->meta.cases;

			if (!(modes >> mode & 1))
				continue;
			do {
				add_test(a, s, script, c, (enum ip_mode)mode, stack);
				c = c ? c->next : NULL;
			} while (c);
		}
	}
}

void suite_check(const struct suite_script *script, struct diags *d)
{
	if (script->home && script->home->reqs)
		requirements_check(script->home->reqs, &script->meta, d);
	if (!script->namesake)
		return;
	if (script->meta.id)
		diag_error(d, script->meta.id_span, "'%s' is the id of another script, too",
			   script->name);
	else
		diag_error(d, (struct span){ 0, 1 },
			   "'%s', the name of this script by its place, is that of another, too",
			   script->name);
	diag_hint(d, "the other is %s", script->namesake->path);
}
