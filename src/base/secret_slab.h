/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Many keys of 32 bytes in locked memory: for caches of thousands of them, where a struct vs_secret
 * of three pages each would be too much.
 *
 * Keys lie side by side in blocks of the kind of secret.h (locked, between guard pages, left out of
 * core dumps and forked children), which are taken when they are needed and kept. A key is wiped
 * when it is dropped. It is named by a reference, which stops to name anything when its key is
 * dropped, also when the place has another key by then. Not for two threads at a time.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/result.h"

#define VS_SECRET_SLAB_KEY_SIZE 32

struct vs_secret_slab;

struct vs_secret_ref { /* all zero: none */
	uint32_t place;
	uint32_t generation;
};

/* capacity: keys, 1 to VS_LIMIT_SECRET_SLAB, else TOO_LONG. */
VS_RESULT vs_secret_slab_new(size_t capacity, struct vs_secret_slab **slab_out);
void vs_secret_slab_free(struct vs_secret_slab **slab); /* wipes them all */
/* A copy of the key; wiping the caller's is the caller's. BUSY when the slab is full, NO_MEMORY
 * also when no more memory may be locked (RLIMIT_MEMLOCK). */
VS_RESULT vs_secret_slab_put(struct vs_secret_slab *slab,
                             const uint8_t key[static VS_SECRET_SLAB_KEY_SIZE],
                             struct vs_secret_ref *ref_out);
/* Borrowed until it is dropped; NULL when the reference names nothing. */
const uint8_t *vs_secret_slab_get(const struct vs_secret_slab *slab, struct vs_secret_ref ref);
/* Wipes the key and makes *ref name nothing. What names nothing is left as it is. */
void vs_secret_slab_drop(struct vs_secret_slab *slab, struct vs_secret_ref *ref);
size_t vs_secret_slab_count(const struct vs_secret_slab *slab);
