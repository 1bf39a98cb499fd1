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
#include "suite/suite.h"

enum { FORMAT_VERSION = 2, DIR_MODE = 0700, FILE_MODE = 0600 };

/* The folder for such things [XDG Base Directory Specification]: a relative path does not count. */
static const char *state_folder(struct arena *a)
{
	const char *state = getenv("XDG_STATE_HOME"), *home = getenv("HOME");

	if (state && *state == '/')
		return arena_printf(a, "%s/tcpdrill", state);
	return home && *home == '/' ? arena_printf(a, "%s/.local/state/tcpdrill", home) : NULL;
}

/* The parts of a test by which it is told from others are compared, in this order; then the rest. */
static int compare(const void *x, const void *y)
{
	const struct history_test *a = x, *b = y;
	int order = strcmp(a->script, b->script);

	order = order ? order : strcmp(a->case_name, b->case_name);
	order = order ? order : strcmp(a->variant, b->variant);
	return order ? order : strcmp(a->stack, b->stack);
}

static void sort(struct history_test *test, size_t n)
{
	if (n)
		qsort(test, n, sizeof(*test), compare);
}

static const struct history_test *find(const struct history_test *sorted, size_t n,
				       const struct history_test *test)
{
	return n ? bsearch(test, sorted, n, sizeof(*sorted), compare) : NULL;
}

/* ---- texts in JSON: names of files need not be UTF-8, and must come back as they were ---- */

static bool is_plain(char c)
{
	return c >= ' ' && c <= '~' && c != '%';
}

static json_t *encoded(const char *text)
{
	struct buf out = { 0 };
	json_t *string;

	for (; *text; text++) {
		if (is_plain(*text))
			buf_putc(&out, *text);
		else
			buf_printf(&out, "%%%02x", (unsigned int)(unsigned char)*text);
	}
	string = json_string(buf_str(&out));
	buf_fini(&out);
	return string;
}

/* The value of a hexadecimal digit as encoded() writes them, or -1. */
static int digit(char c)
{
	static const char digits[] = "0123456789abcdef";
	const char *at = c ? strchr(digits, c) : NULL;

	return at ? (int)(at - digits) : -1;
}

/* NULL when the member is no text that encoded() made. */
static const char *decoded(struct arena *a, const json_t *object, const char *name)
{
	const char *text = json_string_value(json_object_get(object, name));
	struct buf out = { 0 };
	const char *result = NULL;

	for (; text && *text; text++) {
		if (*text != '%') {
			buf_putc(&out, *text);
			continue;
		}
		if (digit(text[1]) < 0 || digit(text[2]) < 0)
			break;
		buf_putc(&out, (char)(digit(text[1]) << 4 | digit(text[2])));
		text += 2;
	}
	if (text && !*text)
		result = arena_strdup(a, buf_str(&out));
	buf_fini(&out);
	return result;
}

/* ---- the record ---- */

static void read_failed(struct arena *a, const json_t *list, struct history *h)
{
	h->failed = ARENA_ARRAY(a, struct history_test, json_array_size(list) + 1);
	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *o = json_array_get(list, i);
		struct history_test t = {
			.script = decoded(a, o, "script"),
			.case_name = decoded(a, o, "case"),
			.variant = decoded(a, o, "variant"),
			.stack = decoded(a, o, "stack"),
			.path = decoded(a, o, "path"),
			.options = decoded(a, o, "options"),
			.has_failed = true,
		};

		if (t.script && t.case_name && t.variant && t.stack && t.path && t.options)
			h->failed[h->n_failed++] = t;
	}
	sort(h->failed, h->n_failed);
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
	if (json_integer_value(json_object_get(root, "version")) == FORMAT_VERSION)
		read_failed(a, json_object_get(root, "failed"), h);
	json_decref(root);
}

struct history_test history_test_of(const struct suite_test *t)
{
	return (struct history_test){
		.script = t->script->real,
		.case_name = t->meta_case ? t->meta_case->name : "",
		.variant = ip_mode_name[t->mode],
		.stack = t->stack,
		.path = t->script->given,
		.options = "",
	};
}

const struct history_test *history_find(const struct history *h, const struct suite_test *t)
{
	const struct history_test test = history_test_of(t);

	return find(h->failed, h->n_failed, &test);
}

/* Of several runs of one test (--repeat), one that failed is enough. */
static struct history_test *add_up(struct arena *a, const struct history *h,
				   const struct history_test *test, size_t n, size_t *n_out)
{
	struct history_test *run = ARENA_ARRAY(a, struct history_test, n + 1);
	struct history_test *out = ARENA_ARRAY(a, struct history_test, n + h->n_failed + 1);
	size_t k = 0, n_unique = 0;

	for (size_t i = 0; i < n; i++) {
		run[i] = test[i];
		if (test[i].has_failed)
			out[k++] = run[i];
	}
	sort(run, n);
	for (size_t i = 0; i < h->n_failed; i++) {
		if (!find(run, n, &h->failed[i]) && access(h->failed[i].script, F_OK) == 0)
			out[k++] = h->failed[i];
	}
	sort(out, k);
	for (size_t i = 0; i < k; i++) {
		if (!i || compare(&out[i], &out[i - 1]) != 0)
			out[n_unique++] = out[i];
	}
	*n_out = n_unique;
	return out;
}

static json_t *list_of(const struct history_test *test, size_t n)
{
	json_t *list = json_array();

	for (size_t i = 0; i < n; i++) {
		json_t *o = json_object();

		json_object_set_new(o, "script", encoded(test[i].script));
		json_object_set_new(o, "case", encoded(test[i].case_name));
		json_object_set_new(o, "variant", encoded(test[i].variant));
		json_object_set_new(o, "stack", encoded(test[i].stack));
		json_object_set_new(o, "path", encoded(test[i].path));
		json_object_set_new(o, "options", encoded(test[i].options));
		json_array_append_new(list, o);
	}
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

static bool all_passed(const struct history_test *test, size_t n)
{
	while (n && !test[n - 1].has_failed)
		n--;
	return n == 0;
}

int history_save(struct arena *a, const struct history *h, const struct history_test *test,
		 size_t n)
{
	size_t n_failed = 0;
	const struct history_test *failed;
	json_t *root;
	char *text;
	int rc;

	if (!h->file || (!h->n_failed && all_passed(test, n) && access(h->file, F_OK) < 0))
		return 0;
	failed = add_up(a, h, test, n, &n_failed);
	root = json_object();
	json_object_set_new(root, "version", json_integer(FORMAT_VERSION));
	json_object_set_new(root, "folder", encoded(h->folder));
	json_object_set_new(root, "failed", list_of(failed, n_failed));
	text = json_dumps(root, JSON_INDENT(1));
	json_decref(root);
	if (!text)
		abort();
	make_folders(a, h->file);
	rc = write_file(h->file, text, strlen(text));
	free(text);
	return rc;
}
