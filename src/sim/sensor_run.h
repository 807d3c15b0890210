/* SPDX-License-Identifier: Apache-2.0 */
/* `voltseal-sim sensor`: sensor devices in one process and one thread, or the attacks of one. */
#pragma once

#include "sim/options.h"

/* The exit status (sysexits.h); 75: something is not answered or was given up. */
int vs_sim_sensor_run(const struct vs_sim_options *options);
