/* SPDX-License-Identifier: Apache-2.0 */
/* C strings in rooms of a fixed size. */
#pragma once

#include <stddef.h>

/* Into room[0..size), cut to size - 1 bytes when it is longer; NULL gives "". Who must know whether
 * it was cut asks vs_bytes_copy_text. */
void vs_text_copy(const char *text, char *room, size_t size);
