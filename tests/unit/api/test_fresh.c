/* SPDX-License-Identifier: Apache-2.0 */
/* Who may use the API, read anew from a store that has changed meanwhile. */
#include "world.h"

static void
begin(void)
{
	memset(&world, 0, sizeof(world));
	CHECK_OK(vs_loop_new(&world.loop));
	CHECK_OK(vs_core_registry_new(&world.registry));
	CHECK_OK(vs_secret_new(32, &world.pepper));
	world.user = (struct vs_core_user){.tenant = "acme", .id = "u:7", .is_enabled = true};
	(void)snprintf(world.user_secrets, sizeof(world.user_secrets), "{}");
	world.logins[0] = (struct vs_core_login){.tenant = "acme",
	                                         .user = "u:7",
	                                         .sha256 = {1},
	                                         .created_ms = vs_clock_wall_ms(),
	                                         .used_ms = vs_clock_wall_ms()};
	world.login_count = 1;
	world_api_new();
}

static bool
has_session(uint8_t hash)
{
	uint8_t sha256[VS_SHA256_SIZE] = {hash};

	return vs_api_session_touch(&world.api->auth.sessions, sha256, vs_clock_wall_ms()).code ==
	       VS_E_OK;
}

static void
take(enum vs_err expected)
{
	struct vs_api_fresh *fresh = NULL;

	CHECK_OK(vs_api_fresh_load(world.api, &fresh));
	CHECK(vs_api_fresh_take(world.api, fresh).code == expected);
	vs_api_fresh_free(&fresh);
	CHECK(fresh == NULL);
}

static void
what_went_is_gone_and_what_came_is_there(void)
{
	struct vs_api_access *access;
	struct vs_core_api_token token = {.tenant = "acme", .id = "t1"};

	begin();
	access = &world.api->auth.access;
	CHECK_OK(vs_api_access_put_token(access, &token)); /* the store has none */
	vs_api_access_user(access, "acme", "u:7")->totp_step = 55;
	CHECK(has_session(1));
	take(VS_E_OK);
	/* A code that was used stays used. */
	CHECK(vs_api_access_user(access, "acme", "u:7")->totp_step == 55 && has_session(1));
	CHECK(vs_api_access_token(access, "acme", "t1") == NULL);
	(void)snprintf(world.user.id, sizeof(world.user.id), "u:8");
	world.logins[0].sha256[0] = 2;
	take(VS_E_OK);
	CHECK(vs_api_access_user(access, "acme", "u:7") == NULL);
	CHECK(vs_api_access_user(access, "acme", "u:8") != NULL);
	CHECK(!has_session(1) && has_session(2));
	world_end();
}

/* What this node changes between the reading and the taking would be undone. */
static void
a_change_of_here_comes_between(void)
{
	struct vs_api_fresh *fresh = NULL;
	struct vs_core_record *record = NULL;
	struct vs_bytes none = {NULL, 0};

	begin();
	CHECK_OK(vs_api_fresh_load(world.api, &fresh));
	CHECK_OK(vs_core_record_new(VS_RECORD_login_remove, "acme", "", 0, none, none, &record));
	record->u.login_put.sha256[0] = 1;
	world.written = record;
	world_commit(VS_E_OK);
	CHECK(vs_api_fresh_take(world.api, fresh).code == VS_E_AGAIN);
	vs_api_fresh_free(&fresh);
	take(VS_E_OK);
	world_end();
}

int
main(void)
{
	CASE(what_went_is_gone_and_what_came_is_there);
	CASE(a_change_of_here_comes_between);
	return 0;
}
