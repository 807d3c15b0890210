/* SPDX-License-Identifier: Apache-2.0 */
/* root.json: what is read is printed and must be read again as the same. */
#include <stdlib.h>
#include <string.h>

#include "keys/root_file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct vs_keys_root_file file, again;
	struct vs_buf first, second;

	if (vs_keys_root_file_parse(vs_bytes_from(data, size), &file).code != VS_E_OK)
		return 0;
	vs_buf_init(&first, 16384);
	vs_buf_init(&second, 16384);
	if (vs_keys_root_file_print(&file, &first).code != VS_E_OK ||
	    vs_keys_root_file_parse(vs_buf_view(&first), &again).code != VS_E_OK ||
	    vs_keys_root_file_print(&again, &second).code != VS_E_OK ||
	    !vs_bytes_equal(vs_buf_view(&first), vs_buf_view(&second)))
		abort();
	vs_buf_done(&first);
	vs_buf_done(&second);
	return 0;
}
