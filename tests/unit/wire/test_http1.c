/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/http1.h"

#include "test.h"

static vs_result
parse(const char *text, struct vs_http_request *request)
{
	return vs_http_request_parse(vs_bytes_from_text(text), request);
}

static void
test_request(void)
{
	struct vs_http_request r;
	static const char text[] =
	    "POST /api/a%20b?x=1&y HTTP/1.1\r\nhOsT: example.org:8443\r\n"
	    "Content-Length:  12 \t\r\nX-Empty:\r\nConnection: keep-alive\r\n\r\nbody of 12 b";

	CHECK_OK(parse(text, &r));
	CHECK(r.method == VS_HTTP_POST && vs_bytes_equal_text(r.method_text, "POST"));
	CHECK(vs_bytes_equal_text(r.target, "/api/a%20b?x=1&y"));
	CHECK(vs_bytes_equal_text(r.path, "/api/a%20b") && vs_bytes_equal_text(r.query, "x=1&y"));
	CHECK(vs_bytes_equal_text(r.host, "example.org:8443"));
	CHECK(r.content_length == 12 && r.keep_alive && r.headers.count == 4);
	CHECK(r.head_size == sizeof(text) - 1 - 12);
	CHECK(vs_bytes_equal_text(r.headers.items[2].name, "X-Empty") &&
	      r.headers.items[2].value.size == 0);
	CHECK_OK(parse("BREW / HTTP/1.1\r\nHost: [::1]:1\r\nConnection: x, Close\r\n\r\n", &r));
	CHECK(r.method == VS_HTTP_OTHER && !r.keep_alive && r.query.size == 0 &&
	      r.content_length == 0);
	CHECK_OK(parse("GET /?a?b HTTP/1.1\r\nHost: h\r\n\r\n", &r));
	CHECK(vs_bytes_equal_text(r.query, "a?b") && vs_bytes_equal_text(r.path, "/"));
}

/* Every prefix asks for more, and no byte behind the head is looked at. */
static void
test_incomplete(void)
{
	static const char text[] = "GET /a HTTP/1.1\r\nHost: h\r\nA: b\r\n\r\n";
	struct vs_http_request r;

	for (size_t size = 0; size < sizeof(text) - 1; size++) {
		char *exact = malloc(size + 1);

		memcpy(exact, text, size);
		CHECK_ERR(vs_http_request_parse(vs_bytes_from(exact, size), &r), AGAIN);
		free(exact);
	}
	CHECK_OK(parse(text, &r));
	CHECK_ERR(parse("\x16\x03\x01", &r), BAD_MESSAGE); /* TLS on a plain port */
	CHECK_ERR(parse("\r\nGET / HTTP/1.1\r\nHost: h\r\n\r\n", &r), BAD_MESSAGE);
}

#define HEAD "GET / HTTP/1.1\r\nHost: h\r\n"

static const char *const bad_heads[] = {
    /* RFC 9112 2.2: we do not take the liberty of a bare LF; a bare CR is invalid */
    "GET / HTTP/1.1\nHost: h\r\n\r\n",
    HEAD "A: b\nC: d\r\n\r\n",
    HEAD "A: b\rC: d\r\n\r\n",
    HEAD "A\n: b\r\n\r\n",
    "GET / HTTP/1.1\r\rHost: h\r\n\r\n",
    /* 3: one space between, nothing before */
    "GET  / HTTP/1.1\r\nHost: h\r\n\r\n",
    "GET /  HTTP/1.1\r\nHost: h\r\n\r\n",
    "GET / HTTP/1.1 \r\nHost: h\r\n\r\n",
    "GET\t/ HTTP/1.1\r\nHost: h\r\n\r\n",
    "GET /\r\nHost: h\r\n\r\n",
    "GET\r\n\r\n",
    "G\xc3\xa9T / HTTP/1.1\r\nHost: h\r\n\r\n",
    /* 3.2: only origin-form */
    "GET http://h/ HTTP/1.1\r\nHost: h\r\n\r\n",
    "OPTIONS * HTTP/1.1\r\nHost: h\r\n\r\n",
    "CONNECT h:1 HTTP/1.1\r\nHost: h\r\n\r\n",
    "GET a HTTP/1.1\r\nHost: h\r\n\r\n",
    "GET /a#b HTTP/1.1\r\nHost: h\r\n\r\n",
    "GET /\xc3\xa9 HTTP/1.1\r\nHost: h\r\n\r\n",
    "GET /a\\b HTTP/1.1\r\nHost: h\r\n\r\n",
    "GET /\x7f HTTP/1.1\r\nHost: h\r\n\r\n",
    "GET /a\"b HTTP/1.1\r\nHost: h\r\n\r\n",
    /* versions that are none */
    "GET / HTTP/1.1.1\r\nHost: h\r\n\r\n",
    "GET / http/1.1\r\nHost: h\r\n\r\n",
    "GET / HTTP/11\r\nHost: h\r\n\r\n",
    "GET / HTTX/1.1\r\nHost: h\r\n\r\n",
    /* 3.2: exactly one Host */
    "GET / HTTP/1.1\r\nA: b\r\n\r\n",
    "GET / HTTP/1.1\r\n\r\n",
    HEAD "Host: h\r\n\r\n",
    HEAD "host: other\r\n\r\n",
    "GET / HTTP/1.1\r\nHost:\r\n\r\n",
    "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n",
    "GET / HTTP/1.1\r\nHost: a, b\r\n\r\n",
    "GET / HTTP/1.1\r\nHost: u@h\r\n\r\n",
    /* 5.1: no white space before the colon; 5.2: no folding */
    HEAD "A : b\r\n\r\n",
    HEAD "A\t: b\r\n\r\n",
    HEAD " A: b\r\n\r\n",
    HEAD "A: b\r\n c\r\n\r\n",
    HEAD "A: b\r\n\tc\r\n\r\n",
    HEAD "A\r\n\r\n",
    HEAD ": b\r\n\r\n",
    HEAD "A(: b\r\n\r\n",
    HEAD "A: b\x01\r\n\r\n",
    HEAD "A: b\x7f\r\n\r\n",
    "GET / HTTP/1.1\r\n Host: h\r\n\r\n",
    /* 6: lengths */
    HEAD "Content-Length: 1\r\nContent-Length: 1\r\n\r\n",
    HEAD "Content-Length: 1, 1\r\n\r\n",
    HEAD "Content-Length: +1\r\n\r\n",
    HEAD "Content-Length: -1\r\n\r\n",
    HEAD "Content-Length:\r\n\r\n",
    HEAD "Content-Length: 0x1\r\n\r\n",
    HEAD "Content-Length: 1 2\r\n\r\n",
    HEAD "Content-Length: 18446744073709551616\r\n\r\n",
    HEAD "Content-Length: 1.0\r\n\r\n",
    HEAD "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n",
    HEAD "Transfer-Encoding: chunked\r\ncontent-length: 3\r\n\r\n",
};

static void
test_refuses(void)
{
	struct vs_http_request r;

	for (size_t i = 0; i < sizeof(bad_heads) / sizeof(bad_heads[0]); i++)
		CHECK_ERR(parse(bad_heads[i], &r), BAD_MESSAGE);
	CHECK_ERR(vs_http_request_parse(VS_BYTES_LITERAL(HEAD "A: b\0c\r\n\r\n"), &r), BAD_MESSAGE);
	CHECK_ERR(
	    vs_http_request_parse(VS_BYTES_LITERAL("GET /\0 HTTP/1.1\r\nHost: h\r\n\r\n"), &r),
	    BAD_MESSAGE);
	CHECK_ERR(parse("GET / HTTP/1.0\r\n\r\n", &r), BAD_HTTP_VERSION);
	CHECK_ERR(parse("PRI / HTTP/2.0\r\n\r\n", &r), BAD_HTTP_VERSION);
	CHECK_ERR(parse(HEAD "Transfer-Encoding: chunked\r\n\r\n", &r), BAD_TRANSFER);
	CHECK_ERR(parse(HEAD "transfer-encoding: identity\r\n\r\n", &r), BAD_TRANSFER);
}

static void
test_limits(void)
{
	static char text[2 * VS_LIMIT_HTTP_HEAD_SIZE];
	struct vs_http_request r;
	size_t size;

	/* as many headers as allowed, then one more (Host is one of them) */
	for (int count = VS_LIMIT_HTTP_HEADERS - 1; count <= VS_LIMIT_HTTP_HEADERS; count++) {
		struct vs_buf head;

		vs_buf_init(&head, 4096);
		CHECK_OK(vs_buf_append_text(&head, HEAD));
		for (int i = 0; i < count; i++)
			CHECK_OK(vs_buf_append_text(&head, "A: b\r\n"));
		CHECK_OK(vs_buf_append_text(&head, "\r\n"));
		if (count < VS_LIMIT_HTTP_HEADERS)
			CHECK_OK(vs_http_request_parse(vs_buf_view(&head), &r));
		else
			CHECK_ERR(vs_http_request_parse(vs_buf_view(&head), &r), HEAD_TOO_LONG);
		vs_buf_done(&head);
	}
	for (size_t path = VS_LIMIT_HTTP_PATH_SIZE; path <= VS_LIMIT_HTTP_PATH_SIZE + 1; path++) {
		memset(text, 'a', sizeof(text));
		memcpy(text, "GET /", 5);
		(void)snprintf(text + 4 + path, 64, "?q HTTP/1.1\r\nHost: h\r\n\r\n");
		if (path == VS_LIMIT_HTTP_PATH_SIZE)
			CHECK_OK(parse(text, &r));
		else
			CHECK_ERR(parse(text, &r), URI_TOO_LONG);
	}
	/* the last size that is accepted, then one byte more, then a head that never ends */
	for (size = VS_LIMIT_HTTP_HEAD_SIZE; size <= VS_LIMIT_HTTP_HEAD_SIZE + 1; size++) {
		memset(text, 'a', sizeof(text));
		memcpy(text, HEAD "A: ", sizeof(HEAD) + 2);
		memcpy(text + size - 4, "\r\n\r\n", 4);
		if (size == VS_LIMIT_HTTP_HEAD_SIZE)
			CHECK_OK(vs_http_request_parse(vs_bytes_from(text, sizeof(text)), &r));
		else
			CHECK_ERR(vs_http_request_parse(vs_bytes_from(text, sizeof(text)), &r),
			          HEAD_TOO_LONG);
	}
	memset(text, 'a', sizeof(text));
	CHECK_ERR(vs_http_request_parse(vs_bytes_from(text, VS_LIMIT_HTTP_HEAD_SIZE - 1), &r),
	          AGAIN);
	CHECK_ERR(vs_http_request_parse(vs_bytes_from(text, VS_LIMIT_HTTP_HEAD_SIZE), &r),
	          HEAD_TOO_LONG);
}

static void
test_response(void)
{
	static const char *const bad[] = {
	    "HTTP/1.1 20 OK\r\n\r\n",
	    "HTTP/1.1 2000 OK\r\n\r\n",
	    "HTTP/1.1 600 X\r\n\r\n",
	    "HTTP/1.1 099 X\r\n\r\n",
	    "HTTP/1.1 2x0 OK\r\n\r\n",
	    "HTTP/1.1 200\r\n\r\n",
	    "HTTP/1.1  200 OK\r\n\r\n",
	    "HTTP/1.1\r\n\r\n",
	    "HTTP/1.1 200 O\x01\r\n\r\n",
	    "ICY 200 OK\r\n\r\n",
	    "HTTP/1.1 200 OK\r\nA : b\r\n\r\n",
	    "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
	};
	struct vs_http_response r;

	CHECK_OK(vs_http_response_parse(
	    VS_BYTES_LITERAL("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\nxyz"),
	    &r));
	CHECK(r.status == 101 && vs_bytes_equal_text(r.reason, "Switching Protocols"));
	CHECK(r.headers.count == 1 && !r.has_content_length && r.keep_alive && r.head_size == 56);
	CHECK_OK(vs_http_response_parse(
	    VS_BYTES_LITERAL("HTTP/1.1 404 \r\nContent-Length: 0\r\nConnection: close\r\n\r\n"),
	    &r));
	CHECK(r.status == 404 && r.reason.size == 0 && r.has_content_length &&
	      r.content_length == 0 && !r.keep_alive);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		CHECK_ERR(vs_http_response_parse(vs_bytes_from_text(bad[i]), &r), BAD_MESSAGE);
	CHECK_ERR(vs_http_response_parse(VS_BYTES_LITERAL("HTTP/1.0 200 OK\r\n\r\n"), &r),
	          BAD_HTTP_VERSION);
	CHECK_ERR(
	    vs_http_response_parse(
		VS_BYTES_LITERAL("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"), &r),
	    BAD_TRANSFER);
	CHECK_ERR(vs_http_response_parse(VS_BYTES_LITERAL("HTTP/1.1 200 OK\r\n"), &r), AGAIN);
}

int
main(void)
{
	CASE(test_request);
	CASE(test_incomplete);
	CASE(test_refuses);
	CASE(test_limits);
	CASE(test_response);
	return 0;
}
