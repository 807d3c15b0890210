/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as a compressed message; and any bytes compressed and back. */
#include <stdlib.h>

#include "base/limits.h"
#include "wire/websocket_deflate.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define MESSAGE_MAX 100000u

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct vs_ws_deflate *deflate;
	struct vs_bytes packed, message;

	if (deflate == NULL && vs_ws_deflate_new(MESSAGE_MAX, &deflate).code != VS_E_OK)
		abort();
	if (size > MESSAGE_MAX)
		return 0;
	if (vs_ws_inflate(deflate, vs_bytes_from(data, size), MESSAGE_MAX,
	                  VS_LIMIT_WS_INFLATE_RATIO, &message)
	            .code == VS_E_OK &&
	    (message.size > MESSAGE_MAX || (message.size > VS_WS_INFLATE_FREE &&
	                                    message.size / VS_LIMIT_WS_INFLATE_RATIO > size)))
		abort();
	if (vs_ws_compress(deflate, vs_bytes_from(data, size), &packed).code != VS_E_OK)
		return 0;
	if (packed.size >= size)
		abort();
	/* too well packed is refused, above the free size */
	if (vs_ws_inflate(deflate, packed, MESSAGE_MAX, VS_LIMIT_WS_INFLATE_RATIO, &message).code !=
	    VS_E_OK) {
		if (size <= VS_WS_INFLATE_FREE)
			abort();
	} else if (!vs_bytes_equal(message, vs_bytes_from(data, size))) {
		abort();
	}
	return 0;
}
