/* SPDX-License-Identifier: Apache-2.0 */
/* What a browser brings: a client data text, a zero byte, then attestation object or authenticator
 * data. The challenge is the text's own, so that what lies behind it is reached. */
#include "crypto/webauthn.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct vs_webauthn_expect expect = {.origin = "https://csms.example",
	                                    .rp_id = "csms.example"};
	const uint8_t *end = size > 0 ? memchr(data, 0, size) : NULL;
	struct vs_webauthn_key key = {.alg = VS_WEBAUTHN_EDDSA, .public_size = 32};
	struct vs_bytes text, rest;
	uint32_t count = 0;

	if (end == NULL)
		return 0;
	text = vs_bytes_from(data, (size_t)(end - data));
	rest = vs_bytes_from(end + 1, size - text.size - 1);
	(void)vs_webauthn_challenge(text, expect.challenge).code;
	if (vs_webauthn_register(&expect, text, rest, &key).code == VS_E_OK &&
	    (key.id_size == 0 || key.id_size > sizeof(key.id) ||
	     key.public_size != (key.alg == VS_WEBAUTHN_ES256 ? 65u : 32u)))
		abort();
	/* 64 zero bytes are no signature of anything under this key. */
	memset(key.public, 0, sizeof(key.public));
	key.public[0] = 9;
	key.alg = VS_WEBAUTHN_EDDSA;
	key.public_size = 32;
	memset(key.id, 0, 64);
	if (vs_webauthn_assert(&expect, &key, text, rest, vs_bytes_from(key.id, 64), &count).code ==
	    VS_E_OK)
		abort();
	return 0;
}
