/* SPDX-License-Identifier: Apache-2.0 */
#include "sim/tariff.h"

#include <stdlib.h>
#include <string.h>

void
vs_sim_tariffs_done(struct vs_sim_tariffs *tariffs)
{
	free(tariffs->list);
	*tariffs = (struct vs_sim_tariffs){NULL, 0};
}

static bool
is_known(const struct vs_sim_tariffs *tariffs, unsigned evse, const char *id)
{
	for (size_t i = 0; i < tariffs->count; i++)
		if (evse != 0 && tariffs->list[i].evse != evse &&
		    strcmp(tariffs->list[i].id, id) == 0)
			return true;
	return false;
}

vs_result
vs_sim_tariff_put(struct vs_sim_tariffs *tariffs, unsigned evse, const char *id)
{
	struct vs_sim_tariff *tariff;

	if (strlen(id) >= VS_SIM_TARIFF_ID_SIZE)
		return VS_FAIL(TOO_LONG);
	if (is_known(tariffs, evse, id))
		return VS_FAIL(EXISTS);
	if (tariffs->list == NULL)
		tariffs->list = calloc(VS_LIMIT_SIM_TARIFFS, sizeof(*tariffs->list));
	if (tariffs->list == NULL)
		return VS_FAIL(NO_MEMORY);
	(void)vs_sim_tariff_remove(tariffs, NULL, evse == 0 ? -1 : (int)evse);
	if (tariffs->count == VS_LIMIT_SIM_TARIFFS)
		return VS_FAIL(TOO_LONG);
	tariff = &tariffs->list[tariffs->count++];
	tariff->evse = evse;
	memcpy(tariff->id, id, strlen(id) + 1);
	return VS_OK;
}

size_t
vs_sim_tariff_remove(struct vs_sim_tariffs *tariffs, const char *id, int evse)
{
	size_t kept = 0, count = tariffs->count;

	for (size_t i = 0; i < count; i++) {
		const struct vs_sim_tariff *tariff = &tariffs->list[i];

		if ((id != NULL && strcmp(tariff->id, id) != 0) ||
		    (evse >= 0 && tariff->evse != (unsigned)evse)) {
			if (kept != i)
				tariffs->list[kept] = *tariff;
			kept++;
		}
	}
	tariffs->count = kept;
	return count - kept;
}
