/* SPDX-License-Identifier: Apache-2.0 */
#include "core/metering.h"

#include <math.h>

#include "test.h"

static void
add(struct vs_core_meter_set *set, enum vs_core_measurand measurand, bool is_phase, bool is_kilo,
    int32_t multiplier, double value)
{
	struct vs_core_sample sample = {measurand, is_phase, is_kilo, multiplier, value};

	vs_core_meter_set_add(set, &sample);
}

static void
whole_wins_over_phases(void)
{
	struct vs_core_meter_set set;
	struct vs_core_meter meter;

	vs_core_meter_init(&meter);
	CHECK(meter.power_w == VS_CORE_ABSENT);
	vs_core_meter_set_init(&set);
	for (int i = 0; i < 3; i++)
		add(&set, VS_CORE_MEASURAND_POWER, true, false, 0, 2300);
	vs_core_meter_apply(&meter, &set);
	CHECK(meter.power_w == 6900 && meter.energy_wh == VS_CORE_ABSENT);
	add(&set, VS_CORE_MEASURAND_POWER, false, true, 0, 7.2);
	vs_core_meter_apply(&meter, &set);
	CHECK(meter.power_w == 7200);
}

static void
units(void)
{
	struct vs_core_meter_set set;
	struct vs_core_meter meter;

	vs_core_meter_init(&meter);
	vs_core_meter_set_init(&set);
	add(&set, VS_CORE_MEASURAND_ENERGY, false, true, 0, 12.3456);
	add(&set, VS_CORE_MEASURAND_SOC, false, false, 0, 79.6);
	add(&set, VS_CORE_MEASURAND_POWER, false, false, 2, 110);
	vs_core_meter_apply(&meter, &set);
	CHECK(meter.energy_wh == 12346 && meter.soc_percent == 80 && meter.power_w == 11000);
	vs_core_meter_set_init(&set);
	add(&set, VS_CORE_MEASURAND_ENERGY, false, true, -3, 5000);
	add(&set, VS_CORE_MEASURAND_POWER, false, false, 0, -1500.4); /* feeding back */
	add(&set, VS_CORE_MEASURAND_OTHER, false, false, 0, 230);
	vs_core_meter_apply(&meter, &set);
	CHECK(meter.energy_wh == 5000 && meter.power_w == -1500 && meter.soc_percent == 80);
}

static void
nonsense_is_left_out(void)
{
	struct vs_core_meter_set set;
	struct vs_core_meter meter;

	vs_core_meter_init(&meter);
	vs_core_meter_set_init(&set);
	add(&set, VS_CORE_MEASURAND_ENERGY, false, false, 0, NAN);
	add(&set, VS_CORE_MEASURAND_ENERGY, false, false, 0, INFINITY);
	add(&set, VS_CORE_MEASURAND_ENERGY, false, false, INT32_MAX, 1);
	add(&set, VS_CORE_MEASURAND_ENERGY, false, false, INT32_MIN, 1);
	add(&set, VS_CORE_MEASURAND_ENERGY, false, true, 15, 1e300);
	add(&set, VS_CORE_MEASURAND_SOC, false, false, 0, 101);
	for (int i = 0; i < 100; i++)
		add(&set, VS_CORE_MEASURAND_POWER, true, false, 0, 1e15);
	vs_core_meter_apply(&meter, &set);
	CHECK(meter.energy_wh == VS_CORE_ABSENT && meter.soc_percent == VS_CORE_ABSENT);
	CHECK(meter.power_w == VS_CORE_ABSENT);
}

int
main(void)
{
	CASE(whole_wins_over_phases);
	CASE(units);
	CASE(nonsense_is_left_out);
	return 0;
}
