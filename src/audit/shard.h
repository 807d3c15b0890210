/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The files of a shard, for reading: DIR/SHARD/{meta.json, checkpoint, checkpoints.log, wal,
 * tile/..}. A reader belongs to one thread; any process may read while the log is written.
 */
#pragma once

#include "audit/meta.h"
#include "audit/prove.h"
#include "audit/tile.h"
#include "base/file.h"

#define VS_AUDIT_SHARDS_MAX 4096

struct vs_audit_shard {
	char path[VS_PATH_SIZE];
	char name[VS_AUDIT_SHARD_SIZE];
	/* The tile of hashes and the bundle that were read last. */
	struct vs_buf hashes, bundle;
	struct vs_audit_tile hashes_tile, bundle_tile;
	uint64_t size; /* of the tree that proofs are about; the caller sets it */
};

/* The shards of a log, oldest first. names from calloc, freed by the caller with free. NOT_FOUND:
 * no folder. A folder without meta.json is none. */
VS_RESULT vs_audit_shards_list(const char *dir, struct vs_audit_shard_name **names_out,
                               size_t *count_out);

VS_RESULT vs_audit_shard_open(const char *dir, const char *name, struct vs_audit_shard *shard);
void vs_audit_shard_done(struct vs_audit_shard *shard);
/* NOT_FOUND, CONFIG. */
VS_RESULT vs_audit_shard_meta(const struct vs_audit_shard *shard, struct vs_audit_meta *meta_out);
/* A whole small file of the shard, appended. */
VS_RESULT vs_audit_shard_file(const struct vs_audit_shard *shard, const char *name,
                              struct vs_buf *content);
/* The latest checkpoint, its signature checked. note (may be NULL) gets it as it stands. */
VS_RESULT vs_audit_shard_checkpoint(const struct vs_audit_shard *shard,
                                    const struct vs_audit_vkey *vkey, struct vs_buf *note,
                                    struct vs_audit_checkpoint *checkpoint_out);
/* The first `width` hashes of a tile or the first `width` entries of a bundle, whatever width its
 * file has. A view until the next one is read. NOT_FOUND; BAD_MESSAGE: not as long as it should be.
 */
VS_RESULT vs_audit_shard_hashes(struct vs_audit_shard *shard, const struct vs_audit_tile *tile,
                                const struct vs_audit_hash **hashes_out);
VS_RESULT vs_audit_shard_bundle(struct vs_audit_shard *shard, const struct vs_audit_tile *tile,
                                struct vs_bytes *bundle_out);
/* One entry of the tree of shard->size. OUT_OF_RANGE. */
VS_RESULT vs_audit_shard_entry(struct vs_audit_shard *shard, uint64_t n,
                               struct vs_bytes *entry_out);
/* The hashes of the tree of shard->size, for proofs. */
struct vs_audit_hashes vs_audit_shard_reader(struct vs_audit_shard *shard);
