/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/utf8.h"

#include "test.h"

/* RFC 3629 4, written again as simply as it can be: decode, then look at the number. */
static bool
is_valid_slowly(const uint8_t *s, size_t size)
{
	size_t i = 0;

	while (i < size) {
		unsigned length = s[i] < 0x80       ? 1
		                  : s[i] >> 5 == 6  ? 2
		                  : s[i] >> 4 == 14 ? 3
		                  : s[i] >> 3 == 30 ? 4
		                                    : 0;
		static const uint32_t least[5] = {0, 0, 0x80, 0x800, 0x10000};
		uint32_t point;

		if (length == 0 || size - i < length)
			return false;
		point = length == 1 ? s[i] : s[i] & (0xffu >> (length + 1));
		for (unsigned k = 1; k < length; k++) {
			if (s[i + k] >> 6 != 2)
				return false;
			point = point << 6 | (s[i + k] & 63u);
		}
		if (point < least[length] || point > 0x10ffff ||
		    (point >= 0xd800 && point <= 0xdfff))
			return false;
		i += length;
	}
	return true;
}

static void
test_every_short_sequence(void)
{
	uint8_t s[4];

	for (uint32_t x = 0; x < 0x1000000; x++) {
		s[0] = (uint8_t)(x >> 16);
		s[1] = (uint8_t)(x >> 8);
		s[2] = (uint8_t)x;
		CHECK(vs_utf8_is_valid(vs_bytes_from(s, 3)) == is_valid_slowly(s, 3));
	}
	for (uint32_t x = 0; x < 0x1000000; x++) {
		s[0] = (uint8_t)(0xf0 + (x >> 20));
		s[1] = (uint8_t)(0x70 + (x >> 12 & 0xff) / 2);
		s[2] = (uint8_t)(0x7c + (x >> 6 & 0x3f) * 2);
		s[3] = (uint8_t)(0x7c + (x & 0x3f) * 2);
		CHECK(vs_utf8_is_valid(vs_bytes_from(s, 4)) == is_valid_slowly(s, 4));
	}
}

/* One bad byte at every place of texts of every length: the fast paths must not jump over it. */
static void
test_every_offset(void)
{
	static const char *const bad[] = {"\x80", "\xc0\x80", "\xed\xa0\x80", "\xf4\x90\x80\x80",
	                                  "\xff", "\xc3"};
	static const char good[] = "\xf0\x9f\x94\x8b";

	for (size_t size = 4; size < 100; size++) {
		for (size_t at = 0; at + 4 <= size; at++) {
			uint8_t text[100];

			memset(text, 'a', size);
			memcpy(text + at, good, 4);
			CHECK(vs_utf8_is_valid(vs_bytes_from(text, size)));
			for (size_t b = 0; b < sizeof(bad) / sizeof(bad[0]); b++) {
				memset(text, 'a', size);
				memcpy(text + at, bad[b], strlen(bad[b]));
				CHECK(!vs_utf8_is_valid(vs_bytes_from(text, size)));
			}
		}
	}
}

static void
test_split(void)
{
	static const char text[] = "K\xc3\xa4se \xe2\x82\xac \xf0\x9f\x94\x8b "
				   "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa \xf4\x8f\xbf\xbf";
	size_t size = sizeof(text) - 1;

	for (size_t a = 0; a <= size; a++) {
		for (size_t b = a; b <= size; b++) {
			struct vs_utf8 state = {0};

			CHECK(vs_utf8_feed(&state, vs_bytes_from(text, a)));
			CHECK(vs_utf8_is_whole(&state) ==
			      is_valid_slowly((const uint8_t *)text, a));
			CHECK(vs_utf8_feed(&state, vs_bytes_from(text + a, b - a)));
			CHECK(vs_utf8_feed(&state, vs_bytes_from(text + b, size - b)));
			CHECK(vs_utf8_is_whole(&state));
		}
	}
}

/* RFC 6455 8.1 and Autobahn 6.4: fail as soon as it is clear, not at the end. */
static void
test_fails_fast(void)
{
	struct vs_utf8 state = {0};

	CHECK(vs_utf8_feed(&state,
	                   VS_BYTES_LITERAL("\xce\xba\xe1\xbd\xb9\xcf\x83\xce\xbc\xce\xb5\xf4")));
	CHECK(!vs_utf8_is_whole(&state));
	CHECK(!vs_utf8_feed(&state, VS_BYTES_LITERAL("\x90")));
	state = (struct vs_utf8){0};
	CHECK(vs_utf8_feed(&state, VS_BYTES_LITERAL("\xed")));
	CHECK(!vs_utf8_feed(&state, VS_BYTES_LITERAL("\xa0")));
	state = (struct vs_utf8){0};
	CHECK(!vs_utf8_feed(&state, VS_BYTES_LITERAL("\xc1")));
	CHECK(vs_utf8_is_valid(vs_bytes_from_text(NULL)));
}

static void
test_cut(void)
{
	struct vs_bytes text = VS_BYTES_LITERAL("a\xe2\x82\xac"
	                                        "b");

	CHECK(vs_utf8_cut(text, 100) == 5 && vs_utf8_cut(text, 5) == 5);
	CHECK(vs_utf8_cut(text, 4) == 4);
	CHECK(vs_utf8_cut(text, 3) == 1 && vs_utf8_cut(text, 2) == 1 && vs_utf8_cut(text, 1) == 1);
	CHECK(vs_utf8_cut(text, 0) == 0);
}

int
main(void)
{
	CASE(test_every_short_sequence);
	CASE(test_every_offset);
	CASE(test_split);
	CASE(test_fails_fast);
	CASE(test_cut);
	return 0;
}
