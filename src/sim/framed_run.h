/* SPDX-License-Identifier: Apache-2.0 */
/* `voltseal-sim charge` and `voltseal-sim driver`: a charge point and a driver of the framed
 * network. Each says on standard output what happens, one line for each event. */
#pragma once

#include "sim/options.h"

/* Engine and monitor on one sealed connection. Returns the exit status (sysexits.h). */
int vs_sim_framed_charge(const struct vs_sim_options *options);
/* One charge at --point, or those of --list; ends with the last ticket. 1: one was denied. */
int vs_sim_framed_driver(const struct vs_sim_options *options);
