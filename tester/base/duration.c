/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/duration.h"

#include <stdio.h>
#include <string.h>

struct duration_text duration_ms(int64_t us)
{
	struct duration_text d;
	size_t n = (size_t)snprintf(d.text, sizeof(d.text) - strlen(" ms"), "%.3f", (double)us / 1e3);

	for (int i = 0; i < 2 && d.text[n - 1] == '0'; i++)
		n--;
	strcpy(d.text + n, " ms");
	return d;
}
