/* SPDX-License-Identifier: Apache-2.0 */
/*
 * backup restore. What was erased after the copy was made stays erased: the tombstones of the state
 * that is replaced go into the store that takes its place, and the mark that says which keystore it
 * belongs to is spoilt, so that the daemon erases all of them again before it listens.
 */
#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/file.h"
#include "cli/backup.h"
#include "cli/fail.h"
#include "cli/list.h"

#define DAY_MS INT64_C(86400000)

struct restore {
	const char *dir, *keys_dir, *state;
	char why[256];
	bool is_forced;
	int64_t stones; /* that were taken along */
};

static vs_result
fail(struct restore *restore, enum vs_err err, const char *why)
{
	(void)snprintf(restore->why, sizeof(restore->why), "%s", why);
	return (vs_result){err};
}

/* As the daemon takes it (store/lock.h). */
static vs_result
lock_take(struct restore *restore, int *fd_out)
{
	char path[VS_PATH_SIZE];
	int fd;

	VS_TRY(vs_path_join(restore->state, VS_CLI_STORE ".lock", path));
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return fail(restore, VS_E_IO, "the state folder cannot be written to");
	if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
		(void)close(fd);
		return fail(restore, VS_E_NOT_NOW, "the daemon runs on this state: stop it first");
	}
	*fd_out = fd;
	return VS_OK;
}

static int
count_row(void *arg, int columns, char **values, char **names)
{
	(void)names;
	if (columns == 1 && values[0] != NULL)
		*(int64_t *)arg = strtoll(values[0], NULL, 10);
	return 0;
}

/* Into the copy at `fresh`, from the store at `now` when there is one. */
static vs_result
stones_take(struct restore *restore, const char *fresh, const char *now)
{
	static const char mark[] =
	    "INSERT INTO keystore_mark(id, audit_id, audit_print, tombstone_id)"
	    " VALUES (1, 1, 'restored', 0) ON CONFLICT(id) DO UPDATE SET"
	    " audit_print = 'restored', tombstone_id = 0,"
	    " audit_id = CASE WHEN audit_id > 0 THEN audit_id ELSE 1 END";
	sqlite3 *sqlite = NULL;
	sqlite3_stmt *attach = NULL;
	int64_t before = 0, after = 0;
	int rc = sqlite3_open_v2(fresh, &sqlite, SQLITE_OPEN_READWRITE, NULL);

	if (rc == SQLITE_OK)
		rc = sqlite3_exec(sqlite, "SELECT count(*) FROM erased", count_row, &before, NULL);
	if (rc == SQLITE_OK && now != NULL) {
		rc = sqlite3_prepare_v2(sqlite, "ATTACH ? AS old", -1, &attach, NULL);
		if (rc == SQLITE_OK)
			rc = sqlite3_bind_text(attach, 1, now, -1, SQLITE_STATIC);
		if (rc == SQLITE_OK && (rc = sqlite3_step(attach)) == SQLITE_DONE)
			rc = sqlite3_exec(sqlite,
			                  "INSERT OR IGNORE INTO main.erased SELECT * FROM "
			                  "old.erased",
			                  NULL, NULL, NULL);
		(void)sqlite3_finalize(attach);
	}
	if (rc == SQLITE_OK)
		rc = sqlite3_exec(sqlite, "SELECT count(*) FROM main.erased", count_row, &after,
		                  NULL);
	if (rc == SQLITE_OK)
		rc = sqlite3_exec(sqlite, mark, NULL, NULL, NULL);
	if (rc != SQLITE_OK)
		(void)snprintf(restore->why, sizeof(restore->why),
		               "the tombstones cannot be taken along: %.150s",
		               sqlite != NULL ? sqlite3_errmsg(sqlite) : sqlite3_errstr(rc));
	(void)sqlite3_close(sqlite);
	restore->stones = after - before;
	return rc == SQLITE_OK ? VS_OK : VS_FAIL(IO);
}

/* Beside the old one, then in its place; what SQLite kept beside the old one is not the new one's.
 */
static vs_result
put(struct restore *restore, const char *dir, const char *name, bool has_stones)
{
	char from[VS_PATH_SIZE], to[VS_PATH_SIZE], fresh[VS_PATH_SIZE + 8],
	    beside[VS_PATH_SIZE + 8];

	VS_TRY(vs_path_join(dir, name, from));
	VS_TRY(vs_path_join(restore->state, name, to));
	(void)snprintf(fresh, sizeof(fresh), "%s.new", to);
	(void)unlink(fresh);
	VS_TRY(vs_cli_database_copy(from, fresh, restore->why));
	if (has_stones)
		VS_TRY(stones_take(restore, fresh, vs_file_exists(to) ? to : NULL));
	(void)snprintf(beside, sizeof(beside), "%s-wal", to);
	(void)unlink(beside);
	(void)snprintf(beside, sizeof(beside), "%s-shm", to);
	(void)unlink(beside);
	if (rename(fresh, to) != 0)
		return fail(restore, VS_E_IO, "a database cannot be put in its place");
	return vs_folder_sync(restore->state);
}

/* A newer log is never rolled back: it is what tells that something was. */
static vs_result
put_audit(struct restore *restore)
{
	char from[VS_PATH_SIZE], to[VS_PATH_SIZE];

	VS_TRY(vs_path_join(restore->dir, "audit", from));
	VS_TRY(vs_path_join(restore->state, "audit", to));
	if (vs_file_exists(to))
		return VS_OK;
	(void)snprintf(restore->why, sizeof(restore->why), "the audit log cannot be copied");
	return vs_cli_tree_copy(from, to);
}

static vs_result
run(struct restore *restore, int64_t now_ms)
{
	char store[VS_PATH_SIZE];
	int64_t made_ms = 0;
	vs_result r;
	int fd = -1;

	VS_TRY(vs_cli_backup_check(restore->dir, &made_ms, restore->why));
	VS_TRY(vs_cli_backup_check(restore->keys_dir, &made_ms, restore->why));
	if (now_ms - made_ms > VS_CLI_HORIZON_DAYS * DAY_MS && !restore->is_forced)
		return fail(restore, VS_E_STALE,
		            "the keystore's copy is older than 30 days: what was erased since may "
		            "come back; --force does it all the same");
	VS_TRY(vs_path_join(restore->state, VS_CLI_STORE, store));
	if (vs_file_exists(store) && !restore->is_forced)
		return fail(restore, VS_E_EXISTS,
		            "there is a store in this state folder: --force replaces it");
	VS_TRY(lock_take(restore, &fd));
	r = put(restore, restore->dir, VS_CLI_STORE, true);
	if (r.code == VS_E_OK)
		r = put(restore, restore->keys_dir, VS_CLI_KEYSTORE, false);
	if (r.code == VS_E_OK)
		r = put_audit(restore);
	(void)close(fd);
	return r;
}

int
vs_cli_run_backup_restore(struct vs_cli *cli)
{
	struct restore restore = {
	    .dir = cli->args.positionals[0],
	    .keys_dir = vs_cli_option(cli, "keys-dir"),
	    .state = vs_cli_option(cli, "state"),
	    .is_forced = vs_cli_option(cli, "force") != NULL,
	};
	vs_result r;

	if (restore.keys_dir == NULL || restore.state == NULL)
		return vs_cli_fail_usage(cli, "--keys-dir DIR and --state DIR are needed");
	cli->subject = restore.state;
	r = run(&restore, cli->now_ms);
	if (r.code != VS_E_OK)
		return vs_cli_fail(cli, r.code, restore.why);
	if (!cli->is_quiet &&
	    vs_buf_printf(&cli->out,
	                  "%s is restored; %lld erasures of after the copy are done again when "
	                  "the daemon starts\n",
	                  restore.state, (long long)restore.stones)
	            .code != VS_E_OK)
		return vs_cli_no_memory(cli);
	return 0;
}
