/* SPDX-License-Identifier: Apache-2.0 */
/* A vs_port_spool_key for tests: real sealing under a key that is kept in the test's memory. */
#pragma once

#include "base/random.h"
#include "core/ports.h"
#include "crypto/aead.h"
#include "test.h"

struct test_spool_key {
	uint8_t key[VS_AEAD_KEY_SIZE];
	bool has_key; /* as the file beside the spool */
	bool is_gone; /* the key process does not answer */
	unsigned made, forgotten;
};

static inline vs_result
test_spool_key_begin(void *self, bool has_rows)
{
	struct test_spool_key *key = self;

	if (key->is_gone)
		return VS_FAIL(CLOSED);
	if (key->has_key)
		return VS_OK;
	if (has_rows)
		return VS_FAIL(NOT_FOUND);
	vs_random_bytes(key->key, sizeof(key->key));
	key->has_key = true;
	key->made++;
	return VS_OK;
}

static inline vs_result
test_spool_key_do(struct test_spool_key *key, uint64_t number, struct vs_bytes in,
                  struct vs_buf *out, bool is_sealing)
{
	uint8_t nonce[VS_AEAD_NONCE_SIZE] = {0}, *room = NULL;
	struct vs_bytes aad = {nonce, sizeof(nonce)};
	struct vs_aead *aead = NULL;
	vs_result r;

	CHECK(key->has_key);
	memcpy(nonce, &number, sizeof(number)); /* a number has one text in a test */
	CHECK_OK(vs_aead_new(VS_AEAD_AES256GCM, key->key, &aead));
	CHECK_OK(vs_buf_reserve(out, in.size + VS_AEAD_TAG_SIZE, &room));
	if (is_sealing)
		r = vs_aead_seal(aead, nonce, aad, in, room);
	else if (in.size < VS_AEAD_TAG_SIZE)
		r = VS_FAIL(NOT_AUTHENTIC);
	else
		r = vs_aead_open(aead, nonce, aad, in, room);
	vs_aead_free(&aead);
	if (r.code == VS_E_OK)
		out->size += is_sealing ? in.size + VS_AEAD_TAG_SIZE : in.size - VS_AEAD_TAG_SIZE;
	return r;
}

static inline vs_result
test_spool_key_seal(void *self, uint64_t number, struct vs_bytes plain, struct vs_buf *sealed)
{
	return test_spool_key_do(self, number, plain, sealed, true);
}

static inline vs_result
test_spool_key_open(void *self, uint64_t number, struct vs_bytes sealed, struct vs_buf *plain)
{
	return test_spool_key_do(self, number, sealed, plain, false);
}

static inline void
test_spool_key_forget(void *self)
{
	struct test_spool_key *key = self;

	key->forgotten += key->has_key;
	key->has_key = false;
}

static inline struct vs_port_spool_key
test_spool_key_port(struct test_spool_key *key)
{
	return (struct vs_port_spool_key){key, test_spool_key_begin, test_spool_key_seal,
	                                  test_spool_key_open, test_spool_key_forget};
}
