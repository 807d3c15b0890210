/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/json.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "wire/json_read.h"

#define EXPONENT_MAX       100000 /* far outside of what a double or an int64 holds */
#define INT64_DIGITS_MAX   19
#define TIME_TEXT_SIZE_MAX 64

const struct vs_json_node *
vs_json_root(const struct vs_json_tape *tape)
{
	return tape->count > 0 ? tape->nodes : NULL;
}

static bool
is_container(const struct vs_json_node *node)
{
	return node != NULL && (node->type == VS_JSON_OBJECT || node->type == VS_JSON_ARRAY);
}

const struct vs_json_node *
vs_json_next(const struct vs_json_node *container, const struct vs_json_node *child)
{
	const struct vs_json_node *next;

	if (!is_container(container))
		return NULL;
	next = child == NULL ? container + 1 : child + child->span;
	return next < container + container->span ? next : NULL;
}

uint32_t
vs_json_count(const struct vs_json_node *container)
{
	const struct vs_json_node *child = NULL;
	uint32_t count = 0;

	while ((child = vs_json_next(container, child)) != NULL)
		count++;
	return count;
}

static const uint8_t *
text_at(const struct vs_json_tape *tape, uint32_t at)
{
	return tape->text.data + at;
}

/* Raw string text against a C string. */
static bool
is_raw_equal(const uint8_t *raw, size_t raw_size, bool is_escaped, const char *text)
{
	size_t size = strlen(text);
	size_t done = 0;

	if (!is_escaped)
		return raw_size == size && memcmp(raw, text, size) == 0;
	for (size_t at = 0; at < raw_size;) {
		uint8_t bytes[4];
		size_t count = vs_json_unescape_next(raw, &at, bytes);

		if (size - done < count || memcmp(bytes, text + done, count) != 0)
			return false;
		done += count;
	}
	return done == size;
}

const struct vs_json_node *
vs_json_member(const struct vs_json_tape *tape, const struct vs_json_node *object, const char *key)
{
	const struct vs_json_node *child = NULL;

	if (object == NULL || object->type != VS_JSON_OBJECT)
		return NULL;
	while ((child = vs_json_next(object, child)) != NULL) {
		if (is_raw_equal(text_at(tape, child->key_start), child->key_size,
		                 (child->flags & VS_JSON_KEY_ESCAPED) != 0, key))
			return child;
	}
	return NULL;
}

const struct vs_json_node *
vs_json_member_named(const struct vs_json_node *object, uint16_t name)
{
	const struct vs_json_node *end;

	if (object == NULL || object->type != VS_JSON_OBJECT || name == 0)
		return NULL;
	end = object + object->span;
	for (const struct vs_json_node *child = object + 1; child < end; child += child->span) {
		if (child->name == name)
			return child;
	}
	return NULL;
}

static vs_result
check_type(const struct vs_json_node *node, enum vs_json_type type)
{
	if (node == NULL)
		return VS_FAIL(MISSING);
	return node->type == type ? VS_OK : VS_FAIL(WRONG_TYPE);
}

vs_result
vs_json_text(const struct vs_json_tape *tape, const struct vs_json_node *node, char *room,
             size_t size, struct vs_bytes *text_out)
{
	size_t used;

	VS_TRY(check_type(node, VS_JSON_STRING));
	if ((node->flags & VS_JSON_ESCAPED) == 0) {
		*text_out = vs_bytes_from(text_at(tape, node->start), node->size);
		return VS_OK;
	}
	used = vs_json_unescape(text_at(tape, node->start), node->size, (uint8_t *)room, size);
	if (used > size)
		return VS_FAIL(TOO_LONG);
	*text_out = vs_bytes_from(room, used);
	return VS_OK;
}

vs_result
vs_json_copy_text(const struct vs_json_tape *tape, const struct vs_json_node *node, char *text,
                  size_t size)
{
	size_t used;

	VS_TRY(check_type(node, VS_JSON_STRING));
	used = vs_json_unescape(text_at(tape, node->start), node->size, NULL, 0);
	if (used >= size)
		return VS_FAIL(TOO_LONG);
	if ((node->flags & VS_JSON_ESCAPED) != 0 &&
	    vs_json_has_nul(text_at(tape, node->start), node->size))
		return VS_FAIL(BAD_VALUE);
	(void)vs_json_unescape(text_at(tape, node->start), node->size, (uint8_t *)text, size);
	text[used] = 0;
	return VS_OK;
}

/* A number as its significant decimal digits: value = digits * 10^exponent, without zeros at either
 * end. */
struct decimal {
	uint8_t digits[VS_LIMIT_JSON_NUMBER_SIZE];
	size_t count;
	int32_t exponent;
	bool is_negative;
};

static int32_t
read_exponent(const uint8_t *text, size_t size)
{
	bool is_negative = size > 0 && text[0] == '-';
	int32_t exponent = 0;

	for (size_t i = size > 0 && (text[0] == '-' || text[0] == '+') ? 1 : 0; i < size; i++) {
		if (exponent < EXPONENT_MAX)
			exponent = exponent * 10 + (text[i] - '0');
	}
	return is_negative ? -exponent : exponent;
}

static void
read_decimal(const uint8_t *text, size_t size, struct decimal *decimal)
{
	bool is_fraction = false;

	*decimal = (struct decimal){.is_negative = size > 0 && text[0] == '-'};
	for (size_t i = decimal->is_negative ? 1 : 0; i < size; i++) {
		if (text[i] == '.') {
			is_fraction = true;
			continue;
		}
		if (text[i] == 'e' || text[i] == 'E') {
			decimal->exponent += read_exponent(text + i + 1, size - i - 1);
			break;
		}
		decimal->exponent -= is_fraction ? 1 : 0;
		if (decimal->count > 0 || text[i] != '0')
			decimal->digits[decimal->count++] = (uint8_t)(text[i] - '0');
	}
	while (decimal->count > 0 && decimal->digits[decimal->count - 1] == 0) {
		decimal->count--;
		decimal->exponent++;
	}
}

/* An integer of at most INT64_DIGITS_MAX - 1 digits, sign included. */
static int64_t
read_short_int(const uint8_t *text, size_t size)
{
	size_t at = text[0] == '-' ? 1 : 0;
	int64_t value = 0;

	for (; at < size; at++)
		value = value * 10 + (text[at] - '0');
	return text[0] == '-' ? -value : value;
}

vs_result
vs_json_int(const struct vs_json_tape *tape, const struct vs_json_node *node, int64_t *value_out)
{
	struct decimal decimal;
	uint64_t magnitude = 0;
	uint64_t magnitude_max;

	VS_TRY(check_type(node, VS_JSON_NUMBER));
	if ((node->flags & VS_JSON_INTEGER) != 0 && node->size < INT64_DIGITS_MAX) {
		*value_out = read_short_int(text_at(tape, node->start), node->size);
		return VS_OK;
	}
	read_decimal(text_at(tape, node->start), node->size, &decimal);
	if (decimal.count == 0) {
		*value_out = 0;
		return VS_OK;
	}
	if (decimal.exponent < 0)
		return VS_FAIL(WRONG_TYPE);
	if (decimal.count + (size_t)decimal.exponent > INT64_DIGITS_MAX)
		return VS_FAIL(OUT_OF_RANGE);
	for (size_t i = 0; i < decimal.count + (size_t)decimal.exponent; i++)
		magnitude = magnitude * 10 + (i < decimal.count ? decimal.digits[i] : 0);
	magnitude_max = (uint64_t)INT64_MAX + (decimal.is_negative ? 1 : 0);
	if (magnitude > magnitude_max)
		return VS_FAIL(OUT_OF_RANGE);
	*value_out = decimal.is_negative ? (int64_t)(0 - magnitude) : (int64_t)magnitude;
	return VS_OK;
}

vs_result
vs_json_double(const struct vs_json_tape *tape, const struct vs_json_node *node, double *value_out)
{
	char text[VS_LIMIT_JSON_NUMBER_SIZE + 1];
	double value;

	VS_TRY(check_type(node, VS_JSON_NUMBER));
	if (node->size >= sizeof(text))
		return VS_FAIL(BAD_NUMBER);
	memcpy(text, text_at(tape, node->start), node->size);
	text[node->size] = 0;
	value = strtod(text, NULL); /* correctly rounded; the programs never leave the C locale */
	if (!isfinite(value))
		return VS_FAIL(OUT_OF_RANGE);
	*value_out = value;
	return VS_OK;
}

vs_result
vs_json_bool(const struct vs_json_node *node, bool *value_out)
{
	VS_TRY(check_type(node, VS_JSON_BOOL));
	*value_out = (node->flags & VS_JSON_TRUE) != 0;
	return VS_OK;
}

vs_result
vs_json_time(const struct vs_json_tape *tape, const struct vs_json_node *node, int64_t *wall_ms_out)
{
	char room[TIME_TEXT_SIZE_MAX];
	struct vs_bytes text;
	vs_result r = vs_json_text(tape, node, room, sizeof(room), &text);

	if (r.code == VS_E_TOO_LONG)
		return VS_FAIL(BAD_TIME);
	if (r.code != VS_E_OK)
		return r;
	return vs_time_parse(text, wall_ms_out);
}

bool
vs_json_is(const struct vs_json_tape *tape, const struct vs_json_node *node, const char *text)
{
	return node != NULL && node->type == VS_JSON_STRING &&
	       is_raw_equal(text_at(tape, node->start), node->size,
	                    (node->flags & VS_JSON_ESCAPED) != 0, text);
}

struct vs_bytes
vs_json_raw(const struct vs_json_tape *tape, const struct vs_json_node *node)
{
	if (node == NULL)
		return vs_bytes_from(NULL, 0);
	if (node->type == VS_JSON_STRING)
		return vs_bytes_from(text_at(tape, node->start - 1), (size_t)node->size + 2);
	return vs_bytes_from(text_at(tape, node->start), node->size);
}

struct vs_bytes
vs_json_key(const struct vs_json_tape *tape, const struct vs_json_node *node)
{
	if (node == NULL || node->key_start == 0)
		return vs_bytes_from(NULL, 0);
	return vs_bytes_from(text_at(tape, node->key_start), node->key_size);
}
