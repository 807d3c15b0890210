/* SPDX-License-Identifier: Apache-2.0 */
#include "framed/wrapped.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "crypto/enc.h"
#include "crypto/kdf.h"
#include "crypto/wrap.h"
#include "wire/base64.h"

#define PREFIX       "WRAPPED-"
#define KEY_SIZE     32
#define WRAPPED_SIZE VS_WRAP_WRAPPED_SIZE(KEY_SIZE)
#define DIGITS_MAX   9

/* --- AUTHENTICATE -------------------------------------------------------------------------------
 */

static vs_result
read_kid(struct vs_bytes digits, uint32_t *kid_out)
{
	uint32_t kid = 0;

	if (digits.size == 0 || digits.size > DIGITS_MAX || digits.data[0] == '0')
		return VS_FAIL(BAD_VALUE);
	for (size_t i = 0; i < digits.size; i++) {
		if (digits.data[i] < '0' || digits.data[i] > '9')
			return VS_FAIL(BAD_VALUE);
		kid = kid * 10 + (uint32_t)(digits.data[i] - '0');
	}
	*kid_out = kid;
	return VS_OK;
}

vs_result
vs_framed_wrapped_asked(struct vs_bytes what, struct vs_bytes nonce,
                        struct vs_framed_wrapping *wrapping_out)
{
	size_t prefix = sizeof(PREFIX) - 1, size = 0;

	assert(wrapping_out != NULL);
	if (what.size <= prefix || !vs_bytes_equal_text(vs_bytes_from(what.data, prefix), PREFIX))
		return VS_FAIL(BAD_VALUE);
	VS_TRY(read_kid(vs_bytes_from(what.data + prefix, what.size - prefix), &wrapping_out->kid));
	VS_TRY(vs_base64_decode(VS_BASE64_URL, nonce, wrapping_out->theirs,
	                        sizeof(wrapping_out->theirs), &size));
	return size == VS_FRAMED_NONCE_SIZE ? VS_OK : VS_FAIL(BAD_VALUE);
}

void
vs_framed_wrapped_ask(uint32_t kid, char what[static VS_FRAMED_ASKED_SIZE])
{
	(void)snprintf(what, VS_FRAMED_ASKED_SIZE, PREFIX "%u", (unsigned)kid);
}

/* --- the key ------------------------------------------------------------------------------------
 */

vs_result
vs_framed_wrapping_key(const struct vs_framed_wrapping *wrapping, const uint8_t *psk,
                       uint8_t key_out[static VS_FRAMED_WRAPPING_KEY_SIZE])
{
	uint8_t salt[2 * VS_FRAMED_NONCE_SIZE];
	struct vs_bytes info;
	struct vs_enc enc;

	assert(wrapping != NULL && psk != NULL);
	memcpy(salt, wrapping->theirs, VS_FRAMED_NONCE_SIZE);
	memcpy(salt + VS_FRAMED_NONCE_SIZE, wrapping->ours, VS_FRAMED_NONCE_SIZE);
	vs_enc_init(&enc, "voltseal/a1/wrap");
	vs_enc_text(&enc, wrapping->tenant);
	vs_enc_text(&enc, wrapping->identity);
	vs_enc_u32(&enc, wrapping->kid);
	VS_TRY(vs_enc_view(&enc, &info));
	return vs_kdf_hkdf(vs_bytes_from(salt, sizeof(salt)), vs_bytes_from(psk, KEY_SIZE), info,
	                   key_out, VS_FRAMED_WRAPPING_KEY_SIZE);
}

vs_result
vs_framed_wrap(const uint8_t wrapping_key[static VS_FRAMED_WRAPPING_KEY_SIZE],
               const struct vs_framed_wrapping *wrapping, struct vs_bytes key,
               char text_out[static VS_FRAMED_WRAPPED_TEXT_SIZE])
{
	uint8_t raw[KEY_SIZE], room[VS_FRAMED_NONCE_SIZE + WRAPPED_SIZE];
	size_t size = 0;
	vs_result r = vs_base64_decode(VS_BASE64_URL_PADDED, key, raw, sizeof(raw), &size);

	if (r.code == VS_E_OK && size != sizeof(raw))
		r = VS_FAIL(BAD_ENCODING);
	memcpy(room, wrapping->ours, VS_FRAMED_NONCE_SIZE);
	if (r.code == VS_E_OK)
		r = vs_wrap_seal(wrapping_key, vs_bytes_from(raw, sizeof(raw)),
		                 room + VS_FRAMED_NONCE_SIZE);
	if (r.code == VS_E_OK)
		(void)vs_base64_encode(VS_BASE64_URL, vs_bytes_from(room, sizeof(room)), text_out,
		                       VS_FRAMED_WRAPPED_TEXT_SIZE);
	explicit_bzero(raw, sizeof(raw));
	return r;
}

vs_result
vs_framed_unwrap(struct vs_framed_wrapping *wrapping, const uint8_t *psk, struct vs_bytes text,
                 char key_out[static VS_FRAMED_KEY_TEXT_SIZE])
{
	uint8_t room[VS_FRAMED_NONCE_SIZE + WRAPPED_SIZE], raw[KEY_SIZE];
	uint8_t wrapping_key[VS_FRAMED_WRAPPING_KEY_SIZE];
	size_t size = 0;
	vs_result r;

	if (vs_base64_decode(VS_BASE64_URL, text, room, sizeof(room), &size).code != VS_E_OK ||
	    size != sizeof(room))
		return VS_FAIL(NOT_AUTHENTIC);
	memcpy(wrapping->ours, room, VS_FRAMED_NONCE_SIZE);
	r = vs_framed_wrapping_key(wrapping, psk, wrapping_key);
	if (r.code == VS_E_OK)
		r = vs_wrap_open(wrapping_key,
		                 vs_bytes_from(room + VS_FRAMED_NONCE_SIZE, WRAPPED_SIZE), raw,
		                 sizeof(raw), &size);
	if (r.code == VS_E_OK && size != sizeof(raw))
		r = VS_FAIL(NOT_AUTHENTIC);
	if (r.code == VS_E_OK)
		(void)vs_base64_encode(VS_BASE64_URL_PADDED, vs_bytes_from(raw, sizeof(raw)),
		                       key_out, VS_FRAMED_KEY_TEXT_SIZE);
	explicit_bzero(wrapping_key, sizeof(wrapping_key));
	explicit_bzero(raw, sizeof(raw));
	return r;
}
