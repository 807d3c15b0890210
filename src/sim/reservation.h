/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who has reserved what at a simulated station (OCPP 2.0.1 H01 to H04). Pure: time is an argument.
 *
 * A reservation names an EVSE, or none: then it holds one of those that are free, whichever. It
 * ends when its holder comes, is cancelled, or expires; what has expired admits everybody, also
 * before somebody has looked. Limit: VS_LIMIT_SIM_RESERVATIONS.
 */
#pragma once

#include "sim/auth.h"

struct vs_sim_reservation {
	int64_t id;
	unsigned evse; /* as on the wire; 0: any */
	uint64_t expires_ms;
	char token[VS_SIM_TOKEN_SIZE];
	char group[VS_SIM_TOKEN_SIZE]; /* whoever is of this group holds it too; "" nobody */
};

struct vs_sim_reservations {
	struct vs_sim_reservation *list; /* NULL while there never was one */
	uint32_t count;
};

void vs_sim_reservations_done(struct vs_sim_reservations *reservations);

/* Add, or replace the one with the same id. TOO_LONG: there is no room; NO_MEMORY. */
VS_RESULT vs_sim_reservation_put(struct vs_sim_reservations *reservations,
                                 const struct vs_sim_reservation *reservation);
bool vs_sim_reservation_remove(struct vs_sim_reservations *reservations, int64_t id);
/* The reservation of this EVSE that has not expired, NULL when there is none. */
const struct vs_sim_reservation *
vs_sim_reservation_of(const struct vs_sim_reservations *reservations, unsigned evse,
                      uint64_t now_ms);
/* Those that name no EVSE. */
unsigned vs_sim_reservation_unnamed(const struct vs_sim_reservations *reservations,
                                    uint64_t now_ms);
/* May this token (of this group, "" none) charge at the EVSE? `free_count`: EVSEs that are free
 * and not reserved by name. *own_out: the reservation that is thereby used, NULL: none. */
bool vs_sim_reservation_admits(const struct vs_sim_reservations *reservations, unsigned evse,
                               unsigned free_count, const char *token, const char *group,
                               uint64_t now_ms, const struct vs_sim_reservation **own_out);
/* One that has expired, NULL when there is none. */
const struct vs_sim_reservation *
vs_sim_reservation_expired(const struct vs_sim_reservations *reservations, uint64_t now_ms);
/* When the next one expires; UINT64_MAX. */
uint64_t vs_sim_reservation_due(const struct vs_sim_reservations *reservations);
