/* SPDX-License-Identifier: Apache-2.0 */
/* A shard with its newest checkpoint, whose signature was checked: what can be read and proved. One
 * thread; blocks. */
#pragma once

#include "audit/proof_file.h"
#include "audit/shard.h"

struct vs_audit_view {
	struct vs_audit_shard shard; /* its size is that of the checkpoint */
	struct vs_audit_meta meta;
	struct vs_audit_checkpoint checkpoint;
	struct vs_buf note; /* the checkpoint as it stands */
};

/* name NULL: the newest. vs_audit_view_done in any case. */
VS_RESULT vs_audit_view_open(const char *dir, const char *name, struct vs_audit_view *view);
void vs_audit_view_done(struct vs_audit_view *view);
/* Appends the proof file of entry n (C2SP tlog-proof), with the entry as its extra. OUT_OF_RANGE:
 * it is not below the checkpoint. */
VS_RESULT vs_audit_view_prove(struct vs_audit_view *view, uint64_t n, struct vs_buf *out);
