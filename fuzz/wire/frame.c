/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A stream of the framed TCP protocol, read at once and byte by byte: the same events. A frame that
 * was read is encoded again and must be read again. The first byte chooses scope and character set.
 */
#include <stdlib.h>

#include "wire/frame.h"
#include "wire/utf8.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define FRAME_MAX 300u

static void
check_data(const struct vs_frame *frame, bool is_utf8, struct vs_bytes data)
{
	enum vs_frame_scope scope = vs_frame_scope_known(frame);
	struct vs_frame_event event;
	struct vs_frame again;
	struct vs_bytes input;
	struct vs_buf out;

	if (data.size > FRAME_MAX || !vs_utf8_is_valid(data))
		abort();
	vs_buf_init(&out, FRAME_MAX + 3);
	if (vs_frame_encode(scope, is_utf8, data, &out).code != VS_E_OK)
		abort();
	vs_frame_init(&again, scope, is_utf8, FRAME_MAX);
	input = vs_buf_view(&out);
	if (vs_frame_receive(&again, &input, &event).code != VS_E_OK ||
	    event.type != VS_FRAME_EVENT_DATA || !vs_bytes_equal(event.data, data))
		abort();
	vs_frame_done(&again);
	vs_buf_done(&out);
}

static uint64_t
receive(enum vs_frame_scope scope, bool is_utf8, struct vs_bytes bytes, size_t step)
{
	uint64_t seen = 14695981039346656037u;
	vs_result r = VS_FAIL(AGAIN);
	struct vs_frame_event event;
	struct vs_frame frame;

	vs_frame_init(&frame, scope, is_utf8, FRAME_MAX);
	for (size_t at = 0; at < bytes.size && r.code == VS_E_AGAIN; at += step) {
		struct vs_bytes input = {bytes.data + at,
		                         bytes.size - at < step ? bytes.size - at : step};

		while ((r = vs_frame_receive(&frame, &input, &event)).code == VS_E_OK) {
			seen = (seen ^ event.type ^ (uint64_t)event.control << 8) * 1099511628211u;
			for (size_t i = 0; i < event.data.size; i++)
				seen = (seen ^ event.data.data[i]) * 1099511628211u;
			if (event.type == VS_FRAME_EVENT_DATA)
				check_data(&frame, is_utf8, event.data);
		}
		if (r.code == VS_E_AGAIN && input.size != 0)
			abort();
	}
	vs_frame_done(&frame);
	return seen ^ r.code;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	enum vs_frame_scope scope;
	bool is_utf8;

	if (size < 1)
		return 0;
	scope = (enum vs_frame_scope)(data[0] & 3);
	is_utf8 = (data[0] & 4) != 0;
	if (receive(scope, is_utf8, vs_bytes_from(data + 1, size - 1), size) !=
	    receive(scope, is_utf8, vs_bytes_from(data + 1, size - 1), 1))
		abort();
	return 0;
}
