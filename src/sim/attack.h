/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `voltseal-sim attack NAME|all`: what an insider or a stranger would try, against a running daemon
 * that is one's own. Each prints what it tried and what became of it; the exit status is 0 when
 * nothing got through. What the daemon logged and counted is to be seen there.
 */
#pragma once

#include "sim/options.h"

/* The exit status (sysexits.h); 1: something got through. */
int vs_sim_attack_run(const struct vs_sim_options *options);
void vs_sim_attack_list(FILE *stream);
