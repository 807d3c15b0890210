/* SPDX-License-Identifier: Apache-2.0 */
#include "audit/tile.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#define GROUPS_MAX 7 /* of three digits: a 64-bit number */

void
vs_audit_tile_path(const struct vs_audit_tile *tile, char path_out[static VS_AUDIT_TILE_PATH_SIZE])
{
	unsigned groups[GROUPS_MAX];
	uint64_t index = tile->index;
	size_t count = 0;
	int at;

	assert(tile->width > 0 && tile->width <= VS_AUDIT_TILE_WIDTH);
	do {
		groups[count++] = (unsigned)(index % 1000);
		index /= 1000;
	} while (index > 0);
	at = tile->is_entries ? snprintf(path_out, VS_AUDIT_TILE_PATH_SIZE, "tile/entries")
	                      : snprintf(path_out, VS_AUDIT_TILE_PATH_SIZE, "tile/%u", tile->level);
	while (count > 0) {
		count--;
		at += snprintf(path_out + at, VS_AUDIT_TILE_PATH_SIZE - (size_t)at, "/%s%03u",
		               count > 0 ? "x" : "", groups[count]);
	}
	if (tile->width < VS_AUDIT_TILE_WIDTH)
		(void)snprintf(path_out + at, VS_AUDIT_TILE_PATH_SIZE - (size_t)at, ".p/%u",
		               tile->width);
}

/* Take `text` off the front. */
static bool
take(struct vs_bytes *rest, const char *text)
{
	size_t size = strlen(text);

	if (rest->size < size || !vs_bytes_equal_text(vs_bytes_from(rest->data, size), text))
		return false;
	rest->data += size;
	rest->size -= size;
	return true;
}

/* Up to three digits. */
static bool
take_number(struct vs_bytes *rest, unsigned *number_out)
{
	unsigned number = 0, digits = 0;

	while (digits < 3 && rest->size > 0 && rest->data[0] >= '0' && rest->data[0] <= '9') {
		number = 10 * number + (unsigned)(rest->data[0] - '0');
		rest->data++;
		rest->size--;
		digits++;
	}
	*number_out = number;
	return digits > 0;
}

static bool
take_index(struct vs_bytes *rest, uint64_t *index_out)
{
	uint64_t index = 0;
	bool is_last = false;

	while (!is_last) {
		unsigned group;

		if (!take(rest, "/"))
			return false;
		is_last = !take(rest, "x");
		if (!take_number(rest, &group) || index > (UINT64_MAX - group) / 1000)
			return false;
		index = 1000 * index + group;
	}
	*index_out = index;
	return true;
}

vs_result
vs_audit_tile_parse(struct vs_bytes path, struct vs_audit_tile *tile_out)
{
	struct vs_audit_tile tile = {.width = VS_AUDIT_TILE_WIDTH};
	char again[VS_AUDIT_TILE_PATH_SIZE];
	struct vs_bytes rest = path;

	assert(tile_out != NULL);
	if (!take(&rest, "tile/"))
		return VS_FAIL(BAD_VALUE);
	tile.is_entries = take(&rest, "entries");
	if (!tile.is_entries &&
	    (!take_number(&rest, &tile.level) || tile.level >= VS_AUDIT_TILE_LEVELS))
		return VS_FAIL(BAD_VALUE);
	if (!take_index(&rest, &tile.index))
		return VS_FAIL(BAD_VALUE);
	if (take(&rest, ".p/") && (!take_number(&rest, &tile.width) || tile.width == 0 ||
	                           tile.width >= VS_AUDIT_TILE_WIDTH))
		return VS_FAIL(BAD_VALUE);
	/* One path for one tile: leading zeros and the like do not come back. */
	vs_audit_tile_path(&tile, again);
	if (!vs_bytes_equal_text(path, again))
		return VS_FAIL(BAD_VALUE);
	*tile_out = tile;
	return VS_OK;
}

unsigned
vs_audit_tile_width(uint64_t size, unsigned level, uint64_t index)
{
	uint64_t nodes = size >> (8 * level), full = nodes / VS_AUDIT_TILE_WIDTH;

	if (index < full)
		return VS_AUDIT_TILE_WIDTH;
	return index == full ? (unsigned)(nodes % VS_AUDIT_TILE_WIDTH) : 0;
}

vs_result
vs_audit_bundle_append(struct vs_buf *bundle, struct vs_bytes entry)
{
	uint8_t *room;

	if (entry.size > VS_AUDIT_ENTRY_SIZE)
		return VS_FAIL(TOO_LONG);
	VS_TRY(vs_buf_reserve(bundle, 2 + entry.size, &room));
	room[0] = (uint8_t)(entry.size >> 8);
	room[1] = (uint8_t)entry.size;
	if (entry.size > 0)
		memcpy(room + 2, entry.data, entry.size);
	bundle->size += 2 + entry.size;
	return VS_OK;
}

vs_result
vs_audit_bundle_next(struct vs_bytes *rest, struct vs_bytes *entry_out)
{
	size_t size;

	if (rest->size == 0)
		return VS_FAIL(NOT_FOUND);
	if (rest->size < 2)
		return VS_FAIL(BAD_MESSAGE);
	size = (size_t)rest->data[0] << 8 | rest->data[1];
	if (size > rest->size - 2)
		return VS_FAIL(BAD_MESSAGE);
	*entry_out = vs_bytes_from(rest->data + 2, size);
	rest->data += 2 + size;
	rest->size -= 2 + size;
	return VS_OK;
}
