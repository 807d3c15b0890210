/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sealing of single values for the store: vs_port_seal over the data keys of the key service.
 *
 *   value = envelope (sealed.h), AES-256-GCM, random nonce
 *   AAD   = enc("voltseal/rest/v1", tenant, table, column, row, u32 data key id)
 *   blind = HMAC-SHA256(index key of the tenant, column 0x00 value)[:16]
 *
 * Each thread keeps the keys that it has used last as ready contexts, at most
 * VS_LIMIT_REST_CONTEXTS and for at most VS_KEYS_REST_AGE_MS; a data key that was destroyed is
 * gone from all of them at once.
 */
#pragma once

#include "core/ports.h"
#include "keys/keys.h"

#define VS_KEYS_REST_AGE_MS 60000

struct vs_keys_rest;

/* Listens to `keys`, so it lives as long: before there are threads. */
VS_RESULT vs_keys_rest_new(struct vs_keys *keys, struct vs_keys_rest **rest_out);
/* No other thread uses it any more. */
void vs_keys_rest_free(struct vs_keys_rest **rest);
struct vs_port_seal vs_keys_rest_port(struct vs_keys_rest *rest);
/* Done by itself when data keys are destroyed; for those that were replaced. Any thread; each cache
 * is emptied before it is used again. */
void vs_keys_rest_forget(struct vs_keys_rest *rest);
