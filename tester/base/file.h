/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TCPDRILL_BASE_FILE_H
#define TCPDRILL_BASE_FILE_H

#include <stddef.h>

/**
 * file_write() - write all @n bytes to a descriptor, also where the system takes them in pieces or
 * a signal comes between
 * Return: 0; -ERR_IO with errno
 */
int file_write(int fd, const char *data, size_t n);

#endif
