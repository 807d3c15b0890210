/* SPDX-License-Identifier: Apache-2.0 */
/* Is a port free? Asked without SO_REUSEPORT, which would say yes while another daemon listens. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/result.h"

bool vs_daemon_port_is_free(const char *address, uint16_t port); /* port 0 always is */
/* EXISTS and a sentence for a person, which names the option that chooses another port. */
VS_RESULT vs_daemon_port_check(const char *address, uint16_t port, const char *option, char *reason,
                               size_t reason_size);
