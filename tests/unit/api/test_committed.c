/* SPDX-License-Identifier: Apache-2.0 */
#include "world.h"

/* Two changes of one station: the second would overwrite the first with what it read before it. */
static void
one_change_at_a_time(void)
{
	struct vs_conn *first, *second;

	world_register("CS-1", true);
	first = world_ask("PATCH /api/v1/stations/CS-1", WORLD_BEARER, "{\"enabled\":false}");
	second = world_ask("PATCH /api/v1/stations/CS-1", WORLD_BEARER,
	                   "{\"registration\":\"Accepted\"}");
	CHECK(first->answer_count == 0 && second->status == 409 && world_says(second, "VS-1208"));
	world_commit(VS_E_OK);
	CHECK(first->status == 200);
	second = world_ask("PATCH /api/v1/stations/CS-1", WORLD_BEARER,
	                   "{\"registration\":\"Accepted\"}");
	world_commit(VS_E_OK);
	CHECK(second->status == 200 && world_says(second, "\"enabled\":false"));
}

static void
a_commit_that_fails(void)
{
	struct vs_conn *conn = world_ask("DELETE /api/v1/stations/CS-1", WORLD_BEARER, "");
	struct vs_core_station station;
	int before = world.disconnect_count;

	world_commit(VS_E_IO);
	CHECK(conn->status == 503 && world_says(conn, "VS-1002") &&
	      world.disconnect_count == before);
	CHECK_OK(vs_core_registry_find(world.registry, VS_BYTES_LITERAL("CS-1"), &station));
	/* It may be tried again. */
	conn = world_ask("DELETE /api/v1/stations/CS-1", WORLD_BEARER, "");
	conn->is_closed = true;
	world_commit(VS_E_OK);
	CHECK(conn->answer_count == 0);
	CHECK_ERR(vs_core_registry_find(world.registry, VS_BYTES_LITERAL("CS-1"), &station),
	          NOT_FOUND);
}

static void
the_request_id_stays(void)
{
	struct vs_conn *conn =
	    world_ask("POST /api/v1/tokens", WORLD_BEARER, "{\"token\":\"TAG-1\"}");
	char expected[64];

	(void)snprintf(expected, sizeof(expected), "X-Request-Id: %012" PRIx64 "\r\n",
	               world.api->request_number & UINT64_C(0xffffffffffff));
	world_commit(VS_E_OK);
	CHECK(conn->status == 201 && world_has_header(conn, expected));
}

static void
tokens(void)
{
	char status[21], group[VS_CORE_TOKEN_SIZE];
	struct vs_conn *conn =
	    world_ask("POST /api/v1/tokens", WORLD_BEARER,
	              "{\"token\":\"TAG-2\",\"status\":\"Blocked\",\"group\":\"G\","
	              "\"expires_at\":\"2030-01-01T00:00:00Z\"}");

	world_commit(VS_E_OK);
	CHECK(conn->status == 201 &&
	      world_says(conn, "\"expires_at\":\"2030-01-01T00:00:00.000Z\""));
	vs_core_registry_token_check(world.registry, "default", "TAG-2", 0, status, group);
	CHECK(strcmp(status, "Blocked") == 0 && strcmp(group, "G") == 0);
	vs_core_registry_token_check(world.registry, "default", "TAG-1", 0, status, group);
	CHECK(strcmp(status, "Accepted") == 0);
	CHECK(world_ask("POST /api/v1/tokens", WORLD_BEARER, "{\"token\":\"\"}")->status == 422);
	CHECK(world_ask("POST /api/v1/tokens", WORLD_BEARER, "{\"token\":\"x\",\"type\":\"y\"}")
	          ->status == 422);
	CHECK(world_ask("POST /api/v1/tokens", WORLD_BEARER, "{\"token\":\"x\",\"status\":\"y\"}")
	          ->status == 422);
	CHECK(world.written == NULL);
}

/* It is used here while another node withdraws it: what says that it was used comes last. */
static void
what_another_node_withdrew_stays_withdrawn(void)
{
	struct vs_conn *conn =
	    world_ask("POST /api/v1/api-tokens", WORLD_BEARER, "{\"role\":\"viewer\"}");
	struct vs_core_record *used, *removed = NULL;
	const struct vs_core_api_token *token;
	char bearer[256], text[128];
	const char *found;
	size_t size;

	CHECK(world.written->kind == VS_RECORD_api_token_put);
	world_commit(VS_E_OK);
	CHECK(conn->status == 201);
	found = strstr(conn->body, "\"token\":\"");
	CHECK(found != NULL);
	found += strlen("\"token\":\"");
	size = strcspn(found, "\"");
	CHECK(size < sizeof(text));
	memcpy(text, found, size);
	text[size] = '\0';
	(void)snprintf(bearer, sizeof(bearer), "Authorization: Bearer %s\r\n", text);
	CHECK(world_ask("GET /api/v1/me", bearer, "")->status == 200);
	used = world.written;
	CHECK(used != NULL && used->next == NULL && used->kind == VS_RECORD_api_token_put);
	token = &used->u.api_token_put;
	CHECK_OK(vs_core_record_new(VS_RECORD_api_token_remove, token->tenant, "", 1,
	                            (struct vs_bytes){NULL, 0}, (struct vs_bytes){NULL, 0},
	                            &removed));
	memcpy(removed->u.api_token_put.id, token->id, sizeof(token->id));
	removed->origin = 9; /* of the feed */
	vs_api_committed(world.api, removed);
	world_commit(VS_E_OK);
	CHECK(world_ask("GET /api/v1/me", bearer, "")->status == 401);
}

int
main(void)
{
	world_begin();
	CASE(one_change_at_a_time);
	CASE(a_commit_that_fails);
	CASE(the_request_id_stays);
	CASE(tokens);
	CASE(what_another_node_withdrew_stays_withdrawn);
	world_end();
	return 0;
}
