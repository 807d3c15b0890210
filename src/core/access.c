/* SPDX-License-Identifier: Apache-2.0 */
#include "core/access.h"

#include <string.h>

const char *
vs_core_tenant_state_text(enum vs_core_tenant_state state)
{
	static const char *const texts[] = {"active", "disabled", "erased"};

	return (unsigned)state < VS_CORE_TENANT_STATES ? texts[state] : "";
}

static bool
is_lower_or_digit(uint8_t c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

bool
vs_core_tenant_is_valid(struct vs_bytes name)
{
	if (name.size == 0 || name.size >= VS_CORE_TENANT_SIZE)
		return false;
	for (size_t i = 0; i < name.size; i++) {
		bool is_edge = i == 0 || i == name.size - 1;

		if (!is_lower_or_digit(name.data[i]) && (is_edge || name.data[i] != '-'))
			return false;
	}
	return true;
}

bool
vs_core_login_is_valid(struct vs_bytes login)
{
	if (login.size == 0 || login.size >= VS_CORE_LOGIN_SIZE)
		return false;
	for (size_t i = 0; i < login.size; i++) {
		uint8_t c = login.data[i];

		if (!is_lower_or_digit(c) && !(c >= 'A' && c <= 'Z') &&
		    (c == '\0' || strchr("._@+-", c) == NULL))
			return false;
	}
	return true;
}

bool
vs_core_identity_fits(struct vs_bytes identity, const char *tenant)
{
	size_t size = strlen(tenant);

	if (strcmp(tenant, VS_CORE_TENANT_DEFAULT) == 0)
		return true;
	return identity.size > size + 1 && identity.data[size] == '.' &&
	       vs_bytes_equal_text(vs_bytes_from(identity.data, size), tenant);
}
