/* SPDX-License-Identifier: Apache-2.0 */
#include "audit/tree.h"

#include <assert.h>
#include <string.h>

#define LEAF 0x00
#define NODE 0x01

bool
vs_audit_hash_equal(const struct vs_audit_hash *a, const struct vs_audit_hash *b)
{
	return vs_bytes_equal(vs_bytes_from(a->bytes, sizeof(a->bytes)),
	                      vs_bytes_from(b->bytes, sizeof(b->bytes)));
}

vs_result
vs_audit_hash_leaf(struct vs_bytes entry, struct vs_audit_hash *hash_out)
{
	uint8_t text[1 + VS_AUDIT_ENTRY_SIZE];

	if (entry.size > VS_AUDIT_ENTRY_SIZE)
		return VS_FAIL(TOO_LONG);
	text[0] = LEAF;
	if (entry.size > 0)
		memcpy(text + 1, entry.data, entry.size);
	return vs_crypto_sha256(vs_bytes_from(text, 1 + entry.size), hash_out->bytes);
}

vs_result
vs_audit_hash_node(const struct vs_audit_hash *left, const struct vs_audit_hash *right,
                   struct vs_audit_hash *hash_out)
{
	uint8_t text[1 + 2 * VS_SHA256_SIZE];

	text[0] = NODE;
	memcpy(text + 1, left->bytes, VS_SHA256_SIZE);
	memcpy(text + 1 + VS_SHA256_SIZE, right->bytes, VS_SHA256_SIZE);
	return vs_crypto_sha256(vs_bytes_from(text, sizeof(text)), hash_out->bytes);
}

void
vs_audit_frontier_init(struct vs_audit_frontier *frontier)
{
	assert(frontier != NULL);
	memset(frontier, 0, sizeof(*frontier));
}

static vs_result
tell(const struct vs_audit_growth *growth, unsigned level, uint64_t index,
     const struct vs_audit_hash *hash)
{
	return growth == NULL ? VS_OK : growth->grown(growth->self, level, index, hash);
}

vs_result
vs_audit_frontier_append(struct vs_audit_frontier *frontier, const struct vs_audit_hash *leaf,
                         const struct vs_audit_growth *growth)
{
	struct vs_audit_hash hash = *leaf;
	unsigned level = 0;

	if (frontier->size == UINT64_MAX)
		return VS_FAIL(TOO_LONG);
	VS_TRY(tell(growth, 0, frontier->size, &hash));
	/* As a carry runs through a binary counter. */
	while (((frontier->size >> level) & 1) == 1) {
		VS_TRY(vs_audit_hash_node(&frontier->at[level], &hash, &hash));
		level++;
		VS_TRY(tell(growth, level, frontier->size >> level, &hash));
	}
	frontier->at[level] = hash;
	frontier->size++;
	return VS_OK;
}

vs_result
vs_audit_frontier_root(const struct vs_audit_frontier *frontier, struct vs_audit_hash *root_out)
{
	struct vs_audit_hash root;
	bool is_first = true;

	assert(frontier != NULL && root_out != NULL);
	if (frontier->size == 0)
		return vs_crypto_sha256(vs_bytes_from(NULL, 0), root_out->bytes);
	for (unsigned level = 0; level < VS_AUDIT_LEVELS; level++) {
		if (((frontier->size >> level) & 1) == 0)
			continue;
		if (is_first)
			root = frontier->at[level];
		else
			VS_TRY(vs_audit_hash_node(&frontier->at[level], &root, &root));
		is_first = false;
	}
	*root_out = root;
	return VS_OK;
}
