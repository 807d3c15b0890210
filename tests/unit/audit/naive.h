/* SPDX-License-Identifier: Apache-2.0 */
/* RFC 6962 2.1 as it is written there, recursive, for comparison. */
#pragma once

#include "audit/prove.h"
#include "test.h"

#define NAIVE_MAX 1100

static struct vs_audit_hash naive_leaves[NAIVE_MAX];

static inline void
naive_fill(void)
{
	for (size_t i = 0; i < NAIVE_MAX; i++) {
		char text[32];

		(void)snprintf(text, sizeof(text), "entry %zu", i);
		CHECK_OK(vs_audit_hash_leaf(vs_bytes_from_text(text), &naive_leaves[i]));
	}
}

static inline size_t
naive_split(size_t n)
{
	size_t k = 1;

	while (2 * k < n)
		k *= 2;
	return k;
}

/* MTH(D[start:start+n]), n > 0 */
static inline struct vs_audit_hash
naive_root(size_t start, size_t n)
{
	struct vs_audit_hash left, right, node;
	size_t k;

	if (n == 1)
		return naive_leaves[start];
	k = naive_split(n);
	left = naive_root(start, k);
	right = naive_root(start + k, n - k);
	CHECK_OK(vs_audit_hash_node(&left, &right, &node));
	return node;
}

/* PATH(m, D[start:start+n]) */
static inline void
naive_path(size_t m, size_t start, size_t n, struct vs_audit_proof *proof)
{
	size_t k;

	if (n == 1)
		return;
	k = naive_split(n);
	if (m < k) {
		naive_path(m, start, k, proof);
		proof->hashes[proof->count++] = naive_root(start + k, n - k);
	} else {
		naive_path(m - k, start + k, n - k, proof);
		proof->hashes[proof->count++] = naive_root(start, k);
	}
}

/* SUBPROOF(m, D[start:start+n], b) */
static inline void
naive_subproof(size_t m, size_t start, size_t n, bool b, struct vs_audit_proof *proof)
{
	size_t k;

	if (m == n) {
		if (!b)
			proof->hashes[proof->count++] = naive_root(start, n);
		return;
	}
	k = naive_split(n);
	if (m <= k) {
		naive_subproof(m, start, k, b, proof);
		proof->hashes[proof->count++] = naive_root(start + k, n - k);
	} else {
		naive_subproof(m - k, start + k, n - k, false, proof);
		proof->hashes[proof->count++] = naive_root(start, k);
	}
}

/* Hashes as tiles would have them. */
static inline vs_result
naive_read(void *self, unsigned tile_level, uint64_t index, unsigned count,
           struct vs_audit_hash *hashes_out)
{
	size_t *size = self;

	for (unsigned i = 0; i < count; i++) {
		size_t width = (size_t)1 << (8 * tile_level);

		CHECK((index + i + 1) * width <= *size && index / 256 == (index + count - 1) / 256);
		hashes_out[i] = naive_root((index + i) * width, width);
	}
	return VS_OK;
}
