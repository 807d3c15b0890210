/* SPDX-License-Identifier: Apache-2.0 */
#include "audit/verify.h"

#include <assert.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "audit/entry.h"
#include "audit/wal.h"

#define TELL_EVERY 16384
#define LOG_SIZE   ((size_t)1 << 31)

struct verify {
	struct vs_audit_finding *finding;
	const struct vs_audit_progress *progress;
	struct vs_audit_vkey pin;
	bool has_pin;
	struct vs_audit_checkpoint known; /* size 0: none */
	bool is_known_seen;

	struct vs_audit_shard shard;
	struct vs_audit_meta meta;
	struct vs_audit_checkpoint newest;
	struct vs_audit_frontier frontier;
	struct vs_json_tape tape;
	struct vs_buf log; /* checkpoints.log */
	struct vs_bytes log_rest;
	struct vs_audit_checkpoint next; /* of it */
	bool has_next;

	/* What the shard before said of this one. */
	char next_vkey[VS_AUDIT_VKEY_SIZE];
	struct vs_audit_checkpoint last;
	char last_name[VS_AUDIT_SHARD_SIZE];
};

/* The first that is found is what is said. */
static vs_result __attribute__((format(printf, 3, 4)))
find(struct verify *verify, enum vs_audit_verdict verdict, const char *format, ...)
{
	struct vs_audit_finding *finding = verify->finding;
	int size = snprintf(finding->what, sizeof(finding->what), "%s: ", verify->shard.name);
	va_list arguments;

	finding->verdict = verdict;
	va_start(arguments, format);
	(void)vsnprintf(finding->what + size, sizeof(finding->what) - (size_t)size, format,
	                arguments);
	va_end(arguments);
	return VS_FAIL(NOT_AUTHENTIC);
}

/* A file that cannot be read: gone, or not what it should be. */
static vs_result
find_unread(struct verify *verify, vs_result why, const char *what, uint64_t number)
{
	if (why.code == VS_E_NOT_FOUND)
		return find(verify, VS_AUDIT_MISSING, "%s %" PRIu64 " is missing", what, number);
	return find(verify, VS_AUDIT_TAMPERED, "%s %" PRIu64 " is damaged", what, number);
}

/* --- checkpoints ----------------------------------------------------------------------------- */

/* Up to the second empty line: a note, and the empty line behind it. */
static vs_result
next_logged(struct verify *verify)
{
	struct vs_bytes rest = verify->log_rest;
	struct vs_audit_checkpoint before = verify->next;
	unsigned blanks = 0;
	size_t at = 1;

	verify->has_next = false;
	if (rest.size == 0)
		return VS_OK;
	for (; at < rest.size && blanks < 2; at++)
		blanks += rest.data[at] == '\n' && rest.data[at - 1] == '\n';
	if (blanks < 2 || vs_audit_checkpoint_open(vs_bytes_from(rest.data, at - 1),
	                                           &verify->meta.vkey, &verify->next)
	                          .code != VS_E_OK)
		return find(verify, VS_AUDIT_TAMPERED,
		            "the checkpoint after that of %" PRIu64
		            " entries in checkpoints.log is not signed by the shard's key",
		            before.size);
	if (verify->next.size < before.size)
		return find(verify, VS_AUDIT_FORK,
		            "checkpoints.log goes from %" PRIu64 " entries back to %" PRIu64,
		            before.size, verify->next.size);
	verify->log_rest = vs_bytes_from(rest.data + at, rest.size - at);
	verify->has_next = true;
	verify->finding->checkpoints++;
	return VS_OK;
}

/* Every checkpoint of just this size. */
static vs_result
check_checkpoints(struct verify *verify)
{
	uint64_t size = verify->frontier.size;
	struct vs_audit_hash root;
	bool is_known = verify->known.size == size && size > 0 &&
	                strcmp(verify->known.origin, verify->meta.vkey.name) == 0;

	if (!is_known && verify->newest.size != size &&
	    (!verify->has_next || verify->next.size != size))
		return VS_OK;
	VS_TRY(vs_audit_frontier_root(&verify->frontier, &root));
	if (is_known) {
		if (!vs_audit_hash_equal(&root, &verify->known.root))
			return find(verify, VS_AUDIT_FORK,
			            "the known checkpoint of %" PRIu64 " entries is of another log",
			            size);
		verify->is_known_seen = true;
	}
	while (verify->has_next && verify->next.size == size) {
		if (!vs_audit_hash_equal(&root, &verify->next.root))
			return find(verify, VS_AUDIT_FORK,
			            "the first %" PRIu64
			            " entries are not those of the checkpoint in checkpoints.log",
			            size);
		VS_TRY(next_logged(verify));
	}
	if (verify->newest.size == size && !vs_audit_hash_equal(&root, &verify->newest.root))
		return find(verify, VS_AUDIT_FORK,
		            "the %" PRIu64 " entries are not those of the newest checkpoint", size);
	return VS_OK;
}

/* --- tiles ----------------------------------------------------------------------------------- */

/* A node that became complete must stand in its tile. */
static vs_result
grown(void *self, unsigned level, uint64_t index, const struct vs_audit_hash *hash)
{
	struct verify *verify = self;
	struct vs_audit_hashes hashes = vs_audit_shard_reader(&verify->shard);
	struct vs_audit_hash have;
	vs_result r;

	if (level == 0 || level % 8 != 0)
		return VS_OK;
	r = hashes.read(hashes.self, level / 8, index, 1, &have);
	if (r.code != VS_E_OK)
		return find_unread(verify, r, "a tile above level 0, hash", index);
	if (!vs_audit_hash_equal(&have, hash))
		return find(verify, VS_AUDIT_TAMPERED,
		            "hash %" PRIu64 " of level %u is not that of its entries", index,
		            level);
	return VS_OK;
}

static vs_result
check_entry(struct verify *verify, struct vs_bytes entry, const struct vs_audit_hash *tile_hash)
{
	const struct vs_audit_growth growth = {verify, grown};
	uint64_t n = verify->frontier.size, own = 0;
	struct vs_audit_hash leaf;

	if (vs_audit_hash_leaf(entry, &leaf).code != VS_E_OK ||
	    !vs_audit_hash_equal(&leaf, tile_hash))
		return find(verify, VS_AUDIT_TAMPERED, "entry %" PRIu64 " is not what was hashed",
		            n);
	if (vs_audit_entry_parse(entry, &verify->tape, &own).code != VS_E_OK || own != n)
		return find(verify, VS_AUDIT_TAMPERED,
		            "entry %" PRIu64 " is not an entry with this number", n);
	VS_TRY(vs_audit_frontier_append(&verify->frontier, &leaf, &growth));
	verify->finding->entries++;
	return check_checkpoints(verify);
}

static vs_result
check_bundle(struct verify *verify, uint64_t index)
{
	struct vs_audit_tile tile = {.index = index};
	const struct vs_audit_hash *view;
	struct vs_audit_hash hashes[VS_AUDIT_TILE_WIDTH];
	struct vs_bytes rest, entry;
	vs_result r;

	tile.width = vs_audit_tile_width(verify->newest.size, 0, index);
	r = vs_audit_shard_hashes(&verify->shard, &tile, &view);
	if (r.code != VS_E_OK)
		return find_unread(verify, r, "the tile of entry", index * VS_AUDIT_TILE_WIDTH);
	/* Tiles of other levels are read in between. */
	memcpy(hashes, view, tile.width * sizeof(hashes[0]));
	r = vs_audit_shard_bundle(&verify->shard, &tile, &rest);
	if (r.code != VS_E_OK)
		return find_unread(verify, r, "the bundle of entry", index * VS_AUDIT_TILE_WIDTH);
	for (unsigned i = 0; i < tile.width; i++) {
		VS_TRY(vs_audit_bundle_next(&rest, &entry));
		VS_TRY(check_entry(verify, entry, &hashes[i]));
	}
	return VS_OK;
}

/* --- a shard --------------------------------------------------------------------------------- */

/* Is it the shard that the one before it said would follow? */
static vs_result
check_link(struct verify *verify)
{
	char vkey[VS_AUDIT_VKEY_SIZE];
	struct vs_audit_checkpoint previous;
	struct vs_audit_note note;

	vs_audit_vkey_text(&verify->meta.vkey, vkey);
	if (verify->has_pin && strcmp(verify->pin.name, verify->meta.vkey.name) == 0) {
		if (!vs_bytes_equal(vs_bytes_from(verify->pin.public, 32),
		                    vs_bytes_from(verify->meta.vkey.public, 32)))
			return find(verify, VS_AUDIT_TAMPERED, "its key is not the given one");
		verify->finding->is_pinned = true;
	}
	if (verify->last_name[0] == '\0' || verify->meta.is_fork)
		return VS_OK;
	if (strcmp(verify->meta.previous, verify->last_name) != 0)
		return find(verify, VS_AUDIT_MISSING, "the shard %s before it is missing",
		            verify->meta.previous);
	if (strcmp(verify->next_vkey, vkey) != 0)
		return find(verify, VS_AUDIT_FORK, "its key is not the one that %s closed with",
		            verify->last_name);
	if (vs_audit_note_parse(vs_bytes_from_text(verify->meta.previous_checkpoint), &note).code !=
	        VS_E_OK ||
	    vs_audit_checkpoint_parse(note.text, &previous).code != VS_E_OK ||
	    previous.size != verify->last.size ||
	    !vs_audit_hash_equal(&previous.root, &verify->last.root))
		return find(verify, VS_AUDIT_FORK, "it does not go on with the end of %s",
		            verify->last_name);
	return VS_OK;
}

/* The last entry of a closed shard says the next one's key. */
static void
remember_close(struct verify *verify)
{
	const struct vs_json_node *root = vs_json_root(&verify->tape);

	verify->next_vkey[0] = '\0';
	if (vs_json_is(&verify->tape, vs_json_member(&verify->tape, root, "ev"),
	               "audit.shard_close"))
		(void)vs_json_copy_text(&verify->tape,
		                        vs_json_member(&verify->tape,
		                                       vs_json_member(&verify->tape, root, "obj"),
		                                       "next_vkey"),
		                        verify->next_vkey, sizeof(verify->next_vkey))
		    .code;
	verify->last = verify->newest;
	memcpy(verify->last_name, verify->shard.name, sizeof(verify->last_name));
}

/* Entries that wait must go on where the tiles end. */
static vs_result
check_waiting(struct verify *verify)
{
	struct vs_buf wal;
	struct vs_bytes rest, entry;
	uint64_t n, size = verify->newest.size;
	vs_result r;

	vs_buf_init(&wal, LOG_SIZE);
	r = vs_audit_shard_file(&verify->shard, "wal", &wal);
	rest = vs_buf_view(&wal);
	while (r.code == VS_E_OK && vs_audit_wal_next(&rest, &entry).code == VS_E_OK) {
		if (vs_audit_entry_parse(entry, &verify->tape, &n).code != VS_E_OK || n > size)
			r = find(verify, VS_AUDIT_TAMPERED,
			         "the write-ahead log does not go on with entry %" PRIu64, size);
		else if (n == size) {
			size++;
			verify->finding->waiting++;
		}
	}
	vs_buf_done(&wal);
	return r.code == VS_E_NOT_FOUND ? VS_OK : r;
}

static vs_result
open_checkpoints(struct verify *verify)
{
	vs_result r =
	    vs_audit_shard_checkpoint(&verify->shard, &verify->meta.vkey, NULL, &verify->newest);

	if (r.code == VS_E_NOT_FOUND)
		return find(verify, VS_AUDIT_MISSING, "checkpoint is missing");
	if (r.code != VS_E_OK)
		return find(verify, VS_AUDIT_TAMPERED,
		            "checkpoint is not signed by the shard's key");
	vs_buf_reset(&verify->log);
	r = vs_audit_shard_file(&verify->shard, "checkpoints.log", &verify->log);
	if (r.code == VS_E_NOT_FOUND)
		return find(verify, VS_AUDIT_MISSING, "checkpoints.log is missing");
	VS_TRY(r);
	verify->log_rest = vs_buf_view(&verify->log);
	memset(&verify->next, 0, sizeof(verify->next));
	return next_logged(verify);
}

static vs_result
check_shard(struct verify *verify)
{
	uint64_t bundles;
	vs_result r = vs_audit_shard_meta(&verify->shard, &verify->meta);

	if (r.code != VS_E_OK)
		return find(verify, VS_AUDIT_TAMPERED, "meta.json is damaged");
	VS_TRY(check_link(verify));
	VS_TRY(open_checkpoints(verify));
	vs_audit_frontier_init(&verify->frontier);
	verify->shard.size = verify->newest.size;
	bundles = (verify->newest.size + VS_AUDIT_TILE_WIDTH - 1) / VS_AUDIT_TILE_WIDTH;
	for (uint64_t i = 0; i < bundles; i++) {
		VS_TRY(check_bundle(verify, i));
		if (verify->progress != NULL && verify->frontier.size % TELL_EVERY == 0)
			verify->progress->tell(verify->progress->self, verify->shard.name,
			                       verify->frontier.size, verify->newest.size);
	}
	/* One that is signed and has no entries in the tiles: they were taken away. */
	if (verify->has_next)
		return find(verify, VS_AUDIT_MISSING,
		            "a checkpoint of %" PRIu64 " entries was signed, %" PRIu64 " are here",
		            verify->next.size, verify->newest.size);
	verify->finding->shards++;
	vs_audit_vkey_text(&verify->meta.vkey, verify->finding->vkey);
	remember_close(verify);
	return check_waiting(verify);
}

/* --- the log --------------------------------------------------------------------------------- */

static vs_result
check_shards(struct verify *verify, const char *dir, const struct vs_audit_shard_name *names,
             size_t count)
{
	vs_result r = VS_OK;

	for (size_t i = 0; i < count && r.code == VS_E_OK; i++) {
		char name[VS_AUDIT_SHARD_SIZE];

		vs_audit_shard_text(&names[i], name);
		r = vs_audit_shard_open(dir, name, &verify->shard);
		if (r.code == VS_E_OK)
			r = check_shard(verify);
		vs_audit_shard_done(&verify->shard);
	}
	VS_TRY(r);
	if (verify->next_vkey[0] != '\0')
		return find(verify, VS_AUDIT_MISSING, "it was closed, and no shard follows");
	if (verify->has_pin && !verify->finding->is_pinned)
		return find(verify, VS_AUDIT_MISSING, "there is no shard %.128s", verify->pin.name);
	if (verify->known.size > 0 && !verify->is_known_seen)
		return find(verify, VS_AUDIT_MISSING,
		            "the known checkpoint has %" PRIu64
		            " entries of %.128s: it is not here",
		            verify->known.size, verify->known.origin);
	return VS_OK;
}

static vs_result
begin(struct verify *verify, const char *vkey, struct vs_bytes known)
{
	struct vs_audit_note note;

	verify->has_pin = vkey[0] != '\0';
	if (verify->has_pin)
		VS_TRY(vs_audit_vkey_parse(vs_bytes_from_text(vkey), &verify->pin));
	if (known.size == 0)
		return VS_OK;
	VS_TRY(vs_audit_note_parse(known, &note));
	return vs_audit_checkpoint_parse(note.text, &verify->known);
}

vs_result
vs_audit_verify(const char *dir, const char *vkey, struct vs_bytes known,
                const struct vs_audit_progress *progress, struct vs_audit_finding *finding_out)
{
	struct vs_audit_shard_name *names = NULL;
	struct verify *verify = calloc(1, sizeof(*verify));
	size_t count = 0;
	vs_result r = VS_FAIL(NO_MEMORY);

	assert(dir != NULL && vkey != NULL && finding_out != NULL);
	memset(finding_out, 0, sizeof(*finding_out));
	if (verify == NULL)
		return r;
	verify->finding = finding_out;
	verify->progress = progress;
	vs_json_tape_init(&verify->tape);
	vs_buf_init(&verify->log, LOG_SIZE);
	r = begin(verify, vkey, known);
	if (r.code == VS_E_OK)
		r = vs_audit_shards_list(dir, &names, &count);
	if (r.code == VS_E_OK && count == 0)
		r = VS_FAIL(NOT_FOUND);
	if (r.code == VS_E_OK)
		r = check_shards(verify, dir, names, count);
	free(names);
	vs_buf_done(&verify->log);
	vs_json_tape_done(&verify->tape);
	free(verify);
	/* What was found is the answer, not a failure of looking. */
	return finding_out->verdict != VS_AUDIT_SOUND ? VS_OK : r;
}
