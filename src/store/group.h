/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A group of records on its way to the disk: into the database, or, while that is away, into the
 * spool of this machine (spool.h), from where it is moved when the database is back.
 *
 * While anything waits in the spool, what may be spooled goes behind it: the records of a station
 * reach the database in the order in which they were taken. What may not be spooled (records.def)
 * goes to the database, or fails. The writer's thread's alone.
 */
#pragma once

#include "store/prepare.h"
#include "store/record_write.h"
#include "store/spool.h"
#include "store/store.h"

struct vs_store_group {
	struct vs_store_batch batch;
	struct vs_store_db db;
	struct vs_store_seal seal;
	struct vs_store_prepare prepare;
	bool (*is_current)(void *arg); /* as of vs_store_options */
	void *is_current_arg;
	bool is_unsure; /* a connection was lost: its last commit came through, or not */
	struct vs_store_spool *spool; /* NULL: records fail while the database is away */
	void (*spooling)(void *arg, bool is_on, size_t count);
	void *spooling_arg;
	bool is_away;     /* the last try failed */
	bool is_marked;   /* what the database has of the spool is not in the spool any more */
	bool is_told;     /* that it began */
	uint64_t next_ms; /* when the database is tried again */
	size_t chunk;     /* records that are moved at once */
	struct vs_core_record *order[VS_LIMIT_STORE_BATCH], *spooled[VS_LIMIT_STORE_BATCH];
};

/* Ownership of *db moves on success (it is zero afterwards). */
VS_RESULT vs_store_group_init(struct vs_store_group *group, struct vs_store_db *db,
                              const struct vs_store_options *options,
                              const struct vs_store_seal *seal, char *reason, size_t reason_size);
void vs_store_group_done(struct vs_store_group *group);

/* At most VS_LIMIT_STORE_BATCH records; sets outcome and was_duplicate of each. */
void vs_store_group_commit(struct vs_store_group *group, struct vs_core_record *list,
                           bool is_sealing);
/* Something waits, or the database is away: call vs_store_group_move at next_ms. */
bool vs_store_group_is_behind(const struct vs_store_group *group);
/* Try the database, and move a part of what waits. */
void vs_store_group_move(struct vs_store_group *group);
/* Before the end: move what can be moved in some seconds. The rest stays in the file. */
void vs_store_group_end(struct vs_store_group *group);
