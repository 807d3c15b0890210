/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A mode, then an encapsulated key and a sealed message: it opens, once, or is NOT_AUTHENTIC.
 */
#include <string.h>

#include "crypto/hpke.h"
#include "keys.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define SIZE_MAX_HERE 4096u

static void
open_once(const struct vs_hpke_setup *setup, const struct vs_pkey *key, struct vs_bytes enc,
          struct vs_bytes sealed)
{
	struct vs_bytes aad = VS_BYTES_LITERAL("aad");
	struct vs_hpke *hpke = NULL;
	struct vs_buf plain;
	vs_result r;

	vs_buf_init(&plain, SIZE_MAX_HERE);
	r = vs_hpke_receiver_new(setup, key, enc, &hpke);
	if (r.code == VS_E_OK)
		r = vs_hpke_open(hpke, aad, sealed, &plain);
	fuzz_must(r.code == VS_E_OK || r.code == VS_E_NOT_AUTHENTIC);
	fuzz_must(r.code != VS_E_OK || plain.size + VS_HPKE_TAG_SIZE == sealed.size);
	if (r.code == VS_E_OK)
		fuzz_must(vs_hpke_open(hpke, aad, sealed, &plain).code == VS_E_NOT_AUTHENTIC);
	vs_hpke_free(&hpke);
	vs_buf_done(&plain);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t public[VS_PKEY_PUBLIC_SIZE_MAX];
	struct vs_hpke_setup setup = {.info = VS_BYTES_LITERAL("info")};
	const struct vs_pkey *key = NULL;
	size_t public_size = 0;

	if (size < 1 || size > SIZE_MAX_HERE)
		return 0;
	setup.kem = (data[0] & 1) != 0 ? VS_HPKE_P256 : VS_HPKE_X25519;
	setup.aead = (data[0] & 2) != 0 ? VS_HPKE_CHACHA20POLY1305 : VS_HPKE_AES256GCM;
	setup.mode = (enum vs_hpke_mode)(data[0] >> 2 & 3);
	key = fuzz_key(setup.kem == VS_HPKE_P256 ? VS_PKEY_P256 : VS_PKEY_X25519);
	fuzz_must(vs_pkey_raw_public(key, public, &public_size).code == VS_E_OK);
	if (setup.mode == VS_HPKE_PSK || setup.mode == VS_HPKE_AUTH_PSK) {
		setup.psk = vs_bytes_from(fuzz_secret, sizeof(fuzz_secret));
		setup.psk_id = VS_BYTES_LITERAL("id");
	}
	if (setup.mode == VS_HPKE_AUTH || setup.mode == VS_HPKE_AUTH_PSK)
		setup.sender_public = vs_bytes_from(public, public_size); /* from itself */
	if (size - 1 < public_size)
		public_size = size - 1;
	open_once(&setup, key, vs_bytes_from(data + 1, public_size),
	          vs_bytes_from(data + 1 + public_size, size - 1 - public_size));
	return 0;
}
