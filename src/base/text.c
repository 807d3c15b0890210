/* SPDX-License-Identifier: Apache-2.0 */
#include "base/text.h"

#include "base/bytes.h"

void
vs_text_copy(const char *text, char *room, size_t size)
{
	(void)vs_bytes_copy_text(vs_bytes_from_text(text), room, size);
}
