/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/audit_mirror.h"

#include <fcntl.h>
#include <ftw.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "audit/shard.h"
#include "base/clock.h"
#include "cli/fail.h"
#include "cli/http.h"
#include "cli/list.h"

#define SHARDS    "/api/v1/audit/shards"
#define FILES     "/api/v1/audit/log"
#define PAGE      500
#define TAIL_SIZE 65536u
#define DEPTH_MAX 16

struct mirror {
	struct vs_cli *cli;
	const char *dir, *shard;
	uint64_t size; /* of the checkpoint that is fetched up to */
	uint64_t told_ms;
};

static int
fail_to_write(struct vs_cli *cli)
{
	(void)vs_cli_fail(cli, VS_E_IO, "the mirror's folder cannot be written");
	return EX_CANTCREAT;
}

static vs_result
local_path(const struct mirror *mirror, const char *file, char path_out[static VS_PATH_SIZE])
{
	char folder[VS_PATH_SIZE];

	VS_TRY(vs_path_join(mirror->dir, mirror->shard, folder));
	return vs_path_join(folder, file, path_out);
}

/* What the daemon has below this name is in cli->body. */
static int
ask(const struct mirror *mirror, const char *file, uint64_t from, bool *is_there_out)
{
	char path[256];

	(void)snprintf(path, sizeof(path), FILES "/%s/%s?cursor=%" PRIu64, mirror->shard, file,
	               from);
	return vs_cli_http_file(mirror->cli, path, is_there_out);
}

static vs_result
put(const struct mirror *mirror, const char *file, struct vs_bytes content)
{
	char path[VS_PATH_SIZE], folder[VS_PATH_SIZE];
	char *slash;

	VS_TRY(local_path(mirror, file, path));
	memcpy(folder, path, sizeof(folder));
	slash = strrchr(folder, '/');
	*slash = '\0';
	VS_TRY(vs_folder_make(folder));
	return vs_file_write_unsynced(path, content);
}

/* One that the daemon does not have is not made here either: who verifies says that it is missing.
 */
static int
fetch(const struct mirror *mirror, const char *file)
{
	bool is_there = false;
	int code = ask(mirror, file, 0, &is_there);

	if (code == 0 && is_there &&
	    put(mirror, file, vs_buf_view(&mirror->cli->body)).code != VS_E_OK)
		code = fail_to_write(mirror->cli);
	return code;
}

/* --- checkpoints.log ------------------------------------------------------------------------- */

/* It has grown since the checkpoint was asked for: what is above that goes off again. */
static vs_result
cut_after(int fd, struct vs_bytes note)
{
	off_t end = lseek(fd, 0, SEEK_END);
	off_t from = end > (off_t)TAIL_SIZE ? end - (off_t)TAIL_SIZE : 0;
	uint8_t tail[TAIL_SIZE];
	ssize_t got = end < 0 ? -1 : pread(fd, tail, sizeof(tail), from);
	const uint8_t *at = tail, *last = NULL;

	if (got < 0)
		return VS_FAIL(IO);
	while ((at = memmem(at, (size_t)(tail + got - at), note.data, note.size)) != NULL)
		last = at++;
	if (last == NULL)
		return VS_OK; /* it is not there: that is for who verifies */
	from += (last - tail) + (off_t)note.size + 1;
	return from <= end && ftruncate(fd, from) != 0 ? VS_FAIL(IO) : VS_OK;
}

static int
fetch_growing(const struct mirror *mirror, const char *file, struct vs_bytes note)
{
	char path[VS_PATH_SIZE];
	off_t have = 0;
	bool is_there = true;
	int code = 0, fd = -1;

	if (local_path(mirror, file, path).code == VS_E_OK)
		fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return fail_to_write(mirror->cli);
	have = lseek(fd, 0, SEEK_END);
	while (code == 0 && is_there) {
		const struct vs_buf *body = &mirror->cli->body;

		code = have < 0 ? fail_to_write(mirror->cli)
		                : ask(mirror, file, (uint64_t)have, &is_there);
		if (code != 0 || !is_there || body->size == 0)
			break;
		if (pwrite(fd, body->data, body->size, have) != (ssize_t)body->size)
			code = fail_to_write(mirror->cli);
		have += (off_t)body->size;
	}
	if (code == 0 && cut_after(fd, note).code != VS_E_OK)
		code = fail_to_write(mirror->cli);
	(void)close(fd);
	return code;
}

/* --- tiles ----------------------------------------------------------------------------------- */

static void
tell(struct mirror *mirror, uint64_t done)
{
	uint64_t now_ms = vs_clock_mono_ms();

	if (mirror->cli->is_quiet || now_ms - mirror->told_ms < 1000)
		return;
	mirror->told_ms = now_ms;
	(void)fprintf(stderr, "%s: %" PRIu64 " of %" PRIu64 " entries fetched%c", mirror->shard,
	              done < mirror->size ? done : mirror->size, mirror->size,
	              isatty(2) == 1 ? '\r' : '\n');
}

static int
fetch_tile(const struct mirror *mirror, const struct vs_audit_tile *tile)
{
	char file[VS_AUDIT_TILE_PATH_SIZE], path[VS_PATH_SIZE];

	vs_audit_tile_path(tile, file);
	if (local_path(mirror, file, path).code != VS_E_OK)
		return fail_to_write(mirror->cli);
	/* Tiles of one name never change. */
	return vs_file_exists(path) ? 0 : fetch(mirror, file);
}

static int
fetch_tiles(struct mirror *mirror)
{
	int code = 0;

	for (unsigned level = 0; level < VS_AUDIT_TILE_LEVELS && code == 0; level++) {
		struct vs_audit_tile tile = {.level = level};

		for (; code == 0; tile.index++) {
			tile.is_entries = false;
			tile.width = vs_audit_tile_width(mirror->size, level, tile.index);
			if (tile.width == 0)
				break;
			code = fetch_tile(mirror, &tile);
			tile.is_entries = true;
			if (code == 0 && level == 0)
				code = fetch_tile(mirror, &tile);
			if (level == 0)
				tell(mirror, (tile.index + 1) * VS_AUDIT_TILE_WIDTH);
		}
	}
	return code;
}

/* --- a shard, all shards --------------------------------------------------------------------- */

/* The checkpoint first, and last into its place: what is fetched in between is at least that. */
static int
fetch_shard(struct mirror *mirror)
{
	struct vs_audit_checkpoint checkpoint = {.size = 0};
	struct vs_audit_note parsed;
	bool is_there = false;
	struct vs_buf note;
	int code = fetch(mirror, "meta.json");

	vs_buf_init(&note, VS_AUDIT_NOTE_SIZE);
	if (code == 0)
		code = ask(mirror, "checkpoint", 0, &is_there);
	if (code == 0 && is_there &&
	    vs_buf_append_bytes(&note, vs_buf_view(&mirror->cli->body)).code != VS_E_OK)
		code = vs_cli_fail(mirror->cli, VS_E_TOO_LONG, "that is no checkpoint");
	if (code == 0 && note.size > 0 &&
	    vs_audit_note_parse(vs_buf_view(&note), &parsed).code == VS_E_OK &&
	    vs_audit_checkpoint_parse(parsed.text, &checkpoint).code == VS_E_OK) {
		mirror->size = checkpoint.size;
		code = fetch_growing(mirror, "checkpoints.log", vs_buf_view(&note));
		if (code == 0)
			code = fetch_tiles(mirror);
	}
	if (code == 0 && note.size > 0 &&
	    put(mirror, "checkpoint", vs_buf_view(&note)).code != VS_E_OK)
		code = fail_to_write(mirror->cli);
	vs_buf_done(&note);
	return code;
}

static int
list_shards(struct vs_cli *cli, struct vs_audit_shard_name *names, size_t *count)
{
	const struct vs_json_node *root, *item = NULL;
	char path[128], name[VS_AUDIT_SHARD_SIZE] = "";
	int code;

	do {
		(void)snprintf(path, sizeof(path), SHARDS "?limit=%d%s%s", PAGE,
		               name[0] != '\0' ? "&cursor=" : "", name);
		code = vs_cli_http(cli, "GET", path, (struct vs_bytes){NULL, 0});
		if (code != 0)
			return code;
		root = vs_json_root(&cli->tape);
		while (*count < VS_AUDIT_SHARDS_MAX &&
		       (item = vs_json_next(vs_json_member(&cli->tape, root, "items"), item)) !=
		           NULL) {
			if (vs_json_copy_text(&cli->tape, vs_json_member(&cli->tape, item, "shard"),
			                      name, sizeof(name))
			            .code != VS_E_OK ||
			    vs_audit_shard_parse(name, &names[*count]).code != VS_E_OK)
				return vs_cli_fail(cli, VS_E_BAD_MESSAGE,
				                   "that is no list of shards");
			(*count)++;
		}
	} while (*count < VS_AUDIT_SHARDS_MAX &&
	         vs_json_copy_text(&cli->tape, vs_json_member(&cli->tape, root, "next"), name,
	                           sizeof(name))
	                 .code == VS_E_OK);
	return 0;
}

/* Bring the folder up to what the daemon's log is now. Returns the exit code. */
static int
mirror_to(struct vs_cli *cli, const char *dir)
{
	struct vs_audit_shard_name *names = calloc(VS_AUDIT_SHARDS_MAX, sizeof(*names));
	struct mirror mirror = {.cli = cli, .dir = dir, .told_ms = vs_clock_mono_ms()};
	size_t count = 0;
	int code = names == NULL ? vs_cli_fail(cli, VS_E_NO_MEMORY, "") : 0;

	if (code == 0)
		code = list_shards(cli, names, &count);
	for (size_t i = 0; i < count && code == 0; i++) {
		char name[VS_AUDIT_SHARD_SIZE];

		vs_audit_shard_text(&names[i], name);
		mirror.shard = name;
		code = fetch_shard(&mirror);
	}
	free(names);
	return code;
}

/* --- for one command ------------------------------------------------------------------------- */

int
vs_cli_audit_place_open(struct vs_cli *cli, const char *given, struct vs_cli_audit_place *place)
{
	const char *tmp = getenv("TMPDIR");

	memset(place, 0, sizeof(*place));
	if (given != NULL)
		return vs_bytes_copy_text(vs_bytes_from_text(given), place->dir, sizeof(place->dir))
		           ? 0
		           : vs_cli_fail(cli, VS_E_TOO_LONG, "the folder's name is too long");
	if (vs_path_join(tmp != NULL && tmp[0] == '/' ? tmp : "/tmp", "voltseal-audit-XXXXXX",
	                 place->dir)
	            .code != VS_E_OK ||
	    mkdtemp(place->dir) == NULL)
		return fail_to_write(cli);
	place->is_mirror = true;
	return mirror_to(cli, place->dir);
}

static int
remove_one(const char *path, const struct stat *status, int kind, struct FTW *place)
{
	(void)status, (void)kind, (void)place;
	(void)remove(path);
	return 0;
}

void
vs_cli_audit_place_done(struct vs_cli_audit_place *place)
{
	if (place->is_mirror)
		(void)nftw(place->dir, remove_one, DEPTH_MAX, FTW_DEPTH | FTW_PHYS);
	place->is_mirror = false;
}

int
vs_cli_run_audit_mirror(struct vs_cli *cli)
{
	int code;

	cli->subject = cli->args.positionals[0];
	code = mirror_to(cli, cli->subject);
	if (code == 0 && vs_folder_sync(cli->subject).code != VS_E_OK)
		code = fail_to_write(cli);
	return code;
}

int
vs_cli_run_audit_shards(struct vs_cli *cli)
{
	static const struct vs_cli_column columns[] = {{"SHARD", "shard", VS_CLI_TEXT},
	                                               {"SINCE (UTC)", "first_at", VS_CLI_TIME},
	                                               {"KEY", "vkey", VS_CLI_TEXT},
	                                               {NULL, NULL, VS_CLI_TEXT}};

	return vs_cli_list(cli, SHARDS, "", PAGE, columns);
}
