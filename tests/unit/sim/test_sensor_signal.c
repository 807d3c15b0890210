/* SPDX-License-Identifier: Apache-2.0 */
#include "sim/sensor_signal.h"

#include <math.h>

#include "test.h"

#define START_MS  INT64_C(1795000000000)
#define SECOND_MS 1000
#define SAMPLES   3000

static struct vs_sim_signal signal;

static double
next(int64_t i)
{
	return vs_sim_signal_read(&signal, START_MS + i * SECOND_MS);
}

/* Near its mean, never twice the same for long, neighbours nearer to each other than strangers. */
static void
looks_like_one(void)
{
	for (unsigned kind = 0; kind < VS_SIM_SIGNALS; kind++) {
		double sum = 0, squares = 0, steps = 0, last = 0, mean, variance;
		unsigned same = 0;

		vs_sim_signal_init(&signal, kind, VS_SIM_SENSOR_NOTHING, 7);
		for (int i = 0; i < SAMPLES; i++) {
			double value = next(i);

			CHECK(isfinite(value));
			sum += value;
			squares += value * value;
			steps += i > 0 ? (value - last) * (value - last) : 0;
			same += i > 0 && value == last;
			last = value;
		}
		mean = sum / SAMPLES;
		variance = squares / SAMPLES - mean * mean;
		CHECK(variance > 0 && same < 10);
		CHECK(steps / SAMPLES < 2 * variance);
	}
}

static void
same_seed_same_values(void)
{
	double first[50];

	for (int pass = 0; pass < 2; pass++) {
		vs_sim_signal_init(&signal, VS_SIM_SIGNAL_VIBRATION, VS_SIM_SENSOR_ALL, 11);
		for (int i = 0; i < 50; i++) {
			double value = next(i);

			CHECK(pass == 0 || value == first[i]);
			first[i] = value;
		}
	}
}

static void
faults(void)
{
	double sound = 0, last = 0;
	unsigned far = 0, same = 0, longest = 0;

	vs_sim_signal_init(&signal, VS_SIM_SIGNAL_PRESSURE, VS_SIM_SENSOR_NOTHING, 3);
	for (int i = 0; i < SAMPLES; i++)
		sound = next(i);
	vs_sim_signal_init(&signal, VS_SIM_SIGNAL_PRESSURE, VS_SIM_SENSOR_DRIFT, 3);
	for (int i = 0; i < SAMPLES; i++)
		last = next(i);
	CHECK(last - sound > 10);
	vs_sim_signal_init(&signal, VS_SIM_SIGNAL_PRESSURE, VS_SIM_SENSOR_SPIKES, 3);
	for (int i = 0; i < SAMPLES; i++) {
		double value = next(i);

		far += i > 0 && fabs(value - last) > 10;
		last = value;
	}
	CHECK(far > SAMPLES / 100 && far < SAMPLES / 5);
	vs_sim_signal_init(&signal, VS_SIM_SIGNAL_PRESSURE, VS_SIM_SENSOR_STUCK, 3);
	for (int i = 0; i < SAMPLES; i++) {
		double value = next(i);

		same = i > 0 && value == last ? same + 1 : 0;
		longest = same > longest ? same : longest;
		last = value;
	}
	CHECK(longest >= 25 && longest <= 35);
}

static void
texts(void)
{
	char text[VS_SIM_SIGNAL_TEXT_SIZE];

	CHECK(vs_sim_signal_format(VS_SIM_SIGNAL_TEMPERATURE, 25.404, text) == 5);
	CHECK(strcmp(text, "25.40") == 0);
	CHECK(vs_sim_signal_format(VS_SIM_SIGNAL_HUMIDITY, 65.25, text) == 4);
	for (unsigned i = 0; i < VS_SIM_SIGNALS; i++)
		CHECK(vs_sim_signal_type(i)[0] != '\0' && vs_sim_signal_unit(i)[0] != '\0');
}

int
main(void)
{
	CASE(looks_like_one);
	CASE(same_seed_same_values);
	CASE(faults);
	CASE(texts);
	return 0;
}
