/* SPDX-License-Identifier: Apache-2.0 */
#define ZLIB_CONST
#include "wire/websocket_deflate.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <zlib.h>

#include "base/limits.h"

#define WINDOW_BITS_MAX 15
#define INFLATE_STEP    16384u
#define LEVEL           3
#define MEMORY_LEVEL    5 /* a small hash table: it is cleared for each message */
#define TAIL_SIZE       4 /* 00 00 FF FF, which the wire leaves out: RFC 7692 7.2.1 */

struct vs_ws_deflate {
	z_stream inflater;
	z_stream deflater;
	bool has_inflater;
	bool has_deflater;
	struct vs_buf plain;
	struct vs_buf packed;
};

vs_result
vs_ws_deflate_new(size_t size_max, struct vs_ws_deflate **deflate_out)
{
	struct vs_ws_deflate *deflate = NULL;
	vs_result r = VS_FAIL(NO_MEMORY);

	assert(deflate_out != NULL && size_max < UINT32_MAX / 2);
	deflate = calloc(1, sizeof(*deflate));
	if (deflate == NULL)
		goto out;
	vs_buf_init(&deflate->plain, size_max + 1); /* one more tells "too long" from "just fits" */
	vs_buf_init(&deflate->packed, size_max);
	deflate->has_inflater = inflateInit2(&deflate->inflater, -WINDOW_BITS_MAX) == Z_OK;
	if (!deflate->has_inflater)
		goto out;
	deflate->has_deflater =
	    deflateInit2(&deflate->deflater, LEVEL, Z_DEFLATED, -WINDOW_BITS_MAX, MEMORY_LEVEL,
	                 Z_DEFAULT_STRATEGY) == Z_OK;
	if (!deflate->has_deflater)
		goto out;
	*deflate_out = deflate;
	deflate = NULL; /* ownership moved to the caller */
	r = VS_OK;
out:
	vs_ws_deflate_free(&deflate);
	return r;
}

void
vs_ws_deflate_free(struct vs_ws_deflate **deflate)
{
	assert(deflate != NULL);
	if (*deflate == NULL)
		return;
	if ((*deflate)->has_inflater)
		(void)inflateEnd(&(*deflate)->inflater);
	if ((*deflate)->has_deflater)
		(void)deflateEnd(&(*deflate)->deflater);
	vs_buf_done(&(*deflate)->plain);
	vs_buf_done(&(*deflate)->packed);
	free(*deflate);
	*deflate = NULL;
}

/* ---- negotiation ---- */

/* The parameters of one permessage-deflate offer or answer (RFC 7692 7.1). */
struct parameters {
	bool has_server_no_context;
	bool has_client_no_context;
	bool has_server_bits;
	bool has_client_bits;
	uint8_t server_bits; /* 0: without a value */
	uint8_t client_bits;
};

/* 8 to 15 in decimal without leading zero, possibly as a quoted string (RFC 6455 9.1); 0 when it is
 * not. */
static uint8_t
parse_bits(struct vs_bytes text)
{
	if (text.size >= 2 && text.data[0] == '"' && text.data[text.size - 1] == '"') {
		text.data++;
		text.size -= 2;
	}
	if (text.size == 1 && (text.data[0] == '8' || text.data[0] == '9'))
		return (uint8_t)(text.data[0] - '0');
	if (text.size == 2 && text.data[0] == '1' && text.data[1] >= '0' && text.data[1] <= '5')
		return (uint8_t)(10 + text.data[1] - '0');
	return 0;
}

/* "name" or "name=value"; has_value tells an empty value from none. */
static struct vs_bytes
split_parameter(struct vs_bytes item, struct vs_bytes *value_out, bool *has_value_out)
{
	for (size_t i = 0; i < item.size; i++) {
		if (item.data[i] == '=') {
			*value_out = (struct vs_bytes){item.data + i + 1, item.size - i - 1};
			*has_value_out = true;
			return (struct vs_bytes){item.data, i};
		}
	}
	*value_out = (struct vs_bytes){NULL, 0};
	*has_value_out = false;
	return item;
}

/* False when it was there before: a parameter must not come twice. */
static bool
set_once(bool *flag)
{
	bool is_first = !*flag;

	*flag = true;
	return is_first;
}

/* False: unknown, twice, or with a value that it must not have. */
static bool
read_parameter(struct vs_bytes item, struct parameters *p)
{
	struct vs_bytes value;
	bool has_value;
	struct vs_bytes name = split_parameter(item, &value, &has_value);

	if (vs_bytes_equal_nocase(name, "server_no_context_takeover"))
		return !has_value && set_once(&p->has_server_no_context);
	if (vs_bytes_equal_nocase(name, "client_no_context_takeover"))
		return !has_value && set_once(&p->has_client_no_context);
	if (vs_bytes_equal_nocase(name, "server_max_window_bits")) {
		p->server_bits = parse_bits(value);
		return p->server_bits != 0 && set_once(&p->has_server_bits);
	}
	if (vs_bytes_equal_nocase(name, "client_max_window_bits")) {
		p->client_bits = parse_bits(value);
		return (!has_value || p->client_bits != 0) && set_once(&p->has_client_bits);
	}
	return false;
}

static bool
read_extension(struct vs_bytes item, struct parameters *parameters_out)
{
	struct parameters p = {0};
	struct vs_bytes part;

	if (!vs_http_parameter_next(&item, &part) ||
	    !vs_bytes_equal_nocase(part, "permessage-deflate"))
		return false;
	while (vs_http_parameter_next(&item, &part)) {
		if (!read_parameter(part, &p))
			return false;
	}
	*parameters_out = p;
	return true;
}

bool
vs_ws_deflate_choose(const struct vs_http_headers *headers, struct vs_ws_deflate_terms *terms_out)
{
	struct parameters p;

	assert(headers != NULL && terms_out != NULL);
	for (size_t i = 0; i < headers->count; i++) {
		struct vs_bytes rest = headers->items[i].value, item;

		if (!vs_bytes_equal_nocase(headers->items[i].name, "sec-websocket-extensions"))
			continue;
		while (vs_http_list_next(&rest, &item)) {
			if (!read_extension(item, &p))
				continue;
			*terms_out = (struct vs_ws_deflate_terms){
			    .server_window_bits =
				p.has_server_bits ? p.server_bits : WINDOW_BITS_MAX,
			    .client_window_bits =
				p.client_bits != 0 ? p.client_bits : WINDOW_BITS_MAX,
			    .has_server_bits = p.has_server_bits,
			};
			return true;
		}
	}
	return false;
}

void
vs_ws_deflate_answer(const struct vs_ws_deflate_terms *terms,
                     char text[static VS_WS_DEFLATE_ANSWER_SIZE])
{
	char bits[32] = "";

	assert(terms != NULL && terms->server_window_bits != 0);
	if (terms->has_server_bits)
		(void)snprintf(bits, sizeof(bits), "; server_max_window_bits=%d",
		               terms->server_window_bits);
	(void)snprintf(
	    text, VS_WS_DEFLATE_ANSWER_SIZE,
	    "permessage-deflate; server_no_context_takeover; client_no_context_takeover%s", bits);
}

vs_result
vs_ws_deflate_check(const struct vs_http_headers *headers, struct vs_ws_deflate_terms *terms_out)
{
	struct vs_ws_deflate_terms terms = {0};
	struct parameters p;

	assert(headers != NULL && terms_out != NULL);
	for (size_t i = 0; i < headers->count; i++) {
		struct vs_bytes rest = headers->items[i].value, item;

		if (!vs_bytes_equal_nocase(headers->items[i].name, "sec-websocket-extensions"))
			continue;
		while (vs_http_list_next(&rest, &item)) {
			/* Without server_no_context_takeover, which was asked for, it would take an
			 * inflater for each connection; client_max_window_bits must have a value in
			 * an answer. */
			if (terms.client_window_bits != 0 || !read_extension(item, &p) ||
			    !p.has_server_no_context || (p.has_client_bits && p.client_bits == 0))
				return VS_FAIL(BAD_UPGRADE);
			terms.server_window_bits =
			    p.has_server_bits ? p.server_bits : WINDOW_BITS_MAX;
			terms.client_window_bits =
			    p.has_client_bits ? p.client_bits : WINDOW_BITS_MAX;
			terms.has_server_bits = p.has_server_bits;
		}
	}
	*terms_out = terms;
	return VS_OK;
}

/* ---- messages ---- */

struct inflation {
	struct vs_ws_deflate *deflate;
	size_t size_max;
	size_t packed_size; /* of the whole message */
	unsigned ratio_max; /* 0: any */
};

static bool
is_too_long(const struct inflation *job)
{
	size_t size = job->deflate->plain.size;

	if (size > job->size_max)
		return true;
	return job->ratio_max != 0 && size > VS_WS_INFLATE_FREE &&
	       size / job->ratio_max > job->packed_size;
}

/* Inflate all of `data`, in steps, so that a bomb is found after one step too much. */
static vs_result
inflate_part(const struct inflation *job, const uint8_t *data, size_t size, int flush)
{
	struct vs_buf *plain = &job->deflate->plain;
	z_stream *stream = &job->deflate->inflater;

	stream->next_in = data;
	stream->avail_in = (uInt)size;
	for (;;) {
		size_t left = job->size_max + 1 - plain->size;
		size_t step = left < INFLATE_STEP ? left : INFLATE_STEP;
		int rc;

		VS_TRY(vs_buf_reserve(plain, step, &stream->next_out));
		stream->avail_out = (uInt)step;
		rc = inflate(stream, flush);
		plain->size += step - stream->avail_out;
		if (is_too_long(job))
			return VS_FAIL(TOO_LONG);
		/* RFC 7692 7.2.3.4: a block may be marked as the last one, and the message goes on.
		 */
		if (rc == Z_STREAM_END)
			rc = inflateReset(stream);
		if (rc == Z_MEM_ERROR)
			return VS_FAIL(NO_MEMORY);
		if (rc != Z_OK && rc != Z_BUF_ERROR)
			return VS_FAIL(BAD_MESSAGE);
		if (rc == Z_BUF_ERROR || flush == Z_BLOCK ||
		    (stream->avail_in == 0 && stream->avail_out > 0))
			return VS_OK;
	}
}

vs_result
vs_ws_inflate(struct vs_ws_deflate *deflate, struct vs_bytes data, size_t size_max,
              unsigned ratio_max, struct vs_bytes *message_out)
{
	static const uint8_t tail[TAIL_SIZE] = {0x00, 0x00, 0xff, 0xff};
	struct inflation job = {deflate, size_max, data.size, ratio_max};

	assert(deflate != NULL && message_out != NULL);
	assert(size_max < deflate->plain.size_max);
	vs_buf_reset(&deflate->plain);
	if (data.size > UINT32_MAX / 2 || inflateReset(&deflate->inflater) != Z_OK)
		return VS_FAIL(BAD_MESSAGE);
	if (data.size > 0)
		VS_TRY(inflate_part(&job, data.data, data.size, Z_SYNC_FLUSH));
	if (deflate->inflater.avail_in != 0)
		return VS_FAIL(BAD_MESSAGE);
	VS_TRY(inflate_part(&job, tail, sizeof(tail), Z_BLOCK));
	/* The tail must have closed an empty stored block (7.2.2): all of it is taken, we stand
	 * behind the end of a block (128), not of the last one (64), with no bit left over. */
	if (deflate->inflater.avail_in != 0 || (deflate->inflater.data_type & 0xdf) != 128)
		return VS_FAIL(BAD_MESSAGE);
	*message_out = vs_buf_view(&deflate->plain);
	return VS_OK;
}

vs_result
vs_ws_compress(struct vs_ws_deflate *shared, struct vs_bytes message, struct vs_bytes *data_out)
{
	z_stream *stream;
	uint8_t *room = NULL;

	assert(shared != NULL && data_out != NULL);
	if (message.size <= TAIL_SIZE)
		return VS_FAIL(NOT_NOW);
	stream = &shared->deflater;
	vs_buf_reset(&shared->packed);
	VS_TRY(vs_buf_reserve(&shared->packed, message.size, &room));
	if (deflateReset(stream) != Z_OK)
		return VS_FAIL(NOT_NOW);
	stream->next_in = message.data;
	stream->avail_in = (uInt)message.size;
	stream->next_out = room;
	stream->avail_out = (uInt)message.size;
	/* Room only for what is smaller: when it is used up, compressing is not worth it. */
	if (deflate(stream, Z_SYNC_FLUSH) != Z_OK || stream->avail_in > 0 || stream->avail_out == 0)
		return VS_FAIL(NOT_NOW);
	shared->packed.size = message.size - stream->avail_out - TAIL_SIZE;
	*data_out = vs_buf_view(&shared->packed);
	return VS_OK;
}
