/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Stations of another system. `secure-sim`: the secure simulation's SQLite file, where
 * charging_points(identity, password_hash_enc) holds bcrypt texts under one Fernet key. Stations
 * keep their passwords; nothing of a password is shown or written.
 */
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "cli/fail.h"
#include "cli/http.h"
#include "cli/list.h"
#include "crypto/fernet.h"
#include "crypto/pwhash.h"

#define STATIONS  "/api/v1/stations"
#define BODY_SIZE 4096
#define ROWS_MAX  100000
#define QUERY     "SELECT identity, password_hash_enc FROM charging_points ORDER BY rowid LIMIT ?"

enum outcome { REGISTERED, THERE_ALREADY, NOT_OPENED, NOT_BCRYPT, REFUSED, OUTCOMES };
static const char *const words[OUTCOMES] = {"registered", "registered already",
                                            "not opened: another Fernet key, or damaged",
                                            "not bcrypt of a cost from 4 to 12", "refused"};

struct import {
	struct vs_cli *cli;
	struct vs_fernet *fernet;
	const char *auth;
	size_t counts[OUTCOMES];
	int code; /* what ends it: the daemon cannot be asked */
};

static vs_result
open_hash(struct import *import, struct vs_bytes token, char text[static VS_PWHASH_TEXT_SIZE])
{
	const struct vs_fernet_window window = {
	    .now_s = 0, .age_max_s = -1, .skew_max_s = INT64_MAX};
	struct vs_buf plain;
	vs_result r;

	vs_buf_init(&plain, BODY_SIZE);
	r = vs_fernet_open(import->fernet, token, &window, &plain, NULL);
	if (r.code == VS_E_OK &&
	    !vs_bytes_copy_text(vs_buf_view(&plain), text, VS_PWHASH_TEXT_SIZE))
		r = VS_FAIL(BAD_VALUE);
	if (plain.data != NULL)
		explicit_bzero(plain.data, plain.capacity);
	vs_buf_done(&plain);
	return r;
}

static vs_result
make_body(const struct import *import, const char *identity, const char *hash, struct vs_buf *body)
{
	struct vs_json_writer json;

	vs_json_write_begin(&json, body);
	vs_json_write_object(&json);
	vs_json_write_key(&json, "identity");
	vs_json_write_text(&json, identity);
	vs_json_write_key(&json, "auth");
	vs_json_write_text(&json, import->auth);
	vs_json_write_key(&json, "password_hash");
	vs_json_write_text(&json, hash);
	vs_json_write_object_end(&json);
	return vs_json_write_end(&json);
}

/* Of a problem that the daemon answered. */
static int
problem_code(const struct vs_cli *cli)
{
	const struct vs_json_node *code =
	    vs_json_member(&cli->tape, vs_json_root(&cli->tape), "code");
	char text[16] = "";

	if (vs_json_copy_text(&cli->tape, code, text, sizeof(text)).code != VS_E_OK)
		return 0;
	return strncmp(text, "VS-", 3) == 0 ? (int)strtol(text + 3, NULL, 10) : 0;
}

static enum outcome
put_station(struct import *import, const char *identity, const char *hash)
{
	struct vs_cli *cli = import->cli;
	struct vs_buf body;
	int code, problem;

	vs_buf_init(&body, BODY_SIZE);
	if (make_body(import, identity, hash, &body).code != VS_E_OK) {
		vs_buf_done(&body);
		return REFUSED;
	}
	cli->is_trying = true;
	code = vs_cli_http(cli, "POST", STATIONS, vs_buf_view(&body));
	cli->is_trying = false;
	problem = code != 0 ? problem_code(cli) : 0;
	/* Not this station, but the daemon, the token or the connection: once more, and say why. */
	if (code != 0 && problem != vs_err_code(VS_E_EXISTS) &&
	    problem != vs_err_code(VS_E_BAD_VALUE))
		import->code = vs_cli_http(cli, "POST", STATIONS, vs_buf_view(&body));
	if (body.data != NULL)
		explicit_bzero(body.data, body.capacity);
	vs_buf_done(&body);
	if (code == 0)
		return REGISTERED;
	return problem == vs_err_code(VS_E_EXISTS) ? THERE_ALREADY : REFUSED;
}

static enum outcome
import_row(struct import *import, const char *identity, struct vs_bytes token)
{
	char hash[VS_PWHASH_TEXT_SIZE] = "";
	enum outcome outcome;
	unsigned cost = 0;

	if (open_hash(import, token, hash).code != VS_E_OK)
		return NOT_OPENED;
	outcome = vs_pwhash_inspect(hash, &cost).code == VS_E_OK
	              ? put_station(import, identity, hash)
	              : NOT_BCRYPT;
	explicit_bzero(hash, sizeof(hash));
	return outcome;
}

static int
tell(struct import *import, const char *identity, enum outcome outcome)
{
	struct vs_cli *cli = import->cli;

	import->counts[outcome]++;
	if (cli->is_quiet && (outcome == REGISTERED || outcome == THERE_ALREADY))
		return 0;
	return vs_buf_printf(&cli->out, "%s %s\n", identity, words[outcome]).code == VS_E_OK
	           ? 0
	           : vs_cli_no_memory(cli);
}

static int
import_rows(struct import *import, sqlite3_stmt *statement)
{
	int rc;

	while ((rc = sqlite3_step(statement)) == SQLITE_ROW) {
		const char *identity = (const char *)sqlite3_column_text(statement, 0);
		const void *token = sqlite3_column_blob(statement, 1);
		int size = sqlite3_column_bytes(statement, 1);
		struct vs_bytes text = vs_bytes_from(token, token != NULL ? (size_t)size : 0);
		enum outcome outcome;
		char name[64];

		/* What stands in the file is not ours: it goes to the terminal as a cell does. */
		if (identity == NULL ||
		    !vs_bytes_copy_text(vs_bytes_from_text(identity), name, sizeof(name)) ||
		    strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
		                 "*-_=:+|@.") != strlen(name))
			(void)snprintf(name, sizeof(name), "(no identity)");
		import->cli->subject = name;
		outcome = import_row(import, name, text);
		if (import->code == 0)
			import->code = tell(import, name, outcome);
		import->cli->subject = NULL;
		if (import->code != 0)
			return import->code;
	}
	return rc == SQLITE_DONE ? 0
	                         : vs_cli_fail(import->cli, VS_E_BAD_MESSAGE,
	                                       "the file is damaged, or changed while it was read");
}

static int
import_file(struct import *import, const char *file)
{
	sqlite3 *sqlite = NULL;
	sqlite3_stmt *statement = NULL;
	int code, rc = sqlite3_open_v2(file, &sqlite, SQLITE_OPEN_READONLY, NULL);

	if (rc == SQLITE_OK)
		rc = sqlite3_prepare_v2(sqlite, QUERY, -1, &statement, NULL);
	if (rc == SQLITE_OK)
		rc = sqlite3_bind_int(statement, 1, ROWS_MAX);
	if (rc == SQLITE_CANTOPEN)
		code = vs_cli_fail(import->cli, VS_E_NOT_FOUND, "the file cannot be opened");
	else if (rc != SQLITE_OK)
		code = vs_cli_fail(import->cli, VS_E_BAD_MESSAGE,
		                   "it is no SQLite file with a table "
		                   "charging_points(identity, password_hash_enc)");
	else
		code = import_rows(import, statement);
	(void)sqlite3_finalize(statement);
	(void)sqlite3_close(sqlite);
	return code;
}

static int
finish(struct import *import)
{
	struct vs_cli *cli = import->cli;
	const size_t *counts = import->counts;
	size_t failed = counts[NOT_OPENED] + counts[NOT_BCRYPT] + counts[REFUSED];

	if (!cli->is_quiet && vs_buf_printf(&cli->out, "%zu registered, %zu were, %zu failed\n",
	                                    counts[REGISTERED], counts[THERE_ALREADY], failed)
	                              .code != VS_E_OK)
		return vs_cli_no_memory(cli);
	return failed == 0 ? 0 : EX_DATAERR;
}

int
vs_cli_run_import_secure_sim(struct vs_cli *cli)
{
	const char *key_file = vs_cli_option(cli, "fernet-key-file");
	const char *auth = vs_cli_option(cli, "auth");
	struct import import = {.cli = cli, .auth = auth != NULL ? auth : "basic"};
	struct vs_buf key;
	int code = 0;

	if (key_file == NULL)
		return vs_cli_fail_usage(cli, "--fernet-key-file FILE is needed");
	vs_buf_init(&key, BODY_SIZE);
	cli->subject = key_file;
	if (vs_cli_read_text(key_file, true, &key).code != VS_E_OK)
		code = vs_cli_fail(cli, VS_E_CONFIG,
		                   "the file cannot be read, or others can read it (chmod 600)");
	else if (vs_fernet_new_from_text(vs_buf_view(&key), &import.fernet).code != VS_E_OK)
		code = vs_cli_fail(cli, VS_E_CONFIG, "the file holds no Fernet key");
	cli->subject = cli->args.positionals[0];
	if (code == 0)
		code = import_file(&import, cli->args.positionals[0]);
	if (code == 0)
		code = finish(&import);
	vs_fernet_free(&import.fernet);
	if (key.data != NULL)
		explicit_bzero(key.data, key.capacity);
	vs_buf_done(&key);
	return code;
}
