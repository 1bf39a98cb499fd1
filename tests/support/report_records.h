/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TCPDRILL_TESTS_REPORT_RECORDS_H
#define TCPDRILL_TESTS_REPORT_RECORDS_H

#include <stddef.h>

#include "judge/verdict.h"

/* Recorded tests of every verdict, for the reports: one that passed first, one that failed second. */
extern const struct test_record report_record[];
extern const size_t report_record_len;

#endif
