/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/hpke_kem.h"

#include "hex.h"
#include "test.h"

/* RFC 9180 A.2.2 and A.5.1. */
static void
keys_are_derived(void)
{
	static const struct {
		enum vs_hpke_kem kem;
		const char *ikm, *secret;
	} knowns[] = {
	    {VS_HPKE_X25519, "26b923eade72941c8a85b09986cdfa3f1296852261adedc52d58d2930269812b",
	     "77d114e0212be51cb1d76fa99dd41cfd4d0166b08caa09074430a6c59ef17879"},
	    {VS_HPKE_P256, "61092f3f56994dd424405899154a9918353e3e008171517ad576b900ddb275e7",
	     "a4d1c55836aa30f9b3fbb6ac98d338c877c2867dd3a77396d13f68d3ab150d3b"},
	};

	for (unsigned i = 0; i < 2; i++) {
		struct hex ikm = hex(knowns[i].ikm);
		uint8_t secret[VS_PKEY_PRIVATE_SIZE];
		struct vs_pkey *key = NULL;

		CHECK_OK(vs_hpke_key_derive(knowns[i].kem, hex_view(&ikm), &key));
		CHECK_OK(vs_pkey_raw_private(key, secret));
		CHECK(hex_equal(secret, sizeof(secret), knowns[i].secret));
		vs_pkey_free(&key);
		ikm.size--;
		CHECK_ERR(vs_hpke_key_derive(knowns[i].kem, hex_view(&ikm), &key), BAD_VALUE);
	}
}

static void
both_sides_have_one_secret(void)
{
	struct vs_hpke_setup setup = {.kem = VS_HPKE_P256};
	uint8_t one[VS_HPKE_SECRET_SIZE], two[VS_HPKE_SECRET_SIZE];
	uint8_t enc[VS_HPKE_ENCAPSULATED_SIZE_MAX], public[VS_PKEY_PUBLIC_SIZE_MAX];
	struct vs_pkey *receiver = NULL;
	size_t enc_size = 0, size = 0;

	CHECK_OK(vs_pkey_new(VS_PKEY_P256, &receiver));
	CHECK_OK(vs_pkey_raw_public(receiver, public, &size));
	CHECK_OK(vs_hpke_encapsulate(&setup, vs_bytes_from(public, size), one, enc, &enc_size));
	CHECK_OK(vs_hpke_decapsulate(&setup, receiver, vs_bytes_from(enc, enc_size), two));
	CHECK(memcmp(one, two, sizeof(one)) == 0);
	/* The sender's key is part of it. */
	setup.sender_public = vs_bytes_from(public, size);
	CHECK_OK(vs_hpke_decapsulate(&setup, receiver, vs_bytes_from(enc, enc_size), two));
	CHECK(memcmp(one, two, sizeof(one)) != 0);
	vs_pkey_free(&receiver);
}

static void
inputs_have_a_limit(void)
{
	struct vs_hpke_suite_id suite = vs_hpke_suite_id_of_kem(VS_HPKE_X25519);
	static uint8_t large[VS_HPKE_INPUT_SIZE_MAX * 2];
	uint8_t prk[VS_HPKE_SECRET_SIZE] = {0}, key[32];

	CHECK_OK(vs_hpke_extract(&suite, vs_bytes_from(NULL, 0), "label",
	                         vs_bytes_from(large, VS_HPKE_INPUT_SIZE_MAX), prk));
	CHECK_ERR(vs_hpke_extract(&suite, vs_bytes_from(NULL, 0), "label",
	                          vs_bytes_from(large, sizeof(large)), prk),
	          TOO_LONG);
	CHECK_ERR(vs_hpke_expand(&suite, prk, "label", vs_bytes_from(large, sizeof(large)), key,
	                         sizeof(key)),
	          TOO_LONG);
	CHECK_ERR(vs_hpke_expand(&suite, prk, "label", vs_bytes_from(NULL, 0), key, SIZE_MAX / 2),
	          TOO_LONG);
}

int
main(void)
{
	CASE(keys_are_derived);
	CASE(both_sides_have_one_secret);
	CASE(inputs_have_a_limit);
	return 0;
}
