/* SPDX-License-Identifier: Apache-2.0 */
#include "world.h"

static bool
problem_is(vs_result why, const char *detail, const char *expected)
{
	struct vs_buf out;
	bool is_equal;

	vs_buf_init(&out, 4096);
	CHECK_OK(vs_api_problem_write(&out, why, detail, "00000000002a"));
	is_equal = vs_bytes_equal_text(vs_buf_view(&out), expected);
	vs_buf_done(&out);
	return is_equal;
}

/* RFC 9457 3.1, and our own members beside them. */
static void
a_problem(void)
{
	CHECK(problem_is(
	    VS_FAIL(NOT_FOUND), NULL,
	    "{\"type\":\"urn:voltseal:error:VS-1211\",\"title\":\"no such thing\",\"status\":404,"
	    "\"code\":\"VS-1211\",\"name\":\"NOT_FOUND\",\"request_id\":\"00000000002a\"}"));
	CHECK(problem_is(
	    VS_FAIL(BAD_VALUE), "limit: \"x\"",
	    "{\"type\":\"urn:voltseal:error:VS-1209\",\"title\":\"value is not acceptable\","
	    "\"status\":422,\"detail\":\"limit: \\\"x\\\"\",\"code\":\"VS-1209\","
	    "\"name\":\"BAD_VALUE\",\"request_id\":\"00000000002a\"}"));
}

static void
what_goes_with_it(void)
{
	struct vs_conn conn = {.id = 1};

	vs_api_answer_problem(&conn, "0", VS_FAIL(NOT_AUTHENTIC), NULL);
	CHECK(conn.status == 401 && world_has_header(&conn, "WWW-Authenticate: Bearer"));
	CHECK(world_has_header(&conn, "Cache-Control: no-store\r\n") &&
	      world_has_header(&conn, "X-Request-Id: 0\r\n"));
	conn = (struct vs_conn){.id = 1};
	vs_api_answer_problem(&conn, "0", VS_FAIL(BUSY), NULL);
	CHECK(conn.status == 503 && world_has_header(&conn, "Retry-After: 1\r\n"));
	/* A detail that quotes what is not UTF-8 is left out; the answer is not. */
	conn = (struct vs_conn){.id = 1};
	vs_api_answer_problem(&conn, "0", VS_FAIL(BAD_VALUE), "\xff");
	CHECK(conn.status == 422 && world_says(&conn, "VS-1209") && !world_says(&conn, "detail"));
}

static void
request_ids(void)
{
	char id[VS_API_REQUEST_ID_SIZE];

	vs_api_request_id(UINT64_C(0xffff000000000001), id);
	CHECK(strcmp(id, "000000000001") == 0);
}

int
main(void)
{
	CASE(a_problem);
	CASE(what_goes_with_it);
	CASE(request_ids);
	return 0;
}
