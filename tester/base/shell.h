/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TCPDRILL_BASE_SHELL_H
#define TCPDRILL_BASE_SHELL_H

struct buf;

/** shell_add_word() - append a blank and @word so that a shell reads it as one word, all of it printable */
void shell_add_word(struct buf *out, const char *word);

#endif
