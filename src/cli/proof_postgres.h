/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What key proof looks at, out of PostgreSQL: of each sealed value of one owner the bytes that name
 * its key, and of the keystore what became of the keys. It is put into a database of SQLite in
 * memory, in the form of the files, so that one program judges both. Nothing is written there.
 */
#pragma once

#include <sqlite3.h>
#include <stdbool.h>
#include <stddef.h>

/* postgresql://... and not a file. */
bool vs_cli_proof_is_postgres(const char *place);
/* Into an empty database, with the keystore attached. database and keystore: URLs as libpq has
 * them (a password comes from PGPASSFILE or PGPASSWORD). false: `reason` says why. */
bool vs_cli_proof_postgres(sqlite3 *sqlite, const char *database, const char *keystore,
                           const char *tenant, const char *owner, char *reason, size_t reason_size);
