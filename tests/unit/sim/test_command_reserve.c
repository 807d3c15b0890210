/* SPDX-License-Identifier: Apache-2.0 */
#include "ask.h"

#define RESERVE(id, until, rest)                                                                   \
	"[2,\"" id "\",\"ReserveNow\",{\"id\":" id ",\"expiryDateTime\":\"" until "\","            \
	"\"idToken\":{\"idToken\":\"HOLDER\",\"type\":\"ISO14443\"}" rest "}]"
/* The wall clock of the rig stands at 2025-11-20T14:00:03Z. */
#define SOON "2025-11-20T14:01:00Z"
#define START(id, token)                                                                           \
	"[2,\"" id "\",\"RequestStartTransaction\",{\"evseId\":1,\"remoteStartId\":1,"             \
	"\"idToken\":{\"idToken\":\"" token "\",\"type\":\"Central\"}}]"

/* H01, H02: it is told as Reserved, admits its holder alone, and is used up by him. */
static void
test_one_evse(void)
{
	begin(10000);
	answers(RESERVE("5", SOON, ",\"evseId\":1"), "\"Accepted\"");
	rig_pass(&rig, 100);
	CHECK(rig_count(&rig, "\"connectorStatus\":\"Reserved\"") == 1);
	answers(RESERVE("6", SOON, ",\"evseId\":1"), "\"Occupied\"");
	answers(START("s1", "STRANGER"), "\"Rejected\"");
	answers(START("s2", "HOLDER"), "\"Accepted\"");
	rig_pass(&rig, 100);
	(void)rig_find(&rig, 0, "\"reservationId\":5");
	CHECK(rig.station->reservations.count == 0);
	answers(RESERVE("7", SOON, ",\"evseId\":1"), "\"Occupied\"");
	/* Cancelled: H02. */
	answers(RESERVE("8", SOON, ",\"evseId\":2"), "\"Accepted\"");
	rig_pass(&rig, 100);
	answers("[2,\"c\",\"CancelReservation\",{\"reservationId\":8}]", "\"Accepted\"");
	answers("[2,\"d\",\"CancelReservation\",{\"reservationId\":8}]", "\"Rejected\"");
	rig_pass(&rig, 100);
	CHECK(rig_count(&rig, "\"connectorStatus\":\"Available\"") == 1);
	CHECK(rig_count(&rig, "ReservationStatusUpdate") == 0);
	rig_done(&rig);
}

/* H04. */
static void
test_expiry(void)
{
	begin(10000);
	answers(RESERVE("1", "2025-11-20T14:00:01Z", ",\"evseId\":1"), "\"Rejected\"");
	answers(RESERVE("2", SOON, ",\"evseId\":1"), "\"Accepted\"");
	rig_pass(&rig, 56000);
	CHECK(rig_count(&rig, "ReservationStatusUpdate") == 0);
	rig_pass(&rig, 2000);
	(void)rig_find(&rig, rig_find(&rig, 0, "\"Reserved\""),
	               "{\"reservationId\":2,\"reservationUpdateStatus\":\"Expired\"}");
	CHECK(rig_count(&rig, "\"connectorStatus\":\"Available\"") == 1);
	rig_done(&rig);
}

/* H01.FR.07 and its kin: any EVSE; the last one that is free is kept back. */
static void
test_any_evse(void)
{
	begin(10000);
	answers(RESERVE("1", SOON, ""), "\"Accepted\"");
	rig_pass(&rig, 100);
	CHECK(rig_count(&rig, "\"Reserved\"") == 0);
	answers(START("s1", "STRANGER"), "\"Accepted\"");
	rig_pass(&rig, 100);
	CHECK(rig_count(&rig, "\"connectorStatus\":\"Reserved\"") == 1);
	answers(RESERVE("2", SOON, ""), "\"Occupied\"");
	answers(
	    "[2,\"s2\",\"RequestStartTransaction\",{\"remoteStartId\":2,\"idToken\":{\"idToken\":"
	    "\"OTHER\",\"type\":\"Central\"}}]",
	    "\"Rejected\"");
	answers(
	    "[2,\"s3\",\"RequestStartTransaction\",{\"remoteStartId\":3,\"idToken\":{\"idToken\":"
	    "\"HOLDER\",\"type\":\"Central\"}}]",
	    "\"Accepted\"");
	rig_pass(&rig, 100);
	(void)rig_find(&rig, 0, "\"reservationId\":1");
	rig_done(&rig);
}

static void
test_refused(void)
{
	begin(10000);
	answers(RESERVE("1", SOON, ",\"evseId\":3"), "\"Rejected\"");
	answers(RESERVE("2", SOON, ",\"connectorType\":\"cCCS2\""), "\"Rejected\"");
	answers(RESERVE("3", SOON, ",\"connectorType\":\"cType2\",\"evseId\":1"), "\"Accepted\"");
	/* What cannot be kept is given up: H01.FR.17. */
	answers("[2,\"a\",\"ChangeAvailability\",{\"operationalStatus\":\"Inoperative\",\"evse\":"
	        "{\"id\":1}}]",
	        "\"Accepted\"");
	rig_pass(&rig, 100);
	(void)rig_find(&rig, 0, "{\"reservationId\":3,\"reservationUpdateStatus\":\"Removed\"}");
	answers(RESERVE("4", SOON, ",\"evseId\":1"), "\"Unavailable\"");
	answers(
	    "[2,\"v\",\"SetVariables\",{\"setVariableData\":[{\"attributeValue\":\"false\","
	    "\"component\":{\"name\":\"ReservationCtrlr\"},\"variable\":{\"name\":\"Enabled\"}}]}]",
	    "\"Accepted\"");
	answers(RESERVE("5", SOON, ",\"evseId\":2"), "\"Rejected\"");
	rig_done(&rig);
}

/* A vehicle that comes by itself, of the group that the reservation is for (H03): the central side
 * says so. */
static void
test_stranger_at_the_cable(void)
{
	begin(20);
	answers(RESERVE("1", SOON,
	                ",\"evseId\":1,\"groupIdToken\":{\"idToken\":\"G\",\"type\":"
	                "\"Central\"}"),
	        "\"Accepted\"");
	answers(RESERVE("2", SOON, ",\"evseId\":2"), "\"Accepted\"");
	rig_pass(&rig, 18500);
	CHECK(rig_count(&rig, "\"Authorize\"") >= 1);
	CHECK(rig_count(&rig, "\"eventType\":\"Started\"") == 0);
	CHECK(rig.station->reservations.count == 2);
	(void)snprintf(rig.station->evses[0].token, VS_SIM_TOKEN_SIZE, "MEMBER");
	(void)snprintf(rig.station->evses[0].group, VS_SIM_TOKEN_SIZE, "G");
	rig.station->evses[0].place = VS_SIM_ASKING;
	vs_sim_evse_authorized(rig.station, &rig.station->evses[0], true, rig.at);
	CHECK(rig.station->evses[0].place == VS_SIM_CHARGING);
	CHECK(rig.station->evses[0].has_reservation && rig.station->evses[0].reservation_id == 1);
	rig_pass(&rig, 100);
	rig_done(&rig);
}

/* I02: nothing to answer. */
static void
test_cost(void)
{
	char text[160];

	begin(1);
	(void)snprintf(text, sizeof(text),
	               "[2,\"1\",\"CostUpdated\",{\"totalCost\":3.5,\"transactionId\":\"%s\"}]",
	               rig.station->evses[0].transaction_id);
	answers(text, "[3,\"1\",{}]");
	answers("[2,\"2\",\"CostUpdated\",{\"totalCost\":1,\"transactionId\":\"x\"}]",
	        "[3,\"2\",{}]");
	rig_done(&rig);
}

int
main(void)
{
	test_one_evse();
	test_expiry();
	test_any_evse();
	test_refused();
	test_stranger_at_the_cable();
	test_cost();
	return 0;
}
