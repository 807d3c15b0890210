/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The JSON reader: it ends on any input, and what it accepts is consistent: each node within the
 * text, each value readable, and the whole, written again, is read again to as many nodes. Both
 * ways of looking at a chunk see the same.
 */
#include <stdlib.h>

#include "wire/json.h"
#include "wire/json_scan.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
require(bool holds)
{
	if (!holds)
		abort();
}

static void
write_again(const struct vs_json_tape *tape, const struct vs_json_node *node,
            struct vs_json_writer *writer)
{
	const struct vs_json_node *child = NULL;
	static char room[1u << 20];
	struct vs_bytes text;
	int64_t integer;
	double real;
	bool flag;

	require((size_t)node->start + node->size <= tape->text.size);
	switch ((enum vs_json_type)node->type) {
	case VS_JSON_NULL:
		vs_json_write_null(writer);
		return;
	case VS_JSON_BOOL:
		require(vs_json_bool(node, &flag).code == VS_E_OK);
		vs_json_write_bool(writer, flag);
		return;
	case VS_JSON_NUMBER:
		require(vs_json_int(tape, node, &integer).code != VS_E_MISSING);
		require(vs_json_double(tape, node, &real).code != VS_E_MISSING);
		vs_json_write_raw(writer, vs_json_raw(tape, node));
		return;
	case VS_JSON_STRING:
		require(vs_json_text(tape, node, room, sizeof(room), &text).code == VS_E_OK);
		vs_json_write_string(writer, text);
		require(vs_json_time(tape, node, &integer).code != VS_E_MISSING);
		require(vs_json_copy_text(tape, node, room, 8).code != VS_E_MISSING);
		return;
	case VS_JSON_ARRAY:
		vs_json_write_array(writer);
		while ((child = vs_json_next(node, child)) != NULL)
			write_again(tape, child, writer);
		vs_json_write_array_end(writer);
		return;
	case VS_JSON_OBJECT:
		vs_json_write_object(writer);
		while ((child = vs_json_next(node, child)) != NULL) {
			struct vs_bytes key = vs_json_key(tape, child);

			/* as it stood, escapes and all: the writer escapes them once more */
			vs_json_write_key_bytes(writer, key);
			write_again(tape, child, writer);
		}
		vs_json_write_object_end(writer);
		return;
	}
	abort();
}

static void
look_both_ways(const uint8_t *data, size_t size)
{
	for (size_t at = 0; size - at >= VS_JSON_CHUNK; at++) {
		require(vs_json_stops(data + at) == vs_json_stops_by_words(data + at));
		require(vs_json_others(data + at) == vs_json_others_by_words(data + at));
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct vs_json_tape tape;
	struct vs_json_tape again;
	struct vs_json_writer writer;
	struct vs_buf buf;

	look_both_ways(data, size);
	vs_json_tape_init(&tape);
	vs_json_tape_init(&again);
	vs_buf_init(&buf, 8u << 20);
	if (size <= 1u << 20 && vs_json_parse(vs_bytes_from(data, size), &tape).code == VS_E_OK) {
		vs_json_write_begin(&writer, &buf);
		write_again(&tape, vs_json_root(&tape), &writer);
		require(vs_json_write_end(&writer).code == VS_E_OK);
		require(vs_json_parse(vs_buf_view(&buf), &again).code == VS_E_OK);
		require(again.count == tape.count);
	} else {
		require(size > 1u << 20 || tape.fault_at <= size);
		require(vs_json_root(&tape) == NULL);
	}
	vs_buf_done(&buf);
	vs_json_tape_done(&again);
	vs_json_tape_done(&tape);
	return 0;
}
