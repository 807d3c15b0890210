/* SPDX-License-Identifier: Apache-2.0 */
/* Which version of OCPP a simulated station speaks, and under which name it asks for it. */
#pragma once

#include "sim/worker.h"

/* Of the station with this number of the fleet. */
enum vs_ocpp_version vs_sim_version_of(const struct vs_sim_plan *plan, uint32_t number);
const char *vs_sim_subprotocol(enum vs_ocpp_version version, bool is_sealed);
