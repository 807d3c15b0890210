/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The dashboard's files, embedded by scripts/embed.py.
 *
 * Everything but the page itself lies below a folder named by the hash of all of it and never
 * changes there; the page is asked for again each time and answered with 304 when it has not
 * changed.
 */
#pragma once

#include "wire/http1.h"

struct vs_api_asset {
	const char *path; /* "/", "/a/0123456789abcdef/app.js" */
	const char *content_type;
	const char *etag; /* with its quotes */
	bool is_immutable;
	const uint8_t *data;
	size_t size;
	const uint8_t *gzip; /* NULL when it would not be smaller */
	size_t gzip_size;
};

/* Made by scripts/embed.py. */
extern const struct vs_api_asset vs_api_assets[];
extern const size_t vs_api_asset_count;

struct vs_api_asset_answer {
	int status; /* 200, 304 */
	const char *content_type;
	struct vs_bytes body; /* static */
	char headers[1024];
};

/* The headers that every page of ours carries. */
#define VS_API_PAGE_HEADERS                                                                        \
	"Content-Security-Policy: default-src 'none'; script-src 'self'; style-src 'self'; "       \
	"connect-src 'self'; "                                                                     \
	"img-src 'self' data:; font-src 'self'; frame-ancestors 'none'; base-uri 'none'; "         \
	"form-action 'self'\r\n"                                                                   \
	"X-Content-Type-Options: nosniff\r\nReferrer-Policy: no-referrer\r\n"                      \
	"Cross-Origin-Opener-Policy: same-origin\r\nCross-Origin-Resource-Policy: same-origin\r\n" \
	"Permissions-Policy: camera=(), geolocation=(), microphone=()\r\n"

/* NOT_FOUND; BAD_METHOD unless GET or HEAD. */
VS_RESULT vs_api_asset_answer(const struct vs_http_request *http,
                              struct vs_api_asset_answer *answer_out);
