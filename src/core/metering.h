/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sampled values, summed up to what a person asks for: energy register, power, state of charge.
 *
 * One set holds the values of one MeterValueType, that is of one moment. A value for the whole (no
 * phase) wins over the sum of the phases. A later set replaces what an earlier one said
 * (OCPP 2.0.1 2.36, 2.37 MeterValue).
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "core/record.h"

enum vs_core_measurand {
	VS_CORE_MEASURAND_OTHER,
	VS_CORE_MEASURAND_ENERGY, /* Energy.Active.Import.Register, the default of a sampled value
	                             without measurand */
	VS_CORE_MEASURAND_POWER,  /* Power.Active.Import */
	VS_CORE_MEASURAND_SOC,
	VS_CORE_MEASURAND_COUNT
};

struct vs_core_sample {
	enum vs_core_measurand measurand;
	bool is_phase;      /* of one phase; between two phases does not count */
	bool is_kilo;       /* unit kWh or kW */
	int32_t multiplier; /* a power of ten (unitOfMeasure.multiplier) */
	double value;
};

struct vs_core_meter_set {
	double whole[VS_CORE_MEASURAND_COUNT], phases[VS_CORE_MEASURAND_COUNT];
	bool has_whole[VS_CORE_MEASURAND_COUNT], has_phases[VS_CORE_MEASURAND_COUNT];
};

struct vs_core_meter {
	int64_t energy_wh, power_w, soc_percent; /* or VS_CORE_ABSENT */
};

void vs_core_meter_init(struct vs_core_meter *meter);
void vs_core_meter_set_init(struct vs_core_meter_set *set);
void vs_core_meter_set_add(struct vs_core_meter_set *set, const struct vs_core_sample *sample);
/* A set is complete: what it said replaces what meter held. Values no meter can have are left out.
 */
void vs_core_meter_apply(struct vs_core_meter *meter, const struct vs_core_meter_set *set);
