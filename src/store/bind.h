/* SPDX-License-Identifier: Apache-2.0 */
/* A store stays with the keystore whose keys it is sealed with. */
#pragma once

#include "store/db.h"

/* The first time, the store is bound to this keystore (vs_keys_identity). CONFIG: it is bound to
 * another one; nothing was changed, `reason` gets the words for a person. `path` is for those. */
VS_RESULT vs_store_bind_keystore(struct vs_store_db *db, const char *path, const char *identity,
                                 char *reason, size_t reason_size);
