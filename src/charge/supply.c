/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A charge, from SUPPLY_START to the ticket, as the events of a transaction.
 *
 * What was delivered is what the engine counted, and its end is acknowledged when it is on disk. An
 * end that comes again, because the acknowledgement was lost, is acknowledged again and stored
 * once: it names its charge, or (mode A1) says the same as the last one.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "base/map.h"
#include "base/random.h"
#include "charge/inside.h"
#include "core/transaction.h"

#define SECONDS_PER_HOUR 3600
#define RANDOM_SIZE      23
#define JSON_SIZE        192

static void
copy_text(const char *text, char *room, size_t size)
{
	(void)vs_bytes_copy_text(vs_bytes_from_text(text), room, size);
}

/* --- records ------------------------------------------------------------------------------------
 */

/* conn: who is told when it is on disk. */
static bool
record_event(struct vs_charge *charge, const struct vs_charge_point *point,
             const struct vs_charge_supply *supply, enum vs_core_tx_type type, int64_t power_w,
             vs_conn_id conn)
{
	char energy[VS_FRAMED_DECIMAL_MAX], amount[VS_FRAMED_DECIMAL_MAX], json[JSON_SIZE];
	struct vs_core_record *record = NULL;
	struct vs_core_tx_event *event;

	vs_framed_decimal_write(supply->energy, -1, energy);
	vs_framed_decimal_write(supply->amount, 2, amount);
	(void)snprintf(json, sizeof(json),
	               "{\"energyKwh\":\"%s\",\"amount\":\"%s\",\"currency\":\"%s\"}", energy,
	               amount, charge->options.currency);
	if (vs_core_record_new(VS_RECORD_tx_event, point->tenant, point->identity, charge->now_ms,
	                       vs_bytes_from_text(json), vs_bytes_from(NULL, 0), &record)
	        .code != VS_E_OK)
		return false;
	record->conn = conn;
	event = &record->u.tx_event;
	copy_text(supply->tx_id, event->tx_id, sizeof(event->tx_id));
	event->seq_no = supply->seq_no;
	event->type = type;
	event->at_ms = charge->now_ms;
	event->evse = 1;
	event->connector = 1;
	event->energy_wh = supply->energy / (VS_FRAMED_MICRO / 1000);
	event->power_w = power_w;
	event->soc_percent = VS_CORE_ABSENT;
	event->first_wh = VS_CORE_ABSENT;
	copy_text(supply->driver, event->token, sizeof(event->token));
	copy_text(type == VS_CORE_TX_STARTED   ? "Authorized"
	          : type == VS_CORE_TX_UPDATED ? "MeterValuePeriodic"
	                                       : "StopAuthorized",
	          event->trigger, sizeof(event->trigger));
	copy_text(type == VS_CORE_TX_ENDED ? "Idle" : "Charging", event->charging_state,
	          sizeof(event->charging_state));
	if (type == VS_CORE_TX_ENDED)
		copy_text("Local", event->stopped_reason, sizeof(event->stopped_reason));
	vs_charge_add(charge, record);
	return true;
}

/* --- beginning ----------------------------------------------------------------------------------
 */

/* The id that the engine gave, or a new one. False: it does not fit. */
static bool
name_charge(struct vs_bytes given, char tx_id[static VS_CORE_TX_ID_SIZE])
{
	char random[RANDOM_SIZE];

	if (given.size == 0) {
		vs_random_text(random, sizeof(random));
		given = vs_bytes_from_text(random);
	}
	if (given.size + sizeof(VS_CHARGE_TX_PREFIX) > VS_CORE_TX_ID_SIZE)
		return false;
	(void)snprintf(tx_id, VS_CORE_TX_ID_SIZE, VS_CHARGE_TX_PREFIX "%.*s",
	               VS_BYTES_PRINTF(given));
	return true;
}

static void
begin(struct vs_charge *charge, struct vs_charge_point *point, struct vs_bytes driver,
      const char *tx_id, vs_conn_id conn)
{
	struct vs_charge_supply *supply = &point->supply;

	memset(supply, 0, sizeof(*supply));
	copy_text(tx_id, supply->tx_id, sizeof(supply->tx_id));
	(void)vs_bytes_copy_text(driver, supply->driver, sizeof(supply->driver));
	point->pending_driver[0] = '\0';
	(void)record_event(charge, point, supply, VS_CORE_TX_STARTED, 0, conn);
	vs_charge_point_event(charge, point, VS_FRAMED_STARTED);
}

static void
say_taken(struct vs_charge_link *link, const char *what)
{
	struct vs_framed_message message;

	if (!link->is_compat || link->names_charges) {
		message =
		    vs_charge_message(VS_FRAMED_ACKNOWLEDGE, link->point->identity, what, NULL);
		vs_charge_link_send(link, &message);
	}
	if (link->is_compat && link->speaks_ack)
		vs_charge_link_control(link, VS_FRAME_ACK);
}

/* The engine has forgotten a charge and begins another one: what is known of it is what it was. */
static void
end_lost(struct vs_charge *charge, struct vs_charge_point *point)
{
	/* What was read back from disk and had said nothing yet has no amount. */
	if (point->supply.amount == 0)
		point->supply.amount = vs_framed_cost(point->supply.energy, point->price);
	point->supply.seq_no++;
	(void)record_event(charge, point, &point->supply, VS_CORE_TX_ENDED, 0, 0);
	VS_LOG(WARN, "charge.lost", vs_bytes_from_text(point->identity),
	       VS_LOG_STR("transaction", point->supply.tx_id));
	memset(&point->supply, 0, sizeof(point->supply));
}

/* Nothing gets a number while the charge is read again: it is said again. */
static bool
is_not_known(struct vs_charge_link *link)
{
	if (link->point->is_fetching)
		vs_charge_link_control(link, VS_FRAME_NAK);
	return link->point->is_fetching;
}

void
vs_charge_supply_start(struct vs_charge_link *link, const struct vs_framed_message *message)
{
	struct vs_charge_point *point = link->point;
	const struct vs_charge_supply *known;
	char tx_id[VS_CORE_TX_ID_SIZE];

	if (is_not_known(link))
		return;
	link->names_charges |= message->count > 2;
	if (!name_charge(message->count > 2 ? message->fields[2] : vs_bytes_from(NULL, 0), tx_id)) {
		vs_charge_link_control(link, VS_FRAME_NAK);
		return;
	}
	/* It is known already, and goes on: after a new connection, or a restart of Central. */
	known = strcmp(point->supply.tx_id, tx_id) == 0 ? &point->supply
	        : strcmp(point->last.tx_id, tx_id) == 0 ? &point->last
	                                                : NULL;
	if (known != NULL) {
		if (known->is_stored)
			say_taken(link, "SUPPLY_START");
		return; /* else its commit says so */
	}
	if (point->supply.tx_id[0] != '\0')
		end_lost(link->charge, point);
	begin(link->charge, point, message->fields[1], tx_id, link->conn);
}

/* --- running ------------------------------------------------------------------------------------
 */

void
vs_charge_supply_update(struct vs_charge_link *link, const struct vs_framed_message *message)
{
	struct vs_charge *charge = link->charge;
	struct vs_charge_point *point = link->point;
	struct vs_charge_supply *supply = &point->supply;
	struct vs_charge_driver *driver;
	char tx_id[VS_CORE_TX_ID_SIZE];

	if (point->is_fetching)
		return; /* the end has the totals */
	/* In mode A1 the first update is the beginning. */
	if (supply->tx_id[0] == '\0') {
		(void)name_charge(vs_bytes_from(NULL, 0), tx_id);
		begin(charge, point, vs_bytes_from_text(point->pending_driver), tx_id, 0);
	}
	if (supply->energy <= VS_FRAMED_ENERGY_MAX - message->numbers[1])
		supply->energy += message->numbers[1];
	supply->amount = message->numbers[2];
	supply->seq_no++;
	/* When the store is full this is what is left out: the end has the totals. */
	if (!charge->journal.is_blocked)
		(void)record_event(
		    charge, point, supply, VS_CORE_TX_UPDATED,
		    message->numbers[1] * SECONDS_PER_HOUR / (VS_FRAMED_MICRO / 1000), 0);
	vs_charge_point_event(charge, point, VS_FRAMED_STARTED);
	driver = vs_charge_driver_find(charge, point->tenant, vs_bytes_from_text(supply->driver));
	if (driver != NULL)
		vs_charge_tell(charge, driver->conn, message);
}

/* --- ending -------------------------------------------------------------------------------------
 */

static bool
is_last(const struct vs_charge_supply *last, const struct vs_framed_message *message)
{
	if (message->count > 4)
		return strncmp(last->tx_id, VS_CHARGE_TX_PREFIX, 2) == 0 &&
		       vs_bytes_equal_text(message->fields[4], last->tx_id + 2);
	/* What was read back from disk is whole watt-hours. */
	return last->tx_id[0] != '\0' && vs_bytes_equal_text(message->fields[1], last->driver) &&
	       message->numbers[2] / 1000 == last->energy / 1000;
}

static bool
ends_another(const struct vs_charge_supply *supply, const struct vs_framed_message *message)
{
	return supply->tx_id[0] == '\0' ||
	       (message->count > 4 && !vs_bytes_equal_text(message->fields[4], supply->tx_id + 2));
}

void
vs_charge_supply_end(struct vs_charge_link *link, const struct vs_framed_message *message)
{
	struct vs_charge *charge = link->charge;
	struct vs_charge_point *point = link->point;
	struct vs_charge_supply *supply = &point->supply;
	char tx_id[VS_CORE_TX_ID_SIZE];

	if (is_not_known(link))
		return;
	link->names_charges |= message->count > 4;
	if (ends_another(supply, message)) {
		if (is_last(&point->last, message)) {
			if (point->last.is_stored)
				say_taken(link, "SUPPLY_END");
			return; /* else its commit says so */
		}
		if (!name_charge(message->count > 4 ? message->fields[4] : vs_bytes_from(NULL, 0),
		                 tx_id)) {
			vs_charge_link_control(link, VS_FRAME_NAK);
			return;
		}
		begin(charge, point, message->fields[1], tx_id, 0);
	}
	if (supply->driver[0] == '\0')
		(void)vs_bytes_copy_text(message->fields[1], supply->driver,
		                         sizeof(supply->driver));
	supply->energy = message->numbers[2];
	supply->amount = message->numbers[3];
	supply->seq_no++;
	vs_charge_ticket_keep(charge, point, supply);
	if (!record_event(charge, point, supply, VS_CORE_TX_ENDED, 0, link->conn)) {
		vs_charge_link_control(link, VS_FRAME_NAK);
		return;
	}
	point->last = *supply;
	point->last.is_stored = false;
	memset(supply, 0, sizeof(*supply));
	point->pending_driver[0] = '\0';
	vs_charge_point_event(charge, point, VS_FRAMED_ENDED);
}

/* --- on disk ------------------------------------------------------------------------------------
 */

static void
give_ticket(struct vs_charge *charge, const struct vs_charge_point *point)
{
	const struct vs_charge_supply *last = &point->last;
	struct vs_charge_driver *driver =
	    vs_charge_driver_get(charge, point->tenant, vs_bytes_from_text(last->driver));
	struct vs_charge_ticket ticket = {
	    .energy = last->energy, .amount = last->amount, .at_ms = charge->now_ms};

	if (driver == NULL)
		return;
	memcpy(ticket.tx_id, last->tx_id, sizeof(ticket.tx_id));
	memcpy(ticket.point, point->identity, sizeof(ticket.point));
	vs_charge_ticket_add(charge, driver, &ticket);
	vs_charge_ticket_deliver(charge, driver);
}

void
vs_charge_supply_committed(struct vs_charge *charge, const struct vs_core_record *record)
{
	struct vs_charge_point *point =
	    vs_charge_point_find(charge, vs_bytes_from_text(record->station));
	struct vs_charge_link *link = vs_charge_link_find(charge, record->conn);
	const struct vs_core_tx_event *event = &record->u.tx_event;
	struct vs_framed_message message;

	if (point != NULL && record->was_taken && record->outcome == VS_E_OK &&
	    charge->options.reader.transactions != NULL) {
		vs_charge_supply_taken(charge, point, record);
		if (event->type != VS_CORE_TX_STARTED)
			return; /* that it began is stored, by whichever node */
	}
	if (point == NULL || event->type == VS_CORE_TX_UPDATED)
		return;
	if (record->outcome != VS_E_OK) {
		/* It says it again, and then it must not look like a repetition. */
		if (strcmp(point->last.tx_id, event->tx_id) == 0) {
			vs_charge_ticket_forget(charge, point->tenant, point->identity,
			                        event->tx_id);
			memset(&point->last, 0, sizeof(point->last));
		}
		if (link != NULL)
			vs_charge_link_control(link, VS_FRAME_NAK);
		return;
	}
	if (strcmp(point->supply.tx_id, event->tx_id) == 0)
		point->supply.is_stored = true;
	if (event->type == VS_CORE_TX_ENDED && strcmp(point->last.tx_id, event->tx_id) == 0)
		point->last.is_stored = true;
	if (link != NULL && link->phase == VS_CHARGE_PROVEN)
		say_taken(link, event->type == VS_CORE_TX_ENDED ? "SUPPLY_END" : "SUPPLY_START");
	if (event->type != VS_CORE_TX_ENDED || strcmp(point->last.tx_id, event->tx_id) != 0)
		return;
	message =
	    vs_charge_message(VS_FRAMED_CHARGING_COMPLETE, point->identity,
	                      point->last.driver[0] != '\0' ? point->last.driver : "unknown", NULL);
	vs_charge_tell(charge, point->monitor, &message);
	give_ticket(charge, point);
}
