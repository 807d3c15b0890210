/* SPDX-License-Identifier: Apache-2.0 */
#include "world.h"

#define HEX64 "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"

static struct vs_core_station
stored(const char *identity)
{
	struct vs_core_station station = {.created_ms = -1};

	if (vs_core_registry_find(world.registry, vs_bytes_from_text(identity), &station).code !=
	    VS_E_OK)
		station.created_ms = -1;
	return station;
}

static void
a_station_is_added(void)
{
	struct vs_conn *conn =
	    world_ask("POST /api/v1/stations", WORLD_BEARER, "{\"identity\":\"NEW-1\"}");
	const char *password;

	/* Nothing is said, and nobody gets in, before it is committed. */
	CHECK(conn->answer_count == 0 && stored("NEW-1").created_ms == -1);
	CHECK(world.written->origin == 3 && world.written->conn == conn->id);
	world_commit(VS_E_OK);
	CHECK(conn->status == 201 &&
	      world_has_header(conn, "Location: /api/v1/stations/NEW-1\r\n"));
	CHECK(world_has_header(conn, "no-store"));
	password = strstr(conn->body, "\"password\":\"");
	CHECK(password != NULL && strcspn(password + 12, "\"") == 24);
	CHECK(world_says(conn, "' > 'NEW-1.password') && voltseal-sim station --url "
	                       "'wss://127.0.0.1:9443/ocpp/' --id 'NEW-1' "));
	CHECK(world_says(conn, "--password-file 'NEW-1.password' --ca '/state/pki/ca.pem'"));
	CHECK(stored("NEW-1").is_enabled && stored("NEW-1").has_verifier);
	CHECK(
	    world_ask("POST /api/v1/stations", WORLD_BEARER, "{\"identity\":\"NEW-1\"}")->status ==
	    409);
	conn = world_ask("POST /api/v1/stations", WORLD_BEARER,
	                 "{\"identity\":\"M-1\",\"auth\":\"mtls\",\"fingerprint\":\"" HEX64 "\"}");
	world_commit(VS_E_OK);
	CHECK(conn->status == 201 && world_says(conn, "\"password\":null") &&
	      stored("M-1").has_fingerprint);
	CHECK(!stored("M-1").has_verifier && stored("M-1").auth == VS_CORE_AUTH_MTLS);
}

static void
what_cannot_be_added(void)
{
	static const char *const bad[] = {
	    "{}",
	    "{\"identity\":\"\"}",
	    "{\"identity\":\"a:b\"}",
	    "{\"identity\":\"a/b\"}",
	    "{\"identity\":\"1234567890123456789012345678901234567890123456789\"}",
	    "{\"identity\":\"x\",\"auth\":\"nobody\"}",
	    "{\"identity\":\"x\",\"password\":\"short\"}",
	    "{\"identity\":\"x\",\"password\":\"with a space in between\"}",
	    "{\"identity\":\"x\",\"auth\":\"mtls\",\"password\":\"0123456789abcdef\"}",
	    "{\"identity\":\"x\",\"password\":\"0123456789abcdef'\"}",
	    "{\"identity\":\"x\",\"fingerprint\":\"00\"}",
	    "{\"identity\":\"x\",\"fingerprint\":\"zz\"}",
	    "{\"identity\":\"x\",\"admin\":true}",
	    "[]",
	    "x",
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct vs_conn *conn = world_ask("POST /api/v1/stations", WORLD_BEARER, bad[i]);

		CHECK(conn->status >= 400 && conn->status < 500);
		CHECK(world.written == NULL && world_says(conn, "\"code\":\"VS-"));
	}
	world.is_writer_full = true;
	CHECK(world_ask("POST /api/v1/stations", WORLD_BEARER, "{\"identity\":\"x\"}")->status ==
	      503);
	world.is_writer_full = false;
	CHECK(stored("x").created_ms == -1);
}

static void
changes(void)
{
	struct vs_conn *conn;
	int before;

	world_register("CH-1", true);
	before = world.disconnect_count;
	conn = world_ask("PATCH /api/v1/stations/CH-1", WORLD_BEARER,
	                 "{\"registration\":\"Accepted\"}");
	world_commit(VS_E_OK);
	CHECK(conn->status == 200 && world.disconnect_count == before &&
	      !world_says(conn, "password\":\""));
	CHECK(stored("CH-1").registration == VS_CORE_REGISTRATION_ACCEPTED);
	conn = world_ask("PATCH /api/v1/stations/CH-1", WORLD_BEARER, "{\"enabled\":false}");
	CHECK(stored("CH-1").is_enabled && world.disconnect_count == before);
	world_commit(VS_E_OK);
	CHECK(conn->status == 200 && !stored("CH-1").is_enabled);
	CHECK(world.disconnect_count == before + 1 && strcmp(world.disconnected, "CH-1") == 0);
	conn = world_ask("PATCH /api/v1/stations/CH-1", WORLD_BEARER,
	                 "{\"fingerprint\":\"" HEX64 "\"}");
	world_commit(VS_E_OK);
	CHECK(world_says(conn, HEX64) && stored("CH-1").has_fingerprint);
	(void)world_ask("PATCH /api/v1/stations/CH-1", WORLD_BEARER, "{\"fingerprint\":null}");
	world_commit(VS_E_OK);
	CHECK(!stored("CH-1").has_fingerprint && stored("CH-1").fingerprint[1] == 0);
	CHECK(world_ask("PATCH /api/v1/stations/CH-1", WORLD_BEARER, "{\"registration\":\"None\"}")
	          ->status == 422);
	CHECK(
	    world_ask("PATCH /api/v1/stations/M-1", WORLD_BEARER, "{\"auth\":\"basic\"}")->status ==
	    422);
	CHECK(world_ask("PATCH /api/v1/stations/none", WORLD_BEARER, "{}")->status == 404);
	CHECK(world.written == NULL);
}

/* What is asked of a station beyond its credential. */
static void
policies(void)
{
	static const char *const bad[] = {"{\"versions\":\"3\"}",
	                                  "{\"e2e\":\"strict\"}",
	                                  "{\"sign\":\"on\"}",
	                                  "{\"replay\":\"nonce\"}",
	                                  "{\"quirks\":\"everything\"}",
	                                  "{\"profile_reached\":0}",
	                                  "{\"profile_lowered_until\":\"2100-01-01T00:00:00Z\"}",
	                                  "{\"expired_until\":\"2100-01-01T00:00:00Z\"}",
	                                  "{\"profile_lowered_until\":\"tomorrow\"}"};
	struct vs_core_station station;
	struct vs_conn *conn;
	int before;

	conn = world_ask("POST /api/v1/stations", WORLD_BEARER,
	                 "{\"identity\":\"POL-1\",\"versions\":\"2.0.1,2.1\",\"sign\":\"accept\"}");
	world_commit(VS_E_OK);
	CHECK(conn->status == 201 && world_says(conn, "\"versions\":\"2.0.1,2.1\""));
	station = stored("POL-1");
	CHECK(station.policy.sign == VS_CORE_SIGN_ACCEPT && station.policy.versions == 6);
	station.policy.profile_reached = 3;
	CHECK_OK(vs_core_registry_put(world.registry, &station));
	before = world.disconnect_count;
	conn = world_ask("PATCH /api/v1/stations/POL-1", WORLD_BEARER,
	                 "{\"e2e\":\"require\",\"quirks\":\"bad-date,no-pong\"}");
	/* It reached a profile while the change was on its way to the disk. */
	world.written->u.station_put.policy.profile_reached = 0;
	world_commit(VS_E_OK);
	station = stored("POL-1");
	CHECK(conn->status == 200 && world_says(conn, "\"e2e\":\"require\"") &&
	      world_says(conn, "\"quirks\":\"no-pong,bad-date\""));
	CHECK(station.policy.e2e == VS_CORE_E2E_REQUIRE && station.policy.profile_reached == 3 &&
	      station.policy.versions == 6);
	CHECK(world.disconnect_count == before + 1);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		CHECK(world_ask("PATCH /api/v1/stations/POL-1", WORLD_BEARER, bad[i])->status /
		          100 ==
		      4);
	CHECK(world.written == NULL);
	/* Lowering is no reason to hang up, its end is. */
	(void)world_ask("PATCH /api/v1/stations/POL-1", WORLD_BEARER,
	                "{\"profile_lowered_until\":\"1970-01-01T00:00:01Z\"}");
	world_commit(VS_E_OK);
	CHECK(stored("POL-1").policy.profile_lowered_until_ms == 1000);
	CHECK(world.disconnect_count == before + 1);
	(void)world_ask("PATCH /api/v1/stations/POL-1", WORLD_BEARER,
	                "{\"profile_lowered_until\":null}");
	world_commit(VS_E_OK);
	CHECK(stored("POL-1").policy.profile_lowered_until_ms == 0 &&
	      world.disconnect_count == before + 2);
}

/* It booted while the change was on its way to the disk: what it said of itself stays. */
static void
a_boot_between(void)
{
	world_register("BT-1", true);
	(void)world_ask("PATCH /api/v1/stations/BT-1", WORLD_BEARER, "{\"enabled\":true}");
	vs_core_registry_set_boot(world.registry, "BT-1", VS_CORE_REGISTRATION_ACCEPTED, "Vendor",
	                          "Model", "S", "1.0");
	world_commit(VS_E_OK);
	CHECK(strcmp(stored("BT-1").vendor, "Vendor") == 0);
	CHECK(stored("BT-1").registration == VS_CORE_REGISTRATION_ACCEPTED);
}

static void
a_new_password(void)
{
	struct vs_core_station old;
	struct vs_conn *conn;
	size_t before = world.hash_jobs;

	world_register("PW-1", true);
	old = stored("PW-1");
	conn = world_ask("POST /api/v1/stations/PW-1/password", WORLD_BEARER, "");
	world_commit(VS_E_OK);
	CHECK(conn->status == 200 && world_says(conn, "\"password\":\"") &&
	      strcmp(world.disconnected, "PW-1") == 0);
	CHECK(memcmp(old.verifier, stored("PW-1").verifier, sizeof(old.verifier)) != 0);
	conn = world_ask("POST /api/v1/stations/PW-1/password", WORLD_BEARER,
	                 "{\"password\":\"0123456789abcdef\"}");
	world_commit(VS_E_OK);
	CHECK(world_says(conn, "\"password\":\"0123456789abcdef\""));
	CHECK(world.hash_jobs == before + 2); /* in the pool for hashes, not in that for queries */
	CHECK(world_ask("POST /api/v1/stations/none/password", WORLD_BEARER, "")->status == 404);
}

/* What a machine made is an HMAC under the pepper, what a person chose is bcrypt. */
static void
classes_of_passwords(void)
{
	struct vs_conn *conn;

	CHECK(stored("NEW-1").verifier_kind == VS_CORE_VERIFIER_PEPPERED &&
	      stored("NEW-1").pepper_version == 3);
	CHECK(stored("PW-1").verifier_kind == VS_CORE_VERIFIER_BCRYPT);
	CHECK(strncmp((const char *)stored("PW-1").verifier, "$2b$10$", 7) == 0);
	conn = world_ask("POST /api/v1/stations/PW-1/password", WORLD_BEARER,
	                 "{\"password\":\"k3Tz0QvYb7LmW2xR9sHd4NfA\"}");
	world_commit(VS_E_OK);
	CHECK(conn->status == 200 && stored("PW-1").verifier_kind == VS_CORE_VERIFIER_PEPPERED);
	/* Binary: not shown again, and never through bcrypt, which would cut it. */
	conn = world_ask("POST /api/v1/stations/PW-1/password", WORLD_BEARER,
	                 "{\"password_hex\":\"00ff3a4b5c6d7e8f90a1b2c3d4e5f60718293a00\"}");
	world_commit(VS_E_OK);
	CHECK(conn->status == 200 && stored("PW-1").verifier_kind == VS_CORE_VERIFIER_PEPPERED);
	CHECK(world_says(conn, "\"password\":null"));
	CHECK(world_ask("POST /api/v1/stations/PW-1/password", WORLD_BEARER,
	                "{\"password_hex\":\"00ff\"}")
	          ->status == 422);
	CHECK(world_ask("POST /api/v1/stations/PW-1/password", WORLD_BEARER,
	                "{\"password_hex\":\"00ff3a4b5c6d7e8f90a1b2c3d4e5f607\","
	                "\"password\":\"0123456789abcdef\"}")
	          ->status == 422);
}

static void
nobody_has_the_pepper(void)
{
	struct vs_conn *conn;

	world.is_pepper_gone = true;
	conn = world_ask("POST /api/v1/stations", WORLD_BEARER, "{\"identity\":\"P-1\"}");
	CHECK(conn->status >= 400 && world.written == NULL && !world_says(conn, "password\":\""));
	world.is_pepper_gone = false;
	world.is_pool_full = true;
	CHECK(world_ask("POST /api/v1/stations", WORLD_BEARER, "{\"identity\":\"P-1\"}")->status ==
	      503);
	world.is_pool_full = false;
	CHECK(stored("P-1").created_ms == -1);
}

/* The entry changes while the verifier is made: only the verifier is new. */
static void
a_change_overtakes_a_password(void)
{
	struct vs_core_station station;

	world_register("OV-1", true);
	world.is_pool_slow = true;
	(void)world_ask("POST /api/v1/stations/OV-1/password", WORLD_BEARER, "");
	(void)world_ask("PATCH /api/v1/stations/OV-1", WORLD_BEARER, "{\"enabled\":false}");
	world_commit(VS_E_OK);
	world.is_pool_slow = false;
	world_run_jobs();
	world_commit(VS_E_OK);
	station = stored("OV-1");
	CHECK(!station.is_enabled && station.pepper_version == 3);
}

static void
a_station_is_removed(void)
{
	struct vs_conn *conn = world_ask("DELETE /api/v1/stations/PW-1", WORLD_BEARER, "");

	CHECK(stored("PW-1").created_ms == 0);
	world_commit(VS_E_OK);
	CHECK(conn->status == 204 && conn->body_size == 0 && stored("PW-1").created_ms == -1);
	CHECK(strcmp(world.disconnected, "PW-1") == 0);
	CHECK(world_ask("DELETE /api/v1/stations/PW-1", WORLD_BEARER, "")->status == 404);
}

int
main(void)
{
	world_begin();
	CASE(a_station_is_added);
	CASE(what_cannot_be_added);
	CASE(changes);
	CASE(policies);
	CASE(a_boot_between);
	CASE(a_new_password);
	CASE(classes_of_passwords);
	CASE(nobody_has_the_pepper);
	CASE(a_change_overtakes_a_password);
	CASE(a_station_is_removed);
	world_end();
	return 0;
}
