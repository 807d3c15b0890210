/* SPDX-License-Identifier: Apache-2.0 */
#include "audit/shard.h"

#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- which there are ------------------------------------------------------------------------- */

static int
compare_names(const void *a, const void *b)
{
	return vs_audit_shard_compare(a, b);
}

static bool
is_shard(const char *dir, const char *name, struct vs_audit_shard_name *name_out)
{
	char path[VS_PATH_SIZE];
	int size;

	if (vs_audit_shard_parse(name, name_out).code != VS_E_OK)
		return false;
	size = snprintf(path, sizeof(path), "%s/%s/meta.json", dir, name);
	return size > 0 && (size_t)size < sizeof(path) && vs_file_exists(path);
}

vs_result
vs_audit_shards_list(const char *dir, struct vs_audit_shard_name **names_out, size_t *count_out)
{
	struct vs_audit_shard_name *names = calloc(VS_AUDIT_SHARDS_MAX, sizeof(*names));
	const struct dirent *item;
	size_t count = 0;
	DIR *folder;

	if (names == NULL)
		return VS_FAIL(NO_MEMORY);
	folder = opendir(dir);
	if (folder == NULL) {
		free(names);
		return errno == ENOENT ? VS_FAIL(NOT_FOUND) : VS_FAIL(IO);
	}
	while (count < VS_AUDIT_SHARDS_MAX && (item = readdir(folder)) != NULL)
		count += is_shard(dir, item->d_name, &names[count]);
	(void)closedir(folder);
	qsort(names, count, sizeof(*names), compare_names);
	*names_out = names;
	*count_out = count;
	return VS_OK;
}

/* --- one shard ------------------------------------------------------------------------------- */

vs_result
vs_audit_shard_open(const char *dir, const char *name, struct vs_audit_shard *shard)
{
	memset(shard, 0, sizeof(*shard));
	vs_buf_init(&shard->hashes, (size_t)VS_AUDIT_TILE_WIDTH * VS_SHA256_SIZE + 1);
	vs_buf_init(&shard->bundle, VS_AUDIT_BUNDLE_SIZE + 1);
	if (!vs_bytes_copy_text(vs_bytes_from_text(name), shard->name, sizeof(shard->name)))
		return VS_FAIL(BAD_VALUE);
	return vs_path_join(dir, name, shard->path);
}

void
vs_audit_shard_done(struct vs_audit_shard *shard)
{
	vs_buf_done(&shard->hashes);
	vs_buf_done(&shard->bundle);
}

vs_result
vs_audit_shard_file(const struct vs_audit_shard *shard, const char *name, struct vs_buf *content)
{
	char path[VS_PATH_SIZE];

	VS_TRY(vs_path_join(shard->path, name, path));
	return vs_file_read(path, content);
}

vs_result
vs_audit_shard_meta(const struct vs_audit_shard *shard, struct vs_audit_meta *meta_out)
{
	struct vs_buf text;
	vs_result r;

	vs_buf_init(&text, VS_AUDIT_NOTE_SIZE);
	r = vs_audit_shard_file(shard, "meta.json", &text);
	if (r.code == VS_E_OK)
		r = vs_audit_meta_parse(vs_buf_view(&text), meta_out);
	vs_buf_done(&text);
	return r;
}

vs_result
vs_audit_shard_checkpoint(const struct vs_audit_shard *shard, const struct vs_audit_vkey *vkey,
                          struct vs_buf *note, struct vs_audit_checkpoint *checkpoint_out)
{
	struct vs_buf text;
	vs_result r;

	vs_buf_init(&text, VS_AUDIT_NOTE_SIZE + 1);
	r = vs_audit_shard_file(shard, "checkpoint", &text);
	if (r.code == VS_E_OK)
		r = vs_audit_checkpoint_open(vs_buf_view(&text), vkey, checkpoint_out);
	if (r.code == VS_E_OK && note != NULL)
		r = vs_buf_append_bytes(note, vs_buf_view(&text));
	vs_buf_done(&text);
	return r;
}

/* The full tile when it is there, else the one of just this width. */
static vs_result
read_tile(const struct vs_audit_shard *shard, const struct vs_audit_tile *tile,
          struct vs_buf *content)
{
	struct vs_audit_tile full = *tile;
	char path[VS_AUDIT_TILE_PATH_SIZE];
	vs_result r;

	full.width = VS_AUDIT_TILE_WIDTH;
	vs_buf_reset(content);
	vs_audit_tile_path(&full, path);
	r = vs_audit_shard_file(shard, path, content);
	if (r.code != VS_E_NOT_FOUND || tile->width == VS_AUDIT_TILE_WIDTH)
		return r;
	vs_audit_tile_path(tile, path);
	return vs_audit_shard_file(shard, path, content);
}

static bool
holds(const struct vs_audit_tile *have, const struct vs_audit_tile *want)
{
	return have->width >= want->width && have->level == want->level &&
	       have->index == want->index;
}

vs_result
vs_audit_shard_hashes(struct vs_audit_shard *shard, const struct vs_audit_tile *tile,
                      const struct vs_audit_hash **hashes_out)
{
	assert(!tile->is_entries && tile->width > 0);
	if (!holds(&shard->hashes_tile, tile)) {
		shard->hashes_tile.width = 0;
		VS_TRY(read_tile(shard, tile, &shard->hashes));
		if (shard->hashes.size % VS_SHA256_SIZE != 0 ||
		    shard->hashes.size < (size_t)tile->width * VS_SHA256_SIZE ||
		    shard->hashes.size > (size_t)VS_AUDIT_TILE_WIDTH * VS_SHA256_SIZE)
			return VS_FAIL(BAD_MESSAGE);
		shard->hashes_tile = *tile;
		shard->hashes_tile.width = (unsigned)(shard->hashes.size / VS_SHA256_SIZE);
	}
	/* Bytes only: no alignment. */
	*hashes_out = (const struct vs_audit_hash *)(const void *)shard->hashes.data;
	return VS_OK;
}

static vs_result
cut_bundle(struct vs_bytes whole, unsigned width, struct vs_bytes *bundle_out)
{
	struct vs_bytes rest = whole, entry;

	for (unsigned i = 0; i < width; i++) {
		vs_result r = vs_audit_bundle_next(&rest, &entry);

		if (r.code != VS_E_OK)
			return VS_FAIL(BAD_MESSAGE);
	}
	*bundle_out = vs_bytes_from(whole.data, whole.size - rest.size);
	return VS_OK;
}

vs_result
vs_audit_shard_bundle(struct vs_audit_shard *shard, const struct vs_audit_tile *tile,
                      struct vs_bytes *bundle_out)
{
	struct vs_audit_tile wanted = *tile;

	wanted.is_entries = true;
	if (!holds(&shard->bundle_tile, &wanted)) {
		shard->bundle_tile.width = 0;
		VS_TRY(read_tile(shard, &wanted, &shard->bundle));
		shard->bundle_tile = wanted;
	}
	return cut_bundle(vs_buf_view(&shard->bundle), tile->width, bundle_out);
}

vs_result
vs_audit_shard_entry(struct vs_audit_shard *shard, uint64_t n, struct vs_bytes *entry_out)
{
	struct vs_audit_tile tile = {.is_entries = true, .index = n / VS_AUDIT_TILE_WIDTH};
	struct vs_bytes rest, entry = {NULL, 0};

	if (n >= shard->size)
		return VS_FAIL(OUT_OF_RANGE);
	tile.width = vs_audit_tile_width(shard->size, 0, tile.index);
	VS_TRY(vs_audit_shard_bundle(shard, &tile, &rest));
	for (unsigned i = 0; i <= n % VS_AUDIT_TILE_WIDTH; i++)
		VS_TRY(vs_audit_bundle_next(&rest, &entry));
	*entry_out = entry;
	return VS_OK;
}

static vs_result
read_hashes(void *self, unsigned tile_level, uint64_t index, unsigned count,
            struct vs_audit_hash *hashes_out)
{
	struct vs_audit_shard *shard = self;
	struct vs_audit_tile tile = {.level = tile_level, .index = index / VS_AUDIT_TILE_WIDTH};
	unsigned at = (unsigned)(index % VS_AUDIT_TILE_WIDTH);
	const struct vs_audit_hash *hashes;

	tile.width = vs_audit_tile_width(shard->size, tile_level, tile.index);
	if (at + count > tile.width)
		return VS_FAIL(OUT_OF_RANGE);
	VS_TRY(vs_audit_shard_hashes(shard, &tile, &hashes));
	memcpy(hashes_out, hashes + at, count * sizeof(*hashes_out));
	return VS_OK;
}

struct vs_audit_hashes
vs_audit_shard_reader(struct vs_audit_shard *shard)
{
	return (struct vs_audit_hashes){shard, read_hashes};
}
