/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The store: SQLite behind the ports of core, one writer thread with group commit, readers beside
 * it.
 *
 * What is committed has survived the process and the machine (WAL, synchronous=FULL). A message
 * that came twice is stored once: transaction events by (station, transaction, seqNo), the rest by
 * message_hash over a window that is loaded again at start, and of several nodes by once.h.
 */
#pragma once

#include "core/ports.h"

struct vs_store;
struct vs_store_pg_place;

struct vs_store_options {
	const char *path; /* the database file; made with mode 0600 when absent */
	const struct vs_store_pg_place *postgres; /* not NULL: there, not in a file */
	/* Records of one commit that came from `origin`, in order of submission, with outcome and
	 * was_duplicate set. Called in the writer's thread; ownership of the list moves to the
	 * callee. */
	void (*committed)(void *arg, uint8_t origin, struct vs_core_record *list);
	void *committed_arg;
	uint32_t commit_interval_ms; /* 0: 25; a batch waits at most this long, and not at all when
	                              * a record is AFTER_COMMIT and nothing else is coming */
	struct vs_port_seal seal;    /* of the columns of sealed.def */
	const char *keystore;        /* whose keys `seal` uses (vs_keys_identity); NULL: any */
	bool is_strict;              /* seal meter values, too */
	/* May be NULL. A sealed value did not open: altered or moved; any thread. */
	void (*damaged)(void *arg, const char *tenant, const char *table, const char *column);
	/* May be NULL. Rows of an older file are being sealed, at open: so many of so many of this
	 * table; then, with table NULL, the file is written anew without the old ones. */
	void (*sealing)(void *arg, const char *table, int64_t done, int64_t count);
	/* Where records wait while PostgreSQL is away, and the key of that file; NULL: they fail.
	 */
	const char *spool;
	struct vs_port_spool_key spool_key;
	/* May be NULL. The first record went into the spool, or the last one left it; so many wait.
	 * The writer's thread: before the store is open, too. */
	void (*spooling)(void *arg, bool is_on, size_t count);
	/* NULL: always. Whether what other nodes changed is known here: while it is not, nothing is
	 * committed, for it might be sealed with a key that was replaced. Any thread. */
	bool (*is_current)(void *arg);
	void *is_current_arg;
	void *watch_arg; /* of these */
};

/* CONFIG: the file is not ours, of a newer version, or sealed with the keys of another keystore.
 * *reason says what is wrong, for a person. */
VS_RESULT vs_store_open(const struct vs_store_options *options, char *reason, size_t reason_size,
                        struct vs_store **store_out);
void
vs_store_close(struct vs_store **store); /* commits what is queued, checkpoints, joins the writer */
struct vs_port_writer vs_store_writer(struct vs_store *store);
struct vs_port_reader vs_store_reader(struct vs_store *store);

/* A 16-byte key of this installation for message hashes, made at first start. */
void vs_store_hash_key(const struct vs_store *store, uint8_t key_out[static 16]);
/* A 32-byte key that all nodes of this installation share (bus/seal.h), likewise; false: it is a
 * file, there is one node. */
bool vs_store_bus_key(const struct vs_store *store, uint8_t key_out[static 32]);

/* Moves what was sealed with this data key to the current one of the same subject: a part of it for
 * each call, from *cursor (0: the start) on. Blocking; any thread but the writer's. The caller has
 * made sure before the first call that nobody seals with it any more. */
VS_RESULT vs_store_reencrypt_step(struct vs_store *store, const char *tenant, uint32_t dek_id,
                                  size_t limit, int64_t *cursor, size_t *count_out,
                                  bool *is_over_out);

/* Run this in the writer's thread, between two groups, and wait for it. Any other thread. */
struct vs_store_db;
VS_RESULT vs_store_do(struct vs_store *store, vs_result (*run)(struct vs_store_db *db, void *arg),
                      void *arg);
