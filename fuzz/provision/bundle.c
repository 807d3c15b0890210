/* SPDX-License-Identifier: Apache-2.0 */
/* What is read as a claim bundle is written, and read back the same. */
#include <stdlib.h>
#include <string.h>

#include "provision/bundle.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct vs_provision_bundle one, back;
	struct vs_buf written;

	vs_buf_init(&written, 16384);
	if (vs_provision_bundle_read(vs_bytes_from(data, size), &one).code == VS_E_OK) {
		if (vs_provision_bundle_write(&one, &written).code != VS_E_OK)
			abort();
		/* Escapes may make it longer than what is read. */
		if (written.size <= VS_PROVISION_BUNDLE_SIZE_MAX &&
		    (vs_provision_bundle_read(vs_buf_view(&written), &back).code != VS_E_OK ||
		     strcmp(one.claim, back.claim) != 0 || strcmp(one.broker, back.broker) != 0))
			abort();
	}
	vs_buf_done(&written);
	return 0;
}
