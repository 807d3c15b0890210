/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What db.h does on PostgreSQL 15: libpq in pipeline mode. What a transaction runs is sent without
 * waiting for answers; the first question, or the commit, waits for all of them.
 *
 * Three kinds of connections, as on SQLite. The writer's holds a lock of the database for as long
 * as it lives: two daemons on one store would each believe that the other's stations are not
 * connected. Those that have names (place.node) share it, and each holds the lock of its name; they
 * hear of each other by store/feed.h, on a connection of its own. A reader's query is a transaction
 * that sees one tenant's rows. Schemas: voltseal, and voltseal_keys for the keystore.
 */
#pragma once

#include "store/db.h"

#define VS_STORE_PG_URL_SIZE 512u
#define VS_STORE_NODE_SIZE   33u

struct vs_store_pg_place {
	char url[VS_STORE_PG_URL_SIZE]; /* postgresql://user@host/name?sslmode=..., without password
	                                 */
	char password_file[256];        /* "": none is needed */
	bool is_credential;             /* systemd has put the file there, and guards it */
	bool is_production; /* refuses what is not verified, unless it is a Unix socket */
	char node[VS_STORE_NODE_SIZE]; /* letters, digits, - and _; "": the only daemon here */
};

/* CONFIG: not a URL, with a password in it, or (is_production) not verified. */
VS_RESULT vs_store_pg_place_check(const struct vs_store_pg_place *place, char *reason,
                                  size_t reason_size);

/* Does it take us? STORE_AWAY: nobody answers there, or a server that is not ready yet: it may be
 * asked again. IO: it answers, and refuses us. `reason` gets the words for a person. Blocking. */
VS_RESULT vs_store_pg_probe(const struct vs_store_pg_place *place, char *reason,
                            size_t reason_size);

/* As the functions of db.h. db->side is set. */
VS_RESULT vs_store_pg_open(struct vs_store_db *db, const struct vs_store_pg_place *place,
                           char *reason, size_t reason_size);
VS_RESULT vs_store_pg_prepare(struct vs_store_db *db, char *reason, size_t reason_size);
VS_RESULT vs_store_pg_migrate(struct vs_store_db *db, char *reason, size_t reason_size);
void vs_store_pg_close(struct vs_store_db *db);
/* The name in its place; "" when it is alone. */
const char *vs_store_pg_node(const struct vs_store_db *db);
/* The connection is lost: what is asked of it fails with IO until it is made anew. */
bool vs_store_pg_is_lost(const struct vs_store_db *db);
/* A lost connection is made anew, at most once a second. IO: it is still lost. */
VS_RESULT vs_store_pg_revive(struct vs_store_db *db);

VS_RESULT vs_store_pg_bind(struct vs_store_db *db, enum vs_store_query query,
                           const struct vs_store_value *values, size_t count);
VS_RESULT vs_store_pg_next(struct vs_store_statement *statement, bool *has_row_out);
void vs_store_pg_reset(struct vs_store_statement *statement);
VS_RESULT vs_store_pg_run(struct vs_store_db *db, enum vs_store_query query,
                          const struct vs_store_value *values, size_t count);
VS_RESULT vs_store_pg_run_count(struct vs_store_db *db, enum vs_store_query query,
                                const struct vs_store_value *values, size_t count,
                                int64_t *changed_out);
void vs_store_pg_wait(struct vs_store_db *db, bool is_waiting);
void vs_store_pg_push(struct vs_store_db *db);
VS_RESULT vs_store_pg_begin(struct vs_store_db *db, const char *tenants);
VS_RESULT vs_store_pg_commit(struct vs_store_db *db);
void vs_store_pg_rollback(struct vs_store_db *db);

int64_t vs_store_pg_number(const struct vs_store_statement *statement, int column);
struct vs_bytes vs_store_pg_bytes(const struct vs_store_statement *statement, int column);
bool vs_store_pg_is_null(const struct vs_store_statement *statement, int column);
