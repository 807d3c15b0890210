/* SPDX-License-Identifier: Apache-2.0 */
#include "api/etag.h"

#include <stdio.h>
#include <string.h>

#include "api/users.h"
#include "crypto/digest.h"
#include "wire/base64.h"

#define ENTRY_SIZE_MAX 8192
#define TAG_BYTES      16
#define TAG            "ETag: "

/* Of a representation that says all of it. */
static vs_result
tag_of(struct vs_bytes text, char etag_out[static VS_API_ETAG_SIZE])
{
	uint8_t digest[VS_SHA256_SIZE];
	char hex[2 * TAG_BYTES + 1];

	VS_TRY(vs_crypto_sha256(text, digest));
	(void)vs_hex_encode(vs_bytes_from(digest, TAG_BYTES), hex, sizeof(hex));
	(void)snprintf(etag_out, VS_API_ETAG_SIZE, "\"%s\"", hex);
	return VS_OK;
}

static vs_result
end(struct vs_api_object *object, char etag_out[static VS_API_ETAG_SIZE])
{
	vs_result r = vs_api_object_end(object);

	if (r.code == VS_E_OK)
		r = tag_of(vs_buf_view(&object->text), etag_out);
	vs_api_object_done(object);
	return r;
}

vs_result
vs_api_etag_of(const struct vs_core_station *station, char etag_out[static VS_API_ETAG_SIZE])
{
	struct vs_core_station entry = *station;
	struct vs_api_object object;

	entry.spoken = 0; /* of its last connection, not of the entry */
	vs_api_object_begin(&object, ENTRY_SIZE_MAX);
	vs_api_write_station(&object.json, &entry, false);
	return end(&object, etag_out);
}

vs_result
vs_api_etag_of_user(const struct vs_core_user *user, char etag_out[static VS_API_ETAG_SIZE])
{
	struct vs_core_user entry = *user;
	struct vs_api_object object;

	/* It never changes, and is not kept in memory (api/access.h). */
	memset(entry.login, 0, sizeof(entry.login));
	vs_api_object_begin(&object, ENTRY_SIZE_MAX);
	vs_api_write_user(&object.json, &entry);
	return end(&object, etag_out);
}

/* A weak tag never matches here (RFC 9110 13.1.1: strong comparison). */
vs_result
vs_api_etag_match(const struct vs_http_request *http, const char *etag)
{
	struct vs_bytes wanted;

	if (!vs_http_header_get(&http->headers, "If-Match", &wanted) ||
	    vs_bytes_equal_text(wanted, "*"))
		return VS_OK;
	while (wanted.size > 0) {
		const uint8_t *comma = memchr(wanted.data, ',', wanted.size);
		size_t size = comma == NULL ? wanted.size : (size_t)(comma - wanted.data);
		struct vs_bytes tag = vs_bytes_from(wanted.data, size);

		while (tag.size > 0 && *tag.data == ' ')
			tag = vs_bytes_from(tag.data + 1, tag.size - 1);
		while (tag.size > 0 && tag.data[tag.size - 1] == ' ')
			tag.size--;
		if (vs_bytes_equal_text(tag, etag))
			return VS_OK;
		size += comma == NULL ? 0 : 1;
		wanted = vs_bytes_from(wanted.data + size, wanted.size - size);
	}
	return VS_FAIL(PRECONDITION);
}

/* --- which ------------------------------------------------------------------------------------ */

static const struct {
	vs_api_route_fn *change, *show;
} rows[] = {
#define VS_ROUTE_TAG(change, show) {vs_api_on_##change, vs_api_on_##show},
#include "api/route_tags.def"
#undef VS_ROUTE_TAG
};
#define ROWS (sizeof(rows) / sizeof(rows[0]))

const struct vs_api_route *
vs_api_etag_shown_by(const struct vs_api_route *route)
{
	for (size_t i = 0; i < ROWS; i++) {
		if (rows[i].change != route->handle)
			continue;
		for (size_t k = 0; k < vs_api_route_count(); k++)
			if (vs_api_route_at(k)->handle == rows[i].show)
				return vs_api_route_at(k);
	}
	return NULL;
}

bool
vs_api_etag_is_shown(const struct vs_api_route *route)
{
	for (size_t i = 0; i < ROWS; i++)
		if (rows[i].show == route->handle)
			return true;
	return false;
}

bool
vs_api_etag_find(const char *headers, char etag_out[static VS_API_ETAG_SIZE])
{
	const char *tag = headers != NULL ? strstr(headers, TAG) : NULL;
	const char *end = tag != NULL ? strstr(tag, "\r\n") : NULL;

	if (end == NULL)
		return false;
	tag += strlen(TAG);
	return vs_bytes_copy_text(vs_bytes_from(tag, (size_t)(end - tag)), etag_out,
	                          VS_API_ETAG_SIZE);
}

vs_result
vs_api_etag_add(struct vs_bytes body, char headers[static VS_API_HEADERS_SIZE])
{
	size_t used = strlen(headers);
	char etag[VS_API_ETAG_SIZE];

	if (vs_api_etag_find(headers, etag))
		return VS_OK;
	VS_TRY(tag_of(body, etag));
	(void)snprintf(headers + used, VS_API_HEADERS_SIZE - used, TAG "%s\r\n", etag);
	return VS_OK;
}
