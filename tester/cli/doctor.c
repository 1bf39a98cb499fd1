/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "cli/cli.h"
#include "target/sandbox.h"
#include "target/target.h"

enum { EXIT_ENVIRONMENT = 3 };

static const char *const mark[] = {
	[DOCTOR_OK] = "ok",
	[DOCTOR_WARNING] = "warning",
	[DOCTOR_MISSING] = "MISSING",
};

/* What is shown: everything, or only what must be mended and what the reasons speak of. */
static bool is_shown(const struct doctor_row *row, enum doctor_result result, const char *reasons)
{
	const char *last_word = strrchr(row->name, ' ');

	if (!reasons || result == DOCTOR_MISSING)
		return true;
	return result == DOCTOR_WARNING && strstr(reasons, last_word ? last_word + 1 : row->name);
}

static enum doctor_result look(struct cli *c, const struct doctor_row *row, FILE *out,
			       const char *reasons)
{
	const char *found = "", *advice = NULL;
	enum doctor_result result = row->check(c->arena, &found, &advice);

	if (!is_shown(row, result, reasons))
		return DOCTOR_OK;
	fprintf(out, "%-7s  %s: %s\n", mark[result], row->name, found);
	if (result != DOCTOR_OK) {
		fprintf(out, "         needed for: %s\n", row->needed_for);
		if (advice)
			fprintf(out, "         mend it by: %s\n", advice);
	}
	return result;
}

void cli_doctor_advice(struct cli *c, const char *reasons, FILE *out)
{
	size_t n = 0;

	for (size_t i = 0; i < doctor_table_len; i++)
		n += look(c, &doctor_table[i], out, reasons) != DOCTOR_OK;
	if (n == 0)
		fputs("tcpdrill doctor shows what this machine has\n", out);
}

int cmd_doctor(struct cli *c)
{
	size_t n[DOCTOR_MISSING + 1] = { 0 };

	if (c->calibrate)
		return cli_calibrate(c, target_find("kernel"));
	for (size_t i = 0; i < doctor_table_len; i++)
		n[look(c, &doctor_table[i], stdout, NULL)]++;
	printf("%zu ok, %zu warning%s, %zu missing\n", n[DOCTOR_OK], n[DOCTOR_WARNING],
	       n[DOCTOR_WARNING] == 1 ? "" : "s", n[DOCTOR_MISSING]);
	return n[DOCTOR_MISSING] ? EXIT_ENVIRONMENT : 0;
}
