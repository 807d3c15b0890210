/* SPDX-License-Identifier: Apache-2.0 */
#include "world.h"

#include "core/record.h"

#define SIZE_MAX_HERE 64

static void
a_record_with_it(void)
{
	struct vs_core_record *record = NULL;
	struct vs_api_object object;

	vs_api_object_begin(&object, SIZE_MAX_HERE);
	vs_api_write_text(&object.json, "id", "7");
	CHECK_OK(vs_api_object_record(&object, VS_RECORD_token_put, "acme", "CS-1", 42, &record));
	CHECK(record->kind == VS_RECORD_token_put && record->received_ms == 42);
	CHECK(strcmp(record->tenant, "acme") == 0 && strcmp(record->station, "CS-1") == 0);
	CHECK(vs_bytes_equal_text(record->reply, "{\"id\":\"7\"}") && record->payload.size == 0);
	CHECK(object.text.data == NULL);
	vs_core_record_free(&record);
}

static void
an_answer(void)
{
	struct vs_conn conn = {.id = 1};
	const struct vs_api_request request = {.conn = &conn, .request_id = "0"};
	struct vs_api_object object;

	vs_api_object_begin(&object, SIZE_MAX_HERE);
	vs_api_write_text(&object.json, "id", "7");
	vs_api_object_answer(&object, &request, vs_api_object_end(&object), "ETag: \"x\"\r\n");
	CHECK(conn.status == 200 && world_says(&conn, "{\"id\":\"7\"}"));
	CHECK(world_has_header(&conn, "ETag: \"x\"\r\n"));
	CHECK(object.text.data == NULL);
}

/* Nothing of it is sent, or kept. */
static void
too_long(void)
{
	static const char text[] =
	    "sixty-four characters and more of them, so that it does not fit "
	    "into what was said to be its end";
	struct vs_conn conn = {.id = 1};
	const struct vs_api_request request = {.conn = &conn, .request_id = "0"};
	struct vs_core_record *record = NULL;
	struct vs_api_object object;

	vs_api_object_begin(&object, SIZE_MAX_HERE);
	vs_api_write_text(&object.json, "id", text);
	CHECK_ERR(vs_api_object_record(&object, VS_RECORD_token_put, "acme", "", 42, &record),
	          TOO_LONG);
	CHECK(record == NULL && object.text.data == NULL);
	vs_api_object_begin(&object, SIZE_MAX_HERE);
	vs_api_write_text(&object.json, "id", text);
	vs_api_object_answer(&object, &request, vs_api_object_end(&object), NULL);
	CHECK(conn.status >= 400 && !world_says(&conn, "sixty-four"));
	CHECK(object.text.data == NULL);
}

int
main(void)
{
	CASE(a_record_with_it);
	CASE(an_answer);
	CASE(too_long);
	return 0;
}
