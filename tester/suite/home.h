/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TCPDRILL_SUITE_HOME_H
#define TCPDRILL_SUITE_HOME_H

struct arena;
struct suite_home;

/** suite_home_read() - its table of requirements, or what is wrong with that; neither: it has none */
void suite_home_read(struct arena *a, struct suite_home *h);

#endif
