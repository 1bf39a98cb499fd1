/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/file.h"

#include <errno.h>
#include <unistd.h>

#include "base/err.h"

int file_write(int fd, const char *data, size_t n)
{
	while (n) {
		ssize_t done = write(fd, data, n);

		if (done < 0 && errno == EINTR)
			continue;
		if (done < 0)
			return -ERR_IO;
		data += done;
		n -= (size_t)done;
	}
	return 0;
}
