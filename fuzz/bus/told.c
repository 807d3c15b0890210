/* SPDX-License-Identifier: Apache-2.0 */
/* What a node tells of an event: what is read can be written and means the same. */
#include <stdlib.h>
#include <string.h>

#include "bus/told.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct vs_bus_told told, back;
	struct vs_buf text, again;

	if (vs_bus_told_read(vs_bytes_from(data, size), &told).code != VS_E_OK)
		return 0;
	vs_buf_init(&text, 65536);
	vs_buf_init(&again, 65536);
	if (vs_bus_told_write(&told, &text).code != VS_E_OK ||
	    vs_bus_told_read(vs_buf_view(&text), &back).code != VS_E_OK ||
	    vs_bus_told_write(&back, &again).code != VS_E_OK ||
	    !vs_bytes_equal(vs_buf_view(&text), vs_buf_view(&again)))
		abort();
	vs_buf_done(&text);
	vs_buf_done(&again);
	return 0;
}
