/* SPDX-License-Identifier: Apache-2.0 */
#include "keys/sealed.h"

#include <assert.h>
#include <string.h>

vs_result
vs_keys_sealed_read(struct vs_bytes value, struct vs_keys_sealed *envelope_out)
{
	const uint8_t *at = value.data;

	assert(envelope_out != NULL);
	if (value.size < VS_KEYS_SEALED_OVERHEAD || at[0] != VS_KEYS_SEALED_MARK)
		return VS_FAIL(NOT_AUTHENTIC);
	if (at[1] != VS_AEAD_AES256GCM && at[1] != VS_AEAD_CHACHA20POLY1305)
		return VS_FAIL(NOT_AUTHENTIC);
	*envelope_out = (struct vs_keys_sealed){
	    .suite = (enum vs_aead_suite)at[1],
	    .dek_id = (uint32_t)at[2] << 24 | (uint32_t)at[3] << 16 | (uint32_t)at[4] << 8 | at[5],
	    .nonce = at + 6,
	    .sealed = vs_bytes_from(at + VS_KEYS_SEALED_HEAD, value.size - VS_KEYS_SEALED_HEAD),
	};
	return VS_OK;
}

void
vs_keys_sealed_head(enum vs_aead_suite suite, uint32_t dek_id,
                    const uint8_t nonce[static VS_AEAD_NONCE_SIZE],
                    uint8_t head_out[static VS_KEYS_SEALED_HEAD])
{
	head_out[0] = VS_KEYS_SEALED_MARK;
	head_out[1] = (uint8_t)suite;
	head_out[2] = (uint8_t)(dek_id >> 24);
	head_out[3] = (uint8_t)(dek_id >> 16);
	head_out[4] = (uint8_t)(dek_id >> 8);
	head_out[5] = (uint8_t)dek_id;
	memcpy(head_out + 6, nonce, VS_AEAD_NONCE_SIZE);
}
