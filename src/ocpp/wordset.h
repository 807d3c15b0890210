/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Part of two programs of the build, tablegen and wordgen: a set of words with a hash without
 * collisions, written as C.
 */
#pragma once

#include "ocpp/table.h"

#define VS_OCPP_WORDS_MAX 255

/* Say what is wrong with the rows and end the build. */
_Noreturn void vs_ocpp_rows_stop(const char *where, const char *what);

/* Write the words, their slots and, as the last line of an initialiser, `prefix`_SET. */
void vs_ocpp_words_write(const char *prefix, const char *const *texts, const unsigned *ids,
                         size_t count);
