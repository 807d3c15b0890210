/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A whole log read and hashed again: every entry, every tile, every checkpoint that was signed, and
 * that the shards go on with one another. Needs the folder and, to trust it, one key. Reads only.
 */
#pragma once

#include "audit/shard.h"

enum vs_audit_verdict {
	VS_AUDIT_SOUND,
	VS_AUDIT_TAMPERED = 2, /* as the exit codes of the command */
	VS_AUDIT_MISSING = 3,
	VS_AUDIT_FORK = 4,
};

struct vs_audit_progress {
	void *self;
	/* Now and then. */
	void (*tell)(void *self, const char *shard, uint64_t done, uint64_t size);
};

struct vs_audit_finding {
	enum vs_audit_verdict verdict;
	char what[256]; /* the first bad record and what is wrong with it; "" */
	uint64_t entries, checkpoints, shards;
	uint64_t waiting;              /* entries of the write-ahead log, below no checkpoint yet */
	bool is_pinned;                /* the given key was that of a shard */
	char vkey[VS_AUDIT_VKEY_SIZE]; /* of the newest shard */
};

/* vkey: "" or that of one of the shards. known: "" or a checkpoint that was kept elsewhere; the log
 * must go on with it. Fails only when it cannot look. */
VS_RESULT vs_audit_verify(const char *dir, const char *vkey, struct vs_bytes known,
                          const struct vs_audit_progress *progress,
                          struct vs_audit_finding *finding_out);
