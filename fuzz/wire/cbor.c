/* SPDX-License-Identifier: Apache-2.0 */
/* What an authenticator writes: items one by one, and skipped whole. */
#include <stdlib.h>

#include "wire/cbor.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct vs_bytes rest = vs_bytes_from(data, size), all = rest, number = rest;
	struct vs_cbor_item item;
	int64_t value = 0;

	while (rest.size > 0) {
		const struct vs_bytes before = rest;

		if (vs_cbor_next(&rest, &item).code != VS_E_OK) {
			if (rest.data != before.data || rest.size != before.size)
				abort();
			break;
		}
		if (rest.size >= before.size || rest.data + rest.size != data + size)
			abort();
		if (item.bytes.size > 0 &&
		    (item.bytes.data < data || item.bytes.data + item.bytes.size > data + size))
			abort();
	}
	if (vs_cbor_skip(&all).code == VS_E_OK && all.size >= size)
		abort();
	if (vs_cbor_int(&number, &value).code == VS_E_OK && number.size + 9 < size)
		abort();
	return 0;
}
