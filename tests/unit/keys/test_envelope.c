/* SPDX-License-Identifier: Apache-2.0 */
#include "keys/envelope.h"

#include "test.h"

static const uint8_t parent[VS_KEYS_KEY_SIZE] = {1, 2, 3}, other[VS_KEYS_KEY_SIZE] = {1, 2, 4};
static const uint8_t key[VS_KEYS_KEY_SIZE] = {9, 8, 7};
static const struct vs_keys_envelope_name name = {"device/field", "acme", "CS-0001", 5};

static void
there_and_back(void)
{
	struct vs_keys_wrapped wrapped, twice;
	uint8_t again[VS_KEYS_KEY_SIZE];

	CHECK_OK(vs_keys_envelope_wrap(parent, &name, key, &wrapped));
	CHECK(wrapped.size == 62 && wrapped.data[0] == 0xE1 && wrapped.data[1] == 0x01);
	CHECK_OK(vs_keys_envelope_unwrap(parent, &name, &wrapped, again));
	CHECK(memcmp(again, key, sizeof(key)) == 0);
	CHECK_OK(vs_keys_envelope_wrap(parent, &name, key, &twice)); /* a nonce of its own */
	CHECK(memcmp(wrapped.data + 2, twice.data + 2, 12) != 0);
	CHECK(memcmp(wrapped.data + 14, twice.data + 14, 48) != 0);
}

static void
nothing_else_opens_it(void)
{
	const struct vs_keys_envelope_name wrong[] = {
	    {"device/prov", "acme", "CS-0001", 5},
	    {"device/field", "acm", "eCS-0001", 5}, /* the same letters, cut elsewhere */
	    {"device/field", "acme", "CS-0002", 5},
	    {"device/field", "acme", "CS-0001", 6},
	};
	struct vs_keys_wrapped wrapped, bad;
	uint8_t again[VS_KEYS_KEY_SIZE] = {0x55};

	CHECK_OK(vs_keys_envelope_wrap(parent, &name, key, &wrapped));
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		CHECK_ERR(vs_keys_envelope_unwrap(parent, &wrong[i], &wrapped, again),
		          NOT_AUTHENTIC);
	CHECK_ERR(vs_keys_envelope_unwrap(other, &name, &wrapped, again), NOT_AUTHENTIC);
	for (size_t bit = 0; bit < (size_t)wrapped.size * 8; bit++) {
		bad = wrapped;
		bad.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
		CHECK_ERR(vs_keys_envelope_unwrap(parent, &name, &bad, again), NOT_AUTHENTIC);
	}
	for (uint8_t size = 0; size < wrapped.size; size++) {
		bad = wrapped;
		bad.size = size;
		CHECK_ERR(vs_keys_envelope_unwrap(parent, &name, &bad, again), NOT_AUTHENTIC);
	}
	CHECK(again[0] == 0x55); /* untouched */
}

static void
secrets_of_any_size(void)
{
	uint8_t plain[300], wrapped[300 + VS_KEYS_ENVELOPE_SIZE], again[300];

	for (size_t size = 0; size <= sizeof(plain); size += 50) {
		memset(plain, (int)size, sizeof(plain));
		CHECK_OK(vs_keys_envelope_seal(parent, &name, vs_bytes_from(plain, size), wrapped));
		CHECK_OK(vs_keys_envelope_open(
		    parent, &name, vs_bytes_from(wrapped, size + VS_KEYS_ENVELOPE_SIZE), again));
		CHECK(memcmp(plain, again, size) == 0);
	}
	CHECK_ERR(vs_keys_envelope_open(parent, &name,
	                                vs_bytes_from(wrapped, VS_KEYS_ENVELOPE_SIZE - 1), again),
	          NOT_AUTHENTIC);
}

int
main(void)
{
	CASE(there_and_back);
	CASE(nothing_else_opens_it);
	CASE(secrets_of_any_size);
	return 0;
}
