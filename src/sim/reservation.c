/* SPDX-License-Identifier: Apache-2.0 */
#include "sim/reservation.h"

#include <stdlib.h>
#include <string.h>

void
vs_sim_reservations_done(struct vs_sim_reservations *reservations)
{
	free(reservations->list);
	*reservations = (struct vs_sim_reservations){NULL, 0};
}

VS_RESULT
vs_sim_reservation_put(struct vs_sim_reservations *reservations,
                       const struct vs_sim_reservation *reservation)
{
	if (reservations->list == NULL)
		reservations->list =
		    calloc(VS_LIMIT_SIM_RESERVATIONS, sizeof(reservations->list[0]));
	if (reservations->list == NULL)
		return VS_FAIL(NO_MEMORY);
	for (uint32_t i = 0; i < reservations->count; i++) {
		if (reservations->list[i].id == reservation->id) {
			reservations->list[i] = *reservation;
			return VS_OK;
		}
	}
	if (reservations->count == VS_LIMIT_SIM_RESERVATIONS)
		return VS_FAIL(TOO_LONG);
	reservations->list[reservations->count++] = *reservation;
	return VS_OK;
}

bool
vs_sim_reservation_remove(struct vs_sim_reservations *reservations, int64_t id)
{
	for (uint32_t i = 0; i < reservations->count; i++) {
		if (reservations->list[i].id != id)
			continue;
		reservations->count--;
		memmove(&reservations->list[i], &reservations->list[i + 1],
		        (reservations->count - i) * sizeof(reservations->list[0]));
		return true;
	}
	return false;
}

const struct vs_sim_reservation *
vs_sim_reservation_of(const struct vs_sim_reservations *reservations, unsigned evse,
                      uint64_t now_ms)
{
	for (uint32_t i = 0; i < reservations->count; i++)
		if (reservations->list[i].evse == evse && now_ms < reservations->list[i].expires_ms)
			return &reservations->list[i];
	return NULL;
}

unsigned
vs_sim_reservation_unnamed(const struct vs_sim_reservations *reservations, uint64_t now_ms)
{
	unsigned count = 0;

	for (uint32_t i = 0; i < reservations->count; i++)
		count +=
		    reservations->list[i].evse == 0 && now_ms < reservations->list[i].expires_ms;
	return count;
}

static bool
is_holder(const struct vs_sim_reservation *reservation, const char *token, const char *group)
{
	return strcmp(reservation->token, token) == 0 ||
	       (group[0] != 0 && strcmp(reservation->group, group) == 0);
}

bool
vs_sim_reservation_admits(const struct vs_sim_reservations *reservations, unsigned evse,
                          unsigned free_count, const char *token, const char *group,
                          uint64_t now_ms, const struct vs_sim_reservation **own_out)
{
	const struct vs_sim_reservation *named = vs_sim_reservation_of(reservations, evse, now_ms);

	*own_out = NULL;
	if (named != NULL) {
		if (is_holder(named, token, group))
			*own_out = named;
		return *own_out != NULL;
	}
	for (uint32_t i = 0; i < reservations->count && *own_out == NULL; i++) {
		const struct vs_sim_reservation *reservation = &reservations->list[i];

		if (reservation->evse == 0 && now_ms < reservation->expires_ms &&
		    is_holder(reservation, token, group))
			*own_out = reservation;
	}
	return *own_out != NULL || vs_sim_reservation_unnamed(reservations, now_ms) < free_count;
}

const struct vs_sim_reservation *
vs_sim_reservation_expired(const struct vs_sim_reservations *reservations, uint64_t now_ms)
{
	for (uint32_t i = 0; i < reservations->count; i++)
		if (now_ms >= reservations->list[i].expires_ms)
			return &reservations->list[i];
	return NULL;
}

uint64_t
vs_sim_reservation_due(const struct vs_sim_reservations *reservations)
{
	uint64_t due_ms = UINT64_MAX;

	for (uint32_t i = 0; i < reservations->count; i++)
		if (reservations->list[i].expires_ms < due_ms)
			due_ms = reservations->list[i].expires_ms;
	return due_ms;
}
