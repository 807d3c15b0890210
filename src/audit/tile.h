/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where hashes and entries lie: the layout of C2SP tlog-tiles. A tile holds 256 hashes of a level
 * 0, 8, 16 .. of the tree, a bundle the 256 entries below a tile of level 0; the last one of each
 * may be partial and has its width in its name. No I/O, no allocation; any thread.
 */
#pragma once

#include "audit/tree.h"

#define VS_AUDIT_TILE_WIDTH     256
#define VS_AUDIT_TILE_LEVELS    8 /* 256^8 entries: more than a size can say */
#define VS_AUDIT_TILE_PATH_SIZE 64
#define VS_AUDIT_BUNDLE_SIZE    (VS_AUDIT_TILE_WIDTH * (2 + VS_AUDIT_ENTRY_SIZE))

struct vs_audit_tile {
	bool is_entries; /* a bundle; level is 0 */
	unsigned level;  /* below VS_AUDIT_TILE_LEVELS */
	uint64_t index;
	unsigned width; /* 1 .. 256 */
};

/* "tile/0/x001/x234/067", "tile/entries/000.p/17" */
void vs_audit_tile_path(const struct vs_audit_tile *tile,
                        char path_out[static VS_AUDIT_TILE_PATH_SIZE]);
/* BAD_VALUE: not exactly what vs_audit_tile_path writes. */
VS_RESULT vs_audit_tile_parse(struct vs_bytes path, struct vs_audit_tile *tile_out);
/* How many hashes tile `index` of a level has in a tree of `size` entries: 0 .. 256. */
unsigned vs_audit_tile_width(uint64_t size, unsigned level, uint64_t index);

/* A bundle is u16 length and entry, again and again. */
VS_RESULT vs_audit_bundle_append(struct vs_buf *bundle, struct vs_bytes entry);
/* The first entry; *rest is what follows it. NOT_FOUND at the end, BAD_MESSAGE. */
VS_RESULT vs_audit_bundle_next(struct vs_bytes *rest, struct vs_bytes *entry_out);
