/* SPDX-License-Identifier: Apache-2.0 */
#include "audit/prove.h"

#include <assert.h>

#define TILE_BITS 8
#define TILE_HALF (1u << (TILE_BITS - 1))

/* The root of the perfect subtree number `index` of a level. */
static vs_result
subtree(const struct vs_audit_hashes *hashes, unsigned level, uint64_t index,
        struct vs_audit_hash *hash_out)
{
	struct vs_audit_hash nodes[TILE_HALF];
	unsigned above = level % TILE_BITS, count = 1u << above;

	VS_TRY(hashes->read(hashes->self, level / TILE_BITS, index << above, count, nodes));
	for (; count > 1; count /= 2) {
		for (unsigned i = 0; i < count / 2; i++)
			VS_TRY(vs_audit_hash_node(&nodes[2 * i], &nodes[2 * i + 1], &nodes[i]));
	}
	*hash_out = nodes[0];
	return VS_OK;
}

/* The root of `count` entries from `start` on, which is a multiple of a power of two that is not
 * below count: a part of a tree as RFC 6962 splits it. */
static vs_result
range(const struct vs_audit_hashes *hashes, uint64_t start, uint64_t count,
      struct vs_audit_hash *hash_out)
{
	struct vs_audit_hash root, node;
	bool is_first = true;

	for (unsigned level = 0; level < VS_AUDIT_LEVELS; level++) {
		uint64_t end;

		if (((count >> level) & 1) == 0)
			continue;
		end = (start >> level) + (count >> level);
		VS_TRY(subtree(hashes, level, end - 1, &node));
		if (is_first)
			root = node;
		else
			VS_TRY(vs_audit_hash_node(&node, &root, &root));
		is_first = false;
	}
	if (is_first)
		return VS_FAIL(OUT_OF_RANGE);
	*hash_out = root;
	return VS_OK;
}

vs_result
vs_audit_prove_frontier(const struct vs_audit_hashes *hashes, uint64_t size,
                        struct vs_audit_frontier *frontier_out)
{
	struct vs_audit_frontier frontier;

	assert(hashes != NULL && frontier_out != NULL);
	vs_audit_frontier_init(&frontier);
	frontier.size = size;
	for (unsigned level = 0; level < VS_AUDIT_LEVELS; level++) {
		if (((size >> level) & 1) == 1)
			VS_TRY(subtree(hashes, level, (size >> level) - 1, &frontier.at[level]));
	}
	*frontier_out = frontier;
	return VS_OK;
}

vs_result
vs_audit_prove_root(const struct vs_audit_hashes *hashes, uint64_t size,
                    struct vs_audit_hash *root_out)
{
	struct vs_audit_frontier frontier;

	VS_TRY(vs_audit_prove_frontier(hashes, size, &frontier));
	return vs_audit_frontier_root(&frontier, root_out);
}

/* The largest power of two below n; n > 1. */
static uint64_t
split(uint64_t n)
{
	return (uint64_t)1 << (63 - __builtin_clzll(n - 1));
}

static void
reverse(struct vs_audit_proof *proof)
{
	for (size_t i = 0; i < proof->count / 2; i++) {
		struct vs_audit_hash hash = proof->hashes[i];

		proof->hashes[i] = proof->hashes[proof->count - 1 - i];
		proof->hashes[proof->count - 1 - i] = hash;
	}
}

/* Where a descent from the root stands: `count` entries from `start` on. */
struct part {
	uint64_t start, count;
};

/* Go down to the half with place `at` (counted from part->start), note the other one's root. */
static vs_result
descend(const struct vs_audit_hashes *hashes, struct part *part, bool is_left,
        struct vs_audit_proof *proof)
{
	uint64_t half = split(part->count);
	struct vs_audit_hash *sibling = &proof->hashes[proof->count];

	if (proof->count >= VS_AUDIT_PROOF_HASHES)
		return VS_FAIL(INTERNAL);
	if (is_left) {
		VS_TRY(range(hashes, part->start + half, part->count - half, sibling));
		part->count = half;
	} else {
		VS_TRY(range(hashes, part->start, half, sibling));
		part->start += half;
		part->count -= half;
	}
	proof->count++;
	return VS_OK;
}

vs_result
vs_audit_prove_inclusion(const struct vs_audit_hashes *hashes, uint64_t index, uint64_t size,
                         struct vs_audit_proof *proof_out)
{
	struct part part = {.count = size};
	struct vs_audit_proof proof = {0};

	assert(hashes != NULL && proof_out != NULL);
	if (index >= size)
		return VS_FAIL(OUT_OF_RANGE);
	while (part.count > 1)
		VS_TRY(descend(hashes, &part, index < part.start + split(part.count), &proof));
	reverse(&proof);
	*proof_out = proof;
	return VS_OK;
}

vs_result
vs_audit_prove_consistency(const struct vs_audit_hashes *hashes, uint64_t first, uint64_t second,
                           struct vs_audit_proof *proof_out)
{
	struct part part = {.count = second};
	struct vs_audit_proof proof = {0};

	assert(hashes != NULL && proof_out != NULL);
	if (first == 0 || first > second)
		return VS_FAIL(OUT_OF_RANGE);
	while (part.start + part.count != first)
		VS_TRY(descend(hashes, &part, first <= part.start + split(part.count), &proof));
	/* The checker knows the root of the smaller tree when that is what is left. */
	if (part.start != 0) {
		if (proof.count >= VS_AUDIT_PROOF_HASHES)
			return VS_FAIL(INTERNAL);
		VS_TRY(range(hashes, part.start, part.count, &proof.hashes[proof.count]));
		proof.count++;
	}
	reverse(&proof);
	*proof_out = proof;
	return VS_OK;
}

/* --- checks ---------------------------------------------------------------------------------- */

vs_result
vs_audit_check_inclusion(const struct vs_audit_hash *leaf, uint64_t index, uint64_t size,
                         const struct vs_audit_proof *proof, const struct vs_audit_hash *root)
{
	struct vs_audit_hash hash = *leaf;
	uint64_t node = index, last = size - 1;

	if (index >= size)
		return VS_FAIL(NOT_AUTHENTIC);
	for (size_t i = 0; i < proof->count; i++) {
		const struct vs_audit_hash *sibling = &proof->hashes[i];

		if (last == 0)
			return VS_FAIL(NOT_AUTHENTIC);
		if ((node & 1) == 1 || node == last) {
			VS_TRY(vs_audit_hash_node(sibling, &hash, &hash));
			while ((node & 1) == 0 && node != 0) {
				node >>= 1;
				last >>= 1;
			}
		} else {
			VS_TRY(vs_audit_hash_node(&hash, sibling, &hash));
		}
		node >>= 1;
		last >>= 1;
	}
	return last == 0 && vs_audit_hash_equal(&hash, root) ? VS_OK : VS_FAIL(NOT_AUTHENTIC);
}

/* Both roots at once, from the hashes after the first: RFC 9162 2.1.4.2, steps 5 and 6. */
static vs_result
climb(uint64_t node, uint64_t last, const struct vs_audit_hash *from,
      const struct vs_audit_hash *hashes, size_t count, struct vs_audit_hash roots_out[static 2])
{
	roots_out[0] = *from;
	roots_out[1] = *from;
	for (size_t i = 0; i < count; i++) {
		if (last == 0)
			return VS_FAIL(NOT_AUTHENTIC);
		if ((node & 1) == 1 || node == last) {
			VS_TRY(vs_audit_hash_node(&hashes[i], &roots_out[0], &roots_out[0]));
			VS_TRY(vs_audit_hash_node(&hashes[i], &roots_out[1], &roots_out[1]));
			while ((node & 1) == 0 && node != 0) {
				node >>= 1;
				last >>= 1;
			}
		} else {
			VS_TRY(vs_audit_hash_node(&roots_out[1], &hashes[i], &roots_out[1]));
		}
		node >>= 1;
		last >>= 1;
	}
	return last == 0 ? VS_OK : VS_FAIL(NOT_AUTHENTIC);
}

vs_result
vs_audit_check_consistency(uint64_t first, const struct vs_audit_hash *first_root, uint64_t second,
                           const struct vs_audit_hash *second_root,
                           const struct vs_audit_proof *proof)
{
	const struct vs_audit_hash *hashes = proof->hashes;
	struct vs_audit_hash roots[2];
	const struct vs_audit_hash *from = first_root;
	uint64_t node = first - 1, last = second - 1;
	size_t count = proof->count;

	if (first > second)
		return VS_FAIL(NOT_AUTHENTIC);
	if (first == 0 || first == second)
		return count == 0 && (first == 0 || vs_audit_hash_equal(first_root, second_root))
		           ? VS_OK
		           : VS_FAIL(NOT_AUTHENTIC);
	while ((node & 1) == 1) {
		node >>= 1;
		last >>= 1;
	}
	/* A power of two is a subtree of the larger tree: its root is not in the proof. */
	if ((first & (first - 1)) != 0) {
		if (count == 0)
			return VS_FAIL(NOT_AUTHENTIC);
		from = hashes++;
		count--;
	}
	VS_TRY(climb(node, last, from, hashes, count, roots));
	return vs_audit_hash_equal(&roots[0], first_root) &&
	               vs_audit_hash_equal(&roots[1], second_root)
	           ? VS_OK
	           : VS_FAIL(NOT_AUTHENTIC);
}
