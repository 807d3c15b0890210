/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Hashes of the messages of the last hour, to know one that comes again. The writer's alone.
 *
 * Two generations: a hash is remembered for at least one and at most two windows. Each generation
 * holds VS_LIMIT_STORE_DEDUP hashes; when that many messages come within a window, it ends early.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/result.h"

#define VS_STORE_DEDUP_WINDOW_MS (60 * 60 * INT64_C(1000))

struct vs_store_dedup;

VS_RESULT vs_store_dedup_new(uint32_t count_max, struct vs_store_dedup **dedup_out);
void vs_store_dedup_free(struct vs_store_dedup **dedup);

/* Says early which hash is asked for soon, because the sets are larger than any cache. 0 is
 * allowed. */
void vs_store_dedup_expect(const struct vs_store_dedup *dedup, uint64_t hash);
/* hash is not 0 in all of these. */
bool vs_store_dedup_has(const struct vs_store_dedup *dedup, uint64_t hash);
/* now_ms only ever turns the generations forward: a clock that is set back keeps more. */
VS_RESULT vs_store_dedup_add(struct vs_store_dedup *dedup, uint64_t hash, int64_t now_ms);
/* What was added but not committed is forgotten again. */
void vs_store_dedup_remove(struct vs_store_dedup *dedup, uint64_t hash);
