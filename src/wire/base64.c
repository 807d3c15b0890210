/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/base64.h"

#include <assert.h>
#include <endian.h>
#include <stdbool.h>
#include <string.h>

/* --- sixteen characters at a time ------------------------------------------------------------- */

#define WIDE_TEXT 16u
#define WIDE_DATA 12u

/* One vector instruction for each operator, on any processor that has some; a comparison gives all
 * ones or zero in each byte. Compared as signed: a character above 0x7f is below each range. */
typedef uint8_t wide __attribute__((vector_size(WIDE_TEXT)));
typedef int8_t wide_signed __attribute__((vector_size(WIDE_TEXT)));

static inline wide
wide_between(wide x, int8_t low, int8_t high)
{
	return (wide)((wide_signed)x >= low) & (wide)((wide_signed)x <= high);
}

/* 12 bytes; reads the 13th, too. */
static void
encode_wide(const uint8_t *data, bool is_url, char *text)
{
	int8_t c62 = is_url ? '-' : '+', c63 = is_url ? '_' : '/';
	wide x, out;

	for (size_t i = 0; i < 4; i++) {
		uint32_t bits;

		memcpy(&bits, data + 3 * i, sizeof(bits));
		bits = be32toh(bits) >> 8;
		bits = (bits & 0xfff000) << 4 | (bits & 0xfff);
		bits = htobe32((bits & 0x0fc00fc0) << 2 | (bits & 0x003f003f));
		memcpy((uint8_t *)&x + 4 * i, &bits, sizeof(bits));
	}
	out = x + 'A'; /* each of the others is told by how far it is from the one before */
	out += wide_between(x, 26, 63) & ('a' - 26 - 'A');
	out -= wide_between(x, 52, 63) & ('a' - 26 - ('0' - 52));
	out += wide_between(x, 62, 62) & (uint8_t)(c62 - ('0' - 52 + 62));
	out += wide_between(x, 63, 63) & (uint8_t)(c63 - ('0' - 52 + 63));
	memcpy(text, &out, sizeof(out));
}

/* 16 characters; writes a 13th byte, too. *bad gets bits where a character is not of the alphabet.
 */
static void
decode_wide(const uint8_t *text, bool is_url, uint8_t *data, wide *bad)
{
	int8_t c62 = is_url ? '-' : '+', c63 = is_url ? '_' : '/';
	wide c, x, upper, lower, digit, is62, is63;

	memcpy(&c, text, sizeof(c));
	upper = wide_between(c, 'A', 'Z');
	lower = wide_between(c, 'a', 'z');
	digit = wide_between(c, '0', '9');
	is62 = wide_between(c, c62, c62);
	is63 = wide_between(c, c63, c63);
	*bad |= ~(upper | lower | digit | is62 | is63);
	x = (upper & (c - 'A')) | (lower & (c - ('a' - 26))) | (digit & (c + (52 - '0'))) |
	    (is62 & 62) | (is63 & 63);
	for (size_t i = 0; i < 4; i++) {
		uint32_t bits;

		memcpy(&bits, (const uint8_t *)&x + 4 * i, sizeof(bits));
		bits = be32toh(bits);
		bits = (bits & 0x3f003f00) >> 2 | (bits & 0x003f003f);
		bits = htobe32((bits >> 16 << 12 | (bits & 0xfff)) << 8);
		memcpy(data + 3 * i, &bits, sizeof(bits));
	}
}

static uint32_t
any_bit(wide x)
{
	uint64_t halves[2];

	memcpy(halves, &x, sizeof(halves));
	halves[0] |= halves[1];
	return (uint32_t)(halves[0] | halves[0] >> 32);
}

size_t
vs_base64_text_size(enum vs_base64 kind, size_t size)
{
	assert(size <= SIZE_MAX / 2);
	if (kind == VS_BASE64_URL)
		return size / 3 * 4 + (size % 3 == 0 ? 0 : size % 3 + 1);
	return (size + 2) / 3 * 4;
}

size_t
vs_base64_encode(enum vs_base64 kind, struct vs_bytes data, char *text, size_t text_size)
{
	bool is_url = kind == VS_BASE64_URL || kind == VS_BASE64_URL_PADDED;
	uint8_t last[WIDE_DATA + 1] = {0};
	char last_text[WIDE_TEXT];
	size_t used = 0, done = 0;

	assert(text != NULL && text_size > vs_base64_text_size(kind, data.size));
	for (; data.size - done > WIDE_DATA; done += WIDE_DATA, used += WIDE_TEXT)
		encode_wide(data.data + done, is_url, text + used);
	if (data.size > done)
		memcpy(last, data.data + done, data.size - done);
	encode_wide(last, is_url, last_text);
	memcpy(text + used, last_text, vs_base64_text_size(VS_BASE64_URL, data.size - done));
	used += vs_base64_text_size(VS_BASE64_URL, data.size - done);
	while (kind != VS_BASE64_URL && used % 4 != 0)
		text[used++] = '=';
	text[used] = 0;
	explicit_bzero(last, sizeof(last));
	explicit_bzero(last_text, sizeof(last_text));
	return used;
}

/* How many characters carry data; false when the count or the padding cannot be. */
static bool
strip_padding(enum vs_base64 kind, struct vs_bytes text, size_t *body_out)
{
	size_t body = text.size;

	if (kind != VS_BASE64_URL && text.size % 4 != 0 && kind != VS_BASE64_LOOSE)
		return false;
	if (kind != VS_BASE64_URL && text.size % 4 == 0) {
		for (int i = 0; i < 2 && body > 0 && text.data[body - 1] == '='; i++)
			body--;
	}
	*body_out = body;
	return body % 4 != 1;
}

/* At most 16 characters. What they hold more than `size` bytes, the last one's unused bits, must be
 * zero. */
static void
decode_last(struct vs_bytes text, bool is_url, uint8_t *data, size_t size, wide *bad)
{
	uint8_t last_text[WIDE_TEXT], last[WIDE_DATA + 1];

	memset(last_text, 'A', sizeof(last_text)); /* which is zero */
	if (text.size > 0)
		memcpy(last_text, text.data, text.size);
	decode_wide(last_text, is_url, last, bad);
	if (size > 0)
		memcpy(data, last, size);
	for (size_t i = size; i < WIDE_DATA; i++)
		(*bad)[0] |= last[i];
	explicit_bzero(last_text, sizeof(last_text));
	explicit_bzero(last, sizeof(last));
}

vs_result
vs_base64_decode(enum vs_base64 kind, struct vs_bytes text, uint8_t *data, size_t data_size,
                 size_t *size_out)
{
	bool is_url = kind == VS_BASE64_URL || kind == VS_BASE64_URL_PADDED;
	size_t body, size, used = 0, done = 0;
	vs_result r = VS_FAIL(BAD_ENCODING);
	wide bad = {0};

	assert(size_out != NULL && (data != NULL || data_size == 0));
	if (!strip_padding(kind, text, &body))
		goto out;
	r = VS_FAIL(TOO_LONG);
	size = body / 4 * 3 + (body % 4 == 0 ? 0 : body % 4 - 1);
	if (size > data_size)
		goto out;
	for (; size - used > WIDE_DATA; done += WIDE_TEXT, used += WIDE_DATA)
		decode_wide(text.data + done, is_url, data + used, &bad);
	decode_last(vs_bytes_from(size > 0 ? text.data + done : NULL, body - done), is_url,
	            size > 0 ? data + used : NULL, size - used, &bad);
	r = VS_FAIL(BAD_ENCODING);
	if (any_bit(bad) != 0)
		goto out;
	*size_out = size;
	r = VS_OK;
out:
	if (r.code != VS_E_OK && data_size > 0)
		explicit_bzero(data, data_size);
	return r;
}

/* --- hexadecimal -------------------------------------------------------------------------------
 */

/* All ones when low <= x <= high, else zero; for small numbers only. The barrier keeps the compiler
 * from finding a branch in it. */
static inline uint32_t
mask_between(uint32_t x, uint32_t low, uint32_t high)
{
	uint32_t is_inside = ((low - 1 - x) & (x - high - 1)) >> 31;

	__asm__("" : "+r"(is_inside));
	return 0u - is_inside;
}

static char
hex_char(uint32_t x)
{
	return (char)(x + '0' + (mask_between(x, 10, 15) & ('a' - '0' - 10)));
}

static uint32_t
hex_value(uint32_t c, uint32_t *bad)
{
	uint32_t digit = mask_between(c, '0', '9');
	uint32_t upper = mask_between(c, 'A', 'F'), lower = mask_between(c, 'a', 'f');

	*bad |= ~(digit | upper | lower);
	return (digit & (c - '0')) | (upper & (c - 'A' + 10)) | (lower & (c - 'a' + 10));
}

size_t
vs_hex_encode(struct vs_bytes data, char *text, size_t text_size)
{
	assert(text != NULL && data.size <= SIZE_MAX / 4 && text_size > 2 * data.size);
	for (size_t i = 0; i < data.size; i++) {
		text[2 * i] = hex_char(data.data[i] >> 4);
		text[2 * i + 1] = hex_char(data.data[i] & 15);
	}
	text[2 * data.size] = 0;
	return 2 * data.size;
}

vs_result
vs_hex_decode(struct vs_bytes text, uint8_t *data, size_t data_size, size_t *size_out)
{
	uint32_t bad = 0;

	assert(size_out != NULL && (data != NULL || data_size == 0));
	if (data_size > 0)
		memset(data, 0, data_size);
	if (text.size % 2 != 0)
		return VS_FAIL(BAD_ENCODING);
	if (text.size / 2 > data_size)
		return VS_FAIL(TOO_LONG);
	for (size_t i = 0; i < text.size / 2; i++) {
		uint32_t high = hex_value(text.data[2 * i], &bad);

		data[i] = (uint8_t)(high << 4 | hex_value(text.data[2 * i + 1], &bad));
	}
	if (bad != 0) {
		explicit_bzero(data, data_size);
		return VS_FAIL(BAD_ENCODING);
	}
	*size_out = text.size / 2;
	return VS_OK;
}
