/* SPDX-License-Identifier: Apache-2.0 */
/* The default tariffs of a simulated station (OCPP 2.1 I07 to I11): one for the station, one for
 * each EVSE at most, known by their ids. Pure. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/limits.h"
#include "base/result.h"

#define VS_SIM_TARIFF_ID_SIZE 241 /* 60 characters of four bytes, with the NUL */

struct vs_sim_tariff {
	unsigned evse; /* 0: every EVSE */
	char id[VS_SIM_TARIFF_ID_SIZE];
};

struct vs_sim_tariffs {
	struct vs_sim_tariff *list; /* NULL while there never was one */
	size_t count;
};

void vs_sim_tariffs_done(struct vs_sim_tariffs *tariffs);
/* In the place of what stood there; evse 0 takes the place of all. EXISTS: another EVSE has one
 * with this id; TOO_LONG: there is no room; NO_MEMORY. */
VS_RESULT vs_sim_tariff_put(struct vs_sim_tariffs *tariffs, unsigned evse, const char *id);
/* Those with this id (NULL: any) at this EVSE (-1: any). How many went. */
size_t vs_sim_tariff_remove(struct vs_sim_tariffs *tariffs, const char *id, int evse);
