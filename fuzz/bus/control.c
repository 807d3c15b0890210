/* SPDX-License-Identifier: Apache-2.0 */
/* What one node says to another by name: what is read can be written and means the same. */
#include <stdlib.h>
#include <string.h>

#include "bus/control.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct vs_control_word word, back;
	struct vs_buf text;

	if (vs_control_word_read(vs_bytes_from(data, size), &word).code != VS_E_OK)
		return 0;
	vs_buf_init(&text, 1024);
	if (vs_control_word_write(&word, &text).code != VS_E_OK ||
	    vs_control_word_read(vs_buf_view(&text), &back).code != VS_E_OK ||
	    back.kind != word.kind || back.over_s != word.over_s || strcmp(back.id, word.id) != 0)
		abort();
	vs_buf_done(&text);
	return 0;
}
