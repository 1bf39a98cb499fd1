/* SPDX-License-Identifier: BSD-2-Clause */
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/diag.h"
#include "suite/home.h"
#include "suite/suite.h"

static bool is_folder(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

static bool has(struct arena *a, const char *folder, const char *what, bool is_dir)
{
	const char *path = arena_printf(a, "%s/%s", folder, what);

	return is_dir ? is_folder(path) : access(path, R_OK) == 0;
}

/* The nearest folder from @folder (absolute) up that holds @what. */
static const char *above(struct arena *a, const char *folder, const char *what, bool is_dir)
{
	char *at = arena_strdup(a, folder);

	for (;;) {
		char *slash = strrchr(at, '/');

		if (has(a, at, what, is_dir))
			return *at ? at : "/";
		if (!slash)
			return NULL;
		*slash = '\0';
	}
}

void suite_home_read(struct arena *a, struct suite_home *h)
{
	const char *path = arena_printf(a, "%s/requirements.tsv", h->path);
	struct buf text = { 0 };
	struct source src;
	struct diags d;

	if (source_load(a, path, &src) < 0)
		return;
	diags_init(&d, a, &src);
	h->reqs = ARENA_NEW(a, struct requirements);
	if (requirements_read(a, &src, h->reqs, &d) < 0) {
		diags_render(&d, &text);
		h->errors = arena_strdup(a, buf_str(&text));
		buf_fini(&text);
	}
}

static struct suite_home *home_at(struct arena *a, struct suite *s, const char *folder, bool has_table)
{
	struct suite_home *h;

	for (h = s->known; h; h = h->next_known) {
		if (strcmp(h->path, folder) == 0)
			return h;
	}
	h = ARENA_NEW(a, struct suite_home);
	h->path = folder;
	h->has_table = has_table;
	h->next_known = s->known;
	s->known = h;
	return h;
}

/* A table of requirements further up counts for more than what is expected nearby. */
static struct suite_home *home_of(struct arena *a, struct suite *s, const char *real)
{
	const char *folder = above(a, real, "requirements.tsv", false);
	bool has_table = folder != NULL;

	if (!folder)
		folder = above(a, real, "expect", true);
	return folder ? home_at(a, s, folder, has_table) : NULL;
}

/* As home_of(), of a folder right below one whose home is known. */
static struct suite_home *home_below(struct arena *a, struct suite *s, struct suite_home *up,
				     const char *real)
{
	if (has(a, real, "requirements.tsv", false))
		return home_at(a, s, real, true);
	if (!(up && up->has_table) && has(a, real, "expect", true))
		return home_at(a, s, real, false);
	return up;
}

const struct suite_folder *suite_folder_at(struct arena *a, struct suite *s, const char *given)
{
	struct suite_folder *f;
	char real[PATH_MAX];

	if (!realpath(given, real))
		return NULL;
	f = ARENA_NEW(a, struct suite_folder);
	f->real = arena_strdup(a, strcmp(real, "/") == 0 ? "" : real);
	f->home = home_of(a, s, f->real);
	return f;
}

const struct suite_folder *suite_folder_below(struct arena *a, struct suite *s,
					      const struct suite_folder *up, const char *name)
{
	struct suite_folder *f = ARENA_NEW(a, struct suite_folder);

	f->real = arena_printf(a, "%s/%s", up->real, name);
	f->home = home_below(a, s, up->home, f->real);
	return f;
}
