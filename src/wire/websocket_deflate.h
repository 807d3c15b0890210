/* SPDX-License-Identifier: Apache-2.0 */
/*
 * permessage-deflate (RFC 7692), always without context takeover in both directions: one inflater
 * and one deflater per thread serve all its connections, none of which holds any memory for it.
 *
 * Because a message then refers to nothing but itself, a window of n bits is honoured by leaving
 * messages of more than 2^n bytes uncompressed.
 *
 * Limits: the inflated size is capped while inflating, at the connection's message size and, above
 * VS_WS_INFLATE_FREE bytes, at the caller's ratio (VS_LIMIT_WS_INFLATE_RATIO) to the compressed
 * size.
 */
#pragma once

#include <stdint.h>

#include "base/bytes.h"
#include "wire/http1.h"

#define VS_WS_DEFLATE_SIZE_MIN 256u   /* shorter messages are not worth it */
#define VS_WS_INFLATE_FREE     16384u /* up to here any ratio is accepted */

struct vs_ws_deflate;

/* size_max: the largest message of any connection that will use it. */
VS_RESULT vs_ws_deflate_new(size_t size_max, struct vs_ws_deflate **deflate_out);
void vs_ws_deflate_free(struct vs_ws_deflate **deflate);

/* What the two agreed on. All zero: no compression. */
struct vs_ws_deflate_terms {
	uint8_t server_window_bits; /* 8 to 15; give it to vs_ws_init() of a server */
	uint8_t client_window_bits; /* 8 to 15; give it to vs_ws_init() of a client */
	bool has_server_bits; /* the offer named server_max_window_bits: the answer must, too */
};

/* Server: the first acceptable offer in the Sec-WebSocket-Extensions headers. False when there is
 * none: the connection then goes on without (RFC 7692 5: a bad offer is declined, not an error). */
bool vs_ws_deflate_choose(const struct vs_http_headers *headers,
                          struct vs_ws_deflate_terms *terms_out);
/* The value of the Sec-WebSocket-Extensions header of the answer, with a NUL. */
#define VS_WS_DEFLATE_ANSWER_SIZE 128
void vs_ws_deflate_answer(const struct vs_ws_deflate_terms *terms,
                          char text[static VS_WS_DEFLATE_ANSWER_SIZE]);

/* Client: the value to offer, and the check of the server's answer. An answer without the extension
 * gives zero terms; BAD_UPGRADE when it holds what was not offered (the client must fail the
 * connection). */
#define VS_WS_DEFLATE_OFFER                                                                        \
	"permessage-deflate; server_no_context_takeover; client_no_context_takeover; "             \
	"client_max_window_bits"
VS_RESULT vs_ws_deflate_check(const struct vs_http_headers *headers,
                              struct vs_ws_deflate_terms *terms_out);

/* The payload of one whole message. The view lives until the next use of deflate.
 * BAD_MESSAGE: no valid stream or trailing bytes; TOO_LONG; NO_MEMORY. size_max is that of the
 * connection; ratio_max 0: any ratio. */
VS_RESULT vs_ws_inflate(struct vs_ws_deflate *deflate, struct vs_bytes data, size_t size_max,
                        unsigned ratio_max, struct vs_bytes *message_out);
/* NOT_NOW: it would not get smaller, send it as it is. */
VS_RESULT vs_ws_compress(struct vs_ws_deflate *deflate, struct vs_bytes message,
                         struct vs_bytes *data_out);
