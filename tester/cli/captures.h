/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TCPDRILL_CLI_CAPTURES_H
#define TCPDRILL_CLI_CAPTURES_H

#include <stddef.h>

struct cli;
struct pool_test;

/**
 * cli_name_captures() - with --pcap, make the folder and give each test a file in it
 *
 * The name is the test's id with '+' for each slash, and a hash at the end of what would be too long.
 * Return: 0, or an exit status after an error line
 */
int cli_name_captures(struct cli *c, struct pool_test *test, size_t n);

#endif
