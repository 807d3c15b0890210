/* SPDX-License-Identifier: Apache-2.0 */
#include "world.h"

static struct peer monitor, engine, driver;
static char key[VS_FRAMED_KEY_TEXT_SIZE];

static void
begin(void)
{
	world_begin();
	peer_monitor(&monitor, "CP-1", key);
	peer_engine(&engine, "CP-1", key);
	peer_driver(&driver, "D-1");
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
says_control(struct peer *peer, uint8_t control)
{
	CHECK(send(peer->fd, &control, 1, MSG_NOSIGNAL) == 1);
}

/* As a peer that begins with ENQ and hears ACK for what was taken. */
static void
wants_acks(struct peer *peer)
{
	says_control(peer, VS_FRAME_ENQ);
	peer_expect_control(peer, VS_FRAME_ACK);
}

static void
test_the_end_is_told_when_it_is_on_disk(void)
{
	begin();
	wants_acks(&engine);
	peer_say(&driver, "REQUEST_CHARGE#D-1#CP-1#5");
	peer_expect(&engine, "AUTHORIZE#D-1#CP-1#5");
	peer_expect(&driver, "AUTHORIZE#D-1#CP-1#5#0.3");
	peer_say(&engine, "SUPPLY_UPDATE#CP-1#1#0.3");
	peer_expect_control(&engine, VS_FRAME_ACK);
	peer_expect(&driver, "SUPPLY_UPDATE#CP-1#1#0.30");
	CHECK(world_state("CP-1") == VS_FRAMED_SUPPLYING);
	world.is_store_slow = true;
	peer_say(&engine, "SUPPLY_END#CP-1#D-1#1#0.3");
	UNTIL(world.store != NULL && world_point("CP-1")->last.tx_id[0] != '\0');
	/* The same again before the commit is not answered yet either. */
	peer_say(&engine, "SUPPLY_END#CP-1#D-1#1#0.3");
	peer_say(&engine, "VALIDATE_DRIVER#D-BAD");
	peer_expect(&engine, "DRIVER_INVALID#D-BAD");
	peer_expect_control(&engine, VS_FRAME_ACK); /* of the question */
	world.is_store_slow = false;
	peer_expect_control(&engine, VS_FRAME_ACK); /* of the end */
	peer_expect(&driver, "TICKET#CP-1#1#0.30");
	peer_say(&engine, "SUPPLY_END#CP-1#D-1#1#0.3");
	peer_expect_control(&engine, VS_FRAME_ACK);
	CHECK(world_count(VS_RECORD_tx_event) == 3);
	end();
}

static void
test_what_the_store_refuses_is_said_again(void)
{
	begin();
	wants_acks(&engine);
	peer_say(&engine, "SUPPLY_START#CP-1#D-1");
	peer_expect_control(&engine, VS_FRAME_ACK);
	world.outcome = VS_E_IO;
	peer_say(&engine, "SUPPLY_END#CP-1#D-1#2#0.6");
	peer_expect_control(&engine, VS_FRAME_NAK);
	world.outcome = VS_E_OK;
	peer_say(&engine, "SUPPLY_END#CP-1#D-1#2#0.6");
	peer_expect_control(&engine, VS_FRAME_ACK);
	peer_expect(&driver, "TICKET#CP-1#2#0.60");
	end();
}

static const struct vs_core_tx_event *
last_event(void)
{
	for (size_t i = world.stored_count; i > 0; i--) {
		if (world.stored[i - 1].kind == VS_RECORD_tx_event)
			return &world.stored[i - 1].u.tx_event;
	}
	CHECK(false);
	return NULL;
}

static void
test_a_charge_that_was_forgotten_is_ended(void)
{
	begin();
	peer_say(&engine, "SUPPLY_START#CP-1#D-1#one");
	peer_say(&engine, "SUPPLY_UPDATE#CP-1#1#0.3");
	peer_say(&engine, "SUPPLY_START#CP-1#D-1#one"); /* again: nothing */
	peer_say(&engine, "SUPPLY_START#CP-1#D-2#two");
	UNTIL(world_count(VS_RECORD_tx_event) == 4);
	CHECK(strcmp(last_event()->tx_id, "F-two") == 0);
	peer_say(&engine, "SUPPLY_END#CP-1#D-2#3#0.9#two");
	UNTIL(world_count(VS_RECORD_tx_event) == 5);
	CHECK(last_event()->energy_wh == 3000 && last_event()->type == VS_CORE_TX_ENDED);
	/* An id that does not fit is refused. */
	peer_say(&engine, "SUPPLY_START#CP-1#D-1#0123456789012345678901234567890123456789");
	UNTIL(peer_hears(&engine) && engine.control == VS_FRAME_NAK); /* after what was taken */
	end();
}

/* --- tickets ------------------------------------------------------------------------------------
 */

/* For D-1, who is away: kWh and amount as they are said. */
static void
charge_for(const char *what)
{
	char text[64];
	size_t before = world_count(VS_RECORD_held_put);

	(void)snprintf(text, sizeof(text), "SUPPLY_END#CP-1#D-1#%s", what);
	peer_say(&engine, text);
	peer_expect_control(&engine, VS_FRAME_ACK);
	CHECK(world_count(VS_RECORD_held_put) == before + 1);
}

static void
driver_comes_again(void)
{
	peer_close(&driver);
	UNTIL(vs_charge_driver_find(world.charge, "default", VS_BYTES_LITERAL("D-1"))->conn == 0);
	peer_driver(&driver, "D-1");
}

static void
test_a_ticket_is_given_until_it_is_taken(void)
{
	begin();
	wants_acks(&engine);
	peer_close(&driver);
	charge_for("1#0.3");
	charge_for("2#0.6");
	peer_driver(&driver, "D-1");
	for (int i = 0; i < 2; i++) {
		peer_expect(&driver, "TICKET#CP-1#1#0.30");
		peer_expect(&driver, "TICKET#CP-1#2#0.60");
		driver_comes_again();
	}
	CHECK(world_count(VS_RECORD_held_remove) == 0);
	/* ACK takes the first that was given. */
	peer_expect(&driver, "TICKET#CP-1#1#0.30");
	peer_expect(&driver, "TICKET#CP-1#2#0.60");
	says_control(&driver, VS_FRAME_ACK);
	UNTIL(world_count(VS_RECORD_held_remove) == 1);
	driver_comes_again();
	peer_expect(&driver, "TICKET#CP-1#2#0.60");
	/* What comes while it is there is given, and those that were given are not given again. */
	charge_for("3#0.9");
	peer_expect(&driver, "TICKET#CP-1#3#0.90");
	CHECK(world_count(VS_RECORD_held_remove) == 1);
	/* Whatever it says next takes all of them. */
	peer_say(&driver, "QUERY_AVAILABLE_CPS#D-1");
	peer_expect(&driver, "AVAILABLE_CPS#CP-1#40.5#-3.1#0.3");
	UNTIL(world_count(VS_RECORD_held_remove) == 3);
	says_control(&driver, VS_FRAME_ACK); /* of nothing */
	/* One that begins with ENQ answers whatever it is sent: its ACK is not of what is on the
	 * way. */
	driver_comes_again();
	wants_acks(&driver);
	charge_for("4#1.2");
	peer_expect(&driver, "TICKET#CP-1#4#1.20");
	says_control(&driver, VS_FRAME_ACK); /* of ACKNOWLEDGE */
	wants_acks(&driver);
	CHECK(world_count(VS_RECORD_held_remove) == 3);
	says_control(&driver, VS_FRAME_ACK);
	UNTIL(world_count(VS_RECORD_held_remove) == 4);
	driver_comes_again();
	peer_say(&driver, "QUERY_AVAILABLE_CPS#D-1");
	peer_expect(&driver, "AVAILABLE_CPS#CP-1#40.5#-3.1#0.3");
	CHECK(world_count(VS_RECORD_held_remove) == 4);
	end();
}

/* --- after a restart ----------------------------------------------------------------------------
 */

static vs_result
read_transactions(void *self, const char *tenant, const char *station, bool only_active,
                  int64_t before_ms, size_t limit,
                  bool (*row)(const struct vs_core_tx_row *, void *), void *arg)
{
	struct vs_core_tx_row tx = {.tenant = "default",
	                            .station = "CP-1",
	                            .tx_id = "F-one",
	                            .token = "D-1",
	                            .is_active = true,
	                            .energy_wh = 1000,
	                            .last_seq_no = 7};

	(void)self;
	(void)tenant;
	(void)station;
	(void)only_active;
	(void)before_ms;
	(void)limit;
	CHECK(row(&tx, arg));
	tx.is_active = false; /* an older one of the same charge point does not count */
	(void)snprintf(tx.tx_id, sizeof(tx.tx_id), "F-old");
	CHECK(row(&tx, arg));
	(void)snprintf(tx.station, sizeof(tx.station), "CP-2");
	(void)snprintf(tx.tx_id, sizeof(tx.tx_id), "F-done");
	CHECK(row(&tx, arg));
	(void)snprintf(tx.station, sizeof(tx.station), "CP-GONE"); /* removed from the registry */
	CHECK(row(&tx, arg));
	(void)snprintf(tx.station, sizeof(tx.station), "CS-OCPP");
	(void)snprintf(tx.tx_id, sizeof(tx.tx_id), "12345");
	return row(&tx, arg) ? VS_OK : VS_FAIL(INTERNAL);
}

static vs_result
read_said(void *self, const char *tenant, const char *station, const char *tx_id,
          struct vs_buf *payload)
{
	(void)self;
	CHECK(strcmp(tenant, "default") == 0 && strcmp(station, "CP-1") == 0 &&
	      strcmp(tx_id, "F-one") == 0);
	return vs_buf_append_text(payload, "{\"energyKwh\":\"1.000123\",\"amount\":\"0.30\"}");
}

static vs_result
read_held(void *self, const char *tenant, const char *station,
          bool (*row)(const struct vs_core_held_row *, void *), void *arg)
{
	static const struct {
		const char *station;
		enum vs_core_held kind;
		const char *value;
	} rows[] = {
	    {"CP-2", VS_HELD_charge_point,
	     "{\"latitude\":\"40.5\",\"longitude\":\"-3.1\",\"price\":\"0.3\",\"stopped\":true,"
	     "\"putOut\":false,\"needsOperator\":false}"},
	    {"CP-3", VS_HELD_charge_point,
	     "{\"price\":\"0.4\",\"putOut\":true,\"needsOperator\":true}"},
	    {"CP-2", VS_HELD_ticket,
	     "{\"transaction\":\"F-t\",\"driver\":\"D-1\",\"energyKwh\":\"1.5\",\"amount\":\"0."
	     "45\"}"},
	    {"CP-2", VS_HELD_ticket, "{\"driver\":\"D-1\"}"},
	    {"CP-2", VS_HELD_ticket, "damaged"},
	    {"CS-OCPP", VS_HELD_profile, "{}"},
	};

	(void)self;
	CHECK(strcmp(tenant, "default") == 0 && station[0] == '\0');
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct vs_core_held_row held = {
		    .kind = rows[i].kind, .at_ms = 1, .payload = vs_bytes_from_text(rows[i].value)};

		(void)snprintf(held.station, sizeof(held.station), "%s", rows[i].station);
		CHECK(row(&held, arg));
	}
	return VS_OK;
}

static vs_result
read_no_tenants(void *self, const char *after, size_t limit,
                bool (*row)(const struct vs_core_tenant *, void *), void *arg)
{
	(void)self;
	(void)after;
	(void)limit;
	(void)row;
	(void)arg;
	return VS_OK;
}

static void
test_load(void)
{
	const struct vs_port_reader reader = {.transactions = read_transactions,
	                                      .tx_said = read_said,
	                                      .held = read_held,
	                                      .tenants = read_no_tenants};

	world_begin();
	CHECK_OK(vs_charge_load(world.charge, &reader));
	CHECK(world_point("CP-1")->facts.supply && !world_point("CP-2")->facts.supply);
	CHECK(world_point("CP-1")->supply.energy == 1000123 &&
	      world_point("CP-1")->supply.amount == 300000);
	CHECK(world_point("CS-OCPP") == NULL && world_point("CP-GONE") == NULL);
	CHECK(world_state("CP-2") == VS_FRAMED_DISCONNECTED &&
	      world_point("CP-2")->price == 300000);
	CHECK(world_point("CP-2")->facts.stopped && world_point("CP-2")->latitude == 40500000);
	CHECK(world_state("CP-3") == VS_FRAMED_OUT_OF_ORDER && world_point("CP-3")->is_mismatched);
	peer_monitor(&monitor, "CP-1", key);
	peer_engine(&engine, "CP-1", key);
	peer_driver(&driver, "D-1");
	peer_expect(&driver, "TICKET#CP-2#1.5#0.45"); /* it has waited */
	CHECK(world_count(VS_RECORD_held_remove) == 0);
	says_control(&driver, VS_FRAME_ACK);
	UNTIL(world_count(VS_RECORD_held_remove) == 1);
	CHECK(world_state("CP-1") == VS_FRAMED_SUPPLYING);
	peer_say(&engine, "SUPPLY_END#CP-1#D-1#3#0.9");
	peer_expect(&driver, "TICKET#CP-1#3#0.90");
	CHECK(strcmp(last_event()->tx_id, "F-one") == 0 && last_event()->seq_no == 8);
	peer_close(&monitor);
	peer_close(&engine);
	/* What ended before is known by its id. */
	peer_monitor(&monitor, "CP-2", key);
	peer_engine(&engine, "CP-2", key);
	peer_expect(&engine, "STOP_COMMAND#CP-2"); /* it has said that it is free, and is not */
	CHECK(world_state("CP-2") == VS_FRAMED_STOPPED);
	wants_acks(&engine);
	peer_say(&engine, "SUPPLY_END#CP-2#D-1#1#0.3#done");
	peer_expect(&engine, "ACKNOWLEDGE#CP-2#SUPPLY_END");
	peer_expect_control(&engine, VS_FRAME_ACK);
	CHECK(world_count(VS_RECORD_tx_event) == 1);
	end();
}

int
main(void)
{
	CASE(test_the_end_is_told_when_it_is_on_disk);
	CASE(test_what_the_store_refuses_is_said_again);
	CASE(test_a_charge_that_was_forgotten_is_ended);
	CASE(test_a_ticket_is_given_until_it_is_taken);
	CASE(test_load);
	return 0;
}
