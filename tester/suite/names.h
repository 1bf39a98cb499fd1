/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TCPDRILL_SUITE_NAMES_H
#define TCPDRILL_SUITE_NAMES_H

struct arena;
struct suite;

/** suite_drop_doubles() - of scripts that are one file, leave the first */
void suite_drop_doubles(struct arena *a, struct suite *s);

/** suite_name_all() - the final names of scripts whose headers were read, and who has one that another
 * has, too */
void suite_name_all(struct arena *a, struct suite *s);

#endif
