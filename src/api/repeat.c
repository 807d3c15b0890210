/* SPDX-License-Identifier: Apache-2.0 */
#include "api/repeat.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/metric.h"
#include "crypto/digest.h"

#define KEY_SIZE_MAX  64
#define KEPT_MS       86400000
#define BODY_SIZE_MAX 65536

struct vs_api_repeat {
	struct vs_api_repeat *next;   /* the newest first */
	uint8_t who[VS_SHA256_SIZE];  /* of login, method, path and key */
	uint8_t what[VS_SHA256_SIZE]; /* of the body */
	char request_id[VS_API_REQUEST_ID_SIZE];
	int64_t made_ms;
	int status; /* 0: under way */
	char content_type[64], headers[VS_API_HEADERS_SIZE];
	struct vs_buf body; /* may hold what is shown once: wiped */
};

/* One API in a process. Answers know their request's number but not their API. */
static struct vs_api_repeat *repeats;
static size_t repeat_count;

static void
remove_at(struct vs_api_repeat **link)
{
	struct vs_api_repeat *repeat = *link;

	*link = repeat->next;
	if (repeat->body.data != NULL)
		explicit_bzero(repeat->body.data, repeat->body.capacity);
	vs_buf_done(&repeat->body);
	free(repeat);
	repeat_count--;
}

void
vs_api_repeats_free(void)
{
	while (repeats != NULL)
		remove_at(&repeats);
}

/* Of what is older than a day nothing is left; and of the rest the oldest goes when there is no
 * room, unless it is under way. */
static bool
make_room(int64_t now_ms)
{
	struct vs_api_repeat **oldest = NULL;

	for (struct vs_api_repeat **link = &repeats; *link != NULL;) {
		if (now_ms - (*link)->made_ms >= KEPT_MS) {
			remove_at(link);
			continue;
		}
		if ((*link)->status != 0)
			oldest = link;
		link = &(*link)->next;
	}
	if (repeat_count < VS_LIMIT_API_REPEATS)
		return true;
	if (oldest == NULL)
		return false;
	remove_at(oldest);
	return true;
}

static bool
is_key(struct vs_bytes key)
{
	if (key.size == 0 || key.size > KEY_SIZE_MAX)
		return false;
	for (size_t i = 0; i < key.size; i++)
		if (key.data[i] <= ' ' || key.data[i] >= 0x7f)
			return false;
	return true;
}

/* Whose key it is: two logins that take the same word do not meet. */
static vs_result
who_hash(const struct vs_api_request *request, struct vs_bytes key, uint8_t hash[VS_SHA256_SIZE])
{
	struct vs_bytes proof = {NULL, 0};
	struct vs_buf text;
	vs_result r;

	if (!vs_http_header_get(&request->http->headers, "Authorization", &proof))
		(void)vs_http_header_get(&request->http->headers, "Cookie", &proof);
	vs_buf_init(&text, VS_LIMIT_HTTP_HEAD_SIZE + 1024);
	r = vs_buf_append_bytes(&text, request->http->path);
	if (r.code == VS_E_OK)
		r = vs_buf_append_byte(&text, 0);
	if (r.code == VS_E_OK)
		r = vs_buf_append_bytes(&text, key);
	if (r.code == VS_E_OK)
		r = vs_buf_append_byte(&text, 0);
	if (r.code == VS_E_OK)
		r = vs_buf_append_bytes(&text, proof);
	if (r.code == VS_E_OK)
		r = vs_crypto_sha256(vs_buf_view(&text), hash);
	if (text.data != NULL)
		explicit_bzero(text.data, text.capacity);
	vs_buf_done(&text);
	return r;
}

static vs_result
again(const struct vs_api_repeat *repeat, const uint8_t what[VS_SHA256_SIZE],
      const struct vs_api_request *request, const char **detail)
{
	if (!vs_crypto_equal(repeat->what, what, VS_SHA256_SIZE)) {
		*detail = "Idempotency-Key: it came with another body before";
		return VS_FAIL(BAD_VALUE);
	}
	if (repeat->status == 0) {
		*detail = "Idempotency-Key: the first is under way, or its answer found nobody";
		return VS_FAIL(NOT_NOW);
	}
	vs_metric_add(VS_METRIC_api_repeated_total, 1);
	vs_api_answer(request->conn, request->request_id, repeat->status,
	              repeat->content_type[0] != '\0' ? repeat->content_type : NULL,
	              repeat->headers, vs_buf_view(&repeat->body));
	return VS_OK;
}

static vs_result
remember(const struct vs_api_request *request, const uint8_t who[VS_SHA256_SIZE],
         const uint8_t what[VS_SHA256_SIZE])
{
	struct vs_api_repeat *repeat;

	if (!make_room(request->now_ms))
		return VS_FAIL(BUSY);
	repeat = calloc(1, sizeof(*repeat));
	if (repeat == NULL)
		return VS_FAIL(NO_MEMORY);
	memcpy(repeat->who, who, VS_SHA256_SIZE);
	memcpy(repeat->what, what, VS_SHA256_SIZE);
	memcpy(repeat->request_id, request->request_id, sizeof(repeat->request_id));
	repeat->made_ms = request->now_ms;
	vs_buf_init(&repeat->body, BODY_SIZE_MAX);
	repeat->next = repeats;
	repeats = repeat;
	repeat_count++;
	return VS_OK;
}

bool
vs_api_repeat_begin(struct vs_api *api, const struct vs_api_request *request)
{
	uint8_t who[VS_SHA256_SIZE], what[VS_SHA256_SIZE];
	const char *detail = NULL;
	struct vs_bytes key;
	vs_result r;

	(void)api;
	if (request->http->method != VS_HTTP_POST || request->route->role == VS_ROLE_ANYONE ||
	    !vs_http_header_get(&request->http->headers, "Idempotency-Key", &key))
		return true;
	r = is_key(key) ? VS_OK : VS_FAIL(BAD_VALUE);
	if (r.code != VS_E_OK)
		detail = "Idempotency-Key: 1 to 64 printable characters are expected";
	if (r.code == VS_E_OK)
		r = who_hash(request, key, who);
	if (r.code == VS_E_OK)
		r = vs_crypto_sha256(request->body, what);
	for (const struct vs_api_repeat *repeat = repeats; r.code == VS_E_OK && repeat != NULL;
	     repeat = repeat->next) {
		if (request->now_ms - repeat->made_ms >= KEPT_MS ||
		    !vs_crypto_equal(repeat->who, who, VS_SHA256_SIZE))
			continue;
		r = again(repeat, what, request, &detail);
		if (r.code == VS_E_OK)
			return false;
	}
	if (r.code == VS_E_OK)
		r = remember(request, who, what);
	if (r.code == VS_E_OK)
		return true;
	vs_api_answer_problem(request->conn, request->request_id, r, detail);
	return false;
}

void
vs_api_repeat_answered(const char *request_id, int status, const char *content_type,
                       const char *headers, struct vs_bytes body)
{
	struct vs_api_repeat **link = &repeats, *repeat;

	while (*link != NULL &&
	       ((*link)->status != 0 || strcmp((*link)->request_id, request_id) != 0))
		link = &(*link)->next;
	repeat = *link;
	if (repeat == NULL)
		return;
	if (status >= 500 || status == 429 ||
	    vs_buf_append_bytes(&repeat->body, body).code != VS_E_OK) {
		remove_at(link);
		return;
	}
	repeat->status = status;
	(void)snprintf(repeat->content_type, sizeof(repeat->content_type), "%s",
	               content_type != NULL ? content_type : "");
	(void)snprintf(repeat->headers, sizeof(repeat->headers), "%s",
	               headers != NULL ? headers : "");
}
