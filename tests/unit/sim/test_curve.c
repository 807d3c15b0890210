/* SPDX-License-Identifier: Apache-2.0 */
#include "sim/curve.h"

#include "test.h"

static bool
is_near(double a, double b, double tolerance)
{
	double apart = a > b ? a - b : b - a;
	double size = b < 0 ? -b : b;

	return apart <= tolerance * (size > 1.0 ? size : 1.0);
}

/* Power is the product of what the meter shows, the register is the integral of the power. */
static void
test_consistent(void)
{
	for (unsigned kind = 0; kind < VS_SIM_CURVE_COUNT; kind++) {
		struct vs_sim_curve curve;
		struct vs_sim_sample sample;
		double integral_wh = 0, begin_wh, soc_before;

		vs_sim_curve_init(&curve, (enum vs_sim_curve_kind)kind, 42 + kind);
		vs_sim_curve_switch(&curve, true);
		begin_wh = curve.register_wh;
		soc_before = curve.soc_percent;
		for (int s = 0; s < 3600; s++) {
			double register_before = curve.register_wh;

			vs_sim_curve_advance(&curve, 1000);
			vs_sim_curve_sample(&curve, &sample);
			CHECK(is_near(sample.power_w,
			              sample.voltage_v * sample.current_a *
			                  (sample.phases ? sample.phases : 1),
			              1e-9));
			CHECK(sample.power_w <= curve.row->power_max_w + 1e-6);
			CHECK(sample.current_a <= curve.row->current_max_a + 1e-6);
			CHECK(sample.energy_wh >= register_before);
			CHECK(sample.soc_percent >= soc_before && sample.soc_percent <= 100.0);
			soc_before = sample.soc_percent;
			integral_wh += sample.power_w / 3600.0;
		}
		CHECK(integral_wh > 0);
		CHECK(is_near(curve.register_wh - begin_wh, integral_wh, 1e-6));
	}
}

/* The trapezoid over samples ten seconds apart, as somebody who plots it would integrate, is near
 * the register. */
static void
test_sampled_integral(void)
{
	struct vs_sim_curve curve;
	double integral_wh = 0, power_before = 0, begin_wh;

	vs_sim_curve_init(&curve, VS_SIM_CURVE_DC_150, 3);
	vs_sim_curve_switch(&curve, true);
	begin_wh = curve.register_wh;
	for (int i = 0; i < 180; i++) {
		vs_sim_curve_advance(&curve, 10000);
		integral_wh += (curve.power_w + power_before) / 2 * 10 / 3600;
		power_before = curve.power_w;
	}
	CHECK(is_near(curve.register_wh - begin_wh, integral_wh, 0.01));
}

static void
test_tapers_until_full(void)
{
	struct vs_sim_curve curve;
	double greatest_w = 0, at_95_w = 0;

	vs_sim_curve_init(&curve, VS_SIM_CURVE_DC_50, 5);
	vs_sim_curve_switch(&curve, true);
	for (int s = 0; s < 24 * 3600 && !vs_sim_curve_is_full(&curve); s++) {
		vs_sim_curve_advance(&curve, 1000);
		if (curve.power_w > greatest_w)
			greatest_w = curve.power_w;
		if (at_95_w == 0 && curve.soc_percent >= 95.0)
			at_95_w = curve.power_w;
	}
	CHECK(vs_sim_curve_is_full(&curve));
	CHECK(greatest_w > 40000);
	CHECK(at_95_w > 0 && at_95_w < greatest_w / 4);
	vs_sim_curve_advance(&curve, 5000);
	CHECK(curve.power_w <= 0 && curve.current_a <= 0);
}

static void
test_ramp_switch_and_plug(void)
{
	struct vs_sim_curve curve;
	double first_w, register_wh;

	vs_sim_curve_init(&curve, VS_SIM_CURVE_AC_22, 9);
	register_wh = curve.register_wh;
	vs_sim_curve_advance(&curve, 60000);
	CHECK(is_near(curve.register_wh, register_wh, 0)); /* the contactor is open */
	vs_sim_curve_switch(&curve, true);
	vs_sim_curve_advance(&curve, 1000);
	first_w = curve.power_w;
	vs_sim_curve_advance(&curve, 20000);
	CHECK(first_w > 0 && curve.power_w > 2 * first_w);
	register_wh = curve.register_wh;
	vs_sim_curve_plug(&curve);
	CHECK(!curve.is_on && is_near(curve.register_wh, register_wh, 0));
	CHECK(curve.soc_percent >= 8.0 && curve.soc_percent <= 86.0);
	curve.limit_w = 4000;
	vs_sim_curve_switch(&curve, true);
	vs_sim_curve_advance(&curve, 30000);
	CHECK(curve.power_w <= 4000.0 + 1e-6);
}

static void
test_same_seed_same_day(void)
{
	struct vs_sim_curve a, b, other;

	vs_sim_curve_init(&a, VS_SIM_CURVE_AC_11, 77);
	vs_sim_curve_init(&b, VS_SIM_CURVE_AC_11, 77);
	vs_sim_curve_init(&other, VS_SIM_CURVE_AC_11, 78);
	vs_sim_curve_switch(&a, true);
	vs_sim_curve_switch(&b, true);
	vs_sim_curve_advance(&a, 90000);
	vs_sim_curve_advance(&b, 90000);
	CHECK(is_near(a.register_wh, b.register_wh, 0) && is_near(a.power_w, b.power_w, 0));
	CHECK(!is_near(a.register_wh, other.register_wh, 1e-9));
}

int
main(void)
{
	CASE(test_consistent);
	CASE(test_sampled_integral);
	CASE(test_tapers_until_full);
	CASE(test_ramp_switch_and_plug);
	CASE(test_same_seed_same_day);
	return 0;
}
