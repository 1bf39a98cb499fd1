/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TCPDRILL_TARGET_BUNDLED_VIEW_H
#define TCPDRILL_TARGET_BUNDLED_VIEW_H

#include "base/buf.h"
#include "target/netns.h"
#include "target/target.h"

/*
 * What the commands of a script see in place of the machine's network: a namespace with a device
 * tun0 that carries nothing, and a folder /proc/sys/net of plain files. Knows nothing of a stack.
 */
struct bundled_view;

#define BUNDLED_VIEW_ROOT "/proc/sys/net"
/* Files beside the settings, out of the way of their names. */
#define BUNDLED_VIEW_FILES BUNDLED_VIEW_ROOT "/.files"

/**
 * bundled_view_open() - enter new network and mount namespaces, for good, and furnish them
 * @config: addresses and MTU of tun0
 * Return: 0; -ERR_ENVIRONMENT with *why
 */
int bundled_view_open(struct arena *a, const struct target_config *config,
		      struct bundled_view **out, const char **why);

/** bundled_view_write() - make the file of setting @name (dots) hold @text and a newline
 * @as_read: filled with what bundled_view_read() would give. 0 or -ERR_IO */
int bundled_view_write(struct bundled_view *v, const char *name, const char *text,
		       struct buf *as_read);

/** bundled_view_read() - its text, runs of white space as one blank, none at the ends. -ERR_IO when
 * it is not there any more */
int bundled_view_read(struct bundled_view *v, const char *name, struct buf *out);

/** bundled_view_squeeze() - append the text of a file, or of a value, as bundled_view_read() gives it */
void bundled_view_squeeze(const char *text, size_t n, struct buf *out);

/** bundled_view_write_file() - a file for programs that are told of it. Return: its path, in the
 * arena; NULL when it cannot be written */
const char *bundled_view_write_file(struct bundled_view *v, const char *name,
				    const struct buf *content);

/** bundled_view_close() - no more settings; the namespaces and tun0 end with the process */
void bundled_view_close(struct bundled_view *v);

#endif
