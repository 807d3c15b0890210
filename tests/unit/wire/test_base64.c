/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/base64.h"

#include "test.h"

static void
check_pair(enum vs_base64 kind, struct vs_bytes data, const char *expected)
{
	char text[64];
	uint8_t back[64];
	size_t size = 99;

	CHECK(vs_base64_encode(kind, data, text, sizeof(text)) == strlen(expected));
	CHECK(strcmp(text, expected) == 0);
	CHECK(vs_base64_text_size(kind, data.size) == strlen(expected));
	CHECK_OK(vs_base64_decode(kind, vs_bytes_from_text(expected), back, sizeof(back), &size));
	CHECK(vs_bytes_equal(vs_bytes_from(back, size), data));
}

/* RFC 4648 10 */
static void
test_vectors(void)
{
	static const char *const padded[] = {"",         "Zg==",     "Zm8=",    "Zm9v",
	                                     "Zm9vYg==", "Zm9vYmE=", "Zm9vYmFy"};
	static const char *const bare[] = {"",       "Zg",      "Zm8",     "Zm9v",
	                                   "Zm9vYg", "Zm9vYmE", "Zm9vYmFy"};

	for (size_t i = 0; i <= 6; i++) {
		check_pair(VS_BASE64, vs_bytes_from("foobar", i), padded[i]);
		check_pair(VS_BASE64_URL_PADDED, vs_bytes_from("foobar", i), padded[i]);
		check_pair(VS_BASE64_URL, vs_bytes_from("foobar", i), bare[i]);
	}
	check_pair(VS_BASE64, VS_BYTES_LITERAL("\xfb\xef\xff"), "++//");
	check_pair(VS_BASE64_URL, VS_BYTES_LITERAL("\xfb\xef\xff"), "--__");
	check_pair(VS_BASE64, VS_BYTES_LITERAL("\x00\x10\x83\x10\x51\x87\x20\x92\x8b\x30\xd3\x8f"),
	           "ABCDEFGHIJKLMNOP");
}

/* Of all texts of four characters exactly one decodes to each value, and encodes back to itself. */
static void
test_canonical(void)
{
	static const char some[] = "AQgwBhxyz/+-_9= \n\x80";
	uint8_t data[3];
	char text[5] = {0}, back[5];

	for (size_t n = 0; n < 18 * 18 * 18 * 18; n++) {
		size_t size = 0, rest = n;

		for (int i = 0; i < 4; i++, rest /= 18)
			text[i] = some[rest % 18];
		for (enum vs_base64 kind = VS_BASE64; kind <= VS_BASE64_LOOSE; kind++) {
			vs_result r =
			    vs_base64_decode(kind, vs_bytes_from_text(text), data, 3, &size);

			if (r.code != VS_E_OK)
				continue;
			(void)vs_base64_encode(kind, vs_bytes_from(data, size), back, sizeof(back));
			CHECK(strcmp(text, back) == 0);
		}
	}
}

static void
test_refuses(void)
{
	static const char *const bad[] = {
	    "Z",        "Zg",       "Zg=",  "Zg===", "Zh==",   "Zm9=",    "=",
	    "==",       "====",     "Z===", "Zm=v",  "Zm9v\n", "Zm9v ",   " Zm9v",
	    "Zm9v====", "Zg==Zg==", "Zm9-", "Zm9_",  "Zm9v!",  "Zm\x80v",
	};
	uint8_t data[8], zero[8] = {0};
	size_t size = 77;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		memset(data, 0xaa, sizeof(data));
		CHECK_ERR(vs_base64_decode(VS_BASE64, vs_bytes_from_text(bad[i]), data, 8, &size),
		          BAD_ENCODING);
		CHECK(memcmp(data, zero, 8) == 0);
	}
	CHECK_ERR(vs_base64_decode(VS_BASE64_URL, VS_BYTES_LITERAL("Zg=="), data, 8, &size),
	          BAD_ENCODING);
	CHECK_ERR(vs_base64_decode(VS_BASE64_URL, VS_BYTES_LITERAL("Zh"), data, 8, &size),
	          BAD_ENCODING);
	CHECK_ERR(vs_base64_decode(VS_BASE64_URL, VS_BYTES_LITERAL("Zm9v+/"), data, 8, &size),
	          BAD_ENCODING);
	CHECK_ERR(vs_base64_decode(VS_BASE64, VS_BYTES_LITERAL("Zm9vYmFyZm9v"), data, 8, &size),
	          TOO_LONG);
	CHECK(size == 77);
	CHECK_OK(vs_base64_decode(VS_BASE64, VS_BYTES_LITERAL("Zm9vYmFyZm8="), data, 8, &size));
	CHECK(size == 8);
	CHECK_OK(vs_base64_decode(VS_BASE64, VS_BYTES_LITERAL(""), NULL, 0, &size));
	CHECK(size == 0);
}

static void
test_every_character(void)
{
	static const char alphabet[] =
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	uint8_t data[3];
	size_t size;

	for (int c = 0; c < 256; c++) {
		uint8_t text[4] = {'A', 'A', 'A', (uint8_t)c};
		const char *at = c == 0 ? NULL : strchr(alphabet, c);
		vs_result r = vs_base64_decode(VS_BASE64, vs_bytes_from(text, 4), data, 3, &size);

		if (c == '=')
			CHECK(r.code == VS_E_OK && size == 2);
		else
			CHECK((r.code == VS_E_OK) == (at != NULL));
		if (at != NULL)
			CHECK(size == 3 && data[2] == at - alphabet);
	}
}

/* Every count of bytes, and every place for a wrong character, whichever way it is coded there. */
static void
test_every_size(void)
{
	static const char wrong[] = "\0\n !*,.:;<=>?@[]^`{|}~\x7f\x80\xc1\xff";
	static const char alphabet[] =
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
	uint8_t data[100], back[100];
	char text[VS_BASE64_TEXT_SIZE(sizeof(data))];
	size_t size = 0;

	for (size_t i = 0; i < sizeof(data); i++)
		data[i] = (uint8_t)(i * 151 + 77);
	for (size_t count = 0; count <= sizeof(data); count++) {
		size_t used =
		    vs_base64_encode(VS_BASE64_URL, vs_bytes_from(data, count), text, sizeof(text));

		CHECK(used == vs_base64_text_size(VS_BASE64_URL, count) && text[used] == 0);
		for (size_t i = 0; i < used; i++) { /* by the definition: bit after bit */
			unsigned value = 0;

			for (size_t bit = 6 * i; bit < 6 * i + 6; bit++) {
				unsigned byte = bit / 8 < count ? data[bit / 8] : 0;

				value = value << 1 | (byte >> (7 - bit % 8) & 1u);
			}
			CHECK(text[i] == alphabet[value]);
		}
		memset(back, 0xaa, sizeof(back));
		CHECK_OK(
		    vs_base64_decode(VS_BASE64_URL, vs_bytes_from(text, used), back, count, &size));
		CHECK(size == count && memcmp(back, data, count) == 0);
		CHECK(count == sizeof(back) || back[count] == 0xaa);
		for (size_t i = 0; i < used; i++) {
			char right = text[i];

			text[i] = wrong[(i + count) % (sizeof(wrong) - 1)];
			CHECK_ERR(vs_base64_decode(VS_BASE64_URL, vs_bytes_from(text, used), back,
			                           sizeof(back), &size),
			          BAD_ENCODING);
			text[i] = right;
		}
	}
}

static void
test_hex(void)
{
	uint8_t data[256], back[256];
	char text[513];
	size_t size = 0;

	for (size_t i = 0; i < 256; i++)
		data[i] = (uint8_t)i;
	CHECK(vs_hex_encode(vs_bytes_from(data, 256), text, sizeof(text)) == 512);
	CHECK(strncmp(text, "000102", 6) == 0 && strcmp(text + 508, "feff") == 0);
	CHECK_OK(vs_hex_decode(vs_bytes_from_text(text), back, 256, &size));
	CHECK(size == 256 && memcmp(data, back, 256) == 0);
	CHECK_OK(vs_hex_decode(VS_BYTES_LITERAL("aBCdEF"), back, 3, &size));
	CHECK(size == 3 && memcmp(back, "\xab\xcd\xef", 3) == 0);
	CHECK_ERR(vs_hex_decode(VS_BYTES_LITERAL("abc"), back, 3, &size), BAD_ENCODING);
	CHECK_ERR(vs_hex_decode(VS_BYTES_LITERAL("abcdef12"), back, 3, &size), TOO_LONG);
	for (int c = 0; c < 256; c++) {
		uint8_t pair[2] = {'0', (uint8_t)c};
		bool is_hex = c != 0 && strchr("0123456789abcdefABCDEF", c) != NULL;

		CHECK((vs_hex_decode(vs_bytes_from(pair, 2), back, 1, &size).code == VS_E_OK) ==
		      is_hex);
	}
}

int
main(void)
{
	CASE(test_vectors);
	CASE(test_canonical);
	CASE(test_refuses);
	CASE(test_every_character);
	CASE(test_every_size);
	CASE(test_hex);
	return 0;
}
