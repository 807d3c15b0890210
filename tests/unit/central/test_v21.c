/* SPDX-License-Identifier: Apache-2.0 */
#include "desk.h"

static struct desk *
desk_of_21(void)
{
	struct desk *desk = desk_new(VS_CORE_REGISTRATION_ACCEPTED);
	struct vs_core_policy policy = {0};

	vs_central_session_speak(&desk->context, desk->session, VS_OCPP_21, &policy);
	return desk;
}

#define AT "2026-11-21T19:00:00Z"

/* Each answer passes the table of its message. */
static void
answers_what_21_adds(void)
{
	static const struct {
		enum vs_ocpp_action action;
		const char *call, *answer;
	} rows[] = {
	    {VS_OCPP_PullDynamicScheduleUpdate, "{\"chargingProfileId\":1}",
	     "{\"status\":\"Rejected\"}"},
	    {VS_OCPP_VatNumberValidation, "{\"vatNumber\":\"NL\\u0031\"}",
	     "{\"vatNumber\":\"NL\\u0031\",\"status\":\"Rejected\"}"},
	    {VS_OCPP_NotifySettlement,
	     "{\"pspRef\":\"p\",\"status\":\"Settled\",\"settlementAmount\":4.5,"
	     "\"settlementTime\":\"" AT "\"}",
	     "{}"},
	    {VS_OCPP_NotifyDERAlarm,
	     "{\"controlType\":\"FreqDroop\",\"gridEventFault\":\"OverFrequency\",\"timestamp\":"
	     "\"" AT "\"}",
	     "{}"},
	    {VS_OCPP_NotifyPriorityCharging, "{\"transactionId\":\"t\",\"activated\":true}", "{}"},
	};
	struct desk *desk = desk_of_21();

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct vs_ocpp_fault fault;
		struct vs_json_tape tape;
		char text[512];

		(void)snprintf(text, sizeof(text), "[2,\"%zu\",\"%s\",%s]", i,
		               vs_ocpp_action_name(rows[i].action), rows[i].call);
		desk_hear(desk, text);
		(void)desk_commit(desk);
		(void)snprintf(text, sizeof(text), "[3,\"%zu\",%s]", i, rows[i].answer);
		if (strcmp(desk_last(desk), text) != 0)
			(void)fprintf(stderr, "%s\n", desk_last(desk));
		CHECK(strcmp(desk_last(desk), text) == 0);
		vs_json_tape_init(&tape);
		CHECK_OK(vs_ocpp_payload_parse(VS_OCPP_21, rows[i].action, VS_OCPP_RESULT,
		                               vs_bytes_from_text(rows[i].answer), &tape, &fault));
		vs_json_tape_done(&tape);
	}
	desk_free(desk);
}

static void
an_alarm_is_a_warning_until_it_ends(void)
{
	struct desk *desk = desk_of_21();

	desk_hear(desk, "[2,\"1\",\"NotifyDERAlarm\",{\"controlType\":\"FreqDroop\",\"timestamp\":"
	                "\"" AT "\"}]");
	CHECK(desk_record(desk, 0)->u.event.severity == VS_CORE_WARNING);
	desk_hear(desk, "[2,\"2\",\"NotifyDERAlarm\",{\"controlType\":\"FreqDroop\",\"timestamp\":"
	                "\"" AT "\",\"alarmEnded\":true}]");
	CHECK(desk_record(desk, 1)->u.event.severity == VS_CORE_NOTICE);
	desk_free(desk);
}

int
main(void)
{
	CASE(answers_what_21_adds);
	CASE(an_alarm_is_a_warning_until_it_ends);
	return 0;
}
