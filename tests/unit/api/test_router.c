/* SPDX-License-Identifier: Apache-2.0 */
#include "world.h"

static vs_result
find(enum vs_http_method method, const char *path, const struct vs_api_route **route)
{
	static char id[VS_API_ID_SIZE], allow[64];

	return vs_api_route_find(method, vs_bytes_from_text(path), id, allow, route);
}

static void
a_path_is_one_route(void)
{
	const struct vs_api_route *route = NULL;
	char id[VS_API_ID_SIZE], allow[64];

	CHECK_OK(find(VS_HTTP_GET, "/api/v1/stations", &route));
	CHECK(route->handle == vs_api_on_stations_list && route->role == VS_ROLE_VIEWER);
	CHECK_OK(find(VS_HTTP_POST, "/api/v1/stations", &route));
	CHECK(route->handle == vs_api_on_station_add && route->role == VS_ROLE_ADMINISTRATOR);
	CHECK_OK(find(VS_HTTP_GET, "/api/v1/events/stream", &route));
	CHECK(route->handle == vs_api_on_events_stream);
	CHECK_OK(vs_api_route_find(VS_HTTP_DELETE, VS_BYTES_LITERAL("/api/v1/st%61tions/CS%2B1"),
	                           id, allow, &route));
	CHECK(route->handle == vs_api_on_station_remove && strcmp(id, "CS+1") == 0);
}

static void
what_is_no_route(void)
{
	static const char *const bad[] = {"/api/v1/stations/",
	                                  "/api/v1",
	                                  "/api/v1/stations/a/b",
	                                  "/api/v2/stations",
	                                  "/api/v1/stations//password",
	                                  "/API/v1/stations",
	                                  "/livez/",
	                                  ""};
	const struct vs_api_route *route = NULL;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		CHECK(find(VS_HTTP_GET, bad[i], &route).code != VS_E_OK);
	/* Encoded slashes, dots, NULs, what is not UTF-8, what is too long: never an id. */
	CHECK_ERR(find(VS_HTTP_GET, "/api/v1/stations/a%2Fb", &route), BAD_VALUE);
	CHECK_ERR(find(VS_HTTP_GET, "/api/v1/stations/%2e%2e", &route), BAD_VALUE);
	CHECK_ERR(find(VS_HTTP_GET, "/api/v1/stations/a%00", &route), BAD_VALUE);
	CHECK_ERR(find(VS_HTTP_GET, "/api/v1/stations/%ff", &route), BAD_VALUE);
	CHECK(route == NULL);
}

static void
another_method_is_named(void)
{
	const struct vs_api_route *route = NULL;
	char id[VS_API_ID_SIZE], allow[64];

	CHECK_ERR(vs_api_route_find(VS_HTTP_PUT, VS_BYTES_LITERAL("/api/v1/stations/x"), id, allow,
	                            &route),
	          BAD_METHOD);
	CHECK(strcmp(allow, "GET, PATCH, DELETE") == 0 && id[0] == '\0');
	CHECK_ERR(vs_api_route_find(VS_HTTP_OTHER, VS_BYTES_LITERAL("/livez"), id, allow, &route),
	          BAD_METHOD);
	CHECK(strcmp(allow, "GET") == 0);
}

/* Denied by default: whoever shows nothing may have health, login and what the CA publishes, and
 * a device its one-time token and the manifest of provisioning; nothing else. */
static void
the_open_routes_are_few(void)
{
	static const char *const open[] = {"/livez",
	                                   "/healthz",
	                                   "/readyz",
	                                   "/login",
	                                   "/login/password",
	                                   "/login/invitation",
	                                   "/login/passkey",
	                                   "/login/passkey/challenge",
	                                   "/crl/issuing.crl",
	                                   "/ocsp",
	                                   "/login/certificate",
	                                   "/enrol",
	                                   "/uploads/{id}",
	                                   "/firmware/{id}",
	                                   "/.well-known/csms-prov"};

	for (size_t i = 0; i < vs_api_route_count(); i++) {
		const struct vs_api_route *route = vs_api_route_at(i);
		bool is_known = false;

		for (size_t j = 0; j < sizeof(open) / sizeof(open[0]); j++)
			is_known = is_known || strcmp(route->pattern, open[j]) == 0;
		CHECK((route->role == VS_ROLE_ANYONE) == is_known);
		CHECK((route->scope == VS_API_NONE) == is_known);
		/* What a viewer changes is their own. */
		CHECK(route->method == VS_HTTP_GET || strncmp(route->pattern, "/login", 6) == 0 ||
		      strcmp(route->pattern, "/logout") == 0 ||
		      strncmp(route->pattern, "/api/v1/me/", 11) == 0 ||
		      strcmp(route->pattern, "/ocsp") == 0 ||
		      strcmp(route->pattern, "/uploads/{id}") == 0 ||
		      strcmp(route->pattern, "/enrol") == 0 ||
		      vs_core_role_covers(route->role, VS_ROLE_OPERATOR));
		CHECK(route->help[0] != '\0');
	}
}

/* The word of an upload, and what its station calls it; no more. */
static void
an_upload_may_have_a_name(void)
{
	const struct vs_api_route *route;
	char id[VS_API_ID_SIZE], allow[64];

	CHECK(vs_api_is_route_path(VS_BYTES_LITERAL("/uploads/word/log.zip")));
	CHECK_OK(
	    vs_api_route_find(VS_HTTP_PUT, VS_BYTES_LITERAL("/uploads/word"), id, allow, &route));
	CHECK(strcmp(id, "word") == 0);
	CHECK_OK(vs_api_route_find(VS_HTTP_POST, VS_BYTES_LITERAL("/uploads/word/log.zip"), id,
	                           allow, &route));
	CHECK(strcmp(id, "word") == 0);
	CHECK_ERR(vs_api_route_find(VS_HTTP_PUT, VS_BYTES_LITERAL("/uploads/word/a/b"), id, allow,
	                            &route),
	          NOT_FOUND);
	CHECK_ERR(
	    vs_api_route_find(VS_HTTP_GET, VS_BYTES_LITERAL("/uploads/word"), id, allow, &route),
	    BAD_METHOD);
	CHECK(strcmp(allow, "PUT, POST") == 0);
}

static void
files_and_routes_part(void)
{
	CHECK(vs_api_is_route_path(VS_BYTES_LITERAL("/api/nothing")));
	CHECK(vs_api_is_route_path(VS_BYTES_LITERAL("/metrics")));
	CHECK(!vs_api_is_route_path(VS_BYTES_LITERAL("/")));
	CHECK(!vs_api_is_route_path(VS_BYTES_LITERAL("/a/0123/app.js")));
}

int
main(void)
{
	CASE(a_path_is_one_route);
	CASE(what_is_no_route);
	CASE(another_method_is_named);
	CASE(the_open_routes_are_few);
	CASE(an_upload_may_have_a_name);
	CASE(files_and_routes_part);
	return 0;
}
