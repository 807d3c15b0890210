/* SPDX-License-Identifier: Apache-2.0 */
/* "90m", "24h", "7d": how long, as people write it. */
#pragma once

#include <stdint.h>

#include "base/result.h"

/* A number and one of s, m, h, d; or 0 alone. BAD_VALUE, and OUT_OF_RANGE beyond 100 days. */
VS_RESULT vs_cli_duration_parse(const char *text, int64_t *ms_out);
