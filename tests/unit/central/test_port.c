/* SPDX-License-Identifier: Apache-2.0 */
#include "central/reactor.h"
#include "central/stream.h"
#include "house.h"

static struct house_guest guest;
static char fault[160];

static vs_result
send_to(struct house *house, const char *station, const char *id, const char *action,
        const char *payload)
{
	return house->commands.send(house->commands.self, "default", station, id, action,
	                            vs_bytes_from_text(payload), 10000, fault, sizeof(fault));
}

static void
what_is_wrong_is_said_at_once(void)
{
	struct house *house = house_new(NULL);

	CHECK_ERR(send_to(house, "CS-1", "c1", "NoSuchThing", "{}"), UNKNOWN_ACTION);
	CHECK_ERR(send_to(house, "CS-1", "c1", "Heartbeat", "{}"), UNSUPPORTED);
	CHECK_ERR(send_to(house, "CS-1", "c1", "Reset", "{}"), MISSING);
	CHECK(fault[0] != '\0');
	CHECK_ERR(send_to(house, "CS-1", "c1", "Reset", "{\"type\":\"Now\"}"), BAD_VALUE);
	CHECK_ERR(send_to(house, "CS-1", "", "ClearCache", "{}"), BAD_VALUE);
	CHECK_ERR(send_to(house, "CS-9", "c1", "ClearCache", "{}"), NOT_FOUND);
	CHECK_ERR(send_to(house, "CS-1", "c1", "ClearCache", "{}"), NOT_CONNECTED);
	CHECK(strcmp(fault, "the station is not connected") == 0);
	CHECK(!house->commands.is_connected(house->commands.self, "default", "CS-1"));
	house->commands.disconnect(house->commands.self, "default", "CS-1", "no");
	house_free(house);
}

static void
a_command_goes_out_and_comes_back(void)
{
	struct house *house = house_new(NULL);

	for (size_t reactor = 0; reactor < HOUSE_REACTORS; reactor++) {
		house->event_count = 0;
		guest_join(house, &guest, reactor);
		CHECK_OK(send_to(house, "CS-1", "c1", "ClearCache", "{}"));
		HOUSE_UNTIL(house, house_events(house, VS_EVENT_COMMAND, "answered") == 1);
		CHECK(strcmp(guest.last, "[2,\"c1\",\"ClearCache\",{}]") == 0);
		CHECK(house_events(house, VS_EVENT_COMMAND, "queued") == 1);
		CHECK(house_events(house, VS_EVENT_COMMAND, "sent") == 1);
		CHECK(strcmp(house->last_command_payload, "{\"status\":\"Accepted\"}") == 0);
	}
	/* Another tenant's station is nobody's. */
	CHECK_ERR(house->commands.send(house->commands.self, "other", "CS-1", "c2", "ClearCache",
	                               VS_BYTES_LITERAL("{}"), 0, NULL, 0),
	          NOT_FOUND);
	CHECK(!house->commands.is_connected(house->commands.self, "other", "CS-1"));
	house_free(house);
}

static void
a_silent_station_fails_the_command(void)
{
	struct house *house = house_new(NULL);

	guest_join(house, &guest, 0);
	guest.is_silent = true;
	CHECK_OK(house->commands.send(house->commands.self, "default", "CS-1", "c1", "ClearCache",
	                              VS_BYTES_LITERAL("{}"), 1, NULL, 0));
	HOUSE_UNTIL(house, house_events(house, VS_EVENT_COMMAND, "failed") == 1);
	guest_ask(&guest, "[2,\"1\",\"Heartbeat\",{}]", "[3,\"1\","); /* and is served on */
	house_free(house);
}

static void
a_disconnect_ends_session_and_calls(void)
{
	struct house *house = house_new(NULL);

	guest_join(house, &guest, 1);
	guest.is_silent = true;
	CHECK_OK(send_to(house, "CS-1", "c1", "ClearCache", "{}"));
	HOUSE_UNTIL(house, guest.heard == 1);
	house->commands.disconnect(house->commands.self, "default", "CS-1", "removed");
	HOUSE_UNTIL(house, guest.is_closed && house_events(house, VS_EVENT_COMMAND, "failed") == 1);
	CHECK(guest.close.ws_code == 1008);
	CHECK(house_events(house, VS_EVENT_DISCONNECTED, "removed") == 1);
	CHECK(vs_central_connected_count(house->central) == 0);
	CHECK_ERR(send_to(house, "CS-1", "c2", "ClearCache", "{}"), NOT_CONNECTED);
	house_free(house);
}

/* What it held is not of whoever comes under its name later. */
static void
a_removed_station_is_forgotten(void)
{
	struct house *house = house_new(NULL);
	struct vs_central_stream stream;

	CHECK_OK(vs_central_streams_open(house->central->streams, "CS-1", 1, 2));
	house->commands.disconnect(house->commands.self, "default", "CS-1", "changed");
	CHECK(vs_central_streams_find(house->central->streams, "CS-1", 1, &stream));
	vs_core_registry_remove(house->registry, "CS-1");
	house->commands.disconnect(house->commands.self, "default", "CS-1", "removed");
	CHECK(!vs_central_streams_find(house->central->streams, "CS-1", 1, &stream));
	house_free(house);
}

/* The mail is under way when the station leaves: the command fails, it is not lost. */
static void
mail_for_who_has_left(void)
{
	struct house *house = house_new(NULL);

	guest_join(house, &guest, 0);
	CHECK_OK(send_to(house, "CS-1", "c1", "ClearCache", "{}"));
	house->commands.disconnect(house->commands.self, "default", "CS-1", "removed");
	guest.is_silent = true;
	CHECK_OK(send_to(house, "CS-1", "c2", "ClearCache", "{}"));
	HOUSE_UNTIL(house, house_events(house, VS_EVENT_COMMAND, "failed") == 2);
	house_free(house);
}

int
main(void)
{
	CASE(what_is_wrong_is_said_at_once);
	CASE(a_command_goes_out_and_comes_back);
	CASE(a_silent_station_fails_the_command);
	CASE(a_disconnect_ends_session_and_calls);
	CASE(a_removed_station_is_forgotten);
	CASE(mail_for_who_has_left);
	return 0;
}
