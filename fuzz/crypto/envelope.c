/* SPDX-License-Identifier: Apache-2.0 */
/* A form, then wrapped key, nonce, tag and sealed bytes: it opens or is NOT_AUTHENTIC. */
#include "crypto/envelope.h"
#include "keys.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define SIZE_MAX_HERE 4096u

static struct vs_bytes
take(const uint8_t **data, size_t *size, size_t wanted)
{
	struct vs_bytes part = vs_bytes_from(*data, wanted < *size ? wanted : *size);

	*data += part.size;
	*size -= part.size;
	return part;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct vs_envelope_form form;
	struct vs_envelope_view view;
	struct vs_buf plain;
	vs_result r;

	if (size < 1 || size > SIZE_MAX_HERE)
		return 0;
	form =
	    (struct vs_envelope_form){(data[0] & 1) != 0 ? VS_ENVELOPE_SHA1 : VS_ENVELOPE_SHA256,
	                              (data[0] & 2) != 0 ? 16 : 32, (data[0] & 4) != 0 ? 16 : 12};
	data++;
	size--;
	view.wrapped = take(&data, &size, 256);
	view.nonce = take(&data, &size, form.nonce_size);
	view.tag = take(&data, &size, VS_ENVELOPE_TAG_SIZE);
	view.sealed = take(&data, &size, size);
	vs_buf_init(&plain, SIZE_MAX_HERE);
	r = vs_envelope_open(fuzz_key(VS_PKEY_RSA), &form, VS_BYTES_LITERAL("aad"), &view, &plain);
	fuzz_must(r.code == VS_E_OK || (r.code == VS_E_NOT_AUTHENTIC && plain.size == 0));
	vs_buf_done(&plain);
	return 0;
}
