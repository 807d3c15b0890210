/* SPDX-License-Identifier: Apache-2.0 */
/* The inside of the keystore: what opening, changing and reading share. Not for other folders. */
#pragma once

#include <pthread.h>

#include "store/db.h"
#include "store/keystore.h"

struct vs_store_keystore {
	int lock_fd;
	pthread_mutex_t lock; /* of the connection */
	bool has_lock;
	struct vs_store_db db;
};

void vs_store_keystore_lock(struct vs_store_keystore *keystore);
void vs_store_keystore_unlock(struct vs_store_keystore *keystore);

/* keystore_apply.c */
vs_result vs_store_keystore_apply(void *self, struct vs_keystore_change *changes, size_t count,
                                  struct vs_keystore_audit *audits, size_t audit_count);
vs_result vs_store_keystore_used(void *self, int64_t key_id, int64_t seals, int64_t seq_floor);
vs_result vs_store_keystore_checkpoint(void *self);
vs_result vs_store_keystore_purge(void *self, int64_t at_ms, int64_t *count_out);
/* keystore_cert.c */
vs_result vs_store_keystore_cert_change(struct vs_store_db *db, struct vs_keystore_change *change,
                                        int64_t audit);
/* keystore_read.c */
void vs_store_keystore_readers(struct vs_keystore *port);
/* keystore_row.c: the columns of keystore_queries.def as rows. IO: the file holds what no program
 * wrote. */
vs_result vs_store_keystore_read_key(struct vs_store_statement *statement,
                                     struct vs_keystore_key *row);
vs_result vs_store_keystore_read_kek(struct vs_store_statement *statement,
                                     struct vs_keystore_kek *row);
vs_result vs_store_keystore_read_root(struct vs_store_statement *statement,
                                      struct vs_keystore_root *row);
vs_result vs_store_keystore_read_revocation(struct vs_store_statement *statement,
                                            struct vs_keystore_revocation *row);
void vs_store_keystore_read_tombstone(struct vs_store_statement *statement,
                                      struct vs_keystore_tombstone *row);
vs_result vs_store_keystore_read_job(struct vs_store_statement *statement,
                                     struct vs_keystore_job *row);
void vs_store_keystore_read_audit(struct vs_store_statement *statement,
                                  struct vs_keystore_audit *row);
