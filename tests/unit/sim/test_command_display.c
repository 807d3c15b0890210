/* SPDX-License-Identifier: Apache-2.0 */
#include "ask.h"

#define SET(call, id, priority, format, rest)                                                      \
	"[2,\"" call "\",\"SetDisplayMessage\",{\"message\":{\"id\":" id                           \
	",\"priority\":\"" priority "\"" rest ",\"message\":{\"format\":\"" format                 \
	"\",\"content\":\"Hello\"}}}]"

/* O01 to O06. */
static void
test_messages(void)
{
	begin(10000);
	answers("[2,\"0\",\"GetDisplayMessages\",{\"requestId\":1}]", "\"Unknown\"");
	answers(SET("1", "1", "NormalCycle", "UTF8", ""), "\"Accepted\"");
	answers(SET("2", "2", "AlwaysFront", "ASCII", ",\"state\":\"Idle\""), "\"Accepted\"");
	answers(SET("3", "3", "NormalCycle", "HTML", ""), "\"NotSupportedMessageFormat\"");
	answers(SET("4", "4", "NormalCycle", "UTF8", ",\"transactionId\":\"none\""),
	        "\"UnknownTransaction\"");
	answers(SET("5", "5", "NormalCycle", "UTF8", ",\"endDateTime\":\"2025-11-20T14:00:00Z\""),
	        "\"Rejected\"");
	rig_pass(&rig, 100);
	CHECK(rig.station->shown_id == 2);
	answers("[2,\"6\",\"GetDisplayMessages\",{\"requestId\":8,\"state\":\"Idle\"}]",
	        "\"Accepted\"");
	rig_pass(&rig, 100);
	(void)rig_find(&rig, 0,
	               "\"NotifyDisplayMessages\",{\"requestId\":8,\"messageInfo\":[{\"id\":2,");
	answers("[2,\"7\",\"GetDisplayMessages\",{\"requestId\":9,\"id\":[1,7]}]", "\"Accepted\"");
	rig_pass(&rig, 100);
	(void)rig_find(&rig, 0, "{\"requestId\":9,\"messageInfo\":[{\"id\":1,");
	answers("[2,\"8\",\"ClearDisplayMessage\",{\"id\":2}]", "\"Accepted\"");
	answers("[2,\"9\",\"ClearDisplayMessage\",{\"id\":2}]", "\"Unknown\"");
	rig_pass(&rig, 100);
	CHECK(rig.station->shown_id == 1);
	rig_done(&rig);
}

/* O02: it goes with the transaction. More than five come in two messages. */
static void
test_of_a_transaction(void)
{
	char text[512];

	begin(1);
	for (int i = 1; i <= 6; i++) {
		(void)snprintf(text, sizeof(text),
		               SET("%d", "%d", "NormalCycle", "UTF8", ",\"transactionId\":\"%s\""),
		               i, i, rig.station->evses[0].transaction_id);
		answers(text, "\"Accepted\"");
	}
	answers("[2,\"a\",\"GetDisplayMessages\",{\"requestId\":8}]", "\"Accepted\"");
	rig_pass(&rig, 100);
	(void)rig_find(&rig, rig_find(&rig, 0, "\"tbc\":true"), "\"messageInfo\":[{\"id\":6,");
	vs_sim_evse_end(rig.station, &rig.station->evses[0], VS_OCPP_V_StopAuthorized,
	                VS_OCPP_V_Local, rig.at);
	CHECK(rig.station->display.count == 0);
	rig_pass(&rig, 100);
	rig_done(&rig);
}

#define CUSTOMER(call, rest) "[2,\"" call "\",\"CustomerInformation\",{\"requestId\":3" rest "}]"
#define TOKEN                ",\"idToken\":{\"idToken\":\"CARD-1\",\"type\":\"ISO14443\"}"

/* N09, N10. */
static void
test_customer(void)
{
	begin(10000);
	answers(CUSTOMER("1", ",\"report\":true,\"clear\":false"), "\"Invalid\"");
	answers(CUSTOMER("2", ",\"report\":false,\"clear\":false" TOKEN), "\"Invalid\"");
	answers(CUSTOMER("3", ",\"report\":true,\"clear\":false" TOKEN), "\"Accepted\"");
	rig_pass(&rig, 100);
	(void)rig_find(&rig, 0, "\"data\":\"\",\"tbc\":false");
	rig_forget(&rig);
	answers("[2,\"l\",\"SendLocalList\",{\"versionNumber\":1,\"updateType\":\"Full\","
	        "\"localAuthorizationList\":[{\"idToken\":{\"idToken\":\"CARD-1\",\"type\":"
	        "\"ISO14443\"},\"idTokenInfo\":{\"status\":\"Accepted\"}}]}]",
	        "\"Accepted\"");
	vs_sim_auth_remember(&rig.station->auth, "CARD-1", true);
	answers(CUSTOMER("4", ",\"report\":true,\"clear\":true" TOKEN), "\"Accepted\"");
	rig_pass(&rig, 100);
	(void)rig_find(&rig, 0,
	               "\"data\":\"local list: CARD-1 is accepted\\ncache: CARD-1 is accepted");
	/* The cache forgets, the list is not touched. */
	CHECK(vs_sim_auth_ask(&rig.station->auth, "CARD-1", false, true) == VS_SIM_UNKNOWN);
	CHECK(vs_sim_auth_ask(&rig.station->auth, "CARD-1", true, false) == VS_SIM_WELCOME);
	answers(CUSTOMER("5", ",\"report\":true,\"clear\":false,\"customerIdentifier\":\"Jane\""),
	        "\"Accepted\"");
	rig_pass(&rig, 100);
	rig_done(&rig);
}

/* What does not fit one page comes in several, whole and in order. */
static void
test_customer_pages(void)
{
	char text[512];
	unsigned first;

	begin(1);
	(void)snprintf(text, sizeof(text),
	               CUSTOMER("1",
	                        ",\"report\":true,\"clear\":false,\"idToken\":{\"idToken\":\"%s\","
	                        "\"type\":\"ISO14443\"}"),
	               rig.station->evses[0].token);
	answers(text, "\"Accepted\"");
	rig_pass(&rig, 100);
	first = rig_find(&rig, 0, "\"seqNo\":0,");
	CHECK(strstr(rig.frames[first], "\"tbc\":true") != NULL);
	(void)rig_find(&rig, first, "{\"requestId\":3,\"seqNo\":1,");
	(void)rig_find(&rig, first, "\"tbc\":false");
	rig_done(&rig);
}

int
main(void)
{
	test_messages();
	test_of_a_transaction();
	test_customer();
	test_customer_pages();
	return 0;
}
