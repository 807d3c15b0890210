/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A hash map from bytes to a pointer: open addressing, SipHash-2-4 under a random key (so that
 * nobody can choose colliding identities), a cap on entries. Keys are copied; values are borrowed.
 */
#pragma once

#include <stdint.h>

#include "base/bytes.h"

struct vs_map;

VS_RESULT vs_map_new(size_t count_max, struct vs_map **map_out);
void vs_map_free(struct vs_map **map); /* does not free the values */

/* Set or replace; value is not NULL; *old_out (may be NULL) gets the value that was there, or NULL.
 * TOO_LONG at count_max. */
VS_RESULT vs_map_put(struct vs_map *map, struct vs_bytes key, void *value, void **old_out);
void *vs_map_get(const struct vs_map *map, struct vs_bytes key); /* NULL when absent */
void *vs_map_remove(struct vs_map *map, struct vs_bytes key);    /* what was there, or NULL */
size_t vs_map_count(const struct vs_map *map);

/* Visit all, in no order. The map must not change meanwhile, except by removing the visited key. */
struct vs_map_cursor {
	size_t position;
	struct vs_bytes key;
	void *value;
};
bool vs_map_next(const struct vs_map *map, struct vs_map_cursor *cursor); /* start with { 0 } */

/* SipHash-2-4 under a key that is random for each process. */
uint64_t vs_hash(struct vs_bytes view);
/* The same under a given 16-byte key, for hashes that must outlive the process. */
uint64_t vs_hash_keyed(struct vs_bytes view, const uint8_t key[static 16]);
/* For what is long: SipHash-1-3 of the first half, up to a whole word, and of the rest, which is
 * turned by 32 bits; both together. Half the work, and twice as fast as that. */
uint64_t vs_hash_long(struct vs_bytes view, const uint8_t key[static 16]);
