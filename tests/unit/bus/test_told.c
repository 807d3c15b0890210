/* SPDX-License-Identifier: Apache-2.0 */
#include "bus/told.h"

#include "test.h"

static struct vs_bus_told
sample(void)
{
	struct vs_bus_told told = {.node = "north-1", .run = "r", .number = 17};
	struct vs_core_event *event = &told.event;

	vs_core_event_init(event, VS_EVENT_TRANSACTION, 1700000000123);
	event->severity = VS_CORE_WARNING;
	(void)snprintf(event->tenant, sizeof(event->tenant), "default");
	(void)snprintf(event->station, sizeof(event->station), "CS-1.a");
	(void)snprintf(event->type, sizeof(event->type), "Updated");
	(void)snprintf(event->id, sizeof(event->id), "tx-1");
	(void)snprintf(event->charging_state, sizeof(event->charging_state), "Charging");
	(void)snprintf(event->detail, sizeof(event->detail), "M\xc3\xbcnchen \"1\"");
	(void)snprintf(event->source, sizeof(event->source), "2001:db8::1");
	event->evse = 1;
	event->power_w = -7;
	event->energy_wh = 0;
	return told;
}

static void
text_of(const struct vs_bus_told *told, struct vs_buf *buf)
{
	vs_buf_init(buf, 8192);
	CHECK_OK(vs_bus_told_write(told, buf));
}

static void
there_and_back(void)
{
	static const char known[] =
	    "{\"node\":\"north-1\",\"run\":\"r\",\"number\":17,\"kind\":\"transaction\","
	    "\"severity\":\"warning\",\"at\":1700000000123,\"tenant\":\"default\","
	    "\"station\":\"CS-1.a\",\"type\":\"Updated\",\"id\":\"tx-1\",\"evse\":1,"
	    "\"power_w\":-7,\"energy_wh\":0,\"charging_state\":\"Charging\","
	    "\"detail\":\"M\xc3\xbcnchen \\\"1\\\"\",\"source\":\"2001:db8::1\"}";
	struct vs_bus_told told = sample(), back;
	char subject[VS_BUS_SUBJECT_SIZE];
	struct vs_buf buf;

	text_of(&told, &buf);
	CHECK(vs_bytes_equal_text(vs_buf_view(&buf), known));
	CHECK_OK(vs_bus_told_read(vs_buf_view(&buf), &back));
	vs_buf_done(&buf);
	CHECK(strcmp(back.node, "north-1") == 0 && strcmp(back.run, "r") == 0);
	CHECK(back.number == 17 && back.missed == 0);
	CHECK(back.event.kind == VS_EVENT_TRANSACTION && back.event.severity == VS_CORE_WARNING);
	CHECK(back.event.at_ms == 1700000000123 && back.event.is_kept);
	CHECK(strcmp(back.event.tenant, "default") == 0);
	CHECK(strcmp(back.event.station, "CS-1.a") == 0);
	CHECK(strcmp(back.event.type, "Updated") == 0 && strcmp(back.event.id, "tx-1") == 0);
	CHECK(strcmp(back.event.charging_state, "Charging") == 0);
	CHECK(strcmp(back.event.detail, "M\xc3\xbcnchen \"1\"") == 0);
	CHECK(strcmp(back.event.source, "2001:db8::1") == 0);
	CHECK(back.event.evse == 1 && back.event.power_w == -7 && back.event.energy_wh == 0);
	CHECK(back.event.connector == VS_CORE_ABSENT && back.event.soc_percent == VS_CORE_ABSENT);
	CHECK_OK(vs_bus_told_subject(&told.event, subject));
	CHECK(strcmp(subject, "evt.default.CS-1=2Ea.transaction") == 0);
	told.event.station[0] = '\0';
	told.missed = 3;
	CHECK_OK(vs_bus_told_subject(&told.event, subject));
	CHECK(strcmp(subject, "evt.default.-.transaction") == 0);
	text_of(&told, &buf);
	CHECK_OK(vs_bus_told_read(vs_buf_view(&buf), &back));
	vs_buf_done(&buf);
	CHECK(back.missed == 3 && back.event.station[0] == '\0');
}

static void
every_kind(void)
{
	for (int kind = 0; kind < VS_EVENT_KIND_COUNT; kind++) {
		struct vs_bus_told told = sample(), back;
		struct vs_buf buf;

		told.event.kind = (enum vs_core_event_kind)kind;
		told.event.severity = (enum vs_core_severity)(kind % (VS_CORE_CRITICAL + 1));
		text_of(&told, &buf);
		CHECK_OK(vs_bus_told_read(vs_buf_view(&buf), &back));
		vs_buf_done(&buf);
		CHECK(back.event.kind == told.event.kind);
		CHECK(back.event.severity == told.event.severity);
	}
}

static void
what_is_refused(void)
{
#define HEAD "{\"node\":\"a\",\"run\":\"r\",\"number\":1,"
	static const struct {
		const char *text;
		enum vs_err err;
	} rows[] = {
	    {"", VS_E_TRUNCATED},
	    {"[]", VS_E_MISSING},
	    {"{\"node\":\"a b\"}", VS_E_BAD_VALUE},
	    {"{\"node\":\"a\",\"run\":\"12345678901234567890123\"}", VS_E_TOO_LONG},
	    {"{\"node\":\"a\",\"run\":\"r\",\"number\":-1}", VS_E_OUT_OF_RANGE},
	    {HEAD "\"kind\":\"other\",\"severity\":\"info\"}", VS_E_UNKNOWN_TYPE},
	    {HEAD "\"kind\":\"boot\",\"severity\":\"odd\"}", VS_E_UNKNOWN_TYPE},
	    {HEAD "\"kind\":\"boot\",\"severity\":\"info\"}", VS_E_MISSING},
	    {HEAD "\"kind\":\"boot\",\"severity\":\"info\",\"at\":1}", VS_E_MISSING},
	    {HEAD
	     "\"kind\":\"boot\",\"severity\":\"info\",\"at\":1,\"tenant\":\"t\",\"evse\":\"1\"}",
	     VS_E_WRONG_TYPE},
	    {HEAD "\"kind\":\"boot\",\"severity\":\"info\",\"at\":1,\"tenant\":\"t\",\"type\":1}",
	     VS_E_WRONG_TYPE},
	    {"{\"node\":\"a\",\"run\":\"\",\"number\":1,\"kind\":\"boot\",\"severity\":\"info\","
	     "\"at\":1,\"tenant\":\"t\"}",
	     VS_E_OUT_OF_RANGE},
	};
	struct vs_bus_told told = sample();
	struct vs_buf buf;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		CHECK(vs_bus_told_read(vs_bytes_from_text(rows[i].text), &told).code ==
		      rows[i].err);
	CHECK(told.number == 17); /* untouched */
	vs_buf_init(&buf, 8192);
	(void)snprintf(told.event.detail, sizeof(told.event.detail), "\xff");
	CHECK_ERR(vs_bus_told_write(&told, &buf), BAD_UTF8);
	CHECK(buf.size == 0);
	vs_buf_done(&buf);
}

static void
each_once(void)
{
	static struct vs_bus_heard heard;
	uint64_t window = VS_BUS_TOLD_WINDOW;

	CHECK(vs_bus_heard_first(&heard, "a", 5));
	CHECK(!vs_bus_heard_first(&heard, "a", 5));
	CHECK(vs_bus_heard_first(&heard, "b", 5)); /* another run counts for itself */
	CHECK(vs_bus_heard_first(&heard, "a", 3) && !vs_bus_heard_first(&heard, "a", 3));
	CHECK(vs_bus_heard_first(&heard, "a", 4 + window)); /* 4 is just in reach no more */
	CHECK(!vs_bus_heard_first(&heard, "a", 4));
	CHECK(!vs_bus_heard_first(&heard, "a", 5)); /* in reach, and was heard */
	CHECK(vs_bus_heard_first(&heard, "a", 6));
	CHECK(vs_bus_heard_first(&heard, "a", 10 * window));
	for (uint64_t n = 10 * window - 1; n > 9 * window; n--)
		CHECK(vs_bus_heard_first(&heard, "a", n) && !vs_bus_heard_first(&heard, "a", n));
	CHECK(!vs_bus_heard_first(&heard, "a", 9 * window));
}

/* One more than fits: the one that was not heard of for longest is forgotten. */
static void
many_runs(void)
{
	static struct vs_bus_heard heard;
	char run[VS_BUS_RUN_SIZE];

	for (int i = 0; i < VS_LIMIT_BUS_NODES; i++) {
		(void)snprintf(run, sizeof(run), "run-%d", i);
		CHECK(vs_bus_heard_first(&heard, run, 1));
	}
	CHECK(!vs_bus_heard_first(&heard, "run-0", 1));
	CHECK(vs_bus_heard_first(&heard, "one more", 1));
	CHECK(!vs_bus_heard_first(&heard, "run-0", 1)); /* was used since */
	CHECK(vs_bus_heard_first(&heard, "run-1", 1));
}

int
main(void)
{
	CASE(there_and_back);
	CASE(every_kind);
	CASE(what_is_refused);
	CASE(each_once);
	CASE(many_runs);
	return 0;
}
