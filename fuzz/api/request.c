/* SPDX-License-Identifier: Apache-2.0 */
/* What a client of the API writes freely: path, query, event id, a session. */
#include <stdlib.h>
#include <string.h>

#include "api/list.h"
#include "api/ring.h"
#include "api/router.h"
#include "api/session.h"
#include "wire/utf8.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Routes are looked up here, never taken. */
#define ROUTE(method, pattern, role, scope, body, handler, help)                                   \
	void vs_api_on_##handler(struct vs_api *api, const struct vs_api_request *request)         \
	{                                                                                          \
		(void)api;                                                                         \
		(void)request;                                                                     \
		abort();                                                                           \
	}
#include "api/routes.def"
#undef ROUTE

static void
look_up(struct vs_bytes path)
{
	const struct vs_api_route *route = NULL;
	char id[VS_API_ID_SIZE], allow[64];

	if (vs_api_route_find(VS_HTTP_GET, path, id, allow, &route).code != VS_E_OK) {
		if (id[0] != '\0' || route != NULL)
			abort();
		return;
	}
	if (!vs_api_is_route_path(path) && memchr(path.data, '%', path.size) == NULL)
		abort();
	if (strlen(id) >= VS_API_ID_SIZE || !vs_utf8_is_valid(vs_bytes_from_text(id)) ||
	    strchr(id, '/') != NULL)
		abort();
	if ((strstr(route->pattern, "{id}") != NULL) != (id[0] != '\0'))
		abort();
}

static void
list(struct vs_bytes query, enum vs_api_list_key key)
{
	struct vs_api_list list;
	const char *fault = NULL;
	char cursor[VS_API_CURSOR_SIZE];

	if (vs_api_list_parse(query, key, &list, &fault).code != VS_E_OK) {
		if (fault == NULL || fault[0] == '\0')
			abort();
		return;
	}
	if (list.limit == 0 || list.limit > VS_API_LIMIT_MAX || list.number < 0 ||
	    list.skip > 2 * VS_API_LIMIT_MAX || vs_api_list_before_ms(&list) < 0)
		abort();
	if (list.station[0] != '\0' && !vs_core_identity_is_valid(vs_bytes_from_text(list.station)))
		abort();
	vs_api_list_cursor_time(list.number, list.skip, cursor);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct vs_api_sessions sessions;
	struct vs_core_login login;
	const struct vs_api_ring ring = {.next = 100, .first = 50, .epoch = 0xabc};
	struct vs_bytes input = vs_bytes_from(data, size);
	uint64_t next = 0;

	look_up(input);
	list(input, VS_API_KEY_NONE);
	list(input, VS_API_KEY_TEXT);
	list(input, VS_API_KEY_ID);
	list(input, VS_API_KEY_TIME);
	if (vs_api_ring_resume(&ring, input, &next) ? next < 50 || next > 100 : next != 100)
		abort();
	if (vs_api_session_use(&sessions, input, INT64_C(1763645905000), &login).code == VS_E_OK)
		abort(); /* there is none */
	return 0;
}
