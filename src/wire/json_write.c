/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "wire/json_read.h"

#define DEPTH_MAX        64u /* bits of vs_json_writer.objects */
#define NUMBER_TEXT_SIZE 40

static void
fail(struct vs_json_writer *writer, enum vs_err err)
{
	if (writer->err == VS_E_OK)
		writer->err = err;
}

static void
put(struct vs_json_writer *writer, const void *data, size_t size)
{
	vs_result r;

	if (writer->err != VS_E_OK)
		return;
	r = vs_buf_append(writer->buf, data, size);
	if (r.code != VS_E_OK)
		fail(writer, r.code);
}

static bool
is_in_object(const struct vs_json_writer *writer)
{
	return writer->depth > 0 && ((writer->objects >> (writer->depth - 1u)) & 1u) != 0;
}

/* Before any value. */
static void
begin_value(struct vs_json_writer *writer)
{
	if (writer->is_complete || is_in_object(writer) != writer->has_key)
		fail(writer, VS_E_INTERNAL);
	if (writer->needs_comma && !writer->has_key)
		put(writer, ",", 1);
	writer->has_key = false;
}

/* After any value. */
static void
end_value(struct vs_json_writer *writer)
{
	writer->needs_comma = true;
	if (writer->depth == 0)
		writer->is_complete = true;
}

void
vs_json_write_begin(struct vs_json_writer *writer, struct vs_buf *buf)
{
	*writer = (struct vs_json_writer){.buf = buf, .start = buf->size};
}

vs_result
vs_json_write_end(struct vs_json_writer *writer)
{
	if (writer->err == VS_E_OK && !writer->is_complete)
		fail(writer, VS_E_INTERNAL);
	if (writer->err != VS_E_OK)
		writer->buf->size = writer->start;
	return (vs_result){writer->err};
}

static void
open_container(struct vs_json_writer *writer, bool is_object)
{
	begin_value(writer);
	if (writer->depth >= DEPTH_MAX) {
		fail(writer, VS_E_TOO_DEEP);
		return;
	}
	put(writer, is_object ? "{" : "[", 1);
	if (is_object)
		writer->objects |= UINT64_C(1) << writer->depth;
	else
		writer->objects &= ~(UINT64_C(1) << writer->depth);
	writer->depth++;
	writer->needs_comma = false;
}

static void
close_container(struct vs_json_writer *writer, bool is_object)
{
	if (writer->depth == 0 || is_in_object(writer) != is_object || writer->has_key) {
		fail(writer, VS_E_INTERNAL);
		return;
	}
	put(writer, is_object ? "}" : "]", 1);
	writer->depth--;
	end_value(writer);
}

void
vs_json_write_object(struct vs_json_writer *writer)
{
	open_container(writer, true);
}

void
vs_json_write_object_end(struct vs_json_writer *writer)
{
	close_container(writer, true);
}

void
vs_json_write_array(struct vs_json_writer *writer)
{
	open_container(writer, false);
}

void
vs_json_write_array_end(struct vs_json_writer *writer)
{
	close_container(writer, false);
}

static void
put_escape(struct vs_json_writer *writer, uint8_t byte)
{
	static const char simple[] = "\"\\\b\f\n\r\t";
	static const char letters[] = "\"\\bfnrt";
	const char *found = byte != 0 ? strchr(simple, byte) : NULL;
	char text[8];
	int size;

	if (found != NULL)
		size = snprintf(text, sizeof(text), "\\%c", letters[found - simple]);
	else
		size = snprintf(text, sizeof(text), "\\u%04x", byte);
	put(writer, text, (size_t)size);
}

/* A quoted string. */
static void
put_string(struct vs_json_writer *writer, struct vs_bytes text)
{
	size_t done = 0;
	size_t at = 0;

	put(writer, "\"", 1);
	while (at < text.size) {
		uint8_t byte = text.data[at];
		size_t step = 1;

		if (byte >= 0x80) {
			step = vs_json_utf8_size(text.data + at, text.size - at);
			if (step == 0) {
				fail(writer, VS_E_BAD_UTF8);
				return;
			}
		} else if (byte < 0x20 || byte == '"' || byte == '\\') {
			put(writer, text.data + done, at - done);
			put_escape(writer, byte);
			done = at + 1;
		}
		at += step;
	}
	put(writer, text.data + done, at - done);
	put(writer, "\"", 1);
}

void
vs_json_write_key_bytes(struct vs_json_writer *writer, struct vs_bytes key)
{
	if (!is_in_object(writer) || writer->has_key)
		fail(writer, VS_E_INTERNAL);
	if (writer->needs_comma)
		put(writer, ",", 1);
	put_string(writer, key);
	put(writer, ":", 1);
	writer->has_key = true;
}

void
vs_json_write_key(struct vs_json_writer *writer, const char *key)
{
	vs_json_write_key_bytes(writer, vs_bytes_from_text(key));
}

void
vs_json_write_string(struct vs_json_writer *writer, struct vs_bytes text)
{
	begin_value(writer);
	put_string(writer, text);
	end_value(writer);
}

void
vs_json_write_text(struct vs_json_writer *writer, const char *text)
{
	vs_json_write_string(writer, vs_bytes_from_text(text));
}

void
vs_json_write_raw(struct vs_json_writer *writer, struct vs_bytes json)
{
	begin_value(writer);
	put(writer, json.data, json.size);
	end_value(writer);
}

void
vs_json_write_int(struct vs_json_writer *writer, int64_t value)
{
	char text[NUMBER_TEXT_SIZE];
	int size = snprintf(text, sizeof(text), "%" PRId64, value);

	vs_json_write_raw(writer, vs_bytes_from(text, (size_t)size));
}

void
vs_json_write_double(struct vs_json_writer *writer, double value)
{
	char text[NUMBER_TEXT_SIZE];
	int size = 0;

	if (!isfinite(value)) {
		fail(writer, VS_E_BAD_VALUE); /* RFC 8259 6: JSON has no infinity and no NaN */
		return;
	}
	/* 17 digits always read back equal; %g drops the zeros of a shorter value that 15 digits
	 * hold. */
	for (int digits = 15; digits <= 17; digits++) {
		size = snprintf(text, sizeof(text), "%.*g", digits, value);
		if (strtod(text, NULL) == value)
			break;
	}
	vs_json_write_raw(writer, vs_bytes_from(text, (size_t)size));
}

void
vs_json_write_bool(struct vs_json_writer *writer, bool value)
{
	vs_json_write_raw(writer, value ? VS_BYTES_LITERAL("true") : VS_BYTES_LITERAL("false"));
}

void
vs_json_write_null(struct vs_json_writer *writer)
{
	vs_json_write_raw(writer, VS_BYTES_LITERAL("null"));
}

void
vs_json_write_time(struct vs_json_writer *writer, int64_t wall_ms)
{
	char text[VS_TIME_TEXT_SIZE];

	vs_time_format(wall_ms, text);
	vs_json_write_text(writer, text);
}
