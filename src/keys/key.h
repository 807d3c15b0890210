/* SPDX-License-Identifier: Apache-2.0 */
/* What keys are called and how they look when their parent has sealed them. */
#pragma once

#include <stdint.h>

#include "base/bytes.h"

#define VS_KEYS_TENANT_SIZE  33 /* [a-z0-9-]{1,32} and NUL */
#define VS_KEYS_KIND_SIZE    17 /* "device/field", "dek", ...: [a-z0-9/-]{1,16} and NUL */
#define VS_KEYS_ID_SIZE      97 /* of what a key belongs to: "CS-0001", "CS-0001/2026-11" */
#define VS_KEYS_KEY_SIZE     32
#define VS_KEYS_WRAPPED_SIZE 64 /* 0xE1, suite, nonce 12, key 32, tag 16, and room to grow */
#define VS_KEYS_OID_SIZE     16 /* names an offer of a device key */
#define VS_KEYS_ROOT_ID_SIZE                                                                       \
	17 /* 16 hexadecimal digits: HMAC-SHA256(root, "voltseal/rk-check")[:8] */

/* A key that its parent has sealed: AES-256-GCM with a random nonce and
 * AAD = enc("voltseal/wrap/v1", kind, tenant, id, u32 version). */
struct vs_keys_wrapped {
	uint8_t data[VS_KEYS_WRAPPED_SIZE];
	uint8_t size; /* 0: none */
};

/* What a wrapped key is bound to. `kind`: "device/field", "device/prov", "device/psk", "dek",
 * "index", ... */
struct vs_keys_name {
	const char *kind, *id;
	uint32_t version; /* epoch or version, from 1 */
};

struct vs_keys_kek {
	char tenant[VS_KEYS_TENANT_SIZE];
	uint32_t version;
	char root_id[VS_KEYS_ROOT_ID_SIZE]; /* the root KEK that wraps it */
	struct vs_keys_wrapped wrapped;
};
