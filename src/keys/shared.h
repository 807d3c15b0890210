/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the key processes of several nodes have in common: the secrets of shared.def, sealed as one
 * value with a version, so that no part of it can be taken back or put beside another's:
 *
 *   value   8 bytes check value of the root KEK, then by that key (keys/envelope.h): kind "shared",
 *           tenant INSTALLATION, id "main", version; within, as keys/message.h writes it: u8 1,
 *           u16 count, then count times text kind, text id, u32 version, bytes secret
 *
 * What this node took last is remembered in its vault (shared.state.1): an older value is refused,
 * whoever puts it into the store. One thread.
 */
#pragma once

#include "crypto/digest.h"
#include "keys/vault.h"

#define VS_KEYS_INSTALLATION_SIZE 33    /* 32 hexadecimal digits, and NUL */
#define VS_KEYS_SHARED_SIZE       61000 /* of what is sealed: it goes in one message of keyd.md */
#define VS_KEYS_SHARED_ADMIN_KIND "admin"
#define VS_KEYS_SHARED_ADMIN_ID   "token"

struct vs_keys_shared_state {
	char installation[VS_KEYS_INSTALLATION_SIZE];
	char root_id[VS_KEYS_ROOT_ID_SIZE]; /* that the value is under */
	uint32_t version;                   /* of the value that was taken last */
	uint8_t sha256[VS_SHA256_SIZE];     /* of that value, as it is sealed */
};
/* NOT_FOUND: nothing was taken yet. */
VS_RESULT vs_keys_shared_state(const struct vs_keys_vault *vault,
                               struct vs_keys_shared_state *state_out);

/* The vault's secrets as the value of this version, appended. It stays under the root KEK of the
 * value that was taken last while that key is here, else (or is_current) it is under the current
 * one. TOO_LONG: more than VS_KEYS_SHARED_SIZE. */
VS_RESULT vs_keys_shared_seal(const struct vs_keys_vault *vault, const struct vs_keys_root *root,
                              const char *installation, uint32_t version, bool is_current,
                              struct vs_buf *sealed);

/* Make the vault's shared secrets those of the value; the others stay. Stopped anywhere, the same
 * call goes on. ROOT_BEHIND: it is under a root KEK that is not here; NOT_AUTHENTIC: it was
 * changed, or is of another installation; CONFLICT: an older one than was taken, or another one of
 * the same version; EXISTS: this node has a CA of its own. */
VS_RESULT vs_keys_shared_take(struct vs_keys_vault *vault, const struct vs_keys_root *root,
                              const char *installation, uint32_t version, struct vs_bytes sealed,
                              bool *is_changed_out);
/* The root KEK of this id, by which what all nodes read is sealed: see _seal. */
const char *vs_keys_shared_root_id(const struct vs_keys_vault *vault,
                                   const struct vs_keys_root *root);
