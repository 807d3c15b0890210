/* SPDX-License-Identifier: Apache-2.0 */
#include "rig.h"

static struct rig rig;

static void
begin(enum vs_sim_link_rule rule, uint16_t up_s, uint16_t down_s)
{
	rig_init(&rig);
	rig.scenario.link = rule;
	rig.scenario.up = (struct vs_sim_range){up_s, up_s};
	rig.scenario.down = (struct vs_sim_range){down_s, down_s};
	rig_start(&rig);
	rig_open(&rig);
}

/* E04, E12: what happens offline is queued with offline=true, and delivered in order after the
 * reconnect, which needs no BootNotification. B04: after OfflineThreshold the state of the
 * connectors is told again. */
static void
test_offline(void)
{
	unsigned count, previous = 0;

	begin(VS_SIM_LINK_STEADY, 0, 0);
	rig_pass(&rig, 4000);
	rig_closed(&rig);
	rig_forget(&rig);
	rig_pass(&rig, 90000);
	CHECK(rig.frame_count == 0 && rig.connects == 2); /* it asked once, and waits for that */
	count = vs_sim_station_queued(rig.station);
	CHECK(count > 20);
	rig_open(&rig);
	rig_pass(&rig, 100);
	CHECK(rig_count(&rig, "BootNotification") == 0);
	CHECK(rig_count(&rig, "StatusNotification") == 1);
	CHECK(rig_count(&rig, "\"offline\":true") >= count - 1);
	CHECK(vs_sim_station_queued(rig.station) == 0);
	for (unsigned i = 0; i < rig.frame_count; i++) {
		const char *seq = strstr(rig.frames[i], "\"seqNo\":");
		unsigned number;

		if (seq == NULL)
			continue;
		number = (unsigned)strtoul(seq + 8, NULL, 10);
		CHECK(number == 0 || number == previous + 1 || previous == 0);
		previous = number;
	}
	rig_done(&rig);
}

/* A call that was not answered when the link went is sent again, with its id. */
static void
test_resent_with_its_id(void)
{
	unsigned sent, again;
	char id[64];

	begin(VS_SIM_LINK_STEADY, 0, 0);
	rig.silent_action = "TransactionEvent";
	rig_pass(&rig, 2000);
	sent = rig_find(&rig, 0, "\"eventType\":\"Started\"");
	(void)snprintf(id, sizeof(id), "%.24s", rig.frames[sent]);
	rig_closed(&rig);
	rig.silent_action = NULL;
	rig_pass(&rig, 5000);
	rig_open(&rig);
	rig_pass(&rig, 100);
	again = rig_find(&rig, sent + 1, "\"eventType\":\"Started\"");
	CHECK(strcmp(rig.frames[sent], rig.frames[again]) == 0);
	CHECK(strncmp(rig.frames[again], id, 24) == 0);
	rig_done(&rig);
}

static void
test_backs_off(void)
{
	uint64_t begin_ms;

	rig_init(&rig);
	rig_start(&rig);
	begin_ms = rig.at.now_ms;
	for (int i = 0; i < 8; i++) {
		rig_closed(&rig);
		rig_pass(&rig, 60000);
		CHECK(rig.connects == (unsigned)i + 2);
	}
	CHECK(rig.station->backoff.tries == 8);
	CHECK(rig.at.now_ms - begin_ms == 8 * 60000);
	rig_open(&rig);
	CHECK(rig.station->backoff.tries == 0);
	rig_done(&rig);
}

static void
test_rules(void)
{
	begin(VS_SIM_LINK_FLAPPING, 2, 0);
	rig_pass(&rig, 2100);
	CHECK(rig.is_closing && rig.is_close_abrupt);
	rig_closed(&rig);
	rig_pass(&rig, 1);
	CHECK(rig.connects == 2); /* at once */
	rig_done(&rig);

	begin(VS_SIM_LINK_OFFLINE, 3, 7);
	rig_pass(&rig, 3100);
	CHECK(rig.is_closing);
	rig_closed(&rig);
	rig_pass(&rig, 6000);
	CHECK(rig.connects == 1);
	rig_pass(&rig, 1500);
	CHECK(rig.connects == 2);
	rig_done(&rig);

	begin(VS_SIM_LINK_SLOW, 1, 2);
	rig_pass(&rig, 1500);
	CHECK(rig.is_paused);
	rig_pass(&rig, 2000);
	CHECK(!rig.is_paused && rig.pauses == 1);
	rig_done(&rig);

	begin(VS_SIM_LINK_STORM, 2, 1);
	rig_pass(&rig, 2100);
	CHECK(rig.is_closing && rig.is_close_abrupt);
	rig_closed(&rig);
	rig_pass(&rig, 1500);
	CHECK(rig.connects == 2);
	rig_open(&rig);
	CHECK(rig_count(&rig, "BootNotification") == 2); /* it was without power */
	rig_done(&rig);
}

/* The power fails while charging: it resumes after a short while and ends with PowerLoss after a
 * long one. */
static void
test_power_loss(void)
{
	begin(VS_SIM_LINK_STEADY, 0, 0);
	rig_pass(&rig, 4000);
	vs_sim_link_lose_power(rig.station, 2000, rig.at);
	rig_closed(&rig);
	rig_forget(&rig);
	rig_pass(&rig, 2500);
	rig_open(&rig);
	rig_pass(&rig, 500);
	CHECK(rig_count(&rig, "\"reason\":\"PowerUp\"") == 1);
	CHECK(rig_count(&rig, "PowerLoss") == 0 && rig_count(&rig, "ChargingStateChanged") == 1);
	CHECK(vs_sim_station_has_transaction(rig.station));

	vs_sim_link_lose_power(rig.station, 30000, rig.at);
	rig_closed(&rig);
	rig_forget(&rig);
	rig_pass(&rig, 30500);
	rig_open(&rig);
	rig_pass(&rig, 100);
	CHECK(rig_count(&rig, "\"stoppedReason\":\"PowerLoss\"") == 1);
	CHECK(rig_count(&rig, "StartupOfTheDevice") == 1);
	rig_done(&rig);
}

/* A link that takes nothing more is torn. */
static void
test_send_refused(void)
{
	begin(VS_SIM_LINK_STEADY, 0, 0);
	rig.is_send_refused = true;
	rig_pass(&rig, 2000);
	CHECK(rig.is_closing && rig.is_close_abrupt);
	rig.is_send_refused = false;
	rig_closed(&rig);
	rig_pass(&rig, 5000);
	rig_open(&rig);
	rig_pass(&rig, 1000);
	CHECK(rig.counts.transactions == 1);
	rig_done(&rig);
}

/* 503 with Retry-After: not earlier than that, whatever the back-off says. */
static void
test_told_to_wait(void)
{
	rig_init(&rig);
	rig_start(&rig);
	rig_closed(&rig);
	vs_sim_station_wait(rig.station, 60, rig.at);
	rig_pass(&rig, 59000);
	CHECK(rig.connects == 1);
	rig_pass(&rig, 2000);
	CHECK(rig.connects == 2);
	/* A server that names no time changes nothing. */
	rig_closed(&rig);
	vs_sim_station_wait(rig.station, 0, rig.at);
	rig_pass(&rig, 40000);
	CHECK(rig.connects == 3);
	rig_done(&rig);
}

int
main(void)
{
	CASE(test_offline);
	CASE(test_resent_with_its_id);
	CASE(test_backs_off);
	CASE(test_rules);
	CASE(test_power_loss);
	CASE(test_send_refused);
	CASE(test_told_to_wait);
	return 0;
}
