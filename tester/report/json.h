/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TCPDRILL_REPORT_JSON_H
#define TCPDRILL_REPORT_JSON_H

#include <jansson.h>

/** json_text() - @text (NULL: empty) as JSON can hold it, see report/record.h: bad UTF-8 becomes \xNN */
json_t *json_text(const char *text);

#endif
