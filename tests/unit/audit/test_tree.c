/* SPDX-License-Identifier: Apache-2.0 */
#include "audit/tree.h"

#include "test.h"
#include "wire/base64.h"

/* The eight leaves and roots that implementations of RFC 6962 are tested with. */
static const struct {
	const char *leaf, *root;
} known[] = {
    {"", "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"},
    {"00", "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"},
    {"10", "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77"},
    {"2021", "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7"},
    {"3031", "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4"},
    {"40414243", "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef"},
    {"5051525354555657", "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c"},
    {"606162636465666768696a6b6c6d6e6f",
     "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"},
};

static void
check_root(const struct vs_audit_frontier *frontier, const char *wanted)
{
	struct vs_audit_hash root;
	char text[65];

	CHECK_OK(vs_audit_frontier_root(frontier, &root));
	(void)vs_hex_encode(vs_bytes_from(root.bytes, sizeof(root.bytes)), text, sizeof(text));
	CHECK(strcmp(text, wanted) == 0);
}

static void
known_answers(void)
{
	struct vs_audit_frontier frontier;

	vs_audit_frontier_init(&frontier);
	/* RFC 6962 2.1: the hash of an empty list is that of an empty string */
	check_root(&frontier, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		struct vs_audit_hash leaf;
		uint8_t entry[16];
		size_t size;

		CHECK_OK(
		    vs_hex_decode(vs_bytes_from_text(known[i].leaf), entry, sizeof(entry), &size));
		CHECK_OK(vs_audit_hash_leaf(vs_bytes_from(entry, size), &leaf));
		CHECK_OK(vs_audit_frontier_append(&frontier, &leaf, NULL));
		CHECK(frontier.size == i + 1);
		check_root(&frontier, known[i].root);
	}
}

static vs_result
count_growth(void *self, unsigned level, uint64_t index, const struct vs_audit_hash *hash)
{
	uint64_t *next = self;

	CHECK(level < 8 && index == next[level] && hash != NULL);
	next[level]++;
	return VS_OK;
}

static vs_result
fail_growth(void *self, unsigned level, uint64_t index, const struct vs_audit_hash *hash)
{
	(void)self, (void)index, (void)hash;
	return level == 1 ? VS_FAIL(IO) : VS_OK;
}

static void
growth_is_told(void)
{
	uint64_t next[8] = {0};
	struct vs_audit_growth growth = {next, count_growth};
	struct vs_audit_frontier frontier, before;
	struct vs_audit_hash leaf;

	CHECK_OK(vs_audit_hash_leaf(VS_BYTES_LITERAL("x"), &leaf));
	vs_audit_frontier_init(&frontier);
	for (int i = 0; i < 101; i++)
		CHECK_OK(vs_audit_frontier_append(&frontier, &leaf, &growth));
	for (unsigned level = 0; level < 8; level++)
		CHECK(next[level] == (uint64_t)101 >> level);
	before = frontier;
	growth.grown = fail_growth;
	CHECK_ERR(vs_audit_frontier_append(&frontier, &leaf, &growth), IO);
	CHECK(frontier.size == before.size);
	for (unsigned level = 0; level < 7; level++)
		CHECK(vs_audit_hash_equal(&frontier.at[level], &before.at[level]));
}

static void
limits(void)
{
	static uint8_t big[VS_AUDIT_ENTRY_SIZE + 1];
	struct vs_audit_hash hash;
	struct vs_audit_frontier frontier;

	CHECK_OK(vs_audit_hash_leaf(vs_bytes_from(big, VS_AUDIT_ENTRY_SIZE), &hash));
	CHECK_ERR(vs_audit_hash_leaf(vs_bytes_from(big, sizeof(big)), &hash), TOO_LONG);
	vs_audit_frontier_init(&frontier);
	frontier.size = UINT64_MAX;
	CHECK_ERR(vs_audit_frontier_append(&frontier, &hash, NULL), TOO_LONG);
}

int
main(void)
{
	CASE(known_answers);
	CASE(growth_is_told);
	CASE(limits);
	return 0;
}
