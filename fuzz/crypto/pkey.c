/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A key as a file would hold it, or as raw bytes: what is read as a key is written, and read again
 * as the same key.
 */
#include "crypto/pkey.h"
#include "keys.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
written_and_read_again(struct vs_pkey *key)
{
	struct vs_buf one, two;
	struct vs_pkey *again = NULL;

	if (key == NULL)
		return;
	vs_buf_init(&one, VS_PKEY_TEXT_SIZE_MAX);
	vs_buf_init(&two, VS_PKEY_TEXT_SIZE_MAX);
	fuzz_must(vs_pkey_write_public(key, &one).code == VS_E_OK);
	fuzz_must(vs_pkey_read_public(vs_buf_view(&one), &again).code == VS_E_OK);
	fuzz_must(vs_pkey_kind_of(again) == vs_pkey_kind_of(key));
	fuzz_must(vs_pkey_write_public(again, &two).code == VS_E_OK);
	fuzz_must(vs_bytes_equal(vs_buf_view(&one), vs_buf_view(&two)));
	vs_pkey_free(&again);
	vs_buf_done(&one);
	vs_buf_done(&two);
	vs_pkey_free(&key);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct vs_bytes text = vs_bytes_from(data, size);
	struct vs_pkey *key = NULL;

	if (vs_pkey_read_public(text, &key).code == VS_E_OK)
		written_and_read_again(key);
	key = NULL;
	if (vs_pkey_read_private(text, &key).code == VS_E_OK)
		written_and_read_again(key);
	for (unsigned kind = 0; kind < VS_PKEY_RSA; kind++) {
		key = NULL;
		if (vs_pkey_read_raw_public((enum vs_pkey_kind)kind, text, &key).code == VS_E_OK)
			written_and_read_again(key);
	}
	return 0;
}
