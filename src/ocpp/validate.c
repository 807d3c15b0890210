/* SPDX-License-Identifier: Apache-2.0 */
#include "ocpp/validate.h"

#include <assert.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#include "base/clock.h"
#include "base/text.h"
#include "ocpp/format.h"

/* gcc 12 would pack two halves of a node that it has in registers through a third one. */
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC optimize("no-tree-slp-vectorize")
#endif

#define WORD_SIZE_MAX   64   /* no member, value or action is longer */
#define DETAIL_SIZE     48   /* no detail below is longer */
#define TIME_SIZE_MAX   64   /* a date-time needs less */
#define URI_SIZE_MAX    1024 /* of one that is written with escapes */
#define INT_DIGITS_FAST 18u  /* always fits */

/* Note what was wrong, once: `detail` follows the text of the error. */
static vs_result __attribute__((format(printf, 3, 4), cold))
refuse(struct vs_ocpp_check *check, enum vs_err err, const char *detail, ...)
{
	va_list args;

	check->fault->path[0] = 0;
	va_start(args, detail);
	(void)vsnprintf(check->fault->description, sizeof(check->fault->description), detail, args);
	va_end(args);
	check->has_fault = true;
	return (vs_result){err};
}

/* Put a segment before the path. What a peer named itself is shown as far as it is plain text. */
static vs_result __attribute__((cold))
prepend(struct vs_ocpp_check *check, vs_result r, const char *segment, size_t size)
{
	char *path = check->fault->path;
	char room[VS_OCPP_PATH_SIZE];
	size_t used = 0;

	if (!check->has_fault)
		(void)refuse(check, r.code, "%s", "");
	for (; used < size && used + 1 < sizeof(room); used++) {
		bool is_plain = segment[used] > ' ' && segment[used] < 0x7f &&
		                segment[used] != '"' && segment[used] != '\\' &&
		                segment[used] != '<';

		room[used] = '?';
		if (is_plain)
			room[used] = segment[used];
	}
	if (path[0] != 0 && path[0] != '[' && used + 1 < sizeof(room))
		room[used++] = '.';
	for (size_t i = 0; path[i] != 0 && used + 1 < sizeof(room); i++)
		room[used++] = path[i];
	room[used] = 0;
	memcpy(path, room, used + 1);
	return r;
}

static vs_result __attribute__((cold))
prepend_index(struct vs_ocpp_check *check, vs_result r, uint32_t index)
{
	char segment[16];
	int size = snprintf(segment, sizeof(segment), "[%" PRIu32 "]", index);

	return prepend(check, r, segment, (size_t)size);
}

void
vs_ocpp_check_describe(struct vs_ocpp_check *check, enum vs_err err)
{
	struct vs_ocpp_fault *fault = check->fault;
	char detail[DETAIL_SIZE];
	int size;

	if (!check->has_fault)
		(void)refuse(check, err, "%s", "");
	vs_text_copy(fault->description, detail, sizeof(detail));
	size = snprintf(fault->description, sizeof(fault->description), "%s%s%s%s%s%s", fault->path,
	                fault->path[0] != 0 ? ": " : "", vs_err_text(err),
	                detail[0] != 0 ? " (" : "", detail, detail[0] != 0 ? ")" : "");
	assert(size > 0 &&
	       (size_t)size < sizeof(fault->description)); /* path, text and detail are bounded */
	fault->err = err;
	fault->at = check->reader.at;
}

/* The next byte begins another kind of value than the table wants, or none. */
static vs_result __attribute__((cold)) wrong_type(struct vs_ocpp_check *check, const char *wanted)
{
	uint8_t byte = vs_json_read_peek(&check->reader);

	if (byte == 0 || strchr("\"{[tfn-0123456789", byte) == NULL)
		return vs_json_read_wrong(&check->reader);
	return refuse(check, VS_E_WRONG_TYPE, "%s expected", wanted);
}

/* Where a string stands as it reads: in the text, or unescaped in room. Size 0 when it does not
 * fit. */
static struct vs_bytes
string_text(const struct vs_ocpp_check *check, struct vs_json_string string, uint8_t *room,
            size_t size)
{
	const uint8_t *raw = check->reader.text + string.start;
	size_t used;

	if ((string.flags & VS_JSON_ESCAPED) == 0)
		return (struct vs_bytes){raw, string.size};
	used = vs_json_unescape(raw, string.size, room, size);
	return (struct vs_bytes){room, used <= size ? used : 0};
}

/* Apart from find_word, so that only what is escaped pays for the room. */
static int __attribute__((noinline))
find_escaped_word(const struct vs_ocpp_check *check, const struct vs_ocpp_words *words,
                  struct vs_json_string string)
{
	uint8_t room[WORD_SIZE_MAX];
	struct vs_bytes text = string_text(check, string, room, sizeof(room));

	return vs_ocpp_words_find(words, text.data, text.size, text.size);
}

/* The place of a string in a set of words, -1 when it is not there. */
static inline int
find_word(const struct vs_ocpp_check *check, const struct vs_ocpp_words *words,
          struct vs_json_string string)
{
	if (__builtin_expect((string.flags & VS_JSON_ESCAPED) != 0, 0))
		return find_escaped_word(check, words, string);
	return vs_ocpp_words_find(words, check->reader.text + string.start, string.size,
	                          check->reader.size - string.start);
}

static vs_result __attribute__((cold)) wrong_time(struct vs_ocpp_check *check)
{
	return refuse(check, VS_E_BAD_TIME, "RFC 3339 expected");
}

static vs_result __attribute__((noinline))
check_escaped_time(struct vs_ocpp_check *check, struct vs_json_string string)
{
	uint8_t room[TIME_SIZE_MAX];
	int64_t wall_ms = 0;

	if (vs_time_parse(string_text(check, string, room, sizeof(room)), &wall_ms).code != VS_E_OK)
		return wrong_time(check);
	return VS_OK;
}

static vs_result __attribute__((noinline))
check_time(struct vs_ocpp_check *check, struct vs_json_string string)
{
	struct vs_bytes text = {check->reader.text + string.start, string.size};
	int64_t wall_ms = 0;

	if ((string.flags & VS_JSON_ESCAPED) != 0)
		return check_escaped_time(check, string);
	return vs_time_parse(text, &wall_ms).code == VS_E_OK ? VS_OK : wrong_time(check);
}

/* Escapes are not of a URI, but "\/" is how some write the slash. */
static vs_result __attribute__((noinline))
check_uri(struct vs_ocpp_check *check, struct vs_json_string string)
{
	uint8_t room[URI_SIZE_MAX];

	if (!vs_ocpp_text_is_uri(string_text(check, string, room, sizeof(room))))
		return refuse(check, VS_E_BAD_VALUE, "a URI expected");
	return VS_OK;
}

static inline void
name_node(struct vs_json_node *node, uint32_t key_start, uint32_t key_size, uint16_t name)
{
	node->key_start = key_start;
	node->key_size = (uint16_t)key_size;
	node->name = name;
}

/* The node of the value that comes next, and the name of what it is; the key is 0, 0 for what is no
 * member. The pointer is good until the next one is begun. */
static inline vs_result
begin_node(struct vs_ocpp_check *check, uint32_t key_start, uint32_t key_size, uint16_t name,
           struct vs_json_node **node_out)
{
	struct vs_json_tape *tape = check->tape;

	if (tape->count == tape->capacity)
		VS_TRY(vs_json_tape_grow(tape));
	*node_out = &tape->nodes[tape->count++];
	name_node(*node_out, key_start, key_size, name);
	return VS_OK;
}

static inline void
fill_node(struct vs_json_node *node, enum vs_json_type type, uint32_t start, uint32_t size,
          unsigned flags, uint16_t value)
{
	node->start = start;
	node->size = size;
	node->span = 1;
	node->value = value;
	node->type = (uint8_t)type;
	node->flags = (uint8_t)flags;
}

/* The container whose node is nodes[index] is closed. */
static inline void
close_node(struct vs_ocpp_check *check, uint32_t index)
{
	struct vs_json_node *node = &check->tape->nodes[index];

	node->size = check->reader.at - node->start;
	node->span = check->tape->count - index;
}

/* A string: as text, enumerated value or date-time. */
static inline vs_result
check_string(struct vs_ocpp_check *check, const struct vs_ocpp_field *field,
             struct vs_json_node *node)
{
	struct vs_json_reader *reader = &check->reader;
	struct vs_json_string string;
	uint16_t value = 0;

	if (vs_json_read_peek(reader) != '"')
		return wrong_type(check, "a string");
	VS_TRY(vs_json_read_string(reader, &string));
	if (field->kind == VS_OCPP_KIND_TEXT) {
		if (string.length > field->max)
			return refuse(check, VS_E_OUT_OF_RANGE, "at most %" PRId64 " characters",
			              field->max);
	} else if (field->kind == VS_OCPP_KIND_ENUM) {
		const struct vs_ocpp_words *values = &check->tables->enums[field->of].values;
		int place = find_word(check, values, string);

		if (place < 0)
			return refuse(check, VS_E_BAD_VALUE, "not a value of its enumeration");
		value = values->words[place].id;
	} else if (field->kind == VS_OCPP_KIND_URI) {
		VS_TRY(check_uri(check, string));
	} else {
		VS_TRY(check_time(check, string));
	}
	fill_node(node, VS_JSON_STRING, string.start, string.size, string.flags, value);
	return VS_OK;
}

/* JSON Schema draft 6: 1.0 is an integer. */
static vs_result
check_int(struct vs_ocpp_check *check, const struct vs_ocpp_field *field,
          const struct vs_json_node *node)
{
	int64_t value = 0;
	vs_result r = vs_json_int(check->tape, node, &value);

	if (r.code == VS_E_WRONG_TYPE)
		return refuse(check, VS_E_WRONG_TYPE, "an integer expected");
	if (r.code != VS_E_OK)
		return refuse(check, r.code, "an integer of 64 bits");
	if (value < field->min)
		return refuse(check, VS_E_OUT_OF_RANGE, "at least %" PRId64, field->min);
	if (value > field->max)
		return refuse(check, VS_E_OUT_OF_RANGE, "at most %" PRId64, field->max);
	return VS_OK;
}

/* The bounds of a number are integers; a double is exact enough to compare with them. */
static vs_result
check_bounds(struct vs_ocpp_check *check, const struct vs_ocpp_field *field,
             const struct vs_json_node *node)
{
	double value = 0;

	if (vs_json_double(check->tape, node, &value).code != VS_E_OK)
		return refuse(check, VS_E_OUT_OF_RANGE, "a finite number");
	if (field->min != INT64_MIN && value < (double)field->min)
		return refuse(check, VS_E_OUT_OF_RANGE, "at least %" PRId64, field->min);
	if (field->max != INT64_MAX && value > (double)field->max)
		return refuse(check, VS_E_OUT_OF_RANGE, "at most %" PRId64, field->max);
	return VS_OK;
}

static vs_result __attribute__((noinline))
check_number(struct vs_ocpp_check *check, const struct vs_ocpp_field *field,
             struct vs_json_node *node)
{
	struct vs_json_reader *reader = &check->reader;
	uint8_t byte = vs_json_read_peek(reader);
	uint32_t start = reader->at;
	uint32_t size = 0;
	uint8_t flags = 0;
	bool is_bounded = field->min != INT64_MIN || field->max != INT64_MAX;

	if (byte != '-' && (byte < '0' || byte > '9'))
		return wrong_type(check,
		                  field->kind == VS_OCPP_KIND_INT ? "an integer" : "a number");
	VS_TRY(vs_json_read_number(reader, &size, &flags));
	fill_node(node, VS_JSON_NUMBER, start, size, flags, 0);
	if (field->kind == VS_OCPP_KIND_INT) {
		if (!is_bounded && (flags & VS_JSON_INTEGER) != 0 && size <= INT_DIGITS_FAST)
			return VS_OK;
		return check_int(check, field, node);
	}
	if (field->kind == VS_OCPP_KIND_TENTHS &&
	    !vs_ocpp_number_is_tenths(vs_bytes_from(reader->text + start, size)))
		return refuse(check, VS_E_OUT_OF_RANGE, "a multiple of 0.1");
	if (is_bounded || (flags & VS_JSON_EXPONENT) != 0)
		return check_bounds(check, field, node);
	return VS_OK;
}

static vs_result __attribute__((noinline))
check_bool(struct vs_ocpp_check *check, struct vs_json_node *node)
{
	struct vs_json_reader *reader = &check->reader;
	uint8_t byte = vs_json_read_peek(reader);
	bool is_true = byte == 't';
	uint32_t start = reader->at;

	if (byte != 't' && byte != 'f')
		return wrong_type(check, "true or false");
	VS_TRY(vs_json_read_literal(reader, is_true ? "true" : "false", is_true ? 4 : 5));
	fill_node(node, VS_JSON_BOOL, start, is_true ? 4 : 5, is_true ? VS_JSON_TRUE : 0, 0);
	return VS_OK;
}

/* Anything: the reader writes the node, all but its name. */
static vs_result __attribute__((noinline))
check_any(struct vs_ocpp_check *check, const struct vs_json_node *begun)
{
	struct vs_json_tape *tape = check->tape;
	const struct vs_json_node name = *begun;
	uint32_t index = --tape->count;

	VS_TRY(vs_json_read_any(&check->reader, tape));
	name_node(&tape->nodes[index], name.key_start, name.key_size, name.name);
	return VS_OK;
}

static vs_result check_object(struct vs_ocpp_check *check, unsigned object_index,
                              struct vs_json_node *node);

static inline vs_result
check_value(struct vs_ocpp_check *check, const struct vs_ocpp_field *field,
            struct vs_json_node *node)
{
	if (field->kind <= VS_OCPP_KIND_URI) /* the first ones, and the most */
		return check_string(check, field, node);
	switch ((enum vs_ocpp_kind)field->kind) {
	case VS_OCPP_KIND_TEXT:
	case VS_OCPP_KIND_ENUM:
	case VS_OCPP_KIND_TIME:
	case VS_OCPP_KIND_URI:
		break;
	case VS_OCPP_KIND_INT:
	case VS_OCPP_KIND_NUMBER:
	case VS_OCPP_KIND_TENTHS:
		return check_number(check, field, node);
	case VS_OCPP_KIND_BOOL:
		return check_bool(check, node);
	case VS_OCPP_KIND_IS:
		return check_object(check, field->of, node);
	case VS_OCPP_KIND_ANY:
		return check_any(check, node);
	}
	return VS_FAIL(INTERNAL);
}

static vs_result __attribute__((noinline))
check_list(struct vs_ocpp_check *check, const struct vs_ocpp_field *field,
           struct vs_json_node *node)
{
	struct vs_json_reader *reader = &check->reader;
	uint32_t index = check->tape->count - 1;
	uint32_t count = 0;
	bool more = false;

	if (vs_json_read_peek(reader) != '[')
		return wrong_type(check, "an array");
	fill_node(node, VS_JSON_ARRAY, reader->at, 0, 0, 0);
	VS_TRY(vs_json_read_enter(reader));
	VS_TRY(vs_json_read_more(reader, ']', true, &more));
	for (; more; count++) {
		vs_result r;

		if (count == field->count_max)
			return refuse(check, VS_E_WRONG_COUNT, "at most %" PRIu32,
			              field->count_max);
		r = begin_node(check, 0, 0, 0, &node);
		if (r.code == VS_E_OK)
			r = check_value(check, field, node);
		if (r.code != VS_E_OK)
			return prepend_index(check, r, count);
		VS_TRY(vs_json_read_more(reader, ']', false, &more));
	}
	if (count < field->count_min)
		return refuse(check, VS_E_WRONG_COUNT, "at least %" PRIu32, field->count_min);
	close_node(check, index);
	return VS_OK;
}

/* The value of one member; `place` is -1 for a member that the table does not name. */
static inline vs_result
check_member(struct vs_ocpp_check *check, const struct vs_ocpp_object *object, uint32_t index,
             struct vs_json_string key, int place)
{
	static const struct vs_ocpp_field any = {.kind = VS_OCPP_KIND_ANY};
	const struct vs_ocpp_field *field = place < 0 ? &any : &object->fields[place];
	uint32_t member = check->tape->count;
	struct vs_json_node *node;

	VS_TRY(begin_node(check, key.start, key.size,
	                  place < 0 ? 0 : object->members.words[place].id, &node));
	VS_TRY(field->is_list ? check_list(check, field, node) : check_value(check, field, node));
	if (__builtin_expect((key.flags & VS_JSON_ESCAPED) != 0, 0))
		check->tape->nodes[member].flags |= VS_JSON_KEY_ESCAPED;
	return object->is_open ? vs_json_tape_check_key(check->tape, index, member) : VS_OK;
}

static vs_result __attribute__((cold))
missing_member(struct vs_ocpp_check *check, const struct vs_ocpp_object *object, uint64_t missing)
{
	const struct vs_ocpp_word *word = &object->members.words[__builtin_ctzll(missing)];

	return prepend(check, VS_FAIL(MISSING), word->text, word->size);
}

static vs_result
check_object(struct vs_ocpp_check *check, unsigned object_index, struct vs_json_node *node)
{
	const struct vs_ocpp_object *object = &check->tables->objects[object_index];
	struct vs_json_reader *reader = &check->reader;
	uint32_t index = check->tape->count - 1;
	struct vs_json_string key = {0};
	uint64_t seen = 0;
	bool more = false;

	if (vs_json_read_peek(reader) != '{')
		return wrong_type(check, "an object");
	fill_node(node, VS_JSON_OBJECT, reader->at, 0, 0, 0);
	VS_TRY(vs_json_read_enter(reader));
	VS_TRY(vs_json_read_member(reader, true, &key, &more));
	while (more) {
		int place = find_word(check, &object->members, key);
		uint64_t bit = place < 0 ? 0 : UINT64_C(1) << place;
		vs_result r;

		if (place < 0 && !object->is_open)
			r = VS_FAIL(UNEXPECTED);
		else if ((seen & bit) != 0)
			r = VS_FAIL(DUPLICATE_KEY);
		else
			r = check_member(check, object, index, key, place);
		if (r.code != VS_E_OK)
			return prepend(check, r, (const char *)reader->text + key.start, key.size);
		seen |= bit;
		VS_TRY(vs_json_read_member(reader, false, &key, &more));
	}
	if ((object->required & ~seen) != 0)
		return missing_member(check, object, object->required & ~seen);
	close_node(check, index);
	return VS_OK;
}

vs_result
vs_ocpp_check_object(struct vs_ocpp_check *check, unsigned object)
{
	struct vs_json_node *node;

	VS_TRY(begin_node(check, 0, 0, 0, &node));
	return check_object(check, object, node);
}
