/* SPDX-License-Identifier: Apache-2.0 */
#include "core/held.h"

#include <assert.h>

static const char *const texts[VS_HELD_COUNT] = {
#define VS_HELD(name, number, what) [VS_HELD_##name] = #name,
#include "core/held.def"
#undef VS_HELD
};

const char *
vs_core_held_text(enum vs_core_held held)
{
	assert(held < VS_HELD_COUNT);
	return texts[held];
}
