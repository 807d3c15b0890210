/* SPDX-License-Identifier: Apache-2.0 */
#include <assert.h>
#include <inttypes.h>
#include <string.h>

#include "wire/http1.h"

static const struct {
	int status;
	const char *text;
} statuses[] = {
    {100, "Continue"},
    {101, "Switching Protocols"},
    {200, "OK"},
    {201, "Created"},
    {202, "Accepted"},
    {204, "No Content"},
    {301, "Moved Permanently"},
    {302, "Found"},
    {303, "See Other"},
    {304, "Not Modified"},
    {307, "Temporary Redirect"},
    {308, "Permanent Redirect"},
    {400, "Bad Request"},
    {401, "Unauthorized"},
    {403, "Forbidden"},
    {404, "Not Found"},
    {405, "Method Not Allowed"},
    {406, "Not Acceptable"},
    {408, "Request Timeout"},
    {409, "Conflict"},
    {410, "Gone"},
    {411, "Length Required"},
    {412, "Precondition Failed"},
    {413, "Content Too Large"},
    {414, "URI Too Long"},
    {415, "Unsupported Media Type"},
    {421, "Misdirected Request"},
    {422, "Unprocessable Content"},
    {426, "Upgrade Required"},
    {428, "Precondition Required"},
    {429, "Too Many Requests"},
    {431, "Request Header Fields Too Large"},
    {500, "Internal Server Error"},
    {501, "Not Implemented"},
    {502, "Bad Gateway"},
    {503, "Service Unavailable"},
    {504, "Gateway Timeout"},
    {505, "HTTP Version Not Supported"},
};

const char *
vs_http_status_text(int status)
{
	for (size_t i = 0; i < sizeof(statuses) / sizeof(statuses[0]); i++) {
		if (statuses[i].status == status)
			return statuses[i].text;
	}
	return "Unknown";
}

vs_result
vs_http_response_begin(struct vs_buf *out, int status)
{
	assert(out != NULL && status >= 100 && status <= 599);
	return vs_buf_printf(out, "HTTP/1.1 %d %s\r\n", status, vs_http_status_text(status));
}

static bool
is_token(const char *text)
{
	static const char allowed[] = "!#$%&'*+-.^_`|~0123456789"
				      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

	return text[0] != 0 && text[strspn(text, allowed)] == 0;
}

/* Graphic ASCII, and whatever `low` lets in below it. */
static bool
is_between(struct vs_bytes view, uint8_t low, uint8_t high)
{
	for (size_t i = 0; i < view.size; i++) {
		if (view.data[i] < low || view.data[i] > high)
			return false;
	}
	return true;
}

vs_result
vs_http_request_begin(struct vs_buf *out, const char *method, struct vs_bytes target,
                      struct vs_bytes host)
{
	assert(out != NULL && method != NULL);
	if (!is_token(method) || target.size == 0 || target.data[0] != '/' ||
	    !is_between(target, 0x21, 0x7e) || host.size == 0 || !is_between(host, 0x21, 0x7e))
		return VS_FAIL(BAD_VALUE);
	if (target.size > VS_LIMIT_HTTP_HEAD_SIZE || host.size > VS_LIMIT_HTTP_HEAD_SIZE)
		return VS_FAIL(TOO_LONG);
	return vs_buf_printf(out, "%s %.*s HTTP/1.1\r\nHost: %.*s\r\n", method,
	                     VS_BYTES_PRINTF(target), VS_BYTES_PRINTF(host));
}

static bool
is_field_value(struct vs_bytes value)
{
	for (size_t i = 0; i < value.size; i++) {
		if ((value.data[i] < 0x20 && value.data[i] != '\t') || value.data[i] == 0x7f)
			return false;
	}
	return true;
}

vs_result
vs_http_header_add(struct vs_buf *out, const char *name, struct vs_bytes value)
{
	size_t size_before;
	vs_result r;

	assert(out != NULL && name != NULL);
	if (!is_token(name) || !is_field_value(value))
		return VS_FAIL(BAD_VALUE);
	size_before = out->size;
	r = vs_buf_printf(out, "%s: ", name);
	if (r.code == VS_E_OK)
		r = vs_buf_append_bytes(out, value);
	if (r.code == VS_E_OK)
		r = vs_buf_append_text(out, "\r\n");
	if (r.code != VS_E_OK)
		out->size = size_before; /* half a header would swallow what follows */
	return r;
}

vs_result
vs_http_header_add_text(struct vs_buf *out, const char *name, const char *value)
{
	return vs_http_header_add(out, name, vs_bytes_from_text(value));
}

vs_result
vs_http_header_add_number(struct vs_buf *out, const char *name, uint64_t value)
{
	assert(out != NULL && name != NULL);
	if (!is_token(name))
		return VS_FAIL(BAD_VALUE);
	return vs_buf_printf(out, "%s: %" PRIu64 "\r\n", name, value);
}

vs_result
vs_http_head_end(struct vs_buf *out)
{
	return vs_buf_append_text(out, "\r\n");
}

static vs_result
write_response(struct vs_buf *out, int status, const char *content_type, struct vs_bytes body,
               bool keep_alive)
{
	VS_TRY(vs_http_response_begin(out, status));
	if (content_type != NULL)
		VS_TRY(vs_http_header_add_text(out, "Content-Type", content_type));
	/* RFC 9110 8.6: none in a 1xx or 204 response. */
	if (status >= 200 && status != 204)
		VS_TRY(vs_http_header_add_number(out, "Content-Length", body.size));
	if (!keep_alive)
		VS_TRY(vs_http_header_add_text(out, "Connection", "close"));
	VS_TRY(vs_http_head_end(out));
	return vs_buf_append_bytes(out, body);
}

vs_result
vs_http_response_write(struct vs_buf *out, int status, const char *content_type,
                       struct vs_bytes body, bool keep_alive)
{
	size_t size_before;
	vs_result r;

	assert(out != NULL);
	assert(body.size == 0 || (status >= 200 && status != 204 && status != 304));
	size_before = out->size;
	r = write_response(out, status, content_type, body, keep_alive);
	if (r.code != VS_E_OK)
		out->size = size_before;
	return r;
}
