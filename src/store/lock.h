/* SPDX-License-Identifier: Apache-2.0 */
/* One process for each database file: SQLite would let several in. */
#pragma once

#include <stddef.h>

#include "base/result.h"

/* Lock PATH.lock until the descriptor is closed or the process ends, however it ends. CONFIG: it is
 * held by another process, or cannot be opened; `reason` gets the words for a person. */
VS_RESULT vs_store_lock_take(const char *path, char *reason, size_t reason_size, int *fd_out);
