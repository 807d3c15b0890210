/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/pin.h"

#include <assert.h>
#include <openssl/x509_vfy.h>
#include <string.h>

#include "crypto/x509_private.h"
#include "wire/base64.h"

#define PREFIX      "sha256/"
#define PREFIX_SIZE (sizeof(PREFIX) - 1)

static vs_result
parse_one(struct vs_bytes text, struct vs_pin_set *set)
{
	uint8_t sha256[VS_SHA256_SIZE];
	size_t size = 0;

	if (text.size != VS_PIN_TEXT_SIZE - 1 ||
	    !vs_bytes_equal_text(vs_bytes_from(text.data, PREFIX_SIZE), PREFIX))
		return VS_FAIL(BAD_ENCODING);
	VS_TRY(vs_base64_decode(VS_BASE64,
	                        vs_bytes_from(text.data + PREFIX_SIZE, text.size - PREFIX_SIZE),
	                        sha256, sizeof(sha256), &size));
	if (size != sizeof(sha256))
		return VS_FAIL(BAD_ENCODING);
	if (vs_pin_set_has(set, sha256))
		return VS_FAIL(EXISTS);
	if (set->count == VS_PIN_MAX)
		return VS_FAIL(TOO_LONG);
	memcpy(set->sha256[set->count++], sha256, sizeof(sha256));
	return VS_OK;
}

vs_result
vs_pin_set_parse(struct vs_bytes text, struct vs_pin_set *set)
{
	struct vs_pin_set grown;
	size_t begin = 0;

	assert(set != NULL);
	grown = *set;
	for (size_t i = 0; i <= text.size; i++) {
		if (i < text.size && text.data[i] != ',')
			continue;
		VS_TRY(parse_one(vs_bytes_from(text.data + begin, i - begin), &grown));
		begin = i + 1;
	}
	*set = grown;
	return VS_OK;
}

void
vs_pin_text(const uint8_t sha256[static VS_SHA256_SIZE], char text_out[static VS_PIN_TEXT_SIZE])
{
	memcpy(text_out, PREFIX, PREFIX_SIZE);
	(void)vs_base64_encode(VS_BASE64, vs_bytes_from(sha256, VS_SHA256_SIZE),
	                       text_out + PREFIX_SIZE, VS_PIN_TEXT_SIZE - PREFIX_SIZE);
}

bool
vs_pin_set_has(const struct vs_pin_set *set, const uint8_t sha256[static VS_SHA256_SIZE])
{
	for (size_t i = 0; i < set->count; i++)
		if (vs_bytes_equal(vs_bytes_from(set->sha256[i], VS_SHA256_SIZE),
		                   vs_bytes_from(sha256, VS_SHA256_SIZE)))
			return true;
	return false;
}

bool
vs_pin_chain_passes(const struct vs_pin_set *set, X509_STORE_CTX *verification)
{
	STACK_OF(X509) *chain = X509_STORE_CTX_get0_chain(verification);

	if (set->count == 0)
		return true;
	for (int i = 0; i < sk_X509_num(chain); i++) {
		const struct vs_x509_key key = {X509_get0_pubkey(sk_X509_value(chain, i))};
		uint8_t sha256[VS_SHA256_SIZE];

		if (key.pkey != NULL && vs_x509_key_spki_sha256(&key, sha256).code == VS_E_OK &&
		    vs_pin_set_has(set, sha256))
			return true;
	}
	return false;
}
