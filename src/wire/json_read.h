/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The strict pull reader below wire/json.h and the table-driven validators: the caller knows what
 * it expects and asks for it, value by value; nothing is allocated and nothing is read twice.
 *
 *     vs_json_read_open(reader, '{'), then while vs_json_read_member says so: one value;
 *     vs_json_read_open(reader, '['), then while vs_json_read_more(reader, ']') says so: one value.
 *
 * Every function that fails leaves reader->at at the offending byte. What is hot is inline.
 */
#pragma once

#include "wire/json.h"
#include "wire/json_scan.h"

struct vs_json_string {
	uint32_t start; /* between the quotes */
	uint32_t size;
	uint32_t length; /* characters (code points) of the value */
	uint8_t flags;   /* VS_JSON_ESCAPED, VS_JSON_ASCII */
};

struct vs_json_reader {
	const uint8_t *text;
	uint32_t size;
	uint32_t at;
	uint32_t depth; /* open containers */
	uint32_t block; /* of VS_JSON_BLOCK bytes, that `stops` are of */
	uint64_t stops; /* json_scan.h; and one at the end of the text */
	struct vs_json_string
	    odd; /* the last string that is not plain: what is plain stays in registers */
};

/* TOO_LONG when offsets would not fit. The text is borrowed. */
VS_RESULT vs_json_reader_init(struct vs_json_reader *reader, struct vs_bytes text);

/* Look at another block. */
void vs_json_read_block(struct vs_json_reader *reader, uint32_t block);
/* The rest of a string that does not end at its first stop: it becomes reader->odd. */
VS_RESULT vs_json_read_string_rest(struct vs_json_reader *reader, uint32_t start, uint32_t at);
/* vs_json_read_peek where there is white space, or nothing. */
uint8_t vs_json_read_spaced(struct vs_json_reader *reader);
/* The name of a member and its colon, however it is written: it becomes reader->odd. */
VS_RESULT vs_json_read_odd_name(struct vs_json_reader *reader);
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
	if (__builtin_expect(reader->at < reader->size && reader->text[reader->at] > ' ', 1))
		return reader->text[reader->at];
	return vs_json_read_spaced(reader);
}

/* The first stop from `at` on, which is at most size. */
static inline uint32_t
vs_json_read_stop(struct vs_json_reader *reader, uint32_t at)
{
	for (;;) {
		uint64_t stops;

		if (at / VS_JSON_BLOCK != reader->block)
			vs_json_read_block(reader, at / VS_JSON_BLOCK);
		stops = reader->stops >> (at % VS_JSON_BLOCK);
		if (stops != 0)
			return at + (uint32_t)__builtin_ctzll(stops);
		at = (at | (VS_JSON_BLOCK - 1)) + 1;
	}
}

/* At the opening quote. */
static inline vs_result
vs_json_read_string(struct vs_json_reader *reader, struct vs_json_string *string_out)
{
	uint32_t start = reader->at + 1;
	uint32_t at = vs_json_read_stop(reader, start);

	if (__builtin_expect(at >= reader->size || reader->text[at] != '"', 0)) {
		VS_TRY(vs_json_read_string_rest(reader, start, at));
		*string_out = reader->odd;
		return VS_OK;
	}
	string_out->start = start;
	string_out->size = at - start;
	string_out->length = at - start;
	string_out->flags = VS_JSON_ASCII;
	reader->at = at + 1;
	return VS_OK;
}

/* Enter an object or array at its bracket. */
static inline vs_result
vs_json_read_enter(struct vs_json_reader *reader)
{
	if (reader->depth >= VS_LIMIT_JSON_DEPTH)
		return VS_FAIL(TOO_DEEP);
	reader->depth++;
	reader->at++;
	return VS_OK;
}

/* Enter an object ('{') or array ('['). */
static inline vs_result
vs_json_read_open(struct vs_json_reader *reader, uint8_t open)
{
	if (vs_json_read_peek(reader) != open)
		return vs_json_read_wrong(reader);
	return vs_json_read_enter(reader);
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

/* The name and the colon of the next member, or the end of the object. key_out may be written on
 * failure, too. */
static inline vs_result
vs_json_read_member(struct vs_json_reader *reader, bool is_first, struct vs_json_string *key_out,
                    bool *more_out)
{
	uint32_t at = reader->at;
	const uint8_t *text = reader->text;

	/* as nearly all write it: a plain name, and no space around it */
	if (reader->size - at >= 2 &&
	    (is_first ? text[at] == '"' : memcmp(text + at, ",\"", 2) == 0)) {
		uint32_t start = is_first ? at + 1 : at + 2;
		uint32_t end = vs_json_read_stop(reader, start);

		if (reader->size - end >= 2 && memcmp(text + end, "\":", 2) == 0 &&
		    end - start <= UINT16_MAX) {
			key_out->start = start;
			key_out->size = end - start;
			key_out->length = end - start;
			key_out->flags = VS_JSON_ASCII;
			reader->at = end + 2;
			*more_out = true;
			return VS_OK;
		}
	}
	VS_TRY(vs_json_read_more(reader, '}', is_first, more_out));
	if (*more_out) {
		VS_TRY(vs_json_read_odd_name(reader));
		*key_out = reader->odd;
	}
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
