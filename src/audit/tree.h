/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The Merkle tree of RFC 6962 2.1: hashes of entries and nodes, and the frontier, the few nodes
 * that are needed to append and to tell the root. No I/O, no allocation; any thread.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "crypto/digest.h"

#define VS_AUDIT_LEVELS     64    /* a size is 64 bits */
#define VS_AUDIT_ENTRY_SIZE 16384 /* bytes of one entry at most */

struct vs_audit_hash {
	uint8_t bytes[VS_SHA256_SIZE];
};

bool vs_audit_hash_equal(const struct vs_audit_hash *a, const struct vs_audit_hash *b);
/* SHA-256(0x00 entry). TOO_LONG past VS_AUDIT_ENTRY_SIZE. */
VS_RESULT vs_audit_hash_leaf(struct vs_bytes entry, struct vs_audit_hash *hash_out);
/* SHA-256(0x01 left right). hash_out may be one of them. */
VS_RESULT vs_audit_hash_node(const struct vs_audit_hash *left, const struct vs_audit_hash *right,
                             struct vs_audit_hash *hash_out);

/* The roots of the perfect subtrees that a tree of `size` entries is made of, left to right: that
 * of 2^i entries is in at[i] when bit i of size is set. */
struct vs_audit_frontier {
	uint64_t size;
	struct vs_audit_hash at[VS_AUDIT_LEVELS];
};

/* Hears of each node that becomes complete: `index` counts the nodes of its level from the left,
 * level 0 is the leaf itself. */
struct vs_audit_growth {
	void *self;
	vs_result (*grown)(void *self, unsigned level, uint64_t index,
	                   const struct vs_audit_hash *hash);
};

void vs_audit_frontier_init(struct vs_audit_frontier *frontier);
/* growth may be NULL. On failure the frontier is as it was. */
VS_RESULT vs_audit_frontier_append(struct vs_audit_frontier *frontier,
                                   const struct vs_audit_hash *leaf,
                                   const struct vs_audit_growth *growth);
/* Of no entry: SHA-256(""). */
VS_RESULT vs_audit_frontier_root(const struct vs_audit_frontier *frontier,
                                 struct vs_audit_hash *root_out);
