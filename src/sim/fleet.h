/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Many stations, or one: workers in threads, a line of progress, signals, a closing line.
 * For programs only: it prints, it blocks signals, it runs until it is told to stop.
 */
#pragma once

#include "sim/options.h"

/* Runs `station` or `fleet`. The exit status of the program (sysexits.h). */
int vs_sim_fleet_run(const struct vs_sim_options *options);
