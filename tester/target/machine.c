/* SPDX-License-Identifier: BSD-2-Clause */
#include "target/machine.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { LINE_MAX_BYTES = 256, US_PER_S = 1000000 };

/* "some avg10=... total=MICROSECONDS": some task was ready and had to wait. */
int64_t machine_stalled_us(int pressure_fd)
{
	char text[LINE_MAX_BYTES];
	const char *total;
	ssize_t n = pread(pressure_fd, text, sizeof(text) - 1, 0);

	if (n <= 0)
		return 0;
	text[n] = '\0';
	total = strstr(text, "total=");
	return total ? strtoll(total + strlen("total="), NULL, 10) : 0;
}

/* "cpu  user nice system idle iowait irq softirq steal ...", in ticks of which _SC_CLK_TCK are a second. */
int64_t machine_stolen_us(void)
{
	enum { STEAL = 8 };
	char text[LINE_MAX_BYTES], *at = text + strlen("cpu");
	int fd = open("/proc/stat", O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);
	int64_t ticks = 0;

	if (fd >= 0)
		close(fd);
	if (n <= 0)
		return 0;
	text[n] = '\0';
	if (strncmp(text, "cpu ", 4) != 0)
		return 0;
	for (int i = 0; i < STEAL; i++)
		ticks = strtoll(at, &at, 10);
	return ticks * (US_PER_S / sysconf(_SC_CLK_TCK));
}
