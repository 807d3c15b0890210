/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is left of somebody in a copy of the database: which keys the values of his rows are sealed
 * with (doc/protocol/at-rest.md: bytes 2 to 5), and whether the keystore still has them. It asks no
 * daemon and opens nothing: who does not believe the daemon looks for himself.
 */
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "base/clock.h"
#include "cli/fail.h"
#include "cli/list.h"
#include "cli/proof_postgres.h"

#define KEYSTORE    "keystore.db"
#define SQL_SIZE    512
#define REASON_SIZE 256
#define TENANT      "default" /* unless --of-tenant names another */
#define COLUMNS                                                                                    \
	"SELECT t.name, c.name, o.name FROM sqlite_schema t, pragma_table_info(t.name) c,"         \
	" pragma_table_info(t.name) o, pragma_table_info(t.name) n WHERE t.type = 'table'"         \
	" AND c.type = 'BLOB' AND n.name = 'tenant' AND (o.name = 'station' OR"                    \
	" (t.name = 'station' AND o.name = 'identity') OR (t.name = 'operator' AND o.name ="       \
	" 'id')) ORDER BY t.name, c.name"
#define ROWS                                                                                       \
	"SELECT substr(\"%w\", 3, 4), count(*) FROM \"%w\" WHERE tenant = ?1 AND \"%w\" = ?2"      \
	" AND substr(\"%w\", 1, 1) = x'e1' GROUP BY 1"
#define KEY                                                                                        \
	"SELECT period, state, destroyed_ms, wrapped = zeroblob(length(wrapped))"                  \
	" FROM keystore.key WHERE key_id = ?1 AND tenant = ?2 AND kind = 'dek'"
#define LEFT                                                                                       \
	"SELECT count(*) FROM keystore.key WHERE tenant = ?1 AND owner = ?2"                       \
	" AND wrapped <> zeroblob(length(wrapped))"
#define LAST "SELECT seq FROM keystore.sqlite_sequence WHERE name = 'key'"
#define RECORDS                                                                                    \
	"SELECT id, at_ms, event, actor, detail FROM keystore.audit WHERE tenant = ?1"             \
	" AND event IN ('erase.begin', 'erase.done') AND object = 'device ' || ?2 ORDER BY id"

struct proof {
	struct vs_cli *cli;
	sqlite3 *sqlite;
	const char *owner, *tenant;
	struct vs_json_writer json;
	int64_t rows, readable;
	int64_t last_key; /* the keystore has given numbers up to this: destroyed ones are removed
	                     in time */
	bool is_failed;
};

static sqlite3_stmt *
prepare(struct proof *proof, const char *sql)
{
	sqlite3_stmt *statement = NULL;

	if (sqlite3_prepare_v2(proof->sqlite, sql, -1, &statement, NULL) != SQLITE_OK)
		proof->is_failed = true;
	return statement;
}

/* The next row; at the end, or when it is damaged, it is over. */
static bool
step(struct proof *proof, sqlite3_stmt *statement)
{
	int rc = statement != NULL ? sqlite3_step(statement) : SQLITE_ERROR;

	if (rc != SQLITE_ROW && rc != SQLITE_DONE)
		proof->is_failed = true;
	return rc == SQLITE_ROW;
}

static void
bind_owner(const struct proof *proof, sqlite3_stmt *statement)
{
	if (statement == NULL)
		return;
	(void)sqlite3_bind_text(statement, 1, proof->tenant, -1, SQLITE_STATIC);
	(void)sqlite3_bind_text(statement, 2, proof->owner, -1, SQLITE_STATIC);
}

static const char *
text_of(sqlite3_stmt *statement, int column)
{
	const char *text = (const char *)sqlite3_column_text(statement, column);

	return text != NULL ? text : "";
}

static void
say(struct proof *proof, const char *table, const char *column, int64_t rows, uint32_t key,
    sqlite3_stmt *found)
{
	bool is_gone = found != NULL ? sqlite3_column_int(found, 3) != 0 : key <= proof->last_key;
	const char *state = found != NULL ? text_of(found, 1) : is_gone ? "removed" : "unknown";
	char time[VS_TIME_TEXT_SIZE] = "";

	proof->rows += rows;
	proof->readable += is_gone ? 0 : rows;
	if (found != NULL && sqlite3_column_type(found, 2) != SQLITE_NULL)
		vs_time_format(sqlite3_column_int64(found, 2), time);
	if (proof->cli->is_json) {
		vs_json_write_object(&proof->json);
		vs_json_write_key(&proof->json, "table");
		vs_json_write_text(&proof->json, table);
		vs_json_write_key(&proof->json, "column");
		vs_json_write_text(&proof->json, column);
		vs_json_write_key(&proof->json, "rows");
		vs_json_write_int(&proof->json, rows);
		vs_json_write_key(&proof->json, "key");
		vs_json_write_int(&proof->json, key);
		vs_json_write_key(&proof->json, "state");
		vs_json_write_text(&proof->json, state);
		vs_json_write_key(&proof->json, "destroyed_at");
		vs_json_write_text(&proof->json, time);
		vs_json_write_object_end(&proof->json);
	} else if (vs_buf_printf(&proof->cli->out, "%-20s %-10s %8lld  key %-8u %-8s %-12s %s\n",
	                         table, column, (long long)rows, key,
	                         found != NULL ? text_of(found, 0) : "", state, time)
	               .code != VS_E_OK) {
		proof->is_failed = true;
	}
}

static void
look_at_key(struct proof *proof, const char *table, const char *column, sqlite3_stmt *rows)
{
	const uint8_t *id = sqlite3_column_blob(rows, 0);
	sqlite3_stmt *key = prepare(proof, KEY);
	uint32_t number;

	if (key != NULL && id != NULL && sqlite3_column_bytes(rows, 0) == 4) {
		number =
		    (uint32_t)id[0] << 24 | (uint32_t)id[1] << 16 | (uint32_t)id[2] << 8 | id[3];
		(void)sqlite3_bind_int64(key, 1, number);
		(void)sqlite3_bind_text(key, 2, proof->tenant, -1, SQLITE_STATIC);
		say(proof, table, column, sqlite3_column_int64(rows, 1), number,
		    step(proof, key) ? key : NULL);
	}
	(void)sqlite3_finalize(key);
}

static void
look_at_columns(struct proof *proof)
{
	sqlite3_stmt *columns = prepare(proof, COLUMNS), *last = prepare(proof, LAST);

	if (step(proof, last))
		proof->last_key = sqlite3_column_int64(last, 0);
	(void)sqlite3_finalize(last);
	while (step(proof, columns)) {
		const char *table = text_of(columns, 0), *column = text_of(columns, 1);
		char sql[SQL_SIZE];
		sqlite3_stmt *rows;

		(void)sqlite3_snprintf(sizeof(sql), sql, ROWS, column, table, text_of(columns, 2),
		                       column);
		rows = prepare(proof, sql);
		bind_owner(proof, rows);
		while (step(proof, rows))
			look_at_key(proof, table, column, rows);
		(void)sqlite3_finalize(rows);
	}
	(void)sqlite3_finalize(columns);
}

/* What the keystore wrote down when it happened. */
static void
look_at_records(struct proof *proof)
{
	sqlite3_stmt *records = prepare(proof, RECORDS);
	char time[VS_TIME_TEXT_SIZE];

	bind_owner(proof, records);
	while (!proof->cli->is_json && step(proof, records)) {
		vs_time_format(sqlite3_column_int64(records, 1), time);
		if (vs_buf_printf(&proof->cli->out, "record %lld of the keystore: %s %s by %s %s\n",
		                  (long long)sqlite3_column_int64(records, 0), time,
		                  text_of(records, 2), text_of(records, 3), text_of(records, 4))
		        .code != VS_E_OK)
			proof->is_failed = true;
	}
	(void)sqlite3_finalize(records);
}

static int64_t
count_left(struct proof *proof)
{
	sqlite3_stmt *left = prepare(proof, LEFT);
	int64_t count = 0;

	bind_owner(proof, left);
	if (step(proof, left))
		count = sqlite3_column_int64(left, 0);
	(void)sqlite3_finalize(left);
	return count;
}

static bool
open_servers(struct proof *proof, const char *database, const char *keystore, char *reason,
             size_t reason_size)
{
	if (vs_cli_proof_is_postgres(database) != vs_cli_proof_is_postgres(keystore)) {
		(void)snprintf(reason, reason_size, "two files are needed, or two PostgreSQL URLs");
		return false;
	}
	return sqlite3_open_v2(":memory:", &proof->sqlite,
	                       SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, NULL) == SQLITE_OK &&
	       vs_cli_proof_postgres(proof->sqlite, database, keystore, proof->tenant, proof->owner,
	                             reason, reason_size);
}

static bool
open_both(struct proof *proof, const char *database, const char *keystore, char *reason,
          size_t reason_size)
{
	sqlite3_stmt *attach = NULL;
	bool is_open;

	if (vs_cli_proof_is_postgres(database) || vs_cli_proof_is_postgres(keystore))
		return open_servers(proof, database, keystore, reason, reason_size);
	is_open =
	    sqlite3_open_v2(database, &proof->sqlite, SQLITE_OPEN_READONLY, NULL) == SQLITE_OK &&
	    sqlite3_prepare_v2(proof->sqlite, "ATTACH ? AS keystore", -1, &attach, NULL) ==
		SQLITE_OK;

	if (is_open)
		is_open = sqlite3_bind_text(attach, 1, keystore, -1, SQLITE_STATIC) == SQLITE_OK &&
		          sqlite3_step(attach) == SQLITE_DONE;
	(void)sqlite3_finalize(attach);
	return is_open;
}

static vs_result
finish(struct proof *proof)
{
	struct vs_cli *cli = proof->cli;
	int64_t left = count_left(proof);

	if (cli->is_json) {
		vs_json_write_array_end(&proof->json);
		vs_json_write_key(&proof->json, "rows");
		vs_json_write_int(&proof->json, proof->rows);
		vs_json_write_key(&proof->json, "readable");
		vs_json_write_int(&proof->json, proof->readable);
		vs_json_write_key(&proof->json, "keys_left");
		vs_json_write_int(&proof->json, left);
		vs_json_write_object_end(&proof->json);
		VS_TRY(vs_json_write_end(&proof->json));
		return vs_buf_append_byte(&cli->out, '\n');
	}
	look_at_records(proof);
	return vs_buf_printf(&cli->out,
	                     "%lld sealed values of %s, %lld of them with a key that exists; the "
	                     "keystore has %lld keys of it\n",
	                     (long long)proof->rows, proof->owner, (long long)proof->readable,
	                     (long long)left);
}

int
vs_cli_run_key_proof(struct vs_cli *cli)
{
	const char *database = vs_cli_option(cli, "database");
	const char *keystore = vs_cli_option(cli, "keystore");
	struct proof proof = {.cli = cli, .owner = cli->args.positionals[0]};
	const char *tenant = vs_cli_option(cli, "of-tenant");
	char reason[REASON_SIZE] = "one of the files cannot be opened";
	int code = 0;

	proof.tenant = tenant != NULL ? tenant : TENANT;
	if (database == NULL || keystore == NULL)
		return vs_cli_fail_usage(cli, "--database FILE (a copy of voltseal.db) and "
		                              "--keystore FILE (" KEYSTORE " of today) are needed, "
		                              "or two URLs of PostgreSQL");
	if (cli->is_json) {
		vs_json_write_begin(&proof.json, &cli->out);
		vs_json_write_object(&proof.json);
		vs_json_write_key(&proof.json, "owner");
		vs_json_write_text(&proof.json, proof.owner);
		vs_json_write_key(&proof.json, "values");
		vs_json_write_array(&proof.json);
	}
	if (!open_both(&proof, database, keystore, reason, sizeof(reason)))
		code = vs_cli_fail(cli, VS_E_NOT_FOUND, reason);
	if (code == 0)
		look_at_columns(&proof);
	if (code == 0 && finish(&proof).code != VS_E_OK)
		code = vs_cli_no_memory(cli);
	if (code == 0 && proof.is_failed)
		code = vs_cli_fail(cli, VS_E_BAD_MESSAGE,
		                   "the files are no databases of voltseald, or damaged");
	(void)sqlite3_close(proof.sqlite);
	return code != 0 ? code : proof.readable == 0 ? 0 : EX_DATAERR;
}
