/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Records that wait for the database: a SQLite file of this machine (WAL, synchronous=FULL), each
 * record sealed under the spool's own key (core/ports.h), in the order they were taken.
 *
 * A number is given once in the life of the file. How far its records were moved is a row of the
 * database, in the transaction that moved them (spool_mark): whatever ends between that and the
 * removal here, none is moved twice. The writer's thread's alone.
 */
#pragma once

#include "core/ports.h"

#define VS_STORE_SPOOL_ID_SIZE 33

struct vs_store_spool;

/* Made with mode 0600 when absent. CONFIG: another program's file, of a newer program, or with
 * records and without their key; reason says it for a person. */
VS_RESULT vs_store_spool_open(const char *path, const struct vs_port_spool_key *key, char *reason,
                              size_t reason_size, struct vs_store_spool **spool_out);
void vs_store_spool_close(struct vs_store_spool **spool);

const char *vs_store_spool_id(const struct vs_store_spool *spool); /* of the file, for good */
size_t vs_store_spool_count(const struct vs_store_spool *spool);

/* All of them, on disk when it returns, or none. BUSY: it is full. */
VS_RESULT vs_store_spool_add(struct vs_store_spool *spool, struct vs_core_record *const *records,
                             size_t count);
/* The first ones, at most so many and some MiB, as an owned list; *last_out: the number of the last
 * one. NOT_FOUND: it is empty. NOT_AUTHENTIC, BAD_MESSAGE: the first one cannot be read. */
VS_RESULT vs_store_spool_read(struct vs_store_spool *spool, size_t count_max,
                              struct vs_core_record **list_out, int64_t *last_out);
/* Up to this number: they are in the database. */
VS_RESULT vs_store_spool_remove(struct vs_store_spool *spool, int64_t last);
/* The first one is not for the database: put aside, where it stays, sealed. */
VS_RESULT vs_store_spool_refuse(struct vs_store_spool *spool, enum vs_err why);
