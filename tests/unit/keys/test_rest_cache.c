/* SPDX-License-Identifier: Apache-2.0 */
#include "keys/rest_cache.h"

#include "base/limits.h"
#include "test.h"

#define AGE_MS 100000

static struct vs_rest_cache *cache;

static struct vs_rest_name
open_name(uint32_t dek_id)
{
	struct vs_rest_name name;

	CHECK_OK(vs_rest_name_open(&name, "default", dek_id));
	return name;
}

static void
keep(uint32_t dek_id)
{
	struct vs_rest_name name = open_name(dek_id);
	struct vs_rest_context *context = NULL;
	uint8_t key[VS_KEYS_KEY_SIZE] = {1};

	CHECK(!vs_rest_cache_find(cache, &name, &context));
	CHECK_OK(vs_rest_context_key(context, &name, dek_id, key, AGE_MS));
}

static bool
has(uint32_t dek_id)
{
	struct vs_rest_name name = open_name(dek_id);
	struct vs_rest_context *context = NULL;

	if (!vs_rest_cache_find(cache, &name, &context))
		return false;
	CHECK(context->dek_id == dek_id && context->aead != NULL);
	return true;
}

static void
finds_what_it_keeps_until_it_is_too_old_or_forgotten(void)
{
	struct vs_rest_name name = open_name(3);
	struct vs_rest_context *context = NULL;
	uint8_t key[VS_KEYS_KEY_SIZE] = {1};

	CHECK_OK(vs_rest_cache_new(&cache));
	CHECK(!has(1));
	keep(1);
	keep(2);
	CHECK(has(1) && has(2) && !has(3));
	CHECK(!vs_rest_cache_find(cache, &name, &context));
	CHECK_OK(vs_rest_context_key(context, &name, 3, key, 0)); /* over at once */
	CHECK(!has(3) && has(1));
	vs_rest_cache_forget(cache);
	CHECK(!has(1) && !has(2));
	vs_rest_cache_free(&cache);
	CHECK(cache == NULL);
	vs_rest_cache_free(&cache);
}

static void
is_bounded_and_keeps_what_is_used(void)
{
	uint32_t kept = 0;

	CHECK_OK(vs_rest_cache_new(&cache));
	for (uint32_t i = 1; i <= 3 * VS_LIMIT_REST_CONTEXTS; i++) {
		keep(i);
		CHECK(has(i));
		CHECK(i == 1 || has(1) || i > 4); /* a set holds four */
	}
	for (uint32_t i = 1; i <= 3 * VS_LIMIT_REST_CONTEXTS; i++)
		kept += has(i);
	CHECK(kept <= VS_LIMIT_REST_CONTEXTS && kept > VS_LIMIT_REST_CONTEXTS / 2);
	vs_rest_cache_free(&cache);
}

static uint32_t
month(int64_t at_ms)
{
	struct vs_rest_name name;

	CHECK_OK(vs_rest_name_seal(&name, "default", "CS1", at_ms));
	return name.number;
}

static void
a_name_is_of_one_month(void)
{
	struct vs_rest_name name;
	char text[200];

	CHECK(month(0) == 1970 * 12);
	CHECK(month(INT64_C(1763735656000)) == 2025 * 12 + 10); /* 2025-11-21 */
	CHECK(month(INT64_C(1764547199999)) == 2025 * 12 + 10); /* its last millisecond */
	CHECK(month(INT64_C(1764547200000)) == 2025 * 12 + 11);
	CHECK(month(INT64_C(1767225599999)) == 2025 * 12 + 11);
	CHECK(month(INT64_C(1767225600000)) == 2026 * 12);
	CHECK(month(INT64_C(1709164800000)) == 2024 * 12 + 1); /* 29 February */
	CHECK(month(INT64_C(1709251200000)) == 2024 * 12 + 2);
	CHECK(month(-5) == 1970 * 12); /* a clock that was never set */
	memset(text, 'x', sizeof(text));
	text[sizeof(text) - 1] = '\0';
	CHECK_ERR(vs_rest_name_seal(&name, "default", text, 0), TOO_LONG);
	CHECK_ERR(vs_rest_name_seal(&name, text, "CS1", 0), TOO_LONG);
	CHECK_ERR(vs_rest_name_open(&name, text, 1), TOO_LONG);
}

static void
keeps_index_keys_of_a_few_tenants(void)
{
	static const char *const tenants[] = {"a", "b", "c", "d", "e"};
	uint8_t *key = NULL;

	CHECK_OK(vs_rest_cache_new(&cache));
	for (size_t i = 0; i < 5; i++) {
		CHECK(!vs_rest_cache_index(cache, tenants[i], &key));
		memset(key, (int)i, VS_KEYS_KEY_SIZE);
		vs_rest_cache_index_set(cache, tenants[i], AGE_MS);
		CHECK(vs_rest_cache_index(cache, tenants[i], &key) && key[31] == i);
	}
	CHECK(vs_rest_cache_index(cache, "b", &key) && key[0] == 1);
	CHECK(!vs_rest_cache_index(cache, "a", &key)); /* the fifth has its place */
	vs_rest_cache_forget(cache);
	CHECK(!vs_rest_cache_index(cache, "e", &key) && key[0] == 0);
	vs_rest_cache_free(&cache);
}

static void
no_nonce_comes_twice(void)
{
	uint8_t nonces[500][VS_AEAD_NONCE_SIZE];

	CHECK_OK(vs_rest_cache_new(&cache));
	for (size_t i = 0; i < 500; i++) {
		vs_rest_cache_nonce(cache, nonces[i]);
		for (size_t k = 0; k < i; k++)
			CHECK(memcmp(nonces[i], nonces[k], VS_AEAD_NONCE_SIZE) != 0);
	}
	vs_rest_cache_free(&cache);
}

int
main(void)
{
	CASE(finds_what_it_keeps_until_it_is_too_old_or_forgotten);
	CASE(is_bounded_and_keeps_what_is_used);
	CASE(a_name_is_of_one_month);
	CASE(keeps_index_keys_of_a_few_tenants);
	CASE(no_nonce_comes_twice);
	return 0;
}
