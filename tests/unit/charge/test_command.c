/* SPDX-License-Identifier: Apache-2.0 */
#include "base/metric.h"
#include "world.h"

static struct peer monitor, engine;
static char key[VS_FRAMED_KEY_TEXT_SIZE];

static void
begin(void)
{
	world_begin();
	peer_monitor(&monitor, "CP-1", key);
	peer_engine(&engine, "CP-1", key);
	UNTIL(world_state("CP-1") == VS_FRAMED_ACTIVATED);
}

static void
end(void)
{
	peer_close(&monitor);
	peer_close(&engine);
	world_end();
}

static vs_result
command(const char *action, const char *payload)
{
	return vs_charge_command(world.charge, "default", "CP-1", "c-1", action,
	                         vs_bytes_from_text(payload));
}

static void
test_stop_and_resume_by_both_names(void)
{
	begin();
	CHECK(vs_charge_is_connected(world.charge, "CP-1"));
	CHECK(!vs_charge_is_connected(world.charge, "CP-2"));
	CHECK_OK(command("STOP_COMMAND", "{}"));
	peer_expect(&engine, "STOP_COMMAND#CP-1");
	CHECK(world_state("CP-1") == VS_FRAMED_STOPPED);
	CHECK_OK(command("ChangeAvailability", "{\"operationalStatus\":\"Operative\"}"));
	peer_expect(&engine, "RESUME_COMMAND#CP-1");
	CHECK(world_state("CP-1") == VS_FRAMED_ACTIVATED);
	UNTIL(world_count(VS_RECORD_command) == 4);
	CHECK_ERR(command("ChangeAvailability", "{\"operationalStatus\":\"Perhaps\"}"), BAD_VALUE);
	CHECK_ERR(command("Reset", "{}"), UNKNOWN_ACTION);
	end();
}

static void
test_end_supply(void)
{
	begin();
	peer_say(&engine, "SUPPLY_START#CP-1#D-1#t");
	peer_expect(&engine, "ACKNOWLEDGE#CP-1#SUPPLY_START");
	UNTIL(world_state("CP-1") == VS_FRAMED_SUPPLYING);
	CHECK_OK(command("RequestStopTransaction", "{\"transactionId\":\"F-t\"}"));
	peer_expect(&engine, "END_SUPPLY#CP-1");
	end();
}

static void
test_keys(void)
{
	begin();
	CHECK_OK(command("KEY_UPDATE", "{}"));
	UNTIL(peer_hears(&engine));
	CHECK(strncmp(engine.last, "KEY_UPDATE#", 11) == 0 && strcmp(engine.last + 11, key) != 0);
	CHECK_OK(vs_framed_tokens_adopt(engine.tokens, vs_bytes_from_text(engine.last + 11),
	                                vs_clock_wall_ms() / 1000));
	peer_say(&engine, "VALIDATE_DRIVER#D-1");
	peer_expect(&engine, "DRIVER_VALID#D-1");
	CHECK(!vs_framed_tokens_is_offering(world_point("CP-1")->tokens));
	CHECK_OK(command("KEY_INVALID", "{}"));
	peer_expect(&engine, "KEY_INVALID#CP-1#REVOKED");
	peer_expect_closed(&engine);
	CHECK(world_point("CP-1")->tokens == NULL);
	UNTIL(!vs_charge_is_connected(world.charge, "CP-1"));
	end();
}

static void
test_disconnect(void)
{
	begin();
	vs_charge_disconnect(world.charge, "other", "CP-1"); /* not theirs */
	vs_charge_disconnect(world.charge, "default", "CP-1");
	peer_expect_closed(&engine);
	peer_expect_closed(&monitor);
	CHECK(world_state("CP-1") == VS_FRAMED_DISCONNECTED);
	vs_charge_disconnect(world.charge, "default", "NOBODY");
	for (int i = 0; i < 3; i++)
		world_turn();
	end();
}

/* Who is connected stays; the listener is open, and lets nobody in. */
static void
test_nobody_comes_in_while_behind(void)
{
	struct peer late;
	int64_t refused = vs_metric_read(VS_METRIC_node_refused_total);

	begin();
	world.is_behind = true;
	peer_connect(&late);
	peer_expect_closed(&late);
	CHECK(vs_metric_read(VS_METRIC_node_refused_total) == refused + 1);
	peer_close(&late);
	peer_say(&engine, "VALIDATE_DRIVER#D-1");
	peer_expect(&engine, "DRIVER_VALID#D-1");
	world.is_behind = false;
	peer_monitor(&late, "CP-2", key);
	UNTIL(vs_charge_is_connected(world.charge, "CP-2"));
	peer_close(&late);
	end();
}

int
main(void)
{
	CASE(test_nobody_comes_in_while_behind);
	CASE(test_stop_and_resume_by_both_names);
	CASE(test_end_supply);
	CASE(test_keys);
	CASE(test_disconnect);
	return 0;
}
