/* SPDX-License-Identifier: Apache-2.0 */
#include "core/access.h"

#include <string.h>

#include "../../test.h"

static void
names_of_tenants(void)
{
	static const char *const good[] = {"a", "acme", "acme-2",
	                                   "0", "a--b", "abcdefghijklmnopqrstuvwxyz012345"};
	static const char *const bad[] = {"",
	                                  "-acme",
	                                  "acme-",
	                                  "Acme",
	                                  "ac.me",
	                                  "ac_me",
	                                  "ac me",
	                                  "acmé",
	                                  "-",
	                                  "a/b",
	                                  "abcdefghijklmnopqrstuvwxyz0123456"};

	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		CHECK(vs_core_tenant_is_valid(vs_bytes_from_text(good[i])));
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		CHECK(!vs_core_tenant_is_valid(vs_bytes_from_text(bad[i])));
	CHECK(!vs_core_tenant_is_valid(vs_bytes_from("a\0b", 3)));
	CHECK(vs_core_tenant_is_valid(VS_BYTES_LITERAL(VS_CORE_TENANT_DEFAULT)));
}

static void
names_to_log_in_with(void)
{
	char text[VS_CORE_LOGIN_SIZE + 1];

	CHECK(vs_core_login_is_valid(VS_BYTES_LITERAL("ann")));
	CHECK(vs_core_login_is_valid(VS_BYTES_LITERAL("Ann.Other+x@acme-1.example")));
	CHECK(!vs_core_login_is_valid(VS_BYTES_LITERAL("")));
	CHECK(!vs_core_login_is_valid(VS_BYTES_LITERAL("ann other")));
	CHECK(!vs_core_login_is_valid(VS_BYTES_LITERAL("ann\n")));
	CHECK(!vs_core_login_is_valid(VS_BYTES_LITERAL("<ann>")));
	CHECK(!vs_core_login_is_valid(vs_bytes_from("ann\0", 4)));
	memset(text, 'a', sizeof(text));
	CHECK(vs_core_login_is_valid(vs_bytes_from(text, VS_CORE_LOGIN_SIZE - 1)));
	CHECK(!vs_core_login_is_valid(vs_bytes_from(text, VS_CORE_LOGIN_SIZE)));
}

/* No identity fits two tenants, but that the installation's own may have any. */
static void
identities_carry_their_tenant(void)
{
	CHECK(vs_core_identity_fits(VS_BYTES_LITERAL("CS-1"), "default"));
	CHECK(vs_core_identity_fits(VS_BYTES_LITERAL("acme.CS-1"), "acme"));
	CHECK(!vs_core_identity_fits(VS_BYTES_LITERAL("CS-1"), "acme"));
	CHECK(!vs_core_identity_fits(VS_BYTES_LITERAL("acme."), "acme"));
	CHECK(!vs_core_identity_fits(VS_BYTES_LITERAL("acme"), "acme"));
	CHECK(!vs_core_identity_fits(VS_BYTES_LITERAL("acme2.CS-1"), "acme"));
	CHECK(!vs_core_identity_fits(VS_BYTES_LITERAL("acme.CS-1"), "acme2"));
	CHECK(!vs_core_identity_fits(VS_BYTES_LITERAL("Acme.CS-1"), "acme"));
	CHECK(!vs_core_identity_fits(VS_BYTES_LITERAL(""), "acme"));
}

static void
states_have_words(void)
{
	CHECK(strcmp(vs_core_tenant_state_text(VS_CORE_TENANT_ACTIVE), "active") == 0);
	CHECK(strcmp(vs_core_tenant_state_text(VS_CORE_TENANT_ERASED), "erased") == 0);
	CHECK(strcmp(vs_core_tenant_state_text(VS_CORE_TENANT_STATES), "") == 0);
}

int
main(void)
{
	CASE(names_of_tenants);
	CASE(names_to_log_in_with);
	CASE(identities_carry_their_tenant);
	CASE(states_have_words);
	return 0;
}
