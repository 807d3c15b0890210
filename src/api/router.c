/* SPDX-License-Identifier: Apache-2.0 */
#include "api/router.h"

#include <string.h>

#include "wire/utf8.h"

#define GET    VS_HTTP_GET
#define POST   VS_HTTP_POST
#define PUT    VS_HTTP_PUT
#define PATCH  VS_HTTP_PATCH
#define DELETE VS_HTTP_DELETE

static const struct vs_api_route routes[] = {
#define ROUTE(method, pattern, role, scope, body, handler, help)                                   \
	{method, pattern, VS_ROLE_##role, VS_API_##scope, body, vs_api_on_##handler, help},
#include "api/routes.def"
#undef ROUTE
};

static const char *
method_text(enum vs_http_method method)
{
	switch (method) {
	case VS_HTTP_GET:
		return "GET";
	case VS_HTTP_POST:
		return "POST";
	case VS_HTTP_PUT:
		return "PUT";
	case VS_HTTP_PATCH:
		return "PATCH";
	case VS_HTTP_DELETE:
		return "DELETE";
	case VS_HTTP_HEAD:
	case VS_HTTP_OPTIONS:
	case VS_HTTP_OTHER:
		break;
	}
	return "";
}

size_t
vs_api_route_count(void)
{
	return sizeof(routes) / sizeof(routes[0]);
}

const struct vs_api_route *
vs_api_route_at(size_t index)
{
	return &routes[index];
}

bool
vs_api_is_route_path(struct vs_bytes path)
{
	static const char *const prefixes[] = {"/api/", "/uploads/", "/firmware/"};

	for (size_t i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++) {
		size_t size = strlen(prefixes[i]);

		if (path.size >= size &&
		    vs_bytes_equal_text(vs_bytes_from(path.data, size), prefixes[i]))
			return true;
	}
	for (size_t i = 0; i < vs_api_route_count(); i++)
		if (vs_bytes_equal_text(path, routes[i].pattern))
			return true;
	return false;
}

/* All that is left of the path, as it stands: names of files that we gave out. */
static vs_result
rest_match(struct vs_bytes path, char id[static VS_API_ID_SIZE], bool *fits_out)
{
	if (path.size < 2 || path.size > VS_API_ID_SIZE || path.data[0] != '/')
		return VS_OK;
	for (size_t i = 1; i < path.size; i++) {
		char c = (char)path.data[i];

		if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '/' || c == '.' ||
		      c == '-'))
			return VS_OK;
	}
	*fits_out =
	    vs_bytes_copy_text(vs_bytes_from(path.data + 1, path.size - 1), id, VS_API_ID_SIZE);
	return VS_OK;
}

/* Does the path fit? BAD_VALUE when a segment cannot be decoded: then it fits nothing. */
static vs_result
pattern_match(const char *pattern, struct vs_bytes path, char id[static VS_API_ID_SIZE],
              bool *fits_out)
{
	struct vs_bytes rest = vs_bytes_from_text(pattern);
	struct vs_bytes want, have;

	id[0] = '\0';
	*fits_out = false;
	while (vs_http_path_next(&rest, &want)) {
		char text[VS_API_ID_SIZE];
		size_t size;

		if (vs_bytes_equal_text(want, "{path}"))
			return rest_match(path, id, fits_out);
		if (!vs_http_path_next(&path, &have))
			return VS_OK;
		VS_TRY(vs_http_segment_decode(have, text, sizeof(text), &size));
		if (vs_bytes_equal_text(want, "{id}")) {
			if (size == 0 || !vs_utf8_is_valid(vs_bytes_from(text, size)))
				return VS_FAIL(BAD_VALUE);
			(void)vs_bytes_copy_text(vs_bytes_from(text, size), id, VS_API_ID_SIZE);
		} else if (!vs_bytes_equal(want, vs_bytes_from(text, size))) {
			return VS_OK;
		}
	}
	/* What follows the word of an upload is the peer's name for what it brings. */
	if (strncmp(pattern, "/uploads/", 9) == 0)
		(void)vs_http_path_next(&path, &have);
	*fits_out = !vs_http_path_next(&path, &have);
	return VS_OK;
}

static void
allow_add(char allow[static 64], enum vs_http_method method)
{
	size_t used = strlen(allow);
	const char *text = method_text(method);
	size_t size = strlen(text);

	if (used + size + 3 > 64)
		return;
	if (used > 0) {
		memcpy(allow + used, ", ", 2);
		used += 2;
	}
	memcpy(allow + used, text, size + 1);
}

vs_result
vs_api_route_find(enum vs_http_method method, struct vs_bytes path, char id[static VS_API_ID_SIZE],
                  char allow[static 64], const struct vs_api_route **route_out)
{
	vs_result bad = VS_OK;

	allow[0] = '\0';
	for (size_t i = 0; i < vs_api_route_count(); i++) {
		bool fits = false;
		vs_result r = pattern_match(routes[i].pattern, path, id, &fits);

		if (r.code != VS_E_OK)
			bad = r;
		if (!fits)
			continue;
		if (routes[i].method == method) {
			*route_out = &routes[i];
			return VS_OK;
		}
		allow_add(allow, routes[i].method);
	}
	id[0] = '\0';
	if (allow[0] != '\0')
		return VS_FAIL(BAD_METHOD);
	return bad.code == VS_E_OK ? VS_FAIL(NOT_FOUND) : bad;
}
