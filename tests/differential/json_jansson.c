/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Our JSON reader against jansson on texts made by chance: valid ones, and valid ones with one or
 * two bytes changed. Both must agree on accepting. Where both accept, what we read is written again
 * and must be equal to jansson.
 *
 * Known and intended: jansson skips a bare NUL byte after the value, so there is none here; we
 * refuse depth above 32, long numbers and an escaped NUL in a member name; jansson refuses integers
 * above 64 bits and numbers too large for a double.
 */
#include <jansson.h>
#include <stdint.h>

#include "test.h"
#include "wire/json.h"

#define ROUNDS    60000
#define TEXT_SIZE 65536

static uint64_t state = 7;

static unsigned
choose(unsigned count)
{
	state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (unsigned)(state >> 33) % count;
}

static void
put(struct vs_buf *buf, const char *text)
{
	CHECK_OK(vs_buf_append_text(buf, text));
}

static void
put_space(struct vs_buf *buf)
{
	static const char *const spaces[] = {"", "", "", "", " ", "\n", "\t", "\r\n "};

	put(buf, spaces[choose(8)]);
}

static void
put_text(struct vs_buf *buf)
{
	static const char *const pieces[] = {"a",
	                                     "bc",
	                                     "\\n",
	                                     "\\\"",
	                                     "\\\\",
	                                     "\\/",
	                                     "\\u0041",
	                                     "\\u20ac",
	                                     "\\ud83d\\ude00",
	                                     "é",
	                                     "€",
	                                     "😀",
	                                     "0123456789abcdef",
	                                     "\x7f",
	                                     " ",
	                                     "\\u001f"};

	put(buf, "\"");
	for (unsigned i = choose(6); i > 0; i--)
		put(buf, pieces[choose(16)]);
	put(buf, "\"");
}

static void
put_number(struct vs_buf *buf)
{
	static const char *const rows[] = {"0",
	                                   "-0",
	                                   "1",
	                                   "-12",
	                                   "1.5",
	                                   "0.1",
	                                   "1e3",
	                                   "1E-7",
	                                   "1.25e+10",
	                                   "9007199254740993",
	                                   "123456789012345678",
	                                   "-2.5e-3"};

	put(buf, rows[choose(12)]);
}

static void
put_value(struct vs_buf *buf, unsigned depth)
{
	unsigned kind = choose(depth < 5 ? 10 : 6);
	unsigned count = choose(5);

	put_space(buf);
	if (kind < 2) {
		put_text(buf);
	} else if (kind < 4) {
		put_number(buf);
	} else if (kind < 6) {
		put(buf, choose(3) == 0 ? "null" : choose(2) == 0 ? "true" : "false");
	} else {
		put(buf, kind < 8 ? "{" : "[");
		for (unsigned i = 0; i < count; i++) {
			if (i > 0)
				put(buf, ",");
			put_space(buf);
			if (kind < 8) {
				put_text(buf);
				put_space(buf);
				put(buf, ":");
			}
			put_value(buf, depth + 1);
		}
		put_space(buf);
		put(buf, kind < 8 ? "}" : "]");
	}
	put_space(buf);
}

static bool
equals(const struct vs_json_tape *tape, const struct vs_json_node *node, const json_t *value)
{
	const struct vs_json_node *child = NULL;
	char room[4096];
	struct vs_bytes text;
	int64_t integer = 0;
	double real = 0;
	size_t count = 0;

	switch ((enum vs_json_type)node->type) {
	case VS_JSON_NULL:
		return json_is_null(value);
	case VS_JSON_BOOL:
		return json_is_boolean(value) &&
		       json_is_true(value) == ((node->flags & VS_JSON_TRUE) != 0);
	case VS_JSON_NUMBER:
		if (json_is_integer(value))
			return vs_json_int(tape, node, &integer).code == VS_E_OK &&
			       integer == json_integer_value(value);
		if (vs_json_double(tape, node, &real).code != VS_E_OK || !json_is_real(value))
			return false;
		return memcmp(&real, &(double){json_real_value(value)}, sizeof(real)) == 0;
	case VS_JSON_STRING:
		CHECK_OK(vs_json_text(tape, node, room, sizeof(room), &text));
		return json_is_string(value) &&
		       vs_bytes_equal(text, vs_bytes_from(json_string_value(value),
		                                          json_string_length(value)));
	case VS_JSON_ARRAY:
		while ((child = vs_json_next(node, child)) != NULL) {
			if (!equals(tape, child, json_array_get(value, count++)))
				return false;
		}
		return json_array_size(value) == count;
	case VS_JSON_OBJECT:
		for (void *at = json_object_iter((json_t *)(uintptr_t)value); at != NULL;
		     at = json_object_iter_next((json_t *)(uintptr_t)value, at)) {
			child = vs_json_member(tape, node, json_object_iter_key(at));
			if (child == NULL || !equals(tape, child, json_object_iter_value(at)))
				return false;
		}
		return json_object_size(value) == vs_json_count(node);
	}
	return false;
}

static bool
is_known_difference(struct vs_bytes text, const json_error_t *error)
{
	/* jansson cannot hold them; we leave that to who reads the number */
	if (json_error_code(error) == json_error_numeric_overflow)
		return true;
	return memmem(text.data, text.size, "\\u0000", 6) != NULL;
}

int
main(void)
{
	unsigned accepted = 0;
	unsigned refused = 0;
	struct vs_json_tape tape;
	struct vs_buf buf;

	vs_json_tape_init(&tape);
	vs_buf_init(&buf, 4 * TEXT_SIZE);
	for (unsigned round = 0; round < ROUNDS; round++) {
		json_error_t error;
		json_t *theirs = NULL;
		enum vs_err ours;

		vs_buf_reset(&buf);
		put_value(&buf, 0);
		for (unsigned i = choose(3); i > 0; i--)
			buf.data[choose((unsigned)buf.size)] =
			    (uint8_t)(choose(2) == 0
			                  ? 1 + choose(255)
			                  : (unsigned)"\"{}[]:,\\0-+e.\x80\xc3 "[choose(16)]);
		ours = vs_json_parse(vs_buf_view(&buf), &tape).code;
		theirs =
		    json_loadb((const char *)buf.data, buf.size,
		               JSON_REJECT_DUPLICATES | JSON_DECODE_ANY | JSON_ALLOW_NUL, &error);
		if ((ours == VS_E_OK) != (theirs != NULL) &&
		    !is_known_difference(vs_buf_view(&buf), &error)) {
			(void)fprintf(stderr, "we: %s, jansson: %s\n%.*s\n", vs_err_name(ours),
			              theirs != NULL ? "ok" : error.text, (int)buf.size,
			              (const char *)buf.data);
			return 1;
		}
		if (ours == VS_E_OK && theirs != NULL)
			CHECK(equals(&tape, vs_json_root(&tape), theirs));
		accepted += ours == VS_E_OK ? 1 : 0;
		refused += ours != VS_E_OK ? 1 : 0;
		json_decref(theirs);
	}
	vs_buf_done(&buf);
	vs_json_tape_done(&tape);
	(void)fprintf(stderr, "%u accepted, %u refused by both\n", accepted, refused);
	CHECK(accepted > ROUNDS / 10 && refused > ROUNDS / 10);
	return 0;
}
