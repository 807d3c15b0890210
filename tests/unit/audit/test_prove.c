/* SPDX-License-Identifier: Apache-2.0 */
#include "audit/prove.h"

#include "naive.h"
#include "test.h"

static bool
is_same(const struct vs_audit_proof *a, const struct vs_audit_proof *b)
{
	if (a->count != b->count)
		return false;
	for (size_t i = 0; i < a->count; i++) {
		if (!vs_audit_hash_equal(&a->hashes[i], &b->hashes[i]))
			return false;
	}
	return true;
}

static void
check_one_inclusion(size_t index, size_t size)
{
	struct vs_audit_hashes hashes = {&size, naive_read};
	struct vs_audit_proof proof, naive = {0};
	struct vs_audit_hash root = naive_root(0, size), *leaf = &naive_leaves[index];

	CHECK_OK(vs_audit_prove_inclusion(&hashes, index, size, &proof));
	naive_path(index, 0, size, &naive);
	CHECK(is_same(&proof, &naive));
	CHECK_OK(vs_audit_check_inclusion(leaf, index, size, &proof, &root));
	CHECK_ERR(
	    vs_audit_check_inclusion(&naive_leaves[NAIVE_MAX - 1], index, size, &proof, &root),
	    NOT_AUTHENTIC);
	if (index + 1 < size)
		CHECK_ERR(vs_audit_check_inclusion(leaf, index + 1, size, &proof, &root),
		          NOT_AUTHENTIC);
	proof.count++;
	CHECK_ERR(vs_audit_check_inclusion(leaf, index, size, &proof, &root), NOT_AUTHENTIC);
	proof.count--;
	if (proof.count == 0)
		return;
	proof.hashes[proof.count / 2].bytes[5] ^= 1;
	CHECK_ERR(vs_audit_check_inclusion(leaf, index, size, &proof, &root), NOT_AUTHENTIC);
	proof.hashes[proof.count / 2].bytes[5] ^= 1;
	proof.count--;
	CHECK_ERR(vs_audit_check_inclusion(leaf, index, size, &proof, &root), NOT_AUTHENTIC);
}

static void
inclusion(void)
{
	struct vs_audit_hashes hashes = {NULL, naive_read};
	struct vs_audit_proof proof;

	for (size_t size = 1; size <= 40; size++) {
		for (size_t index = 0; index < size; index++)
			check_one_inclusion(index, size);
	}
	for (size_t size = 250; size < 1050; size += 101) {
		check_one_inclusion(0, size);
		check_one_inclusion(size - 1, size);
		check_one_inclusion(size / 3, size);
	}
	CHECK_ERR(vs_audit_prove_inclusion(&hashes, 5, 5, &proof), OUT_OF_RANGE);
}

static void
check_one_consistency(size_t first, size_t second)
{
	struct vs_audit_hashes hashes = {&second, naive_read};
	struct vs_audit_hash first_root = naive_root(0, first), second_root = naive_root(0, second);
	struct vs_audit_proof proof, naive = {0};

	CHECK_OK(vs_audit_prove_consistency(&hashes, first, second, &proof));
	naive_subproof(first, 0, second, true, &naive);
	CHECK(is_same(&proof, &naive));
	CHECK_OK(vs_audit_check_consistency(first, &first_root, second, &second_root, &proof));
	if (first == second)
		return;
	CHECK_ERR(vs_audit_check_consistency(first, &second_root, second, &second_root, &proof),
	          NOT_AUTHENTIC);
	CHECK_ERR(vs_audit_check_consistency(first, &first_root, second, &first_root, &proof),
	          NOT_AUTHENTIC);
	CHECK_ERR(vs_audit_check_consistency(second, &second_root, first, &first_root, &proof),
	          NOT_AUTHENTIC);
	proof.hashes[proof.count - 1].bytes[0] ^= 0x80;
	CHECK_ERR(vs_audit_check_consistency(first, &first_root, second, &second_root, &proof),
	          NOT_AUTHENTIC);
	proof.count = 0;
	CHECK_ERR(vs_audit_check_consistency(first, &first_root, second, &second_root, &proof),
	          NOT_AUTHENTIC);
}

static void
consistency(void)
{
	struct vs_audit_hashes hashes = {NULL, naive_read};
	struct vs_audit_hash one = naive_root(0, 1), two = naive_root(0, 2);
	struct vs_audit_proof proof = {0};

	for (size_t second = 1; second <= 40; second++) {
		for (size_t first = 1; first <= second; first++)
			check_one_consistency(first, second);
	}
	check_one_consistency(256, 1000);
	check_one_consistency(511, 1025);
	check_one_consistency(1, 1024);
	CHECK_ERR(vs_audit_prove_consistency(&hashes, 0, 5, &proof), OUT_OF_RANGE);
	CHECK_ERR(vs_audit_prove_consistency(&hashes, 6, 5, &proof), OUT_OF_RANGE);
	CHECK_OK(vs_audit_check_consistency(0, &one, 2, &two, &proof));
	CHECK_ERR(vs_audit_check_consistency(1, &one, 1, &two, &proof), NOT_AUTHENTIC);
}

static void
frontiers(void)
{
	struct vs_audit_frontier grown, read;
	struct vs_audit_hash a, b;
	size_t size = 0;
	struct vs_audit_hashes hashes = {&size, naive_read};

	vs_audit_frontier_init(&grown);
	for (size_t i = 0; i < 1030; i++) {
		CHECK_OK(vs_audit_frontier_append(&grown, &naive_leaves[i], NULL));
		size = i + 1;
		if (i > 20 && i < 1000 && i % 97 != 0)
			continue;
		CHECK_OK(vs_audit_prove_frontier(&hashes, size, &read));
		CHECK(read.size == grown.size);
		CHECK_OK(vs_audit_frontier_root(&grown, &a));
		CHECK_OK(vs_audit_prove_root(&hashes, size, &b));
		CHECK(vs_audit_hash_equal(&a, &b));
		b = naive_root(0, size);
		CHECK(vs_audit_hash_equal(&a, &b));
	}
}

int
main(void)
{
	naive_fill();
	CASE(inclusion);
	CASE(consistency);
	CASE(frontiers);
	return 0;
}
