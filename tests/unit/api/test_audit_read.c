/* SPDX-License-Identifier: Apache-2.0 */
#include "../audit/keeper.h"
#include "world.h"

#define NOVEMBER INT64_C(1795181905000000000) /* 2026-11-20T13:38:25Z */
#define DECEMBER (NOVEMBER + INT64_C(12 * 86400) * 1000000000)

static struct keeper keeper;
static char dir[VS_PATH_SIZE];

static void
append(struct vs_audit_log *log, const char *tenant, const char *station, int64_t now_ns)
{
	const struct vs_audit_entry entry = {.at_ns = now_ns,
	                                     .tenant = tenant,
	                                     .event = "station.add",
	                                     .severity = "info",
	                                     .result = "ok",
	                                     .count = 1,
	                                     .fields = {{"id", station, 0}},
	                                     .field_count = 1};
	struct vs_bytes line;
	struct vs_buf buf;
	uint64_t first;

	vs_buf_init(&buf, VS_AUDIT_ENTRY_SIZE);
	CHECK_OK(vs_audit_entry_print(&entry, &buf));
	line = vs_buf_view(&buf);
	CHECK_OK(vs_audit_log_append(log, &line, 1, now_ns, &first));
	vs_buf_done(&buf);
}

static void
begin(void)
{
	struct vs_audit_log *log;

	keeper_init(&keeper);
	CHECK_OK(vs_path_join(keeper.dir, "log", dir));
	log = keeper_open(&keeper, NOVEMBER, false);
	append(log, "default", "CS-1", NOVEMBER); /* 2026-11:1 */
	append(log, "acme", "CS-1", NOVEMBER);
	append(log, "default", "CS-2", NOVEMBER);
	append(log, "default", "CS-1", DECEMBER); /* 2026-12:1 */
	CHECK_OK(vs_audit_log_publish(log, DECEMBER));
	vs_audit_log_free(&log);
	world_begin();
	vs_api_free(&world.api);
	world.audit_dir = dir;
	world_api_new();
}

static void
end(void)
{
	world_end();
	keeper_done(&keeper);
}

static void
newest_first_through_all_shards(void)
{
	struct vs_conn *conn;

	begin();
	conn = world_ask("GET /api/v1/audit", WORLD_BEARER, "");
	CHECK(conn->status == 200 && world_says(conn, "\"next\":null"));
	CHECK(world_says(conn, "{\"items\":[{\"id\":\"2026-12:1\",\"entry\":{\"actor\":"));
	CHECK(world_says(conn, "\"id\":\"2026-11:0\"") && world_says(conn, "audit.shard_close"));
	/* not what another tenant did */
	CHECK(!world_says(conn, "acme") && !world_says(conn, "\"2026-11:2\""));
	conn = world_ask("GET /api/v1/audit?limit=2", WORLD_BEARER, "");
	CHECK(world_says(conn, "\"next\":\"2026-12:0\""));
	conn = world_ask("GET /api/v1/audit?limit=2&cursor=2026-12:0", WORLD_BEARER, "");
	CHECK(world_says(conn, "{\"items\":[{\"id\":\"2026-11:4\""));
	CHECK(world_says(conn, "\"next\":\"2026-11:3\""));
	conn = world_ask("GET /api/v1/audit?station=CS-1", WORLD_BEARER, "");
	CHECK(world_says(conn, "2026-12:1") && world_says(conn, "2026-11:1"));
	CHECK(!world_says(conn, "CS-2"));
	CHECK(world_ask("GET /api/v1/audit?cursor=x", WORLD_BEARER, "")->status == 422);
	CHECK(world_ask("GET /api/v1/audit", "", "")->status == 401);
	end();
}

static vs_result
publish(void *self)
{
	return vs_audit_log_publish(self, DECEMBER);
}

static void
what_was_written_a_moment_ago(void)
{
	struct vs_audit_log *log;

	begin();
	vs_api_free(&world.api);
	log = keeper_open(&keeper, DECEMBER, false);
	append(log, "default", "CS-9", DECEMBER);
	world_api_new();
	CHECK(!world_says(world_ask("GET /api/v1/audit?limit=1", WORLD_BEARER, ""), "CS-9"));
	vs_api_free(&world.api);
	world.audit = (struct vs_port_audit){log, NULL, NULL, publish};
	world_api_new();
	/* a page further on asks for none */
	CHECK(
	    !world_says(world_ask("GET /api/v1/audit?cursor=2026-12:2", WORLD_BEARER, ""), "CS-9"));
	CHECK(!world_says(world_ask("GET /api/v1/audit/2026-12:2", WORLD_BEARER, ""), "CS-9"));
	CHECK(world_says(world_ask("GET /api/v1/audit?limit=1", WORLD_BEARER, ""), "CS-9"));
	CHECK(world_ask("GET /api/v1/audit/2026-12:2", WORLD_BEARER, "")->status == 200);
	world.audit = (struct vs_port_audit){.self = NULL};
	vs_audit_log_free(&log);
	end();
}

static void
one_with_its_proof(void)
{
	struct vs_conn *conn;

	begin();
	conn = world_ask("GET /api/v1/audit/2026-11:1", WORLD_BEARER, "");
	CHECK(conn->status == 200);
	CHECK(world_says(conn, "\"vkey\":\"test.example/audit/2026-11+"));
	CHECK(world_says(conn, "\"proof\":\"c2sp.org/tlog-proof@v1\\nextra "));
	CHECK(world_says(conn, "\\nindex 1\\n"));
	CHECK(world_ask("GET /api/v1/audit/2026-11:2", WORLD_BEARER, "")->status == 404);
	CHECK(world_ask("GET /api/v1/audit/2026-11:99", WORLD_BEARER, "")->status == 404);
	CHECK(world_ask("GET /api/v1/audit/2026-10:1", WORLD_BEARER, "")->status == 404);
	CHECK(world_ask("GET /api/v1/audit/nonsense", WORLD_BEARER, "")->status == 404);
	CHECK(world_ask("GET /api/v1/audit/..:1", WORLD_BEARER, "")->status == 404);
	end();
}

static void
only_what_is_asked_for(void)
{
	struct vs_conn *conn;

	begin();
	conn = world_ask("GET /api/v1/audit?event=audit.", WORLD_BEARER, "");
	CHECK(conn->status == 200 && world_says(conn, "audit.shard_close"));
	CHECK(!world_says(conn, "station.add"));
	conn = world_ask("GET /api/v1/audit?event=station.addx", WORLD_BEARER, "");
	CHECK(world_says(conn, "{\"items\":[],\"next\":null}"));
	conn = world_ask("GET /api/v1/audit?contains=CS-2", WORLD_BEARER, "");
	CHECK(world_says(conn, "2026-11:3") && !world_says(conn, "2026-11:1\""));
	conn = world_ask("GET /api/v1/audit?from=2026-12-01T00:00:00Z", WORLD_BEARER, "");
	CHECK(world_says(conn, "2026-12:1") && !world_says(conn, "\"2026-11:1\""));
	conn = world_ask("GET /api/v1/audit?to=2026-12-01T00:00:00Z", WORLD_BEARER, "");
	CHECK(!world_says(conn, "2026-12:1") && world_says(conn, "2026-11:1"));
	conn = world_ask("GET /api/v1/audit?actor=nobody", WORLD_BEARER, "");
	CHECK(world_says(conn, "{\"items\":[]"));
	/* the filters go along to the next page */
	conn = world_ask("GET /api/v1/audit?limit=1&event=station.&contains=CS", WORLD_BEARER, "");
	CHECK(strstr(conn->headers, "&event=station.&contains=CS") != NULL);
	CHECK(world_ask("GET /api/v1/audit?from=yesterday", WORLD_BEARER, "")->status == 422);
	end();
}

static void
files_for_who_verifies(void)
{
	struct vs_conn *conn;

	begin();
	conn = world_ask("GET /api/v1/audit/shards", WORLD_BEARER, "");
	CHECK(conn->status == 200 && world_says(conn, "{\"items\":[{\"shard\":\"2026-11\""));
	CHECK(world_says(conn, "\"vkey\":\"test.example/audit/2026-12+"));
	conn = world_ask("GET /api/v1/audit/shards?limit=1", WORLD_BEARER, "");
	CHECK(world_says(conn, "\"next\":\"2026-11\""));
	conn = world_ask("GET /api/v1/audit/shards?cursor=2026-11", WORLD_BEARER, "");
	CHECK(world_says(conn, "2026-12") && !world_says(conn, "\"2026-11\""));
	conn = world_ask("GET /api/v1/audit/log/2026-12/checkpoint", WORLD_BEARER, "");
	CHECK(conn->status == 200 && world_says(conn, "test.example/audit/2026-12\n2\n"));
	conn = world_ask("GET /api/v1/audit/log/2026-12/meta.json", WORLD_BEARER, "");
	CHECK(conn->status == 200 && world_says(conn, "\"previous\":\"2026-11\""));
	conn = world_ask("GET /api/v1/audit/log/2026-12/tile/entries/000.p/2", WORLD_BEARER, "");
	CHECK(conn->status == 200 && world_says(conn, "audit.shard_open"));
	conn =
	    world_ask("GET /api/v1/audit/log/2026-12/checkpoints.log?cursor=5", WORLD_BEARER, "");
	CHECK(conn->status == 200 && world_says(conn, "example/audit/2026-12\n"));
	CHECK(strncmp(conn->body, "example/audit/2026-12\n", 22) == 0);
	CHECK(world_ask("GET /api/v1/audit/log/2026-12/tile/0/000.p/2", WORLD_BEARER, "")->status ==
	      200);
	/* nothing else of the machine, and not what waits for a checkpoint */
	CHECK(world_ask("GET /api/v1/audit/log/2026-12/wal", WORLD_BEARER, "")->status == 404);
	CHECK(world_ask("GET /api/v1/audit/log/2026-12/../x", WORLD_BEARER, "")->status == 404);
	CHECK(world_ask("GET /api/v1/audit/log/../meta.json", WORLD_BEARER, "")->status == 404);
	CHECK(world_ask("GET /api/v1/audit/log/2026-12%2Fcheckpoint", WORLD_BEARER, "")->status ==
	      404);
	CHECK(world_ask("GET /api/v1/audit/log/2026-12", WORLD_BEARER, "")->status == 404);
	CHECK(world_ask("GET /api/v1/audit/log/2026-12/tile/0/999", WORLD_BEARER, "")->status ==
	      404);
	CHECK(world_ask("GET /api/v1/audit/log/2026-12/checkpoint", "", "")->status == 401);
	end();
}

static void
no_log(void)
{
	world_begin();
	CHECK(world_ask("GET /api/v1/audit", WORLD_BEARER, "")->status == 405);
	CHECK(world_ask("GET /api/v1/audit/2026-11:1", WORLD_BEARER, "")->status == 405);
	world_end();
}

int
main(void)
{
	CASE(newest_first_through_all_shards);
	CASE(what_was_written_a_moment_ago);
	CASE(one_with_its_proof);
	CASE(only_what_is_asked_for);
	CASE(files_for_who_verifies);
	CASE(no_log);
	return 0;
}
