/* SPDX-License-Identifier: Apache-2.0 */
/* A value as it may be shown: objects and arrays as they are, of scalars only those of members
 * whose names are listed; the others are left out. What is not known is not shown. No I/O. */
#pragma once

#include "wire/json.h"

#define VS_JSON_LEFT_OUT "(left out)"

/* An item of an array goes by the name of its array. node NULL: null. */
void vs_json_write_shown(struct vs_json_writer *writer, const struct vs_json_tape *tape,
                         const struct vs_json_node *node, const char *const *names, size_t count);
