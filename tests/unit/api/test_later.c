/* SPDX-License-Identifier: Apache-2.0 */
#include "world.h"

#define LINE  "POST /api/v1/stations/CS-1/commands"
#define RESET "{\"action\":\"Reset\",\"payload\":{\"type\":\"Immediate\"}"

/* The port, as another node has the station: what was asked, and who waits for it. */
static struct {
	struct vs_port_command asked;
	char id[VS_CORE_UUID_SIZE], action[VS_CORE_NAME_SIZE], payload[128];
	vs_result now;
	unsigned count;
	bool is_at_once; /* the other thread is faster than ask returns */
} bus;

static vs_result
bus_ask(void *self, const struct vs_port_command *command, char *fault, size_t fault_size,
        bool *is_later_out)
{
	(void)self;
	bus.count++;
	bus.asked = *command;
	(void)snprintf(bus.id, sizeof(bus.id), "%s", command->id);
	(void)snprintf(bus.action, sizeof(bus.action), "%s", command->action);
	(void)vs_bytes_copy_text(command->payload, bus.payload, sizeof(bus.payload));
	if (bus.now.code != VS_E_OK) {
		(void)snprintf(fault, fault_size, "known here");
		return bus.now;
	}
	*is_later_out = true;
	if (bus.is_at_once)
		command->said(command->arg, VS_OK, "");
	return VS_OK;
}

static void
say(vs_result result, const char *fault)
{
	bus.asked.said(bus.asked.arg, result, fault);
	CHECK_OK(vs_loop_turn(world.loop, 0));
}

static void
the_other_node_takes_it(void)
{
	struct vs_conn *conn = world_ask(LINE, WORLD_BEARER, RESET "}");

	CHECK(conn->answer_count == 0 && world.api->later_count == 1);
	CHECK(strcmp(bus.payload, "{\"type\":\"Immediate\"}") == 0);
	say(VS_OK, "");
	CHECK(conn->answer_count == 0 && world.api->later_count == 0);
	world_command_is("another", VS_CORE_COMMAND_QUEUED);
	CHECK(conn->answer_count == 0);
	world_command_is(bus.id, VS_CORE_COMMAND_QUEUED);
	CHECK(conn->answer_count == 1 && conn->status == 202);
	CHECK(world_says(conn, bus.id) && world_says(conn, "\"request\":{\"type\":\"Immediate\"}"));
	bus.is_at_once = true;
	conn = world_ask(LINE, WORLD_BEARER, RESET "}");
	CHECK(conn->answer_count == 0);
	/* It may be on disk before that was heard. */
	world_command_is(bus.id, VS_CORE_COMMAND_QUEUED);
	CHECK(conn->answer_count == 0);
	CHECK_OK(vs_loop_turn(world.loop, 0));
	CHECK(conn->status == 202 && world.api->later_count == 0);
	CHECK(world.api->waiter_count == 0);
	bus.is_at_once = false;
}

/* One sentence and one code for each fault, whoever finds it. */
static void
its_refusal_is_the_answer(void)
{
	static const struct {
		enum vs_err error;
		int status;
	} rows[] = {{VS_E_MISSING, 400}, {VS_E_NOT_CONNECTED, 409}, {VS_E_BUSY, 503}};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct vs_conn *conn = world_ask(LINE, WORLD_BEARER, RESET ",\"wait_s\":5}");

		say((vs_result){rows[i].error}, "payload.type: it is missing");
		CHECK(conn->status == rows[i].status &&
		      world_says(conn, "payload.type: it is missing"));
		CHECK(world.api->waiter_count == 0 && world.api->later_count == 0);
	}
	bus.now = VS_FAIL(BUS_UNAVAILABLE);
	CHECK(world_ask(LINE, WORLD_BEARER, RESET "}")->status == 503);
	bus.now = VS_OK;
}

static void
its_end_is_waited_for(void)
{
	struct vs_conn *conn = world_ask(LINE, WORLD_BEARER, RESET ",\"wait_s\":5}");

	say(VS_OK, "");
	CHECK(conn->answer_count == 0 && world.api->waiter_count == 1);
	world.is_command_stored = true;
	world.command_state = VS_CORE_COMMAND_ANSWERED;
	vs_api_command_ended(world.api, "another");
	CHECK_OK(vs_loop_turn(world.loop, 0));
	world_run_jobs();
	CHECK(conn->answer_count == 0);
	vs_api_command_ended(world.api, bus.id);
	CHECK_OK(vs_loop_turn(world.loop, 0));
	world_run_jobs();
	CHECK(conn->status == 200 && world.api->waiter_count == 0);
	/* Messages may pass each other: it ends before it was taken. */
	conn = world_ask(LINE, WORLD_BEARER, RESET ",\"wait_s\":5}");
	vs_api_command_ended(world.api, bus.id);
	CHECK_OK(vs_loop_turn(world.loop, 0));
	world_run_jobs();
	CHECK(conn->answer_count == 0);
	say(VS_OK, "");
	world_run_jobs();
	CHECK(conn->status == 200 && world.api->waiter_count == 0);
}

static void
who_asked_may_be_gone(void)
{
	struct vs_conn *conn = world_ask(LINE, WORLD_BEARER, RESET ",\"wait_s\":5}");

	conn->is_closed = true;
	say(VS_OK, "");
	CHECK(conn->answer_count == 0 && world.api->waiter_count == 0);
	conn = world_ask(LINE, WORLD_BEARER, RESET "}");
	conn->is_closed = true;
	say(VS_FAIL(MISSING), "");
	CHECK(conn->answer_count == 0 && world.api->later_count == 0);
}

static void
nothing(struct vs_loop *loop, void *argument)
{
	(void)loop, (void)argument;
}

/* Nobody reads the mail for a while: it is not lost. */
static void
a_full_mailbox_holds_it_up(void)
{
	struct vs_conn *conn = world_ask(LINE, WORLD_BEARER, RESET "}");
	size_t count = 0;

	while (vs_loop_post(world.loop, nothing, NULL).code == VS_E_OK)
		count++;
	CHECK(count > 0);
	bus.asked.said(bus.asked.arg, VS_OK, "");
	world_command_is(bus.id, VS_CORE_COMMAND_QUEUED);
	while (count > 0 && conn->answer_count == 0) {
		CHECK_OK(vs_loop_turn(world.loop, 0));
		count--;
	}
	vs_api_laters_tick(world.api);
	CHECK(conn->status == 202 && world.api->later_count == 0);
}

static void
too_many_are_refused(void)
{
	(void)world_ask(LINE, WORLD_BEARER, RESET "}");
	CHECK(world.api->later_count == 1); /* it is freed with the api */
	bus.count = 0;
	world.api->later_count = VS_LIMIT_API_LATER;
	CHECK(world_ask(LINE, WORLD_BEARER, RESET "}")->status == 503 && bus.count == 0);
}

int
main(void)
{
	world_begin();
	world_register("CS-1", true);
	world.api->options.commands.ask = bus_ask;
	CASE(the_other_node_takes_it);
	CASE(its_refusal_is_the_answer);
	CASE(its_end_is_waited_for);
	CASE(who_asked_may_be_gone);
	CASE(a_full_mailbox_holds_it_up);
	CASE(too_many_are_refused);
	world_end();
	return 0;
}
