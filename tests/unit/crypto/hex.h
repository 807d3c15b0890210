/* SPDX-License-Identifier: Apache-2.0 */
/* Bytes of a test, written in hexadecimal. */
#pragma once

#include "test.h"
#include "wire/base64.h"

#define HEX_SIZE_MAX 512

struct hex {
	uint8_t data[HEX_SIZE_MAX];
	size_t size;
};

static inline struct hex
hex(const char *text)
{
	struct hex bytes = {.size = 0};

	CHECK_OK(
	    vs_hex_decode(vs_bytes_from_text(text), bytes.data, sizeof(bytes.data), &bytes.size));
	return bytes;
}

static inline struct vs_bytes
hex_view(const struct hex *bytes)
{
	return vs_bytes_from(bytes->data, bytes->size);
}

static inline bool
hex_equal(const void *data, size_t size, const char *text)
{
	struct hex expected = hex(text);

	return vs_bytes_equal(vs_bytes_from(data, size), hex_view(&expected));
}
