/* SPDX-License-Identifier: Apache-2.0 */
#include <assert.h>
#include <string.h>

#include "wire/base64.h"
#include "wire/http1.h"

bool
vs_http_header_get(const struct vs_http_headers *headers, const char *name,
                   struct vs_bytes *value_out)
{
	assert(headers != NULL && name != NULL && value_out != NULL);
	for (size_t i = 0; i < headers->count; i++) {
		if (vs_bytes_equal_nocase(headers->items[i].name, name)) {
			*value_out = headers->items[i].value;
			return true;
		}
	}
	return false;
}

size_t
vs_http_header_count(const struct vs_http_headers *headers, const char *name)
{
	size_t count = 0;

	assert(headers != NULL && name != NULL);
	for (size_t i = 0; i < headers->count; i++)
		count += vs_bytes_equal_nocase(headers->items[i].name, name);
	return count;
}

bool
vs_http_header_has_token(const struct vs_http_headers *headers, const char *name, const char *token)
{
	assert(headers != NULL && name != NULL && token != NULL);
	for (size_t i = 0; i < headers->count; i++) {
		struct vs_bytes rest = headers->items[i].value, item;

		if (!vs_bytes_equal_nocase(headers->items[i].name, name))
			continue;
		while (vs_http_list_next(&rest, &item)) {
			if (vs_bytes_equal_nocase(item, token))
				return true;
		}
	}
	return false;
}

static void
skip(struct vs_bytes *view, size_t size)
{
	view->data += size;
	view->size -= size;
}

static bool
is_space(uint8_t c)
{
	return c == ' ' || c == '\t';
}

static struct vs_bytes
trim_end(struct vs_bytes view)
{
	while (view.size > 0 && is_space(view.data[view.size - 1]))
		view.size--;
	return view;
}

static bool
next_item(struct vs_bytes *rest, uint8_t separator, struct vs_bytes *item_out)
{
	bool is_quoted = false;
	size_t size = 0;

	while (rest->size > 0 && (is_space(rest->data[0]) || rest->data[0] == separator))
		skip(rest, 1);
	if (rest->size == 0)
		return false;
	for (; size < rest->size; size++) {
		uint8_t c = rest->data[size];

		if (c == separator && !is_quoted)
			break;
		if (c == '"')
			is_quoted = !is_quoted;
		else if (c == '\\' && is_quoted && size + 1 < rest->size)
			size++; /* quoted-pair */
	}
	*item_out = trim_end((struct vs_bytes){rest->data, size});
	skip(rest, size);
	return true;
}

bool
vs_http_list_next(struct vs_bytes *rest, struct vs_bytes *item_out)
{
	assert(rest != NULL && item_out != NULL);
	return next_item(rest, ',', item_out);
}

bool
vs_http_parameter_next(struct vs_bytes *rest, struct vs_bytes *item_out)
{
	assert(rest != NULL && item_out != NULL);
	return next_item(rest, ';', item_out);
}

bool
vs_http_path_next(struct vs_bytes *rest, struct vs_bytes *segment_out)
{
	const uint8_t *end;
	size_t size;

	assert(rest != NULL && segment_out != NULL);
	if (rest->size == 0 || rest->data[0] != '/')
		return false;
	skip(rest, 1);
	end = rest->size > 0 ? memchr(rest->data, '/', rest->size) : NULL;
	size = end == NULL ? rest->size : (size_t)(end - rest->data);
	*segment_out = (struct vs_bytes){rest->data, size};
	skip(rest, size);
	return true;
}

static int
hex_digit(uint8_t c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if ((c | 0x20) >= 'a' && (c | 0x20) <= 'f')
		return (c | 0x20) - 'a' + 10;
	return -1;
}

/* `refused` lists what may not come out of a percent sign; NUL never may. */
static vs_result
decode(struct vs_bytes in, bool is_query, const char *refused, char *text, size_t text_size,
       size_t *size_out)
{
	size_t used = 0;

	for (size_t i = 0; i < in.size; i++) {
		uint8_t c = in.data[i];

		if (c == '%') {
			int high = in.size - i > 2 ? hex_digit(in.data[i + 1]) : -1;
			int low = in.size - i > 2 ? hex_digit(in.data[i + 2]) : -1;

			if (high < 0 || low < 0)
				return VS_FAIL(BAD_VALUE);
			c = (uint8_t)(high * 16 + low);
			i += 2;
		} else if (c == '+' && is_query) {
			c = ' ';
		}
		if (c == 0 || strchr(refused, c) != NULL)
			return VS_FAIL(BAD_VALUE);
		if (used + 1 >= text_size)
			return VS_FAIL(TOO_LONG);
		text[used++] = (char)c;
	}
	text[used] = 0;
	*size_out = used;
	return VS_OK;
}

vs_result
vs_http_segment_decode(struct vs_bytes segment, char *text, size_t text_size, size_t *size_out)
{
	size_t size = 0;

	assert(text != NULL && text_size > 0 && size_out != NULL);
	VS_TRY(decode(segment, false, "/\\", text, text_size, &size));
	if (strcmp(text, ".") == 0 || strcmp(text, "..") == 0)
		return VS_FAIL(BAD_VALUE);
	*size_out = size;
	return VS_OK;
}

vs_result
vs_http_query_decode(struct vs_bytes value, char *text, size_t text_size, size_t *size_out)
{
	assert(text != NULL && text_size > 0 && size_out != NULL);
	return decode(value, true, "", text, text_size, size_out);
}

/* "name=value" or "name" */
static bool
match_pair(struct vs_bytes pair, const char *name, struct vs_bytes *value_out)
{
	const uint8_t *equals = pair.size > 0 ? memchr(pair.data, '=', pair.size) : NULL;
	struct vs_bytes left = pair;

	if (equals != NULL)
		left.size = (size_t)(equals - pair.data);
	if (!vs_bytes_equal_text(left, name))
		return false;
	skip(&pair, left.size + (equals != NULL ? 1 : 0));
	*value_out = pair;
	return true;
}

bool
vs_http_query_get(struct vs_bytes query, const char *name, struct vs_bytes *value_out)
{
	assert(name != NULL && value_out != NULL);
	while (query.size > 0) {
		const uint8_t *end = memchr(query.data, '&', query.size);
		size_t size = end == NULL ? query.size : (size_t)(end - query.data);

		if (match_pair((struct vs_bytes){query.data, size}, name, value_out))
			return true;
		skip(&query, size + (end == NULL ? 0 : 1));
	}
	return false;
}

bool
vs_http_cookie_get(const struct vs_http_headers *headers, const char *name,
                   struct vs_bytes *value_out)
{
	assert(headers != NULL && name != NULL && value_out != NULL);
	for (size_t i = 0; i < headers->count; i++) {
		struct vs_bytes rest = headers->items[i].value;

		if (!vs_bytes_equal_nocase(headers->items[i].name, "cookie"))
			continue;
		/* RFC 6265 knows no quoting here: a ';' always separates. */
		while (rest.size > 0) {
			const uint8_t *end = memchr(rest.data, ';', rest.size);
			size_t size = end == NULL ? rest.size : (size_t)(end - rest.data);
			struct vs_bytes pair = {rest.data, size};

			while (pair.size > 0 && is_space(pair.data[0]))
				skip(&pair, 1);
			if (match_pair(trim_end(pair), name, value_out))
				return true;
			skip(&rest, size + (end == NULL ? 0 : 1));
		}
	}
	return false;
}

/* The credentials behind the scheme. MISSING: no header, or another scheme; BAD_MESSAGE: several.
 */
static vs_result
authorization(const struct vs_http_headers *headers, const char *scheme, struct vs_bytes *rest_out)
{
	size_t count = vs_http_header_count(headers, "authorization"), size = strlen(scheme);
	struct vs_bytes value = {0};

	if (count == 0 || !vs_http_header_get(headers, "authorization", &value))
		return VS_FAIL(MISSING);
	if (count > 1)
		return VS_FAIL(BAD_MESSAGE);
	if (value.size <= size || value.data[size] != ' ' ||
	    !vs_bytes_equal_nocase((struct vs_bytes){value.data, size}, scheme))
		return VS_FAIL(MISSING);
	skip(&value, size);
	while (value.size > 0 && value.data[0] == ' ')
		skip(&value, 1);
	*rest_out = value;
	return VS_OK;
}

bool
vs_http_bearer_get(const struct vs_http_headers *headers, struct vs_bytes *token_out)
{
	struct vs_bytes token;

	assert(headers != NULL && token_out != NULL);
	if (authorization(headers, "bearer", &token).code != VS_E_OK || token.size == 0)
		return false;
	for (size_t i = 0; i < token.size; i++) {
		if (token.data[i] <= ' ' || token.data[i] >= 0x7f)
			return false;
	}
	*token_out = token;
	return true;
}

vs_result
vs_http_basic_get(const struct vs_http_headers *headers,
                  uint8_t room[static VS_HTTP_BASIC_SIZE_MAX], struct vs_bytes *user_out,
                  struct vs_bytes *password_out)
{
	struct vs_bytes text;
	const uint8_t *colon;
	size_t size = 0, user_size;

	assert(headers != NULL && user_out != NULL && password_out != NULL);
	VS_TRY(authorization(headers, "basic", &text));
	VS_TRY(vs_base64_decode(VS_BASE64_LOOSE, text, room, VS_HTTP_BASIC_SIZE_MAX, &size));
	colon = memchr(room, ':', size);
	if (colon == NULL)
		return VS_FAIL(BAD_MESSAGE);
	user_size = (size_t)(colon - room);
	*user_out = (struct vs_bytes){room, user_size};
	*password_out = (struct vs_bytes){colon + 1, size - user_size - 1};
	return VS_OK;
}

bool
vs_http_is_upgrade(const struct vs_http_request *request)
{
	assert(request != NULL);
	return vs_http_header_has_token(&request->headers, "upgrade", "websocket");
}

static vs_result
refuse(vs_result r, const char *reason, const char **reason_out)
{
	*reason_out = reason;
	return r;
}

vs_result
vs_http_upgrade_check(const struct vs_http_request *request, struct vs_bytes *key_out,
                      const char **reason_out)
{
	const struct vs_http_headers *headers = &request->headers;
	struct vs_bytes version = {0}, key = {0};
	uint8_t nonce[16];
	size_t size = 0;

	assert(key_out != NULL && reason_out != NULL);
	if (request->method != VS_HTTP_GET)
		return refuse(VS_FAIL(BAD_METHOD), "the method is not GET", reason_out);
	if (!vs_http_is_upgrade(request))
		return refuse(VS_FAIL(BAD_UPGRADE), "Upgrade does not name websocket", reason_out);
	if (!vs_http_header_has_token(headers, "connection", "upgrade"))
		return refuse(VS_FAIL(BAD_UPGRADE), "Connection does not name upgrade", reason_out);
	if (vs_http_header_count(headers, "sec-websocket-version") != 1 ||
	    !vs_http_header_get(headers, "sec-websocket-version", &version) ||
	    !vs_bytes_equal_text(version, "13"))
		return refuse(VS_FAIL(BAD_WS_VERSION), "Sec-WebSocket-Version is not 13",
		              reason_out);
	if (vs_http_header_count(headers, "sec-websocket-key") != 1 ||
	    !vs_http_header_get(headers, "sec-websocket-key", &key))
		return refuse(VS_FAIL(BAD_UPGRADE), "there is not one Sec-WebSocket-Key",
		              reason_out);
	if (vs_base64_decode(VS_BASE64, key, nonce, sizeof(nonce), &size).code != VS_E_OK ||
	    size != 16)
		return refuse(VS_FAIL(BAD_UPGRADE), "Sec-WebSocket-Key is not 16 bytes in base64",
		              reason_out);
	if (request->content_length > 0)
		return refuse(VS_FAIL(BAD_UPGRADE), "the request has a body", reason_out);
	*key_out = key;
	return VS_OK;
}
