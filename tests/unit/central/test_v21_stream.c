/* SPDX-License-Identifier: Apache-2.0 */
#include "central/v21_stream.h"

#include "base/metric.h"
#include "desk.h"

#define AT   "2026-11-21T19:00:00Z"
#define AT_S INT64_C(1795287600)

static struct desk *desk;
static struct vs_central_streams *streams;

static void
begin(void)
{
	struct vs_core_policy policy = {0};

	desk = desk_new(VS_CORE_REGISTRATION_ACCEPTED);
	CHECK_OK(vs_central_streams_new(&streams));
	desk->context.streams = streams;
	vs_central_session_speak(&desk->context, desk->session, VS_OCPP_21, &policy);
}

static void
end(void)
{
	desk_free(desk);
	vs_central_streams_free(&streams);
}

static void
name(int64_t monitor)
{
	vs_central_streams_name(streams, "CS-1", monitor,
	                        VS_BYTES_LITERAL("{\"name\":\"ElectricalFeed\"}"),
	                        VS_BYTES_LITERAL("{\"name\":\"Power\"}"), true);
}

#define OPEN(id, monitor)                                                                          \
	"[2,\"o" id "\",\"OpenPeriodicEventStream\",{\"constantStreamData\":{\"id\":" id           \
	",\"variableMonitoringId\":" monitor ",\"params\":{\"interval\":5}}}]"
#define SEND(message, id, data)                                                                    \
	"[6,\"" message "\",\"NotifyPeriodicEventStream\",{\"id\":" id                             \
	",\"pending\":0,\"basetime\":\"" AT "\",\"data\":[" data "]}]"

/* N11, N13 */
static void
test_opened_and_closed(void)
{
	const struct vs_core_record *record;

	begin();
	name(2);
	desk_hear(desk, OPEN("1", "2"));
	CHECK(strcmp(desk_last(desk), "[3,\"o1\",{\"status\":\"Accepted\"}]") == 0);
	record = desk_record(desk, 0);
	CHECK(record->kind == VS_RECORD_held_put && record->u.held.kind == VS_HELD_stream &&
	      record->u.held.number == 1);
	CHECK(vs_bytes_equal_text(
	    record->payload, "{\"id\":1,\"variableMonitoringId\":2,\"component\":{\"name\":"
			     "\"ElectricalFeed\"},\"variable\":{\"name\":\"Power\"},\"params\":{"
			     "\"interval\":5}}"));
	(void)desk_commit(desk);
	desk_hear(desk, "[2,\"c\",\"ClosePeriodicEventStream\",{\"id\":1}]");
	CHECK(strcmp(desk_last(desk), "[3,\"c\",{}]") == 0);
	record = desk_record(desk, 0);
	CHECK(record->kind == VS_RECORD_held_remove && record->u.held.number == 1);
	(void)desk_commit(desk);
	/* More than it may have. */
	for (int64_t i = 0; i < VS_LIMIT_EVENT_STREAMS; i++)
		CHECK_OK(vs_central_streams_open(streams, "CS-1", 100 + i, i));
	desk_hear(desk, OPEN("3", "2"));
	CHECK(strcmp(desk_last(desk), "[3,\"o3\",{\"status\":\"Rejected\",\"statusInfo\":{"
	                              "\"reasonCode\":\"TooManyStreams\"}}]") == 0);
	CHECK(desk_commit(desk) == 1); /* that it was asked, and nothing that it holds */
	end();
}

/* N15: nobody answers a SEND. Its values are an event, and the newest is the variable's. */
static void
test_values(void)
{
	const struct vs_core_record *record;
	int64_t before = vs_metric_read(VS_METRIC_stream_values_total);
	size_t sent;

	begin();
	name(2);
	desk_hear(desk, OPEN("1", "2"));
	(void)desk_commit(desk);
	sent = desk->sent_count;
	desk_hear(desk, SEND("s1", "1",
	                     "{\"t\":0.5,\"v\":\"230\"},{\"t\":1.5,\"v\":\"a\\\"b\"},"
	                     "{\"t\":1,\"v\":\"231\"}"));
	CHECK(desk->sent_count == sent && desk->context.journal.count == 2);
	record = desk_record(desk, 0);
	CHECK(record->kind == VS_RECORD_event && record->conn == 0 && record->message_hash != 0);
	CHECK(strcmp(record->u.event.type, "NotifyPeriodicEventStream") == 0);
	CHECK(record->u.event.at_ms == AT_S * 1000 + 1500);
	CHECK(vs_bytes_equal_text(
	    record->payload,
	    "{\"id\":1,\"variableMonitoringId\":2,\"component\":{\"name\":\"ElectricalFeed\"},"
	    "\"variable\":{\"name\":\"Power\"},\"pending\":0,\"basetime\":\"" AT "\",\"data\":[{"
	    "\"t\":0.5,\"v\":\"230\"},{\"t\":1.5,\"v\":\"a\\\"b\"},{\"t\":1,\"v\":\"231\"}]}"));
	record = desk_record(desk, 1);
	CHECK(record->kind == VS_RECORD_report && record->message_hash != 0 &&
	      record->u.report.request_id == VS_CORE_ABSENT);
	CHECK(vs_bytes_equal_text(
	    record->payload, "[{\"component\":{\"name\":\"ElectricalFeed\"},\"variable\":{"
			     "\"name\":\"Power\"},\"variableAttribute\":[{\"value\":\"a\\\"b\","
			     "\"mutability\":\"\"}]}]"));
	CHECK(vs_metric_read(VS_METRIC_stream_values_total) == before + 3);
	(void)desk_commit(desk);
	/* Of a monitor that is not known here: kept all the same; a time that is none. */
	desk_hear(desk, OPEN("4", "9"));
	(void)desk_commit(desk);
	desk_hear(desk, SEND("s2", "4", "{\"t\":-1e300,\"v\":\"\"}"));
	CHECK(desk->context.journal.count == 1);
	CHECK(desk_record(desk, 0)->u.event.at_ms == AT_S * 1000);
	(void)desk_commit(desk);
	end();
}

/* What was not opened, or by another node: the station is asked once what it has. */
static void
test_not_open(void)
{
	int64_t before = vs_metric_read(VS_METRIC_streams_refused_total);

	begin();
	desk_hear(desk, SEND("s1", "7", "{\"t\":0,\"v\":\"1\"}"));
	CHECK(vs_metric_read(VS_METRIC_streams_refused_total) == before + 1);
	CHECK(desk->sent_count == 1 && strstr(desk_last(desk), "GetPeriodicEventStream") != NULL);
	CHECK(strcmp(desk_record(desk, 0)->u.event.type, "EventStreamRefused") == 0);
	(void)desk_commit(desk);
	desk_hear(desk, SEND("s2", "7", "{\"t\":0,\"v\":\"2\"}"));
	CHECK(vs_metric_read(VS_METRIC_streams_refused_total) == before + 2);
	CHECK(desk->sent_count == 1 && desk->context.journal.count == 0);
	/* Wrong, or too early: silence. */
	desk_hear(desk, "[6,\"3\",\"NotifyPeriodicEventStream\",{}]");
	desk_hear(desk, "[6,\"4\",\"Heartbeat\",{}]");
	desk_hear(desk, "[5,\"5\",\"FormatViolation\",\"\",{}]");
	CHECK(desk->sent_count == 1);
	(void)desk_commit(desk); /* the frames that were refused are kept */
	CHECK_OK(vs_central_streams_open(streams, "CS-1", 7, 1));
	desk->session->registration = VS_CORE_REGISTRATION_REJECTED;
	desk_hear(desk, SEND("6", "7", "{\"t\":0,\"v\":\"1\"}"));
	CHECK(desk->sent_count == 1 && desk->context.journal.count == 0);
	desk->context.streams = NULL;
	desk->session->registration = VS_CORE_REGISTRATION_ACCEPTED;
	desk_hear(desk, OPEN("1", "2"));
	CHECK(strstr(desk_last(desk), "\"reasonCode\":\"NoStreams\"") != NULL);
	end();
}

int
main(void)
{
	CASE(test_opened_and_closed);
	CASE(test_values);
	CASE(test_not_open);
	return 0;
}
