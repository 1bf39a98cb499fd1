/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/suggest.h"

#include <ctype.h>
#include <string.h>

enum { NAME_MAX_CHARS = 64 };

static size_t min3(size_t a, size_t b, size_t c)
{
	size_t m = a < b ? a : b;

	return m < c ? m : c;
}

/* Edit distance with neighbouring swaps, case differences cost nothing. */
static size_t distance(const char *a, size_t n, const char *b, size_t m)
{
	size_t row[3][NAME_MAX_CHARS + 1];

	for (size_t j = 0; j <= m; j++)
		row[0][j] = j;
	for (size_t i = 1; i <= n; i++) {
		size_t *cur = row[i % 3], *up = row[(i - 1) % 3], *up2 = row[(i + 1) % 3];

		cur[0] = i;
		for (size_t j = 1; j <= m; j++) {
			int x = tolower((unsigned char)a[i - 1]);
			int y = tolower((unsigned char)b[j - 1]);

			cur[j] = min3(up[j] + 1, cur[j - 1] + 1, up[j - 1] + (x != y));
			if (i > 1 && j > 1 && x == tolower((unsigned char)b[j - 2]) &&
			    tolower((unsigned char)a[i - 2]) == y && up2[j - 2] + 1 < cur[j])
				cur[j] = up2[j - 2] + 1;
		}
	}
	return row[n % 3][m];
}

/* Of one letter, any other would be "near": only its case may differ. */
static size_t limit(size_t n)
{
	return n < 2 ? 0 : n <= 4 ? 1 : n <= 6 ? 2 : 3;
}

void suggest_init(struct suggest *s, const char *word)
{
	*s = (struct suggest){ .word = word, .best_distance = (size_t)-1 };
}

void suggest_offer(struct suggest *s, const char *name)
{
	size_t n = strlen(s->word), m = strlen(name), d;

	if (n > NAME_MAX_CHARS || m > NAME_MAX_CHARS)
		return;
	/* Tables are searched for exact words with an offer on the way, so most are none. */
	if ((n > m ? n - m : m - n) > limit(n))
		return;
	d = distance(s->word, n, name, m);
	if (d < s->best_distance) {
		s->best_distance = d;
		s->best = name;
	}
}

const char *suggest_best(const struct suggest *s)
{
	return s->best && s->best_distance <= limit(strlen(s->word)) ? s->best : NULL;
}
