/* SPDX-License-Identifier: BSD-2-Clause */
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/arena.h"
#include "base/err.h"
#include "suite/suite.h"

enum { DEPTH_MAX = 64 };

/* The folders from the given one down to here, to notice loops. */
struct trail {
	const struct trail *up;
	const struct suite_folder *folder;
	dev_t dev;
	ino_t ino;
	unsigned int depth;
};

static bool is_on_trail(const struct trail *t, const struct stat *st)
{
	for (; t; t = t->up) {
		if (t->dev == st->st_dev && t->ino == st->st_ino)
			return true;
	}
	return false;
}

static bool is_script_name(const char *name)
{
	size_t n = strlen(name);

	return n > 4 && strcmp(name + n - 4, ".pkt") == 0;
}

const char *suite_name_of(struct arena *a, const char *path)
{
	while (strncmp(path, "./", 2) == 0)
		path += 2;
	return arena_strndup(a, path, strlen(path) - (is_script_name(path) ? 4 : 0));
}

/* A table in a folder without scripts is not of this suite. */
static const struct suite_home *use(struct suite *s, struct suite_home *home)
{
	if (!home->is_used) {
		home->is_used = true;
		home->next = s->homes;
		s->homes = home;
	}
	return home;
}

/* What tells a script from others, however it was come by, and its name by its place. */
static void place(struct arena *a, struct suite *s, const struct suite_folder *f,
		  struct suite_script *script)
{
	const char *slash = strrchr(script->path, '/');
	const char *base = slash ? slash + 1 : script->path;

	script->real = f ? arena_printf(a, "%s/%s", f->real, base) : script->path;
	script->home = f && f->home ? use(s, f->home) : NULL;
	if (script->home)
		script->name = suite_name_of(a, script->real + strlen(script->home->path) +
							 (script->home->path[1] != '\0'));
}

static void add_script(struct arena *a, struct suite *s, const struct suite_folder *folder,
		       const char *path, const char *name)
{
	struct suite_script *script = ARENA_NEW(a, struct suite_script);

	script->path = arena_strdup(a, path);
	script->name = suite_name_of(a, name);
	script->given = s->given;
	place(a, s, folder, script);
	*ARENA_PUSH(a, s->script, s->n_scripts, s->scripts_cap, struct suite_script *) = script;
	suite_read_more(s);
}

/* The folder that a file is in which was given by its path; often many of one folder are. */
static const struct suite_folder *folder_of(struct arena *a, struct suite *s, const char *path)
{
	const char *slash = strrchr(path, '/');
	const char *folder = !slash	      ? "."
			     : slash == path ? "/"
					     : arena_strndup(a, path, (size_t)(slash - path));

	if (s->last_path && strcmp(s->last_path, folder) == 0)
		return s->last_folder;
	s->last_path = folder;
	s->last_folder = suite_folder_at(a, s, folder);
	return s->last_folder;
}

static int visible(const struct dirent *e)
{
	return e->d_name[0] != '.';
}

static int by_bytes(const struct dirent **x, const struct dirent **y)
{
	return strcmp((*x)->d_name, (*y)->d_name);
}

static int add_folder(struct arena *a, struct suite *s, const char *path, unsigned char type,
		      const struct stat *st, size_t root_len, const struct trail *up,
		      const char **why);

static int add_entry(struct arena *a, struct suite *s, const char *path, unsigned char type,
		     size_t root_len, const struct trail *up, const char **why)
{
	struct stat st;

	/* The folder tells what most entries are, but of links, and on a few file systems of all. */
	if (type == DT_REG) {
		if (is_script_name(path))
			add_script(a, s, up->folder, path, path + root_len);
		return 0;
	}
	/* A dangling link with a script's name becomes a test, whose verdict says that it dangles. */
	if (stat(path, &st) < 0) {
		if (is_script_name(path))
			add_script(a, s, up->folder, path, path + root_len);
		return 0;
	}
	if (S_ISDIR(st.st_mode)) {
		if (is_on_trail(up, &st) || up->depth >= DEPTH_MAX)
			return 0;
		return add_folder(a, s, path, type, &st, root_len, up, why);
	}
	if (S_ISREG(st.st_mode) && is_script_name(path))
		add_script(a, s, up->folder, path, path + root_len);
	return 0;
}

/* @type: as the folder above tells it; who it is a link for, or does not tell, has to be looked up */
static const struct suite_folder *enter(struct arena *a, struct suite *s, const char *path,
					unsigned char type, const struct trail *up)
{
	if (!up || !up->folder || type != DT_DIR)
		return suite_folder_at(a, s, path);
	return suite_folder_below(a, s, up->folder, strrchr(path, '/') + 1);
}

static int add_folder(struct arena *a, struct suite *s, const char *path, unsigned char type,
		      const struct stat *st, size_t root_len, const struct trail *up,
		      const char **why)
{
	struct trail here = { .up = up, .folder = enter(a, s, path, type, up), .dev = st->st_dev,
			      .ino = st->st_ino, .depth = up ? up->depth + 1 : 0 };
	struct dirent **entry;
	int n, rc = 0;

	n = scandir(path, &entry, visible, by_bytes);
	if (n < 0) {
		*why = arena_printf(a, "cannot read folder '%s': %s", path, strerror(errno));
		return -ERR_IO;
	}
	for (int i = 0; i < n; i++) {
		const char *slash = path[strlen(path) - 1] == '/' ? "" : "/";
		const char *below = arena_printf(a, "%s%s%s", path, slash, entry[i]->d_name);

		if (rc == 0)
			rc = add_entry(a, s, below, entry[i]->d_type, root_len, &here, why);
		free(entry[i]);
	}
	free(entry);
	return rc;
}

int suite_add_path(struct arena *a, struct suite *s, const char *path, const char **why)
{
	size_t root_len = strlen(path), n_before = s->n_scripts;
	struct stat st;
	int rc;

	s->given = path;
	if (stat(path, &st) < 0) {
		*why = arena_printf(a, "cannot open '%s': %s", path, strerror(errno));
		return -ERR_IO;
	}
	if (!S_ISDIR(st.st_mode)) {
		if (!S_ISREG(st.st_mode)) {
			*why = arena_printf(a, "'%s' is neither a file nor a folder", path);
			return -ERR_IO;
		}
		add_script(a, s, folder_of(a, s, path), path, path);
		return 0;
	}
	if (path[root_len - 1] != '/')
		root_len++;
	rc = add_folder(a, s, path, DT_UNKNOWN, &st, root_len, NULL, why);
	if (rc == 0 && s->n_scripts == n_before) {
		*why = arena_printf(a, "no scripts (*.pkt) in '%s'", path);
		return -ERR_UNKNOWN;
	}
	return rc;
}
