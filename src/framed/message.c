/* SPDX-License-Identifier: Apache-2.0 */
#include "framed/message.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define NAME_MAX   48
#define TEXT_MAX   64
#define SECRET_MAX 128

/* --- the table ---------------------------------------------------------------------------------
 */

#define CP         VS_FRAMED_CP
#define MONITOR    VS_FRAMED_MONITOR
#define DRIVER     VS_FRAMED_DRIVER
#define CENTRAL    VS_FRAMED_CENTRAL
#define NO         false
#define YES        true
#define REPEAT     0
#define COUNT(...) (sizeof((const uint8_t[]){__VA_ARGS__}))
#define FIELDS(...)                                                                                \
	COUNT(__VA_ARGS__),                                                                        \
	{                                                                                          \
		__VA_ARGS__                                                                        \
	}
#define NAME   VS_FRAMED_NAME
#define WORD   VS_FRAMED_WORD
#define TEXT   VS_FRAMED_TEXT
#define SECRET VS_FRAMED_SECRET
#define ENERGY VS_FRAMED_ENERGY
#define PRICE  VS_FRAMED_PRICE
#define MONEY  VS_FRAMED_MONEY
#define DEGREE VS_FRAMED_DEGREE

#define VS_FRAMED(id, name_, kind_, from_, to_, when_, durable_, least_, fields_, what)            \
	[VS_FRAMED_##id] = {name_,                                                                 \
	                    kind_,                                                                 \
	                    (unsigned)(from_),                                                     \
	                    (unsigned)(to_),                                                       \
	                    VS_FRAMED_##when_,                                                     \
	                    durable_,                                                              \
	                    (least_) == REPEAT,                                                    \
	                    (uint8_t)(least_),                                                     \
	                    fields_},
static const struct vs_framed_row rows[VS_FRAMED_TYPES] = {
#include "framed/messages.def"
};
#undef VS_FRAMED
#undef CP
#undef MONITOR
#undef DRIVER
#undef CENTRAL

const struct vs_framed_row *
vs_framed_row(enum vs_framed_type type)
{
	assert(type < VS_FRAMED_TYPES);
	return &rows[type];
}

/* --- numbers -----------------------------------------------------------------------------------
 */

vs_result
vs_framed_decimal_read(struct vs_bytes text, int64_t min, int64_t max, int64_t *micro_out)
{
	int64_t value = 0, scale = VS_FRAMED_MICRO;
	bool is_negative = text.size > 0 && text.data[0] == '-', has_point = false;
	size_t at = is_negative ? 1 : 0, digits = 0;

	assert(micro_out != NULL);
	for (; at < text.size; at++) {
		uint8_t c = text.data[at];

		if (c == '.' && !has_point && digits > 0 && at + 1 < text.size) {
			has_point = true;
			continue;
		}
		if (c < '0' || c > '9' || digits == 18 || (has_point && scale == 1))
			return VS_FAIL(OUT_OF_RANGE);
		value = value * 10 + (c - '0');
		digits++;
		if (has_point)
			scale /= 10;
	}
	/* value <= 10^18 - 1 and scale divides 10^6. */
	if (digits == 0 || value > INT64_MAX / scale)
		return VS_FAIL(OUT_OF_RANGE);
	value *= scale;
	value = is_negative ? -value : value;
	if (value < min || value > max)
		return VS_FAIL(OUT_OF_RANGE);
	*micro_out = value;
	return VS_OK;
}

void
vs_framed_decimal_write(int64_t micro, int places, char text[static VS_FRAMED_DECIMAL_MAX])
{
	int64_t unit = 1, left = micro < 0 ? -micro : micro;
	int shown = 6, size;

	for (; shown > places && places >= 0; shown--)
		unit *= 10;
	left = (left + unit / 2) / unit;
	for (; places < 0 && shown > 0 && left % 10 == 0; shown--) {
		left /= 10;
		unit *= 10;
	}
	unit = VS_FRAMED_MICRO / unit;
	size = snprintf(text, VS_FRAMED_DECIMAL_MAX, "%s%" PRId64, micro < 0 && left > 0 ? "-" : "",
	                left / unit);
	if (shown > 0 && size > 0)
		(void)snprintf(text + size, VS_FRAMED_DECIMAL_MAX - (size_t)size, ".%0*" PRId64,
		               shown, left % unit);
}

int64_t
vs_framed_cost(int64_t energy, int64_t price)
{
	int64_t whole = energy / VS_FRAMED_MICRO, part = energy % VS_FRAMED_MICRO;

	assert(energy >= 0 && energy <= VS_FRAMED_ENERGY_MAX && price >= 0 &&
	       price <= VS_FRAMED_PRICE_MAX);
	return whole * price + (part * price + VS_FRAMED_MICRO / 2) / VS_FRAMED_MICRO;
}

/* --- one field ---------------------------------------------------------------------------------
 */

static bool
is_alphanumeric(uint8_t c)
{
	return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

static bool
is_char_of(enum vs_framed_grammar grammar, uint8_t c)
{
	if (grammar == VS_FRAMED_WORD)
		return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
	if (grammar == VS_FRAMED_NAME)
		return is_alphanumeric(c) || (c != '\0' && strchr("*-_=:+|@.", c) != NULL);
	return c >= 0x20 && c <= 0x7e && c != '#';
}

static vs_result
read_text(enum vs_framed_grammar grammar, struct vs_bytes field)
{
	size_t max = grammar == VS_FRAMED_SECRET ? SECRET_MAX
	             : grammar == VS_FRAMED_TEXT ? TEXT_MAX
	                                         : NAME_MAX;

	if (field.size == 0 || field.size > max)
		return VS_FAIL(OUT_OF_RANGE);
	for (size_t i = 0; i < field.size; i++) {
		if (!is_char_of(grammar, field.data[i]))
			return VS_FAIL(OUT_OF_RANGE);
	}
	return VS_OK;
}

static vs_result
read_field(enum vs_framed_grammar grammar, struct vs_bytes field, int64_t *number_out)
{
	switch (grammar) {
	case VS_FRAMED_ENERGY:
		return vs_framed_decimal_read(field, 0, VS_FRAMED_ENERGY_MAX, number_out);
	case VS_FRAMED_PRICE:
		return vs_framed_decimal_read(field, 0, VS_FRAMED_PRICE_MAX, number_out);
	case VS_FRAMED_MONEY:
		return vs_framed_decimal_read(field, 0, VS_FRAMED_MONEY_MAX, number_out);
	case VS_FRAMED_DEGREE:
		return vs_framed_decimal_read(field, -VS_FRAMED_DEGREE_MAX, VS_FRAMED_DEGREE_MAX,
		                              number_out);
	case VS_FRAMED_NAME:
	case VS_FRAMED_WORD:
	case VS_FRAMED_TEXT:
	case VS_FRAMED_SECRET:
		return read_text(grammar, field);
	case VS_FRAMED_NONE:
		break;
	}
	return VS_FAIL(WRONG_COUNT);
}

/* --- reading -----------------------------------------------------------------------------------
 */

/* Take the next field off *text; false when there is none. */
static bool
take(struct vs_bytes *text, struct vs_bytes *field_out)
{
	const uint8_t *end;

	if (text->data == NULL)
		return false;
	end = text->size > 0 ? memchr(text->data, '#', text->size) : NULL;
	*field_out =
	    vs_bytes_from(text->data, end != NULL ? (size_t)(end - text->data) : text->size);
	if (end != NULL)
		*text = vs_bytes_from(end + 1, text->size - field_out->size - 1);
	else
		*text = vs_bytes_from(NULL, 0);
	return true;
}

/* With *rest behind the name, and behind the kind where there is one. */
static vs_result
find(struct vs_bytes text, enum vs_framed_type *type_out, struct vs_bytes *rest)
{
	struct vs_bytes name = {NULL, 0}, kind, after;

	*rest = text.data != NULL ? text : VS_BYTES_LITERAL("");
	(void)take(rest, &name);
	for (int i = 0; i < VS_FRAMED_TYPES; i++) {
		if (!vs_bytes_equal_text(name, rows[i].name))
			continue;
		after = *rest;
		if (rows[i].kind[0] != '\0' &&
		    (!take(&after, &kind) || !vs_bytes_equal_text(kind, rows[i].kind)))
			continue;
		*type_out = (enum vs_framed_type)i;
		*rest = after;
		return VS_OK;
	}
	return VS_FAIL(UNKNOWN_ACTION);
}

static vs_result
read_group(const struct vs_framed_row *row, struct vs_bytes *rest,
           struct vs_framed_message *message)
{
	struct vs_bytes field;

	memset(message->numbers, 0, sizeof(message->numbers));
	for (message->count = 0; message->count < row->most && take(rest, &field);
	     message->count++) {
		message->fields[message->count] = field;
		VS_TRY(read_field((enum vs_framed_grammar)row->fields[message->count], field,
		                  &message->numbers[message->count]));
	}
	return message->count >= (row->is_repeated ? row->most : row->least) ? VS_OK
	                                                                     : VS_FAIL(WRONG_COUNT);
}

vs_result
vs_framed_read(struct vs_bytes text, struct vs_framed_message *message_out)
{
	struct vs_framed_message message;
	const struct vs_framed_row *row;
	struct vs_bytes rest;

	assert(message_out != NULL);
	memset(&message, 0, sizeof(message));
	VS_TRY(find(text, &message.type, &rest));
	row = &rows[message.type];
	message.rest = rest;
	if (row->is_repeated) {
		while (rest.data != NULL)
			VS_TRY(read_group(row, &rest, &message));
		message.count = 0;
	} else {
		VS_TRY(read_group(row, &rest, &message));
		if (rest.data != NULL)
			return VS_FAIL(WRONG_COUNT);
	}
	*message_out = message;
	return VS_OK;
}

bool
vs_framed_next(struct vs_framed_message *message)
{
	assert(message != NULL && rows[message->type].is_repeated);
	return message->rest.data != NULL &&
	       read_group(&rows[message->type], &message->rest, message).code == VS_E_OK;
}

/* --- writing -----------------------------------------------------------------------------------
 */

static vs_result
write_field(enum vs_framed_grammar grammar, const struct vs_framed_message *message, size_t index,
            struct vs_buf *out)
{
	char text[VS_FRAMED_DECIMAL_MAX];
	struct vs_bytes field = message->fields[index];
	int64_t number;

	if (grammar >= VS_FRAMED_ENERGY) {
		vs_framed_decimal_write(message->numbers[index],
		                        grammar == VS_FRAMED_MONEY ? 2 : -1, text);
		field = vs_bytes_from_text(text);
	}
	VS_TRY(read_field(grammar, field, &number));
	VS_TRY(vs_buf_append_byte(out, '#'));
	return vs_buf_append_bytes(out, field);
}

static vs_result
write_message(const struct vs_framed_message *message, struct vs_buf *out)
{
	const struct vs_framed_row *row = &rows[message->type];

	VS_TRY(vs_buf_append_text(out, row->name));
	if (row->kind[0] != '\0') {
		VS_TRY(vs_buf_append_byte(out, '#'));
		VS_TRY(vs_buf_append_text(out, row->kind));
	}
	if (row->is_repeated && message->rest.size > 0) {
		VS_TRY(vs_buf_append_byte(out, '#'));
		return vs_buf_append_bytes(out, message->rest);
	}
	if (row->is_repeated)
		return VS_OK;
	if (message->count < row->least || message->count > row->most)
		return VS_FAIL(WRONG_COUNT);
	for (size_t i = 0; i < message->count; i++)
		VS_TRY(write_field((enum vs_framed_grammar)row->fields[i], message, i, out));
	return VS_OK;
}

vs_result
vs_framed_write(const struct vs_framed_message *message, struct vs_buf *out)
{
	size_t start;
	vs_result r;

	assert(message != NULL && message->type < VS_FRAMED_TYPES && out != NULL);
	start = out->size;
	r = write_message(message, out);
	if (r.code != VS_E_OK)
		out->size = start;
	return r;
}

/* A message with a secret has it in a field of its own; the rest is written again as it was. */
vs_result
vs_framed_mask(struct vs_bytes text, struct vs_buf *out)
{
	struct vs_framed_message message;
	size_t at = 0;

	if (vs_framed_read(text, &message).code != VS_E_OK)
		return vs_buf_append_bytes(out, text);
	for (size_t i = 0; i < message.count; i++) {
		size_t start;

		if (vs_framed_row(message.type)->fields[i] != VS_FRAMED_SECRET)
			continue;
		start = (size_t)(message.fields[i].data - text.data);
		VS_TRY(vs_buf_append(out, text.data + at, start - at));
		VS_TRY(vs_buf_append_text(out, "***"));
		at = start + message.fields[i].size;
	}
	return vs_buf_append(out, text.data + at, text.size - at);
}
