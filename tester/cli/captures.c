/* SPDX-License-Identifier: BSD-2-Clause */
/* The capture files of --pcap: one folder, and in it a name of its own for each test. */
#include "cli/captures.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/hash.h"
#include "cli/cli.h"
#include "run/pool.h"

#define SUFFIX ".pcapng"

/* Of a file's name: what may be before the suffix, and what is left of more, before a hash of it. */
enum { FRONT_MAX_BYTES = NAME_MAX - (sizeof(SUFFIX) - 1), CUT_BYTES = FRONT_MAX_BYTES - 18 };

/* '+' for each slash; '~' before what would be taken for one, or for the sign of what follows. */
static void add_flat(struct buf *out, const char *id)
{
	size_t begin = out->len;
	uint64_t hash = hash_text(id);

	for (; *id; id++) {
		if (*id == '~' || *id == '+')
			buf_putc(out, '~');
		buf_putc(out, *id == '/' ? '+' : *id);
	}
	if (out->len - begin <= FRONT_MAX_BYTES)
		return;
	out->len = begin + CUT_BYTES;
	/* Not within a character of UTF-8. */
	while (((unsigned char)out->data[out->len] & 0xc0) == 0x80)
		out->len--;
	buf_printf(out, "~#%016jx", (uintmax_t)hash);
}

static int open_folder(struct cli *c, char full[PATH_MAX])
{
	struct stat st;

	if ((mkdir(c->pcap_dir, 0777) < 0 && errno != EEXIST) || !realpath(c->pcap_dir, full) ||
	    stat(full, &st) < 0) {
		cli_error(c, "cannot make the folder '%s': %s", c->pcap_dir, strerror(errno));
		return EXIT_USAGE;
	}
	if (!S_ISDIR(st.st_mode)) {
		cli_error(c, "--pcap: '%s' is no folder", c->pcap_dir);
		return EXIT_USAGE;
	}
	if (access(full, W_OK | X_OK) < 0) {
		cli_error(c, "--pcap: cannot write to the folder '%s': %s", c->pcap_dir,
			  strerror(errno));
		return EXIT_USAGE;
	}
	return 0;
}

int cli_name_captures(struct cli *c, struct pool_test *test, size_t n)
{
	char full[PATH_MAX];
	int status;

	if (!c->pcap_dir)
		return 0;
	status = open_folder(c, full);
	for (size_t i = 0; !status && i < n; i++) {
		struct buf path = { 0 };

		buf_printf(&path, "%s/", full);
		add_flat(&path, test[i].id);
		buf_puts(&path, SUFFIX);
		test[i].pcap_path = arena_strdup(c->arena, buf_str(&path));
		buf_fini(&path);
	}
	return status;
}
