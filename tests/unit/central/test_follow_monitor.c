/* SPDX-License-Identifier: Apache-2.0 */
#include "central/follow.h"

#include "central/stream.h"
#include "desk.h"

static struct desk *desk;
static struct vs_central_streams *streams;
static struct vs_central_stream stream;

static void
begin(enum vs_ocpp_version version)
{
	struct vs_core_policy policy = {0};

	desk = desk_new(VS_CORE_REGISTRATION_ACCEPTED);
	CHECK_OK(vs_central_streams_new(&streams));
	desk->context.streams = streams;
	vs_central_session_speak(&desk->context, desk->session, version, &policy);
}

static void
end(void)
{
	desk_free(desk);
	vs_central_streams_free(&streams);
}

/* Send it, and hear the answer. What came before is committed. */
static void
ask(enum vs_ocpp_action action, const char *payload, const char *answer)
{
	struct vs_central_request request = {.id = "c-1",
	                                     .tenant = "default",
	                                     .station = "CS-1",
	                                     .action = action,
	                                     .timeout_ms = 1000,
	                                     .payload = vs_bytes_from_text(payload)};
	char text[1024];

	(void)desk_commit(desk);
	vs_central_command_begin(&desk->context, desk->session, &request);
	(void)snprintf(text, sizeof(text), "[3,\"c-1\",%s]", answer);
	desk_hear(desk, text);
}

/* The n-th record that follows from the answer: after queued, sent and answered. */
static bool
follows(size_t n, enum vs_core_record_kind what, enum vs_core_held kind, int64_t number,
        const char *payload)
{
	const struct vs_core_record *record = desk_record(desk, 3 + n);

	return record->kind == what && record->u.held.kind == kind &&
	       record->u.held.number == number && vs_bytes_equal_text(record->payload, payload);
}

static bool
nothing_follows(size_t after)
{
	return desk->context.journal.count == 3 + after;
}

static void
follows_monitors(void)
{
	static const char set[] =
	    "{\"setMonitoringData\":[{\"value\":1,\"type\":\"Delta\",\"severity\":1,\"component\":"
	    "{\"name\":\"A\"},\"variable\":{\"name\":\"B\"}},{\"value\":2,\"type\":\"Delta\","
	    "\"severity\":1,\"component\":{\"name\":\"C\"},\"variable\":{\"name\":\"D\"}}]}";
	static const char result[] =
	    "{\"setMonitoringResult\":[{\"status\":\"UnknownVariable\",\"type\":\"Delta\","
	    "\"severity\":1,\"component\":{\"name\":\"A\"},\"variable\":{\"name\":\"B\"}},{"
	    "\"status\":\"Accepted\",\"id\":12,\"type\":\"Delta\",\"severity\":1,\"component\":{"
	    "\"name\":\"C\"},\"variable\":{\"name\":\"D\"}}]}";

	begin(VS_OCPP_201);
	ask(VS_OCPP_SetVariableMonitoring, set, result);
	CHECK(
	    follows(0, VS_RECORD_held_put, VS_HELD_monitor, 12,
	            "{\"value\":2,\"type\":\"Delta\",\"severity\":1,\"component\":{\"name\":\"C\"},"
	            "\"variable\":{\"name\":\"D\"}}") &&
	    nothing_follows(1));
	ask(VS_OCPP_ClearVariableMonitoring, "{\"id\":[12,13]}",
	    "{\"clearMonitoringResult\":[{\"status\":\"Accepted\",\"id\":12},{\"status\":"
	    "\"Rejected\",\"id\":13}]}");
	CHECK(follows(0, VS_RECORD_held_remove, VS_HELD_monitor, 12, "") && nothing_follows(1));
	ask(VS_OCPP_SetMonitoringBase, "{\"monitoringBase\":\"All\"}", "{\"status\":\"Accepted\"}");
	CHECK(nothing_follows(0));
	ask(VS_OCPP_SetMonitoringBase, "{\"monitoringBase\":\"FactoryDefault\"}",
	    "{\"status\":\"Accepted\"}");
	CHECK(follows(0, VS_RECORD_held_remove, VS_HELD_monitor, VS_CORE_ABSENT, "") &&
	      nothing_follows(1));
	end();
}

#define MONITOR(stream)                                                                            \
	"{\"setMonitoringData\":[{" stream "\"value\":2,\"type\":\"Periodic\",\"severity\":1,"     \
	"\"component\":{\"name\":\"C\"},\"variable\":{\"name\":\"D\"}}]}"
#define SET                                                                                        \
	"{\"setMonitoringResult\":[{\"status\":\"Accepted\",\"id\":12,\"type\":\"Periodic\","      \
	"\"severity\":1,\"component\":{\"name\":\"C\"},\"variable\":{\"name\":\"D\"}}]}"
#define STREAM(id, monitor)                                                                        \
	"{\"id\":" id ",\"variableMonitoringId\":" monitor ",\"params\":{\"values\":3}}"

/* OCPP 2.1 N11, N12, N14 */
static void
follows_streams(void)
{
	begin(VS_OCPP_21);
	ask(VS_OCPP_SetVariableMonitoring, MONITOR("\"periodicEventStream\":{},"), SET);
	CHECK(nothing_follows(1));
	CHECK_OK(vs_central_streams_open(streams, "CS-1", 1, 12));
	CHECK(vs_central_streams_find(streams, "CS-1", 1, &stream) &&
	      strcmp(stream.variable, "{\"name\":\"D\"}") == 0);
	ask(VS_OCPP_AdjustPeriodicEventStream, "{\"id\":1,\"params\":{\"interval\":9}}",
	    "{\"status\":\"Accepted\"}");
	CHECK(follows(0, VS_RECORD_held_put, VS_HELD_stream, 1,
	              "{\"id\":1,\"variableMonitoringId\":12,\"component\":{\"name\":\"C\"},"
	              "\"variable\":{\"name\":\"D\"},\"params\":{\"interval\":9}}") &&
	      nothing_follows(1));
	ask(VS_OCPP_AdjustPeriodicEventStream, "{\"id\":1,\"params\":{}}",
	    "{\"status\":\"Rejected\"}");
	CHECK(nothing_follows(0));
	ask(VS_OCPP_AdjustPeriodicEventStream, "{\"id\":9,\"params\":{}}",
	    "{\"status\":\"Accepted\"}");
	CHECK(nothing_follows(0));
	/* What it says that it has is what there is. */
	ask(VS_OCPP_GetPeriodicEventStream, "{}",
	    "{\"constantStreamData\":[" STREAM("4", "12") "]}");
	CHECK(follows(0, VS_RECORD_held_remove, VS_HELD_stream, VS_CORE_ABSENT, "") &&
	      follows(1, VS_RECORD_held_put, VS_HELD_stream, 4,
	              "{\"id\":4,\"variableMonitoringId\":12,\"component\":{\"name\":\"C\"},"
	              "\"variable\":{\"name\":\"D\"},\"params\":{\"values\":3}}") &&
	      nothing_follows(2));
	CHECK(!vs_central_streams_find(streams, "CS-1", 1, &stream));
	ask(VS_OCPP_GetPeriodicEventStream, "{}", "{}");
	CHECK(nothing_follows(1));
	CHECK(!vs_central_streams_find(streams, "CS-1", 4, &stream));
	/* The monitor's id is of something else now, and nothing is streamed of it. */
	ask(VS_OCPP_SetVariableMonitoring, MONITOR(""), SET);
	CHECK_OK(vs_central_streams_open(streams, "CS-1", 5, 12));
	CHECK(vs_central_streams_find(streams, "CS-1", 5, &stream) && stream.variable[0] == '\0');
	end();
}

int
main(void)
{
	CASE(follows_monitors);
	CASE(follows_streams);
	return 0;
}
