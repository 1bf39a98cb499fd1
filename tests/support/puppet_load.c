/* SPDX-License-Identifier: BSD-2-Clause */
/* The puppet's script and the notes in its comments. */
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/diag.h"
#include "base/err.h"
#include "base/util.h"
#include "puppet_impl.h"

typedef void note(struct puppet *p, struct puppet_step *s, const char *value);

static void note_late(struct puppet *p, struct puppet_step *s, const char *value)
{
	(void)p;
	s->late_us = strtoll(value, NULL, 10);
}

static void note_takes(struct puppet *p, struct puppet_step *s, const char *value)
{
	(void)p;
	s->takes_us = strtoll(value, NULL, 10);
}

static void note_starved(struct puppet *p, struct puppet_step *s, const char *value)
{
	(void)p;
	s->starved_us = strtoll(value, NULL, 10);
}

static void note_byte(struct puppet *p, struct puppet_step *s, const char *value)
{
	char *end;

	(void)p;
	s->has_byte = true;
	s->byte_at = (uint32_t)strtoul(value, &end, 0);
	s->byte = (uint8_t)strtoul(end, NULL, 0);
}

static void note_state(struct puppet *p, struct puppet_step *s, const char *value)
{
	(void)p;
	s->state = value;
}

static void note_unsupported(struct puppet *p, struct puppet_step *s, const char *value)
{
	(void)p;
	s->unsupported = value;
}

static void note_status(struct puppet *p, struct puppet_step *s, const char *value)
{
	(void)p;
	s->status = atoi(value);
}

static void note_output(struct puppet *p, struct puppet_step *s, const char *value)
{
	struct buf b = { 0 };

	for (const char *c = value; *c; c++) {
		bool is_newline = strncmp(c, "\\n", 2) == 0;

		buf_putc(&b, is_newline ? '\n' : *c);
		c += is_newline;
	}
	s->output = arena_strdup(p->a, buf_str(&b));
	buf_fini(&b);
}

static void note_info(struct puppet *p, struct puppet_step *s, const char *value)
{
	size_t n = strcspn(value, " ");

	(void)s;
	*ARENA_PUSH(p->a, p->info, p->n_info, p->cap_info, struct target_info) =
		(struct target_info){ arena_strndup(p->a, value, n), strtoll(value + n, NULL, 10) };
}

static void note_drops(struct puppet *p, struct puppet_step *s, const char *value)
{
	(void)s;
	p->n_drops = strtoull(value, NULL, 10);
}

static void note_real(struct puppet *p, struct puppet_step *s, const char *value)
{
	(void)s;
	(void)value;
	p->target.clock = TARGET_CLOCK_REAL;
}

static const struct {
	const char *key;
	note *set;
} notes[] = {
	{ "late", note_late },     { "takes", note_takes },
	{ "byte", note_byte },     { "state", note_state },
	{ "status", note_status }, { "unsupported", note_unsupported },
	{ "output", note_output }, { "info", note_info },
	{ "drops", note_drops },   { "starved", note_starved },
	{ "real", note_real },
};

static struct puppet_step *step_after(struct puppet *p, uint32_t line)
{
	for (size_t i = 0; i < p->n_steps; i++) {
		if (p->step[i].step->line > line)
			return &p->step[i];
	}
	return &p->step[p->n_steps];    /* no event: a spare one */
}

/* "KEY VALUE" of the note on @line; false when it says nothing that a puppet understands. */
static bool take_note(struct puppet *p, uint32_t line, const char *text)
{
	struct puppet_step *s = step_after(p, line);
	size_t n = strcspn(text, " ");

	for (size_t i = 0; i < ARRAY_LEN(notes); i++) {
		if (strncmp(notes[i].key, text, n) != 0 || notes[i].key[n])
			continue;
		notes[i].set(p, s, text + n + (text[n] == ' '));
		return true;
	}
	return false;
}

static int take_notes(struct puppet *p, const char **why)
{
	static const char mark[] = "//puppet ";
	const struct source *src = p->plan->src;

	for (uint32_t line = 1; line <= src->n_lines; line++) {
		size_t n;
		const char *text = source_line(src, line, &n);

		if (strncmp(text, mark, strlen(mark)) != 0)
			continue;
		text = arena_strndup(p->a, text + strlen(mark), n - strlen(mark));
		if (!take_note(p, line, text)) {
			*why = arena_printf(p->a, "%s: a puppet cannot '%s'", src->path, text);
			return -ERR_ENVIRONMENT;
		}
	}
	return 0;
}

int puppet_load(struct puppet *p, const char *path, const char **why)
{
	struct run_config config;
	struct diags d;

	run_config_defaults(&config);
	config.ip_mode = p->config.ip_version == 6 ? IP_MODE_IPV6 : IP_MODE_IPV4;
	p->plan = plan_load(p->a, path, &config, NULL, 1, &d);
	if (!p->plan) {
		struct buf b = { 0 };

		diags_render(&d, &b);
		*why = arena_strdup(p->a, buf_str(&b));
		buf_fini(&b);
		return -ERR_ENVIRONMENT;
	}
	p->n_steps = p->plan->n_steps;
	p->step = ARENA_ARRAY(p->a, struct puppet_step, p->n_steps + 1);
	for (size_t i = 0; i < p->n_steps; i++)
		p->step[i].step = &p->plan->steps[i];
	return take_notes(p, why);
}
