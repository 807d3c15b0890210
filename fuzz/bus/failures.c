/* SPDX-License-Identifier: Apache-2.0 */
/* Failed authentications that another node tells of: what is read can be written, and read again as
 * the same. */
#include <stdlib.h>
#include <string.h>

#include "bus/failures.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct vs_failures_said said, back;

static bool
is_same(const struct vs_failure *a, const struct vs_failure *b)
{
	return a->is_ipv6 == b->is_ipv6 && a->has_name == b->has_name &&
	       memcmp(a->address, b->address, sizeof(a->address)) == 0 &&
	       memcmp(a->name, b->name, sizeof(a->name)) == 0;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct vs_json_tape tape;
	struct vs_buf text;

	vs_json_tape_init(&tape);
	vs_buf_init(&text, VS_LIMIT_BUS_MESSAGE_SIZE);
	if (vs_failures_read(vs_bytes_from(data, size), &tape, &said).code == VS_E_OK) {
		if (vs_failures_write(&said, &text).code != VS_E_OK ||
		    vs_failures_read(vs_buf_view(&text), &tape, &back).code != VS_E_OK ||
		    back.count != said.count || back.number != said.number ||
		    strcmp(back.run, said.run) != 0)
			abort();
		for (size_t i = 0; i < said.count; i++) {
			if (!is_same(&said.rows[i], &back.rows[i]))
				abort();
		}
	}
	vs_buf_done(&text);
	vs_json_tape_done(&tape);
	return 0;
}
