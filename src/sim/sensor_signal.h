/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What one sensor shows: the mean of its device, the swing of the day, something that wanders
 * slowly (an Ornstein-Uhlenbeck process), and the noise of the sensor itself; and how a broken one
 * shows it. Pure: the time is given, chance comes from a seed.
 */
#pragma once

#include "base/bytes.h"
#include "sim/prng.h"

enum vs_sim_signal_kind {
#define VS_SIM_SIGNAL(name, type, unit, mean, spread, swing, period, wander, memory, noise,        \
                      decimals, min, max)                                                          \
	VS_SIM_SIGNAL_##name,
#include "sim/sensor_signals.def"
#undef VS_SIM_SIGNAL
	VS_SIM_SIGNALS /* must be last */
};

/* Several at a time. */
enum vs_sim_fault {
	VS_SIM_SENSOR_NOTHING = 0,
	VS_SIM_SENSOR_DRIFT = 1,
	VS_SIM_SENSOR_STUCK = 2,
	VS_SIM_SENSOR_SPIKES = 4,
	VS_SIM_SENSOR_ALL = 7
};

struct vs_sim_signal {
	enum vs_sim_signal_kind kind;
	unsigned faults; /* enum vs_sim_fault */
	struct vs_sim_prng prng;
	double mean, wander, drift, shown;
	int64_t last_ms, stuck_until_ms; /* 0: not yet */
};

#define VS_SIM_SIGNAL_TEXT_SIZE 32

void vs_sim_signal_init(struct vs_sim_signal *signal, enum vs_sim_signal_kind kind, unsigned faults,
                        uint64_t seed);
/* What it shows now; the time never goes back. */
double vs_sim_signal_read(struct vs_sim_signal *signal, int64_t now_ms);
/* As JSON, with the decimals that the sensor has. The size of the text. */
size_t vs_sim_signal_format(enum vs_sim_signal_kind kind, double value,
                            char text[static VS_SIM_SIGNAL_TEXT_SIZE]);
const char *vs_sim_signal_type(enum vs_sim_signal_kind kind);
const char *vs_sim_signal_unit(enum vs_sim_signal_kind kind);
