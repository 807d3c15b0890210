/* SPDX-License-Identifier: Apache-2.0 */
/*
 * D2: sealed values of one device under one epoch of its key and one salt.
 *
 *   key 32, iv 12 = HKDF-SHA256(salt s, device key,
 *                               enc("voltseal/fld/v2", tenant, device, u32 epoch, "u"))
 *   nonce_i       = iv XOR (0^2, u64 n, u16 i)
 *   AAD_i         = enc("voltseal/fld/v2", tenant, device, u32 epoch, s, u64 n, u64 ts, u16 i,
 *                       u16 count, sensor_type, unit)
 *   plain text    = the JSON scalar, then spaces up to a multiple of 8 bytes
 *   value         = base64url of ciphertext and tag (AES-256-GCM), without padding
 *
 * So a value opens at its place only: swapped, dropped, relabelled, moved to another message, time,
 * device or tenant, it does not. A salt is fresh for each boot or connection and 128 random bits,
 * so that n may begin at 0 again. Not for two threads at a time.
 */
#pragma once

#include "field/delivery.h"
#include "field/value.h"

struct vs_field_d2;

/* Everything is copied. TOO_LONG: a name that fits no AAD. */
VS_RESULT vs_field_d2_new(const uint8_t key[static VS_FIELD_KEY_SIZE], const char *tenant,
                          const char *device, uint32_t epoch,
                          const uint8_t salt[static VS_FIELD_SALT_SIZE],
                          struct vs_field_d2 **field_out);
void vs_field_d2_free(struct vs_field_d2 **field); /* wipes */

/* Where a value stands. */
struct vs_field_place {
	uint64_t n, ts_ms;
	uint16_t index, count;
	struct vs_bytes type, unit;
};
/* Appends the text of the value; json is a scalar. */
VS_RESULT vs_field_d2_seal(struct vs_field_d2 *field, const struct vs_field_place *place,
                           struct vs_bytes json, struct vs_buf *value);
/* All readings of a D2 message. NOT_AUTHENTIC, whatever is wrong with one of them; values is empty
 * then. */
VS_RESULT vs_field_d2_open(struct vs_field_d2 *field, const struct vs_field_message *message,
                           struct vs_field_values *values);

/* The salt of a connection: SHA-256(sn, r)[0:16], of a half from each side. */
VS_RESULT vs_field_d2_salt(const uint8_t sn[static VS_FIELD_SALT_SIZE],
                           const uint8_t r[static VS_FIELD_SALT_SIZE],
                           uint8_t salt_out[static VS_FIELD_SALT_SIZE]);
