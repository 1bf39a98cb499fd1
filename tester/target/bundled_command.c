/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Commands of a script that the target carries out itself, because all they do is to tell the stack
 * something: "sysctl -q NAME=VALUE ..." and "ethtool -K tun0 tso on|off gso on|off". They mean what they
 * mean in a shell; what they save is the shell and the namespaces that it needs, some hundred
 * times the work of a test. Whatever is not exactly of these forms, with a name that the stack has, is
 * left to the shell: all that needs quoting rules, says anything, or may fail.
 */
#include <ctype.h>
#include <string.h>
#include <sut.h>

#include "base/util.h"
#include "target/bundled.h"
#include "target/bundled_impl.h"

enum { WORDS_MAX = 32, TEXT_MAX_BYTES = 1024 };

struct words {
	char text[TEXT_MAX_BYTES];      /* all of them, each ended by NUL */
	char *word[WORDS_MAX];
	size_t n;
};

/* Means itself to every shell, in any place of a word. */
static bool is_plain(char c)
{
	return isalnum((unsigned char)c) || (c && strchr("._-=/:+,%@", c));
}

static bool is_quotable(char c, char quote)
{
	return c && c != quote && c != '\n' && (quote == '\'' || !strchr("$`\\!", c));
}

/* Copies a word from *@s to *@to. False when it is not simple. */
static bool take_word(const char **s, char **to)
{
	while (**s && !isspace((unsigned char)**s)) {
		char quote = **s;

		if (quote != '\'' && quote != '"') {
			if (!is_plain(quote))
				return false;
			*(*to)++ = *(*s)++;
			continue;
		}
		for ((*s)++; is_quotable(**s, quote); (*s)++)
			*(*to)++ = **s;
		if (**s != quote)
			return false;
		(*s)++;
	}
	*(*to)++ = '\0';
	return true;
}

/* One simple command in one line. */
static bool split(const char *text, struct words *w)
{
	static const char blanks[] = " \t", space[] = " \t\n";
	char *to = w->text;

	w->n = 0;
	if (strlen(text) >= sizeof(w->text))
		return false;
	for (text += strspn(text, space); *text && *text != '\n'; text += strspn(text, blanks)) {
		if (w->n == WORDS_MAX)
			return false;
		w->word[w->n++] = to;
		if (!take_word(&text, &to))
			return false;
	}
	return !text[strspn(text, space)];
}

static bool has_setting(const char *name, size_t len)
{
	const char *known;

	for (size_t i = 0; (known = sut_sysctl_name(i)); i++) {
		if (strlen(known) == len && memcmp(known, name, len) == 0)
			return true;
	}
	return false;
}

/* Options first: they are few, and only a quiet one says nothing. */
static bool is_quiet(const struct words *w, size_t *first)
{
	bool quiet = false;
	size_t i = 1;

	for (; i < w->n && w->word[i][0] == '-'; i++) {
		const char *letters = w->word[i] + 1;

		if (!*letters || letters[strspn(letters, "eqw")])
			return false;
		quiet = quiet || strchr(letters, 'q');
	}
	*first = i;
	return quiet && i < w->n;
}

static bool is_sysctl(const struct words *w)
{
	size_t first;

	if (!is_quiet(w, &first))
		return false;
	for (size_t i = first; i < w->n; i++) {
		size_t len = strcspn(w->word[i], "=");

		if (!w->word[i][len] || !w->word[i][len + 1] || !has_setting(w->word[i], len))
			return false;
	}
	return true;
}

static void run_sysctl(struct bundled_target *b, struct words *w,
		       struct target_command_result *res)
{
	size_t first;

	is_quiet(w, &first);
	for (size_t i = first; i < w->n; i++) {
		char *value = strchr(w->word[i], '=');

		*value++ = '\0';
		bundled_setting_take(b, w->word[i], value, res);
	}
}

/* What of a device's features is a matter of the stack. */
static bool *feature_of(struct sut_link *link, const char *name)
{
	if (strcmp(name, "tso") == 0)
		return &link->has_tso;
	return strcmp(name, "gso") == 0 ? &link->has_gso : NULL;
}

static bool is_ethtool(const struct words *w)
{
	struct sut_link any;

	if (w->n < 5 || w->n % 2 == 0 || strcmp(w->word[1], "-K") != 0 ||
	    strcmp(w->word[2], "tun0") != 0)
		return false;
	for (size_t i = 3; i < w->n; i += 2) {
		if (!feature_of(&any, w->word[i]) ||
		    (strcmp(w->word[i + 1], "on") != 0 && strcmp(w->word[i + 1], "off") != 0))
			return false;
	}
	return true;
}

static void run_ethtool(struct bundled_target *b, struct words *w,
			struct target_command_result *res)
{
	struct sut_link link;

	(void)res;
	sut_link_get(b->sut, &link);
	for (size_t i = 3; i < w->n; i += 2)
		*feature_of(&link, w->word[i]) = strcmp(w->word[i + 1], "on") == 0;
	sut_link_set(b->sut, &link);
	b->has_told_device = true;
}

static const struct own_command {
	const char *name;
	bool (*is)(const struct words *w);
	void (*run)(struct bundled_target *b, struct words *w, struct target_command_result *res);
} own_commands[] = {
	{ "sysctl", is_sysctl, run_sysctl },
	{ "ethtool", is_ethtool, run_ethtool },
};

static const struct own_command *find(const char *text, struct words *w)
{
	if (!split(text, w) || w->n == 0)
		return NULL;
	for (size_t i = 0; i < ARRAY_LEN(own_commands); i++) {
		if (strcmp(own_commands[i].name, w->word[0]) == 0)
			return own_commands[i].is(w) ? &own_commands[i] : NULL;
	}
	return NULL;
}

bool bundled_does(const char *command)
{
	struct words w;

	return find(command, &w) != NULL;
}

bool bundled_command_run(struct bundled_target *b, const char *text,
			 struct target_command_result *res)
{
	struct words w;
	const struct own_command *own = find(text, &w);

	if (!own)
		return false;
	*res = (struct target_command_result){ .output = "" };
	own->run(b, &w, res);
	return true;
}
