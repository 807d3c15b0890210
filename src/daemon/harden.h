/* SPDX-License-Identifier: Apache-2.0 */
/* What the process gives up at start, and what it asks for. */
#pragma once

#include <stdbool.h>

#include "base/result.h"

/* No core dumps, no debugger of the same user (unless allowed), umask 0077, as many descriptors as
 * allowed. */
VS_RESULT vs_daemon_harden(bool is_core_allowed);
