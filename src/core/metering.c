/* SPDX-License-Identifier: Apache-2.0 */
#include "core/metering.h"

#include <assert.h>

/* Beyond this nothing is a meter's: a petawatt-hour, and still exact as a double. */
#define VALUE_MAX      1e15
#define MULTIPLIER_MAX 15

void
vs_core_meter_init(struct vs_core_meter *meter)
{
	assert(meter != NULL);
	*meter = (struct vs_core_meter){VS_CORE_ABSENT, VS_CORE_ABSENT, VS_CORE_ABSENT};
}

void
vs_core_meter_set_init(struct vs_core_meter_set *set)
{
	assert(set != NULL);
	*set = (struct vs_core_meter_set){0};
}

static double
scale(const struct vs_core_sample *sample)
{
	double value = sample->value;
	int32_t steps = sample->multiplier;

	for (; steps > 0; steps--)
		value *= 10;
	for (; steps < 0; steps++)
		value /= 10;
	return sample->is_kilo && sample->measurand != VS_CORE_MEASURAND_SOC ? value * 1000 : value;
}

void
vs_core_meter_set_add(struct vs_core_meter_set *set, const struct vs_core_sample *sample)
{
	double value;

	assert(set != NULL && sample != NULL && sample->measurand < VS_CORE_MEASURAND_COUNT);
	if (sample->multiplier > MULTIPLIER_MAX || sample->multiplier < -MULTIPLIER_MAX)
		return;
	value = scale(sample);
	/* Written so that NaN is left out too. */
	if (!(value >= -VALUE_MAX && value <= VALUE_MAX))
		return;
	if (sample->is_phase) {
		set->phases[sample->measurand] += value;
		set->has_phases[sample->measurand] = true;
	} else {
		set->whole[sample->measurand] = value;
		set->has_whole[sample->measurand] = true;
	}
}

static void
apply(const struct vs_core_meter_set *set, enum vs_core_measurand measurand, double max,
      int64_t *value)
{
	double sum;

	if (set->has_whole[measurand])
		sum = set->whole[measurand];
	else if (set->has_phases[measurand])
		sum = set->phases[measurand];
	else
		return;
	if (sum >= -max && sum <= max)
		*value = (int64_t)(sum < 0 ? sum - 0.5 : sum + 0.5);
}

void
vs_core_meter_apply(struct vs_core_meter *meter, const struct vs_core_meter_set *set)
{
	assert(meter != NULL && set != NULL);
	apply(set, VS_CORE_MEASURAND_ENERGY, VALUE_MAX, &meter->energy_wh);
	apply(set, VS_CORE_MEASURAND_POWER, VALUE_MAX, &meter->power_w);
	apply(set, VS_CORE_MEASURAND_SOC, 100, &meter->soc_percent);
}
