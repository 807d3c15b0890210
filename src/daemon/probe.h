/* SPDX-License-Identifier: Apache-2.0 */
/* Is a port free? Asked without SO_REUSEPORT, which would say yes while another daemon listens. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

bool vs_daemon_port_is_free(const char *address, uint16_t port); /* port 0 always is */
