/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/enc.h"

#include <assert.h>
#include <string.h>

static void
put(struct vs_enc *enc, const void *data, size_t size)
{
	if (enc->is_full || size > sizeof(enc->data) - enc->size) {
		enc->is_full = true;
		return;
	}
	if (size > 0)
		memcpy(enc->data + enc->size, data, size);
	enc->size += size;
}

static void
put_number(struct vs_enc *enc, uint64_t number, size_t size)
{
	uint8_t bytes[8];

	for (size_t i = 0; i < size; i++)
		bytes[i] = (uint8_t)(number >> (8 * (size - 1 - i)));
	put(enc, bytes, size);
}

void
vs_enc_init(struct vs_enc *enc, const char *label)
{
	assert(enc != NULL && label != NULL);
	enc->size = 0;
	enc->is_full = false;
	put(enc, label, strlen(label) + 1); /* its NUL ends it */
}

void
vs_enc_bytes(struct vs_enc *enc, struct vs_bytes field)
{
	assert(enc != NULL);
	if (field.size > UINT16_MAX) {
		enc->is_full = true;
		return;
	}
	put_number(enc, field.size, 2);
	put(enc, field.data, field.size);
}

void
vs_enc_text(struct vs_enc *enc, const char *field)
{
	assert(field != NULL);
	vs_enc_bytes(enc, vs_bytes_from_text(field));
}

void
vs_enc_u16(struct vs_enc *enc, uint16_t field)
{
	assert(enc != NULL);
	put_number(enc, field, 2);
}

void
vs_enc_u32(struct vs_enc *enc, uint32_t field)
{
	assert(enc != NULL);
	put_number(enc, field, 4);
}

void
vs_enc_u64(struct vs_enc *enc, uint64_t field)
{
	assert(enc != NULL);
	put_number(enc, field, 8);
}

vs_result
vs_enc_view(const struct vs_enc *enc, struct vs_bytes *view_out)
{
	assert(enc != NULL && view_out != NULL);
	if (enc->is_full) {
		*view_out = vs_bytes_from(NULL, 0);
		return VS_FAIL(TOO_LONG);
	}
	*view_out = vs_bytes_from(enc->data, enc->size);
	return VS_OK;
}

void
vs_enc_done(struct vs_enc *enc)
{
	assert(enc != NULL);
	explicit_bzero(enc, sizeof(*enc));
}
