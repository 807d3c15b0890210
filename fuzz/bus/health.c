/* SPDX-License-Identifier: Apache-2.0 */
/* How another node says that it is: what is read can be written and means the same. */
#include <stdlib.h>

#include "bus/health.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct vs_health_row row, back;
	struct vs_buf text, again;
	bool is_leaving = false, still = false;

	if (vs_health_read(vs_bytes_from(data, size), &row, &is_leaving).code != VS_E_OK)
		return 0;
	vs_buf_init(&text, 4096);
	vs_buf_init(&again, 4096);
	if (vs_health_write(&row, is_leaving, &text).code != VS_E_OK ||
	    vs_health_read(vs_buf_view(&text), &back, &still).code != VS_E_OK ||
	    still != is_leaving || vs_health_write(&back, still, &again).code != VS_E_OK ||
	    !vs_bytes_equal(vs_buf_view(&text), vs_buf_view(&again)))
		abort();
	vs_buf_done(&text);
	vs_buf_done(&again);
	return 0;
}
