/* SPDX-License-Identifier: Apache-2.0 */
/* backup create and verify. */
#include "cli/backup.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <inttypes.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/text.h"
#include "cli/fail.h"
#include "cli/list.h"
#include "crypto/digest.h"
#include "wire/base64.h"

#define PAGES_AT_ONCE 256
#define BUSY_MS       100
#define MANIFEST_MAX  (16u << 20)
#define DAY_MS        INT64_C(86400000)
#define TRIES         50
#define PAUSE_NS      50000000

/* SHA-256 of a file, as hexadecimal digits. IO, NOT_FOUND. */
static vs_result
file_hash(const char *path, char hex_out[static 65], int64_t *size_out)
{
	uint8_t digest[VS_SHA256_SIZE];
	struct stat known;
	void *map = NULL;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	vs_result r;

	if (fd < 0)
		return VS_FAIL(NOT_FOUND);
	if (fstat(fd, &known) != 0 || !S_ISREG(known.st_mode)) {
		(void)close(fd);
		return VS_FAIL(IO);
	}
	if (known.st_size > 0)
		map = mmap(NULL, (size_t)known.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	(void)close(fd);
	if (map == MAP_FAILED)
		return VS_FAIL(IO);
	r = vs_crypto_sha256(vs_bytes_from(map, (size_t)known.st_size), digest);
	if (map != NULL)
		(void)munmap(map, (size_t)known.st_size);
	VS_TRY(r);
	(void)vs_hex_encode(vs_bytes_from(digest, sizeof(digest)), hex_out, 65);
	*size_out = known.st_size;
	return VS_OK;
}

/* SQLite's online backup: the copy is of one moment, and writers are held up a page range at a
 * time.
 */
vs_result
vs_cli_database_copy(const char *from, const char *to, char why[static 256])
{
	sqlite3 *source = NULL, *target = NULL;
	sqlite3_backup *backup = NULL;
	int rc = sqlite3_open_v2(from, &source, SQLITE_OPEN_READWRITE, NULL);

	if (rc == SQLITE_OK)
		rc = sqlite3_open_v2(to, &target, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, NULL);
	if (rc == SQLITE_OK)
		rc = sqlite3_exec(target, "PRAGMA synchronous=FULL", NULL, NULL, NULL);
	if (rc == SQLITE_OK)
		backup = sqlite3_backup_init(target, "main", source, "main");
	while (backup != NULL) {
		rc = sqlite3_backup_step(backup, PAGES_AT_ONCE);
		if (rc == SQLITE_BUSY || rc == SQLITE_LOCKED)
			(void)sqlite3_sleep(BUSY_MS);
		else if (rc != SQLITE_OK)
			break;
	}
	if (sqlite3_backup_finish(backup) == SQLITE_OK && rc == SQLITE_DONE)
		/* One file, which can be read without writing beside it; the daemon changes it
		 * back. */
		rc = sqlite3_exec(target, "PRAGMA journal_mode=DELETE", NULL, NULL, NULL);
	if (rc != SQLITE_OK)
		(void)snprintf(why, 256, "%.120s cannot be copied: %.100s", from,
		               target != NULL ? sqlite3_errmsg(target) : sqlite3_errstr(rc));
	(void)sqlite3_close(source);
	(void)sqlite3_close(target);
	return rc == SQLITE_OK ? VS_OK : VS_FAIL(IO);
}

/* --- the manifest ------------------------------------------------------------------------------
 */

/* nftw has no argument of its own. */
static struct {
	struct vs_json_writer *json;
	const char *dir, *from, *to; /* of a manifest; of a copy */
	int64_t newest_ns;
} walk;

static int
list_file(const char *path, const struct stat *known, int type, struct FTW *at)
{
	const char *name = path + strlen(walk.dir) + 1;
	char hex[65];
	int64_t size;

	(void)known;
	(void)at;
	if (type != FTW_F || strcmp(name, VS_CLI_MANIFEST) == 0)
		return 0;
	if (file_hash(path, hex, &size).code != VS_E_OK)
		return -1;
	vs_json_write_object(walk.json);
	vs_json_write_key(walk.json, "path");
	vs_json_write_text(walk.json, name);
	vs_json_write_key(walk.json, "size");
	vs_json_write_int(walk.json, size);
	vs_json_write_key(walk.json, "sha256");
	vs_json_write_text(walk.json, hex);
	vs_json_write_object_end(walk.json);
	return 0;
}

static vs_result
manifest_write(const char *dir, int64_t now_ms)
{
	char path[VS_PATH_SIZE];
	struct vs_json_writer json;
	struct vs_buf text;
	vs_result r;

	vs_buf_init(&text, MANIFEST_MAX);
	vs_json_write_begin(&json, &text);
	vs_json_write_object(&json);
	vs_json_write_key(&json, "v");
	vs_json_write_int(&json, 1);
	vs_json_write_key(&json, "made_at");
	vs_json_write_time(&json, now_ms);
	vs_json_write_key(&json, "by");
	vs_json_write_text(&json, "voltseal " VS_VERSION);
	vs_json_write_key(&json, "files");
	vs_json_write_array(&json);
	walk.json = &json;
	walk.dir = dir;
	r = nftw(dir, list_file, 16, FTW_PHYS) == 0 ? VS_OK : VS_FAIL(IO);
	walk.json = NULL;
	walk.dir = NULL;
	vs_json_write_array_end(&json);
	vs_json_write_object_end(&json);
	if (r.code == VS_E_OK)
		r = vs_json_write_end(&json);
	if (r.code == VS_E_OK)
		r = vs_path_join(dir, VS_CLI_MANIFEST, path);
	if (r.code == VS_E_OK)
		r = vs_file_write(path, vs_buf_view(&text));
	vs_buf_done(&text);
	return r;
}

static vs_result
check_file(const char *dir, const struct vs_json_tape *tape, const struct vs_json_node *file,
           char why[static 256])
{
	char name[256], wanted[65], hex[65], path[VS_PATH_SIZE];
	int64_t size = 0;

	if (vs_json_copy_text(tape, vs_json_member(tape, file, "path"), name, sizeof(name)).code !=
	        VS_E_OK ||
	    vs_json_copy_text(tape, vs_json_member(tape, file, "sha256"), wanted, sizeof(wanted))
	            .code != VS_E_OK ||
	    name[0] == '/' || strstr(name, "..") != NULL) {
		(void)snprintf(why, 256, "the manifest is damaged");
		return VS_FAIL(NOT_AUTHENTIC);
	}
	VS_TRY(vs_path_join(dir, name, path));
	if (file_hash(path, hex, &size).code == VS_E_OK && strcmp(hex, wanted) == 0)
		return VS_OK;
	(void)snprintf(why, 256, "%.200s is missing, or is not what was written", name);
	return VS_FAIL(NOT_AUTHENTIC);
}

vs_result
vs_cli_backup_check(const char *dir, int64_t *made_ms_out, char why[static 256])
{
	const struct vs_json_node *files, *file = NULL;
	char path[VS_PATH_SIZE];
	struct vs_json_tape tape;
	struct vs_buf text;
	vs_result r = vs_path_join(dir, VS_CLI_MANIFEST, path);

	(void)snprintf(why, 256, "%.180s cannot be read, or is no manifest", path);
	vs_buf_init(&text, MANIFEST_MAX);
	vs_json_tape_init(&tape);
	if (r.code == VS_E_OK)
		r = vs_file_read(path, &text);
	if (r.code == VS_E_OK)
		r = vs_json_parse(vs_buf_view(&text), &tape);
	if (r.code == VS_E_OK)
		r = vs_json_time(&tape, vs_json_member(&tape, vs_json_root(&tape), "made_at"),
		                 made_ms_out);
	files = r.code == VS_E_OK ? vs_json_member(&tape, vs_json_root(&tape), "files") : NULL;
	if (r.code == VS_E_OK && (files == NULL || vs_json_count(files) == 0))
		r = VS_FAIL(NOT_AUTHENTIC);
	while (r.code == VS_E_OK && (file = vs_json_next(files, file)) != NULL)
		r = check_file(dir, &tape, file, why);
	vs_json_tape_done(&tape);
	vs_buf_done(&text);
	return r;
}

/* --- create ------------------------------------------------------------------------------------
 */

static int
copy_file(const char *path, const struct stat *known, int type, struct FTW *at)
{
	char to[VS_PATH_SIZE];
	struct vs_buf content;
	vs_result r = VS_OK;

	(void)at;
	if ((size_t)snprintf(to, sizeof(to), "%s%s", walk.to, path + strlen(walk.from)) >=
	    sizeof(to))
		return -1;
	if (type == FTW_D)
		return mkdir(to, 0700) == 0 || errno == EEXIST ? 0 : -1;
	if (type != FTW_F)
		return 0;
	vs_buf_init(&content, (size_t)known->st_size + (64u << 20));
	r = vs_file_read(path, &content);
	if (r.code == VS_E_OK)
		r = vs_file_write_unsynced(to, vs_buf_view(&content));
	vs_buf_done(&content);
	/* The log goes on meanwhile: a partial tile may have become a full one. */
	return r.code == VS_E_OK || r.code == VS_E_NOT_FOUND ? 0 : -1;
}

vs_result
vs_cli_tree_copy(const char *from, const char *to)
{
	int rc;

	walk.from = from;
	walk.to = to;
	rc = nftw(from, copy_file, 16, FTW_PHYS);
	walk.from = walk.to = NULL;
	return rc == 0 ? VS_OK : VS_FAIL(IO);
}

static int
see_checkpoint(const char *path, const struct stat *known, int type, struct FTW *at)
{
	int64_t changed_ns = (int64_t)known->st_mtim.tv_sec * 1000000000 + known->st_mtim.tv_nsec;

	if (type == FTW_F && strcmp(path + at->base, "checkpoint") == 0 &&
	    changed_ns > walk.newest_ns)
		walk.newest_ns = changed_ns;
	return 0;
}

/* When a checkpoint was published last. */
static int64_t
published_ns(const char *dir)
{
	walk.newest_ns = 0;
	(void)nftw(dir, see_checkpoint, 16, FTW_PHYS);
	return walk.newest_ns;
}

/* A log that was published meanwhile has replaced its partial tiles: then the copy is of no moment,
 * and is made once more. */
static vs_result
audit_copy(const char *from, const char *to)
{
	const struct timespec pause = {0, PAUSE_NS};

	for (int i = 0; i < TRIES; i++) {
		int64_t before_ns = published_ns(from);

		VS_TRY(vs_cli_tree_copy(from, to));
		if (published_ns(from) == before_ns)
			return VS_OK;
		(void)nanosleep(&pause, NULL);
	}
	return VS_FAIL(BUSY);
}

/* A new folder that nobody else can look into. */
static vs_result
folder_new(const char *path, char why[static 256])
{
	if (mkdir(path, 0700) == 0)
		return VS_OK;
	(void)snprintf(why, 256, "%.150s cannot be made: %.60s", path, strerrordesc_np(errno));
	return VS_FAIL(EXISTS);
}

static vs_result
copy_into(const char *state, const char *name, const char *dir, char why[static 256])
{
	char from[VS_PATH_SIZE], to[VS_PATH_SIZE];

	VS_TRY(vs_path_join(state, name, from));
	VS_TRY(vs_path_join(dir, name, to));
	return vs_cli_database_copy(from, to, why);
}

static vs_result
create(const char *state, const char *dir, const char *keys_dir, int64_t now_ms,
       char why[static 256])
{
	char audit[VS_PATH_SIZE], audit_to[VS_PATH_SIZE];

	VS_TRY(folder_new(dir, why));
	VS_TRY(folder_new(keys_dir, why));
	(void)snprintf(why, 256, "the audit log cannot be copied");
	VS_TRY(vs_path_join(state, "audit", audit));
	VS_TRY(vs_path_join(dir, "audit", audit_to));
	VS_TRY(audit_copy(audit, audit_to));
	/* The keystore first: what the store has sealed meanwhile is younger than its keys, and
	 * what was erased meanwhile is erased again when both come back. */
	VS_TRY(copy_into(state, VS_CLI_KEYSTORE, keys_dir, why));
	VS_TRY(copy_into(state, VS_CLI_STORE, dir, why));
	(void)snprintf(why, 256, "the manifest cannot be written");
	VS_TRY(manifest_write(dir, now_ms));
	return manifest_write(keys_dir, now_ms);
}

/* The state folder: --state, else the ready file's. */
static int
state_of(struct vs_cli *cli, char state[static VS_PATH_SIZE])
{
	const char *given = vs_cli_option(cli, "state");
	char reason[512];

	if (given == NULL) {
		if (vs_cli_connection_load(&cli->args, &cli->connection, reason, sizeof(reason))
		        .code != VS_E_OK)
			return vs_cli_fail(cli, VS_E_CONFIG, reason);
		given = cli->connection.state_dir;
	}
	if (given[0] == '\0' || strlen(given) >= VS_PATH_SIZE)
		return vs_cli_fail_usage(cli, "--state DIR is needed");
	vs_text_copy(given, state, VS_PATH_SIZE);
	return 0;
}

int
vs_cli_run_backup_create(struct vs_cli *cli)
{
	const char *dir = cli->args.positionals[0], *keys_dir = vs_cli_option(cli, "keys-dir");
	char state[VS_PATH_SIZE], why[256] = "";
	vs_result r;
	int code;

	if (keys_dir == NULL || (strncmp(keys_dir, dir, strlen(dir)) == 0 &&
	                         strchr("/", keys_dir[strlen(dir)]) != NULL))
		return vs_cli_fail_usage(
		    cli, "--keys-dir DIR is needed, and must not lie in the other folder");
	code = state_of(cli, state);
	if (code != 0)
		return code;
	cli->subject = dir;
	r = create(state, dir, keys_dir, cli->now_ms, why);
	if (r.code != VS_E_OK)
		return vs_cli_fail(cli, r.code, why);
	if (!cli->is_quiet &&
	    vs_buf_printf(&cli->out,
	                  "%s  store and audit log\n%s  keystore: keep it somewhere else, and "
	                  "destroy it within %d days, or what is erased can come back\n",
	                  dir, keys_dir, VS_CLI_HORIZON_DAYS)
	            .code != VS_E_OK)
		return vs_cli_no_memory(cli);
	return 0;
}

/* --- verify ------------------------------------------------------------------------------------
 */

static vs_result
database_check(const char *dir, const char *name, char why[static 256])
{
	char path[VS_PATH_SIZE];
	sqlite3_stmt *statement = NULL;
	sqlite3 *sqlite = NULL;
	bool is_sound = false;
	int rc;

	VS_TRY(vs_path_join(dir, name, path));
	rc = sqlite3_open_v2(path, &sqlite, SQLITE_OPEN_READONLY, NULL);
	if (rc == SQLITE_OK)
		rc = sqlite3_prepare_v2(sqlite, "PRAGMA integrity_check(1)", -1, &statement, NULL);
	if (rc == SQLITE_OK && sqlite3_step(statement) == SQLITE_ROW)
		is_sound = strcmp((const char *)sqlite3_column_text(statement, 0), "ok") == 0;
	(void)sqlite3_finalize(statement);
	(void)sqlite3_close(sqlite);
	if (is_sound)
		return VS_OK;
	(void)snprintf(why, 256, "%.200s is damaged", path);
	return VS_FAIL(NOT_AUTHENTIC);
}

int
vs_cli_run_backup_verify(struct vs_cli *cli)
{
	const char *dir = cli->args.positionals[0], *keys_dir = vs_cli_option(cli, "keys-dir");
	int64_t made_ms = 0, keys_ms = 0;
	char why[256] = "";
	vs_result r;

	cli->subject = dir;
	r = vs_cli_backup_check(dir, &made_ms, why);
	if (r.code == VS_E_OK)
		r = database_check(dir, VS_CLI_STORE, why);
	if (r.code == VS_E_OK && keys_dir != NULL) {
		cli->subject = keys_dir;
		r = vs_cli_backup_check(keys_dir, &keys_ms, why);
		if (r.code == VS_E_OK)
			r = database_check(keys_dir, VS_CLI_KEYSTORE, why);
	}
	if (r.code != VS_E_OK)
		return vs_cli_fail(cli, VS_E_NOT_AUTHENTIC, why);
	if (keys_dir != NULL && cli->now_ms - keys_ms > VS_CLI_HORIZON_DAYS * DAY_MS)
		return vs_cli_fail(cli, VS_E_STALE,
		                   "the keystore's copy is older than 30 days: destroy it");
	if (!cli->is_quiet && vs_buf_printf(&cli->out, "sound, made %" PRId64 " hours ago\n",
	                                    (cli->now_ms - made_ms) / 3600000)
	                              .code != VS_E_OK)
		return vs_cli_no_memory(cli);
	return 0;
}
