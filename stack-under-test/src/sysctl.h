/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SUT_SYSCTL_H
#define SUT_SYSCTL_H

#include "impl.h"

enum sysctl_form {
	SYSCTL_FORM_NUMBERS,       /* one to three numbers, blank between */
	SYSCTL_FORM_PORT_RANGE,    /* two numbers, the second not below the first */
	SYSCTL_FORM_CC,            /* name of a congestion control that is there */
	SYSCTL_FORM_CC_LIST,       /* several of them */
	SYSCTL_FORM_READ_ONLY,
	SYSCTL_FORM_KEYS,          /* Fast Open: one or two keys of four hex words */
	SYSCTL_FORM_QDISC,
	SYSCTL_FORM_COMMAND,       /* write-only: does something */
};

struct sysctl_row {
	const char *name;
	enum sysctl_form form;
	size_t offset;             /* in struct sysctl_values */
	size_t room;               /* numbers: how many; text: bytes */
	const char *initial;       /* as text, what a new host has */
	int64_t min, max;          /* of each number */
};

/** sysctl_row() - the @i-th row, NULL past the end */
const struct sysctl_row *sysctl_row(size_t i);

/** sysctl_init() - give every value its default, which may be one of the profile */
void sysctl_init(struct sut *s);

#endif
