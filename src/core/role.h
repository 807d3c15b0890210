/* SPDX-License-Identifier: Apache-2.0 */
/* Roles of operators (roles.def): what each may, and how it is spelled. Values; any thread. */
#pragma once

#include <stdbool.h>

#include "base/bytes.h"

/* ANYONE: nobody who has shown who they are. It covers nothing but itself. */
enum vs_core_role {
	VS_ROLE_ANYONE,
#define VS_ROLE(name, word, views, operates, audits, administers, help) VS_ROLE_##name,
#include "core/roles.def"
#undef VS_ROLE
	VS_ROLE_COUNT /* must be last */
};

/* May who has this role do what needs that one? False for a value that is no role. */
bool vs_core_role_covers(enum vs_core_role has, enum vs_core_role needs);
const char *vs_core_role_text(enum vs_core_role role); /* "viewer"; "" for ANYONE */
/* BAD_VALUE: no such role; "" is none. */
VS_RESULT vs_core_role_parse(struct vs_bytes text, enum vs_core_role *role_out);
