/* SPDX-License-Identifier: Apache-2.0 */
#include "keys/sealed.h"

#include "test.h"

static uint8_t value[VS_KEYS_SEALED_OVERHEAD + 3];

static void
make(void)
{
	uint8_t nonce[VS_AEAD_NONCE_SIZE];

	for (size_t i = 0; i < sizeof(value); i++)
		value[i] = (uint8_t)i;
	memset(nonce, 0x5a, sizeof(nonce));
	vs_keys_sealed_head(VS_AEAD_AES256GCM, 0x01020304, nonce, value);
}

static void
has_the_documented_bytes(void)
{
	static const uint8_t head[] = {0xE1, 0x01, 0x01, 0x02, 0x03, 0x04, 0x5a, 0x5a, 0x5a,
	                               0x5a, 0x5a, 0x5a, 0x5a, 0x5a, 0x5a, 0x5a, 0x5a, 0x5a};
	struct vs_keys_sealed envelope;

	make();
	CHECK(VS_KEYS_SEALED_OVERHEAD == 34 && sizeof(head) == VS_KEYS_SEALED_HEAD);
	CHECK(memcmp(value, head, sizeof(head)) == 0);
	CHECK_OK(vs_keys_sealed_read(vs_bytes_from(value, sizeof(value)), &envelope));
	CHECK(envelope.suite == VS_AEAD_AES256GCM && envelope.dek_id == 0x01020304);
	CHECK(envelope.nonce == value + 6);
	CHECK(envelope.sealed.data == value + 18 && envelope.sealed.size == 3 + VS_AEAD_TAG_SIZE);
}

static void
refuses_all_else_with_one_error(void)
{
	struct vs_keys_sealed envelope = {.dek_id = 7};

	make();
	for (size_t size = 0; size < VS_KEYS_SEALED_OVERHEAD; size++)
		CHECK_ERR(vs_keys_sealed_read(vs_bytes_from(value, size), &envelope),
		          NOT_AUTHENTIC);
	for (unsigned first = 0; first < 256; first++) {
		value[0] = (uint8_t)first;
		if (first != VS_KEYS_SEALED_MARK)
			CHECK_ERR(
			    vs_keys_sealed_read(vs_bytes_from(value, sizeof(value)), &envelope),
			    NOT_AUTHENTIC);
	}
	make();
	for (unsigned suite = 0; suite < 256; suite++) {
		value[1] = (uint8_t)suite;
		if (suite != 1 && suite != 2)
			CHECK_ERR(
			    vs_keys_sealed_read(vs_bytes_from(value, sizeof(value)), &envelope),
			    NOT_AUTHENTIC);
	}
	CHECK_ERR(vs_keys_sealed_read(vs_bytes_from(NULL, 0), &envelope), NOT_AUTHENTIC);
	CHECK(envelope.dek_id == 7); /* untouched */
}

int
main(void)
{
	CASE(has_the_documented_bytes);
	CASE(refuses_all_else_with_one_error);
	return 0;
}
