/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The port of keys/keystore.h: keystore.db, a SQLite file of its own, so that it can have a backup
 * policy of its own (WAL, synchronous=FULL, secure_delete), or a schema of PostgreSQL. One
 * connection, one caller at a time.
 */
#pragma once

#include "keys/keystore.h"
#include "store/db.h"

struct vs_store_keystore;

/* Makes the file (0600) when it is absent. CONFIG: not a keystore, or of a newer program, or open
 * in another process; IO. `reason` gets the words for a person. */
VS_RESULT vs_store_keystore_open(const struct vs_store_place *place, char *reason,
                                 size_t reason_size, struct vs_store_keystore **keystore_out);
void vs_store_keystore_close(struct vs_store_keystore **keystore);
/* Borrows the keystore. Any thread, blocking. */
struct vs_keystore vs_store_keystore_port(struct vs_store_keystore *keystore);
struct vs_certstore vs_store_keystore_certs(struct vs_store_keystore *keystore);
