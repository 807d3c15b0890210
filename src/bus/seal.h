/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What nodes say to each other, sealed: who runs the servers in between can neither read it nor
 * make any (doc/protocol/nodes.md).
 *
 * 0x01, nonce 12, then AES-256-GCM of the wall clock (ms, u64 big-endian) and the text, under a key
 * that all nodes of an installation share; associated are a label and the place: the subject that
 * it goes over, or the key of a bucket. So it opens at no other place. Messages hold only for a
 * while, values of buckets for good. One thread.
 */
#pragma once

#include "base/bytes.h"

#define VS_BUS_KEY_SIZE    32
#define VS_BUS_SEAL_MORE   (1 + 12 + 8 + 16) /* bytes that sealing adds */
#define VS_BUS_SEAL_AGE_MS 30000             /* also how far clocks may differ */

struct vs_bus_seal;

VS_RESULT vs_bus_seal_new(const uint8_t key[static VS_BUS_KEY_SIZE], struct vs_bus_seal **seal_out);
void vs_bus_seal_free(struct vs_bus_seal **seal);

/* Appends. */
VS_RESULT vs_bus_seal_close(struct vs_bus_seal *seal, const char *place, int64_t now_ms,
                            struct vs_bytes text, struct vs_buf *sealed);
/* Appends. NOT_AUTHENTIC; STALE: age_ms is not 0, and it is older or younger than that. */
VS_RESULT vs_bus_seal_open(struct vs_bus_seal *seal, const char *place, int64_t now_ms,
                           int64_t age_ms, struct vs_bytes sealed, struct vs_buf *text);
