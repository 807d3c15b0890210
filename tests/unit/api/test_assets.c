/* SPDX-License-Identifier: Apache-2.0 */
#include "world.h"

#include "api/assets.h"

static bool
line_copy(const char *from, char *text, size_t size)
{
	size_t length = strcspn(from, "\r");

	return vs_bytes_copy_text(vs_bytes_from(from, length), text, size);
}

static void
the_page(void)
{
	struct vs_conn *conn = world_ask("GET /", "", "");
	char etag[64] = "", header[128];
	const char *at = strstr(conn->headers, "ETag: ");

	CHECK(conn->status == 200 && strcmp(conn->content_type, "text/html; charset=utf-8") == 0);
	CHECK(world_says(conn, "Voltseal"));
	CHECK(world_has_header(conn,
	                       "Content-Security-Policy: default-src 'none'; script-src 'self';"));
	CHECK(world_has_header(conn, "frame-ancestors 'none'") &&
	      world_has_header(conn, "nosniff"));
	CHECK(world_has_header(conn, "Cache-Control: no-cache\r\n") &&
	      !world_has_header(conn, "unsafe"));
	CHECK(at != NULL && line_copy(at + 6, etag, sizeof(etag)));
	(void)snprintf(header, sizeof(header), "If-None-Match: \"x\", W/%s\r\n", etag);
	conn = world_ask("GET /", header, "");
	CHECK(conn->status == 304 && conn->body_size == 0 && world_has_header(conn, etag));
	conn = world_ask("GET /", "If-None-Match: \"other\"\r\n", "");
	CHECK(conn->status == 200 && conn->body_size > 0);
}

/* RFC 1952: the magic; the size before compression is in the last four bytes. */
static void
gzip_when_asked(void)
{
	for (size_t i = 0; i < vs_api_asset_count; i++) {
		const struct vs_api_asset *asset = &vs_api_assets[i];
		struct vs_http_request http;
		struct vs_api_asset_answer answer;
		char head[512];

		(void)snprintf(head, sizeof(head),
		               "GET %s HTTP/1.1\r\nHost: x\r\nAccept-Encoding: br, gzip\r\n\r\n",
		               asset->path);
		CHECK_OK(vs_http_request_parse(vs_bytes_from_text(head), &http));
		CHECK_OK(vs_api_asset_answer(&http, &answer));
		CHECK(asset->is_immutable == (strncmp(asset->path, "/a/", 3) == 0));
		CHECK((strstr(answer.headers, "immutable") != NULL) == asset->is_immutable);
		CHECK((strstr(answer.headers, "Content-Encoding: gzip") != NULL) ==
		      (asset->gzip != NULL));
		if (asset->gzip == NULL)
			continue;
		CHECK(answer.body.size == asset->gzip_size && answer.body.size < asset->size);
		CHECK(answer.body.data[0] == 0x1f && answer.body.data[1] == 0x8b);
		CHECK(answer.body.data[answer.body.size - 4] == (asset->size & 0xff));
		(void)snprintf(head, sizeof(head),
		               "GET %s HTTP/1.1\r\nHost: x\r\nAccept-Encoding: br\r\n\r\n",
		               asset->path);
		CHECK_OK(vs_http_request_parse(vs_bytes_from_text(head), &http));
		CHECK_OK(vs_api_asset_answer(&http, &answer));
		CHECK(answer.body.size == asset->size &&
		      strstr(answer.headers, "Encoding: gzip") == NULL);
	}
}

static void
nothing_else_is_a_file(void)
{
	static const char *const bad[] = {"GET /a/", "GET /index.html",
	                                  "GET /..", "GET /%2e%2e/etc/passwd",
	                                  "GET //",  "GET /a/../"};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct vs_conn *conn = world_ask(bad[i], "", "");

		CHECK(conn->status == 404 &&
		      strcmp(conn->content_type, "application/problem+json") == 0);
		CHECK(world_says(conn, "\"code\":\"VS-1211\""));
	}
	CHECK(world_ask("POST /", "", "")->status == 405);
}

int
main(void)
{
	world_begin();
	CASE(the_page);
	CASE(gzip_when_asked);
	CASE(nothing_else_is_a_file);
	world_end();
	return 0;
}
