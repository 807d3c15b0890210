/* SPDX-License-Identifier: Apache-2.0 */
#include "base/metric.h"
#include "world.h"

static struct peer monitor, engine, driver, late;
static char key[VS_FRAMED_KEY_TEXT_SIZE];

static void
begin(void)
{
	world_begin();
	peer_monitor(&monitor, "CP-1", key);
	peer_engine(&engine, "CP-1", key);
	peer_driver(&driver, "D-1");
	UNTIL(world_state("CP-1") == VS_FRAMED_ACTIVATED);
	UNTIL(world_point("CP-1")->unstored == 0);
	CHECK(vs_charge_connected_count(world.charge) == 3);
}

static void
end(void)
{
	peer_close(&monitor);
	peer_close(&engine);
	peer_close(&driver);
	world_end();
}

static void
turns(int count)
{
	for (int i = 0; i < count; i++)
		world_turn();
}

/* EOT, and closed: it says nothing of a key. */
static void
is_let_go(struct peer *peer)
{
	peer_expect_control(peer, VS_FRAME_EOT);
	peer_expect_closed(peer);
}

static void
test_what_is_on_its_way_comes_first(void)
{
	begin();
	world.is_store_slow = true;
	peer_say(&engine, "SUPPLY_START#CP-1#D-1#t");
	UNTIL(world.store != NULL);
	vs_charge_drain(world.charge, 0, 60000);
	turns(60);
	CHECK(world_point("CP-1")->engine != 0 && world_point("CP-1")->monitor != 0);
	/* Nobody new meanwhile. */
	peer_connect(&late);
	is_let_go(&late);
	peer_close(&late);
	world_commit();
	peer_expect(&engine, "ACKNOWLEDGE#CP-1#SUPPLY_START");
	UNTIL(world_point("CP-1")->engine == 0 && world_point("CP-1")->monitor == 0);
	/* That they left is written, and then they are closed; the charge goes on. */
	turns(20);
	CHECK(!peer_hears(&engine) && !peer_hears(&monitor));
	CHECK(world_point("CP-1")->unstored > 0 && world_point("CP-1")->facts.supply);
	world_commit();
	CHECK(world_point("CP-1")->unstored == 0);
	CHECK(world_count(VS_RECORD_session) == 2 && world_count(VS_RECORD_tx_event) == 1);
	is_let_go(&engine);
	is_let_go(&monitor);
	/* A driver follows. */
	is_let_go(&driver);
	CHECK(vs_charge_connected_count(world.charge) == 0);
	end();
}

static void
test_and_it_may_stay(void)
{
	int64_t drained = vs_metric_read(VS_METRIC_sessions_drained_total);

	begin();
	world.is_store_slow = true;
	peer_say(&engine, "SUPPLY_START#CP-1#D-1#t");
	UNTIL(world.store != NULL);
	vs_charge_drain(world.charge, 0, 60000);
	turns(60);
	vs_charge_resume(world.charge);
	turns(10);
	world.is_store_slow = false;
	peer_expect(&engine, "ACKNOWLEDGE#CP-1#SUPPLY_START");
	turns(60);
	CHECK(vs_charge_connected_count(world.charge) == 3);
	CHECK(vs_metric_read(VS_METRIC_sessions_drained_total) == drained);
	peer_driver(&late, "D-2");
	peer_close(&late);
	end();
}

static void
test_it_does_not_wait_for_ever(void)
{
	int64_t drained = vs_metric_read(VS_METRIC_sessions_drained_total);

	begin();
	world.is_store_slow = true;
	peer_say(&engine, "SUPPLY_START#CP-1#D-1#t");
	UNTIL(world.store != NULL);
	vs_charge_drain(world.charge, 0, 100);
	UNTIL(vs_charge_connected_count(world.charge) == 0);
	CHECK(vs_metric_read(VS_METRIC_sessions_drained_total) - drained == 3);
	world.is_store_slow = false;
	is_let_go(&monitor);
	is_let_go(&driver);
	end();
}

/* The three of a charge point go at once, whichever is due first. */
static void
test_over_a_time(void)
{
	struct peer second;
	char other[VS_FRAMED_KEY_TEXT_SIZE];
	uint64_t begin_ms;

	begin();
	peer_monitor(&second, "CP-2", other);
	UNTIL(world_point("CP-2")->unstored == 0);
	begin_ms = vs_clock_mono_ms();
	vs_charge_drain(world.charge, 800, 60000);
	while (vs_charge_connected_count(world.charge) > 0) {
		const struct vs_charge_point *point = world_point("CP-1");

		world_turn();
		CHECK((point->monitor == 0) == (point->engine == 0));
		CHECK(vs_clock_mono_ms() - begin_ms < WORLD_PATIENCE_MS);
	}
	CHECK(vs_clock_mono_ms() - begin_ms >= 150);
	peer_close(&second);
	end();
}

int
main(void)
{
	CASE(test_what_is_on_its_way_comes_first);
	CASE(test_and_it_may_stay);
	CASE(test_it_does_not_wait_for_ever);
	CASE(test_over_a_time);
	return 0;
}
