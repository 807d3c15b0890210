/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/fernet.h"

#include <assert.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "base/random.h"
#include "crypto/block.h"
#include "crypto/hmac.h"
#include "wire/base64.h"

#define VERSION       0x80
#define HEAD_SIZE     (1 + 8 + VS_FERNET_IV_SIZE) /* version, time, IV */
#define RAW_SIZE_MIN  (HEAD_SIZE + VS_BLOCK_SIZE + VS_FERNET_MAC_SIZE)
#define HALF_KEY_SIZE 16

struct vs_fernet {
	struct vs_block block;
	struct vs_hmac *hmac;
	struct vs_buf raw; /* the token at hand before or behind its base64; nothing secret */
};

vs_result
vs_fernet_new(const uint8_t key[static VS_FERNET_KEY_SIZE], struct vs_fernet **fernet_out)
{
	struct vs_fernet *fernet = calloc(1, sizeof(*fernet));
	vs_result r = VS_FAIL(NO_MEMORY);

	assert(fernet_out != NULL);
	if (fernet == NULL)
		goto out;
	vs_buf_init(&fernet->raw, VS_LIMIT_FERNET_SIZE);
	r = vs_hmac_new(vs_bytes_from(key, HALF_KEY_SIZE), &fernet->hmac);
	if (r.code != VS_E_OK)
		goto out;
	r = vs_block_init(&fernet->block, VS_CIPHER_AES128_CBC, key + HALF_KEY_SIZE);
	if (r.code != VS_E_OK)
		goto out;
	*fernet_out = fernet;
	fernet = NULL;
out:
	vs_fernet_free(&fernet);
	return r;
}

vs_result
vs_fernet_new_from_text(struct vs_bytes text, struct vs_fernet **fernet_out)
{
	uint8_t key[VS_FERNET_KEY_SIZE];
	size_t size = 0;
	vs_result r = VS_FAIL(BAD_ENCODING);

	if (vs_base64_decode(VS_BASE64_URL_PADDED, text, key, sizeof(key), &size).code == VS_E_OK &&
	    size == sizeof(key))
		r = vs_fernet_new(key, fernet_out);
	explicit_bzero(key, sizeof(key));
	return r;
}

void
vs_fernet_free(struct vs_fernet **fernet)
{
	assert(fernet != NULL);
	if (*fernet == NULL)
		return;
	vs_block_done(&(*fernet)->block);
	vs_hmac_free(&(*fernet)->hmac);
	vs_buf_done(&(*fernet)->raw);
	free(*fernet);
	*fernet = NULL;
}

/* version, time, IV, cipher text, MAC into fernet->raw. */
static vs_result
seal_raw(struct vs_fernet *fernet, const uint8_t *iv, struct vs_bytes plain, int64_t now_s,
         size_t signed_size)
{
	uint8_t *raw = NULL;

	vs_buf_reset(&fernet->raw);
	VS_TRY(vs_buf_reserve(&fernet->raw, signed_size + VS_FERNET_MAC_SIZE, &raw));
	raw[0] = VERSION;
	for (size_t i = 0; i < 8; i++)
		raw[1 + i] = (uint8_t)((uint64_t)now_s >> (56 - 8 * i));
	memcpy(raw + 9, iv, VS_FERNET_IV_SIZE);
	VS_TRY(vs_block_seal(&fernet->block, iv, plain, raw + HEAD_SIZE));
	VS_TRY(vs_hmac_of(fernet->hmac, vs_bytes_from(raw, signed_size), raw + signed_size));
	fernet->raw.size = signed_size + VS_FERNET_MAC_SIZE;
	return VS_OK;
}

vs_result
vs_fernet_seal_with(struct vs_fernet *fernet, const uint8_t iv[static VS_FERNET_IV_SIZE],
                    struct vs_bytes plain, int64_t now_s, struct vs_buf *token)
{
	size_t signed_size = HEAD_SIZE + VS_BLOCK_SEALED_SIZE(plain.size), text_size;
	uint8_t *text = NULL;

	assert(fernet != NULL && token != NULL && now_s >= 0);
	if (plain.size > VS_LIMIT_FERNET_SIZE)
		return VS_FAIL(TOO_LONG);
	text_size = vs_base64_text_size(VS_BASE64_URL_PADDED, signed_size + VS_FERNET_MAC_SIZE);
	if (text_size > VS_LIMIT_FERNET_SIZE)
		return VS_FAIL(TOO_LONG);
	VS_TRY(seal_raw(fernet, iv, plain, now_s, signed_size));
	VS_TRY(vs_buf_reserve(token, text_size + 1, &text)); /* a NUL follows the text */
	token->size += vs_base64_encode(VS_BASE64_URL_PADDED, vs_buf_view(&fernet->raw),
	                                (char *)text, text_size + 1);
	return VS_OK;
}

vs_result
vs_fernet_seal(struct vs_fernet *fernet, struct vs_bytes plain, int64_t now_s, struct vs_buf *token)
{
	uint8_t iv[VS_FERNET_IV_SIZE];

	vs_random_bytes(iv, sizeof(iv));
	return vs_fernet_seal_with(fernet, iv, plain, now_s, token);
}

/* The bytes behind a token's text in fernet->raw: of a version and a length that can be. */
static vs_result
decode(struct vs_fernet *fernet, struct vs_bytes token)
{
	size_t size = 0, size_max = token.size / 4 * 3;
	uint8_t *raw = NULL;

	if (token.size > VS_LIMIT_FERNET_SIZE || size_max < RAW_SIZE_MIN)
		return VS_FAIL(NOT_AUTHENTIC);
	vs_buf_reset(&fernet->raw);
	VS_TRY(vs_buf_reserve(&fernet->raw, size_max, &raw));
	if (vs_base64_decode(VS_BASE64_URL_PADDED, token, raw, size_max, &size).code != VS_E_OK ||
	    raw[0] != VERSION || size < RAW_SIZE_MIN ||
	    (size - HEAD_SIZE - VS_FERNET_MAC_SIZE) % VS_BLOCK_SIZE != 0)
		return VS_FAIL(NOT_AUTHENTIC);
	fernet->raw.size = size;
	return VS_OK;
}

static bool
is_within(const struct vs_fernet_window *window, uint64_t made_s)
{
	uint64_t now_s = (uint64_t)window->now_s;

	if (made_s > INT64_MAX)
		return false;
	if (made_s > now_s)
		return window->skew_max_s >= 0 && made_s - now_s <= (uint64_t)window->skew_max_s;
	return window->age_max_s < 0 || now_s - made_s <= (uint64_t)window->age_max_s;
}

vs_result
vs_fernet_open(struct vs_fernet *fernet, struct vs_bytes token,
               const struct vs_fernet_window *window, struct vs_buf *plain,
               struct vs_fernet_facts *facts_out)
{
	uint8_t mac[VS_FERNET_MAC_SIZE];
	uint64_t made_s = 0;
	const uint8_t *raw;
	size_t signed_size;

	assert(fernet != NULL && window != NULL && window->now_s >= 0 && plain != NULL);
	VS_TRY(decode(fernet, token));
	raw = fernet->raw.data;
	signed_size = fernet->raw.size - VS_FERNET_MAC_SIZE;
	VS_TRY(vs_hmac_of(fernet->hmac, vs_bytes_from(raw, signed_size), mac));
	if (!vs_crypto_equal(mac, raw + signed_size, sizeof(mac)))
		return VS_FAIL(NOT_AUTHENTIC);
	for (size_t i = 0; i < 8; i++)
		made_s = made_s << 8 | raw[1 + i];
	if (!is_within(window, made_s))
		return VS_FAIL(NOT_AUTHENTIC);
	VS_TRY(vs_block_open(&fernet->block, raw + 9,
	                     vs_bytes_from(raw + HEAD_SIZE, signed_size - HEAD_SIZE), plain));
	if (facts_out != NULL) {
		facts_out->made_s = (int64_t)made_s;
		memcpy(facts_out->mac, mac, sizeof(mac));
	}
	return VS_OK;
}
