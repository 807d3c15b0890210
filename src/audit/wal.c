/* SPDX-License-Identifier: Apache-2.0 */
#include "audit/wal.h"

#include <string.h>

#define POLYNOMIAL 0x82f63b78u /* Castagnoli's, reflected */

#define STEP(crc)  ((crc) >> 1 ^ (POLYNOMIAL & (0u - ((crc)&1u))))
#define STEP4(crc) STEP(STEP(STEP(STEP(crc))))

/* Of four bits: 16 numbers need no table that somebody must build first. */
static const uint32_t of_nibble[16] = {
    STEP4(0u), STEP4(1u), STEP4(2u),  STEP4(3u),  STEP4(4u),  STEP4(5u),  STEP4(6u),  STEP4(7u),
    STEP4(8u), STEP4(9u), STEP4(10u), STEP4(11u), STEP4(12u), STEP4(13u), STEP4(14u), STEP4(15u),
};

uint32_t
vs_audit_crc32c(struct vs_bytes bytes)
{
	uint32_t crc = UINT32_MAX;

	for (size_t i = 0; i < bytes.size; i++) {
		crc ^= bytes.data[i];
		crc = crc >> 4 ^ of_nibble[crc & 15];
		crc = crc >> 4 ^ of_nibble[crc & 15];
	}
	return ~crc;
}

static void
put_u32(uint8_t *room, uint32_t value)
{
	for (int i = 0; i < 4; i++)
		room[i] = (uint8_t)(value >> (24 - 8 * i));
}

static uint32_t
get_u32(const uint8_t *bytes)
{
	return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 |
	       bytes[3];
}

vs_result
vs_audit_wal_append(struct vs_buf *wal, struct vs_bytes entry)
{
	uint8_t *room;

	if (entry.size == 0 || entry.size > VS_AUDIT_ENTRY_SIZE)
		return VS_FAIL(TOO_LONG);
	VS_TRY(vs_buf_reserve(wal, VS_AUDIT_WAL_HEAD + entry.size, &room));
	put_u32(room, (uint32_t)entry.size);
	put_u32(room + 4, vs_audit_crc32c(entry));
	memcpy(room + VS_AUDIT_WAL_HEAD, entry.data, entry.size);
	wal->size += VS_AUDIT_WAL_HEAD + entry.size;
	return VS_OK;
}

vs_result
vs_audit_wal_next(struct vs_bytes *rest, struct vs_bytes *entry_out)
{
	struct vs_bytes entry;
	uint32_t size;

	if (rest->size == 0)
		return VS_FAIL(NOT_FOUND);
	if (rest->size < VS_AUDIT_WAL_HEAD)
		return VS_FAIL(BAD_MESSAGE);
	size = get_u32(rest->data);
	if (size == 0 || size > VS_AUDIT_ENTRY_SIZE || size > rest->size - VS_AUDIT_WAL_HEAD)
		return VS_FAIL(BAD_MESSAGE);
	entry = vs_bytes_from(rest->data + VS_AUDIT_WAL_HEAD, size);
	if (get_u32(rest->data + 4) != vs_audit_crc32c(entry))
		return VS_FAIL(BAD_MESSAGE);
	rest->data += VS_AUDIT_WAL_HEAD + size;
	rest->size -= VS_AUDIT_WAL_HEAD + size;
	*entry_out = entry;
	return VS_OK;
}
