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

/* The nearest folder from @folder (absolute) up that holds @what. */
static const char *above(struct arena *a, const char *folder, const char *what, bool is_dir)
{
	char *at = arena_strdup(a, folder);

	for (;;) {
		const char *path = arena_printf(a, "%s/%s", at, what);
		char *slash = strrchr(at, '/');

		if (is_dir ? is_folder(path) : access(path, R_OK) == 0)
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

static const struct suite_home *home_at(struct arena *a, struct suite *s, const char *real)
{
	const char *folder = above(a, real, "requirements.tsv", false);
	struct suite_home *h;

	if (!folder)
		folder = above(a, real, "expect", true);
	if (!folder)
		return NULL;
	for (h = s->homes; h; h = h->next) {
		if (strcmp(h->path, folder) == 0)
			return h;
	}
	h = ARENA_NEW(a, struct suite_home);
	h->path = folder;
	h->next = s->homes;
	s->homes = h;
	return h;
}

const struct suite_folder *suite_folder_of(struct arena *a, struct suite *s, const char *path)
{
	const char *slash = strrchr(path, '/');
	const char *given = slash == path ? "/"
			    : slash       ? arena_strndup(a, path, (size_t)(slash - path))
					  : ".";
	struct suite_folder *f = s->folders;
	char real[PATH_MAX];

	if (f && strcmp(f->given, given) == 0)
		return f;
	if (!realpath(given, real))
		return NULL;
	f = ARENA_NEW(a, struct suite_folder);
	f->given = given;
	f->real = arena_strdup(a, strcmp(real, "/") == 0 ? "" : real);
	f->home = home_at(a, s, f->real);
	f->next = s->folders;
	s->folders = f;
	return f;
}
