/* SPDX-License-Identifier: Apache-2.0 */
/* One record into the open transaction: which statements, with which of its members (writes.def).
 */
#pragma once

#include "core/record.h"
#include "store/db.h"
#include "store/dedup.h"
#include "store/reading_write.h"
#include "store/seal.h"

/* Counted in the table `total`, in the commit of what they count. */
enum vs_store_total {
	VS_STORE_TOTAL_boots,
	VS_STORE_TOTAL_statuses,
	VS_STORE_TOTAL_tx_events,
	VS_STORE_TOTAL_transactions,
	VS_STORE_TOTAL_meter_values,
	VS_STORE_TOTAL_events,
	VS_STORE_TOTAL_readings,
	VS_STORE_TOTAL_COUNT
};
const char *vs_store_total_name(enum vs_store_total total);

/* Rows of meter_values_add_together. */
#define VS_STORE_TOGETHER    16u
#define VS_STORE_HELD_VALUES 6u /* of meter_values_add */

/* Rows whose number is given here, one higher each time: it is within what is sealed in them, or is
 * needed before they are written. */
enum vs_store_id {
	VS_STORE_ID_EVENT,
	VS_STORE_ID_SESSION,
	VS_STORE_ID_METER_VALUES,
	VS_STORE_ID_READING,
	VS_STORE_ID_TX,
	VS_STORE_ID_COUNT
};

struct vs_store_ahead;

struct vs_store_batch {
	struct vs_store_db *db;
	struct vs_store_dedup *dedup;
	const struct vs_store_seal *seal;
	bool is_strict;                 /* meter values are sealed, too */
	bool is_shared;                 /* other nodes give numbers, too: numbers.h */
	struct vs_buf room;             /* sealed values of the record that is being written */
	int64_t ids[VS_STORE_ID_COUNT]; /* the last that was given */
	uint8_t token_index[VS_STORE_INDEX_SIZE];
	int64_t totals[VS_STORE_TOTAL_COUNT]; /* what this commit adds */
	/* Rows that have joined and are not written yet; they borrow from their records. */
	struct vs_store_value held[VS_STORE_TOGETHER * VS_STORE_HELD_VALUES];
	size_t held_count;        /* of values */
	uint64_t signer, message; /* signed_write.h: the number that was taken last; 0: none */
	struct vs_store_readings *readings; /* the same, of messages with readings */
	struct vs_store_ahead *ahead;       /* NULL on SQLite */
	const char *spool; /* where the records of the next commit lay, while moved is not 0 */
	int64_t moved;     /* the number of the last of them there */
};

/* dedup is the caller's, and set by it. Reads where the numbers of rows have got to. */
VS_RESULT vs_store_batch_init(struct vs_store_batch *batch, struct vs_store_db *db,
                              const struct vs_store_seal *seal, bool is_strict);
void vs_store_batch_done(struct vs_store_batch *batch);
/* Whose data key is needed to write it; NULL: none. Borrowed from the record. */
const char *vs_store_record_subject(const struct vs_core_record *record, bool is_strict);

/* Whose rows it is about. Borrowed from the record. */
const char *vs_store_record_tenant(const struct vs_core_record *record);

/* Before the first record of a transaction. */
void vs_store_batch_begin(struct vs_store_batch *batch);

/* Sets was_duplicate. CONFLICT, BAD_VALUE, FORBIDDEN: this record cannot be stored, some of its
 * statements may have run; IO, NO_MEMORY: the transaction is lost. The hash is in dedup when it
 * succeeds and was no duplicate. */
VS_RESULT vs_store_record_write(struct vs_store_batch *batch, struct vs_core_record *record);
/* The same for records that are stored or fail together: the rows of the hottest kind
 * (meter_values) are held back and written several with one statement, which takes
 * a quarter off what a row costs. After a failure of either the transaction must be rolled back and
 * all records joined before this one be unwritten; nothing is left for this one. */
VS_RESULT vs_store_record_join(struct vs_store_batch *batch, struct vs_core_record *record);
VS_RESULT vs_store_batch_flush(struct vs_store_batch *batch);
/* The record's transaction did not come through: it is as if it had never been written. */
void vs_store_record_unwrite(struct vs_store_batch *batch, struct vs_core_record *record);

/* What the batch has counted, into the open transaction. */
VS_RESULT vs_store_totals_write(struct vs_store_batch *batch);
/* Records come from other cores, cold. This walks some way ahead of what is written, so that they,
 * and where their hashes will be looked for, are there when they are needed. The next one. */
const struct vs_core_record *vs_store_record_expect(const struct vs_store_batch *batch,
                                                    const struct vs_core_record *ahead);
