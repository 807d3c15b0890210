/* SPDX-License-Identifier: Apache-2.0 */
/* What outlives Central, as rows of core/held.def: a charge point's place, price and standing, and
 * the tickets that wait. Their values are sealed like everything that is held. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/map.h"
#include "charge/inside.h"

#define JSON_SIZE 320

static void
held(struct vs_charge *charge, const char *tenant, const char *point, enum vs_core_record_kind kind,
     enum vs_core_held held, int64_t number, const char *json)
{
	struct vs_core_record *record = NULL;

	if (vs_core_record_new(kind, tenant, point, charge->now_ms, vs_bytes_from_text(json),
	                       vs_bytes_from(NULL, 0), &record)
	        .code != VS_E_OK)
		return;
	record->u.held.kind = held;
	record->u.held.number = number;
	vs_charge_add(charge, record);
}

static const char *
truth(bool is_true)
{
	return is_true ? "true" : "false";
}

static void
describe(const struct vs_charge_point *point, char json[static JSON_SIZE])
{
	char latitude[VS_FRAMED_DECIMAL_MAX], longitude[VS_FRAMED_DECIMAL_MAX],
	    price[VS_FRAMED_DECIMAL_MAX];

	vs_framed_decimal_write(point->latitude, -1, latitude);
	vs_framed_decimal_write(point->longitude, -1, longitude);
	vs_framed_decimal_write(point->price, -1, price);
	(void)snprintf(json, JSON_SIZE,
	               "{\"latitude\":\"%s\",\"longitude\":\"%s\",\"price\":\"%s\",\"stopped\":%s,"
	               "\"putOut\":%s,\"needsOperator\":%s}",
	               latitude, longitude, price, truth(point->facts.stopped),
	               truth(point->facts.out), truth(point->is_mismatched));
}

uint64_t
vs_charge_point_kept(const struct vs_charge_point *point)
{
	char json[JSON_SIZE];

	describe(point, json);
	return vs_hash(vs_bytes_from_text(json)) | 1;
}

void
vs_charge_point_keep(struct vs_charge *charge, struct vs_charge_point *point)
{
	uint64_t hash = vs_charge_point_kept(point);
	char json[JSON_SIZE];

	describe(point, json);
	if (hash == point->kept)
		return;
	point->kept = hash;
	held(charge, point->tenant, point->identity, VS_RECORD_held_put, VS_HELD_charge_point, 0,
	     json);
}

/* FNV-1a: the same in every process, so that an end that is said again is kept once. */
static int64_t
number_of(const char *tx_id)
{
	uint64_t hash = UINT64_C(0xcbf29ce484222325);

	for (const char *c = tx_id; *c != '\0'; c++)
		hash = (hash ^ (uint8_t)*c) * UINT64_C(0x100000001b3);
	return (int64_t)(hash >> 1);
}

void
vs_charge_ticket_keep(struct vs_charge *charge, const struct vs_charge_point *point,
                      const struct vs_charge_supply *supply)
{
	char energy[VS_FRAMED_DECIMAL_MAX], amount[VS_FRAMED_DECIMAL_MAX], json[JSON_SIZE];

	if (supply->driver[0] == '\0')
		return;
	/* Names have no character that JSON escapes (framed/messages.def: NAME). */
	vs_framed_decimal_write(supply->energy, -1, energy);
	vs_framed_decimal_write(supply->amount, -1, amount);
	(void)snprintf(
	    json, sizeof(json),
	    "{\"transaction\":\"%s\",\"driver\":\"%s\",\"energyKwh\":\"%s\",\"amount\":\"%s\","
	    "\"currency\":\"%s\"}",
	    supply->tx_id, supply->driver, energy, amount, charge->options.currency);
	held(charge, point->tenant, point->identity, VS_RECORD_held_put, VS_HELD_ticket,
	     number_of(supply->tx_id), json);
}

void
vs_charge_ticket_forget(struct vs_charge *charge, const char *tenant, const char *point,
                        const char *tx_id)
{
	held(charge, tenant, point, VS_RECORD_held_remove, VS_HELD_ticket, number_of(tx_id), "");
}
