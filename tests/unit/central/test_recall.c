/* SPDX-License-Identifier: Apache-2.0 */
#include "central/recall.h"

#include "central/stream.h"
#include "event/pool.h"
#include "house.h"

static struct house_guest guest;
static vs_result answer;

static vs_result
held(void *self, const char *tenant, const char *station,
     bool (*row)(const struct vs_core_held_row *, void *), void *arg)
{
	struct vs_core_held_row one = {.kind = VS_HELD_stream,
	                               .number = 5,
	                               .payload = VS_BYTES_LITERAL("{\"variableMonitoringId\":2}"),
	                               .reading = VS_CORE_READ_WHOLE};

	CHECK(self == &answer && strcmp(tenant, "default") == 0 && strcmp(station, "CS-1") == 0);
	(void)snprintf(one.station, sizeof(one.station), "%s", station);
	if (answer.code == VS_E_OK)
		CHECK(row(&one, arg));
	one.number = 6;
	one.reading = VS_CORE_READ_DAMAGED;
	if (answer.code == VS_E_OK)
		CHECK(row(&one, arg));
	return answer;
}

static bool
is_open(struct house *house, int64_t id)
{
	struct vs_central_stream stream;

	return vs_central_streams_find(house->central->streams, "CS-1", id, &stream);
}

/* What this node knew is not what there is; read or not, the station is served. */
static void
known_again(enum vs_err code, bool has_nodes)
{
	struct house *house = house_new(NULL);
	struct vs_central_reactor *reactor = house->central->reactors[0];
	struct vs_central_options *options = &house->central->options;
	struct vs_central_session *session;
	struct vs_pool *pool = NULL;

	answer = (vs_result){code};
	guest_join(house, &guest, 0);
	session = vs_central_reactor_session(
	    reactor,
	    vs_central_directory_find(house->central->directory, VS_BYTES_LITERAL("CS-1")));
	CHECK(session != NULL);
	CHECK_OK(vs_pool_new(1, 4, &pool));
	CHECK_OK(vs_central_streams_open(house->central->streams, "CS-1", 1, 2));
	options->pool = pool;
	options->reader.self = &answer;
	options->reader.held = held;
	options->has_nodes = has_nodes;
	session->version = VS_OCPP_21;
	vs_central_recall_streams(reactor, session, vs_net_find(reactor->net, session->conn));
	CHECK(is_open(house, 1) == !has_nodes);
	guest_ask(&guest, "[2,\"1\",\"Heartbeat\",{}]", "[3,\"1\",");
	CHECK(is_open(house, 5) == (has_nodes && code == VS_E_OK) && !is_open(house, 6));
	vs_pool_free(&pool);
	house_free(house);
}

static void
streams_are_known_again(void)
{
	known_again(VS_E_OK, true);
	known_again(VS_E_IO, true);
	known_again(VS_E_OK, false);
}

int
main(void)
{
	CASE(streams_are_known_again);
	return 0;
}
