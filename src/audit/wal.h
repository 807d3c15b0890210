/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The write-ahead log: u32 length, u32 CRC-32C of the entry (RFC 3720 B.4), the entry; numbers are
 * big-endian. Pure; any thread.
 */
#pragma once

#include "audit/tree.h"

#define VS_AUDIT_WAL_HEAD 8

uint32_t vs_audit_crc32c(struct vs_bytes bytes);
/* The same without the processor's instruction for it: what that is held against. */
uint32_t vs_audit_crc32c_by_table(struct vs_bytes bytes);
VS_RESULT vs_audit_wal_append(struct vs_buf *wal, struct vs_bytes entry);
/* The first record; *rest is what follows it. NOT_FOUND at the end. BAD_MESSAGE: cut off or
 * damaged, *rest is as it was. */
VS_RESULT vs_audit_wal_next(struct vs_bytes *rest, struct vs_bytes *entry_out);
