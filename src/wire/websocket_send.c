/* SPDX-License-Identifier: Apache-2.0 */
#include <assert.h>
#include <string.h>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include "wire/websocket.h"
#include "wire/websocket_deflate.h"

enum { FIN = 0x80, RSV1 = 0x40, MASKED = 0x80 };

#define CONTROL_SIZE_MAX 125u
#define HIGH_BITS        UINT64_C(0x8080808080808080)

bool
vs_ws_mask(uint8_t *data, size_t size, uint32_t mask)
{
	uint64_t wide = (uint64_t)mask << 32 | mask, word, seen = 0;
	const uint8_t *key = (const uint8_t *)&mask;
	uint32_t half;
	size_t i = 0;

#ifdef __SSE2__
	__m128i keys = _mm_set1_epi32((int)mask), all = _mm_setzero_si128();

	for (; size - i >= 16; i += 16) {
		__m128i *at = (__m128i *)(void *)(data + i);
		__m128i bytes = _mm_xor_si128(_mm_loadu_si128(at), keys);

		all = _mm_or_si128(all, bytes);
		_mm_storeu_si128(at, bytes);
	}
	seen = _mm_movemask_epi8(all) == 0 ? 0 : HIGH_BITS;
#endif
	for (; size - i >= 8; i += 8) {
		memcpy(&word, data + i, 8);
		word ^= wide;
		seen |= word;
		memcpy(data + i, &word, 8);
	}
	if (size - i >= 4) {
		memcpy(&half, data + i, 4);
		half ^= mask;
		seen |= half;
		memcpy(data + i, &half, 4);
		i += 4;
	}
	for (; i < size; i++) {
		data[i] ^= key[i & 3];
		seen |= data[i];
	}
	return (seen & HIGH_BITS) == 0;
}

static bool
is_control(enum vs_ws_type type)
{
	return type >= VS_WS_CLOSE;
}

static size_t
write_header(const struct vs_ws *ws, uint8_t first, uint64_t payload_size, uint32_t mask,
             uint8_t header[static VS_WS_HEADER_SIZE_MAX])
{
	size_t bytes = payload_size <= 125 ? 0 : payload_size <= 0xffff ? 2 : 8;
	size_t used = 2;

	header[0] = first;
	header[1] = (uint8_t)(bytes == 0 ? payload_size : bytes == 2 ? 126 : 127);
	for (size_t i = bytes; i > 0; i--)
		header[used++] = (uint8_t)(payload_size >> (8 * (i - 1)));
	if (ws->is_client) {
		header[1] |= MASKED;
		memcpy(header + used, &mask, 4);
		used += 4;
	}
	return used;
}

static vs_result
append_frame(const struct vs_ws *ws, uint8_t first, struct vs_bytes payload, uint32_t mask,
             struct vs_buf *out)
{
	uint8_t header[VS_WS_HEADER_SIZE_MAX];
	size_t size = write_header(ws, first, payload.size, mask, header);
	uint8_t *room = NULL;

	if (payload.size > SIZE_MAX - VS_WS_HEADER_SIZE_MAX)
		return VS_FAIL(TOO_LONG);
	VS_TRY(vs_buf_reserve(out, size + payload.size, &room));
	memcpy(room, header, size);
	if (payload.size > 0)
		memcpy(room + size, payload.data, payload.size);
	if (ws->is_client)
		vs_ws_mask(room + size, payload.size, mask);
	out->size += size + payload.size;
	return VS_OK;
}

vs_result
vs_ws_send(const struct vs_ws *ws, struct vs_ws_deflate *deflate, enum vs_ws_type type,
           struct vs_bytes payload, uint32_t mask, struct vs_buf *out)
{
	uint8_t first = (uint8_t)(FIN | (unsigned)type);

	assert(ws != NULL && out != NULL && type != VS_WS_CLOSE);
	assert(!is_control(type) || payload.size <= CONTROL_SIZE_MAX);
	/* Not larger than the agreed window: then nothing in it can refer further back than
	 * allowed. */
	if (deflate != NULL && ws->window_bits != 0 && !is_control(type) &&
	    payload.size >= VS_WS_DEFLATE_SIZE_MIN &&
	    payload.size <= (size_t)1 << ws->window_bits &&
	    vs_ws_compress(deflate, payload, &payload).code == VS_E_OK)
		first |= RSV1;
	return append_frame(ws, first, payload, mask, out);
}

vs_result
vs_ws_send_close(const struct vs_ws *ws, uint16_t code, struct vs_bytes reason, uint32_t mask,
                 struct vs_buf *out)
{
	uint8_t payload[CONTROL_SIZE_MAX];
	size_t size = vs_utf8_cut(reason, CONTROL_SIZE_MAX - 2);

	assert(ws != NULL && out != NULL);
	assert(code == VS_WS_CLOSE_NO_CODE || vs_ws_is_close_code(code));
	if (code == VS_WS_CLOSE_NO_CODE)
		return append_frame(ws, FIN | VS_WS_CLOSE, (struct vs_bytes){NULL, 0}, mask, out);
	payload[0] = (uint8_t)(code >> 8);
	payload[1] = (uint8_t)code;
	if (size > 0)
		memcpy(payload + 2, reason.data, size);
	return append_frame(ws, FIN | VS_WS_CLOSE, (struct vs_bytes){payload, size + 2}, mask, out);
}
