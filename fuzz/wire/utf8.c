/* SPDX-License-Identifier: Apache-2.0 */
/* The fast validator against a slow one, whole and in two parts. */
#include <stdlib.h>

#include "wire/utf8.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static size_t
length_of(uint8_t c)
{
	if (c < 0x80)
		return 1;
	if (c >> 5 == 6)
		return 2;
	if (c >> 4 == 14)
		return 3;
	return c >> 3 == 30 ? 4 : 0;
}

static bool
is_valid_slowly(const uint8_t *s, size_t size)
{
	static const uint32_t least[5] = {0, 0, 0x80, 0x800, 0x10000};

	for (size_t i = 0; i < size;) {
		size_t length = length_of(s[i]);
		uint32_t point = length < 2 ? s[i] : s[i] & (0xffu >> (length + 1));

		if (length == 0 || size - i < length)
			return false;
		for (size_t k = 1; k < length; k++) {
			if (s[i + k] >> 6 != 2)
				return false;
			point = point << 6 | (s[i + k] & 63u);
		}
		if (point < least[length] || point > 0x10ffff ||
		    (point >= 0xd800 && point <= 0xdfff))
			return false;
		i += length;
	}
	return true;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t cut = size == 0 ? 0 : data[0] % size;
	struct vs_utf8 state = {0};
	bool is_valid = vs_utf8_is_valid(vs_bytes_from(data, size));
	bool in_parts;

	if (is_valid != is_valid_slowly(data, size))
		abort();
	in_parts = vs_utf8_feed(&state, vs_bytes_from(data, cut)) &&
	           vs_utf8_feed(&state, vs_bytes_from(data + cut, size - cut)) &&
	           vs_utf8_is_whole(&state);
	if (in_parts != is_valid)
		abort();
	if (is_valid && !is_valid_slowly(data, vs_utf8_cut(vs_bytes_from(data, size), cut)))
		abort();
	return 0;
}
