/* SPDX-License-Identifier: Apache-2.0 */
/* Tile paths come back the same; a bundle is the sum of its entries. */
#include <stdlib.h>

#include "audit/tile.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct vs_bytes rest = vs_bytes_from(data, size), entry;
	char path[VS_AUDIT_TILE_PATH_SIZE];
	struct vs_audit_tile tile;
	size_t sum = 0;
	vs_result r;

	if (vs_audit_tile_parse(rest, &tile).code == VS_E_OK) {
		vs_audit_tile_path(&tile, path);
		if (!vs_bytes_equal_text(rest, path))
			abort();
	}
	while ((r = vs_audit_bundle_next(&rest, &entry)).code == VS_E_OK)
		sum += 2 + entry.size;
	if (r.code == VS_E_NOT_FOUND && sum != size)
		abort();
	return 0;
}
