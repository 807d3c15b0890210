/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Several daemons ("nodes") at one PostgreSQL: what each of them keeps in memory and another one
 * has changed.
 *
 * Triggers write a row of `change` with each such change, in its transaction. A thread with a
 * connection of its own reads them every VS_STORE_FEED_MS, or when it is poked, from the xmin of
 * its last snapshot on: nothing that was on its way then is left out, however late it is committed,
 * and what is read twice is told once. It says in `node` that this one lives; it holds the lock of
 * the leader, who alone does what is to be done once for all (retention, jobs of the key service).
 *
 * A node that has not read for VS_STORE_FEED_CURRENT_MS is not current: it may let nobody in, for
 * who was revoked since it cannot know. One that was away for longer than rows are kept, or finds
 * too many, loads everything again.
 */
#pragma once

#include "core/access.h"
#include "store/postgres.h"

#define VS_STORE_FEED_MS         250
#define VS_STORE_FEED_CURRENT_MS 2000
#define VS_STORE_LEASE_MS        10000 /* a node that was not seen for so long has ended */

#define VS_STORE_CHANGE_SIZE 160

struct vs_store_change {
	char kind[24];
	char tenant[VS_CORE_TENANT_SIZE];
	char subject[VS_STORE_CHANGE_SIZE]; /* which row, as 0021_node.sql says */
};

struct vs_store_feed_options {
	const struct vs_store_pg_place *place; /* with a node */
	/* All in the feed's thread, which may wait for the store's readers. A failure is tried
	 * again. */
	vs_result (*changed)(void *arg, const struct vs_store_change *change);
	vs_result (*reload)(void *arg);
	/* After each reading, also one that brought nothing: what was told may have to be looked at
	 * once more. */
	vs_result (*settle)(void *arg);
	void *arg;
	const char *root_id; /* its current root KEK's; NULL: not told. Borrowed for _new */
};

struct vs_store_feed;

/* After the store was opened, before anything is loaded from it: from here on nothing is missed.
 * `reason` gets the words for a person. */
VS_RESULT vs_store_feed_new(const struct vs_store_feed_options *options, char *reason,
                            size_t reason_size, struct vs_store_feed **feed_out);
/* The thread; who is told is ready. */
VS_RESULT vs_store_feed_run(struct vs_store_feed *feed);
/* Ends the thread; says that this node has ended. It may still be asked, and is current. */
void vs_store_feed_halt(struct vs_store_feed *feed);
/* When nobody asks any more; halted or not. */
void vs_store_feed_free(struct vs_store_feed **feed);

/* Until each of the others that lives has read what is committed by now: then none of them uses
 * what was changed. TIMEOUT. Blocking; any thread but the writer's. */
struct vs_store;
VS_RESULT vs_store_nodes_wait(struct vs_store *store);

/* Whether each node that lives, this one too, has said that this root KEK is its current one.
 * ROOT_BEHIND: not node_out. Likewise. */
VS_RESULT vs_store_nodes_root(struct vs_store *store, const char *root_id,
                              char node_out[static VS_STORE_NODE_SIZE]);

/* Any thread. NULL: alone, so current, and the leader. */
void vs_store_feed_poke(struct vs_store_feed *feed);
bool vs_store_feed_is_current(const struct vs_store_feed *feed);
bool vs_store_feed_is_leader(const struct vs_store_feed *feed);
