/* SPDX-License-Identifier: Apache-2.0 */
/* A line that can be numbered is a line of the log with that number. */
#include <stdlib.h>

#include "audit/entry.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct vs_bytes line = vs_bytes_from(data, size);
	struct vs_json_tape tape;
	struct vs_buf numbered;
	uint64_t n;

	vs_json_tape_init(&tape);
	vs_buf_init(&numbered, VS_AUDIT_ENTRY_SIZE);
	(void)vs_audit_entry_parse(line, &tape, &n).code;
	if (vs_audit_entry_number(line, 1234567890123456789, &numbered).code == VS_E_OK &&
	    (vs_audit_entry_parse(vs_buf_view(&numbered), &tape, &n).code != VS_E_OK ||
	     n != 1234567890123456789))
		abort();
	vs_buf_done(&numbered);
	vs_json_tape_done(&tape);
	return 0;
}
