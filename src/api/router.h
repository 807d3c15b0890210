/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which row of routes.def a request means. A pure look-up: no state, no allocation.
 *
 * A path is compared segment by segment after percent-decoding, so that two spellings of a path are
 * one route. At most one {id} in a pattern, of VS_API_ID_SIZE - 1 bytes at most, valid UTF-8;
 * behind the word of an upload one more segment may follow. A {path} at the end of a pattern is all
 * that is left, of lower-case letters, digits, '/', '.' and '-'.
 */
#pragma once

#include "core/role.h"
#include "wire/http1.h"

struct vs_api;
struct vs_api_request;
typedef void vs_api_route_fn(struct vs_api *api, const struct vs_api_request *request);

#define VS_API_ID_SIZE 97

/* Whose things a route is about; see routes.def. */
enum vs_api_scope {
	VS_API_NONE,   /* no login: only with the role ANYONE */
	VS_API_TENANT, /* of the tenant of who asks */
	VS_API_PLATFORM,
};

struct vs_api_route {
	enum vs_http_method method;
	const char *pattern;
	enum vs_core_role role; /* the least that is needed */
	enum vs_api_scope scope;
	size_t body_max;
	vs_api_route_fn *handle;
	const char *help;
};

#define ROUTE(method, pattern, role, scope, body, handler, help)                                   \
	vs_api_route_fn vs_api_on_##handler;
#include "api/routes.def"
#undef ROUTE

size_t vs_api_route_count(void);
const struct vs_api_route *vs_api_route_at(size_t index); /* index < vs_api_route_count() */

/* Is this path the API's, and not a file's? */
bool vs_api_is_route_path(struct vs_bytes path);

/* NOT_FOUND: no such path. BAD_METHOD: the path has other methods; their names ("GET, POST") are in
 * allow. BAD_VALUE: the path is badly encoded. id is "" when the pattern has none. */
VS_RESULT vs_api_route_find(enum vs_http_method method, struct vs_bytes path,
                            char id[static VS_API_ID_SIZE], char allow[static 64],
                            const struct vs_api_route **route_out);
