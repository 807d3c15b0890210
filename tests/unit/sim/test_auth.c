/* SPDX-License-Identifier: Apache-2.0 */
#include "sim/auth.h"

#include "test.h"

/* C13, D01: the list goes before the cache, also when it refuses. */
static void
test_list_before_cache(void)
{
	struct vs_sim_auth auth;

	vs_sim_auth_init(&auth);
	CHECK(vs_sim_auth_ask(&auth, "A", true, true) == VS_SIM_UNKNOWN);
	vs_sim_auth_remember(&auth, "A", true);
	CHECK(vs_sim_auth_ask(&auth, "A", true, true) == VS_SIM_WELCOME);
	CHECK(vs_sim_auth_ask(&auth, "A", true, false) == VS_SIM_UNKNOWN);
	CHECK_OK(vs_sim_auth_list_put(&auth, "A", false));
	CHECK(vs_sim_auth_ask(&auth, "A", true, true) == VS_SIM_REFUSED);
	CHECK(vs_sim_auth_ask(&auth, "A", false, true) == VS_SIM_WELCOME);
	CHECK_OK(vs_sim_auth_list_put(&auth, "A", true)); /* replaced, not doubled */
	CHECK(auth.list_count == 1);
	vs_sim_auth_list_remove(&auth, "A");
	vs_sim_auth_list_remove(&auth, "A");
	CHECK(auth.list_count == 0);
	vs_sim_auth_clear_cache(&auth);
	CHECK(vs_sim_auth_ask(&auth, "A", true, true) == VS_SIM_UNKNOWN);
	vs_sim_auth_done(&auth);
	vs_sim_auth_done(NULL);
}

static void
test_limits(void)
{
	struct vs_sim_auth auth;
	char token[16];

	vs_sim_auth_init(&auth);
	for (int i = 0; i < VS_LIMIT_SIM_LIST; i++) {
		(void)snprintf(token, sizeof(token), "T%d", i);
		CHECK_OK(vs_sim_auth_list_put(&auth, token, true));
	}
	CHECK_ERR(vs_sim_auth_list_put(&auth, "more", true), TOO_LONG);
	vs_sim_auth_list_clear(&auth);
	for (int i = 0; i <= VS_SIM_CACHE_SIZE; i++) {
		(void)snprintf(token, sizeof(token), "C%d", i);
		vs_sim_auth_remember(&auth, token, true);
	}
	CHECK(vs_sim_auth_ask(&auth, "C0", true, true) == VS_SIM_UNKNOWN); /* the oldest went */
	CHECK(vs_sim_auth_ask(&auth, "C8", true, true) == VS_SIM_WELCOME);
	vs_sim_auth_remember(&auth, "C8", false);
	CHECK(vs_sim_auth_ask(&auth, "C8", true, true) == VS_SIM_UNKNOWN);
	vs_sim_auth_done(&auth);
}

int
main(void)
{
	CASE(test_list_before_cache);
	CASE(test_limits);
	return 0;
}
