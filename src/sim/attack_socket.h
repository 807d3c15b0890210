/* SPDX-License-Identifier: Apache-2.0 */
/* A bare TCP connection that is only held: for the attack that says nothing. */
#pragma once

#include <stdint.h>

#include "base/result.h"

/* Connect and say nothing, until the other side closes or `most_ms` are over. CLOSED: no
 * connection. */
VS_RESULT vs_sim_attack_hold(const char *address, uint16_t port, uint64_t most_ms,
                             uint64_t *lasted_ms_out);
