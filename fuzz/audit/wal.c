/* SPDX-License-Identifier: Apache-2.0 */
/* A write-ahead log: what is read is written again as it was, up to where it is cut off. */
#include <stdlib.h>
#include <string.h>

#include "audit/wal.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct vs_bytes rest = vs_bytes_from(data, size), entry;
	struct vs_buf again;

	vs_buf_init(&again, size + 1);
	while (vs_audit_wal_next(&rest, &entry).code == VS_E_OK) {
		if (vs_audit_wal_append(&again, entry).code != VS_E_OK)
			abort();
	}
	if (again.size + rest.size != size ||
	    (again.size > 0 &&
	     !vs_bytes_equal(vs_buf_view(&again), vs_bytes_from(data, again.size))))
		abort();
	vs_buf_done(&again);
	return 0;
}
