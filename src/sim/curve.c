/* SPDX-License-Identifier: Apache-2.0 */
#include "sim/curve.h"

#include <assert.h>
#include <stddef.h>

enum { STEP_MS = 1000, RAMP_AC_MS = 4000, RAMP_DC_MS = 12000 };

static const double mains_swing = 0.01;    /* of the voltage of a phase */
static const double current_swing = 0.015; /* of what the vehicle draws */
static const double losses_ac = 0.90, losses_dc = 0.96;

#define RANGE(min, max) min, max
static const struct vs_sim_curve_row rows[] = {
#define VS_CURVE(name, phases, v_empty, v_full, amperes, watts, battery, taper, connector, help)   \
	[VS_SIM_CURVE_##name] = {#name, phases,  v_empty, v_full,    amperes,                      \
	                         watts, battery, taper,   connector, help},
#include "sim/curves.def"
#undef VS_CURVE
};
#undef RANGE

const struct vs_sim_curve_row *
vs_sim_curve_row(enum vs_sim_curve_kind kind)
{
	assert(kind < VS_SIM_CURVE_COUNT);
	return &rows[kind];
}

void
vs_sim_curve_init(struct vs_sim_curve *curve, enum vs_sim_curve_kind kind, uint64_t seed)
{
	*curve = (struct vs_sim_curve){.row = vs_sim_curve_row(kind), .prng = {seed}};
	curve->register_wh = (double)vs_sim_prng_between(&curve->prng, 1000, 4000000);
	curve->limit_w = curve->row->power_max_w;
	vs_sim_curve_plug(curve);
}

void
vs_sim_curve_plug(struct vs_sim_curve *curve)
{
	const struct vs_sim_curve_row *row = curve->row;

	vs_sim_curve_switch(curve, false);
	curve->battery_wh = 1000.0 * (double)vs_sim_prng_between(&curve->prng, row->battery_min_kwh,
	                                                         row->battery_max_kwh);
	/* Most arrive well below half, some want only the rest. */
	curve->soc_percent = 8.0 + 50.0 * vs_sim_prng_unit(&curve->prng);
	if (vs_sim_prng_between(&curve->prng, 0, 3) == 0)
		curve->soc_percent += 28.0;
}

void
vs_sim_curve_switch(struct vs_sim_curve *curve, bool is_on)
{
	if (is_on == curve->is_on)
		return;
	curve->is_on = is_on;
	curve->charged_ms = 0;
	curve->power_w = 0;
	curve->current_a = 0;
	curve->voltage_v = curve->row->phases != 0 ? curve->row->voltage_full_v : 0;
}

bool
vs_sim_curve_is_full(const struct vs_sim_curve *curve)
{
	return curve->soc_percent >= 100.0;
}

/* How much of its greatest current the battery takes: all of it, then less along a parabola, never
 * nothing. */
static double
taper(const struct vs_sim_curve *curve)
{
	double over =
	    (curve->soc_percent - curve->row->taper_percent) / (100.0 - curve->row->taper_percent);

	if (over <= 0)
		return 1.0;
	if (over > 1.0)
		over = 1.0;
	return 0.05 + 0.95 * (1.0 - over) * (1.0 - over);
}

static double
voltage(struct vs_sim_curve *curve)
{
	const struct vs_sim_curve_row *row = curve->row;
	double rise;

	if (row->phases != 0)
		return row->voltage_full_v *
		       (1.0 + mains_swing * (2.0 * vs_sim_prng_unit(&curve->prng) - 1.0));
	rise = curve->soc_percent / row->taper_percent;
	if (rise > 1.0)
		rise = 1.0;
	return row->voltage_empty_v + (row->voltage_full_v - row->voltage_empty_v) * rise;
}

static void
choose_power(struct vs_sim_curve *curve)
{
	const struct vs_sim_curve_row *row = curve->row;
	double phases = row->phases != 0 ? (double)row->phases : 1.0;
	double ramp_ms = row->phases != 0 ? RAMP_AC_MS : RAMP_DC_MS;
	double climbed = (double)(curve->charged_ms + STEP_MS) / ramp_ms;
	double most_w = curve->limit_w < row->power_max_w ? curve->limit_w : row->power_max_w;

	curve->voltage_v = voltage(curve);
	if (!curve->is_on || vs_sim_curve_is_full(curve)) {
		curve->power_w = 0;
		curve->current_a = 0;
		return;
	}
	curve->noise = 0.9 * curve->noise + 0.1 * (2.0 * vs_sim_prng_unit(&curve->prng) - 1.0);
	curve->current_a = row->current_max_a * taper(curve) *
	                   (1.0 - current_swing + current_swing * curve->noise);
	if (climbed < 1.0)
		curve->current_a *= climbed;
	if (curve->current_a * curve->voltage_v * phases > most_w)
		curve->current_a = most_w / (curve->voltage_v * phases);
	curve->power_w = curve->current_a * curve->voltage_v * phases;
}

void
vs_sim_curve_advance(struct vs_sim_curve *curve, uint64_t passed_ms)
{
	double efficiency = curve->row->phases != 0 ? losses_ac : losses_dc;

	while (passed_ms > 0) {
		uint64_t step_ms = passed_ms < STEP_MS ? passed_ms : STEP_MS;
		double energy_wh;

		choose_power(curve);
		energy_wh = curve->power_w * (double)step_ms / 3600000.0;
		curve->register_wh += energy_wh;
		curve->soc_percent += 100.0 * efficiency * energy_wh / curve->battery_wh;
		if (curve->soc_percent > 100.0)
			curve->soc_percent = 100.0;
		if (curve->is_on)
			curve->charged_ms += step_ms;
		passed_ms -= step_ms;
	}
}

void
vs_sim_curve_sample(const struct vs_sim_curve *curve, struct vs_sim_sample *sample_out)
{
	*sample_out = (struct vs_sim_sample){
	    .power_w = curve->power_w,
	    .energy_wh = curve->register_wh,
	    .voltage_v = curve->voltage_v,
	    .current_a = curve->current_a,
	    .soc_percent = curve->soc_percent,
	    .phases = curve->row->phases,
	};
}
