/* SPDX-License-Identifier: Apache-2.0 */
/* Mode A1 at the door; tests/interop/test_framed.py has mode A2. */
#include "world.h"

static struct peer monitor, engine;
static char key[VS_FRAMED_KEY_TEXT_SIZE];

static void
begin(void)
{
	world_begin();
	peer_monitor(&monitor, "CP-1", key);
	peer_engine(&engine, "CP-1", key);
	UNTIL(world_state("CP-1") == VS_FRAMED_ACTIVATED);
}

static void
end(void)
{
	peer_close(&monitor);
	peer_close(&engine);
	world_end();
}

static void
denied(const char *text)
{
	struct peer peer;

	peer_connect(&peer);
	peer_say(&peer, text);
	peer_expect(&peer, "DENY#CP-1#AUTHENTICATION_FAILED#INVALID_CREDENTIALS");
	peer_expect_closed(&peer);
	peer_close(&peer);
}

static void
test_who_is_not_let_in(void)
{
	struct vs_core_station station, better;
	struct peer peer;

	world_begin();
	denied("AUTHENTICATE#CP-1#CP-1#wrong");
	denied("AUTHENTICATE#CP-1#CP-2#" WORLD_PASSWORD); /* the user name is its own */
	CHECK_OK(vs_core_registry_find(world.registry, VS_BYTES_LITERAL("CP-1"), &station));
	for (int i = 0; i < 4; i++) { /* the right password, and it is not enough */
		better = station;
		better.is_enabled = i != 0;
		better.auth = i == 1 ? VS_CORE_AUTH_MTLS_BASIC : VS_CORE_AUTH_BASIC;
		better.policy.e2e = i == 2 ? VS_CORE_E2E_REQUIRE : VS_CORE_E2E_OFF;
		better.policy.profile_reached = i == 3 ? 3 : 0;
		CHECK_OK(vs_core_registry_put(world.registry, &better));
		denied("AUTHENTICATE#CP-1#CP-1#" WORLD_PASSWORD);
	}
	CHECK(world_point("CP-1") == NULL);
	for (const char *const *text =
	         (const char *const[]){"HEARTBEAT#CP-1#ACTIVATED", "nonsense", "TICKET#CP-1#1#1",
	                               "ACKNOWLEDGE#CP-1#OK", NULL};
	     *text != NULL; text++) {
		peer_connect(&peer);
		peer_say(&peer, *text);
		peer_expect_closed(&peer); /* without a word */
		peer_close(&peer);
	}
	peer_connect(&peer);
	peer_say(&peer, "REGISTER#CP#CP-1#1#1#1"); /* before its monitor authenticated */
	peer_expect(&peer, "REAUTH#CP-1");
	peer_expect_closed(&peer);
	peer_close(&peer);
	peer_connect(&peer);
	peer_say(&peer, "REGISTER#DRIVER#D-BAD");
	peer_expect(&peer, "DENY#D-BAD#AUTHENTICATION_FAILED#INVALID_CREDENTIALS");
	peer_expect_closed(&peer);
	peer_close(&peer);
	world_end();
}

/* Whoever knows only the name ends its own connection and nothing else. */
static void
test_a_stranger_disturbs_nobody(void)
{
	char other[VS_FRAMED_KEY_TEXT_SIZE];
	struct peer stranger;

	begin();
	vs_framed_key_new(other);
	for (int round = 0; round < 5; round++) {
		peer_connect(&stranger);
		peer_say(&stranger, "REGISTER#CP#CP-1#0#0#0.01");
		UNTIL(peer_hears(&stranger)); /* sealed: it cannot read it */
		CHECK_OK(vs_framed_tokens_new(vs_bytes_from_text(other), &stranger.tokens));
		for (int i = 0; i < VS_LIMIT_FRAMED_FAULTS; i++) {
			peer_say(&stranger, "FAULT#CP-1");
			peer_expect_control(&stranger, VS_FRAME_NAK);
		}
		peer_expect(&stranger, "REAUTH#CP-1");
		peer_expect_closed(&stranger);
		peer_close(&stranger);
	}
	CHECK(world_state("CP-1") == VS_FRAMED_ACTIVATED && !world_point("CP-1")->is_mismatched);
	end();
}

/* One that has the key and sends nonsense, again and again, needs an operator. */
static void
test_mismatch(void)
{
	begin();
	for (int round = 0; round < VS_LIMIT_FRAMED_REAUTHS; round++) {
		if (round > 0)
			peer_engine(&engine, "CP-1", key);
		for (int i = 0; i < VS_LIMIT_FRAMED_FAULTS; i++) {
			peer_put(&engine, VS_BYTES_LITERAL("FAULT#CP-1"));
			peer_expect_control(&engine, VS_FRAME_NAK);
		}
		peer_expect(&engine, "REAUTH#CP-1");
		peer_expect_closed(&engine);
		peer_close(&engine);
	}
	CHECK(world_point("CP-1")->is_mismatched && world_point("CP-1")->tokens == NULL);
	peer_expect(&monitor, "KEY_INVALID#CP-1#REVOKED");
	peer_close(&monitor);
	denied("AUTHENTICATE#CP-1#CP-1#" WORLD_PASSWORD);
	CHECK_OK(vs_charge_command(world.charge, "default", "CP-1", "c-1", "RESUME_COMMAND",
	                           VS_BYTES_LITERAL("{}")));
	UNTIL(!world_point("CP-1")->is_mismatched);
	peer_monitor(&monitor, "CP-1", key);
	peer_close(&monitor);
	world_end();
}

static void
test_the_same_key_while_its_session_lives(void)
{
	char again[VS_FRAMED_KEY_TEXT_SIZE], other[VS_FRAMED_KEY_TEXT_SIZE];
	struct peer second, third;

	begin();
	peer_monitor(&second, "CP-1", again);
	CHECK(strcmp(key, again) == 0);
	peer_expect_closed(&monitor); /* displaced */
	CHECK(world_state("CP-1") == VS_FRAMED_ACTIVATED);
	peer_monitor(&third, "CP-2", other);
	CHECK(strcmp(key, other) != 0);
	peer_close(&second);
	peer_close(&third);
	end();
}

int
main(void)
{
	CASE(test_who_is_not_let_in);
	CASE(test_a_stranger_disturbs_nobody);
	CASE(test_mismatch);
	CASE(test_the_same_key_while_its_session_lives);
	return 0;
}
