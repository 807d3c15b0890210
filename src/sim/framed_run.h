/* SPDX-License-Identifier: Apache-2.0 */
/* The programs of the framed network: `voltseal-sim monitor`, `engine`, `charge` (both in one) and
 * `driver`. Each shows on standard output what happens: a panel on a terminal, else one line for
 * each event. */
#pragma once

#include "sim/options.h"

/* Engine and monitor on one sealed connection. Returns the exit status (sysexits.h). */
int vs_sim_framed_charge(const struct vs_sim_options *options);
int vs_sim_framed_monitor(const struct vs_sim_options *options);
int vs_sim_framed_supply(const struct vs_sim_options *options); /* the engine */
/* One charge at --point, or those of --list; ends with the last ticket. 1: one was denied. */
int vs_sim_framed_driver(const struct vs_sim_options *options);
