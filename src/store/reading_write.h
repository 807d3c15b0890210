/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Readings of a whole commit: all messages of one device of one minute become one row, sealed once;
 * of each salt the last window alone is written. A thousand devices that send all the time fill a
 * page of the index for each row: fewer rows is what makes it fast (doc/decisions/0112).
 *
 * The payload of a row is the JSON of its one message, or (it begins with VS_STORE_CHUNK) for each
 * message u64 at_ms, u64 received_ms, u8 profile, u16 count, u32 size, all big-endian, and its
 * JSON.
 */
#pragma once

#include "base/limits.h"
#include "core/record.h"
#include "store/db.h"
#include "store/seal.h"

#define VS_STORE_CHUNK          0x01u
#define VS_STORE_CHUNK_SPAN_MS  60000 /* messages of one row are of one such span */
#define VS_STORE_CHUNK_SIZE_MAX 32768u

struct vs_store_readings;

VS_RESULT vs_store_readings_new(struct vs_store_readings **readings_out);
void vs_store_readings_free(struct vs_store_readings **readings);
void vs_store_readings_begin(struct vs_store_readings *readings); /* forgets what is held */
/* Held until vs_store_readings_write; borrowed until then. At most VS_LIMIT_STORE_BATCH. */
void vs_store_readings_hold(struct vs_store_readings *readings,
                            const struct vs_core_record *record);
/* The errors of the database, and those of sealing. *id: the last number of a row, counts on. */
VS_RESULT vs_store_readings_write(struct vs_store_readings *readings, struct vs_store_db *db,
                                  const struct vs_store_seal *seal, int64_t *id);

/* One message after the other: *at is 0 at first. False: no more, or what follows is none. */
struct vs_store_chunk_message {
	int64_t at_ms, received_ms, count, profile;
	struct vs_bytes payload;
};
bool vs_store_chunk_next(struct vs_bytes chunk, size_t *at,
                         struct vs_store_chunk_message *message_out);
