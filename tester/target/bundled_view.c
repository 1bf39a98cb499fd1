/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The process itself enters the namespaces, so that a shell it starts has it as its parent, as
 * scripts expect ($PPID is $PACKETDRILL_PID). It must have one thread and be ready to stay there;
 * the pool gives tests that run commands a process of their own.
 *
 * Rejected: binding a folder of a temporary file system over /proc/sys/net from elsewhere. The file
 * system can be mounted there at once, and then needs no name that others could see. Asking the
 * kernel which files were changed (inotify): closing that takes it 10 ms, reading all takes half
 * of one.
 */
#include "target/bundled_view.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/err.h"
#include "target/tun.h"

enum { TEXT_MAX_BYTES = 64 * 1024, PATH_ROOM_BYTES = 256 };

struct bundled_view {
	struct arena *arena;
	int root_fd;              /* shorter to reach what is below than through /proc */
};

static int enter(struct arena *a, const char **why)
{
	if (unshare(CLONE_NEWNET | CLONE_NEWNS) == 0)
		return 0;
	*why = arena_printf(a, "cannot make network and mount namespaces: %s; see 'tcpdrill doctor'",
			    strerror(errno));
	return -ERR_ENVIRONMENT;
}

static int mount_files(struct bundled_view *v, const char **why)
{
	const char *what = NULL;

	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		what = "keep mounts to itself";
	else if (mount("tcpdrill", BUNDLED_VIEW_ROOT, "tmpfs", MS_NOSUID | MS_NODEV | MS_NOEXEC,
		       "mode=0755,size=4m") < 0)
		what = "mount a file system on " BUNDLED_VIEW_ROOT;
	else if (mkdir(BUNDLED_VIEW_FILES, 0755) < 0)
		what = "make a folder in it";
	else if ((v->root_fd = open(BUNDLED_VIEW_ROOT, O_PATH | O_DIRECTORY | O_CLOEXEC)) < 0)
		what = "open it";
	if (!what)
		return 0;
	*why = arena_printf(v->arena, "cannot %s: %s", what, strerror(errno));
	return -ERR_ENVIRONMENT;
}

/* Without a device at all, commands about it fail and say so; others work. */
static void add_device(struct bundled_view *v, const struct target_config *config)
{
	const char *why;
	int fd;

	if (tun_open(v->arena, &fd, &why) < 0 && netns_add_dummy() < 0)
		return;
	netns_configure(v->arena, config, &why);
}

int bundled_view_open(struct arena *a, const struct target_config *config,
		      struct bundled_view **out, const char **why)
{
	struct bundled_view *v = ARENA_NEW(a, struct bundled_view);
	int rc;

	v->arena = a;
	v->root_fd = -1;
	rc = enter(a, why);
	if (rc == 0)
		rc = mount_files(v, why);
	if (rc < 0)
		return rc;
	add_device(v, config);
	*out = v;
	return 0;
}

/* Where the setting lies below the root. False: a name that is too long. */
static bool path_of(const char *name, char path[PATH_ROOM_BYTES])
{
	int n;

	/* The file system is "net" already. */
	if (strncmp(name, "net.", 4) == 0)
		name += 4;
	n = snprintf(path, PATH_ROOM_BYTES, "%s", name);
	for (char *c = path; *c; c++) {
		if (*c == '.')
			*c = '/';
	}
	return n < PATH_ROOM_BYTES;
}

static void make_folders(const struct bundled_view *v, char *path)
{
	for (char *c = path; *c; c++) {
		if (*c != '/')
			continue;
		*c = '\0';
		mkdirat(v->root_fd, path, 0755);
		*c = '/';
	}
}

static int write_file(int folder_fd, const char *path, const char *bytes, size_t n)
{
	int fd = openat(folder_fd, path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	bool ok = fd >= 0 && write(fd, bytes, n) == (ssize_t)n;

	if (fd >= 0)
		close(fd);
	return ok ? 0 : -ERR_IO;
}

void bundled_view_squeeze(const char *text, size_t n, struct buf *out)
{
	for (size_t i = 0; i < n && text[i]; i++) {
		if (!isspace((unsigned char)text[i]))
			buf_putc(out, text[i]);
		else if (out->len && out->data[out->len - 1] != ' ')
			buf_putc(out, ' ');
	}
	if (out->len && out->data[out->len - 1] == ' ')
		out->len--;
}

/* Settings are many: that their folder is there is found out by writing one. */
int bundled_view_write(struct bundled_view *v, const char *name, const char *text,
		       struct buf *as_read)
{
	char path[PATH_ROOM_BYTES];
	struct buf line = { 0 };
	int rc = -ERR_IO;

	if (!path_of(name, path))
		return rc;
	buf_printf(&line, "%s\n", text);
	rc = write_file(v->root_fd, path, line.data, line.len);
	if (rc < 0) {
		make_folders(v, path);
		rc = write_file(v->root_fd, path, line.data, line.len);
	}
	buf_clear(as_read);
	bundled_view_squeeze(line.data, line.len, as_read);
	buf_fini(&line);
	return rc;
}

int bundled_view_read(struct bundled_view *v, const char *name, struct buf *out)
{
	char text[TEXT_MAX_BYTES];
	char path[PATH_ROOM_BYTES];
	int fd = path_of(name, path) ? openat(v->root_fd, path, O_RDONLY | O_CLOEXEC) : -1;
	ssize_t n;

	if (fd < 0)
		return -ERR_IO;
	n = read(fd, text, sizeof(text));
	close(fd);
	if (n < 0)
		return -ERR_IO;
	buf_clear(out);
	bundled_view_squeeze(text, (size_t)n, out);
	return 0;
}

const char *bundled_view_write_file(struct bundled_view *v, const char *name,
				    const struct buf *content)
{
	const char *path = arena_printf(v->arena, BUNDLED_VIEW_FILES "/%s", name);

	return write_file(v->root_fd, path, content->data, content->len) == 0 ? path : NULL;
}

/* The descriptor of tun0 stays: closing it makes us wait for the kernel to let all processors pass
 * (0.7 ms), which at our end, soon, nobody waits for. */
void bundled_view_close(struct bundled_view *v)
{
	if (v && v->root_fd >= 0)
		close(v->root_fd);
	if (v)
		v->root_fd = -1;
}
