/* SPDX-License-Identifier: Apache-2.0 */
#include "sim/sensor_signal.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>

#define PI          3.14159265358979323846
#define DRIFT_PER_S 0.02 /* of what wanders */
#define SPIKE_SHARE 0.02
#define SPIKE_SIZE  25.0 /* times what wanders */
#define STUCK_MS    30000
#define STUCK_SHARE 0.005

static const struct row {
	const char *type, *unit;
	double mean, spread, swing, period_s, wander, memory_s, noise;
	int decimals;
	double min, max;
} rows[VS_SIM_SIGNALS] = {
#define VS_SIM_SIGNAL(name, type, unit, mean, spread, swing, period, wander, memory, noise,        \
                      decimals, min, max)                                                          \
	[VS_SIM_SIGNAL_##name] = {type,   unit,   mean,  spread,   swing, period,                  \
	                          wander, memory, noise, decimals, min,   max},
#include "sim/sensor_signals.def"
#undef VS_SIM_SIGNAL
};

/* The sum of twelve has the variance 1 (Irwin-Hall): near enough to a normal one, without log. */
static double
bell(struct vs_sim_prng *prng)
{
	double sum = -6;

	for (int i = 0; i < 12; i++)
		sum += vs_sim_prng_unit(prng);
	return sum;
}

void
vs_sim_signal_init(struct vs_sim_signal *signal, enum vs_sim_signal_kind kind, unsigned faults,
                   uint64_t seed)
{
	assert(signal != NULL && kind < VS_SIM_SIGNALS);
	*signal = (struct vs_sim_signal){
	    .kind = kind, .faults = faults, .prng = {seed ^ (uint64_t)kind << 32}};
	signal->mean = rows[kind].mean + rows[kind].spread * bell(&signal->prng);
	signal->wander = rows[kind].wander * bell(&signal->prng);
}

/* As broken as it is. */
static double
spoil(struct vs_sim_signal *signal, const struct row *row, double value, double passed_s,
      int64_t now_ms)
{
	if ((signal->faults & VS_SIM_SENSOR_DRIFT) != 0) {
		signal->drift += DRIFT_PER_S * row->wander * passed_s;
		value += signal->drift;
	}
	if ((signal->faults & VS_SIM_SENSOR_SPIKES) != 0 &&
	    vs_sim_prng_unit(&signal->prng) < SPIKE_SHARE)
		value += vs_sim_prng_unit(&signal->prng) < 0.5 ? -SPIKE_SIZE * row->wander
		                                               : SPIKE_SIZE * row->wander;
	if ((signal->faults & VS_SIM_SENSOR_STUCK) != 0) {
		if (now_ms < signal->stuck_until_ms)
			return signal->shown;
		if (vs_sim_prng_unit(&signal->prng) < STUCK_SHARE)
			signal->stuck_until_ms = now_ms + STUCK_MS;
	}
	return value;
}

double
vs_sim_signal_read(struct vs_sim_signal *signal, int64_t now_ms)
{
	const struct row *row;
	double passed_s, kept, value;

	assert(signal != NULL);
	row = &rows[signal->kind];
	passed_s = signal->last_ms == 0 || now_ms <= signal->last_ms
	               ? 0
	               : (double)(now_ms - signal->last_ms) / 1000;
	signal->last_ms = now_ms;
	kept = exp(-passed_s / row->memory_s);
	signal->wander =
	    signal->wander * kept + row->wander * sqrt(1 - kept * kept) * bell(&signal->prng);
	value = signal->mean + signal->wander + row->noise * bell(&signal->prng) +
	        row->swing * sin(2 * PI * (double)now_ms / 1000 / row->period_s);
	value = spoil(signal, row, value, passed_s, now_ms);
	if (value < row->min)
		value = row->min;
	else if (value > row->max)
		value = row->max;
	signal->shown = value;
	return value;
}

size_t
vs_sim_signal_format(enum vs_sim_signal_kind kind, double value,
                     char text[static VS_SIM_SIGNAL_TEXT_SIZE])
{
	int size;

	assert(kind < VS_SIM_SIGNALS);
	size = snprintf(text, VS_SIM_SIGNAL_TEXT_SIZE, "%.*f", rows[kind].decimals, value);
	return size > 0 && size < VS_SIM_SIGNAL_TEXT_SIZE ? (size_t)size : 0;
}

const char *
vs_sim_signal_type(enum vs_sim_signal_kind kind)
{
	assert(kind < VS_SIM_SIGNALS);
	return rows[kind].type;
}

const char *
vs_sim_signal_unit(enum vs_sim_signal_kind kind)
{
	assert(kind < VS_SIM_SIGNALS);
	return rows[kind].unit;
}
