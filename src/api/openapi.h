/* SPDX-License-Identifier: Apache-2.0 */
/* doc/openapi.json as it is served; made from the tables by scripts/openapi.py. */
#pragma once

#include <stddef.h>
#include <stdint.h>

extern const uint8_t vs_api_openapi[];
extern const size_t vs_api_openapi_size;
