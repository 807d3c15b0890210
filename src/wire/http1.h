/* SPDX-License-Identifier: Apache-2.0 */
/*
 * HTTP/1.1 heads, strict (RFC 9112), and what is read out of them.
 *
 * Refused: bare LF, obs-fold, white space before a colon, targets other than origin-form, any
 * version but HTTP/1.1, no Host or two, Transfer-Encoding of any kind, a Content-Length that is not
 * one plain number. Everything parsed is a view into the input and lives as long as that stays in
 * place. Limits: VS_LIMIT_HTTP_HEAD_SIZE, _HTTP_HEADERS, _HTTP_PATH_SIZE. Bodies are the caller's
 * affair.
 *
 * http1.c parses, http_field.c looks things up, http_write.c writes.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/limits.h"

enum vs_http_method {
	VS_HTTP_GET,
	VS_HTTP_HEAD,
	VS_HTTP_POST,
	VS_HTTP_PUT,
	VS_HTTP_PATCH,
	VS_HTTP_DELETE,
	VS_HTTP_OPTIONS,
	VS_HTTP_OTHER, /* a well-formed token that is none of them */
};

struct vs_http_header {
	struct vs_bytes name;
	struct vs_bytes
	    value; /* without the white space around it; any byte but CTL (HTAB is allowed) */
};

struct vs_http_headers {
	size_t count;
	struct vs_http_header items[VS_LIMIT_HTTP_HEADERS];
};

struct vs_http_request {
	enum vs_http_method method;
	struct vs_bytes method_text;
	struct vs_bytes target; /* "/a/b?c=d", printable ASCII */
	struct vs_bytes path;   /* "/a/b", still percent-encoded */
	struct vs_bytes query;  /* "c=d", or empty */
	struct vs_bytes host;
	struct vs_http_headers headers;
	uint64_t content_length; /* 0 when there is no Content-Length */
	bool keep_alive;         /* no "Connection: close" */
	size_t head_size; /* bytes of the input that the head took, the empty line included */
};

struct vs_http_response {
	int status; /* 100 to 599 */
	struct vs_bytes reason;
	struct vs_http_headers headers;
	bool has_content_length;
	uint64_t content_length;
	bool keep_alive;
	size_t head_size;
};

/*
 * AGAIN: no complete head yet. BAD_MESSAGE (400), BAD_HTTP_VERSION (505), BAD_TRANSFER (501),
 * HEAD_TOO_LONG (431), URI_TOO_LONG (414): answer vs_err_http() and close. *request_out is
 * undefined on failure; it has about 2 KiB and may live on the stack.
 */
VS_RESULT vs_http_request_parse(struct vs_bytes input, struct vs_http_request *request_out);
VS_RESULT vs_http_response_parse(struct vs_bytes input, struct vs_http_response *response_out);

/* ---- looking things up (http_field.c); header names are compared without case ---- */

/* The first header of that name; false and untouched when there is none. */
bool vs_http_header_get(const struct vs_http_headers *headers, const char *name,
                        struct vs_bytes *value_out);
size_t vs_http_header_count(const struct vs_http_headers *headers, const char *name);
/* Does a comma list, in any header of that name, hold the token (compared without case)? */
bool vs_http_header_has_token(const struct vs_http_headers *headers, const char *name,
                              const char *token);
/* Take the next non-empty item off a comma list; a comma inside a quoted string does not separate.
 */
bool vs_http_list_next(struct vs_bytes *rest, struct vs_bytes *item_out);
/* The same for ';' parameters. */
bool vs_http_parameter_next(struct vs_bytes *rest, struct vs_bytes *item_out);

/* Take the next segment off a path: "/a//b" gives "a", "", "b"; "/" gives one empty segment. */
bool vs_http_path_next(struct vs_bytes *rest, struct vs_bytes *segment_out);
/* Percent-decode one path segment. BAD_VALUE: bad hexadecimal, a decoded NUL, '/' or '\\', or the
 * segments
 * "." and "..". TOO_LONG: does not fit. The result may be any bytes: check UTF-8 where text is
 * needed. */
VS_RESULT vs_http_segment_decode(struct vs_bytes segment, char *text, size_t text_size,
                                 size_t *size_out);
/* The raw value of the first such parameter of a query string; "a" and "a=" give the empty view. */
bool vs_http_query_get(struct vs_bytes query, const char *name, struct vs_bytes *value_out);
/* Decode it: percent and '+' for space. BAD_VALUE: bad hexadecimal, a decoded NUL. */
VS_RESULT vs_http_query_decode(struct vs_bytes value, char *text, size_t text_size,
                               size_t *size_out);

/* RFC 6265 5.4; the first cookie of that name (case-sensitive), quotes kept. */
bool vs_http_cookie_get(const struct vs_http_headers *headers, const char *name,
                        struct vs_bytes *value_out);
/* The token of "Authorization: Bearer x". False unless there is exactly one Authorization header.
 */
bool vs_http_bearer_get(const struct vs_http_headers *headers, struct vs_bytes *token_out);

#define VS_HTTP_BASIC_SIZE_MAX 256
/*
 * The credentials of "Authorization: Basic x" (RFC 7617), decoded into `room`, split at the first
 * ':'. The password may hold any bytes, NUL and ':' too. The padding of the base64 may be left out:
 * there are stations that do. MISSING: no Authorization header or
 * another scheme. BAD_ENCODING, BAD_MESSAGE (no colon, two headers), TOO_LONG. The caller wipes
 * `room`.
 */
VS_RESULT vs_http_basic_get(const struct vs_http_headers *headers,
                            uint8_t room[static VS_HTTP_BASIC_SIZE_MAX], struct vs_bytes *user_out,
                            struct vs_bytes *password_out);

/*
 * RFC 6455 4.2.1. On success *key_out is the Sec-WebSocket-Key as text (24 characters, for SHA-1).
 * BAD_METHOD (405), BAD_WS_VERSION (426, answer "Sec-WebSocket-Version: 13"), BAD_UPGRADE (400);
 * then *reason_out is a sentence for the log and for the peer.
 */
VS_RESULT vs_http_upgrade_check(const struct vs_http_request *request, struct vs_bytes *key_out,
                                const char **reason_out);
/* Does the request ask for a WebSocket at all? (It need not do it well.) */
bool vs_http_is_upgrade(const struct vs_http_request *request);

/* ---- writing (http_write.c) ---- */

const char *vs_http_status_text(int status); /* "Not Found"; "Unknown" for what is not known */
/* "HTTP/1.1 404 Not Found" CRLF */
VS_RESULT vs_http_response_begin(struct vs_buf *out, int status);
/* "GET /target HTTP/1.1" CRLF "Host: host" CRLF. BAD_VALUE: a byte that cannot stand there. */
VS_RESULT vs_http_request_begin(struct vs_buf *out, const char *method, struct vs_bytes target,
                                struct vs_bytes host);
/* BAD_VALUE: the name is no token, or the value holds a control character: nothing can be smuggled
 * in. */
VS_RESULT vs_http_header_add(struct vs_buf *out, const char *name, struct vs_bytes value);
VS_RESULT vs_http_header_add_text(struct vs_buf *out, const char *name, const char *value);
VS_RESULT vs_http_header_add_number(struct vs_buf *out, const char *name, uint64_t value);
VS_RESULT vs_http_head_end(struct vs_buf *out);
/* A whole small response: head, Content-Type (may be NULL), Content-Length, body; "Connection:
 * close" when not keep_alive. */
VS_RESULT vs_http_response_write(struct vs_buf *out, int status, const char *content_type,
                                 struct vs_bytes body, bool keep_alive);
