/* SPDX-License-Identifier: Apache-2.0 */
/* The file of the spool: made, checked, opened. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/result.h"

struct sqlite3;

/* Made with mode 0600 when absent. CONFIG, IO; `reason` gets the words for a person. */
VS_RESULT vs_store_spool_file_open(const char *path, char *reason, size_t reason_size,
                                   struct sqlite3 **sqlite_out);
/* One number. IO; CONFIG: it is no database. */
VS_RESULT vs_store_spool_ask(struct sqlite3 *sqlite, const char *sql, int64_t *number_out);
