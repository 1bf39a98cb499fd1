/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Commands of a script that the target carries out itself, because all they do is to tell the stack
 * something: settings ("sysctl -q NAME=VALUE ..."), features of the device ("ethtool -K tun0 tso off"),
 * and addresses and routes ("ip addr add ...", bundled_net.c). They mean what they mean in a shell;
 * what they save is the shell and the namespaces that it needs, many times the work of a test.
 * Whatever is not exactly of these forms is left to the shell: all that needs its rules of quoting or
 * says anything.
 */
#include <ctype.h>
#include <string.h>
#include <sut.h>

#include "base/arena.h"
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
	while (**s && !strchr(" \t\n;", **s)) {
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

/* One simple command from *@text, which then stands behind it; what ends it is behind that, too. */
static bool split(const char **text, struct words *w)
{
	static const char blanks[] = " \t";
	const char *s = *text + strspn(*text, " \t\n");
	char *to = w->text;

	w->n = 0;
	while (*s && !strchr(";\n", *s)) {
		if (w->n == WORDS_MAX)
			return false;
		w->word[w->n++] = to;
		if (!take_word(&s, &to))
			return false;
		s += strspn(s, blanks);
	}
	s += *s != '\0';
	*text = s + strspn(s, " \t\n");
	return w->n > 0;
}

/* Of @n bytes. */
static bool has_setting(const char *name, size_t n)
{
	const char *known;
	size_t i = 0;

	while ((known = sut_sysctl_name(i)) && (strlen(known) != n || memcmp(known, name, n) != 0))
		i++;
	return known != NULL;
}

/* The letters of its options, which stand before all settings. */
struct options {
	bool is_quiet, passes_over_unknown;
	size_t end;                     /* the first word that is none */
};

static bool read_options(const struct words *w, struct options *o)
{
	*o = (struct options){ .end = 1 };
	for (; o->end < w->n && w->word[o->end][0] == '-'; o->end++) {
		const char *letters = w->word[o->end] + 1;

		if (!*letters || letters[strspn(letters, "eqw")])
			return false;
		o->is_quiet |= strchr(letters, 'q') != NULL;
		o->passes_over_unknown |= strchr(letters, 'e') != NULL;
	}
	return o->end < w->n;
}

/* Whether a word is NAME=VALUE, and the name one that sysctl takes as it is: without patterns and blanks. */
static bool is_assignment(const char *word)
{
	size_t n = strcspn(word, "=");

	if (strncmp(word, "net.", 4) != 0 || !word[n] || !word[n + 1])
		return false;
	for (size_t i = 0; i < n; i++) {
		if (!isalnum((unsigned char)word[i]) && !strchr("._-", word[i]))
			return false;
	}
	return true;
}

static bool is_sysctl(const struct words *w)
{
	struct options o;

	if (!read_options(w, &o) || !o.is_quiet)
		return false;
	for (size_t i = o.end; i < w->n; i++) {
		if (!is_assignment(w->word[i]))
			return false;
	}
	return true;
}

/* For want of a setting. */
static bool sysctl_fails(const struct words *w)
{
	struct options o;
	size_t i;

	read_options(w, &o);
	for (i = o.end; i < w->n; i++) {
		if (!has_setting(w->word[i], strcspn(w->word[i], "=")))
			break;
	}
	return i < w->n && !o.passes_over_unknown;
}

static void run_sysctl(struct bundled_target *b, struct words *w,
		       struct target_command_result *res)
{
	struct options o;

	read_options(w, &o);
	for (size_t i = o.end; i < w->n; i++) {
		char *value = strchr(w->word[i], '=');

		*value++ = '\0';
		if (has_setting(w->word[i], strlen(w->word[i])))
			bundled_setting_take(b, w->word[i], value, res);
		else if (!o.passes_over_unknown && !res->unsupported)
			res->unsupported = arena_printf(b->arena, "the bundled stack has no setting %s",
							w->word[i]);
	}
}

/* What of a device's features is a matter of the stack. */
static bool *feature_of(struct bundled_device *d, const char *name)
{
	if (strcmp(name, "tso") == 0)
		return &d->tso;
	if (strcmp(name, "gso") == 0)
		return &d->gso;
	return strcmp(name, "tx") == 0 ? &d->tx : NULL;
}

static bool is_ethtool(const struct words *w)
{
	struct bundled_device any;

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

/* Whoever does not compute checksums cannot cut segments, but may again when it does. */
static void run_ethtool(struct bundled_target *b, struct words *w,
			struct target_command_result *res)
{
	struct bundled_device *d = &b->device;
	struct sut_link link;

	(void)res;
	for (size_t i = 3; i < w->n; i += 2)
		*feature_of(d, w->word[i]) = strcmp(w->word[i + 1], "on") == 0;
	sut_link_get(b->sut, &link);
	link.has_tso = d->tx && d->tso;
	link.has_gso = d->gso;
	sut_link_set(b->sut, &link);
	d->is_told = true;
}

static bool is_ip(const struct words *w)
{
	return bundled_is_net(w->word, w->n);
}

static void run_ip(struct bundled_target *b, struct words *w, struct target_command_result *res)
{
	bundled_net_run(b, w->word, w->n, res);
}

static const struct own_command {
	const char *name;
	bool (*is)(const struct words *w);
	bool (*fails)(const struct words *w);   /* NULL: never */
	void (*run)(struct bundled_target *b, struct words *w, struct target_command_result *res);
} own_commands[] = {
	{ "sysctl", is_sysctl, sysctl_fails, run_sysctl },
	{ "ethtool", is_ethtool, NULL, run_ethtool },
	{ "ip", is_ip, NULL, run_ip },
};

/* The next of the commands in *@text; NULL when it is none of these. */
static const struct own_command *next_command(const char **text, struct words *w)
{
	if (!split(text, w))
		return NULL;
	for (size_t i = 0; i < ARRAY_LEN(own_commands); i++) {
		if (strcmp(own_commands[i].name, w->word[0]) == 0)
			return own_commands[i].is(w) ? &own_commands[i] : NULL;
	}
	return NULL;
}

bool bundled_does(const char *commands)
{
	const struct own_command *c;
	struct words w;

	if (strlen(commands) >= sizeof(w.text))
		return false;
	do {
		c = next_command(&commands, &w);
		/* A failure that others follow is none: the last one's status is that of all. */
		if (!c || (*commands && c->fails && c->fails(&w)))
			return false;
	} while (*commands);
	return true;
}

bool bundled_command_run(struct bundled_target *b, const char *text,
			 struct target_command_result *res)
{
	struct words w;

	if (!bundled_does(text))
		return false;
	*res = (struct target_command_result){ .output = "" };
	/* as in a shell, the last one's status is that of all */
	while (*text) {
		res->status = 0;
		next_command(&text, &w)->run(b, &w, res);
	}
	return true;
}
