/* SPDX-License-Identifier: Apache-2.0 */
/* One text for one value: what decodes, encodes to the same text; what is encoded, decodes. */
#include <stdlib.h>
#include <string.h>

#include "wire/base64.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define SIZE_MAX_HERE 2048u

static void
check_hex(struct vs_bytes input)
{
	uint8_t back[SIZE_MAX_HERE];
	char text[2 * SIZE_MAX_HERE + 1];
	size_t size = 0;

	if (vs_hex_decode(input, back, sizeof(back), &size).code == VS_E_OK &&
	    size != input.size / 2)
		abort();
	(void)vs_hex_encode(input, text, sizeof(text));
	if (vs_hex_decode(vs_bytes_from_text(text), back, sizeof(back), &size).code != VS_E_OK ||
	    !vs_bytes_equal(vs_bytes_from(back, size), input))
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct vs_bytes input = vs_bytes_from(data, size);
	uint8_t value[SIZE_MAX_HERE];
	char text[VS_BASE64_TEXT_SIZE(SIZE_MAX_HERE)];
	size_t value_size = 0;

	if (size > SIZE_MAX_HERE)
		return 0;
	for (enum vs_base64 kind = VS_BASE64; kind <= VS_BASE64_LOOSE; kind++) {
		if (vs_base64_decode(kind, input, value, sizeof(value), &value_size).code ==
		    VS_E_OK) {
			(void)vs_base64_encode(kind, vs_bytes_from(value, value_size), text,
			                       sizeof(text));
			if (kind == VS_BASE64_LOOSE && strlen(text) > size && size % 4 != 0)
				text[size] = 0; /* the padding that was left out */
			if (!vs_bytes_equal_text(input, text))
				abort();
		}
		(void)vs_base64_encode(kind, input, text, sizeof(text));
		if (vs_base64_decode(kind, vs_bytes_from_text(text), value, sizeof(value),
		                     &value_size)
		            .code != VS_E_OK ||
		    !vs_bytes_equal(vs_bytes_from(value, value_size), input))
			abort();
	}
	check_hex(input);
	return 0;
}
