/* SPDX-License-Identifier: Apache-2.0 */
#include "api/assets.h"

#include <stdio.h>

static const struct vs_api_asset *
asset_find(struct vs_bytes path)
{
	for (size_t i = 0; i < vs_api_asset_count; i++)
		if (vs_bytes_equal_text(path, vs_api_assets[i].path))
			return &vs_api_assets[i];
	return NULL;
}

/* RFC 9110 13.1.2; a weak tag compares equal, and "*" is any. */
static bool
is_known(const struct vs_http_request *http, const char *etag)
{
	struct vs_bytes rest, tag;

	if (!vs_http_header_get(&http->headers, "If-None-Match", &rest))
		return false;
	while (vs_http_list_next(&rest, &tag)) {
		if (tag.size > 2 && tag.data[0] == 'W' && tag.data[1] == '/') {
			tag.data += 2;
			tag.size -= 2;
		}
		if (vs_bytes_equal_text(tag, etag) || vs_bytes_equal_text(tag, "*"))
			return true;
	}
	return false;
}

vs_result
vs_api_asset_answer(const struct vs_http_request *http, struct vs_api_asset_answer *answer_out)
{
	const struct vs_api_asset *asset = asset_find(http->path);
	bool is_gzip;

	if (asset == NULL)
		return VS_FAIL(NOT_FOUND);
	if (http->method != VS_HTTP_GET && http->method != VS_HTTP_HEAD)
		return VS_FAIL(BAD_METHOD);
	is_gzip = asset->gzip != NULL &&
	          vs_http_header_has_token(&http->headers, "Accept-Encoding", "gzip");
	answer_out->status = is_known(http, asset->etag) ? 304 : 200;
	answer_out->content_type = asset->content_type;
	answer_out->body = is_gzip ? vs_bytes_from(asset->gzip, asset->gzip_size)
	                           : vs_bytes_from(asset->data, asset->size);
	if (answer_out->status == 304)
		answer_out->body = (struct vs_bytes){NULL, 0};
	(void)snprintf(
	    answer_out->headers, sizeof(answer_out->headers),
	    VS_API_PAGE_HEADERS "ETag: %s\r\nCache-Control: %s\r\nVary: Accept-Encoding\r\n%s",
	    asset->etag, asset->is_immutable ? "public, max-age=31536000, immutable" : "no-cache",
	    is_gzip && answer_out->status == 200 ? "Content-Encoding: gzip\r\n" : "");
	return VS_OK;
}
