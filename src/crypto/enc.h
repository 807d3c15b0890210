/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The one encoder of what is authenticated but not sent: AAD, HKDF info, transcripts, verifiers.
 *
 * enc(label, f1 .. fn) = label 0x00 f1 .. fn; bytes and text as lp(x) = u16be length, bytes;
 * integers as fixed u16, u32, u64 big-endian. Two different lists of fields under one label never
 * give the same bytes as long as each label has one list of field types.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"

#define VS_ENC_SIZE_MAX 1024

struct vs_enc {
	uint8_t data[VS_ENC_SIZE_MAX];
	size_t size;
	bool is_full; /* a field did not fit: the view is empty then, and whoever uses it fails */
};

void vs_enc_init(struct vs_enc *enc, const char *label);
void vs_enc_bytes(struct vs_enc *enc, struct vs_bytes field);
void vs_enc_text(struct vs_enc *enc, const char *field); /* as bytes, without its NUL */
void vs_enc_u16(struct vs_enc *enc, uint16_t field);
void vs_enc_u32(struct vs_enc *enc, uint32_t field);
void vs_enc_u64(struct vs_enc *enc, uint64_t field);
/* TOO_LONG when something did not fit. The view lives as long as enc. */
VS_RESULT vs_enc_view(const struct vs_enc *enc, struct vs_bytes *view_out);
void vs_enc_done(struct vs_enc *enc); /* wipes: some fields are secret */
