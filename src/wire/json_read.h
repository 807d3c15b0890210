/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The strict pull reader below wire/json.h and the table-driven validators: the caller knows what
 * it expects and asks for it, value by value; nothing is allocated and nothing is read twice.
 *
 *     vs_json_read_open(reader, '{'), then while vs_json_read_more(reader, '}', &state) says so:
 *     vs_json_read_key, then one value; the same with '[' and ']' and without keys.
 *
 * Every function that fails leaves reader->at at the offending byte. What is hot is inline.
 */
#pragma once

#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include "wire/json.h"

struct vs_json_reader {
	const uint8_t *text;
	uint32_t size;
	uint32_t at;
	uint32_t depth; /* open containers */
};

struct vs_json_string {
	uint32_t start; /* between the quotes */
	uint32_t size;
	uint32_t length; /* characters (code points) of the value */
	uint8_t flags;   /* VS_JSON_ESCAPED, VS_JSON_ASCII */
};

/* TOO_LONG when offsets would not fit. The text is borrowed. */
VS_RESULT vs_json_reader_init(struct vs_json_reader *reader, struct vs_bytes text);

/* The rest of a string whose closing quote was not found at once. */
VS_RESULT vs_json_read_string_rest(struct vs_json_reader *reader, uint32_t start, uint32_t at,
                                   struct vs_json_string *string_out);
/* A number: *flags_out is VS_JSON_INTEGER, VS_JSON_EXPONENT or 0. */
VS_RESULT vs_json_read_number(struct vs_json_reader *reader, uint32_t *size_out,
                              uint8_t *flags_out);
/* true, false or null. */
VS_RESULT vs_json_read_literal(struct vs_json_reader *reader, const char *literal, uint32_t size);
/* Only white space may follow: TRAILING. */
VS_RESULT vs_json_read_end(struct vs_json_reader *reader);
/* Any value, onto the tape. The new node is tape->nodes[count before the call]. */
VS_RESULT vs_json_read_any(struct vs_json_reader *reader, struct vs_json_tape *tape);
/* What is wrong with the next byte, where a value or a separator was expected. */
VS_RESULT vs_json_read_wrong(const struct vs_json_reader *reader);
/* Make room for one node more. */
VS_RESULT vs_json_tape_grow(struct vs_json_tape *tape);
/* After a member was added to an object: DUPLICATE_KEY, or TOO_LONG when it is one too many. */
VS_RESULT vs_json_tape_check_key(const struct vs_json_tape *tape, uint32_t object, uint32_t member);
/* Unescape raw string text into room: what it takes is never more than the raw size. The text was
 * read before. Returns the size of the value; when that is more than `size`, only `size` bytes were
 * written. */
size_t vs_json_unescape(const uint8_t *raw, size_t raw_size, uint8_t *room, size_t size);
/* The next one to four bytes of the value at raw[*at], which moves on. */
size_t vs_json_unescape_next(const uint8_t *raw, size_t *at, uint8_t bytes[static 4]);
/* The size of the UTF-8 sequence (of a byte above 0x7f) at text[0], 0 when it is malformed or cut.
 */
size_t vs_json_utf8_size(const uint8_t *text, size_t size);
/* Does raw string text hold an escaped NUL? */
bool vs_json_has_nul(const uint8_t *raw, size_t raw_size);

/* The next byte that is not white space; 0 at the end (a 0 in the text is no JSON either). */
static inline uint8_t
vs_json_read_peek(struct vs_json_reader *reader)
{
	while (reader->at < reader->size) {
		uint8_t byte = reader->text[reader->at];

		if (byte > ' ')
			return byte;
		if (byte != ' ' && byte != '\n' && byte != '\r' && byte != '\t')
			return byte == 0 ? 1
			                 : byte; /* a control character: never expected anywhere */
		reader->at++;
	}
	return 0;
}

/* At the opening quote. */
static inline vs_result
vs_json_read_string(struct vs_json_reader *reader, struct vs_json_string *string_out)
{
	uint32_t start = reader->at + 1;
	uint32_t at = start;

#ifdef __SSE2__
	while (at + 16 <= reader->size) {
		__m128i chunk = _mm_loadu_si128((const __m128i *)(const void *)(reader->text + at));
		/* The comparison is signed: bytes above 0x7f are below 0x20 as well. */
		__m128i stop =
		    _mm_or_si128(_mm_cmplt_epi8(chunk, _mm_set1_epi8(0x20)),
		                 _mm_or_si128(_mm_cmpeq_epi8(chunk, _mm_set1_epi8('"')),
		                              _mm_cmpeq_epi8(chunk, _mm_set1_epi8('\\'))));
		unsigned mask = (unsigned)_mm_movemask_epi8(stop);

		if (mask != 0) {
			at += (uint32_t)__builtin_ctz(mask);
			if (reader->text[at] != '"')
				break;
			/* Member by member: a copy through 16-byte registers would wait for these.
			 */
			string_out->start = start;
			string_out->size = at - start;
			string_out->length = at - start;
			string_out->flags = VS_JSON_ASCII;
			reader->at = at + 1;
			return VS_OK;
		}
		at += 16;
	}
#endif
	return vs_json_read_string_rest(reader, start, at, string_out);
}

/* Enter an object ('{') or array ('['). */
static inline vs_result
vs_json_read_open(struct vs_json_reader *reader, uint8_t open)
{
	if (vs_json_read_peek(reader) != open)
		return vs_json_read_wrong(reader);
	if (reader->depth >= VS_LIMIT_JSON_DEPTH)
		return VS_FAIL(TOO_DEEP);
	reader->depth++;
	reader->at++;
	return VS_OK;
}

/* Is there one more member or item? Otherwise the container is closed. is_first: the container has
 * just been entered. */
static inline vs_result
vs_json_read_more(struct vs_json_reader *reader, uint8_t close, bool is_first, bool *more_out)
{
	uint8_t byte = vs_json_read_peek(reader);

	if (byte == close) {
		reader->at++;
		reader->depth--;
		*more_out = false;
		return VS_OK;
	}
	if (!is_first) {
		if (byte != ',')
			return vs_json_read_wrong(reader);
		reader->at++;
		byte = vs_json_read_peek(reader);
		if (byte == close || byte == ',')
			return VS_FAIL(BAD_MESSAGE);
	}
	*more_out = true;
	return VS_OK;
}

/* A member name and its colon. key_out may be written on failure, too. */
static inline vs_result
vs_json_read_key(struct vs_json_reader *reader, struct vs_json_string *key_out)
{
	if (vs_json_read_peek(reader) != '"')
		return vs_json_read_wrong(reader);
	VS_TRY(vs_json_read_string(reader, key_out));
	if ((key_out->flags & VS_JSON_ESCAPED) != 0 &&
	    vs_json_has_nul(reader->text + key_out->start, key_out->size))
		return VS_FAIL(BAD_ESCAPE);
	if (key_out->size > UINT16_MAX)
		return VS_FAIL(TOO_LONG);
	if (vs_json_read_peek(reader) != ':')
		return vs_json_read_wrong(reader);
	reader->at++;
	return VS_OK;
}

/* One node more at the end of the tape; *index_out is its place. It is not initialised. */
static inline vs_result
vs_json_tape_add(struct vs_json_tape *tape, uint32_t *index_out)
{
	if (tape->count == tape->capacity)
		VS_TRY(vs_json_tape_grow(tape));
	*index_out = tape->count++;
	return VS_OK;
}
