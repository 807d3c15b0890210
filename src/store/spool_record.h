/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A record as bytes, and back: what the spool seals. No I/O.
 *
 *   u8 1, text kind, text tenant, text station, u64 received_ms, u64 message_hash, u16 count,
 *   count fields (spool_fields.def): 't' text or 'n' u64, u32 size, payload
 *
 * Numbers are big-endian; text is u16 length and so many bytes, none of them NUL. An error is kept
 * by its stable code.
 */
#pragma once

#include "base/bytes.h"
#include "core/record.h"

/* Appends. The kind is one that is spooled. */
VS_RESULT vs_store_spool_encode(const struct vs_core_record *record, struct vs_buf *bytes);
/* BAD_MESSAGE: these are none, or a newer program made them. */
VS_RESULT vs_store_spool_decode(struct vs_bytes bytes, struct vs_core_record **record_out);
