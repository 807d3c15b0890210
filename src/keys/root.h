/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The root KEK and its two slots, written down (not the keys) in DIR/root.json:
 *
 *   {"format":1,"current":{"id":"..","provider":"file","file":".."},"previous":{..}}
 *
 * `id` is the check value of the key: a wrong key is seen at once, before anything is opened with
 * it. A rotation makes the key of `current` the one of `previous` and a new one `current`; both
 * open, only `current` seals, until vs_keys_root_retire says that nothing is left under the old
 * one. One thread.
 */
#pragma once

#include "keys/provider.h"

struct vs_keys_root;
struct vs_keys_vault;

/* Make the first root KEK, DIR and its root.json. EXISTS when there is one: it is never replaced.
 * `setup` says provider and its place; see struct vs_keys_source. */
VS_RESULT vs_keys_root_create(const char *dir, const struct vs_keys_source *setup,
                              const struct vs_keys_input *input,
                              char reason[static VS_KEYS_REASON_SIZE]);
/* NOT_FOUND: there is no root.json. CONFIG: it is damaged, or a key cannot be had or is another one
 * than it says. */
VS_RESULT vs_keys_root_open(const char *dir, const struct vs_keys_input *input,
                            char reason[static VS_KEYS_REASON_SIZE],
                            struct vs_keys_root **root_out);
void vs_keys_root_free(struct vs_keys_root **root);

const char *vs_keys_root_id(const struct vs_keys_root *root);
const char *vs_keys_root_previous_id(const struct vs_keys_root *root); /* "": none */
enum vs_keys_provider vs_keys_root_provider(const struct vs_keys_root *root);
/* The current one; it seals. Borrowed until the next rotation. */
const uint8_t *vs_keys_root_key(const struct vs_keys_root *root);
/* The one of this id, current or previous; NULL when it is neither. */
const uint8_t *vs_keys_root_find(const struct vs_keys_root *root, const char *id);

/* A new current root KEK; the old one becomes previous. setup NULL: as the current one, which only
 * a provider that is `automatic` can (else UNSUPPORTED). CONFLICT while there still is a previous
 * one. Then the vault has to be rewrapped (vs_keys_vault_rewrap). A crash leaves the old state or
 * the new one. */
VS_RESULT vs_keys_root_rotate(struct vs_keys_root *root, const struct vs_keys_source *setup,
                              const struct vs_keys_input *input,
                              char reason[static VS_KEYS_REASON_SIZE]);
/* Forget the previous root KEK; the caller knows that nothing is wrapped by it any more. NOT_FOUND
 * when there is none. */
VS_RESULT vs_keys_root_retire(struct vs_keys_root *root);
