/* SPDX-License-Identifier: Apache-2.0 */
/* No E1 envelope opens that nobody has sealed, and what is inside one is written as it was read. */
#include <stdlib.h>
#include <string.h>

#include "provision/compat.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct vs_pkey *key;
	struct vs_provision_e1 one, back;
	struct vs_buf plain;

	if (key == NULL && vs_pkey_new(VS_PKEY_RSA, &key).code != VS_E_OK)
		abort();
	vs_buf_init(&plain, 65536);
	vs_provision_e1_init(&one);
	vs_provision_e1_init(&back);
	if (vs_provision_e1_open(key, &VS_ENVELOPE_DEFAULT, vs_bytes_from(data, size), &plain)
	            .code == VS_E_OK ||
	    plain.size != 0)
		abort();
	if (vs_provision_e1_read(vs_bytes_from(data, size), &one).code == VS_E_OK &&
	    (vs_provision_e1_write(&one, &plain).code != VS_E_OK ||
	     vs_provision_e1_read(vs_buf_view(&plain), &back).code != VS_E_OK ||
	     strcmp(one.device, back.device) != 0))
		abort();
	vs_buf_done(&plain);
	vs_provision_e1_done(&one);
	vs_provision_e1_done(&back);
	return 0;
}
