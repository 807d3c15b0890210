/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The key process's own secrets: peppers, the audit signing key, CA keys. Each is one file in DIR,
 * KIND.ID.VERSION.sealed: the 8 bytes of the root KEK's check value, then the secret wrapped by it
 * (keys/envelope.h; kind, tenant "", id, version). All are opened at start and live in locked
 * memory.
 *
 * A file that does not open stops the start: whoever can write the folder can stop the daemon, but
 * not slip it a key. One thread.
 */
#pragma once

#include <stdbool.h>

#include "base/file.h"
#include "keys/root.h"

#define VS_KEYS_VAULT_NAME_SIZE 33 /* kind and id: [a-z0-9-]{1,32} and NUL */

struct vs_keys_vault;

/* root is borrowed. What a crash in the middle of a write or a rewrap left behind is put in order.
 */
VS_RESULT vs_keys_vault_open(const char *dir, struct vs_keys_root *root,
                             char reason[static VS_KEYS_REASON_SIZE],
                             struct vs_keys_vault **vault_out);
void vs_keys_vault_free(struct vs_keys_vault **vault);

/* version 0: the newest. The secret stays the vault's: borrowed until it is removed. version_out
 * may be NULL. NOT_FOUND. */
VS_RESULT vs_keys_vault_get(const struct vs_keys_vault *vault, const char *kind, const char *id,
                            uint32_t version, struct vs_secret **secret_out, uint32_t *version_out);
/* On disk when it returns OK. EXISTS: a version is never written twice. BAD_VALUE: not such a name,
 * or version 0. TOO_LONG past VS_LIMIT_KEYS_SECRET_SIZE, BUSY past VS_LIMIT_KEYS_SECRETS. */
VS_RESULT vs_keys_vault_put(struct vs_keys_vault *vault, const char *kind, const char *id,
                            uint32_t version, struct vs_bytes secret);
/* The same over what is there, if something is: a crash leaves the old one or the new one. */
VS_RESULT vs_keys_vault_replace(struct vs_keys_vault *vault, const char *kind, const char *id,
                                uint32_t version, struct vs_bytes secret);
VS_RESULT vs_keys_vault_remove(struct vs_keys_vault *vault, const char *kind, const char *id,
                               uint32_t version);
/* Wrap every file again that is not under the current root KEK. One file at a time, each
 * atomically: stopped anywhere, the rest is done at the next call. */
VS_RESULT vs_keys_vault_rewrap(struct vs_keys_vault *vault);

struct vs_keys_vault_item { /* borrowed until it is replaced or removed */
	const char *kind, *id;
	uint32_t version;
	struct vs_secret *secret;
};
/* The places are 0 to VS_LIMIT_KEYS_SECRETS - 1, in no order; false: this one is free. */
bool vs_keys_vault_at(const struct vs_keys_vault *vault, size_t place,
                      struct vs_keys_vault_item *item_out);
size_t vs_keys_vault_count(const struct vs_keys_vault *vault);
