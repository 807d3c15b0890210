/* SPDX-License-Identifier: Apache-2.0 */
#include "desk.h"

#include "base/metric.h"
#include "central/odd.h"

static void
is_small(void)
{
	/* It counts against the memory of an idle connection. */
	CHECK(sizeof(struct vs_central_session) <= 416);
}

/* B01.FR.10: before the first BootNotification everything else is a SecurityError, in any number.
 */
static void
nothing_before_the_boot(void)
{
	static const char *const calls[] = {
	    "[2,\"1\",\"Heartbeat\",{}]",
	    "[2,\"2\",\"StatusNotification\",{\"timestamp\":\"2025-11-20T14:00:00Z\","
	    "\"connectorStatus\":"
	    "\"Available\",\"evseId\":1,\"connectorId\":1}]",
	    "[2,\"3\",\"DataTransfer\",{\"vendorId\":\"a\"}]",
	};
	struct desk *desk = desk_new(VS_CORE_REGISTRATION_NONE);

	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
		desk_hear(desk, calls[i]);
		CHECK(strstr(desk_last(desk), "\"SecurityError\"") != NULL);
	}
	CHECK(desk->context.journal.count == 0 && desk->sent_count == 3);
	desk_free(desk);
}

struct bad {
	const char *text, *answer; /* how the answer begins; "" for none */
};

/* An odd message never closes the socket or stalls the queue: each has its code, and the next one
 * is served. */
static void
odd_messages(void)
{
	static const struct bad rows[] = {
	    {"", "[4,\"-1\","},
	    {"nonsense", "[4,\"-1\",\"RpcFrameworkError\""},
	    {"{}", "[4,\"-1\","},
	    {"[]", "[4,\"-1\","},
	    {"[,2,\"1\",\"Heartbeat\",{}]", "[4,\"-1\","},
	    {"[2,\"1\",\"Heartbeat\",{}", "[4,"},
	    {"[2,\"1\",\"Heartbeat\",{}]x", "[4,"},
	    {"[9,\"1\",\"Heartbeat\",{}]", "[4,\"1\",\"MessageTypeNotSupported\""},
	    {"[2,\"1\",\"NoSuchThing\",{}]", "[4,\"1\",\"NotImplemented\""},
	    {"[2,\"1\",\"Reset\",{\"type\":\"Immediate\"}]", "[4,\"1\",\"NotSupported\""},
	    {"[2,\"1\",\"Heartbeat\",{\"a\":1}]", "[4,\"1\","},
	    {"[2,\"1\",\"StatusNotification\",{}]", "[4,\"1\",\"OccurrenceConstraintViolation\""},
	    {"[2,\"1\",\"Heartbeat\",{\"customData\":{\"vendorId\":\"a\",\"vendorId\":\"b\"}}]",
	     "[4,\"1\","},
	    {"[2,\"1\",\"Heartbeat\",[]]", "[4,\"1\","},
	    {"[3,\"never-asked\",{}]", ""},
	    {"[4,\"never-asked\",\"GenericError\",\"\",{}]", ""},
	    {"[4,\"-1\",\"FormatViolation\",\"\",{}]", ""},
	};
	struct desk *desk = desk_new(VS_CORE_REGISTRATION_ACCEPTED);

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		size_t before = desk->sent_count;

		desk_hear(desk, rows[i].text);
		if (rows[i].answer[0] == '\0') {
			CHECK(desk->sent_count == before);
		} else {
			if (strncmp(desk_last(desk), rows[i].answer, strlen(rows[i].answer)) != 0)
				(void)fprintf(stderr, "%s: %s\n", rows[i].text, desk_last(desk));
			CHECK(desk->sent_count == before + 1);
			CHECK(strncmp(desk_last(desk), rows[i].answer, strlen(rows[i].answer)) ==
			      0);
		}
		desk_hear(desk, "[2,\"h\",\"Heartbeat\",{}]");
		CHECK(strncmp(desk_last(desk), "[3,\"h\",", 7) == 0);
	}
	desk_free(desk);
}

static void
odd_messages_are_counted(void)
{
	struct desk *desk = desk_new(VS_CORE_REGISTRATION_ACCEPTED);
	int64_t bad = vs_metric_read(VS_METRIC_ocpp_frames_bad_total);
	int64_t invalid = vs_metric_read(VS_METRIC_ocpp_calls_invalid_total);
	int64_t calls = vs_metric_read(VS_METRIC_ocpp_calls_received_total);

	desk_hear(desk, "nonsense");
	desk_hear(desk, "[3,\"x\",{}]");
	vs_central_session_binary(&desk->context, desk->session);
	CHECK(strncmp(desk_last(desk), "[4,\"-1\",\"FormatViolation\"", 25) == 0);
	CHECK(vs_metric_read(VS_METRIC_ocpp_frames_bad_total) == bad + 3);
	desk_hear(desk, "[2,\"1\",\"StatusNotification\",{}]");
	desk_hear(desk, "[2,\"1\",\"Heartbeat\",{}]");
	CHECK(vs_metric_read(VS_METRIC_ocpp_calls_invalid_total) == invalid + 1);
	CHECK(vs_metric_read(VS_METRIC_ocpp_calls_received_total) == calls + 2);
	desk_free(desk);
}

/* Bytes, not text: NULs, broken UTF-8, every cut of a good message. */
static void
hostile_bytes(void)
{
	static const char good[] =
	    "[2,\"1\",\"DataTransfer\",{\"vendorId\":\"a\",\"data\":[1,\"\\u00e9\"]}]";
	static const char nul[] = "[2,\"1\",\"Heart\0beat\",{}]";
	struct desk *desk = desk_new(VS_CORE_REGISTRATION_ACCEPTED);

	for (size_t size = 0; size < sizeof(good) - 1; size++) {
		desk->sent_count = 0;
		desk_hear_bytes(desk, good, size);
		CHECK(desk->sent_count == 1 && strncmp(desk_last(desk), "[4,", 3) == 0);
	}
	desk->sent_count = 0;
	desk_hear_bytes(desk, nul, sizeof(nul) - 1);
	CHECK(strncmp(desk_last(desk), "[4,", 3) == 0);
	desk_hear(desk, "[2,\"1\",\"DataTransfer\",{\"vendorId\":\"\xff\"}]");
	CHECK(strncmp(desk_last(desk), "[4,", 3) == 0);
	CHECK(desk->context.journal.count == VS_CENTRAL_ODD_MAX);
	desk_hear(desk, good);
	CHECK(strncmp(desk_last(desk), "[3,\"1\",", 7) == 0 &&
	      desk->context.journal.count == VS_CENTRAL_ODD_MAX + 1);
	desk_free(desk);
}

/* Part 4 4.1.4 and its errata: the same id with the same payload is a retry, with another payload
 * it is not. */
static void
reused_ids_are_told_once(void)
{
	struct desk *desk = desk_new(VS_CORE_REGISTRATION_ACCEPTED);

	for (int i = 0; i < 3; i++)
		desk_hear(desk, "[2,\"1\",\"DataTransfer\",{\"vendorId\":\"a\"}]");
	CHECK(desk->context.journal.count == 3);
	CHECK(desk_record(desk, 0)->message_hash == desk_record(desk, 2)->message_hash);
	desk_hear(desk, "[2,\"1\",\"DataTransfer\",{\"vendorId\":\"b\"}]");
	CHECK(desk->context.journal.count == 5 && desk->sent_count == 4);
	CHECK(desk_record(desk, 3)->kind == VS_RECORD_security_event);
	CHECK(strcmp(desk_record(desk, 3)->u.event.type, "MessageIdReused") == 0);
	CHECK(vs_bytes_equal_text(desk_record(desk, 3)->payload,
	                          "{\"messageId\":\"1\",\"action\":\"DataTransfer\"}"));
	CHECK(desk_record(desk, 4)->message_hash != desk_record(desk, 0)->message_hash);
	desk_hear(desk, "[2,\"1\",\"DataTransfer\",{\"vendorId\":\"c\"}]");
	desk_hear(desk, "[2,\"1\",\"Heartbeat\",{}]");
	CHECK(desk->context.journal.count == 6); /* handled by content, told no second time */
	desk_free(desk);
}

/* The store finds a message again after a reconnect and a restart: same installation, same hash. */
static void
the_hash_outlives_the_connection(void)
{
	struct desk *a = desk_new(VS_CORE_REGISTRATION_ACCEPTED),
		    *b = desk_new(VS_CORE_REGISTRATION_ACCEPTED);
	struct vs_core_station other = {.tenant = "default", .identity = "CS-2", .registration = 2};

	desk_hear(a, "[2,\"1\",\"DataTransfer\",{\"vendorId\":\"a\"}]");
	desk_hear(b, "[2,\"1\",\"DataTransfer\",{\"vendorId\":\"a\"}]");
	CHECK(desk_record(a, 0)->message_hash == desk_record(b, 0)->message_hash);
	desk_hear(b, "[2,\"2\",\"DataTransfer\",{\"vendorId\":\"a\"}]");
	CHECK(desk_record(a, 0)->message_hash != desk_record(b, 1)->message_hash);
	vs_central_session_free(&b->session);
	CHECK_OK(vs_central_session_new(&b->context, &other, 77, "p", &b->session));
	desk_hear(b, "[2,\"1\",\"DataTransfer\",{\"vendorId\":\"a\"}]");
	CHECK(desk_record(a, 0)->message_hash != desk_record(b, 2)->message_hash);
	desk_free(a);
	desk_free(b);
}

/* What was there already is answered and told nobody; but what another node has taken is told, for
 * that one may have ended before it did. */
static void
what_another_node_took_is_told(void)
{
	static const char event[] =
	    "[2,\"1\",\"SecurityEventNotification\",{\"type\":\"StartupOfTheDevice\","
	    "\"timestamp\":\"2026-01-02T03:04:05Z\"}]";
	struct desk *desk = desk_new(VS_CORE_REGISTRATION_ACCEPTED);

	for (size_t i = 0; i < 3; i++) {
		desk_hear(desk, event);
		desk->context.journal.first->was_elsewhere = i == 2;
		CHECK(desk->sent_count == i);
		CHECK(desk_commit_as(desk, VS_E_OK, i > 0) == 1);
		CHECK(desk->sent_count == i + 1);
		CHECK(strcmp(desk_last(desk), "[3,\"1\",{}]") == 0);
		CHECK(desk->event_count == (i < 2 ? 1 : 2));
	}
	desk_free(desk);
}

/* Nothing is acknowledged that cannot be written down; what needs no writing goes on. */
static void
a_full_store_refuses_before_it_loses(void)
{
	struct desk *desk = desk_new(VS_CORE_REGISTRATION_ACCEPTED);

	desk->context.journal.is_blocked = true;
	desk_hear(desk, "[2,\"1\",\"DataTransfer\",{\"vendorId\":\"a\"}]");
	CHECK(strncmp(desk_last(desk), "[4,\"1\",\"InternalError\"", 22) == 0);
	CHECK(desk->context.journal.count == 0);
	desk_hear(desk, "[2,\"2\",\"Heartbeat\",{}]");
	CHECK(strncmp(desk_last(desk), "[3,\"2\",", 7) == 0);
	desk_free(desk);
}

/* What was in flight on a connection that ended is never answered on another one. */
static void
an_ended_session_is_silent(void)
{
	struct desk *desk = desk_new(VS_CORE_REGISTRATION_ACCEPTED);

	desk_hear(desk, "[2,\"1\",\"SecurityEventNotification\",{\"type\":\"x\",\"timestamp\":"
	                "\"2025-11-20T14:00:00Z\"}]");
	desk->session->has_ended = true;
	CHECK(desk_commit(desk) == 1 && desk->sent_count == 0 && desk->event_count == 1);
	desk_hear(desk, "[2,\"2\",\"Heartbeat\",{}]");
	vs_central_session_binary(&desk->context, desk->session);
	CHECK(desk->sent_count == 0);
	desk_free(desk);
}

/* A station that does not wait for its answers is served too; answers may overtake. */
static void
pipelining_works(void)
{
	struct desk *desk = desk_new(VS_CORE_REGISTRATION_ACCEPTED);
	char text[256];

	for (int i = 0; i < 20; i++) {
		(void)snprintf(
		    text, sizeof(text),
		    "[2,\"s%d\",\"SecurityEventNotification\",{\"type\":\"x\",\"timestamp\":"
		    "\"2025-11-20T14:00:%02dZ\"}]",
		    i, i);
		desk_hear(desk, text);
	}
	desk_hear(desk, "[2,\"h\",\"Heartbeat\",{}]");
	CHECK(desk->sent_count == 1 && desk->context.journal.count == 20);
	CHECK(desk_commit(desk) == 20 && desk->sent_count == 21);
	CHECK(strcmp(desk->sent[1], "[3,\"s0\",{}]") == 0 &&
	      strcmp(desk->sent[20], "[3,\"s19\",{}]") == 0);
	desk_free(desk);
}

int
main(void)
{
	CASE(is_small);
	CASE(nothing_before_the_boot);
	CASE(odd_messages);
	CASE(odd_messages_are_counted);
	CASE(hostile_bytes);
	CASE(reused_ids_are_told_once);
	CASE(the_hash_outlives_the_connection);
	CASE(what_another_node_took_is_told);
	CASE(a_full_store_refuses_before_it_loses);
	CASE(an_ended_session_is_silent);
	CASE(pipelining_works);
	return 0;
}
