/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the store remembers of the keystore, so that an older copy of it is noticed: how far its
 * audit records went, and what was erased. In the writer's thread (vs_store_do).
 */
#pragma once

#include "keys/keystore.h"
#include "store/db.h"

#define VS_STORE_PRINT_SIZE 192

struct vs_store_mark {
	int64_t audit_id; /* 0: nothing is remembered */
	/* Of that record: another history has another one. "restored": a backup was put back. */
	char audit_print[VS_STORE_PRINT_SIZE];
	int64_t tombstone_id; /* the last one of the keystore that is copied */
};

VS_RESULT vs_store_restore_mark(struct vs_store_db *db, struct vs_store_mark *mark_out);
/* All of them, in a stable order. *row returns false to stop. */
VS_RESULT vs_store_restore_each(struct vs_store_db *db,
                                bool (*row)(const struct vs_keystore_tombstone *, void *),
                                void *arg);
/* Every sensor device of every tenant. *row returns false to stop. */
VS_RESULT vs_store_restore_sensors(struct vs_store_db *db,
                                   bool (*row)(const char *tenant, const char *device, void *),
                                   void *arg);
/* How many readings it has taken since it was made: it only grows. */
VS_RESULT vs_store_restore_readings(struct vs_store_db *db, int64_t *count_out);
/* One transaction: these too (there already: as they are), and the mark. */
VS_RESULT vs_store_restore_keep(struct vs_store_db *db, const struct vs_store_mark *mark,
                                const struct vs_keystore_tombstone *stones, size_t count);
