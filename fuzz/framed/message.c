/* SPDX-License-Identifier: Apache-2.0 */
/* One message of the framed network: what is read can be written, and is then read as the same. */
#include <stdlib.h>

#include "framed/message.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define SIZE_MAX_ 4096u

static void
check_same(const struct vs_framed_message *a, const struct vs_framed_message *b)
{
	if (a->type != b->type || a->count != b->count)
		abort();
	for (size_t i = 0; i < a->count; i++) {
		/* Money is written to the cent. */
		int64_t difference = a->numbers[i] - b->numbers[i];

		if (difference > 5000 || difference < -5000)
			abort();
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct vs_framed_message message, again;
	struct vs_buf out, twice;

	if (size > SIZE_MAX_ || vs_framed_read(vs_bytes_from(data, size), &message).code != VS_E_OK)
		return 0;
	vs_buf_init(&out, 2 * SIZE_MAX_);
	vs_buf_init(&twice, 2 * SIZE_MAX_);
	if (vs_framed_write(&message, &out).code != VS_E_OK ||
	    vs_framed_read(vs_buf_view(&out), &again).code != VS_E_OK)
		abort();
	check_same(&message, &again);
	if (vs_framed_write(&again, &twice).code != VS_E_OK ||
	    !vs_bytes_equal(vs_buf_view(&out), vs_buf_view(&twice)))
		abort();
	if (vs_framed_row(message.type)->is_repeated)
		while (vs_framed_next(&message))
			;
	vs_buf_done(&out);
	vs_buf_done(&twice);
	return 0;
}
