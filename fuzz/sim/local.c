/* SPDX-License-Identifier: Apache-2.0 */
/* One message between monitor and engine: what is read can be written, and is then read as the
 * same. */
#include <stdlib.h>
#include <string.h>

#include "sim/local_message.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct vs_sim_local_message message, again;
	struct vs_buf out;

	if (vs_sim_local_read(vs_bytes_from(data, size), &message).code != VS_E_OK)
		return 0;
	vs_buf_init(&out, VS_SIM_LOCAL_SIZE_MAX);
	if (vs_sim_local_write(&message, &out).code != VS_E_OK ||
	    vs_sim_local_read(vs_buf_view(&out), &again).code != VS_E_OK ||
	    again.word != message.word || strcmp(again.name, message.name) != 0 ||
	    again.key.number != message.key.number ||
	    again.key.is_compat != message.key.is_compat ||
	    memcmp(again.key.key, message.key.key, sizeof(message.key.key)) != 0)
		abort();
	vs_buf_done(&out);
	return 0;
}
