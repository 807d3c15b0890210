/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/json_read.h"

#include <string.h>

#define ESCAPE_SIZE 6u /* \u1234 */

vs_result
vs_json_reader_init(struct vs_json_reader *reader, struct vs_bytes text)
{
	if (text.size > UINT32_MAX / 2)
		return VS_FAIL(TOO_LONG);
	*reader = (struct vs_json_reader){
	    .text = text.data, .size = (uint32_t)text.size, .block = UINT32_MAX};
	return VS_OK;
}

/* The stops of fewer than VS_JSON_BLOCK bytes at the end of the text, and the end itself. */
static uint64_t
last_stops(const uint8_t *text, uint32_t size, uint32_t begin)
{
	uint32_t left = size - begin;
	uint64_t stops = UINT64_C(1) << left;
	uint32_t at = 0;

	for (; left - at >= VS_JSON_CHUNK; at += VS_JSON_CHUNK)
		stops |= (uint64_t)vs_json_stops(text + begin + at) << at;
	if (at == left)
		return stops;
	if (size >= VS_JSON_CHUNK) /* a chunk that ends with the text */
		return stops | (uint64_t)(vs_json_stops(text + size - VS_JSON_CHUNK) >>
		                          (VS_JSON_CHUNK - (left - at)))
		                   << at;
	for (; at < left; at++) {
		uint8_t byte = text[begin + at];

		if (byte < 0x20 || byte > 0x7f || byte == '"' || byte == '\\')
			stops |= UINT64_C(1) << at;
	}
	return stops;
}

void
vs_json_read_block(struct vs_json_reader *reader, uint32_t block)
{
	uint32_t begin = block * VS_JSON_BLOCK;
	const uint8_t *text = reader->text + begin;

	reader->block = block;
	if (reader->size - begin < VS_JSON_BLOCK) {
		reader->stops = last_stops(reader->text, reader->size, begin);
		return;
	}
	reader->stops = (uint64_t)vs_json_stops(text) | (uint64_t)vs_json_stops(text + 16) << 16 |
	                (uint64_t)vs_json_stops(text + 32) << 32 |
	                (uint64_t)vs_json_stops(text + 48) << 48;
}

vs_result
vs_json_read_wrong(const struct vs_json_reader *reader)
{
	return reader->at >= reader->size ? VS_FAIL(TRUNCATED) : VS_FAIL(BAD_MESSAGE);
}

uint8_t
vs_json_read_spaced(struct vs_json_reader *reader)
{
	for (; reader->at < reader->size; reader->at++) {
		uint8_t byte = reader->text[reader->at];

		if (byte == 0)
			return 1; /* a control character: never expected anywhere */
		if (byte != ' ' && byte != '\n' && byte != '\r' && byte != '\t')
			return byte;
	}
	return 0;
}

static bool
is_continuation(uint8_t byte)
{
	return (byte & 0xc0) == 0x80;
}

/* The size of the UTF-8 sequence at `at` (RFC 3629: shortest form, no surrogates, up to U+10FFFF),
 * 0 when it is malformed; *is_cut says that the text ended within it. */
static uint32_t
utf8_size(const uint8_t *text, uint32_t size, bool *is_cut)
{
	static const uint8_t low[] = {[0xe0 - 0xe0] = 0xa0, [0xf0 - 0xe0] = 0x90};
	static const uint8_t high[] = {[0xed - 0xe0] = 0x9f, [0xf4 - 0xe0] = 0x8f};
	uint8_t lead = text[0];
	uint32_t wanted = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
	uint8_t second_min = 0x80;
	uint8_t second_max = 0xbf;

	*is_cut = false;
	if (lead < 0xc2 || lead > 0xf4)
		return 0;
	if (lead >= 0xe0 && (size_t)(lead - 0xe0) < sizeof(low) && low[lead - 0xe0] != 0)
		second_min = low[lead - 0xe0];
	if (lead >= 0xe0 && (size_t)(lead - 0xe0) < sizeof(high) && high[lead - 0xe0] != 0)
		second_max = high[lead - 0xe0];
	if (size > 1 && (text[1] < second_min || text[1] > second_max))
		return 0;
	for (uint32_t i = 2; i < wanted && i < size; i++) {
		if (!is_continuation(text[i]))
			return 0;
	}
	*is_cut = size < wanted;
	return *is_cut ? 0 : wanted;
}

size_t
vs_json_utf8_size(const uint8_t *text, size_t size)
{
	bool is_cut;

	return utf8_size(text, size > 4 ? 4 : (uint32_t)size, &is_cut);
}

static int
hex_digit(uint8_t byte)
{
	if (byte >= '0' && byte <= '9')
		return byte - '0';
	if (byte >= 'a' && byte <= 'f')
		return byte - 'a' + 10;
	if (byte >= 'A' && byte <= 'F')
		return byte - 'A' + 10;
	return -1;
}

/* The four digits of \uXXXX; -1 when they are none. */
static int32_t
hex_unit(const uint8_t *digits)
{
	int32_t unit = 0;

	for (int i = 0; i < 4; i++) {
		int digit = hex_digit(digits[i]);

		if (digit < 0)
			return -1;
		unit = unit * 16 + digit;
	}
	return unit;
}

static bool
is_high_surrogate(int32_t unit)
{
	return unit >= 0xd800 && unit <= 0xdbff;
}

static bool
is_low_surrogate(int32_t unit)
{
	return unit >= 0xdc00 && unit <= 0xdfff;
}

/* One escape at the backslash; *size_out is its size in the text. */
static vs_result
read_escape(const uint8_t *text, uint32_t size, uint32_t *size_out)
{
	int32_t unit;

	if (size < 2)
		return VS_FAIL(TRUNCATED);
	if (text[1] != 'u') {
		if (text[1] == 0 || strchr("\"\\/bfnrt", text[1]) == NULL)
			return VS_FAIL(BAD_ESCAPE);
		*size_out = 2;
		return VS_OK;
	}
	if (size < ESCAPE_SIZE)
		return memchr(text, '"', size) != NULL ? VS_FAIL(BAD_ESCAPE) : VS_FAIL(TRUNCATED);
	unit = hex_unit(text + 2);
	if (unit < 0 || is_low_surrogate(unit))
		return VS_FAIL(BAD_ESCAPE);
	*size_out = ESCAPE_SIZE;
	if (!is_high_surrogate(unit))
		return VS_OK;
	/* RFC 8259 8.2: a lone surrogate has no meaning two parsers agree on */
	if (size < 2 * ESCAPE_SIZE)
		return memchr(text, '"', size) != NULL ? VS_FAIL(BAD_ESCAPE) : VS_FAIL(TRUNCATED);
	if (text[6] != '\\' || text[7] != 'u' || !is_low_surrogate(hex_unit(text + 8)))
		return VS_FAIL(BAD_ESCAPE);
	*size_out = 2 * ESCAPE_SIZE;
	return VS_OK;
}

vs_result
vs_json_read_string_rest(struct vs_json_reader *reader, uint32_t start, uint32_t at)
{
	const uint8_t *text = reader->text;
	uint32_t length = at - start; /* all before `at` is plain ASCII */
	uint8_t flags = VS_JSON_ASCII;

	while (at < reader->size && text[at] != '"') {
		uint32_t step = 1;
		vs_result r = VS_OK;

		if (text[at] == '\\') {
			flags = (uint8_t)((flags | VS_JSON_ESCAPED) & ~VS_JSON_ASCII);
			r = read_escape(text + at, reader->size - at, &step);
		} else if (text[at] < 0x20) {
			r = VS_FAIL(BAD_CHARACTER);
		} else if (text[at] >= 0x80) {
			bool is_cut;

			flags &= (uint8_t)~VS_JSON_ASCII;
			step = utf8_size(text + at, reader->size - at, &is_cut);
			if (step == 0)
				r = is_cut ? VS_FAIL(TRUNCATED) : VS_FAIL(BAD_UTF8);
		}
		if (r.code != VS_E_OK) {
			reader->at = at;
			return r;
		}
		at += step;
		length++;
	}
	reader->at = at;
	if (at >= reader->size)
		return VS_FAIL(TRUNCATED);
	reader->at = at + 1;
	reader->odd = (struct vs_json_string){start, at - start, length, flags};
	return VS_OK;
}

vs_result
vs_json_read_odd_name(struct vs_json_reader *reader)
{
	struct vs_json_string name;

	if (vs_json_read_peek(reader) != '"')
		return vs_json_read_wrong(reader);
	VS_TRY(vs_json_read_string(reader, &name));
	if ((name.flags & VS_JSON_ESCAPED) != 0 &&
	    vs_json_has_nul(reader->text + name.start, name.size))
		return VS_FAIL(BAD_ESCAPE);
	if (name.size > UINT16_MAX)
		return VS_FAIL(TOO_LONG);
	if (vs_json_read_peek(reader) != ':')
		return vs_json_read_wrong(reader);
	reader->at++;
	reader->odd = name;
	return VS_OK;
}

static uint8_t
byte_at(const struct vs_json_reader *reader, uint32_t at)
{
	return at < reader->size ? reader->text[at] : 0;
}

static bool
is_digit(uint8_t byte)
{
	return byte >= '0' && byte <= '9';
}

/* Digits, at least one. */
static vs_result
read_digits(const struct vs_json_reader *reader, uint32_t *at)
{
	uint32_t first = *at;

	while (is_digit(byte_at(reader, *at)))
		(*at)++;
	if (*at > first)
		return VS_OK;
	return *at >= reader->size ? VS_FAIL(TRUNCATED) : VS_FAIL(BAD_NUMBER);
}

static vs_result
read_number(const struct vs_json_reader *reader, uint32_t *at, uint8_t *flags)
{
	*flags = VS_JSON_INTEGER;
	if (byte_at(reader, *at) == '-')
		(*at)++;
	if (byte_at(reader, *at) == '0') {
		(*at)++;
		if (is_digit(byte_at(reader, *at)))
			return VS_FAIL(BAD_NUMBER);
	} else {
		VS_TRY(read_digits(reader, at));
	}
	if (byte_at(reader, *at) == '.') {
		*flags = 0;
		(*at)++;
		VS_TRY(read_digits(reader, at));
	}
	if (byte_at(reader, *at) == 'e' || byte_at(reader, *at) == 'E') {
		*flags = VS_JSON_EXPONENT;
		(*at)++;
		if (byte_at(reader, *at) == '+' || byte_at(reader, *at) == '-')
			(*at)++;
		VS_TRY(read_digits(reader, at));
	}
	return VS_OK;
}

/* A number without exponent that ends within a chunk, as nearly all do. False: it is read the long
 * way. */
static inline bool
read_short_number(const struct vs_json_reader *reader, uint32_t *size_out, uint8_t *flags_out)
{
	const uint8_t *text = reader->text + reader->at;
	uint32_t others, first, end;
	uint8_t flags = VS_JSON_INTEGER;

	if (reader->size - reader->at < VS_JSON_CHUNK)
		return false;
	first = text[0] == '-' ? 1 : 0;
	others = (vs_json_others(text) & ~first) | 1u << VS_JSON_CHUNK;
	end = (uint32_t)__builtin_ctz(others);
	if (end == first || (text[first] == '0' && end > first + 1))
		return false;
	if (end < VS_JSON_CHUNK && text[end] == '.') {
		others &= others - 1;
		flags = 0;
		if ((uint32_t)__builtin_ctz(others) == end + 1)
			return false;
		end = (uint32_t)__builtin_ctz(others);
	}
	if (end == VS_JSON_CHUNK || (text[end] | 0x20) == 'e')
		return false;
	*size_out = end;
	*flags_out = flags;
	return true;
}

vs_result
vs_json_read_number(struct vs_json_reader *reader, uint32_t *size_out, uint8_t *flags_out)
{
	uint32_t at = reader->at;
	uint8_t flags = 0;
	vs_result r;

	if (read_short_number(reader, size_out, flags_out)) {
		reader->at += *size_out;
		return VS_OK;
	}
	r = read_number(reader, &at, &flags);
	if (r.code == VS_E_OK && at - reader->at > VS_LIMIT_JSON_NUMBER_SIZE)
		r = VS_FAIL(BAD_NUMBER);
	if (r.code != VS_E_OK) {
		reader->at = at;
		return r;
	}
	*size_out = at - reader->at;
	*flags_out = flags;
	reader->at = at;
	return VS_OK;
}

vs_result
vs_json_read_literal(struct vs_json_reader *reader, const char *literal, uint32_t size)
{
	if (reader->size - reader->at >= size &&
	    memcmp(reader->text + reader->at, literal, size) == 0) {
		reader->at += size;
		return VS_OK;
	}
	for (uint32_t i = 0; i < size; i++, reader->at++) {
		if (reader->at >= reader->size)
			return VS_FAIL(TRUNCATED);
		if (reader->text[reader->at] != (uint8_t)literal[i])
			return VS_FAIL(BAD_MESSAGE);
	}
	return VS_OK;
}

vs_result
vs_json_read_end(struct vs_json_reader *reader)
{
	return vs_json_read_peek(reader) == 0 ? VS_OK : VS_FAIL(TRAILING);
}

bool
vs_json_has_nul(const uint8_t *raw, size_t raw_size)
{
	for (size_t at = 0; at < raw_size; at++) {
		if (raw[at] != '\\')
			continue;
		if (raw_size - at >= ESCAPE_SIZE && memcmp(raw + at, "\\u0000", ESCAPE_SIZE) == 0)
			return true;
		at++; /* what is escaped may be a backslash */
	}
	return false;
}

static size_t
utf8_write(uint32_t point, uint8_t bytes[static 4])
{
	if (point < 0x80) {
		bytes[0] = (uint8_t)point;
		return 1;
	}
	if (point < 0x800) {
		bytes[0] = (uint8_t)(0xc0 | (point >> 6));
		bytes[1] = (uint8_t)(0x80 | (point & 0x3f));
		return 2;
	}
	if (point < 0x10000) {
		bytes[0] = (uint8_t)(0xe0 | (point >> 12));
		bytes[1] = (uint8_t)(0x80 | ((point >> 6) & 0x3f));
		bytes[2] = (uint8_t)(0x80 | (point & 0x3f));
		return 3;
	}
	bytes[0] = (uint8_t)(0xf0 | (point >> 18));
	bytes[1] = (uint8_t)(0x80 | ((point >> 12) & 0x3f));
	bytes[2] = (uint8_t)(0x80 | ((point >> 6) & 0x3f));
	bytes[3] = (uint8_t)(0x80 | (point & 0x3f));
	return 4;
}

/* One checked escape at the backslash; *raw_size is what it took. */
static uint32_t
escape_point(const uint8_t *raw, size_t *raw_size)
{
	static const char from[] = "bfnrt";
	static const char to[] = "\b\f\n\r\t";
	const char *simple;
	uint32_t unit;

	*raw_size = 2;
	if (raw[1] != 'u') {
		simple = memchr(from, raw[1], sizeof(from) - 1);
		return simple != NULL ? (uint8_t)to[simple - from] : raw[1];
	}
	*raw_size = ESCAPE_SIZE;
	unit = (uint32_t)hex_unit(raw + 2);
	if (!is_high_surrogate((int32_t)unit))
		return unit;
	*raw_size = (size_t)2 * ESCAPE_SIZE;
	return 0x10000 + ((unit - 0xd800) << 10) + ((uint32_t)hex_unit(raw + 8) - 0xdc00);
}

size_t
vs_json_unescape_next(const uint8_t *raw, size_t *at, uint8_t bytes[static 4])
{
	size_t step = 1;
	size_t count = 1;

	if (raw[*at] == '\\')
		count = utf8_write(escape_point(raw + *at, &step), bytes);
	else
		bytes[0] = raw[*at];
	*at += step;
	return count;
}

size_t
vs_json_unescape(const uint8_t *raw, size_t raw_size, uint8_t *room, size_t size)
{
	size_t used = 0;

	for (size_t at = 0; at < raw_size;) {
		uint8_t bytes[4];
		size_t count = vs_json_unescape_next(raw, &at, bytes);

		for (size_t i = 0; i < count; i++, used++) {
			if (used < size)
				room[used] = bytes[i];
		}
	}
	return used;
}
