/* SPDX-License-Identifier: Apache-2.0 */
#include "api/audit_copy.h"

#include "test.h"

static void
outlives_its_bytes(void)
{
	char head[] = "POST /a/b?c=d HTTP/1.1\r\nHost: h\r\nX-One: 1\r\nContent-Length: 3\r\n\r\n";
	char body[] = "abc";
	struct vs_http_request http;
	struct vs_bytes value;
	struct vs_api_copy copy;

	CHECK_OK(vs_http_request_parse(vs_bytes_from_text(head), &http));
	CHECK_OK(vs_api_copy_make(&copy, &http, vs_bytes_from_text(body)));
	memset(head, 'x', sizeof(head) - 1);
	memset(body, 'x', sizeof(body) - 1);
	CHECK(copy.http.method == VS_HTTP_POST);
	CHECK(vs_bytes_equal_text(copy.http.path, "/a/b"));
	CHECK(vs_bytes_equal_text(copy.http.query, "c=d"));
	CHECK(vs_bytes_equal_text(copy.http.host, "h"));
	CHECK(vs_http_header_get(&copy.http.headers, "x-one", &value));
	CHECK(vs_bytes_equal_text(value, "1"));
	CHECK(vs_bytes_equal_text(copy.body, "abc"));
	vs_api_copy_done(&copy);
	CHECK(copy.room == NULL);
}

int
main(void)
{
	CASE(outlives_its_bytes);
	return 0;
}
