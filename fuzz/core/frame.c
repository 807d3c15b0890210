/* SPDX-License-Identifier: Apache-2.0 */
/* The head of a message lies within it, and what is no head has nothing. */
#include <stdlib.h>

#include "core/frame.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
is_within(struct vs_bytes part, const uint8_t *data, size_t size)
{
	if (part.size > 0 && (part.data < data || part.data + part.size > data + size))
		abort();
	for (size_t i = 0; i < part.size; i++)
		if (part.data[i] == '"' || part.data[i] == '\\')
			abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct vs_core_frame_head head;

	vs_core_frame_head(vs_bytes_from(data, size), &head);
	is_within(head.id, data, size);
	is_within(head.action, data, size);
	if (head.type == VS_CORE_FRAME_PLAIN && (head.id.size > 0 || head.action.size > 0))
		abort();
	return 0;
}
