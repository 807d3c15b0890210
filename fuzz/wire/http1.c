/* SPDX-License-Identifier: Apache-2.0 */
/* Request and response heads, and everything that is looked up in them. */
#include <stdlib.h>

#include "wire/http1.h"
#include "wire/websocket_deflate.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check_inside(struct vs_bytes view, struct vs_bytes input)
{
	if (view.size > 0 &&
	    (view.data < input.data || view.data + view.size > input.data + input.size))
		abort();
}

static void
look_up(const struct vs_http_headers *headers, struct vs_bytes input)
{
	uint8_t room[VS_HTTP_BASIC_SIZE_MAX];
	char answer[VS_WS_DEFLATE_ANSWER_SIZE];
	struct vs_ws_deflate_terms terms = {0};
	struct vs_bytes a, b;

	for (size_t i = 0; i < headers->count; i++) {
		check_inside(headers->items[i].name, input);
		check_inside(headers->items[i].value, input);
	}
	if (vs_http_cookie_get(headers, "sid", &a))
		check_inside(a, input);
	if (vs_http_bearer_get(headers, &a))
		check_inside(a, input);
	if (vs_http_basic_get(headers, room, &a, &b).code == VS_E_OK &&
	    a.size + b.size + 1 > VS_HTTP_BASIC_SIZE_MAX)
		abort();
	if (vs_ws_deflate_choose(headers, &terms)) {
		if (terms.server_window_bits < 8 || terms.server_window_bits > 15)
			abort();
		vs_ws_deflate_answer(&terms, answer);
	}
	if (vs_ws_deflate_check(headers, &terms).code == VS_E_OK && terms.client_window_bits > 15)
		abort();
}

static void
read_target(const struct vs_http_request *request, struct vs_bytes input)
{
	struct vs_bytes rest = request->path, segment, value;
	size_t size = 0;
	char text[100];

	check_inside(request->target, input);
	if (request->path.size == 0 || request->path.data[0] != '/')
		abort();
	while (vs_http_path_next(&rest, &segment)) {
		check_inside(segment, input);
		if (vs_http_segment_decode(segment, text, sizeof(text), &size).code != VS_E_OK)
			continue;
		for (size_t i = 0; i < size; i++) {
			if (text[i] == '/' || text[i] == 0 || text[i] == '\\')
				abort();
		}
	}
	if (rest.size != 0)
		abort();
	if (vs_http_query_get(request->query, "q", &value) &&
	    vs_http_query_decode(value, text, sizeof(text), &size).code == VS_E_OK &&
	    size > value.size)
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct vs_bytes input = vs_bytes_from(data, size), key;
	struct vs_http_request request;
	struct vs_http_response response;
	const char *reason = NULL;
	vs_result r = vs_http_request_parse(input, &request);

	if (r.code == VS_E_OK) {
		/* the head alone says the same, and without its last byte it asks for more */
		struct vs_bytes head = {data, request.head_size};

		read_target(&request, head);
		look_up(&request.headers, head);
		if (vs_http_upgrade_check(&request, &key, &reason).code == VS_E_OK)
			check_inside(key, head);
		if (vs_http_request_parse(head, &request).code != VS_E_OK)
			abort();
		head.size--;
		if (vs_http_request_parse(head, &request).code != VS_E_AGAIN)
			abort();
	}
	if (vs_http_response_parse(input, &response).code == VS_E_OK) {
		if (response.status < 100 || response.status > 599 || response.head_size > size)
			abort();
		look_up(&response.headers, input);
	}
	return 0;
}
