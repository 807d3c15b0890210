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
typedef uint64_t wide_halves __attribute__((vector_size(WIDE_TEXT)));

struct alphabet {
	int8_t c62, c63;
};

static inline wide
above(wide x, int8_t low)
{
	return (wide)((wide_signed)x > low);
}

static inline wide
between(wide x, int8_t low, int8_t high)
{
	return above(x, (int8_t)(low - 1)) & (wide)((wide_signed)x < (int8_t)(high + 1));
}

static inline wide
equal(wide x, int8_t value)
{
	return (wide)((wide_signed)x == value);
}

static struct alphabet
alphabet_of(enum vs_base64 kind)
{
	bool is_url = kind == VS_BASE64_URL || kind == VS_BASE64_URL_PADDED;

	return (struct alphabet){is_url ? '-' : '+', is_url ? '_' : '/'};
}

/* 6 bytes as 8 values of 6 bits, one in each byte. Read as 4 and 2, since what is put together in
 * memory is slow to be read as one. */
static inline uint64_t
spread(const uint8_t *data)
{
	uint32_t high;
	uint16_t low;
	uint64_t x;

	memcpy(&high, data, sizeof(high));
	memcpy(&low, data + sizeof(high), sizeof(low));
	x = (uint64_t)be32toh(high) << 16 | be16toh(low);
	x = (x << 8 & 0x00ffffff00000000) | (x & 0x0000000000ffffff);
	x = (x << 4 & 0x0fff00000fff0000) | (x & 0x00000fff00000fff);
	x = (x << 2 & 0x3f003f003f003f00) | (x & 0x003f003f003f003f);
	return htobe64(x);
}

/* The other way round. */
static inline void
gather(uint64_t values, uint8_t *data)
{
	uint64_t x = be64toh(values);
	uint32_t high;
	uint16_t low;

	x = (x >> 2 & 0x0fc00fc00fc00fc0) | (x & 0x003f003f003f003f);
	x = (x >> 4 & 0x00fff00000fff000) | (x & 0x00000fff00000fff);
	x = (x >> 8 & 0x0000ffffff000000) | (x & 0x0000000000ffffff);
	high = htobe32((uint32_t)(x >> 16));
	low = htobe16((uint16_t)x);
	memcpy(data, &high, sizeof(high));
	memcpy(data + sizeof(high), &low, sizeof(low));
}

static inline void
encode_wide(const uint8_t *data, struct alphabet alphabet, char *text)
{
	wide x = (wide)(wide_halves){spread(data), spread(data + 6)}, out;

	out = x + 'A'; /* each of the others is told by how far it is from the one before */
	out += above(x, 25) & ('a' - 26 - 'A');
	out -= above(x, 51) & ('a' - 26 - ('0' - 52));
	out += equal(x, 62) & (uint8_t)(alphabet.c62 - ('0' - 52 + 62));
	out += equal(x, 63) & (uint8_t)(alphabet.c63 - ('0' - 52 + 63));
	memcpy(text, &out, sizeof(out));
}

/* *bad gets bits where a character is not of the alphabet. */
static inline void
decode_wide(const uint8_t *text, struct alphabet alphabet, uint8_t *data, wide *bad)
{
	wide c, x, upper, lower, digit, is62, is63;

	memcpy(&c, text, sizeof(c));
	upper = between(c, 'A', 'Z');
	lower = between(c, 'a', 'z');
	digit = between(c, '0', '9');
	is62 = equal(c, alphabet.c62);
	is63 = equal(c, alphabet.c63);
	*bad |= ~(upper | lower | digit | is62 | is63);
	x = (upper & (c - 'A')) | (lower & (c - ('a' - 26))) | (digit & (c + (52 - '0'))) |
	    (is62 & 62) | (is63 & 63);
	gather(((wide_halves)x)[0], data);
	gather(((wide_halves)x)[1], data + 6);
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
	struct alphabet alphabet = alphabet_of(kind);
	uint8_t last[WIDE_DATA] = {0};
	char last_text[WIDE_TEXT];
	size_t used = 0, done = 0;

	assert(text != NULL && text_size > vs_base64_text_size(kind, data.size));
	for (; data.size - done > WIDE_DATA; done += WIDE_DATA, used += WIDE_TEXT)
		encode_wide(data.data + done, alphabet, text + used);
	if (data.size > done)
		memcpy(last, data.data + done, data.size - done);
	encode_wide(last, alphabet, last_text);
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
decode_last(struct vs_bytes text, struct alphabet alphabet, uint8_t *data, size_t size, wide *bad)
{
	uint8_t last_text[WIDE_TEXT], last[WIDE_DATA];

	memset(last_text, 'A', sizeof(last_text)); /* which is zero */
	if (text.size > 0)
		memcpy(last_text, text.data, text.size);
	decode_wide(last_text, alphabet, last, bad);
	if (data != NULL && size > 0) /* without room there is nothing to write */
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
	struct alphabet alphabet = alphabet_of(kind);
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
		decode_wide(text.data + done, alphabet, data + used, &bad);
	decode_last(vs_bytes_from(size > 0 ? text.data + done : NULL, body - done), alphabet,
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
