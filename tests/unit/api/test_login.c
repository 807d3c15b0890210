/* SPDX-License-Identifier: Apache-2.0 */
#include "world.h"

#define OURS "Origin: https://localhost:9444\r\nX-Requested-With: voltseal\r\n"

static char cookie[128];

/* "Set-Cookie: __Host-sid=X; ..." as the header that a browser sends back. */
static void
cookie_keep(const struct vs_conn *conn)
{
	const char *at = strstr(conn->headers, "Set-Cookie: ");

	CHECK(at != NULL);
	CHECK(strstr(at, "; Path=/; Secure; HttpOnly; SameSite=Strict\r\n") != NULL);
	(void)snprintf(cookie, sizeof(cookie), "Cookie: %.*s\r\n", (int)strcspn(at + 12, ";"),
	               at + 12);
}

static void
the_link(void)
{
	struct vs_conn *conn = world_ask("GET /login?t=wrong", "", "");

	CHECK(conn->status == 401 && strstr(conn->headers, "Set-Cookie") == NULL);
	CHECK(world_ask("GET /login", "", "")->status == 401);
	conn = world_ask("GET /login?t=" WORLD_LINK, "", "");
	/* Before it is written there is no cookie, and it opens nothing. */
	CHECK(conn->answer_count == 0 && world.written != NULL);
	world_commit(VS_E_OK);
	CHECK(conn->status == 200 && world_says(conn, "url=/") &&
	      world_has_header(conn, "default-src 'none'"));
	cookie_keep(conn);
	/* Replayed: by somebody else refused, by the same browser harmless. */
	CHECK(world_ask("GET /login?t=" WORLD_LINK, "", "")->status == 401);
	conn = world_ask("GET /login?t=" WORLD_LINK, cookie, "");
	CHECK(conn->status == 200 && strstr(conn->headers, "Set-Cookie") == NULL);
	CHECK(world_ask("GET /api/v1/stations", cookie, "")->status == 200);
}

static void
the_cookie_needs_our_page(void)
{
	char headers[512];

	CHECK(world_ask("POST /api/v1/stations", cookie, "{\"identity\":\"x\"}")->status == 403);
	CHECK(world.written == NULL);
	(void)snprintf(headers, sizeof(headers), "%s%s", cookie, OURS);
	CHECK(world_ask("POST /api/v1/stations", headers, "{\"identity\":\"x\"}")->answer_count ==
	      0);
	world_commit(VS_E_OK);
}

/* What the store was told is what it tells at the next start. */
static void
it_survives_a_restart(void)
{
	world.logins[0] = world.api->auth.sessions.items[0].login;
	world.login_count = 1;
	vs_api_free(&world.api);
	world_api_new();
	CHECK(world_ask("GET /api/v1/stations", cookie, "")->status == 200);
}

static void
its_use_is_written(void)
{
	world.api->auth.sessions.items[0].login.used_ms++;
	vs_api_sessions_save(world.api);
	CHECK(world.written != NULL && world.written->kind == VS_RECORD_login_put);
	world_commit(VS_E_OK);
	vs_api_sessions_save(world.api);
	CHECK(world.written == NULL);
}

static void
logout(void)
{
	char headers[512];
	struct vs_conn *conn;

	CHECK(world_ask("POST /logout", cookie, "")->status == 403);
	(void)snprintf(headers, sizeof(headers), "%s%s", cookie, OURS);
	conn = world_ask("POST /logout", headers, "");
	CHECK(world_ask("GET /api/v1/stations", cookie, "")->status == 401);
	CHECK(conn->answer_count == 0 && world.written->kind == VS_RECORD_login_remove);
	world_commit(VS_E_OK);
	CHECK(conn->status == 204 && world_has_header(conn, "__Host-sid=; ") &&
	      world_has_header(conn, "Max-Age=0"));
	CHECK(world_ask("GET /api/v1/stations", cookie, "")->status == 401);
}

/* Written or not: who is not told has no cookie. */
static void
a_full_store_lets_nobody_in(void)
{
	struct vs_conn *conn;

	world.is_writer_full = true;
	conn = world_ask("POST /login", OURS, "{\"token\":\"" WORLD_TOKEN "\"}");
	CHECK(conn->status == 503 && strstr(conn->headers, "Set-Cookie") == NULL);
	world.is_writer_full = false;
	conn = world_ask("POST /login", OURS, "{\"token\":\"" WORLD_TOKEN "\"}");
	world_commit(VS_E_IO);
	CHECK(conn->status == 503 && strstr(conn->headers, "Set-Cookie") == NULL);
}

static void
the_token(void)
{
	struct vs_conn *conn;

	CHECK(world_ask("POST /login", "", "{\"token\":\"" WORLD_TOKEN "\"}")->status == 403);
	CHECK(world_ask("POST /login", OURS, "{\"token\":\"wrong\"}")->status == 401);
	CHECK(world_ask("POST /login", OURS, "{}")->status == 400);
	conn = world_ask("POST /login", OURS, "{\"token\":\"" WORLD_TOKEN "\"}");
	world_commit(VS_E_OK);
	CHECK(conn->status == 204);
	cookie_keep(conn);
	CHECK(world_ask("GET /api/v1/overview", cookie, "")->status == 200);
}

int
main(void)
{
	world_begin();
	CASE(the_link);
	CASE(the_cookie_needs_our_page);
	CASE(it_survives_a_restart);
	CASE(its_use_is_written);
	CASE(logout);
	CASE(a_full_store_lets_nobody_in);
	CASE(the_token);
	world_end();
	return 0;
}
