/* SPDX-License-Identifier: Apache-2.0 */
#include "rig.h"

static struct rig rig;

static void
begin(void)
{
	rig_init(&rig);
	rig_start(&rig);
	rig_open(&rig);
}

/* E13: a CALLERROR is a failed attempt; after MessageAttempts the message is lost, loudly, and the
 * next one goes. */
static void
test_refused_until_lost(void)
{
	begin();
	CHECK_OK(vs_sim_station_put_number(rig.station, VS_SIM_V_MESSAGE_ATTEMPTS, 3));
	CHECK_OK(vs_sim_station_put_number(rig.station, VS_SIM_V_MESSAGE_ATTEMPT_WAIT, 10));
	rig.refuse_action = "TransactionEvent";
	rig.refuse_code = "InternalError";
	rig_pass(&rig, 2000);
	CHECK(rig_count(&rig, "\"Started\"") == 1 && rig.counts.refused == 1);
	rig_pass(&rig, 10000);
	CHECK(rig_count(&rig, "\"Started\"") >= 2);
	rig_pass(&rig, 20000);
	CHECK(rig.counts.lost >= 1);
	rig.refuse_action = NULL;
	rig_pass(&rig, 60000);
	CHECK(rig.counts.tx_events > 0);
	rig_done(&rig);
}

/* E13: no answer in time is a failed attempt, too; a late answer does no harm, a double one
 * neither. */
static void
test_timeout_and_late_answer(void)
{
	unsigned sent;
	uint64_t tx_events;

	begin();
	CHECK_OK(vs_sim_station_put_number(rig.station, VS_SIM_V_MESSAGE_TIMEOUT, 5));
	rig.silent_action = "TransactionEvent";
	rig_pass(&rig, 2000);
	sent = rig_find(&rig, 0, "\"eventType\":\"Started\"");
	rig_pass(&rig, 6000);
	CHECK(rig.counts.timed_out == 1);
	rig.silent_action = NULL;
	tx_events = rig.counts.tx_events;
	rig_answer(&rig, sent); /* too late: the call is over */
	CHECK(rig.counts.tx_events == tx_events);
	rig_pass(&rig, 10000);
	CHECK(rig.counts.tx_events > tx_events && rig.counts.lost == 0);
	tx_events = rig.counts.tx_events;
	rig_answer(&rig, sent); /* once more: nobody waits for it */
	CHECK(rig.counts.tx_events == tx_events);
	rig_done(&rig);
}

/* An answer that breaks the table is no answer. */
static void
test_invalid_answer(void)
{
	unsigned sent;
	char text[128];

	begin();
	rig.silent_action = "TransactionEvent";
	rig_pass(&rig, 2000);
	sent = rig_find(&rig, 0, "\"eventType\":\"Started\"");
	(void)snprintf(text, sizeof(text), "[3,\"%.*s\",{\"totalCost\":\"much\"}]",
	               (int)strcspn(rig.frames[sent] + 4, "\""), rig.frames[sent] + 4);
	rig_receive(&rig, text);
	CHECK(rig.counts.invalid == 1 && rig.counts.tx_events == 0);
	rig.silent_action = NULL;
	rig_pass(&rig, 10000);
	CHECK(rig.counts.tx_events > 0 && rig.counts.lost == 0);
	rig_done(&rig);
}

/* A central side that has forgotten the station: it registers again, and nothing is lost. */
static void
test_forgotten(void)
{
	begin();
	rig.refuse_action = "TransactionEvent";
	rig.refuse_code = "SecurityError";
	rig_pass(&rig, 1500);
	rig.refuse_action = NULL;
	rig_pass(&rig, 8000);
	CHECK(rig_count(&rig, "BootNotification") == 2); /* not in a circle */
	CHECK(rig_count(&rig, "\"reason\":\"Unknown\"") == 1);
	CHECK(rig.counts.lost == 0 && rig.counts.transactions == 1);
	rig_done(&rig);
}

/* B01: a BootNotification that is refused or not answered is sent again, not at once. */
static void
test_boot_refused(void)
{
	rig_init(&rig);
	rig_start(&rig);
	rig.refuse_action = "BootNotification";
	rig.refuse_code = "InternalError";
	rig_open(&rig);
	rig_pass(&rig, 5000);
	CHECK(rig.frame_count == 1);
	rig.refuse_action = NULL;
	rig_pass(&rig, 10000);
	CHECK(rig_count(&rig, "BootNotification") == 2 && vs_sim_station_is_online(rig.station));
	rig_done(&rig);
}

/* C01: a token that is not accepted starts nothing. E05: one that is refused later ends what it
 * started. */
static void
test_token_refused(void)
{
	begin();
	rig.token_status = "Invalid";
	rig_pass(&rig, 1500);
	CHECK(rig_count(&rig, "\"Authorize\"") == 1 && rig_count(&rig, "TransactionEvent") == 0);
	rig_done(&rig);

	begin();
	rig_pass(&rig, 900);
	rig.silent_action = "TransactionEvent";
	rig_pass(&rig, 200);
	rig.silent_action = NULL;
	rig.token_status = "Blocked";
	rig_answer(&rig, rig_find(&rig, 0, "\"eventType\":\"Started\""));
	rig_pass(&rig, 100);
	CHECK(rig_count(&rig, "\"stoppedReason\":\"DeAuthorized\"") == 1);
	CHECK(rig_count(&rig, "\"triggerReason\":\"Deauthorized\"") == 1);
	rig_done(&rig);
}

int
main(void)
{
	CASE(test_refused_until_lost);
	CASE(test_timeout_and_late_answer);
	CASE(test_invalid_answer);
	CASE(test_forgotten);
	CASE(test_boot_refused);
	CASE(test_token_refused);
	return 0;
}
