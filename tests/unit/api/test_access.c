/* SPDX-License-Identifier: Apache-2.0 */
#include "world.h"

static void
tenants_and_what_is_theirs(void)
{
	struct vs_core_tenant acme = {.tenant = "acme"}, own = {.tenant = "default"};
	struct vs_core_user user = {.tenant = "acme",
	                            .id = "u:1",
	                            .login = "ann",
	                            .role = VS_ROLE_ADMINISTRATOR,
	                            .is_enabled = true};
	struct vs_core_api_token token = {.tenant = "acme", .id = "t1"};
	struct vs_api_access access;

	CHECK_OK(vs_api_access_init(&access));
	CHECK(!vs_api_access_is_active(&access, "acme"));
	CHECK_OK(vs_api_access_put_tenant(&access, &acme));
	CHECK_OK(vs_api_access_put_tenant(&access, &own));
	CHECK_OK(vs_api_access_put_user(&access, &user));
	CHECK_OK(vs_api_access_put_token(&access, &token));
	CHECK(vs_api_access_is_active(&access, "acme"));
	/* Another tenant's are none; a name is not kept here. */
	CHECK(vs_api_access_user(&access, "default", "u:1") == NULL);
	CHECK(vs_api_access_token(&access, "default", "t1") == NULL);
	CHECK(vs_api_access_user(&access, "acme", "u:1")->user.login[0] == '\0');
	CHECK(vs_api_access_count(&access, "acme", VS_ROLE_ADMINISTRATOR, "") == 1);
	CHECK(vs_api_access_count(&access, "acme", VS_ROLE_ADMINISTRATOR, "u:1") == 0);
	CHECK(vs_api_access_count(&access, "default", VS_ROLE_ADMINISTRATOR, "") == 0);
	/* What a code has used up stays used when the user changes. */
	vs_api_access_user(&access, "acme", "u:1")->totp_step = 55;
	user.role = VS_ROLE_VIEWER;
	CHECK_OK(vs_api_access_put_user(&access, &user));
	CHECK(vs_api_access_user(&access, "acme", "u:1")->totp_step == 55);
	CHECK(vs_api_access_count(&access, "acme", VS_ROLE_ADMINISTRATOR, "") == 0);
	/* Erased with all that was its. */
	acme.state = VS_CORE_TENANT_ERASED;
	CHECK_OK(vs_api_access_put_tenant(&access, &acme));
	CHECK(!vs_api_access_is_active(&access, "acme"));
	CHECK(vs_api_access_user(&access, NULL, "u:1") == NULL);
	CHECK(vs_api_access_token(&access, NULL, "t1") == NULL);
	vs_api_access_done(&access);
}

static void
identities(void)
{
	const struct vs_core_tenant acme = {.tenant = "acme"};
	struct vs_api_access access;

	CHECK_OK(vs_api_access_init(&access));
	CHECK_OK(vs_api_access_put_tenant(&access, &acme));
	CHECK(vs_api_identity_fault(&access, "acme", "acme.CS-1") == NULL);
	CHECK(vs_api_identity_fault(&access, "acme", "CS-1") != NULL);
	CHECK(vs_api_identity_fault(&access, "default", "CS-1") == NULL);
	CHECK(vs_api_identity_fault(&access, "default", "other.CS-1") == NULL);
	CHECK(vs_api_identity_fault(&access, "default", "acme.CS-1") != NULL);
	CHECK(vs_api_identity_fault(&access, "default", "acme") == NULL);
	/* One and the same whether the other tenant has it or not. */
	CHECK(vs_api_identity_fault(&access, "zeta", "acme.CS-1") ==
	      vs_api_identity_fault(&access, "zeta", "none.CS-1"));
	vs_api_access_done(&access);
}

/* What the store has is there at once: world.h has two tenants, and here a user and a session. */
static void
loaded_at_start(void)
{
	memset(&world, 0, sizeof(world));
	CHECK_OK(vs_loop_new(&world.loop));
	CHECK_OK(vs_core_registry_new(&world.registry));
	CHECK_OK(vs_secret_new(32, &world.pepper));
	world.user = (struct vs_core_user){.tenant = "acme", .id = "u:7", .is_enabled = true};
	(void)snprintf(world.user_secrets, sizeof(world.user_secrets), "{}");
	world.logins[0] = (struct vs_core_login){.tenant = "acme",
	                                         .user = "u:7",
	                                         .created_ms = vs_clock_wall_ms(),
	                                         .used_ms = vs_clock_wall_ms()};
	world.login_count = 1;
	world_api_new();
	CHECK(vs_api_access_is_active(&world.api->auth.access, "default"));
	CHECK(vs_api_access_user(&world.api->auth.access, "acme", "u:7") != NULL);
	CHECK(strcmp(world.api->auth.sessions.items[0].login.user, "u:7") == 0);
	world_end();
}

int
main(void)
{
	CASE(tenants_and_what_is_theirs);
	CASE(identities);
	CASE(loaded_at_start);
	return 0;
}
