/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The key service: hierarchy, states and life of every key that is not the key process's own.
 *
 *   root KEK (key process)
 *    +- tenant KEK v            wrapped by the root KEK
 *        +- device key (chan, epoch)   states of states.def, one active and at most one pre-active
 *        +- data key (subject, month)  for the store at rest
 *        +- index key, audit-id key    one of each for a tenant
 *
 * Rows live in a keystore (keystore.h) that the store implements; every change of state is one
 * transaction there together with its audit record. Keys that are in use are cached in locked
 * memory, for at most VS_KEYS_CACHE_AGE_MS.
 *
 * Any thread; blocking: call from a pool thread, the store's writer or a job, never from a reactor.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"
#include "keys/client.h"

struct vs_keys;
struct vs_keystore; /* port; keystore.h */

struct vs_keys_options {
	const struct vs_keystore *store; /* borrowed */
	struct vs_keys_client *client;   /* borrowed */
	int64_t (*now_ms)(void);         /* wall clock */
};

VS_RESULT vs_keys_new(const struct vs_keys_options *options, struct vs_keys **keys_out);
void vs_keys_free(struct vs_keys **keys);

/* --- data keys at rest ---------------------------------------------------------------------------
 */

struct vs_keys_subject {
	const char *tenant;
	const char *subject; /* whose data it is: a station's identity, "token", "user" */
};

/* Make the data keys of these subjects for the month of at_ms where they are missing: one
 * transaction for all. For the writer, before a batch. */
VS_RESULT vs_keys_dek_prepare(struct vs_keys *keys, const struct vs_keys_subject *subjects,
                              size_t count, int64_t at_ms);
/* The data key to seal with; made when missing. */
VS_RESULT vs_keys_dek_seal(struct vs_keys *keys, const char *tenant, const char *subject,
                           int64_t at_ms, uint32_t *dek_id_out,
                           uint8_t key_out[static VS_KEYS_KEY_SIZE]);
/* The data key that something was sealed with. NOT_FOUND: there is none of this id for this tenant;
 * FORBIDDEN: it has been destroyed. */
VS_RESULT vs_keys_dek_open(struct vs_keys *keys, const char *tenant, uint32_t dek_id,
                           uint8_t key_out[static VS_KEYS_KEY_SIZE]);
/* The tenant's key for blind indexes; made when missing. */
VS_RESULT vs_keys_index_key(struct vs_keys *keys, const char *tenant,
                            uint8_t key_out[static VS_KEYS_KEY_SIZE]);
