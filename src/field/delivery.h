/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The key of a device on its way to it: sealed to the device's public key (HPKE, RFC 9180: base
 * mode, DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, AES-256-GCM, no AAD), or bare within TLS.
 *
 *   info = enc("voltseal/fld-key/v2", tenant, device, u32 epoch)
 *
 * And the proof that it came: HMAC-SHA256(HKDF-SHA256(no salt, key, enc("voltseal/ack", tenant,
 * device, u32 epoch, "u")), oid).
 */
#pragma once

#include "crypto/pkey.h"

#define VS_FIELD_KEY_SIZE        32
#define VS_FIELD_PUBLIC_KEY_SIZE 32 /* X25519, and what is encapsulated */
#define VS_FIELD_SEALED_KEY_SIZE 48 /* key and tag */
#define VS_FIELD_OID_SIZE        16 /* of an offer */

struct vs_field_delivery {
	const char *tenant, *device;
	uint32_t epoch;
	const uint8_t *key;        /* VS_FIELD_KEY_SIZE; of what is to be opened unused */
	const uint8_t *public_key; /* of the device; NULL: it has none */
};

VS_RESULT vs_field_delivery_seal(const struct vs_field_delivery *delivery,
                                 uint8_t enc_out[static VS_FIELD_PUBLIC_KEY_SIZE],
                                 uint8_t sealed_out[static VS_FIELD_SEALED_KEY_SIZE]);
/* By the device, with its private key. NOT_AUTHENTIC. */
VS_RESULT vs_field_delivery_open(const struct vs_field_delivery *delivery,
                                 const struct vs_pkey *private_key,
                                 const uint8_t enc[static VS_FIELD_PUBLIC_KEY_SIZE],
                                 const uint8_t sealed[static VS_FIELD_SEALED_KEY_SIZE],
                                 uint8_t key_out[static VS_FIELD_KEY_SIZE]);
/* delivery->key is the key that came. */
VS_RESULT vs_field_delivery_proof(const struct vs_field_delivery *delivery,
                                  const uint8_t oid[static VS_FIELD_OID_SIZE],
                                  uint8_t proof_out[static 32]);
