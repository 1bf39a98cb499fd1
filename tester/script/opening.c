/* SPDX-License-Identifier: BSD-2-Clause */
#include "script/opening.h"

#include <dirent.h>
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/diag.h"
#include "base/err.h"
#include "base/suggest.h"
#include "grammar/parse.h"

static const char suffix[] = ".opening";

enum { FOLDERS_MAX = 64 };

static const char *folder_of(struct arena *a, const char *path)
{
	const char *slash = strrchr(path, '/');

	if (!slash)
		return ".";
	return slash == path ? "/" : arena_strndup(a, path, (size_t)(slash - path));
}

/* The folder above @folder, without asking for real names: messages show what the user typed. */
static const char *above(struct arena *a, const char *folder)
{
	const char *slash = strrchr(folder, '/'), *last = slash ? slash + 1 : folder;

	if (strcmp(folder, ".") == 0)
		return "..";
	if (strcmp(last, "..") == 0 || strcmp(last, ".") == 0 || !*last)
		return arena_printf(a, "%s/..", folder);
	return slash ? folder_of(a, folder) : ".";
}

static bool is_same_folder(const char *x, const char *y)
{
	struct stat sx, sy;

	return stat(x, &sx) == 0 && stat(y, &sy) == 0 && sx.st_dev == sy.st_dev &&
	       sx.st_ino == sy.st_ino;
}

/* Calls @visit for openings/ in the folder of @path and in those above, until it says that it is done. */
static void visit_folders(struct arena *a, const char *path,
			  bool (*visit)(struct arena *a, const char *folder, void *arg), void *arg)
{
	const char *folder = folder_of(a, path);

	for (int i = 0; i < FOLDERS_MAX; i++) {
		const char *up = above(a, folder);

		if (visit(a, arena_printf(a, "%s/openings", folder), arg) ||
		    is_same_folder(folder, up))
			return;
		folder = up;
	}
}

struct search {
	const char *name;
	struct source src;
	const char *path;            /* of the file; NULL: not found */
	const char *why_not;         /* it could not be read; NULL: it could */
	struct suggest near;
};

/* A pipe would let us wait, a device might never end. */
static const char *read_file(struct arena *a, const char *path, struct source *out)
{
	struct stat st;
	int rc;

	if (stat(path, &st) < 0)
		return strerror(errno);
	if (!S_ISREG(st.st_mode))
		return S_ISDIR(st.st_mode) ? strerror(EISDIR) : "it is not a plain file";
	rc = source_load(a, path, out);
	if (rc == -ERR_RANGE)
		return "it is too large";
	return rc < 0 ? strerror(errno) : NULL;
}

static bool load_from(struct arena *a, const char *folder, void *arg)
{
	struct search *s = arg;
	const char *path = arena_printf(a, "%s/%s%s", folder, s->name, suffix);
	struct stat st;

	if (strncmp(path, "./", 2) == 0)
		path += 2;
	/* A link to nothing is there, too, and not to be passed over. */
	if (lstat(path, &st) < 0 && (errno == ENOENT || errno == ENOTDIR))
		return false;
	s->path = path;
	s->why_not = read_file(a, path, &s->src);
	return true;
}

static bool suggest_from(struct arena *a, const char *folder, void *arg)
{
	struct search *s = arg;
	DIR *dir = opendir(folder);
	const struct dirent *e;

	while (dir && (e = readdir(dir))) {
		size_t n = strlen(e->d_name), tail = sizeof(suffix) - 1;

		if (n > tail && strcmp(e->d_name + n - tail, suffix) == 0)
			suggest_offer(&s->near, arena_strndup(a, e->d_name, n - tail));
	}
	if (dir)
		closedir(dir);
	return false;
}

static int load(struct arena *a, const struct source *script, const struct meta_opening *asked,
		struct source *out, struct diags *d)
{
	struct search s = { .name = asked->name };

	visit_folders(a, script->path, load_from, &s);
	if (!s.path) {
		suggest_init(&s.near, asked->name);
		visit_folders(a, script->path, suggest_from, &s);
		diag_error(d, asked->span, "there is no opening '%s'", asked->name);
		if (suggest_best(&s.near))
			diag_did_you_mean(d, suggest_best(&s.near));
		else
			diag_hint(d, "it would be openings/%s%s in the folder of the script or above",
				  asked->name, suffix);
		return -ERR_UNKNOWN;
	}
	if (s.why_not) {
		diag_error(d, asked->span, "cannot read '%s': %s", s.path, s.why_not);
		return -ERR_IO;
	}
	*out = s.src;
	return 0;
}

/* An error in the file of an opening is told where it is asked for, with its own place. */
static int refuse(const struct opening *o, struct span at, const char *what, struct diags *d)
{
	struct place place = source_place(&o->src, at.off);

	diag_error(d, o->asked->span, "the opening is wrong, %s:%u:%u: %s", o->src.path,
		   place.line, place.col, what);
	return -ERR_SYNTAX;
}

/* What belongs to a script as a whole cannot come from an opening. */
static int check_header(struct arena *a, struct opening *o, struct diags *d)
{
	struct metadata meta;
	struct diags own;

	diags_init(&own, a, &o->src);
	if (metadata_read(a, &o->src, &meta, &own) < 0)
		return refuse(o, own.first->span, own.first->message, d);
	if (meta.opening)
		return refuse(o, meta.opening->span, "an opening has no opening itself", d);
	if (meta.req || meta.needs || meta.catches || meta.cases || meta.id || meta.timeout_us ||
	    meta.payload_span.len)
		return refuse(o, (struct span){ 0, 0 }, "the header of an opening has a title only",
			      d);
	return 0;
}

/* It is parsed by itself, too: for its parameters, and so that its slips are told as its own. */
static int read_params(struct arena *a, struct opening *o, struct diags *d)
{
	const struct ast_script *s;
	struct diags own;

	diags_init(&own, a, &o->src);
	s = grammar_parse(a, &o->src, NULL, &own);
	if (!s)
		return refuse(o, own.first->span, own.first->message, d);
	for (const struct ast_option *p = s->options; p; p = p->next) {
		if (p->define.kind == TOK_NONE)
			return refuse(o, p->span, "the only option of an opening is --define", d);
	}
	o->params = s->options;
	return 0;
}

/* The same text, so that what comes behind it begins a line. */
static const struct source *ended(struct arena *a, const struct source *src)
{
	struct source *out = ARENA_NEW(a, struct source);
	struct buf text = { 0 };

	if (src->len > 0 && src->text[src->len - 1] == '\n')
		return src;
	buf_add(&text, src->text, src->len);
	buf_puts(&text, "\n");
	source_from_text(a, src->path, text.data, text.len, out);
	buf_fini(&text);
	return out;
}

static bool has_param(const struct opening *o, const char *name)
{
	const struct ast_option *p = o->params;

	while (p && strcmp(p->define.text, name) != 0)
		p = p->next;
	return p != NULL;
}

static int check_given(const struct opening *o, struct diags *d)
{
	size_t before = d->n_errors;

	for (const struct meta_define *g = o->asked->defines; g; g = g->next) {
		struct suggest near;

		if (has_param(o, g->name))
			continue;
		suggest_init(&near, g->name);
		for (const struct ast_option *p = o->params; p; p = p->next)
			suggest_offer(&near, p->define.text);
		diag_error(d, g->span, "the opening '%s' has no parameter '%s'", o->asked->name,
			   g->name);
		diag_did_you_mean(d, suggest_best(&near));
	}
	return d->n_errors > before ? -ERR_UNKNOWN : 0;
}

int opening_find(struct arena *a, const struct source *script, const struct meta_opening *asked,
		 struct opening *out, struct diags *d)
{
	int rc;

	*out = (struct opening){ .asked = asked };
	rc = load(a, script, asked, &out->src, d);
	if (rc == 0)
		rc = check_header(a, out, d);
	if (rc < 0)
		return rc;
	out->src = *ended(a, &out->src);
	out->events_at = metadata_header_end(a, &out->src);
	rc = read_params(a, out, d);
	return rc < 0 ? rc : check_given(out, d);
}

void opening_join(struct arena *a, const struct source *script, const struct opening *o,
		  struct source *out)
{
	bool at_end = o->asked->at == script->len;
	const struct source *outer = at_end ? ended(a, script) : script;
	const struct source_insert ins = { .outer = outer, .inner = &o->src,
					   .at = at_end ? (uint32_t)outer->len : o->asked->at,
					   .inner_off = o->events_at, .asked = o->asked->span };

	source_insert(a, &ins, out);
}

/* As it is given; else as the opening has it, with the marks that say what kind of value it is. */
static const char *value_of(const struct opening *o, const struct ast_option *param)
{
	for (const struct meta_define *g = o->asked->defines; g; g = g->next) {
		if (strcmp(g->name, param->define.text) == 0)
			return g->value;
	}
	return *param->define.raw ? param->value.raw : param->value.text;
}

/* Behind the last one, whose place @end is; returns that of the new one. */
static const struct definition **append(struct arena *a, const struct definition **end,
					const char *name, const char *value)
{
	struct definition *n = ARENA_NEW(a, struct definition);

	*n = (struct definition){ name, value, NULL };
	*end = n;
	return &n->next;
}

const struct definition *opening_definitions(struct arena *a, const struct opening *o,
					     const struct definition *outer)
{
	const struct definition *list = NULL, **end = &list;

	for (; outer; outer = outer->next)
		end = append(a, end, outer->name, outer->value);
	for (const struct ast_option *p = o->params; p; p = p->next)
		end = append(a, end, p->define.text, value_of(o, p));
	return list;
}

void opening_check(const struct opening *o, const struct ast_script *s, struct diags *d)
{
	for (const struct ast_option *p = s->options; p; p = p->next) {
		if (p->define.kind == TOK_NONE || !has_param(o, p->define.text))
			continue;
		diag_error(d, p->span, "'%s' is a parameter of the opening '%s'", p->define.text,
			   o->asked->name);
		diag_hint(d, "give it there: //! opening: %s %s=...", o->asked->name,
			  p->define.text);
	}
}

void opening_expand(struct arena *a, const struct source *script, const struct opening *o,
		    struct source *out)
{
	uint32_t from = o->asked->line.off, to;
	struct buf text = { 0 };
	struct source both;

	opening_join(a, script, o, &both);
	/* The line that asks stands before what was put in, at the same place in both. */
	while (from > 0 && both.text[from - 1] != '\n')
		from--;
	to = from + (uint32_t)strcspn(both.text + from, "\n") + 1;
	buf_add(&text, both.text, from);
	for (const struct ast_option *p = o->params; p; p = p->next)
		buf_printf(&text, "--define=%s=%s\n", p->define.text, value_of(o, p));
	buf_add(&text, both.text + to, both.len - to);
	source_from_text(a, script->path, buf_str(&text), text.len, out);
	buf_fini(&text);
}
