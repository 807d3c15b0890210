/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "wire/json_read.h"

#define CAPACITY_FIRST 64u

void
vs_json_tape_init(struct vs_json_tape *tape)
{
	*tape = (struct vs_json_tape){0};
}

void
vs_json_tape_init_fixed(struct vs_json_tape *tape, struct vs_json_node *nodes, uint32_t capacity)
{
	*tape = (struct vs_json_tape){.nodes = nodes, .capacity = capacity, .is_fixed = true};
}

void
vs_json_tape_done(struct vs_json_tape *tape)
{
	if (tape == NULL)
		return;
	if (!tape->is_fixed)
		free(tape->nodes);
	*tape = (struct vs_json_tape){0};
}

vs_result
vs_json_tape_grow(struct vs_json_tape *tape)
{
	uint32_t capacity = tape->capacity == 0 ? CAPACITY_FIRST : tape->capacity * 2;
	struct vs_json_node *nodes;

	if (tape->is_fixed || tape->capacity >= VS_LIMIT_JSON_NODES)
		return VS_FAIL(TOO_LONG);
	if (capacity > VS_LIMIT_JSON_NODES)
		capacity = VS_LIMIT_JSON_NODES;
	nodes = realloc(tape->nodes, capacity * sizeof(*nodes));
	if (nodes == NULL)
		return VS_FAIL(NO_MEMORY);
	tape->nodes = nodes;
	tape->capacity = capacity;
	return VS_OK;
}

/* Walks the bytes of a member name as it reads after unescaping. */
struct key_cursor {
	const uint8_t *raw;
	size_t size;
	size_t at;
	uint8_t bytes[4];
	size_t used;
	size_t count;
};

/* The next byte, -1 at the end. */
static int
key_cursor_next(struct key_cursor *cursor)
{
	if (cursor->used == cursor->count) {
		if (cursor->at >= cursor->size)
			return -1;
		cursor->count = vs_json_unescape_next(cursor->raw, &cursor->at, cursor->bytes);
		cursor->used = 0;
	}
	return cursor->bytes[cursor->used++];
}

static bool __attribute__((noinline))
is_same_escaped_key(const uint8_t *text, const struct vs_json_node *a, const struct vs_json_node *b)
{
	struct key_cursor a_cursor = {.raw = text + a->key_start, .size = a->key_size};
	struct key_cursor b_cursor = {.raw = text + b->key_start, .size = b->key_size};
	int a_byte;
	int b_byte;

	do {
		a_byte = key_cursor_next(&a_cursor);
		b_byte = key_cursor_next(&b_cursor);
	} while (a_byte == b_byte && a_byte >= 0);
	return a_byte == b_byte;
}

static inline bool
is_same_key(const uint8_t *text, const struct vs_json_node *a, const struct vs_json_node *b)
{
	if (((a->flags | b->flags) & VS_JSON_KEY_ESCAPED) != 0)
		return is_same_escaped_key(text, a, b);
	return a->key_size == b->key_size &&
	       memcmp(text + a->key_start, text + b->key_start, a->key_size) == 0;
}

vs_result
vs_json_tape_check_key(const struct vs_json_tape *tape, uint32_t object, uint32_t member)
{
	const struct vs_json_node *added = &tape->nodes[member];
	uint32_t count = 0;

	for (uint32_t i = object + 1; i < member; i += tape->nodes[i].span) {
		if (is_same_key(tape->text.data, &tape->nodes[i], added))
			return VS_FAIL(DUPLICATE_KEY);
		count++;
	}
	return count < VS_LIMIT_JSON_MEMBERS ? VS_OK : VS_FAIL(TOO_LONG);
}

static vs_result
read_object(struct vs_json_reader *reader, struct vs_json_tape *tape, uint32_t object)
{
	struct vs_json_string key = {0};
	bool more = false;

	VS_TRY(vs_json_read_open(reader, '{'));
	VS_TRY(vs_json_read_member(reader, true, &key, &more));
	while (more) {
		uint32_t member = tape->count;
		vs_result r;

		VS_TRY(vs_json_read_any(reader, tape));
		tape->nodes[member].key_start = key.start;
		tape->nodes[member].key_size = (uint16_t)key.size;
		if ((key.flags & VS_JSON_ESCAPED) != 0)
			tape->nodes[member].flags |= VS_JSON_KEY_ESCAPED;
		r = vs_json_tape_check_key(tape, object, member);
		if (r.code != VS_E_OK) {
			reader->at = key.start - 1;
			return r;
		}
		VS_TRY(vs_json_read_member(reader, false, &key, &more));
	}
	return VS_OK;
}

static vs_result
read_array(struct vs_json_reader *reader, struct vs_json_tape *tape)
{
	bool more = false;

	VS_TRY(vs_json_read_open(reader, '['));
	VS_TRY(vs_json_read_more(reader, ']', true, &more));
	while (more) {
		VS_TRY(vs_json_read_any(reader, tape));
		VS_TRY(vs_json_read_more(reader, ']', false, &more));
	}
	return VS_OK;
}

/* Everything that is not a container. */
static vs_result
read_scalar(struct vs_json_reader *reader, uint8_t byte, struct vs_json_node *node)
{
	struct vs_json_string string = {0};

	switch (byte) {
	case '"':
		VS_TRY(vs_json_read_string(reader, &string));
		node->type = VS_JSON_STRING;
		node->start = string.start;
		node->size = string.size;
		node->flags = string.flags;
		return VS_OK;
	case 't':
	case 'f':
		node->type = VS_JSON_BOOL;
		node->flags = byte == 't' ? VS_JSON_TRUE : 0;
		node->size = byte == 't' ? 4 : 5;
		return vs_json_read_literal(reader, byte == 't' ? "true" : "false", node->size);
	case 'n':
		node->type = VS_JSON_NULL;
		node->size = 4;
		return vs_json_read_literal(reader, "null", node->size);
	default:
		if (byte != '-' && (byte < '0' || byte > '9'))
			return vs_json_read_wrong(reader);
		node->type = VS_JSON_NUMBER;
		return vs_json_read_number(reader, &node->size, &node->flags);
	}
}

vs_result
vs_json_read_any(struct vs_json_reader *reader, struct vs_json_tape *tape)
{
	uint8_t byte = vs_json_read_peek(reader);
	struct vs_json_node node = {.start = reader->at, .span = 1};
	uint32_t index;

	VS_TRY(vs_json_tape_add(tape, &index));
	if (byte != '{' && byte != '[') {
		VS_TRY(read_scalar(reader, byte, &node));
		tape->nodes[index] = node;
		return VS_OK;
	}
	node.type = byte == '{' ? VS_JSON_OBJECT : VS_JSON_ARRAY;
	tape->nodes[index] = node;
	if (byte == '{')
		VS_TRY(read_object(reader, tape, index));
	else
		VS_TRY(read_array(reader, tape));
	tape->nodes[index].size = reader->at - node.start;
	tape->nodes[index].span = tape->count - index;
	return VS_OK;
}

vs_result
vs_json_parse(struct vs_bytes text, struct vs_json_tape *tape)
{
	struct vs_json_reader reader = {0};
	vs_result r = vs_json_reader_init(&reader, text);

	tape->text = text;
	tape->count = 0;
	tape->fault_at = 0;
	if (r.code == VS_E_OK)
		r = vs_json_read_any(&reader, tape);
	if (r.code == VS_E_OK)
		r = vs_json_read_end(&reader);
	if (r.code != VS_E_OK) {
		tape->count = 0;
		tape->fault_at = reader.at;
	}
	return r;
}
