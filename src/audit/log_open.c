/* SPDX-License-Identifier: Apache-2.0 */
/* What a start finds: that it goes on with what was signed is checked before anything is signed. */
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "audit/log_inside.h"
#include "audit/wal.h"

void
vs_audit_log_unload(struct vs_audit_log *log)
{
	if (log->wal_fd >= 0)
		(void)close(log->wal_fd);
	log->wal_fd = -1;
	vs_pkey_free(&log->key);
	vs_audit_shard_done(&log->shard);
	memset(&log->shard, 0, sizeof(log->shard));
	memset(&log->meta, 0, sizeof(log->meta));
	memset(log->rims, 0, sizeof(log->rims));
	vs_audit_frontier_init(&log->frontier);
	vs_buf_reset(&log->pending);
	vs_buf_reset(&log->bundle);
	log->size = log->published = log->wal_size = 0;
	log->due_ns = INT64_MAX;
}

/* --- the newest checkpoint ------------------------------------------------------------------- */

/* Keep the larger one. Two of one size must be the same tree. */
static vs_result
consider(struct vs_audit_log *log, struct vs_bytes note, struct vs_audit_checkpoint *newest)
{
	struct vs_audit_checkpoint checkpoint;

	if (vs_audit_checkpoint_open(note, &log->meta.vkey, &checkpoint).code != VS_E_OK)
		return vs_audit_log_fork(log, "a checkpoint is not signed by its key");
	if (checkpoint.size == newest->size && newest->size > 0 &&
	    !vs_audit_hash_equal(&checkpoint.root, &newest->root))
		return vs_audit_log_fork(log, "two checkpoints of one size differ");
	if (checkpoint.size <= newest->size)
		return VS_OK;
	*newest = checkpoint;
	vs_buf_reset(&log->note);
	return vs_buf_append_bytes(&log->note, note);
}

static vs_result
consider_file(struct vs_audit_log *log, struct vs_audit_checkpoint *newest)
{
	struct vs_buf note;
	vs_result r;

	vs_buf_init(&note, VS_AUDIT_NOTE_SIZE + 1);
	r = vs_audit_shard_file(&log->shard, "checkpoint", &note);
	if (r.code == VS_E_OK)
		r = consider(log, vs_buf_view(&note), newest);
	else if (r.code == VS_E_NOT_FOUND)
		r = VS_OK;
	vs_buf_done(&note);
	return r;
}

/* Where the note begins whose last byte is before `end`: behind the empty line before its own. */
static size_t
note_begin(const char *text, size_t end)
{
	size_t blanks = 0;

	for (size_t at = end; at > 1; at--) {
		blanks += text[at - 1] == '\n' && text[at - 2] == '\n';
		if (blanks == 2)
			return at;
	}
	return 0;
}

/* The last whole note of the text's end; *end_out is behind it and its empty line. */
static vs_result
last_note(const char *text, size_t size, struct vs_bytes *note_out, size_t *end_out)
{
	for (size_t at = size; at > 1; at--) {
		struct vs_audit_note note;
		struct vs_bytes bytes;
		size_t begin;

		if (text[at - 1] != '\n' || text[at - 2] != '\n')
			continue;
		begin = note_begin(text, at - 1);
		bytes = vs_bytes_from(text + begin, at - 1 - begin);
		if (vs_audit_note_parse(bytes, &note).code != VS_E_OK)
			continue;
		*note_out = bytes;
		*end_out = at;
		return VS_OK;
	}
	return VS_FAIL(NOT_FOUND);
}

/* The last of checkpoints.log, read from its end, as it may be long. One that a stop has cut off is
 * taken away: it was never published. */
static vs_result
consider_logged(struct vs_audit_log *log, struct vs_audit_checkpoint *newest)
{
	char path[VS_PATH_SIZE], tail[2048];
	struct vs_bytes note;
	size_t whole = 0;
	ssize_t size = -1;
	off_t begin;
	int fd;
	vs_result r = VS_OK;

	VS_TRY(vs_path_join(log->shard.path, "checkpoints.log", path));
	fd = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0)
		return errno == ENOENT ? VS_OK : VS_FAIL(IO);
	begin = lseek(fd, 0, SEEK_END) - (off_t)sizeof(tail);
	if (begin < 0)
		begin = 0;
	if (lseek(fd, begin, SEEK_SET) == begin)
		size = read(fd, tail, sizeof(tail));
	if (size < 0)
		r = VS_FAIL(IO);
	else if (last_note(tail, (size_t)size, &note, &whole).code == VS_E_OK)
		r = consider(log, note, newest);
	if (r.code == VS_E_OK && whole < (size_t)size && ftruncate(fd, begin + (off_t)whole) != 0)
		r = VS_FAIL(IO);
	(void)close(fd);
	return r;
}

/* What was remembered elsewhere, which is how a folder that was put back is known. */
static vs_result
consider_remembered(struct vs_audit_log *log, struct vs_audit_checkpoint *newest)
{
	const struct vs_audit_keeper *keeper = &log->options.keeper;
	struct vs_audit_checkpoint checkpoint;
	struct vs_audit_shard_name name;
	const char *slash;
	struct vs_buf note;
	vs_result r;

	vs_buf_init(&note, VS_AUDIT_NOTE_SIZE + 1);
	r = keeper->recall(keeper->self, &note);
	if (r.code == VS_E_OK)
		r = vs_audit_checkpoint_parse(vs_buf_view(&note), &checkpoint);
	if (r.code == VS_E_OK) {
		slash = strrchr(checkpoint.origin, '/');
		if (strcmp(checkpoint.origin, log->meta.vkey.name) == 0)
			r = consider(log, vs_buf_view(&note), newest);
		else if (slash == NULL || vs_audit_shard_parse(slash + 1, &name).code != VS_E_OK ||
		         vs_audit_shard_compare(&name, &log->name) > 0)
			r = vs_audit_log_fork(log, "a newer shard is gone");
	}
	vs_buf_done(&note);
	return r.code == VS_E_NOT_FOUND ? VS_OK : r;
}

/* --- tiles ----------------------------------------------------------------------------------- */

static vs_result
load_rims(struct vs_audit_log *log)
{
	uint64_t size = log->frontier.size;

	for (unsigned level = 0; level < VS_AUDIT_TILE_LEVELS; level++) {
		struct vs_audit_rim *rim = &log->rims[level];
		struct vs_audit_tile tile = {.level = level};
		const struct vs_audit_hash *hashes;

		rim->index = tile.index = (size >> (8 * level)) / VS_AUDIT_TILE_WIDTH;
		rim->width = tile.width = vs_audit_tile_width(size, level, tile.index);
		if (tile.width == 0)
			continue;
		VS_TRY(vs_audit_shard_hashes(&log->shard, &tile, &hashes));
		memcpy(rim->hashes, hashes, tile.width * sizeof(rim->hashes[0]));
	}
	return VS_OK;
}

static vs_result
load_bundle(struct vs_audit_log *log)
{
	struct vs_audit_tile tile = {.is_entries = true};
	struct vs_bytes bundle;

	tile.index = log->frontier.size / VS_AUDIT_TILE_WIDTH;
	tile.width = (unsigned)(log->frontier.size % VS_AUDIT_TILE_WIDTH);
	vs_buf_reset(&log->bundle);
	if (tile.width == 0)
		return VS_OK;
	VS_TRY(vs_audit_shard_bundle(&log->shard, &tile, &bundle));
	return vs_buf_append_bytes(&log->bundle, bundle);
}

/* The tree of the newest checkpoint must be there. */
static vs_result
load_tree(struct vs_audit_log *log, const struct vs_audit_checkpoint *newest)
{
	struct vs_audit_hashes hashes;
	struct vs_audit_hash root;

	log->shard.size = newest->size;
	hashes = vs_audit_shard_reader(&log->shard);
	if (vs_audit_prove_frontier(&hashes, newest->size, &log->frontier).code != VS_E_OK)
		return vs_audit_log_fork(log, "tiles of the newest checkpoint are missing");
	VS_TRY(vs_audit_frontier_root(&log->frontier, &root));
	if (newest->size > 0 && !vs_audit_hash_equal(&root, &newest->root))
		return vs_audit_log_fork(log, "the tiles are not those of the newest checkpoint");
	if (load_rims(log).code != VS_E_OK || load_bundle(log).code != VS_E_OK)
		return vs_audit_log_fork(log, "entries of the newest checkpoint are missing");
	log->size = log->published = newest->size;
	return VS_OK;
}

/* --- the write-ahead log --------------------------------------------------------------------- */

/* One record: of what is in a tile already, the same; or the next entry. */
static vs_result
replay_entry(struct vs_audit_log *log, struct vs_bytes entry)
{
	struct vs_audit_hash leaf, have;
	struct vs_audit_hashes hashes = vs_audit_shard_reader(&log->shard);
	struct vs_json_tape tape;
	uint64_t n = 0;
	vs_result r;

	vs_json_tape_init(&tape);
	r = vs_audit_entry_parse(entry, &tape, &n);
	vs_json_tape_done(&tape);
	if (r.code != VS_E_OK || n > log->size)
		return vs_audit_log_fork(log, "the write-ahead log does not go on with the tiles");
	if (n == log->size) {
		VS_TRY(vs_audit_bundle_append(&log->pending, entry));
		log->size++;
		return VS_OK;
	}
	if (n >= log->published)
		return vs_audit_log_fork(log, "the write-ahead log holds an entry twice");
	VS_TRY(vs_audit_hash_leaf(entry, &leaf));
	r = hashes.read(hashes.self, 0, n, 1, &have);
	if (r.code != VS_E_OK || !vs_audit_hash_equal(&leaf, &have))
		return vs_audit_log_fork(log, "an entry of the write-ahead log is not in its tile");
	return VS_OK;
}

static vs_result
replay(struct vs_audit_log *log)
{
	struct vs_bytes rest, entry;
	struct vs_buf wal;
	vs_result r;

	vs_buf_init(&wal, 2 * VS_AUDIT_PENDING_SIZE);
	r = vs_audit_shard_file(&log->shard, "wal", &wal);
	rest = vs_buf_view(&wal);
	/* A record that is cut off was never acknowledged. */
	while (r.code == VS_E_OK && vs_audit_wal_next(&rest, &entry).code == VS_E_OK)
		r = replay_entry(log, entry);
	if (r.code == VS_E_NOT_FOUND)
		r = VS_OK;
	log->wal_size = wal.size - rest.size;
	vs_buf_done(&wal);
	return r;
}

static vs_result
open_wal(struct vs_audit_log *log)
{
	char path[VS_PATH_SIZE];

	VS_TRY(vs_path_join(log->shard.path, "wal", path));
	log->wal_fd = open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (log->wal_fd < 0 || ftruncate(log->wal_fd, (off_t)log->wal_size) != 0)
		return VS_FAIL(IO);
	return fsync(log->wal_fd) == 0 ? VS_OK : VS_FAIL(IO);
}

/* --- all of it ------------------------------------------------------------------------------- */

vs_result
vs_audit_log_load_shard(struct vs_audit_log *log, const struct vs_audit_shard_name *name)
{
	const struct vs_audit_keeper *keeper = &log->options.keeper;
	struct vs_audit_checkpoint newest = {.size = 0};
	char text[VS_AUDIT_SHARD_SIZE];

	vs_audit_log_unload(log);
	log->name = *name;
	vs_audit_shard_text(name, text);
	vs_buf_reset(&log->note);
	VS_TRY(vs_audit_shard_open(log->options.dir, text, &log->shard));
	VS_TRY(vs_audit_shard_meta(&log->shard, &log->meta));
	if (keeper->find(keeper->self, log->meta.vkey.public, &log->key).code != VS_E_OK)
		return vs_audit_log_fork(log, "its key is not the key process's");
	VS_TRY(consider_file(log, &newest));
	VS_TRY(consider_logged(log, &newest));
	VS_TRY(consider_remembered(log, &newest));
	VS_TRY(load_tree(log, &newest));
	VS_TRY(replay(log));
	VS_TRY(open_wal(log));
	return vs_audit_log_publish(log, 0);
}

/* A name is never used twice: two trees of one origin would be a fork. */
static void
name_after(struct vs_bytes note, struct vs_audit_shard_name *name)
{
	struct vs_audit_checkpoint checkpoint;
	struct vs_audit_shard_name used;
	const char *slash;

	if (vs_audit_checkpoint_parse(note, &checkpoint).code != VS_E_OK)
		return;
	slash = strrchr(checkpoint.origin, '/');
	if (slash == NULL || vs_audit_shard_parse(slash + 1, &used).code != VS_E_OK ||
	    vs_audit_shard_compare(name, &used) > 0)
		return;
	*name = used;
	name->part++;
}

static vs_result
begin_first(struct vs_audit_log *log, int64_t now_ns)
{
	const struct vs_audit_keeper *keeper = &log->options.keeper;
	struct vs_audit_shard_name name;
	struct vs_pkey *key = NULL;
	bool was_there;

	vs_buf_reset(&log->note);
	was_there = keeper->recall(keeper->self, &log->note).code == VS_E_OK;
	if (was_there && !log->is_accepting) {
		(void)snprintf(log->shard.path, sizeof(log->shard.path), "%s", log->options.dir);
		return vs_audit_log_fork(log, "the whole log is gone");
	}
	vs_audit_shard_of(now_ns, &name);
	if (was_there) {
		(void)snprintf(log->reason, sizeof(log->reason), "the whole log is gone");
		name_after(vs_buf_view(&log->note), &name);
	}
	VS_TRY(keeper->make(keeper->self, &key));
	log->is_accepting = false;
	return vs_audit_log_begin(log, &name, key, was_there, now_ns);
}

/* The operator has said that it shall go on beside what does not fit. */
static vs_result
begin_after_fork(struct vs_audit_log *log, int64_t now_ns)
{
	const struct vs_audit_keeper *keeper = &log->options.keeper;
	struct vs_audit_shard_name name;
	struct vs_pkey *key = NULL;

	vs_audit_shard_of(now_ns, &name);
	if (vs_audit_shard_compare(&name, &log->name) <= 0) {
		name = log->name;
		name.part++;
	}
	VS_TRY(keeper->make(keeper->self, &key));
	log->is_accepting = false;
	log->state = VS_AUDIT_OK;
	return vs_audit_log_begin(log, &name, key, true, now_ns);
}

vs_result
vs_audit_log_load(struct vs_audit_log *log, int64_t now_ns)
{
	struct vs_audit_shard_name *names = NULL, newest;
	size_t count = 0;
	vs_result r;

	VS_TRY(vs_folder_make(log->options.dir));
	VS_TRY(vs_audit_shards_list(log->options.dir, &names, &count));
	if (count > 0)
		newest = names[count - 1];
	free(names);
	if (count == 0)
		return begin_first(log, now_ns);
	r = vs_audit_log_load_shard(log, &newest);
	if (r.code == VS_E_OK)
		r = vs_audit_log_resume(log, now_ns);
	if (log->state == VS_AUDIT_FORKED && log->is_accepting)
		r = begin_after_fork(log, now_ns);
	return r;
}
