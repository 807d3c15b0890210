/* SPDX-License-Identifier: Apache-2.0 */
/* What a device takes for said by the daemon fits where it is put. */
#include <stdlib.h>
#include <string.h>

#include "field/told.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct vs_field_told told;
	struct vs_json_tape tape;

	vs_json_tape_init(&tape);
	if (vs_field_told_read(&tape, vs_bytes_from(data, size), &told).code == VS_E_OK &&
	    (memchr(told.tenant, 0, sizeof(told.tenant)) == NULL ||
	     memchr(told.code, 0, sizeof(told.code)) == NULL ||
	     ((told.is_sealed || told.kind == VS_FIELD_TOLD_KEY) && told.epoch == 0)))
		abort();
	vs_json_tape_done(&tape);
	return 0;
}
