/* SPDX-License-Identifier: Apache-2.0 */
/* What log.c, log_open.c, log_roll.c and log_publish.c share; not for other files. */
#pragma once

#include "audit/log.h"

#define VS_AUDIT_PENDING_SIZE ((size_t)64 << 20) /* appended, not published: published at once */
#define VS_AUDIT_PENDING_HIGH ((size_t)8 << 20)
#define VS_AUDIT_BULK         2048 /* entries: their files are synced together */

/* The tile that grows at a level: its hashes so far. */
struct vs_audit_rim {
	uint64_t index;
	unsigned width;
	bool is_changed; /* since its file was written */
	struct vs_audit_hash hashes[VS_AUDIT_TILE_WIDTH];
};

struct vs_audit_log {
	struct vs_audit_log_options options;
	enum vs_audit_state state;
	char reason[VS_AUDIT_REASON_SIZE];
	int64_t retry_ns;  /* when to open it anew */
	int64_t due_ns;    /* when to publish */
	bool is_accepting; /* the operator's word for a fork, good for one */

	struct vs_audit_shard shard;
	struct vs_audit_shard_name name;
	struct vs_audit_meta meta;
	struct vs_pkey *key;

	int wal_fd;
	uint64_t wal_size;     /* bytes of it that are whole and synced */
	struct vs_buf wal;     /* to be written */
	struct vs_buf pending; /* synced but not in a tile: a bundle */
	uint64_t size;         /* entries acknowledged */

	struct vs_audit_frontier frontier; /* of what is in tiles */
	struct vs_audit_rim rims[VS_AUDIT_TILE_LEVELS];
	struct vs_buf bundle; /* the one that grows */
	bool is_bulk;         /* of this publication: files are synced together */
	struct vs_buf note;   /* the newest checkpoint */
	uint64_t published;
};

/* Why it does not go on: state, reason, and the result to return. */
VS_RESULT vs_audit_log_fail(struct vs_audit_log *log, vs_result why, const char *what);
VS_RESULT vs_audit_log_fork(struct vs_audit_log *log, const char *what);

/* log_open.c: read what is there and check it. */
VS_RESULT vs_audit_log_load(struct vs_audit_log *log, int64_t now_ns);
VS_RESULT vs_audit_log_load_shard(struct vs_audit_log *log, const struct vs_audit_shard_name *name);
void vs_audit_log_unload(struct vs_audit_log *log);

/* log_roll.c: the next shard. */
VS_RESULT vs_audit_log_begin(struct vs_audit_log *log, const struct vs_audit_shard_name *name,
                             struct vs_pkey *key, bool is_fork, int64_t now_ns);
VS_RESULT vs_audit_log_roll(struct vs_audit_log *log, const struct vs_audit_shard_name *name,
                            int64_t now_ns);
/* Go on with a shard that was closed when the process ended. */
VS_RESULT vs_audit_log_resume(struct vs_audit_log *log, int64_t now_ns);

/* An entry of the log itself. */
VS_RESULT vs_audit_log_note(struct vs_audit_log *log, const struct vs_audit_entry *entry,
                            int64_t now_ns);
