/* SPDX-License-Identifier: Apache-2.0 */
/* Every limit, by name; limits.def says what happens at each. */
#pragma once

enum {
#define VS_LIMIT(name, value, unit, effect) VS_LIMIT_##name = (value),
#include "base/limits.def"
#undef VS_LIMIT
};
