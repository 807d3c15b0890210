/* SPDX-License-Identifier: Apache-2.0 */
/* The kinds of things that a station holds and we remember: rows of held.def. */
#pragma once

#include "base/bytes.h"

enum vs_core_held {
#define VS_HELD(name, number, what) VS_HELD_##name,
#include "core/held.def"
#undef VS_HELD
	VS_HELD_COUNT
};

const char *vs_core_held_text(enum vs_core_held held);
