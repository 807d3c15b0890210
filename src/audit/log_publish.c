/* SPDX-License-Identifier: Apache-2.0 */
/* From synced entries to tiles and a checkpoint. */
#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "audit/log_inside.h"

/* --- files ----------------------------------------------------------------------------------- */

static vs_result
write_file(const struct vs_audit_log *log, const char *path, struct vs_bytes content)
{
	return log->is_bulk ? vs_file_write_unsynced(path, content) : vs_file_write(path, content);
}

static vs_result
write_tile(const struct vs_audit_log *log, const struct vs_audit_tile *tile,
           struct vs_bytes content)
{
	char name[VS_AUDIT_TILE_PATH_SIZE], path[VS_PATH_SIZE], folder[VS_PATH_SIZE];
	vs_result r;

	vs_audit_tile_path(tile, name);
	VS_TRY(vs_path_join(log->shard.path, name, path));
	r = write_file(log, path, content);
	if (r.code != VS_E_NOT_FOUND)
		return r;
	memcpy(folder, path, sizeof(folder));
	*strrchr(folder, '/') = '\0';
	VS_TRY(vs_folder_make(folder));
	return write_file(log, path, content);
}

static struct vs_bytes
rim_view(const struct vs_audit_rim *rim)
{
	return vs_bytes_from(rim->hashes, rim->width * sizeof(rim->hashes[0]));
}

/* --- growing --------------------------------------------------------------------------------- */

static vs_result
grown(void *self, unsigned level, uint64_t index, const struct vs_audit_hash *hash)
{
	struct vs_audit_log *log = self;
	struct vs_audit_rim *rim = &log->rims[level / 8];
	struct vs_audit_tile tile = {.level = level / 8, .width = VS_AUDIT_TILE_WIDTH};

	if (level % 8 != 0)
		return VS_OK;
	assert(index == rim->index * VS_AUDIT_TILE_WIDTH + rim->width);
	rim->hashes[rim->width++] = *hash;
	rim->is_changed = true;
	if (rim->width < VS_AUDIT_TILE_WIDTH)
		return VS_OK;
	tile.index = rim->index;
	VS_TRY(write_tile(log, &tile, rim_view(rim)));
	rim->index++;
	rim->width = 0;
	rim->is_changed = false;
	return VS_OK;
}

/* Take a synced entry into the tiles that grow, writing those that are full. */
static vs_result
integrate_entry(struct vs_audit_log *log, struct vs_bytes entry)
{
	const struct vs_audit_growth growth = {log, grown};
	struct vs_audit_tile tile = {.is_entries = true, .width = VS_AUDIT_TILE_WIDTH};
	struct vs_audit_hash leaf;

	VS_TRY(vs_audit_bundle_append(&log->bundle, entry));
	VS_TRY(vs_audit_hash_leaf(entry, &leaf));
	VS_TRY(vs_audit_frontier_append(&log->frontier, &leaf, &growth));
	if (log->frontier.size % VS_AUDIT_TILE_WIDTH != 0)
		return VS_OK;
	tile.index = log->frontier.size / VS_AUDIT_TILE_WIDTH - 1;
	VS_TRY(write_tile(log, &tile, vs_buf_view(&log->bundle)));
	vs_buf_reset(&log->bundle);
	return VS_OK;
}

static vs_result
integrate_all(struct vs_audit_log *log)
{
	struct vs_bytes rest = vs_buf_view(&log->pending), entry;
	vs_result r;

	while ((r = vs_audit_bundle_next(&rest, &entry)).code == VS_E_OK)
		VS_TRY(integrate_entry(log, entry));
	return r.code == VS_E_NOT_FOUND ? VS_OK : r;
}

/* What is not full has the width in its name. */
static vs_result
write_rims(struct vs_audit_log *log)
{
	struct vs_audit_tile tile = {.is_entries = true};

	for (unsigned level = 0; level < VS_AUDIT_TILE_LEVELS; level++) {
		struct vs_audit_rim *rim = &log->rims[level];

		if (!rim->is_changed)
			continue;
		VS_TRY(write_tile(log,
		                  &(struct vs_audit_tile){false, level, rim->index, rim->width},
		                  rim_view(rim)));
		rim->is_changed = false;
	}
	tile.index = log->frontier.size / VS_AUDIT_TILE_WIDTH;
	tile.width = (unsigned)(log->frontier.size % VS_AUDIT_TILE_WIDTH);
	if (tile.width > 0)
		VS_TRY(write_tile(log, &tile, vs_buf_view(&log->bundle)));
	return log->is_bulk ? vs_folder_sync(log->shard.path) : VS_OK;
}

/* --- parts of full tiles --------------------------------------------------------------------- */

/* They are in the full one: nobody needs them. Nothing is lost when they stay. */
static void
remove_parts(const struct vs_audit_log *log, const struct vs_audit_tile *tile)
{
	char tile_path[VS_AUDIT_TILE_PATH_SIZE], name[VS_AUDIT_TILE_PATH_SIZE + 2],
	    path[VS_PATH_SIZE];
	const struct dirent *item;
	DIR *folder;

	vs_audit_tile_path(tile, tile_path);
	(void)snprintf(name, sizeof(name), "%s.p", tile_path);
	if (vs_path_join(log->shard.path, name, path).code != VS_E_OK)
		return;
	folder = opendir(path);
	if (folder == NULL)
		return;
	while ((item = readdir(folder)) != NULL) {
		if (item->d_name[0] != '.')
			(void)unlinkat(dirfd(folder), item->d_name, 0);
	}
	(void)closedir(folder);
	(void)rmdir(path);
}

/* Of each level the tile that grew at the last checkpoint, when it is full now. */
static void
remove_all_parts(const struct vs_audit_log *log)
{
	for (unsigned level = 0; level < VS_AUDIT_TILE_LEVELS; level++) {
		struct vs_audit_tile tile = {.level = level, .width = VS_AUDIT_TILE_WIDTH};

		tile.index = (log->published >> (8 * level)) / VS_AUDIT_TILE_WIDTH;
		if (tile.index >= log->rims[level].index)
			continue;
		remove_parts(log, &tile);
		tile.is_entries = true;
		if (level == 0)
			remove_parts(log, &tile);
	}
}

/* --- the checkpoint -------------------------------------------------------------------------- */

static vs_result
append_file(const char *path, struct vs_bytes content)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600);
	vs_result r = VS_OK;

	if (fd < 0)
		return VS_FAIL(IO);
	if (write(fd, content.data, content.size) != (ssize_t)content.size || fdatasync(fd) != 0)
		r = VS_FAIL(IO);
	(void)close(fd);
	return r;
}

static vs_result
write_checkpoint(struct vs_audit_log *log)
{
	struct vs_audit_checkpoint checkpoint = {.size = log->frontier.size};
	const struct vs_audit_keeper *keeper = &log->options.keeper;
	char path[VS_PATH_SIZE];
	struct vs_bytes note;

	(void)snprintf(checkpoint.origin, sizeof(checkpoint.origin), "%s", log->meta.vkey.name);
	VS_TRY(vs_audit_frontier_root(&log->frontier, &checkpoint.root));
	vs_buf_reset(&log->note);
	VS_TRY(vs_audit_checkpoint_sign(&checkpoint, &log->meta.vkey, log->key, &log->note));
	note = vs_buf_view(&log->note);
	/* Remembered first: a folder that lacks what was signed is then seen at the next start. */
	VS_TRY(keeper->remember(keeper->self, note));
	VS_TRY(vs_path_join(log->shard.path, "checkpoints.log", path));
	VS_TRY(vs_buf_append_byte(&log->note, '\n'));
	VS_TRY(append_file(path, vs_buf_view(&log->note)));
	log->note.size--;
	VS_TRY(vs_path_join(log->shard.path, "checkpoint", path));
	return vs_file_write(path, vs_buf_view(&log->note));
}

static vs_result
publish(struct vs_audit_log *log)
{
	log->is_bulk = log->size - log->frontier.size > VS_AUDIT_BULK;
	VS_TRY(integrate_all(log));
	vs_buf_reset(&log->pending);
	VS_TRY(write_rims(log));
	VS_TRY(write_checkpoint(log));
	/* Replaying what is in tiles does no harm, so nothing waits for this. */
	if (ftruncate(log->wal_fd, 0) != 0)
		return VS_FAIL(IO);
	log->wal_size = 0;
	remove_all_parts(log);
	log->published = log->size;
	return VS_OK;
}

vs_result
vs_audit_log_publish(struct vs_audit_log *log, int64_t now_ns)
{
	vs_result r;

	(void)now_ns;
	log->due_ns = INT64_MAX;
	if (log->state != VS_AUDIT_OK || log->size == log->published)
		return VS_OK;
	r = publish(log);
	return r.code == VS_E_OK ? r : vs_audit_log_fail(log, r, "it cannot be written");
}
