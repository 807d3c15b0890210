/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bytes as the text of a token, and as the signed part of one whose MAC is right, so that what is
 * behind the MAC is reached. What opens must be exactly what sealing makes of its contents.
 */
#include <stdlib.h>
#include <string.h>

#include "crypto/digest.h"
#include "crypto/fernet.h"
#include "wire/base64.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define SIZE_MAX_HERE 4096u

/* The key of the specification's example, for the tokens in the corpus. */
static const char key_text[] = "cw_0x689RpI-jtRR7oE8h_eQsKImvJapLeSbXpwF4e4=";
static const uint8_t signing_key[16] = {0x73, 0x0f, 0xf4, 0xc7, 0xaf, 0x3d, 0x46, 0x92,
                                        0x3e, 0x8e, 0xd4, 0x51, 0xee, 0x81, 0x3c, 0x87};

static void
must(bool is_so)
{
	if (!is_so)
		abort();
}

/* Whether it opened; then it is the one text of what it holds. */
static bool
open_and_seal_again(struct vs_fernet *fernet, struct vs_bytes token)
{
	static const struct vs_fernet_window always = {INT64_MAX, -1, 0};
	uint8_t raw[SIZE_MAX_HERE];
	struct vs_fernet_facts facts;
	struct vs_buf plain, again;
	size_t raw_size = 0;
	vs_result r;

	vs_buf_init(&plain, SIZE_MAX_HERE);
	vs_buf_init(&again, 2 * SIZE_MAX_HERE);
	r = vs_fernet_open(fernet, token, &always, &plain, &facts);
	if (r.code == VS_E_OK) {
		must(vs_base64_decode(VS_BASE64_URL_PADDED, token, raw, sizeof(raw), &raw_size)
		         .code == VS_E_OK);
		must(vs_fernet_seal_with(fernet, raw + 9, vs_buf_view(&plain), facts.made_s, &again)
		         .code == VS_E_OK);
		must(vs_bytes_equal(vs_buf_view(&again), token));
	} else {
		must(r.code == VS_E_NOT_AUTHENTIC && plain.size == 0);
	}
	vs_buf_done(&plain);
	vs_buf_done(&again);
	return r.code == VS_E_OK;
}

static void
sign_and_open(struct vs_fernet *fernet, struct vs_bytes part)
{
	uint8_t raw[SIZE_MAX_HERE + VS_SHA256_SIZE];
	char text[VS_BASE64_TEXT_SIZE(sizeof(raw))];
	size_t text_size;

	if (part.size > 0)
		memcpy(raw, part.data, part.size);
	must(vs_crypto_hmac_sha256(vs_bytes_from(signing_key, sizeof(signing_key)), part,
	                           raw + part.size)
	         .code == VS_E_OK);
	text_size =
	    vs_base64_encode(VS_BASE64_URL_PADDED, vs_bytes_from(raw, part.size + VS_SHA256_SIZE),
	                     text, sizeof(text));
	(void)open_and_seal_again(fernet, vs_bytes_from(text, text_size));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct vs_fernet *fernet;
	struct vs_bytes input = vs_bytes_from(data, size);
	struct vs_buf token;

	if (size > SIZE_MAX_HERE - 100)
		return 0;
	if (fernet == NULL)
		must(vs_fernet_new_from_text(VS_BYTES_LITERAL(key_text), &fernet).code == VS_E_OK);
	(void)open_and_seal_again(fernet, input);
	sign_and_open(fernet, input);
	vs_buf_init(&token, 2 * SIZE_MAX_HERE);
	must(vs_fernet_seal(fernet, input, 1000, &token).code == VS_E_OK);
	must(open_and_seal_again(fernet, vs_buf_view(&token)));
	vs_buf_done(&token);
	return 0;
}
