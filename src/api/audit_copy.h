/* SPDX-License-Identifier: Apache-2.0 */
/* A request that outlives the call which brought it. */
#pragma once

#include "wire/http1.h"

struct vs_api_copy {
	struct vs_http_request http;
	struct vs_bytes body;
	uint8_t *room; /* what both point into */
	size_t size;
};

VS_RESULT vs_api_copy_make(struct vs_api_copy *copy, const struct vs_http_request *http,
                           struct vs_bytes body);
void vs_api_copy_done(struct vs_api_copy *copy); /* wiped: it may hold passwords */
