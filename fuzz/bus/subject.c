/* SPDX-License-Identifier: Apache-2.0 */
/* A subject that is read is the one that would be written: there is no second spelling. */
#include <stdlib.h>

#include "bus/subject.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char text[VS_BUS_SUBJECT_SIZE], tenant[VS_CORE_TENANT_SIZE], station[VS_CORE_IDENTITY_SIZE];
	struct vs_bytes view = vs_bytes_from(data, size);
	struct vs_bus_subject subject;

	if (vs_bus_subject_read(view, &subject).code == VS_E_OK) {
		if (vs_bus_subject_write(&subject, text).code != VS_E_OK ||
		    !vs_bytes_equal_text(view, text))
			abort();
	}
	if (vs_bus_key_read(view, tenant, station).code == VS_E_OK) {
		if (vs_bus_key_write(tenant, station, text).code != VS_E_OK ||
		    !vs_bytes_equal_text(view, text))
			abort();
	}
	return 0;
}
