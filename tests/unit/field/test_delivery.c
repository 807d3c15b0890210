/* SPDX-License-Identifier: Apache-2.0 */
#include "field/delivery.h"

#include <string.h>

#include "made.h"

/* It opens for this device and epoch, and this key alone. */
static void
opens_where_it_belongs(void)
{
	struct vs_field_delivery delivery = {
	    .tenant = "t", .device = "d", .epoch = 3, .key = made_key};
	uint8_t public_key[VS_PKEY_PUBLIC_SIZE_MAX], enc[32], sealed[VS_FIELD_SEALED_KEY_SIZE];
	uint8_t opened[VS_FIELD_KEY_SIZE];
	struct vs_pkey *key = NULL, *other = NULL;
	size_t size = 0;

	CHECK_OK(vs_pkey_new(VS_PKEY_X25519, &key));
	CHECK_OK(vs_pkey_new(VS_PKEY_X25519, &other));
	CHECK_OK(vs_pkey_raw_public(key, public_key, &size));
	CHECK(size == VS_FIELD_PUBLIC_KEY_SIZE);
	delivery.public_key = public_key;
	CHECK_OK(vs_field_delivery_seal(&delivery, enc, sealed));
	CHECK_OK(vs_field_delivery_open(&delivery, key, enc, sealed, opened));
	CHECK(memcmp(opened, made_key, sizeof(opened)) == 0);
	CHECK_ERR(vs_field_delivery_open(&delivery, other, enc, sealed, opened), NOT_AUTHENTIC);
	delivery.epoch = 4;
	CHECK_ERR(vs_field_delivery_open(&delivery, key, enc, sealed, opened), NOT_AUTHENTIC);
	delivery.epoch = 3;
	delivery.device = "e";
	CHECK_ERR(vs_field_delivery_open(&delivery, key, enc, sealed, opened), NOT_AUTHENTIC);
	delivery.device = "d";
	delivery.tenant = "u";
	CHECK_ERR(vs_field_delivery_open(&delivery, key, enc, sealed, opened), NOT_AUTHENTIC);
	delivery.tenant = "t";
	sealed[0] ^= 1;
	CHECK_ERR(vs_field_delivery_open(&delivery, key, enc, sealed, opened), NOT_AUTHENTIC);
	vs_pkey_free(&other);
	vs_pkey_free(&key);
}

/* Computed with python3-cryptography: HKDF(SHA256, 32, None, b"voltseal/ack\\0" + lp("t1") +
 * lp("dev-7") + u32(7) + lp("u")), then HMAC of 00..0f. */
static void
proof(void)
{
	static const uint8_t oid[VS_FIELD_OID_SIZE] = {0, 1, 2,  3,  4,  5,  6,  7,
	                                               8, 9, 10, 11, 12, 13, 14, 15};
	static const uint8_t known[32] = {0xc7, 0xe6, 0x2a, 0x24, 0xd8, 0xa1, 0xc1, 0x30,
	                                  0x7b, 0x60, 0xca, 0x6a, 0xac, 0xf7, 0xc7, 0x77,
	                                  0xa3, 0x9b, 0xec, 0x83, 0x3b, 0xf3, 0xe4, 0xa8,
	                                  0xf9, 0x0d, 0x77, 0xe3, 0xd5, 0x2f, 0x07, 0x89};
	struct vs_field_delivery delivery = {
	    .tenant = "t1", .device = "dev-7", .epoch = 7, .key = made_key};
	uint8_t made[32];

	CHECK_OK(vs_field_delivery_proof(&delivery, oid, made));
	CHECK(memcmp(made, known, sizeof(made)) == 0);
	delivery.epoch = 8;
	CHECK_OK(vs_field_delivery_proof(&delivery, oid, made));
	CHECK(memcmp(made, known, sizeof(made)) != 0);
}

int
main(void)
{
	CASE(opens_where_it_belongs);
	CASE(proof);
	return 0;
}
