/* SPDX-License-Identifier: Apache-2.0 */
#include "sim/tariff.h"

#include <stdio.h>

#include "test.h"

static struct vs_sim_tariffs tariffs;

static void
each_place_has_one(void)
{
	CHECK_OK(vs_sim_tariff_put(&tariffs, 1, "a"));
	CHECK_OK(vs_sim_tariff_put(&tariffs, 2, "b"));
	CHECK_OK(vs_sim_tariff_put(&tariffs, 1, "c"));
	CHECK(tariffs.count == 2);
	CHECK_ERR(vs_sim_tariff_put(&tariffs, 1, "b"), EXISTS);
	CHECK_OK(vs_sim_tariff_put(&tariffs, 2, "b")); /* the same again */
	CHECK_OK(vs_sim_tariff_put(&tariffs, 0, "all"));
	CHECK(tariffs.count == 1 && tariffs.list[0].evse == 0);
	vs_sim_tariffs_done(&tariffs);
	CHECK(tariffs.count == 0);
}

static void
they_are_removed_by_id_and_place(void)
{
	CHECK(vs_sim_tariff_remove(&tariffs, NULL, -1) == 0);
	CHECK_OK(vs_sim_tariff_put(&tariffs, 1, "a"));
	CHECK_OK(vs_sim_tariff_put(&tariffs, 2, "b"));
	CHECK_OK(vs_sim_tariff_put(&tariffs, 3, "c"));
	CHECK(vs_sim_tariff_remove(&tariffs, "b", 1) == 0);
	CHECK(vs_sim_tariff_remove(&tariffs, "b", -1) == 1);
	CHECK(vs_sim_tariff_remove(&tariffs, NULL, 3) == 1 && tariffs.count == 1);
	CHECK(vs_sim_tariff_remove(&tariffs, NULL, -1) == 1);
	vs_sim_tariffs_done(&tariffs);
}

static void
they_are_bounded(void)
{
	char id[VS_SIM_TARIFF_ID_SIZE + 1];

	for (unsigned i = 0; i < VS_LIMIT_SIM_TARIFFS; i++) {
		(void)snprintf(id, sizeof(id), "t%u", i);
		CHECK_OK(vs_sim_tariff_put(&tariffs, i + 1, id));
	}
	CHECK_ERR(vs_sim_tariff_put(&tariffs, 99, "more"), TOO_LONG);
	memset(id, 'x', VS_SIM_TARIFF_ID_SIZE);
	id[VS_SIM_TARIFF_ID_SIZE] = '\0';
	CHECK_ERR(vs_sim_tariff_put(&tariffs, 1, id), TOO_LONG);
	vs_sim_tariffs_done(&tariffs);
}

int
main(void)
{
	CASE(each_place_has_one);
	CASE(they_are_removed_by_id_and_place);
	CASE(they_are_bounded);
	return 0;
}
