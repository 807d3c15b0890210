/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Proofs about the Merkle tree: that an entry is in it (RFC 6962 2.1.1), that a larger tree begins
 * with a smaller one (2.1.2), and their checks (RFC 9162 2.1.3.2 and 2.1.4.2). The hashes come from
 * whoever has the tiles. No I/O of its own, no allocation; any thread.
 */
#pragma once

#include "audit/tree.h"

#define VS_AUDIT_PROOF_HASHES 65 /* of one proof at most */

struct vs_audit_proof {
	size_t count;
	struct vs_audit_hash hashes[VS_AUDIT_PROOF_HASHES];
};

/* The nodes of the levels 0, 8, 16 ..: `count` of them from `index` on, all in one tile of 256. */
struct vs_audit_hashes {
	void *self;
	vs_result (*read)(void *self, unsigned tile_level, uint64_t index, unsigned count,
	                  struct vs_audit_hash *hashes_out);
};

/* What the frontier of a tree of `size` entries is. */
VS_RESULT vs_audit_prove_frontier(const struct vs_audit_hashes *hashes, uint64_t size,
                                  struct vs_audit_frontier *frontier_out);
VS_RESULT vs_audit_prove_root(const struct vs_audit_hashes *hashes, uint64_t size,
                              struct vs_audit_hash *root_out);
/* OUT_OF_RANGE: index is not below size. */
VS_RESULT vs_audit_prove_inclusion(const struct vs_audit_hashes *hashes, uint64_t index,
                                   uint64_t size, struct vs_audit_proof *proof_out);
/* OUT_OF_RANGE: the first size is 0 or above the second. */
VS_RESULT vs_audit_prove_consistency(const struct vs_audit_hashes *hashes, uint64_t first,
                                     uint64_t second, struct vs_audit_proof *proof_out);

/* NOT_AUTHENTIC: it is no such proof. */
VS_RESULT vs_audit_check_inclusion(const struct vs_audit_hash *leaf, uint64_t index, uint64_t size,
                                   const struct vs_audit_proof *proof,
                                   const struct vs_audit_hash *root);
/* A tree of no entry is the beginning of every tree: its proof is empty. */
VS_RESULT vs_audit_check_consistency(uint64_t first, const struct vs_audit_hash *first_root,
                                     uint64_t second, const struct vs_audit_hash *second_root,
                                     const struct vs_audit_proof *proof);
