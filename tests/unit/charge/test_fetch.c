/* SPDX-License-Identifier: Apache-2.0 */
/* Another node had the charge point before: what it charges, its standing and its tickets are read.
 */
#include "base/metric.h"
#include "world.h"

static struct peer monitor, engine, driver;
static char key[VS_FRAMED_KEY_TEXT_SIZE];

/* --- the store ----------------------------------------------------------------------------------
 */

static struct {
	bool is_gone, has_charge, is_active, is_stopped;
	int64_t seq_no;
	const char *said;
	const char *tickets[3]; /* transactions */
	size_t ticket_count;
	atomic_int reads;
	atomic_bool is_slow; /* it is not answered */
} store;

static vs_result
read_transactions(void *self, const char *tenant, const char *station, bool only_active,
                  int64_t before_ms, size_t limit,
                  bool (*row)(const struct vs_core_tx_row *, void *), void *arg)
{
	struct vs_core_tx_row tx = {
	    .is_active = store.is_active, .last_seq_no = store.seq_no, .energy_wh = 1500};

	(void)self;
	CHECK(!only_active && before_ms == INT64_MAX && limit > 0);
	CHECK(strcmp(tenant, "default") == 0);
	(void)atomic_fetch_add(&store.reads, 1);
	while (atomic_load(&store.is_slow))
		(void)usleep(1000);
	if (store.is_gone)
		return VS_FAIL(IO);
	if (!store.has_charge || strcmp(station, "CP-1") != 0)
		return VS_OK;
	(void)snprintf(tx.tenant, sizeof(tx.tenant), "default");
	(void)snprintf(tx.station, sizeof(tx.station), "CP-1");
	(void)snprintf(tx.token, sizeof(tx.token), "D-1");
	(void)snprintf(tx.tx_id, sizeof(tx.tx_id), "an OCPP one");
	CHECK(row(&tx, arg));
	(void)snprintf(tx.tx_id, sizeof(tx.tx_id), "F-t");
	CHECK(!row(&tx, arg));
	return VS_OK;
}

static vs_result
read_said(void *self, const char *tenant, const char *station, const char *tx_id,
          struct vs_buf *payload)
{
	(void)self;
	(void)tenant;
	CHECK(strcmp(station, "CP-1") == 0 && strcmp(tx_id, "F-t") == 0);
	return vs_buf_append_text(payload, store.said);
}

static bool
give_row(const char *station, enum vs_core_held kind, const char *json,
         bool (*row)(const struct vs_core_held_row *, void *), void *arg)
{
	struct vs_core_held_row held = {.kind = kind,
	                                .at_ms = 1000,
	                                .payload = vs_bytes_from_text(json),
	                                .reading = VS_CORE_READ_WHOLE};

	(void)snprintf(held.station, sizeof(held.station), "%s", station);
	return row(&held, arg);
}

static vs_result
read_held(void *self, const char *tenant, const char *station,
          bool (*row)(const struct vs_core_held_row *, void *), void *arg)
{
	char json[200];

	(void)self;
	(void)tenant;
	if (strcmp(station, "") == 0) /* at the start there is nothing */
		return VS_OK;
	if (!give_row(station, VS_HELD_profile, "{}", row, arg))
		return VS_OK;
	for (size_t i = 0; i < store.ticket_count; i++) {
		(void)snprintf(json, sizeof(json),
		               "{\"transaction\":\"%s\",\"driver\":\"D-1\",\"energyKwh\":\"2\","
		               "\"amount\":\"0.60\"}",
		               store.tickets[i]);
		if (!give_row(station, VS_HELD_ticket, json, row, arg))
			return VS_OK;
	}
	(void)snprintf(json, sizeof(json),
	               "{\"latitude\":\"1\",\"longitude\":\"2\",\"price\":\"0.5\",\"stopped\":%s,"
	               "\"putOut\":false,\"needsOperator\":false}",
	               store.is_stopped ? "true" : "false");
	(void)give_row(station, VS_HELD_charge_point, json, row, arg);
	return VS_OK;
}

static void
begin(void)
{
	memset(&store, 0, sizeof(store));
	store.said = "{\"energyKwh\":\"1.5004\",\"amount\":\"0.45\",\"currency\":\"EUR\"}";
	world_reader = (struct vs_port_reader){
	    .transactions = read_transactions, .tx_said = read_said, .held = read_held};
	world_begin();
}

static void
come(void)
{
	peer_monitor(&monitor, "CP-1", key);
	peer_engine(&engine, "CP-1", key);
	UNTIL(world_point("CP-1")->unstored == 0);
}

static void
end(void)
{
	peer_close(&monitor);
	peer_close(&engine);
	world_end();
}

/* Of the events of charges that were stored, the last one's number. */
static int64_t
last_seq(void)
{
	int64_t seq = -1;

	for (size_t i = 0; i < world.stored_count; i++)
		if (world.stored[i].kind == VS_RECORD_tx_event)
			seq = world.stored[i].u.tx_event.seq_no;
	return seq;
}

/* --- coming -------------------------------------------------------------------------------------
 */

static void
test_a_charge_goes_on(void)
{
	begin();
	store.has_charge = store.is_active = true;
	store.seq_no = 7;
	come();
	CHECK(world_state("CP-1") == VS_FRAMED_SUPPLYING);
	CHECK(world_point("CP-1")->supply.energy == 1500400);
	peer_say(&engine, "SUPPLY_START#CP-1#D-1#t");
	peer_expect(&engine, "ACKNOWLEDGE#CP-1#SUPPLY_START");
	peer_say(&engine, "SUPPLY_UPDATE#CP-1#0.1#0.48");
	UNTIL(world_count(VS_RECORD_tx_event) == 1);
	CHECK(last_seq() == 8 && world_point("CP-1")->supply.energy == 1600400);
	peer_say(&engine, "SUPPLY_END#CP-1#D-1#1.7#0.51#t");
	peer_expect(&engine, "ACKNOWLEDGE#CP-1#SUPPLY_END");
	CHECK(last_seq() == 9 && world_count(VS_RECORD_tx_event) == 2);
	end();
}

/* It was stored there, and its answer was lost with the node. */
static void
test_an_end_is_stored_once(void)
{
	begin();
	store.has_charge = true;
	store.seq_no = 12;
	come();
	peer_say(&engine, "SUPPLY_END#CP-1#D-1#1.5#0.45#t");
	peer_expect(&engine, "ACKNOWLEDGE#CP-1#SUPPLY_END");
	CHECK(world_count(VS_RECORD_tx_event) == 0);
	end();
}

static void
test_its_standing_is_known(void)
{
	begin();
	store.is_stopped = true;
	come();
	CHECK(world_state("CP-1") == VS_FRAMED_STOPPED);
	/* The engine's own price counts. */
	CHECK(world_point("CP-1")->price == 300000);
	end();
}

/* What this node knows itself is newer. */
static void
test_who_is_here_is_not_read(void)
{
	struct peer again;
	int reads;

	begin();
	come();
	reads = atomic_load(&store.reads);
	store.has_charge = store.is_active = true;
	peer_monitor(&again, "CP-1", key);
	CHECK(atomic_load(&store.reads) == reads && world_state("CP-1") == VS_FRAMED_ACTIVATED);
	peer_close(&again);
	end();
}

static void
test_what_cannot_be_read_lets_nobody_in(void)
{
	begin();
	store.is_gone = true;
	peer_connect(&monitor);
	peer_say(&monitor, "AUTHENTICATE#CP-1#CP-1#" WORLD_PASSWORD);
	peer_expect_control(&monitor, VS_FRAME_EOT);
	peer_expect_closed(&monitor);
	peer_close(&monitor);
	store.is_gone = false;
	come();
	end();
}

/* --- a number that another node has taken -------------------------------------------------------
 */

static void
test_an_update_that_was_taken(void)
{
	begin();
	come();
	peer_say(&engine, "SUPPLY_START#CP-1#D-1#t");
	peer_expect(&engine, "ACKNOWLEDGE#CP-1#SUPPLY_START");
	CHECK(last_seq() == 0);
	store.has_charge = store.is_active = true;
	store.seq_no = 20;
	world.taken = 21;
	peer_say(&engine, "SUPPLY_UPDATE#CP-1#0.1#0.03");
	UNTIL(world_point("CP-1")->supply.seq_no == 20);
	CHECK(!world_point("CP-1")->is_fetching && world_count(VS_RECORD_tx_event) == 1);
	peer_say(&engine, "SUPPLY_UPDATE#CP-1#0.1#0.48");
	UNTIL(world_count(VS_RECORD_tx_event) == 2);
	CHECK(last_seq() == 21);
	end();
}

static void
test_an_end_that_was_taken_is_said_again(void)
{
	begin();
	come();
	peer_say(&engine, "SUPPLY_START#CP-1#D-1#t");
	peer_expect(&engine, "ACKNOWLEDGE#CP-1#SUPPLY_START");
	store.has_charge = store.is_active = true;
	store.seq_no = 20;
	world.taken = 21;
	atomic_store(&store.is_slow, true);
	peer_say(&engine, "SUPPLY_END#CP-1#D-1#1.7#0.51#t");
	peer_expect_control(&engine, VS_FRAME_NAK);
	/* Nothing is numbered until it is known. */
	peer_say(&engine, "SUPPLY_END#CP-1#D-1#1.7#0.51#t");
	peer_expect_control(&engine, VS_FRAME_NAK);
	peer_say(&engine, "SUPPLY_START#CP-1#D-1#t");
	peer_expect_control(&engine, VS_FRAME_NAK);
	atomic_store(&store.is_slow, false);
	UNTIL(world_point("CP-1")->supply.seq_no == 20);
	peer_say(&engine, "SUPPLY_END#CP-1#D-1#1.7#0.51#t");
	peer_expect(&engine, "ACKNOWLEDGE#CP-1#SUPPLY_END");
	CHECK(last_seq() == 21 && world_count(VS_RECORD_tx_event) == 2);
	end();
}

/* Another node has its beginning: it is stored. */
static void
test_a_beginning_that_was_taken(void)
{
	begin();
	come();
	store.has_charge = store.is_active = true;
	store.seq_no = 3;
	world.taken = 4;
	peer_say(&engine, "SUPPLY_START#CP-1#D-1#t");
	peer_expect(&engine, "ACKNOWLEDGE#CP-1#SUPPLY_START");
	UNTIL(world_point("CP-1")->supply.seq_no == 3);
	CHECK(world_count(VS_RECORD_tx_event) == 0);
	end();
}

/* --- what is held -------------------------------------------------------------------------------
 */

static void
test_a_ticket_of_another_node(void)
{
	const struct vs_charge_driver *known;

	begin();
	peer_driver(&driver, "D-1");
	known = vs_charge_driver_find(world.charge, "default", VS_BYTES_LITERAL("D-1"));
	store.tickets[0] = "F-1";
	store.tickets[1] = "F-2";
	store.ticket_count = 1;
	CHECK_OK(vs_charge_changed(world.charge, "default", "CP-1"));
	peer_expect(&driver, "TICKET#CP-1#2#0.60");
	/* Again, with another one: each is given once. */
	store.ticket_count = 2;
	CHECK_OK(vs_charge_changed(world.charge, "default", "CP-1"));
	peer_expect(&driver, "TICKET#CP-1#2#0.60");
	CHECK(known->ticket_count == 2);
	/* Its driver has taken them elsewhere: nothing is to be forgotten there. */
	store.ticket_count = 0;
	CHECK_OK(vs_charge_changed(world.charge, "default", "CP-1"));
	UNTIL(known->ticket_count == 0);
	CHECK(world_count(VS_RECORD_held_remove) == 0);
	peer_close(&driver);
	world_end();
}

static void
test_another_node_stops_it(void)
{
	begin();
	come();
	store.is_stopped = true;
	/* Here it is known better. */
	CHECK_OK(vs_charge_changed(world.charge, "default", "CP-1"));
	for (int i = 0; i < 20; i++)
		world_turn();
	CHECK(world_state("CP-1") == VS_FRAMED_ACTIVATED);
	peer_close(&engine);
	peer_close(&monitor);
	UNTIL(world_point("CP-1")->engine == 0 && world_point("CP-1")->monitor == 0);
	UNTIL(world_point("CP-1")->unstored == 0);
	CHECK_OK(vs_charge_changed(world.charge, "default", "CP-1"));
	UNTIL(world_point("CP-1")->facts.stopped);
	world_end();
}

int
main(void)
{
	CASE(test_a_charge_goes_on);
	CASE(test_an_end_is_stored_once);
	CASE(test_its_standing_is_known);
	CASE(test_who_is_here_is_not_read);
	CASE(test_what_cannot_be_read_lets_nobody_in);
	CASE(test_an_update_that_was_taken);
	CASE(test_an_end_that_was_taken_is_said_again);
	CASE(test_a_beginning_that_was_taken);
	CASE(test_a_ticket_of_another_node);
	CASE(test_another_node_stops_it);
	return 0;
}
