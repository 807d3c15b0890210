/* SPDX-License-Identifier: Apache-2.0 */
#include "field/message.h"

#include <assert.h>
#include <stddef.h>
#include <string.h>

#include "wire/base64.h"

enum object { MESSAGE, ENC, ITEM, REAUTH, ACK };
enum how { TEXT, U64, BASE64, BASE64U, ENC_OBJECT, ITEMS, VALUE, BOOL };
#define HOW_TEXT    TEXT
#define HOW_U64     U64
#define HOW_BASE64  BASE64
#define HOW_BASE64U BASE64U
#define HOW_ENC     ENC_OBJECT
#define HOW_ITEMS   ITEMS
#define HOW_VALUE   VALUE
#define HOW_BOOL    BOOL
enum need { OPTIONAL, NEEDED };

struct member {
	const char *name;
	size_t at; /* in the message, or in the reading */
	uint64_t min, max;
	enum object object;
	enum how how;
	enum need need;
};

#define IN_MESSAGE(where) offsetof(struct vs_field_message, where)
#define IN_ENC(where)     offsetof(struct vs_field_message, where)
#define IN_REAUTH(where)  offsetof(struct vs_field_message, where)
#define IN_ACK(where)     offsetof(struct vs_field_message, where)
#define IN_ITEM(where)    offsetof(struct vs_field_reading, where)

static const struct member members[] = {
#define VS_FIELD_MEMBER(object, name, how, where, need, min, max, what)                            \
	{#name, IN_##object(where), min, max, object, HOW_##how, need},
#include "field/message.def"
#undef VS_FIELD_MEMBER
};
enum { MEMBERS = sizeof(members) / sizeof(members[0]) };

struct reader {
	const struct vs_json_tape *tape;
	struct vs_field_message *message;
};

static vs_result read_object(struct reader *reader, enum object object,
                             const struct vs_json_node *node, void *into);

static vs_result
read_text(struct reader *reader, const struct member *member, const struct vs_json_node *node,
          struct vs_bytes *text)
{
	struct vs_field_message *message = reader->message;
	char *room = message->room + message->room_used;
	struct vs_bytes view = {NULL, 0};

	VS_TRY(vs_json_text(reader->tape, node, room, sizeof(message->room) - message->room_used,
	                    &view));
	if (view.size < member->min || view.size > member->max)
		return VS_FAIL(OUT_OF_RANGE);
	if (view.size > 0 && memchr(view.data, 0, view.size) != NULL)
		return VS_FAIL(BAD_VALUE);
	if ((node->flags & VS_JSON_ESCAPED) != 0)
		message->room_used += view.size;
	*text = view;
	return VS_OK;
}

static vs_result
read_fixed(struct reader *reader, const struct member *member, const struct vs_json_node *node,
           uint8_t *data)
{
	struct vs_bytes text = {NULL, 0};
	size_t size = 0;

	VS_TRY(vs_json_text(reader->tape, node, NULL, 0, &text));
	VS_TRY(vs_base64_decode(member->how == BASE64 ? VS_BASE64 : VS_BASE64_URL, text, data,
	                        member->max, &size));
	return size == member->max ? VS_OK : VS_FAIL(BAD_ENCODING);
}

static vs_result
read_u64(struct reader *reader, const struct member *member, const struct vs_json_node *node,
         uint64_t *number)
{
	int64_t value = 0;

	VS_TRY(vs_json_int(reader->tape, node, &value));
	if (value < 0 || (uint64_t)value < member->min || (uint64_t)value > member->max)
		return VS_FAIL(OUT_OF_RANGE);
	*number = (uint64_t)value;
	return VS_OK;
}

/* A number, a text, true, false or null; which of them a sealed one is, is seen when it is open. */
static vs_result
read_value(struct reader *reader, const struct vs_json_node *node, struct vs_bytes *value)
{
	if (node->type == VS_JSON_ARRAY || node->type == VS_JSON_OBJECT)
		return VS_FAIL(WRONG_TYPE);
	*value = vs_json_raw(reader->tape, node);
	return value->size <= VS_LIMIT_SENSOR_VALUE_SIZE ? VS_OK : VS_FAIL(TOO_LONG);
}

static vs_result
add_reading(struct reader *reader, struct vs_field_reading **reading_out)
{
	struct vs_field_message *message = reader->message;

	if (message->count == VS_LIMIT_SENSOR_READINGS)
		return VS_FAIL(WRONG_COUNT);
	*reading_out = &message->readings[message->count++];
	**reading_out = (struct vs_field_reading){.is_sealed = false};
	return VS_OK;
}

/* The text of a sealed value is what is between its quotes: base64 has no escapes. */
static vs_result
finish_reading(struct vs_field_reading *reading)
{
	if (!reading->is_sealed)
		return VS_OK;
	if (reading->value.size < 2 || reading->value.data[0] != '"')
		return VS_FAIL(WRONG_TYPE);
	reading->value = vs_bytes_from(reading->value.data + 1, reading->value.size - 2);
	return VS_OK;
}

static vs_result
read_item(struct reader *reader, const struct vs_json_node *node)
{
	struct vs_field_reading *reading = NULL;

	if (node->type != VS_JSON_OBJECT)
		return VS_FAIL(WRONG_TYPE);
	VS_TRY(add_reading(reader, &reading));
	VS_TRY(read_object(reader, ITEM, node, reading));
	return finish_reading(reading);
}

/* A list of readings, or {"temperature":25.4,..}, which cannot be sealed. */
static vs_result
read_items(struct reader *reader, const struct vs_json_node *node)
{
	static const struct member name = {.min = 1, .max = 64};
	const struct vs_json_node *child = NULL;

	if (node->type != VS_JSON_ARRAY && node->type != VS_JSON_OBJECT)
		return VS_FAIL(WRONG_TYPE);
	while ((child = vs_json_next(node, child)) != NULL) {
		struct vs_field_reading *reading = NULL;

		if (node->type == VS_JSON_ARRAY) {
			VS_TRY(read_item(reader, child));
			continue;
		}
		VS_TRY(add_reading(reader, &reading));
		reading->type = vs_json_key(reader->tape, child);
		if ((child->flags & VS_JSON_KEY_ESCAPED) != 0 || reading->type.size < name.min ||
		    reading->type.size > name.max)
			return VS_FAIL(OUT_OF_RANGE);
		VS_TRY(read_value(reader, child, &reading->value));
	}
	return reader->message->count > 0 ? VS_OK : VS_FAIL(WRONG_COUNT);
}

static vs_result
read_enc(struct reader *reader, const struct vs_json_node *node)
{
	if (node->type != VS_JSON_OBJECT)
		return VS_FAIL(WRONG_TYPE);
	reader->message->has_enc = true;
	return read_object(reader, ENC, node, reader->message);
}

static vs_result
read_member(struct reader *reader, const struct member *member, const struct vs_json_node *node,
            void *into)
{
	void *at = (char *)into + member->at;

	switch (member->how) {
	case TEXT:
		return read_text(reader, member, node, at);
	case U64:
		return read_u64(reader, member, node, at);
	case BASE64:
	case BASE64U:
		return read_fixed(reader, member, node, at);
	case ENC_OBJECT:
		return read_enc(reader, node);
	case ITEMS:
		return read_items(reader, node);
	case VALUE:
		return read_value(reader, node, at);
	case BOOL:
		return vs_json_bool(node, at);
	}
	return VS_FAIL(INTERNAL);
}

static vs_result
read_object(struct reader *reader, enum object object, const struct vs_json_node *node, void *into)
{
	for (size_t i = 0; i < MEMBERS; i++) {
		const struct vs_json_node *child;

		if (members[i].object != object)
			continue;
		child = vs_json_member(reader->tape, node, members[i].name);
		if (child == NULL && object == ITEM && node != vs_json_root(reader->tape) &&
		    strcmp(members[i].name, "sensor_type") == 0)
			child = vs_json_member(reader->tape, node, "type");
		if (child == NULL) {
			if (members[i].need == NEEDED)
				return VS_FAIL(MISSING);
			continue;
		}
		VS_TRY(read_member(reader, &members[i], child, into));
	}
	return VS_OK;
}

static bool
is_known(const struct reader *reader, const struct vs_json_node *node, unsigned objects)
{
	struct vs_bytes key = vs_json_key(reader->tape, node);

	for (size_t i = 0; i < MEMBERS; i++) {
		if ((objects >> members[i].object & 1) != 0 &&
		    vs_bytes_equal_text(key, members[i].name))
			return true;
	}
	return vs_bytes_equal_text(key, "type");
}

static vs_result
check_names(const struct reader *reader, const struct vs_json_node *node, unsigned objects)
{
	const struct vs_json_node *child = NULL;

	while ((child = vs_json_next(node, child)) != NULL) {
		if (!is_known(reader, child, objects))
			return VS_FAIL(UNEXPECTED);
	}
	return VS_OK;
}

/* What nobody reads must not be there: it could be taken for authenticated. */
static vs_result
check_all_names(const struct reader *reader, const struct vs_json_node *root)
{
	const struct vs_json_node *list = vs_json_member(reader->tape, root, "readings");
	const struct vs_json_node *enc = vs_json_member(reader->tape, root, "enc");
	const struct vs_json_node *child = NULL;

	VS_TRY(check_names(reader, root, 1u << MESSAGE | (list == NULL ? 1u << ITEM : 0u)));
	VS_TRY(check_names(reader, enc, 1u << ENC));
	while ((child = vs_json_next(list, child)) != NULL)
		VS_TRY(check_names(reader, child, 1u << ITEM));
	return VS_OK;
}

static vs_result
find_profile(struct vs_field_message *message)
{
	bool is_sealed = message->readings[0].is_sealed;

	for (size_t i = 1; i < message->count; i++) {
		if (message->readings[i].is_sealed != is_sealed)
			return VS_FAIL(CONFLICT);
	}
	if ((!is_sealed && (message->has_enc || message->has_mac)) ||
	    (message->has_enc && message->has_mac) || (message->has_mac && !message->has_n))
		return VS_FAIL(CONFLICT);
	message->profile = !is_sealed         ? VS_FIELD_CLEAR
	                   : message->has_enc ? VS_FIELD_D2
	                   : message->has_mac ? VS_FIELD_D1M
	                                      : VS_FIELD_D1;
	return VS_OK;
}

static vs_result
read_readings(struct reader *reader, const struct vs_json_node *root)
{
	struct vs_field_message *message = reader->message;
	const struct vs_json_tape *tape = reader->tape;

	message->has_ts = vs_json_member(tape, root, "ts") != NULL;
	message->has_n = vs_json_member(tape, root, "n") != NULL;
	message->has_mac = vs_json_member(tape, root, "mac") != NULL;
	message->has_r = vs_json_member(tape, root, "r") != NULL;
	VS_TRY(read_object(reader, MESSAGE, root, message));
	if (vs_json_member(tape, root, "readings") == NULL) {
		message->is_single = true;
		VS_TRY(read_item(reader, root));
	}
	VS_TRY(find_profile(message));
	if (message->profile != VS_FIELD_D1M && message->profile != VS_FIELD_D2)
		return VS_OK;
	/* Two numbers would leave open which one counts; the time is authenticated in D2. */
	if (message->has_enc && (message->has_n || !message->has_ts))
		return message->has_n ? VS_FAIL(UNEXPECTED) : VS_FAIL(MISSING);
	return check_all_names(reader, root);
}

vs_result
vs_field_message_read(struct vs_json_tape *tape, struct vs_bytes text,
                      struct vs_field_message *message_out)
{
	struct reader reader = {tape, message_out};
	const struct vs_json_node *root, *type;

	assert(tape != NULL && message_out != NULL);
	memset(message_out, 0, offsetof(struct vs_field_message, readings));
	message_out->count = 0;
	message_out->room_used = 0;
	VS_TRY(vs_json_parse(text, tape));
	root = vs_json_root(tape);
	if (root->type != VS_JSON_OBJECT)
		return VS_FAIL(WRONG_TYPE);
	type = vs_json_member(tape, root, "type");
	if (type == NULL || vs_json_is(tape, type, "readings")) {
		message_out->kind = VS_FIELD_READINGS;
		return read_readings(&reader, root);
	}
	if (vs_json_is(tape, type, "reauth")) {
		message_out->kind = VS_FIELD_REAUTH;
		return read_object(&reader, REAUTH, root, message_out);
	}
	if (vs_json_is(tape, type, "key_ack")) {
		message_out->kind = VS_FIELD_ACK;
		return read_object(&reader, ACK, root, message_out);
	}
	return VS_FAIL(UNKNOWN_TYPE);
}
