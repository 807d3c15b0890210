/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a list of records is about, read from PostgreSQL at once before the first of them is
 * written: a question for each record would be a way over the network for each. SQLite is asked
 * when it is needed.
 *
 * The transactions that are read stay locked until the commit, so that what is folded from them is
 * still true then.
 */
#pragma once

#include "base/limits.h"
#include "store/many.h"
#include "store/recent.h"
#include "store/tx_fold.h"

#define VS_STORE_AHEAD_SLOTS 16384u /* a power of two, twice a batch or more */

struct vs_store_ahead_tx {
	const struct vs_core_record *record; /* the last of its events so far */
	struct vs_store_tx tx;
	int64_t id;     /* 0: it is not stored, nor begun in this list */
	int64_t before; /* events that it has in its row */
	bool is_stored, is_changed, is_token_new;
};

struct vs_store_ahead {
	struct vs_store_ahead_tx txs[VS_LIMIT_STORE_BATCH];
	size_t tx_count;
	uint16_t tx_slots[VS_STORE_AHEAD_SLOTS]; /* 1 + index; 0: free */
	/* Of the events, in the order of the list: whether it is stored, and which are not. */
	bool is_known[VS_LIMIT_STORE_BATCH];
	struct vs_store_ahead_seq {
		size_t tx;
		int64_t seq_no;
	} seqs[VS_LIMIT_STORE_BATCH];
	size_t tx_of[VS_LIMIT_STORE_BATCH]; /* the transaction of each */
	size_t event_count, next, seq_count;
	uint16_t seq_slots[VS_STORE_AHEAD_SLOTS];
	/* Events that have joined and are not sealed yet. */
	struct vs_store_ahead_event {
		const struct vs_core_record *record;
		int64_t tx; /* its number */
	} held[VS_LIMIT_STORE_BATCH];
	size_t held_count;
	struct vs_store_many wanted_txs, wanted_events;
	/* What is written at once. */
	struct vs_store_many meter_values, events, new_txs, saved_txs, numbers;
	struct vs_store_many messages; /* once.h, as the hashes that were asked for */
	uint64_t asked[VS_LIMIT_STORE_BATCH];
	size_t asked_count;
	struct vs_store_recent *recent;
	struct vs_buf tenants;
	const char *names[VS_STORE_AHEAD_SLOTS]; /* those in it */
	int64_t parts_until_ms;
};

VS_RESULT vs_store_ahead_new(struct vs_store_ahead **ahead_out);
void vs_store_ahead_free(struct vs_store_ahead **ahead);

/* Before the transaction: the parts of tables that its time needs, and the tenants that it is
 * about. *tenants_out is borrowed until the next call. */
VS_RESULT vs_store_ahead_begin(struct vs_store_ahead *ahead, struct vs_store_db *db,
                               const struct vs_core_record *list, const char **tenants_out);
/* Within it: at most `count` records of the list, which are borrowed until they are written. What
 * was not written of those before is forgotten. */
VS_RESULT vs_store_ahead_load(struct vs_store_ahead *ahead, struct vs_store_db *db,
                              const struct vs_core_record *list, size_t count);
/* What was loaded is committed, or (false) it is not: nothing of it is written, and all is asked
 * for anew. */
void vs_store_ahead_end(struct vs_store_ahead *ahead, bool is_committed);
/* The next event of the list: its transaction, and whether such an event is stored already or was
 * before it in the list. */
struct vs_store_ahead_tx *vs_store_ahead_next(struct vs_store_ahead *ahead,
                                              const struct vs_core_record *record,
                                              bool *is_known_out);
