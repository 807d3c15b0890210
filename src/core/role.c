/* SPDX-License-Identifier: Apache-2.0 */
#include "core/role.h"

#include <string.h>

static const struct {
	const char *word;
	bool passes[VS_ROLE_COUNT]; /* by what is needed */
} rows[VS_ROLE_COUNT] = {
    [VS_ROLE_ANYONE] = {"", {[VS_ROLE_ANYONE] = true}},
#define VS_ROLE(name, word, views, operates, audits, administers, help)                            \
	[VS_ROLE_##name] = {word,                                                                  \
	                    {[VS_ROLE_ANYONE] = true,                                              \
	                     [VS_ROLE_VIEWER] = (views),                                           \
	                     [VS_ROLE_OPERATOR] = (operates),                                      \
	                     [VS_ROLE_AUDITOR] = (audits),                                         \
	                     [VS_ROLE_ADMINISTRATOR] = (administers)}},
#include "core/roles.def"
#undef VS_ROLE
};

bool
vs_core_role_covers(enum vs_core_role has, enum vs_core_role needs)
{
	if ((unsigned)has >= VS_ROLE_COUNT || (unsigned)needs >= VS_ROLE_COUNT)
		return false;
	return rows[has].passes[needs];
}

const char *
vs_core_role_text(enum vs_core_role role)
{
	return (unsigned)role < VS_ROLE_COUNT ? rows[role].word : "";
}

vs_result
vs_core_role_parse(struct vs_bytes text, enum vs_core_role *role_out)
{
	for (unsigned role = VS_ROLE_ANYONE + 1; role < VS_ROLE_COUNT; role++) {
		if (!vs_bytes_equal_text(text, rows[role].word))
			continue;
		*role_out = (enum vs_core_role)role;
		return VS_OK;
	}
	return VS_FAIL(BAD_VALUE);
}
