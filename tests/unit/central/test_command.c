/* SPDX-License-Identifier: Apache-2.0 */
#include "desk.h"

static struct vs_central_request
request(const char *id, enum vs_ocpp_action action, const char *payload)
{
	struct vs_central_request r = {.tenant = "default",
	                               .station = "CS-1",
	                               .action = action,
	                               .timeout_ms = 5000,
	                               .payload = vs_bytes_from_text(payload)};

	(void)snprintf(r.id, sizeof(r.id), "%s", id);
	return r;
}

static void
begin(struct desk *desk, const char *id, enum vs_ocpp_action action, const char *payload)
{
	struct vs_central_request r = request(id, action, payload);

	vs_central_command_begin(&desk->context, desk->session, &r);
}

/* What the journal says of the n-th state. */
static bool
is_state(const struct desk *desk, size_t index, const char *id, enum vs_core_command_state state,
         enum vs_err error)
{
	const struct vs_core_record *record = desk_record(desk, index);

	return record->kind == VS_RECORD_command && strcmp(record->u.command.id, id) == 0 &&
	       record->u.command.state == state && record->u.command.error == error &&
	       record->u.command.is_final ==
	           (state != VS_CORE_COMMAND_QUEUED && state != VS_CORE_COMMAND_SENT);
}

static void
one_at_a_time(void)
{
	struct desk *desk = desk_new(VS_CORE_REGISTRATION_ACCEPTED);

	begin(desk, "c1", VS_OCPP_Reset, "{\"type\":\"Immediate\"}");
	begin(desk, "c2", VS_OCPP_ClearCache, "{}");
	CHECK(desk->sent_count == 1);
	CHECK(strcmp(desk->sent[0], "[2,\"c1\",\"Reset\",{\"type\":\"Immediate\"}]") == 0);
	CHECK(is_state(desk, 0, "c1", VS_CORE_COMMAND_QUEUED, VS_E_OK));
	CHECK(vs_bytes_equal_text(desk_record(desk, 0)->payload, "{\"type\":\"Immediate\"}"));
	CHECK(strcmp(desk_record(desk, 0)->u.command.action, "Reset") == 0);
	CHECK(is_state(desk, 1, "c1", VS_CORE_COMMAND_SENT, VS_E_OK));
	CHECK(is_state(desk, 2, "c2", VS_CORE_COMMAND_QUEUED, VS_E_OK));
	CHECK(desk->context.calling == desk->session);
	/* The other direction is independent. */
	desk_hear(desk, "[2,\"h\",\"Heartbeat\",{}]");
	CHECK(strncmp(desk_last(desk), "[3,\"h\",", 7) == 0);

	desk_hear(desk, "[3,\"c1\",{\"status\":\"Accepted\"}]");
	CHECK(is_state(desk, 3, "c1", VS_CORE_COMMAND_ANSWERED, VS_E_OK));
	CHECK(vs_bytes_equal_text(desk_record(desk, 3)->payload, "{\"status\":\"Accepted\"}"));
	CHECK(is_state(desk, 4, "c2", VS_CORE_COMMAND_SENT, VS_E_OK));
	CHECK(strcmp(desk_last(desk), "[2,\"c2\",\"ClearCache\",{}]") == 0);
	desk_hear(desk, "[4,\"c2\",\"NotSupported\",\"no \\\"cache\\\"\",{\"a\":1}]");
	CHECK(is_state(desk, 5, "c2", VS_CORE_COMMAND_REFUSED, VS_E_OK));
	CHECK(vs_bytes_equal_text(
	    desk_record(desk, 5)->payload,
	    "{\"errorCode\":\"NotSupported\",\"errorDescription\":\"no \\\"cache\\\"\","
	    "\"errorDetails\":{\"a\":1}}"));
	CHECK(desk->context.calling == NULL && desk->session->link == NULL);
	CHECK(desk_commit(desk) == 6 && desk->event_count == 6);
	CHECK(desk->events[3].kind == VS_EVENT_COMMAND &&
	      strcmp(desk->events[3].type, "answered") == 0);
	CHECK(strcmp(desk->events[3].id, "c1") == 0);
	desk_free(desk);
}

static void
timeouts_and_late_answers(void)
{
	struct desk *desk = desk_new(VS_CORE_REGISTRATION_ACCEPTED);

	begin(desk, "c1", VS_OCPP_ClearCache, "{}");
	begin(desk, "c2", VS_OCPP_ClearCache, "{}");
	desk->context.mono_ms += 4999;
	vs_central_command_expire(&desk->context);
	CHECK(desk->context.journal.count == 3);
	desk->context.mono_ms += 1;
	vs_central_command_expire(&desk->context);
	CHECK(is_state(desk, 3, "c1", VS_CORE_COMMAND_FAILED, VS_E_TIMEOUT));
	CHECK(is_state(desk, 4, "c2", VS_CORE_COMMAND_SENT, VS_E_OK)); /* its own time begins now */
	desk_hear(desk, "[3,\"c1\",{\"status\":\"Accepted\"}]");       /* too late: ignored */
	CHECK(desk->context.journal.count == 5 && desk->sent_count == 2);
	desk_hear(desk, "[3,\"c2\",{\"status\":\"Accepted\"}]");
	CHECK(is_state(desk, 5, "c2", VS_CORE_COMMAND_ANSWERED, VS_E_OK));
	desk_free(desk);
}

static void
an_invalid_answer_ends_the_call(void)
{
	struct desk *desk = desk_new(VS_CORE_REGISTRATION_ACCEPTED);
	const struct vs_core_record *last;

	begin(desk, "c1", VS_OCPP_ClearCache, "{}");
	desk_hear(desk, "[3,\"c1\",{\"status\":\"Maybe\"}]");
	last = desk_record(desk, 3); /* after the frame that is kept */
	CHECK(last->u.command.state == VS_CORE_COMMAND_FAILED);
	CHECK(last->u.command.error != VS_E_OK && last->u.command.is_final);
	CHECK(desk->sent_count == 1 && desk->context.calling == NULL);
	desk_free(desk);
}

static void
the_connection_ends_first(void)
{
	struct desk *desk = desk_new(VS_CORE_REGISTRATION_ACCEPTED);
	struct vs_central_request r = request("c4", VS_OCPP_ClearCache, "{}");

	begin(desk, "c1", VS_OCPP_ClearCache, "{}");
	begin(desk, "c2", VS_OCPP_ClearCache, "{}");
	desk->session->has_ended = true;
	vs_central_command_close(&desk->context, desk->session);
	CHECK(is_state(desk, 3, "c1", VS_CORE_COMMAND_FAILED, VS_E_CLOSED));
	CHECK(is_state(desk, 4, "c2", VS_CORE_COMMAND_FAILED, VS_E_CLOSED));
	CHECK(desk->context.calling == NULL && desk->sent_count == 1);
	begin(desk, "c3", VS_OCPP_ClearCache, "{}");
	CHECK(is_state(desk, 5, "c3", VS_CORE_COMMAND_QUEUED, VS_E_OK));
	CHECK(is_state(desk, 6, "c3", VS_CORE_COMMAND_FAILED, VS_E_CLOSED));
	vs_central_command_fail(&desk->context, &r, VS_E_NOT_CONNECTED);
	CHECK(is_state(desk, 8, "c4", VS_CORE_COMMAND_FAILED, VS_E_NOT_CONNECTED));
	desk_free(desk);
}

static void
a_full_queue_is_busy(void)
{
	struct desk *desk = desk_new(VS_CORE_REGISTRATION_ACCEPTED);
	size_t count;
	char id[16];

	for (int i = 0; i < VS_LIMIT_CALL_QUEUE; i++) {
		(void)snprintf(id, sizeof(id), "c%d", i);
		begin(desk, id, VS_OCPP_ClearCache, "{}");
	}
	count = desk->context.journal.count;
	begin(desk, "over", VS_OCPP_ClearCache, "{}");
	CHECK(is_state(desk, count, "over", VS_CORE_COMMAND_QUEUED, VS_E_OK));
	CHECK(is_state(desk, count + 1, "over", VS_CORE_COMMAND_FAILED, VS_E_BUSY));
	desk_free(desk);
}

static enum vs_ocpp_action
expects(enum vs_ocpp_action action, const char *payload)
{
	struct vs_json_tape tape;
	enum vs_ocpp_action found;

	vs_json_tape_init(&tape);
	CHECK_OK(vs_json_parse(vs_bytes_from_text(payload), &tape));
	found = vs_central_command_expects(action, &tape);
	vs_json_tape_done(&tape);
	return found;
}

static void
what_was_asked_for_may_come_before_accepted(void)
{
	struct desk *desk = desk_new(VS_CORE_REGISTRATION_PENDING);
	struct vs_central_request r =
	    request("c1", VS_OCPP_TriggerMessage, "{\"requestedMessage\":\"StatusNotification\"}");
	static const char status[] =
	    "[2,\"s\",\"StatusNotification\",{\"timestamp\":\"2025-11-20T14:00:00Z\","
	    "\"connectorStatus\":\"Available\",\"evseId\":1,\"connectorId\":1}]";

	CHECK(expects(VS_OCPP_TriggerMessage, "{\"requestedMessage\":\"Heartbeat\"}") ==
	      VS_OCPP_Heartbeat);
	CHECK(expects(VS_OCPP_TriggerMessage, "{\"requestedMessage\":\"SignV2GCertificate\"}") ==
	      VS_OCPP_SignCertificate);
	CHECK(expects(VS_OCPP_GetBaseReport, "{}") == VS_OCPP_NotifyReport);
	CHECK(expects(VS_OCPP_Reset, "{}") == VS_OCPP_NONE);
	desk_hear(desk, status);
	CHECK(strstr(desk_last(desk), "SecurityError") != NULL);
	r.expects = VS_OCPP_StatusNotification;
	vs_central_command_begin(&desk->context, desk->session, &r);
	desk_hear(desk, status);
	CHECK(strcmp(desk_last(desk), "[3,\"s\",{}]") == 0);
	desk_free(desk);
}

static void
ids(void)
{
	CHECK(vs_central_command_id_is_valid("0199c0de-0000-7000-8000-000000000001"));
	CHECK(!vs_central_command_id_is_valid("0199c0de-0000-7000-8000-0000000000012"));
	CHECK(!vs_central_command_id_is_valid(""));
	CHECK(!vs_central_command_id_is_valid("a\"b"));
	CHECK(!vs_central_command_id_is_valid("a\\b"));
	CHECK(!vs_central_command_id_is_valid("a b"));
	CHECK(!vs_central_command_id_is_valid("\xc3\xa9"));
}

int
main(void)
{
	CASE(one_at_a_time);
	CASE(timeouts_and_late_answers);
	CASE(an_invalid_answer_ends_the_call);
	CASE(the_connection_ends_first);
	CASE(a_full_queue_is_busy);
	CASE(what_was_asked_for_may_come_before_accepted);
	CASE(ids);
	return 0;
}
