/* SPDX-License-Identifier: Apache-2.0 */
#include "api/audit_copy.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* Add up, or move into the room. */
static void
visit(struct vs_api_copy *copy, struct vs_bytes *view)
{
	if (copy->room != NULL && view->size > 0) {
		memcpy(copy->room + copy->size, view->data, view->size);
		view->data = copy->room + copy->size;
	}
	copy->size += view->size;
}

static void
visit_all(struct vs_api_copy *copy)
{
	struct vs_http_request *http = &copy->http;

	copy->size = 0;
	visit(copy, &http->method_text);
	visit(copy, &http->target);
	visit(copy, &http->path);
	visit(copy, &http->query);
	visit(copy, &http->host);
	for (size_t i = 0; i < http->headers.count; i++) {
		visit(copy, &http->headers.items[i].name);
		visit(copy, &http->headers.items[i].value);
	}
	visit(copy, &copy->body);
}

vs_result
vs_api_copy_make(struct vs_api_copy *copy, const struct vs_http_request *http, struct vs_bytes body)
{
	assert(copy != NULL && http != NULL);
	copy->http = *http;
	copy->body = body;
	copy->room = NULL;
	visit_all(copy);
	copy->room = calloc(1, copy->size + 1);
	if (copy->room == NULL)
		return VS_FAIL(NO_MEMORY);
	visit_all(copy);
	return VS_OK;
}

void
vs_api_copy_done(struct vs_api_copy *copy)
{
	if (copy->room != NULL)
		explicit_bzero(copy->room, copy->size);
	free(copy->room);
	copy->room = NULL;
	copy->size = 0;
}
