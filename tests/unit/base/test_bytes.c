/* SPDX-License-Identifier: Apache-2.0 */
#include "base/bytes.h"

#include "test.h"

static void
test_views(void)
{
	struct vs_bytes empty = vs_bytes_from_text(NULL);

	CHECK(empty.size == 0);
	CHECK(vs_bytes_equal(empty, VS_BYTES_LITERAL("")));
	CHECK(vs_bytes_equal(vs_bytes_from("ab", 2), VS_BYTES_LITERAL("ab")));
	CHECK(!vs_bytes_equal(vs_bytes_from("ab", 2), VS_BYTES_LITERAL("abc")));
	CHECK(!vs_bytes_equal(vs_bytes_from("ab", 2), VS_BYTES_LITERAL("ac")));
	CHECK(vs_bytes_equal_text(VS_BYTES_LITERAL("x"), "x"));
	CHECK(!vs_bytes_equal_text(VS_BYTES_LITERAL("a\0b"), "a"));
	CHECK(vs_bytes_equal_nocase(VS_BYTES_LITERAL("UpGrade"), "upgrade"));
	CHECK(!vs_bytes_equal_nocase(VS_BYTES_LITERAL("upgrade"), "upgrade2"));
	/* Only letters: '@' and '`' are 0x20 apart as 'A' and 'a' are. */
	CHECK(!vs_bytes_equal_nocase(VS_BYTES_LITERAL("@"), "`"));
	CHECK(!vs_bytes_equal_nocase(VS_BYTES_LITERAL("["), "{"));
}

static void
test_copy_text(void)
{
	char text[4];

	CHECK(vs_bytes_copy_text(VS_BYTES_LITERAL("abc"), text, sizeof(text)));
	CHECK(strcmp(text, "abc") == 0);
	CHECK(!vs_bytes_copy_text(VS_BYTES_LITERAL("abcd"), text, sizeof(text)));
	CHECK(strcmp(text, "abc") == 0);
	CHECK(!vs_bytes_copy_text(VS_BYTES_LITERAL("a\0b"), text, sizeof(text)));
	CHECK(strcmp(text, "a") == 0);
	CHECK(vs_bytes_copy_text(VS_BYTES_LITERAL(""), text, 1));
	CHECK(text[0] == 0);
	CHECK(!vs_bytes_copy_text(VS_BYTES_LITERAL("x"), text, 1));
	CHECK(text[0] == 0);
}

static void
test_append_up_to_the_cap(void)
{
	struct vs_buf buf;
	uint8_t *room = NULL;

	vs_buf_init(&buf, 5);
	CHECK(buf.data == NULL);
	CHECK_OK(vs_buf_append(&buf, NULL, 0));
	CHECK_OK(vs_buf_append_text(&buf, "abc"));
	CHECK_ERR(vs_buf_append_text(&buf, "def"), TOO_LONG);
	CHECK(vs_bytes_equal_text(vs_buf_view(&buf), "abc"));
	CHECK_OK(vs_buf_append_byte(&buf, 'd'));
	CHECK_OK(vs_buf_append_bytes(&buf, VS_BYTES_LITERAL("e")));
	CHECK_ERR(vs_buf_append_byte(&buf, 'f'), TOO_LONG);
	CHECK_ERR(vs_buf_reserve(&buf, SIZE_MAX, &room), TOO_LONG);
	CHECK_OK(vs_buf_reserve(&buf, 0, &room));
	CHECK(vs_bytes_equal_text(vs_buf_view(&buf), "abcde"));
	vs_buf_done(&buf);
	CHECK(buf.data == NULL && buf.size == 0 && buf.size_max == 5);
	CHECK_OK(vs_buf_append_text(&buf, "again"));
	vs_buf_done(&buf);
	vs_buf_done(NULL);
}

static void
test_growth_keeps_content(void)
{
	struct vs_buf buf;

	vs_buf_init(&buf, 100000);
	for (unsigned i = 0; i < 100000; i++)
		CHECK_OK(vs_buf_append_byte(&buf, (uint8_t)(i * 7)));
	CHECK(buf.size == 100000 && buf.capacity <= 100000);
	for (unsigned i = 0; i < 100000; i++)
		CHECK(buf.data[i] == (uint8_t)(i * 7));
	vs_buf_consume(&buf, 99998);
	CHECK(buf.size == 2 && buf.data[0] == (uint8_t)(99998u * 7));
	vs_buf_consume(&buf, 2);
	CHECK(buf.size == 0);
	vs_buf_reset(&buf);
	CHECK(buf.capacity > 0);
	vs_buf_done(&buf);
}

static void
test_printf(void)
{
	struct vs_buf buf;

	vs_buf_init(&buf, 8);
	CHECK_OK(vs_buf_printf(&buf, "%d-%s", 12, "ab"));
	CHECK(vs_bytes_equal_text(vs_buf_view(&buf), "12-ab"));
	CHECK_ERR(vs_buf_printf(&buf, "%s", "wxyz"), TOO_LONG);
	CHECK(vs_bytes_equal_text(vs_buf_view(&buf), "12-ab"));
	CHECK_OK(vs_buf_printf(&buf, "%s", "xyz")); /* exactly full: the NUL is not counted */
	CHECK(vs_bytes_equal_text(vs_buf_view(&buf), "12-abxyz"));
	CHECK_OK(vs_buf_printf(&buf, "%s", ""));
	vs_buf_done(&buf);
}

int
main(void)
{
	CASE(test_views);
	CASE(test_copy_text);
	CASE(test_append_up_to_the_cap);
	CASE(test_growth_keeps_content);
	CASE(test_printf);
	return 0;
}
