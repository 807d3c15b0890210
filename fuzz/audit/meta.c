/* SPDX-License-Identifier: Apache-2.0 */
/* meta.json: what is read is printed and must be read again as the same. */
#include <stdlib.h>
#include <string.h>

#include "audit/meta.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct vs_audit_meta meta, again;
	struct vs_buf first, second;

	if (vs_audit_meta_parse(vs_bytes_from(data, size), &meta).code != VS_E_OK)
		return 0;
	vs_buf_init(&first, 65536);
	vs_buf_init(&second, 65536);
	if (vs_audit_meta_print(&meta, &first).code != VS_E_OK ||
	    vs_audit_meta_parse(vs_buf_view(&first), &again).code != VS_E_OK ||
	    vs_audit_meta_print(&again, &second).code != VS_E_OK ||
	    !vs_bytes_equal(vs_buf_view(&first), vs_buf_view(&second)))
		abort();
	vs_buf_done(&first);
	vs_buf_done(&second);
	return 0;
}
