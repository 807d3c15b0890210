/* SPDX-License-Identifier: Apache-2.0 */
#include "world.h"

#define RESET "{\"action\":\"Reset\",\"payload\":{\"type\":\"Immediate\"}"

static void
accepted_when_it_is_on_disk(void)
{
	struct vs_conn *conn =
	    world_ask("POST /api/v1/stations/CS-1/commands", WORLD_BEARER, RESET "}");
	char location[128];

	CHECK(conn->answer_count == 0 && world.api->waiter_count == 1);
	world_command_is(world.command_id, VS_CORE_COMMAND_QUEUED);
	CHECK(conn->answer_count == 1 && world.api->waiter_count == 0);
	CHECK(conn->status == 202 && strcmp(world.command_action, "Reset") == 0);
	CHECK(strcmp(world.command_payload, "{\"type\":\"Immediate\"}") == 0);
	(void)snprintf(location, sizeof(location), "Location: /api/v1/commands/%s\r\n",
	               world.command_id);
	CHECK(world_has_header(conn, location) && world_says(conn, "\"final\":false"));
	CHECK(world_says(conn, "\"request\":{\"type\":\"Immediate\"}"));
	(void)world_ask("POST /api/v1/stations/CS-1/commands", WORLD_BEARER,
	                "{\"action\":\"ClearCache\"}");
	CHECK(strcmp(world.command_payload, "{}") == 0);
	world_command_is(world.command_id, VS_CORE_COMMAND_FAILED); /* as good */
	CHECK(world.api->waiter_count == 0);
}

/* Events may be lost: then the store is asked. */
static void
nobody_told_that_it_is_on_disk(void)
{
	struct vs_conn *conn =
	    world_ask("POST /api/v1/stations/CS-1/commands", WORLD_BEARER, RESET "}");

	world.is_command_stored = false;
	vs_api_waiters_tick(world.api);
	world_run_jobs();
	CHECK(conn->answer_count == 0 && world.api->waiter_count == 1);
	world.is_command_stored = true;
	world.command_state = VS_CORE_COMMAND_ANSWERED;
	vs_api_waiters_tick(world.api);
	world_run_jobs();
	CHECK(conn->status == 202 && world.api->waiter_count == 0);
	/* Whoever went away is forgotten. */
	conn = world_ask("POST /api/v1/stations/CS-1/commands", WORLD_BEARER, RESET "}");
	conn->is_closed = true;
	world_command_is(world.command_id, VS_CORE_COMMAND_QUEUED);
	CHECK(conn->answer_count == 0 && world.api->waiter_count == 0);
	world.is_command_stored = false;
	world.command_state = VS_CORE_COMMAND_QUEUED;
}

static void
what_is_refused(void)
{
	const char *line = "POST /api/v1/stations/CS-1/commands";
	struct vs_conn *conn;

	CHECK(world_ask("POST /api/v1/stations/none/commands", WORLD_BEARER, RESET "}")->status ==
	      404);
	CHECK(world_ask(line, WORLD_BEARER, "{}")->status == 400);
	CHECK(world_ask(line, WORLD_BEARER, RESET ",\"wait_s\":61}")->status == 400);
	CHECK(world_ask(line, WORLD_BEARER, RESET ",\"timeout_s\":0}")->status == 400);
	CHECK(world_ask(line, WORLD_BEARER, "{\"action\":\"Reset\",\"payload\":[]}")->status ==
	      400);
	world.command_error = VS_E_MISSING;
	conn = world_ask(line, WORLD_BEARER, RESET "}");
	CHECK(conn->status == 400 && world_says(conn, "payload.type: it is missing"));
	world.command_error = VS_E_NOT_CONNECTED;
	CHECK(world_ask(line, WORLD_BEARER, RESET ",\"wait_s\":5}")->status == 409);
	world.command_error = VS_E_OK;
}

static void
waiting_for_the_end(void)
{
	struct vs_conn *conn =
	    world_ask("POST /api/v1/stations/CS-1/commands", WORLD_BEARER, RESET ",\"wait_s\":5}");

	CHECK(conn->answer_count == 0);
	world_command_is(world.command_id, VS_CORE_COMMAND_SENT);
	world_run_jobs();
	CHECK(conn->answer_count == 0);
	/* The event is faster than the commit: it is asked again until the store has it. */
	world_command_is(world.command_id, VS_CORE_COMMAND_ANSWERED);
	world_run_jobs();
	CHECK(conn->answer_count == 0);
	world.is_command_stored = true;
	world.command_state = VS_CORE_COMMAND_ANSWERED;
	vs_api_waiters_tick(world.api);
	world_run_jobs();
	CHECK(conn->status == 200 && world_says(conn, "\"result\":{\"status\":\"Accepted\"}"));
	CHECK(world.api->waiter_count == 0);
}

static void
the_wait_ends(void)
{
	struct vs_conn *conn =
	    world_ask("POST /api/v1/stations/CS-1/commands", WORLD_BEARER, RESET ",\"wait_s\":1}");

	world.command_state = VS_CORE_COMMAND_SENT;
	vs_api_waiters_tick(world.api);
	CHECK(world.job_count == 0); /* not yet */
	for (uint64_t end_ms = vs_clock_mono_ms() + 1010; vs_clock_mono_ms() < end_ms;)
		CHECK_OK(vs_loop_turn(world.loop, 50));
	vs_api_waiters_tick(world.api);
	world_run_jobs();
	CHECK(conn->status == 202 && world_says(conn, "\"final\":false") &&
	      world.api->waiter_count == 0);
	/* Whoever went away is forgotten at the next answer; whoever still waits, at the end. */
	conn =
	    world_ask("POST /api/v1/stations/CS-1/commands", WORLD_BEARER, RESET ",\"wait_s\":1}");
	conn->is_closed = true;
	world_command_is(world.command_id, VS_CORE_COMMAND_FAILED);
	world_run_jobs();
	CHECK(conn->answer_count == 0 && world.api->waiter_count == 0);
	(void)world_ask("POST /api/v1/stations/CS-1/commands", WORLD_BEARER,
	                RESET ",\"wait_s\":60}");
	CHECK(world.api->waiter_count == 1);
}

/* Told at once; the command is sent all the same. */
static void
no_room_to_wait(void)
{
	size_t count = world.api->waiter_count;
	struct vs_conn *conn;

	world.api->waiter_count = VS_LIMIT_API_WAITERS;
	conn =
	    world_ask("POST /api/v1/stations/CS-1/commands", WORLD_BEARER, RESET ",\"wait_s\":5}");
	CHECK(conn->status == 202 && world_says(conn, world.command_id));
	CHECK(world_says(conn, "\"request\":{\"type\":\"Immediate\"}"));
	CHECK(world.api->waiter_count == VS_LIMIT_API_WAITERS);
	world.api->waiter_count = count;
}

static void
one_command(void)
{
	CHECK(world_ask("GET /api/v1/commands/abc", WORLD_BEARER, "")->status == 200);
	world.is_command_stored = false;
	CHECK(world_ask("GET /api/v1/commands/abc", WORLD_BEARER, "")->status == 404);
}

int
main(void)
{
	world_begin();
	world_register("CS-1", true);
	CASE(accepted_when_it_is_on_disk);
	CASE(nobody_told_that_it_is_on_disk);
	CASE(what_is_refused);
	CASE(waiting_for_the_end);
	CASE(the_wait_ends);
	CASE(no_room_to_wait);
	CASE(one_command);
	world_end();
	return 0;
}
