/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The audit log as it is written, by one process that owns the folder and the key. An entry is
 * acknowledged when it is in the write-ahead log and synced; it is in a tile and below a checkpoint
 * within a second. Never is a checkpoint signed that does not go on with the one before.
 *
 * One thread. After an error of the disk the log opens itself anew, at most once a second, and
 * refuses entries until that works.
 */
#pragma once

#include "audit/entry.h"
#include "audit/shard.h"

#define VS_AUDIT_PUBLISH_NS  INT64_C(1000000000)
#define VS_AUDIT_REASON_SIZE 256

/* Who has the private keys, and one place more that remembers the newest checkpoint. */
struct vs_audit_keeper {
	void *self;
	/* NOT_FOUND */
	vs_result (*find)(void *self, const uint8_t public[static 32], struct vs_pkey **key_out);
	vs_result (*make)(void *self, struct vs_pkey **key_out); /* kept when it returns OK */
	/* Every key but this one is destroyed. */
	vs_result (*keep)(void *self, const uint8_t public[static 32]);
	vs_result (*remember)(void *self, struct vs_bytes note);
	vs_result (*recall)(void *self, struct vs_buf *note); /* NOT_FOUND */
};

struct vs_audit_log_options {
	char dir[VS_PATH_SIZE];
	char name[64]; /* an origin is NAME/audit/SHARD */
	char node[64]; /* who writes, in the log's own entries */
	struct vs_audit_keeper keeper;
	bool is_fork_accepted;
};

enum vs_audit_state {
	VS_AUDIT_OK,
	VS_AUDIT_FORKED, /* what is on disk is not what was signed: a person must decide */
	VS_AUDIT_FAILED, /* it cannot be read or written now */
};

struct vs_audit_log_status {
	enum vs_audit_state state;
	char shard[VS_AUDIT_SHARD_SIZE];
	uint64_t size, published;
	char vkey[VS_AUDIT_VKEY_SIZE];
	char reason[VS_AUDIT_REASON_SIZE]; /* for a person; "" when all is well */
};

struct vs_audit_log;

/* A fork or a disk error is no failure: the log is there, its status says so, and it refuses
 * entries. */
VS_RESULT vs_audit_log_new(const struct vs_audit_log_options *options, int64_t now_ns,
                           struct vs_audit_log **log_out);
/* What is not published yet stays in the write-ahead log. */
void vs_audit_log_free(struct vs_audit_log **log);
void vs_audit_log_status(const struct vs_audit_log *log, struct vs_audit_log_status *status_out);

/* Lines without `n`; durable when it returns OK, all of them or none. *first_out is the place of
 * the first. BAD_MESSAGE: a line is not one; CONFLICT: a fork; IO and others: not written. */
VS_RESULT vs_audit_log_append(struct vs_audit_log *log, const struct vs_bytes *lines, size_t count,
                              int64_t now_ns, uint64_t *first_out);
/* When vs_audit_log_publish is due: INT64_MAX for never, else a time as now_ns. */
int64_t vs_audit_log_due_ns(const struct vs_audit_log *log);
/* Tiles and a checkpoint of all that was appended. */
VS_RESULT vs_audit_log_publish(struct vs_audit_log *log, int64_t now_ns);
