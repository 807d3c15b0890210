/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The key of the spool (store/spool.h): vs_port_spool_key.
 *
 * The data keys of the store lie wrapped in the keystore, which is away when the database is. So
 * the spool has a key of its own below a KEK of its own, both made by the key process when the
 * first record goes in, and both wrapped in a file beside the spool. When the spool is empty the
 * file is overwritten and removed: a copy of the spool from then opens nowhere.
 *
 *   file  = "VSSP" 0x01, the KEK, the wrapped key (keys/message.h)
 *   value = 0xE1 0x01, nonce 12, ciphertext, tag 16     (AES-256-GCM, random nonce)
 *   AAD   = enc("voltseal/spool/v1", u64 number)
 */
#pragma once

#include "core/ports.h"
#include "keys/client.h"

struct vs_keys_spool;

/* client and path: borrowed for its life. Of one thread at a time. */
VS_RESULT vs_keys_spool_new(struct vs_keys_client *client, const char *path,
                            struct vs_keys_spool **spool_out);
void vs_keys_spool_free(struct vs_keys_spool **spool); /* the file stays */
struct vs_port_spool_key vs_keys_spool_port(struct vs_keys_spool *spool);
