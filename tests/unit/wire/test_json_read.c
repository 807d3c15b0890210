/* SPDX-License-Identifier: Apache-2.0 */
/* What RFC 8259 allows and what it does not; every refusal with its error and its offset. */
#include "wire/json_read.h"

#include "test.h"

/* Parse from a block of exactly the size of the text, so that a sanitizer sees one byte too far. */
static enum vs_err
verdict_of(const void *text, size_t size, uint32_t *at_out)
{
	struct vs_json_tape tape;
	uint8_t *exact = malloc(size > 0 ? size : 1);
	vs_result r;

	CHECK(exact != NULL);
	memcpy(exact, text, size);
	vs_json_tape_init(&tape);
	r = vs_json_parse((struct vs_bytes){exact, size}, &tape);
	CHECK((r.code == VS_E_OK) == (vs_json_root(&tape) != NULL));
	*at_out = tape.fault_at;
	vs_json_tape_done(&tape);
	free(exact);
	return r.code;
}

static void
accepts_json(void)
{
	static const char *const rows[] = {
	    "0",
	    "-0",
	    "-1.5e+10",
	    "1E5",
	    "\"\"",
	    "[]",
	    "{}",
	    " [ ] ",
	    "\t\r\n{ }\n",
	    "true",
	    "false",
	    "null",
	    "[1,2,3]",
	    "{\"a\":{\"b\":[]}}",
	    "\"\\u0000\"",
	    "\"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\"",
	    "\"\x7f\"",
	    "\"\xf4\x8f\xbf\xbf\"",
	    "\"\xee\x80\x80\"",
	    "\"\xed\x9f\xbf\"",
	    "\"\\ud800\\udc00\"",
	    "{\"\":1,\" \":2}",
	    "\"0123456789abcdef0123456789abcdef\"",
	    "{\"a\":1,\"b\":1,\"A\":1}",
	};
	uint32_t at;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		CHECK(verdict_of(rows[i], strlen(rows[i]), &at) == VS_E_OK);
}

struct refusal {
	const char *text;
	enum vs_err err;
	uint32_t at;
};

static void
check_refusals(const struct refusal *rows, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		uint32_t at = 0;
		enum vs_err err = verdict_of(rows[i].text, strlen(rows[i].text), &at);

		if (err != rows[i].err || at != rows[i].at)
			(void)fprintf(stderr, "%s: %s at %u\n", rows[i].text, vs_err_name(err), at);
		CHECK(err == rows[i].err);
		CHECK(at == rows[i].at);
	}
}

static void
refuses_what_is_not_json(void)
{
	static const struct refusal rows[] = {
	    {"", VS_E_TRUNCATED, 0},
	    {"  ", VS_E_TRUNCATED, 2},
	    {"[,1]", VS_E_BAD_MESSAGE, 1},
	    {"[1,]", VS_E_BAD_MESSAGE, 3},
	    {"[1,,2]", VS_E_BAD_MESSAGE, 3},
	    {"[1 2]", VS_E_BAD_MESSAGE, 3},
	    {"[1", VS_E_TRUNCATED, 2},
	    {"[1,", VS_E_TRUNCATED, 3},
	    {"[1}", VS_E_BAD_MESSAGE, 2},
	    {"{\"a\"}", VS_E_BAD_MESSAGE, 4},
	    {"{\"a\":}", VS_E_BAD_MESSAGE, 5},
	    {"{\"a\":1,}", VS_E_BAD_MESSAGE, 7},
	    {"{a:1}", VS_E_BAD_MESSAGE, 1},
	    {"{'a':1}", VS_E_BAD_MESSAGE, 1},
	    {"{1:1}", VS_E_BAD_MESSAGE, 1},
	    {"{\"a\":1", VS_E_TRUNCATED, 6},
	    {"tru", VS_E_TRUNCATED, 3},
	    {"trux", VS_E_BAD_MESSAGE, 3},
	    {"True", VS_E_BAD_MESSAGE, 0},
	    {"NaN", VS_E_BAD_MESSAGE, 0},
	    {"nul", VS_E_TRUNCATED, 3},
	    {"1 1", VS_E_TRAILING, 2},
	    {"{} x", VS_E_TRAILING, 3},
	    {"[]]", VS_E_TRAILING, 2},
	    {"// c\n1", VS_E_BAD_MESSAGE, 0},
	    {"\xef\xbb\xbf{}", VS_E_BAD_MESSAGE, 0},
	    {"\x0b"
	     "1",
	     VS_E_BAD_MESSAGE, 0},
	    {"\xc2\xa0", VS_E_BAD_MESSAGE, 0},
	};

	check_refusals(rows, sizeof(rows) / sizeof(rows[0]));
}

static void
refuses_bad_numbers(void)
{
	static const struct refusal rows[] = {
	    {"01", VS_E_BAD_NUMBER, 1},   {"-", VS_E_TRUNCATED, 1},
	    {"-a", VS_E_BAD_NUMBER, 1},   {"+1", VS_E_BAD_MESSAGE, 0},
	    {".5", VS_E_BAD_MESSAGE, 0},  {"1.", VS_E_TRUNCATED, 2},
	    {"[1.]", VS_E_BAD_NUMBER, 3}, {"1e", VS_E_TRUNCATED, 2},
	    {"1e+]", VS_E_BAD_NUMBER, 3}, {"0x10", VS_E_TRAILING, 1},
	    {"-01", VS_E_BAD_NUMBER, 2},  {"1.e1", VS_E_BAD_NUMBER, 2},
	    {"--1", VS_E_BAD_NUMBER, 1},  {"Infinity", VS_E_BAD_MESSAGE, 0},
	};
	char digits[VS_LIMIT_JSON_NUMBER_SIZE + 1];
	uint32_t at;

	check_refusals(rows, sizeof(rows) / sizeof(rows[0]));
	memset(digits, '9', sizeof(digits));
	CHECK(verdict_of(digits, VS_LIMIT_JSON_NUMBER_SIZE, &at) == VS_E_OK);
	CHECK(verdict_of(digits, sizeof(digits), &at) == VS_E_BAD_NUMBER);
}

static void
refuses_bad_strings(void)
{
	static const struct refusal rows[] = {
	    {"\"", VS_E_TRUNCATED, 1},
	    {"\"abc", VS_E_TRUNCATED, 4},
	    {"\"a\nb\"", VS_E_BAD_CHARACTER, 2},
	    {"\"0123456789abcdef\x1f\"", VS_E_BAD_CHARACTER, 17},
	    {"\"\\x\"", VS_E_BAD_ESCAPE, 1},
	    {"\"\\", VS_E_TRUNCATED, 1},
	    {"\"\\u12\"", VS_E_BAD_ESCAPE, 1},
	    {"\"\\u12", VS_E_TRUNCATED, 1},
	    {"\"\\u12g4\"", VS_E_BAD_ESCAPE, 1},
	    {"\"\\ud800\"", VS_E_BAD_ESCAPE, 1},
	    {"\"\\ud800x\"", VS_E_BAD_ESCAPE, 1},
	    {"\"\\ud800\\u0041 padding\"", VS_E_BAD_ESCAPE, 1},
	    {"\"\\udc00\"", VS_E_BAD_ESCAPE, 1},
	    {"\"\\ud800\\udc", VS_E_TRUNCATED, 1},
	    {"{\"a\\u0000\":1}", VS_E_BAD_ESCAPE, 10},
	    {"\"\x80\"", VS_E_BAD_UTF8, 1},
	    {"\"\xc0\xaf\"", VS_E_BAD_UTF8, 1}, /* overlong / */
	    {"\"\xc1\xbf\"", VS_E_BAD_UTF8, 1},
	    {"\"\xe0\x80\xaf\"", VS_E_BAD_UTF8, 1},
	    {"\"\xe0\x9f\xbf\"", VS_E_BAD_UTF8, 1},
	    {"\"\xf0\x8f\xbf\xbf\"", VS_E_BAD_UTF8, 1},
	    {"\"\xed\xa0\x80\"", VS_E_BAD_UTF8, 1},     /* surrogate */
	    {"\"\xf4\x90\x80\x80\"", VS_E_BAD_UTF8, 1}, /* above U+10FFFF */
	    {"\"\xf5\x80\x80\x80\"", VS_E_BAD_UTF8, 1},
	    {"\"\xff\"", VS_E_BAD_UTF8, 1},
	    {"\"\xc3\"", VS_E_BAD_UTF8, 1},
	    {"\"\xe2\x82\"", VS_E_BAD_UTF8, 1},
	    {"\"\xe2\x82", VS_E_TRUNCATED, 1},
	    {"\"\xf0\x9f\x98", VS_E_TRUNCATED, 1},
	};

	check_refusals(rows, sizeof(rows) / sizeof(rows[0]));
	uint32_t at;
	CHECK(verdict_of("\"a\0b\"", 5, &at) == VS_E_BAD_CHARACTER && at == 2);
	CHECK(verdict_of("[\0]", 3, &at) == VS_E_BAD_MESSAGE && at == 1);
	CHECK(verdict_of("1\0", 2, &at) == VS_E_TRAILING && at == 1);
}

static void
counts_characters(void)
{
	static const struct {
		const char *text;
		uint32_t length;
	} rows[] = {
	    {"\"abc\"", 3},
	    {"\"\\n\\u0041\"", 2},
	    {"\"\\ud83d\\ude00\"", 1},
	    {"\"\xf0\x9f\x98\x80\xc3\xa9\"", 2},
	    {"\"0123456789abcdef\xc3\xa9\"", 17},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct vs_json_reader reader;
		struct vs_json_string string;

		CHECK_OK(vs_json_reader_init(&reader, vs_bytes_from_text(rows[i].text)));
		CHECK_OK(vs_json_read_string(&reader, &string));
		CHECK(string.length == rows[i].length && reader.at == strlen(rows[i].text));
	}
}

static void
refuses_every_truncation(void)
{
	static const char text[] = "{\"key\":[1.5e3,\"t\xc3\xa9xt\\u00e9\\ud83d\\ude00\",true,"
				   "false,null,{\"a\":-0}],\"k2\":{}}";
	uint32_t at;

	for (size_t size = 0; size < sizeof(text) - 1; size++)
		CHECK(verdict_of(text, size, &at) == VS_E_TRUNCATED);
	CHECK(verdict_of(text, sizeof(text) - 1, &at) == VS_E_OK);
}

static void
unescapes_within_bounds(void)
{
	static const char raw[] = "a\\u20acb";
	uint8_t room[8] = {0, 0, 0, 0, 0xee};

	CHECK(vs_json_unescape((const uint8_t *)raw, 8, room, 4) == 5);
	CHECK(memcmp(room, "a\xe2\x82\xac", 4) == 0 && room[4] == 0xee);
	CHECK(vs_json_unescape((const uint8_t *)raw, 8, room, sizeof(room)) == 5 && room[4] == 'b');
	CHECK(!vs_json_has_nul((const uint8_t *)"\\\\u0000", 7)); /* an escaped backslash */
	CHECK(vs_json_has_nul((const uint8_t *)"\\\\\\u0000", 8));
}

#define EDGES 140u /* more than two blocks */

/* `before` plain characters of a string, then `text`, and `after` more of it. */
static enum vs_err
verdict_at(unsigned before, const char *text, unsigned after, bool is_closed, uint32_t *at_out)
{
	static char room[3 * EDGES];
	size_t size = 0;

	room[size++] = '"';
	memset(room + size, 'x', before), size += before;
	memcpy(room + size, text, strlen(text)), size += strlen(text);
	memset(room + size, 'y', after), size += after;
	if (is_closed)
		room[size++] = '"';
	return verdict_of(room, size, at_out);
}

/* Strings are scanned in blocks: what is wrong is wrong at each place of one, and the text may end
 * at each. */
static void
sees_no_edges_of_blocks(void)
{
	static const struct refusal rows[] = {
	    {"\x1f", VS_E_BAD_CHARACTER, 0},    {"\n", VS_E_BAD_CHARACTER, 0},
	    {"\\x", VS_E_BAD_ESCAPE, 0},        {"\\u12g4", VS_E_BAD_ESCAPE, 0},
	    {"\\ud800z", VS_E_BAD_ESCAPE, 0},   {"\x80", VS_E_BAD_UTF8, 0},
	    {"\xc3z", VS_E_BAD_UTF8, 0},        {"\xe2\x82z", VS_E_BAD_UTF8, 0},
	    {"\xed\xa0\x80", VS_E_BAD_UTF8, 0}, {"\"z", VS_E_TRAILING, 1},
	};
	static const char *const good[] = {
	    "",    "\\\"", "\\\\", "\\u20ac", "\\ud83d\\ude00", "\xc3\xa9", "\xf0\x9f\x98\x80",
	    "\x7f"};
	uint32_t at = 0;

	for (unsigned before = 0; before < EDGES; before++) {
		for (unsigned after = 0; after < 34; after += 11) {
			for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
				CHECK(verdict_at(before, rows[i].text, after, true, &at) ==
				      rows[i].err);
				CHECK(at == 1 + before + rows[i].at);
			}
			for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
				CHECK(verdict_at(before, good[i], after, true, &at) == VS_E_OK);
				CHECK(verdict_at(before, good[i], after, false, &at) ==
				      VS_E_TRUNCATED);
				CHECK(at == 1 + before + strlen(good[i]) + after);
			}
		}
	}
}

/* A number is read in another way when much follows it than at the end of the text. */
static void
reads_numbers_the_same_near_the_end(void)
{
	static const char *const rows[] = {"0",
	                                   "-0",
	                                   "7",
	                                   "-7",
	                                   "00",
	                                   "01",
	                                   "-01",
	                                   "-",
	                                   "--1",
	                                   "1.",
	                                   "-.5",
	                                   "1.5",
	                                   "-1.5",
	                                   "0.0",
	                                   "1.5.5",
	                                   "1e5",
	                                   "1E+5",
	                                   "1.5e-5",
	                                   "1e",
	                                   "1.e5",
	                                   "12345678901234",
	                                   "123456789012345",
	                                   "1234567890123456",
	                                   "12345678901234567",
	                                   "-12345678901234.5",
	                                   "1234567.1234567",
	                                   "1234567.12345678",
	                                   "12345678.12345678",
	                                   "0.123456789012345678",
	                                   "9x",
	                                   "1-",
	                                   "1:",
	                                   "1/",
	                                   "\xb1",
	                                   "123456789012345e3",
	                                   "12345678901234e3",
	                                   "1234567890123.",
	                                   "1 1"};
	char text[96];
	uint32_t near_at = 0, far_at = 0;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		static const char tail[] = "                                ]";
		enum vs_err far, near;

		(void)snprintf(text, sizeof(text), "[%s%s", rows[i], tail);
		far = verdict_of(text, strlen(text), &far_at);
		for (size_t cut = 0; cut + 1 < sizeof(tail); cut++) {
			(void)snprintf(text, sizeof(text), "[%s%s", rows[i], tail + cut);
			near = verdict_of(text, strlen(text), &near_at);
			CHECK(near == far && near_at == far_at);
		}
	}
}

static void
knows_integers_and_exponents(void)
{
	static const struct {
		const char *text;
		uint32_t size;
		uint8_t flags;
	} rows[] = {
	    {"123]                ", 3, VS_JSON_INTEGER},
	    {"-1                ", 2, VS_JSON_INTEGER},
	    {"1.5,                ", 3, 0},
	    {"1e5                ", 3, VS_JSON_EXPONENT},
	    {"1.5e5               ", 5, VS_JSON_EXPONENT},
	    {"1.5", 3, 0},
	    {"123456789012345678901", 21, VS_JSON_INTEGER},
	    {"0", 1, VS_JSON_INTEGER},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct vs_json_reader reader;
		uint32_t size = 0;
		uint8_t flags = 0xff;

		CHECK_OK(vs_json_reader_init(&reader, vs_bytes_from_text(rows[i].text)));
		CHECK_OK(vs_json_read_number(&reader, &size, &flags));
		CHECK(size == rows[i].size && flags == rows[i].flags && reader.at == size);
	}
}

int
main(void)
{
	CASE(accepts_json);
	CASE(refuses_what_is_not_json);
	CASE(refuses_bad_numbers);
	CASE(refuses_bad_strings);
	CASE(sees_no_edges_of_blocks);
	CASE(reads_numbers_the_same_near_the_end);
	CASE(knows_integers_and_exponents);
	CASE(counts_characters);
	CASE(refuses_every_truncation);
	CASE(unescapes_within_bounds);
	return 0;
}
