/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Text as bits, below wire/json_read.h: bit i says something of byte i. So a string is scanned once
 * for each block of 64 bytes, not once for each place where one begins.
 *
 * Two ways with the same results: SSE2, which every x86-64 has, and words of eight bytes for the
 * rest. Both are always here, so that a test can compare them.
 */
#pragma once

#include <endian.h>
#include <stdint.h>
#include <string.h>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

#define VS_JSON_CHUNK 16u /* bytes that one call looks at */
#define VS_JSON_BLOCK 64u /* bits of what a reader keeps */

#define VS_JSON_EACH(byte) (UINT64_C(0x0101010101010101) * (byte))

static inline uint64_t
vs_json_word(const uint8_t *text)
{
	uint64_t word;

	memcpy(&word, text, sizeof(word));
	return le64toh(word);
}

/* The highest bits of the eight bytes, side by side. */
static inline uint32_t
vs_json_gather(uint64_t word)
{
	return (uint32_t)(((word & VS_JSON_EACH(0x80)) * UINT64_C(0x0002040810204081)) >> 56);
}

/* The highest bit of each byte that is zero; no byte carries into the next one. */
static inline uint64_t
vs_json_zeros(uint64_t word)
{
	return ~(((word & VS_JSON_EACH(0x7f)) + VS_JSON_EACH(0x7f)) | word);
}

/* Where the plain part of a string stops: at a quote, a backslash, a control character, and at what
 * is not ASCII. */
static inline uint32_t
vs_json_stops_of_word(uint64_t word)
{
	uint64_t plain = (word & VS_JSON_EACH(0x7f)) + VS_JSON_EACH(0x60);

	return vs_json_gather(word | ~plain | vs_json_zeros(word ^ VS_JSON_EACH('"')) |
	                      vs_json_zeros(word ^ VS_JSON_EACH('\\')));
}

static inline uint32_t
vs_json_others_of_word(uint64_t word)
{
	uint64_t low = word & VS_JSON_EACH(0x7f);

	return vs_json_gather(word | ~(low + VS_JSON_EACH(0x80 - '0')) |
	                      (low + VS_JSON_EACH(0x7f - '9')));
}

static inline uint32_t
vs_json_stops_by_words(const uint8_t *text)
{
	return vs_json_stops_of_word(vs_json_word(text)) |
	       vs_json_stops_of_word(vs_json_word(text + 8)) << 8;
}

static inline uint32_t
vs_json_others_by_words(const uint8_t *text)
{
	return vs_json_others_of_word(vs_json_word(text)) |
	       vs_json_others_of_word(vs_json_word(text + 8)) << 8;
}

/* The stops in VS_JSON_CHUNK bytes. */
static inline uint32_t
vs_json_stops(const uint8_t *text)
{
#ifdef __SSE2__
	__m128i chunk = _mm_loadu_si128((const __m128i *)(const void *)text);
	/* The comparison is signed: bytes above 0x7f are below 0x20 as well. */
	__m128i stops = _mm_or_si128(_mm_cmplt_epi8(chunk, _mm_set1_epi8(0x20)),
	                             _mm_or_si128(_mm_cmpeq_epi8(chunk, _mm_set1_epi8('"')),
	                                          _mm_cmpeq_epi8(chunk, _mm_set1_epi8('\\'))));

	return (uint32_t)_mm_movemask_epi8(stops);
#else
	return vs_json_stops_by_words(text);
#endif
}

/* What is no digit in VS_JSON_CHUNK bytes. */
static inline uint32_t
vs_json_others(const uint8_t *text)
{
#ifdef __SSE2__
	__m128i chunk = _mm_loadu_si128((const __m128i *)(const void *)text);
	__m128i others = _mm_or_si128(_mm_cmplt_epi8(chunk, _mm_set1_epi8('0')),
	                              _mm_cmpgt_epi8(chunk, _mm_set1_epi8('9')));

	return (uint32_t)_mm_movemask_epi8(others);
#else
	return vs_json_others_by_words(text);
#endif
}
