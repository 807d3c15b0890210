/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An envelope: suite, nonce, length of the AAD, AAD, sealed. It opens only when it was sealed here,
 * in its own place or elsewhere, and lets nothing out when it does not. The rest, sealed, opens.
 */
#include <stdlib.h>
#include <string.h>

#include "crypto/aead.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define SIZE_MAX_HERE 4096u
#define HEAD_SIZE     (1 + VS_AEAD_NONCE_SIZE + 1)

static const uint8_t key[VS_AEAD_KEY_SIZE] = "a key of thirty-two bytes, fixed";

static void
must(bool is_so)
{
	if (!is_so)
		abort();
}

static void
open_it(struct vs_aead *aead, const uint8_t *nonce, struct vs_bytes aad, struct vs_bytes sealed)
{
	static const uint8_t zeros[SIZE_MAX_HERE];
	uint8_t apart[SIZE_MAX_HERE], within[SIZE_MAX_HERE],
	    again[SIZE_MAX_HERE + VS_AEAD_TAG_SIZE];
	size_t size = sealed.size >= VS_AEAD_TAG_SIZE ? sealed.size - VS_AEAD_TAG_SIZE : 0;
	vs_result r;

	memset(apart, 0xaa, sizeof(apart));
	if (sealed.size > 0)
		memcpy(within, sealed.data, sealed.size);
	r = vs_aead_open(aead, nonce, aad, sealed, apart);
	must(vs_aead_open(aead, nonce, aad, vs_bytes_from(within, sealed.size), within).code ==
	     r.code);
	if (r.code == VS_E_OK) {
		must(memcmp(apart, within, size) == 0);
		must(vs_aead_seal(aead, nonce, aad, vs_bytes_from(apart, size), again).code ==
		     VS_E_OK);
		must(vs_bytes_equal(vs_bytes_from(again, size + VS_AEAD_TAG_SIZE), sealed));
	} else {
		must(r.code == VS_E_NOT_AUTHENTIC);
		must(sealed.size < VS_AEAD_TAG_SIZE || memcmp(apart, zeros, size) == 0);
		must(apart[size] == 0xaa);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct vs_aead *aeads[2];
	uint8_t sealed[SIZE_MAX_HERE];
	struct vs_bytes aad, rest;
	struct vs_aead *aead;

	if (size < HEAD_SIZE || size > SIZE_MAX_HERE - VS_AEAD_TAG_SIZE)
		return 0;
	if (aeads[0] == NULL) {
		must(vs_aead_new(VS_AEAD_AES256GCM, key, &aeads[0]).code == VS_E_OK);
		must(vs_aead_new(VS_AEAD_CHACHA20POLY1305, key, &aeads[1]).code == VS_E_OK);
	}
	aead = aeads[data[0] % 2];
	aad = vs_bytes_from(data + HEAD_SIZE, data[HEAD_SIZE - 1]);
	if (aad.size > size - HEAD_SIZE)
		aad.size = size - HEAD_SIZE;
	rest = vs_bytes_from(aad.data + aad.size, size - HEAD_SIZE - aad.size);
	open_it(aead, data + 1, aad, rest);
	must(vs_aead_seal(aead, data + 1, aad, rest, sealed).code == VS_E_OK);
	open_it(aead, data + 1, aad, vs_bytes_from(sealed, rest.size + VS_AEAD_TAG_SIZE));
	sealed[rest.size] ^= 1;
	must(vs_aead_open(aead, data + 1, aad, vs_bytes_from(sealed, rest.size + VS_AEAD_TAG_SIZE),
	                  sealed)
	         .code == VS_E_NOT_AUTHENTIC);
	return 0;
}
