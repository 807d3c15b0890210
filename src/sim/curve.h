/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What flows through one EVSE: a meter, and the vehicle in front of it.
 *
 * The battery takes constant current first (its voltage rises with the state of charge), then
 * constant voltage with a falling current. Power is voltage times current times phases at every
 * moment, the energy register is the integral of the power, and the state of charge follows the
 * energy. Pure: time comes as milliseconds that have passed, noise from a seed. Limit: a step is at
 * most one second of constant power.
 */
#pragma once

#include <stdbool.h>

#include "sim/prng.h"

enum vs_sim_curve_kind {
#define VS_CURVE(name, phases, v_empty, v_full, amperes, watts, battery, taper, connector, help)   \
	VS_SIM_CURVE_##name,
#include "sim/curves.def"
#undef VS_CURVE
	VS_SIM_CURVE_COUNT
};

struct vs_sim_curve_row {
	const char *name;
	unsigned phases; /* 0: DC */
	double voltage_empty_v, voltage_full_v;
	double current_max_a, power_max_w;
	unsigned battery_min_kwh, battery_max_kwh;
	double taper_percent;
	const char *connector; /* OCPP ConnectorEnumType */
	const char *help;
};

struct vs_sim_curve {
	const struct vs_sim_curve_row *row;
	struct vs_sim_prng prng;
	double register_wh; /* of the meter: never falls */
	double battery_wh, soc_percent;
	double voltage_v, current_a, power_w;
	double noise;
	double limit_w;      /* what the station allows; the row's power unless lowered */
	uint64_t charged_ms; /* since the power was switched on */
	bool is_on;
};

/* What a meter shows. */
struct vs_sim_sample {
	double power_w, energy_wh, voltage_v, current_a, soc_percent;
	unsigned phases; /* 0: DC */
};

const struct vs_sim_curve_row *vs_sim_curve_row(enum vs_sim_curve_kind kind);

/* A meter that has counted before; no vehicle. */
void vs_sim_curve_init(struct vs_sim_curve *curve, enum vs_sim_curve_kind kind, uint64_t seed);
/* Another vehicle, with a battery and a state of charge of its own. */
void vs_sim_curve_plug(struct vs_sim_curve *curve);
/* Close or open the contactor. The power climbs for some seconds after it closes. */
void vs_sim_curve_switch(struct vs_sim_curve *curve, bool is_on);
void vs_sim_curve_advance(struct vs_sim_curve *curve, uint64_t passed_ms);
bool vs_sim_curve_is_full(const struct vs_sim_curve *curve);
void vs_sim_curve_sample(const struct vs_sim_curve *curve, struct vs_sim_sample *sample_out);
