/* SPDX-License-Identifier: BSD-2-Clause */
#include "suite/history.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <jansson.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/hash.h"
#include "base/printable.h"

enum { FORMAT_VERSION = 1, DIR_MODE = 0700, FILE_MODE = 0600 };

/* The folder for such things [XDG Base Directory Specification]: a relative path does not count. */
static const char *state_folder(struct arena *a)
{
	const char *state = getenv("XDG_STATE_HOME"), *home = getenv("HOME");

	if (state && *state == '/')
		return arena_printf(a, "%s/tcpdrill", state);
	return home && *home == '/' ? arena_printf(a, "%s/.local/state/tcpdrill", home) : NULL;
}

static int compare(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void sort(const char **text, size_t n)
{
	if (n)
		qsort(text, n, sizeof(*text), compare);
}

static bool has(const char *const *sorted, size_t n, const char *text)
{
	return n && bsearch(&text, sorted, n, sizeof(*sorted), compare);
}

static const char **read_texts(struct arena *a, const json_t *root, const char *name, size_t *n)
{
	const json_t *list = json_object_get(root, name);
	const char **out = ARENA_ARRAY(a, const char *, json_array_size(list) + 1);

	*n = 0;
	for (size_t i = 0; i < json_array_size(list); i++) {
		const char *text = json_string_value(json_array_get(list, i));

		if (text)
			out[(*n)++] = arena_strdup(a, text);
	}
	return out;
}

void history_load(struct arena *a, struct history *h)
{
	const char *folder = state_folder(a);
	char here[PATH_MAX];
	json_t *root;

	*h = (struct history){ 0 };
	if (!folder || !getcwd(here, sizeof(here)))
		return;
	h->folder = arena_strdup(a, here);
	h->file = arena_printf(a, "%s/last-%016" PRIx64 ".json", folder, hash_text(here));
	root = json_load_file(h->file, 0, NULL);
	if (json_integer_value(json_object_get(root, "version")) == FORMAT_VERSION) {
		h->failed = read_texts(a, root, "failed", &h->n_failed);
		h->path = read_texts(a, root, "paths", &h->n_paths);
		sort(h->failed, h->n_failed);
	}
	json_decref(root);
}

/* Names that are no UTF-8 have no place in JSON: they are written, and looked for, with \xNN. */
static const char *as_kept(struct arena *a, const char *text)
{
	struct buf safe = { 0 };
	const char *out;

	printable_add(&safe, text, false);
	out = arena_strdup(a, buf_str(&safe));
	buf_fini(&safe);
	return out;
}

bool history_has(const struct history *h, const char *id)
{
	struct buf safe = { 0 };
	bool is_there;

	printable_add(&safe, id, false);
	is_there = has(h->failed, h->n_failed, buf_str(&safe));
	buf_fini(&safe);
	return is_there;
}

/* Of several runs of one test (--repeat), one that failed is enough. */
static const char **add_up(struct arena *a, const struct history *h,
			   const struct history_test *test, size_t n, size_t *n_out)
{
	const char **run = ARENA_ARRAY(a, const char *, n + 1);
	const char **out = ARENA_ARRAY(a, const char *, n + h->n_failed + 1);
	size_t k = 0, n_unique = 0;

	for (size_t i = 0; i < n; i++) {
		run[i] = as_kept(a, test[i].id);
		if (test[i].has_failed)
			out[k++] = run[i];
	}
	sort(run, n);
	for (size_t i = 0; i < h->n_failed; i++) {
		if (!has(run, n, h->failed[i]))
			out[k++] = h->failed[i];
	}
	sort(out, k);
	for (size_t i = 0; i < k; i++) {
		if (!i || strcmp(out[i], out[i - 1]) != 0)
			out[n_unique++] = out[i];
	}
	*n_out = n_unique;
	return out;
}

static json_t *texts(struct arena *a, const char *const *text, size_t n)
{
	json_t *list = json_array();

	for (size_t i = 0; i < n; i++)
		json_array_append_new(list, json_string(as_kept(a, text[i])));
	return list;
}

/* Makes the folders above the file; what is there already is no error. */
static void make_folders(struct arena *a, const char *file)
{
	char *path = arena_strdup(a, file);

	for (char *c = strchr(path + 1, '/'); c; c = strchr(c + 1, '/')) {
		*c = '\0';
		mkdir(path, DIR_MODE);
		*c = '/';
	}
}

/* In place, in one write: a temporary file would stay behind when we are killed, and half a record
 * is read as none. */
static int write_file(const char *path, const char *text, size_t n)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, FILE_MODE);
	bool is_good;

	if (fd < 0)
		return -ERR_IO;
	is_good = write(fd, text, n) == (ssize_t)n && ftruncate(fd, (off_t)n) == 0;
	close(fd);
	return is_good ? 0 : -ERR_IO;
}

int history_save(struct arena *a, const struct history *h, const struct history_test *test,
		 size_t n, const char *const *path, size_t n_paths)
{
	size_t n_failed = 0;
	const char **failed = add_up(a, h, test, n, &n_failed);
	json_t *root;
	char *text;
	int rc;

	if (!h->file || (!n_failed && access(h->file, F_OK) < 0))
		return 0;
	root = json_object();
	json_object_set_new(root, "version", json_integer(FORMAT_VERSION));
	json_object_set_new(root, "folder", json_string(as_kept(a, h->folder)));
	json_object_set_new(root, "paths", texts(a, path, n_paths));
	json_object_set_new(root, "failed", texts(a, failed, n_failed));
	text = json_dumps(root, JSON_INDENT(1));
	json_decref(root);
	if (!text)
		abort();
	make_folders(a, h->file);
	rc = write_file(h->file, text, strlen(text));
	free(text);
	return rc;
}
