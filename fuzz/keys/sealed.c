/* SPDX-License-Identifier: Apache-2.0 */
/* What is taken for an envelope is written again as the same bytes; its parts lie within it. */
#include <stdlib.h>
#include <string.h>

#include "keys/sealed.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct vs_keys_sealed envelope;
	uint8_t head[VS_KEYS_SEALED_HEAD];
	vs_result r = vs_keys_sealed_read(vs_bytes_from(data, size), &envelope);

	if (r.code != VS_E_OK) {
		if (r.code != VS_E_NOT_AUTHENTIC)
			abort();
		return 0;
	}
	if (envelope.sealed.size < VS_AEAD_TAG_SIZE ||
	    envelope.sealed.data + envelope.sealed.size != data + size ||
	    envelope.nonce + VS_AEAD_NONCE_SIZE != envelope.sealed.data)
		abort();
	vs_keys_sealed_head(envelope.suite, envelope.dek_id, envelope.nonce, head);
	if (memcmp(head, data, sizeof(head)) != 0)
		abort();
	return 0;
}
