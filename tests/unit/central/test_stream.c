/* SPDX-License-Identifier: Apache-2.0 */
#include "central/stream.h"

#include "base/limits.h"
#include "test.h"

static struct vs_central_streams *streams;
static struct vs_central_stream stream;

static void
name(int64_t monitor, const char *component, bool is_to_come)
{
	vs_central_streams_name(streams, "CS1", monitor, vs_bytes_from_text(component),
	                        vs_bytes_from_text("{\"name\":\"V\"}"), is_to_come);
}

static bool
is_named(int64_t id, const char *component)
{
	return vs_central_streams_find(streams, "CS1", id, &stream) &&
	       strcmp(stream.component, component) == 0;
}

static void
test_names(void)
{
	char big[VS_CENTRAL_STREAM_NAME_SIZE + 1];

	CHECK_OK(vs_central_streams_new(&streams));
	CHECK(!vs_central_streams_find(streams, "CS1", 1, &stream));
	CHECK(!vs_central_streams_close(streams, "CS1", 1));
	name(7, "{\"name\":\"A\"}", true);
	CHECK_OK(vs_central_streams_open(streams, "CS1", 1, 7));
	CHECK(is_named(1, "{\"name\":\"A\"}") && stream.monitor == 7);
	CHECK(!vs_central_streams_find(streams, "CS2", 1, &stream));
	CHECK_OK(vs_central_streams_open(streams, "CS1", 2, 7)); /* another one of the same */
	CHECK(is_named(2, "{\"name\":\"A\"}"));
	CHECK_OK(vs_central_streams_open(streams, "CS1", 2, 8)); /* it is of another one now */
	CHECK(is_named(2, "") && stream.monitor == 8);
	name(8, "{\"name\":\"B\"}", false);
	name(9, "{\"name\":\"C\"}", false); /* of nothing that is open */
	CHECK(is_named(2, "{\"name\":\"B\"}"));
	CHECK_OK(vs_central_streams_open(streams, "CS1", 3, 9));
	CHECK(is_named(3, ""));
	memset(big, 'x', sizeof(big) - 1);
	big[sizeof(big) - 1] = '\0';
	name(9, big, false);
	CHECK(is_named(3, ""));
	/* All are closed, and opened again by their names. */
	CHECK(vs_central_streams_close(streams, "CS1", VS_CORE_ABSENT));
	CHECK(!vs_central_streams_find(streams, "CS1", 1, &stream));
	CHECK(!vs_central_streams_find(streams, "CS1", VS_CORE_ABSENT, &stream));
	CHECK_OK(vs_central_streams_open(streams, "CS1", 5, 8));
	CHECK(is_named(5, "{\"name\":\"B\"}"));
	vs_central_streams_forget(streams, "CS1", 7);
	CHECK_OK(vs_central_streams_open(streams, "CS1", 6, 7));
	CHECK(is_named(6, "") && is_named(5, "{\"name\":\"B\"}"));
	CHECK(vs_central_streams_close(streams, "CS1", 6));
	CHECK(!vs_central_streams_close(streams, "CS1", 6));
	vs_central_streams_free(&streams);
}

static void
test_limit(void)
{
	CHECK_OK(vs_central_streams_new(&streams));
	for (int64_t i = 0; i < VS_LIMIT_EVENT_STREAMS; i++)
		name(100 + i, "{}", true);
	name(99, "{}", true); /* no room */
	CHECK_OK(vs_central_streams_open(streams, "CS1", 0, 99));
	CHECK(is_named(0, ""));
	for (int64_t i = 1; i < VS_LIMIT_EVENT_STREAMS; i++)
		CHECK_OK(vs_central_streams_open(streams, "CS1", i, i));
	CHECK(vs_central_streams_open(streams, "CS1", 99, 99).code == VS_E_TOO_LONG);
	CHECK_OK(vs_central_streams_open(streams, "CS1", 0, 98)); /* the same one anew */
	CHECK_OK(vs_central_streams_open(streams, "CS2", 99, 99));
	CHECK(vs_central_streams_close(streams, "CS1", 3));
	CHECK_OK(vs_central_streams_open(streams, "CS1", 99, 99));
	for (int64_t i = 0; i <= 99; i++)
		(void)vs_central_streams_close(streams, "CS1", i);
	CHECK(!vs_central_streams_close(streams, "CS1", VS_CORE_ABSENT));
	vs_central_streams_free(&streams);
}

static void
recall(enum vs_core_held kind, int64_t number, const char *payload)
{
	vs_central_streams_recall(streams, "CS1", kind, number, vs_bytes_from_text(payload));
}

static void
test_recalled(void)
{
	CHECK_OK(vs_central_streams_new(&streams));
	recall(VS_HELD_monitor, 4,
	       "{\"value\":1,\"periodicEventStream\":{},\"component\":{\"name\":\"A\"},"
	       "\"variable\":{\"name\":\"V\"}}");
	recall(VS_HELD_monitor, 5,
	       "{\"value\":1,\"component\":{\"name\":\"A\"},\"variable\":{\"name\":\"V\"}}");
	recall(VS_HELD_stream, 1,
	       "{\"id\":1,\"variableMonitoringId\":6,\"component\":{\"name\":\"B\"},"
	       "\"variable\":{\"name\":\"V\"},\"params\":{}}");
	recall(VS_HELD_stream, 2, "{\"id\":2,\"params\":{}}");
	recall(VS_HELD_stream, 3, "not JSON");
	recall(VS_HELD_profile, 3, "{\"id\":3,\"variableMonitoringId\":6}");
	CHECK(is_named(1, "{\"name\":\"B\"}") && stream.monitor == 6);
	CHECK(!is_named(2, "") && !is_named(3, ""));
	CHECK_OK(vs_central_streams_open(streams, "CS1", 9, 4));
	CHECK(is_named(9, "{\"name\":\"A\"}"));
	CHECK_OK(vs_central_streams_open(streams, "CS1", 10, 5));
	CHECK(is_named(10, ""));
	vs_central_streams_free(&streams);
}

int
main(void)
{
	CASE(test_names);
	CASE(test_limit);
	CASE(test_recalled);
	return 0;
}
