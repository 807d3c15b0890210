/* SPDX-License-Identifier: Apache-2.0 */
#include "test.h"
#include "wire/http1.h"

static void
test_status(void)
{
	CHECK(strcmp(vs_http_status_text(101), "Switching Protocols") == 0);
	CHECK(strcmp(vs_http_status_text(431), "Request Header Fields Too Large") == 0);
	CHECK(strcmp(vs_http_status_text(299), "Unknown") == 0);
	/* every status that an error names has a text */
	for (int e = 0; e < VS_E_COUNT; e++)
		CHECK(strcmp(vs_http_status_text(vs_err_http((enum vs_err)e)), "Unknown") != 0);
}

static void
test_response(void)
{
	struct vs_http_response r;
	struct vs_buf out;

	vs_buf_init(&out, 1000);
	CHECK_OK(vs_http_response_write(&out, 404, "text/plain", VS_BYTES_LITERAL("gone"), false));
	CHECK(vs_bytes_equal_text(vs_buf_view(&out),
	                          "HTTP/1.1 404 Not Found\r\nContent-Type: text/plain\r\n"
	                          "Content-Length: 4\r\nConnection: close\r\n\r\ngone"));
	CHECK_OK(vs_http_response_parse(vs_buf_view(&out), &r));
	CHECK(r.status == 404 && r.content_length == 4 && !r.keep_alive);
	vs_buf_reset(&out);
	CHECK_OK(vs_http_response_write(&out, 204, NULL, vs_bytes_from_text(NULL), true));
	CHECK(vs_bytes_equal_text(vs_buf_view(&out), "HTTP/1.1 204 No Content\r\n\r\n"));
	vs_buf_done(&out);
}

static void
test_request(void)
{
	struct vs_http_request r;
	struct vs_buf out;

	vs_buf_init(&out, 1000);
	CHECK_OK(vs_http_request_begin(&out, "GET", VS_BYTES_LITERAL("/ocpp/CS-1"),
	                               VS_BYTES_LITERAL("h:1")));
	CHECK_OK(vs_http_header_add_text(&out, "Upgrade", "websocket"));
	CHECK_OK(vs_http_header_add_number(&out, "Sec-WebSocket-Version", 13));
	CHECK_OK(vs_http_head_end(&out));
	CHECK_OK(vs_http_request_parse(vs_buf_view(&out), &r));
	CHECK(vs_bytes_equal_text(r.path, "/ocpp/CS-1") && vs_http_is_upgrade(&r));
	CHECK_ERR(
	    vs_http_request_begin(&out, "GET", VS_BYTES_LITERAL("/a b"), VS_BYTES_LITERAL("h")),
	    BAD_VALUE);
	CHECK_ERR(vs_http_request_begin(&out, "GET", VS_BYTES_LITERAL("a"), VS_BYTES_LITERAL("h")),
	          BAD_VALUE);
	CHECK_ERR(
	    vs_http_request_begin(&out, "GET", VS_BYTES_LITERAL("/a\r\nX:"), VS_BYTES_LITERAL("h")),
	    BAD_VALUE);
	CHECK_ERR(vs_http_request_begin(&out, "GET", VS_BYTES_LITERAL("/"),
	                                VS_BYTES_LITERAL("h\r\nX: y")),
	          BAD_VALUE);
	CHECK_ERR(vs_http_request_begin(&out, "G T", VS_BYTES_LITERAL("/"), VS_BYTES_LITERAL("h")),
	          BAD_VALUE);
	vs_buf_done(&out);
}

/* A value that comes from outside must not be able to end its line. */
static void
test_no_injection(void)
{
	static const char *const bad[] = {"a\r\nSet-Cookie: x", "a\nb", "a\rb", "\x7f", "\x01"};
	struct vs_buf out;

	vs_buf_init(&out, 20);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		CHECK_ERR(vs_http_header_add_text(&out, "Location", bad[i]), BAD_VALUE);
	CHECK_ERR(vs_http_header_add(&out, "X", VS_BYTES_LITERAL("a\0b")), BAD_VALUE);
	CHECK_ERR(vs_http_header_add_text(&out, "X Y", "a"), BAD_VALUE);
	CHECK_ERR(vs_http_header_add_text(&out, "", "a"), BAD_VALUE);
	CHECK_ERR(vs_http_header_add_number(&out, "X:", 1), BAD_VALUE);
	CHECK(out.size == 0);
	/* what does not fit leaves nothing behind */
	CHECK_ERR(vs_http_header_add_text(&out, "X", "0123456789abcdef"), TOO_LONG);
	CHECK_ERR(vs_http_response_write(&out, 200, NULL, vs_bytes_from_text(NULL), true),
	          TOO_LONG);
	CHECK(out.size == 0);
	CHECK_OK(vs_http_header_add_text(&out, "X", "0123456789abcde"));
	CHECK(out.size == 20);
	vs_buf_done(&out);
}

int
main(void)
{
	CASE(test_status);
	CASE(test_response);
	CASE(test_request);
	CASE(test_no_injection);
	return 0;
}
