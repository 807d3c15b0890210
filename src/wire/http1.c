/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/http1.h"

#include <assert.h>
#include <string.h>

static bool
is_alnum(uint8_t c)
{
	return (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z');
}

/* RFC 9110 5.6.2 */
static bool
is_token_char(uint8_t c)
{
	static const char marks[] = "!#$%&'*+-.^_`|~";

	return is_alnum(c) || memchr(marks, c, sizeof(marks) - 1) != NULL;
}

/* RFC 3986: pchar, '/', and '?'. A fragment is never sent. */
static bool
is_target_char(uint8_t c)
{
	static const char marks[] = "-._~%!$&'()*+,;=:@/?";

	return is_alnum(c) || memchr(marks, c, sizeof(marks) - 1) != NULL;
}

/* uri-host [":" port], without looking into its structure */
static bool
is_host_char(uint8_t c)
{
	static const char marks[] = "-._~%!$&'()*+;=:[]";

	return is_alnum(c) || memchr(marks, c, sizeof(marks) - 1) != NULL;
}

/* RFC 9110 5.5: field-vchar, SP, HTAB */
static bool
is_value_char(uint8_t c)
{
	return c == '\t' || (c >= 0x20 && c != 0x7f);
}

static bool
is_all(struct vs_bytes view, bool (*is_allowed)(uint8_t))
{
	for (size_t i = 0; i < view.size; i++) {
		if (!is_allowed(view.data[i]))
			return false;
	}
	return true;
}

static bool
is_token(struct vs_bytes view)
{
	return view.size > 0 && is_all(view, is_token_char);
}

/* The head with the CRLF of its last line, without the empty line after it. */
static vs_result
find_head(struct vs_bytes input, struct vs_bytes *head_out)
{
	size_t size = input.size < VS_LIMIT_HTTP_HEAD_SIZE ? input.size : VS_LIMIT_HTTP_HEAD_SIZE;
	const uint8_t *end;

	if (size == 0)
		return VS_FAIL(AGAIN);
	/* Something else than HTTP (a TLS hello on a plain port) need not be waited for. */
	if (!is_token_char(input.data[0]))
		return VS_FAIL(BAD_MESSAGE);
	end = memmem(input.data, size, "\r\n\r\n", 4);
	if (end == NULL && size == VS_LIMIT_HTTP_HEAD_SIZE)
		return VS_FAIL(HEAD_TOO_LONG);
	if (end == NULL)
		return VS_FAIL(AGAIN);
	*head_out = (struct vs_bytes){input.data, (size_t)(end - input.data) + 2};
	return VS_OK;
}

/* The bytes up to the first `end` byte, which is taken too; false when there is none. */
static bool
take_until(struct vs_bytes *rest, uint8_t end, struct vs_bytes *part_out)
{
	const uint8_t *at = rest->size > 0 ? memchr(rest->data, end, rest->size) : NULL;
	size_t size;

	if (at == NULL)
		return false;
	size = (size_t)(at - rest->data);
	*part_out = (struct vs_bytes){rest->data, size};
	rest->data += size + 1;
	rest->size -= size + 1;
	return true;
}

/* Only CRLF ends a line; a CR or LF alone is a control character, which no line may hold. */
static bool
take_line(struct vs_bytes *rest, struct vs_bytes *line_out)
{
	if (!take_until(rest, '\r', line_out) || rest->size == 0 || rest->data[0] != '\n')
		return false;
	rest->data++;
	rest->size--;
	return true;
}

static struct vs_bytes
trim(struct vs_bytes view)
{
	while (view.size > 0 && (view.data[0] == ' ' || view.data[0] == '\t')) {
		view.data++;
		view.size--;
	}
	while (view.size > 0 &&
	       (view.data[view.size - 1] == ' ' || view.data[view.size - 1] == '\t'))
		view.size--;
	return view;
}

static bool
is_digit(uint8_t c)
{
	return c >= '0' && c <= '9';
}

static vs_result
check_version(struct vs_bytes version)
{
	const uint8_t *v = version.data;

	if (vs_bytes_equal_text(version, "HTTP/1.1"))
		return VS_OK;
	if (version.size == 8 && vs_bytes_equal_text((struct vs_bytes){v, 5}, "HTTP/") &&
	    is_digit(v[5]) && v[6] == '.' && is_digit(v[7]))
		return VS_FAIL(BAD_HTTP_VERSION);
	return VS_FAIL(BAD_MESSAGE);
}

static vs_result
parse_headers(struct vs_bytes rest, struct vs_http_headers *headers)
{
	headers->count = 0;
	while (rest.size > 0) {
		struct vs_http_header *header = &headers->items[headers->count];
		struct vs_bytes line;

		if (!take_line(&rest, &line))
			return VS_FAIL(BAD_MESSAGE);
		if (headers->count == VS_LIMIT_HTTP_HEADERS)
			return VS_FAIL(HEAD_TOO_LONG);
		/* A folded line begins with white space and white space may stand before no colon:
		 * neither is a token (RFC 9112 5.1, 5.2). */
		if (!take_until(&line, ':', &header->name) || !is_token(header->name))
			return VS_FAIL(BAD_MESSAGE);
		header->value = trim(line);
		if (!is_all(header->value, is_value_char))
			return VS_FAIL(BAD_MESSAGE);
		headers->count++;
	}
	return VS_OK;
}

/* RFC 9112 6: a message whose length could be read in two ways is the root of request smuggling. */
static vs_result
read_length(const struct vs_http_headers *headers, bool *has_length_out, uint64_t *length_out)
{
	size_t count = vs_http_header_count(headers, "content-length");
	struct vs_bytes value = {0};
	uint64_t length = 0;

	if (vs_http_header_count(headers, "transfer-encoding") > 0)
		return count > 0 ? VS_FAIL(BAD_MESSAGE) : VS_FAIL(BAD_TRANSFER);
	if (count > 1)
		return VS_FAIL(BAD_MESSAGE);
	if (vs_http_header_get(headers, "content-length", &value)) {
		if (value.size == 0 || value.size > 18) /* 10^18 fits, and nobody means it */
			return VS_FAIL(BAD_MESSAGE);
		for (size_t i = 0; i < value.size; i++) {
			if (!is_digit(value.data[i]))
				return VS_FAIL(BAD_MESSAGE);
			length = length * 10 + (uint64_t)(value.data[i] - '0');
		}
	}
	*has_length_out = count == 1;
	*length_out = length;
	return VS_OK;
}

static enum vs_http_method
method_of(struct vs_bytes text)
{
	static const char *const names[] = {
	    [VS_HTTP_GET] = "GET",         [VS_HTTP_HEAD] = "HEAD",   [VS_HTTP_POST] = "POST",
	    [VS_HTTP_PUT] = "PUT",         [VS_HTTP_PATCH] = "PATCH", [VS_HTTP_DELETE] = "DELETE",
	    [VS_HTTP_OPTIONS] = "OPTIONS",
	};

	for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (vs_bytes_equal_text(text, names[i]))
			return (enum vs_http_method)i;
	}
	return VS_HTTP_OTHER;
}

static vs_result
parse_request_line(struct vs_bytes line, struct vs_http_request *request)
{
	struct vs_bytes rest;

	if (!take_until(&line, ' ', &request->method_text) || !is_token(request->method_text) ||
	    !take_until(&line, ' ', &request->target))
		return VS_FAIL(BAD_MESSAGE);
	VS_TRY(check_version(line));
	rest = request->target;
	if (rest.size == 0 || rest.data[0] != '/' || !is_all(rest, is_target_char))
		return VS_FAIL(BAD_MESSAGE);
	request->path = rest;
	request->query = (struct vs_bytes){NULL, 0};
	if (take_until(&rest, '?', &request->path))
		request->query = rest;
	if (request->path.size > VS_LIMIT_HTTP_PATH_SIZE)
		return VS_FAIL(URI_TOO_LONG);
	request->method = method_of(request->method_text);
	return VS_OK;
}

vs_result
vs_http_request_parse(struct vs_bytes input, struct vs_http_request *request_out)
{
	struct vs_http_request *request = request_out;
	struct vs_bytes rest, line;
	bool has_length;

	assert(request_out != NULL);
	VS_TRY(find_head(input, &rest));
	request->head_size = rest.size + 2;
	if (!take_line(&rest, &line))
		return VS_FAIL(BAD_MESSAGE);
	VS_TRY(parse_request_line(line, request));
	VS_TRY(parse_headers(rest, &request->headers));
	/* RFC 9112 3.2: 400 for a request without Host, with two, or with one that is no host. */
	if (vs_http_header_count(&request->headers, "host") != 1 ||
	    !vs_http_header_get(&request->headers, "host", &request->host) ||
	    request->host.size == 0 || !is_all(request->host, is_host_char))
		return VS_FAIL(BAD_MESSAGE);
	VS_TRY(read_length(&request->headers, &has_length, &request->content_length));
	request->keep_alive = !vs_http_header_has_token(&request->headers, "connection", "close");
	return VS_OK;
}

static vs_result
parse_status_line(struct vs_bytes line, struct vs_http_response *response)
{
	struct vs_bytes version, status;

	if (!take_until(&line, ' ', &version) || !take_until(&line, ' ', &status))
		return VS_FAIL(BAD_MESSAGE);
	VS_TRY(check_version(version));
	if (status.size != 3 || status.data[0] < '1' || status.data[0] > '5')
		return VS_FAIL(BAD_MESSAGE);
	response->status = 0;
	for (size_t i = 0; i < 3; i++) {
		if (!is_digit(status.data[i]))
			return VS_FAIL(BAD_MESSAGE);
		response->status = response->status * 10 + (status.data[i] - '0');
	}
	if (!is_all(line, is_value_char))
		return VS_FAIL(BAD_MESSAGE);
	response->reason = line;
	return VS_OK;
}

vs_result
vs_http_response_parse(struct vs_bytes input, struct vs_http_response *response_out)
{
	struct vs_http_response *response = response_out;
	struct vs_bytes rest, line;

	assert(response_out != NULL);
	VS_TRY(find_head(input, &rest));
	response->head_size = rest.size + 2;
	if (!take_line(&rest, &line))
		return VS_FAIL(BAD_MESSAGE);
	VS_TRY(parse_status_line(line, response));
	VS_TRY(parse_headers(rest, &response->headers));
	VS_TRY(read_length(&response->headers, &response->has_content_length,
	                   &response->content_length));
	response->keep_alive = !vs_http_header_has_token(&response->headers, "connection", "close");
	return VS_OK;
}
