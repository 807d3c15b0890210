/* SPDX-License-Identifier: Apache-2.0 */
/* Who came in at another node: what is read can be written and means the same. */
#include <stdlib.h>
#include <string.h>

#include "bus/came.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct vs_came_word word, back;
	struct vs_buf text;

	if (vs_came_word_read(vs_bytes_from(data, size), &word).code != VS_E_OK)
		return 0;
	vs_buf_init(&text, 1024);
	if (vs_came_word_write(&word, &text).code != VS_E_OK ||
	    vs_came_word_read(vs_buf_view(&text), &back).code != VS_E_OK ||
	    back.kind != word.kind || strcmp(back.tenant, word.tenant) != 0 ||
	    strcmp(back.name, word.name) != 0)
		abort();
	vs_buf_done(&text);
	return 0;
}
