/* SPDX-License-Identifier: Apache-2.0 */
#include "store/reseal.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>

#include "fixture.h"
#include "store/migrate.h"

#define SECRET "CANARY-7f3a"

/* A file as version 1 left it, with `rows` of each table. */
static void
make_old(struct fixture *f, int rows)
{
	sqlite3 *sqlite = NULL;
	char sql[4096];

	CHECK(sqlite3_open(f->path, &sqlite) == SQLITE_OK);
	CHECK(sqlite3_exec(sqlite, "PRAGMA page_size = 8192; PRAGMA journal_mode = WAL", NULL, NULL,
	                   NULL) == SQLITE_OK);
	CHECK_OK(vs_store_migrate(sqlite, VS_STORE_APPLICATION_ID, vs_store_migrations, 1,
	                          f->reason, sizeof(f->reason)));
	(void)snprintf(
	    sql, sizeof(sql),
	    "CREATE TEMP TABLE n AS WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c"
	    "  WHERE i < %d) SELECT i FROM c;"
	    "INSERT INTO installation VALUES ('hash_key', CAST('" SECRET "-hash' AS BLOB));"
	    "INSERT INTO station SELECT 'default', 'CS' || i, 0, 1, 1,"
	    "  CAST('" SECRET
	    "-verifier-32-bytes-xx' AS BLOB), NULL, 1, NULL, '', '', '', '' FROM n;"
	    "INSERT INTO token SELECT 'default', '" SECRET "-t' || i, 'ISO14443', 'Accepted',"
	    "  iif(i %% 2, '', '" SECRET "-g'), NULL FROM n;"
	    "INSERT INTO tx SELECT i, 'default', 'CS' || (i %% 3), 'tx-' || i, 5, 5, NULL, 5, 1, "
	    "1, 0,"
	    "  0, 1, 1, 10, 0, 20, 0, NULL, NULL, NULL, NULL, NULL, 0, 'Charging', '',"
	    "  '" SECRET "-x' || i FROM n;"
	    "INSERT INTO tx_event SELECT i, 0, 'default', 0, 5, 5, 1, 1, 0, 'Authorized', '', '',"
	    "  '" SECRET "-x' || i, 20, NULL, NULL, '{\"t\":\"" SECRET "\"}' FROM n;"
	    "INSERT INTO event SELECT 2 * i, 'default', iif(i %% 5, 'CS1', ''), 'X', 0, 0, NULL, "
	    "5, 9,"
	    "  '{\"e\":\"" SECRET "\"}' FROM n;"
	    "INSERT INTO session SELECT i, 'default', 'CS1', 5, 1, '" SECRET
	    ":443', '', '', '', '', 0"
	    "  FROM n;"
	    "INSERT INTO command SELECT 'c-' || i, 'default', 'CS1', 'Reset', 2, 0, 5, 5,"
	    "  '{\"q\":\"" SECRET "\"}', iif(i %% 2, '', '{}') FROM n;"
	    "INSERT INTO variable SELECT 'default', 'CS1', 'C', '', -1, -1, 'V' || i, '', 'Actual',"
	    "  '" SECRET "', 'ReadOnly', 5 FROM n;"
	    "INSERT INTO meter_values SELECT i, 'default', 'CS1', 1, 5, i, '[\"" SECRET
	    "-m\"]' FROM n",
	    rows);
	CHECK(sqlite3_exec(sqlite, sql, NULL, NULL, NULL) == SQLITE_OK);
	CHECK(sqlite3_close(sqlite) == SQLITE_OK);
}

/* How often a text is in the file and its companions. */
static size_t
count_in_files(const struct fixture *f, const char *text)
{
	static const char *const suffixes[] = {"", "-wal", "-shm"};
	size_t count = 0, size = strlen(text);

	for (int i = 0; i < 3; i++) {
		char path[128];
		struct stat st;
		uint8_t *data;
		int fd;

		(void)snprintf(path, sizeof(path), "%s%s", f->path, suffixes[i]);
		fd = open(path, O_RDONLY | O_CLOEXEC);
		if (fd < 0)
			continue;
		CHECK(fstat(fd, &st) == 0);
		data = malloc((size_t)st.st_size + 1);
		CHECK(data != NULL);
		CHECK(read(fd, data, (size_t)st.st_size) == st.st_size);
		for (size_t at = 0; at + size <= (size_t)st.st_size; at++)
			count += memcmp(data + at, text, size) == 0;
		free(data);
		(void)close(fd);
	}
	return count;
}

static void
check_rows(struct fixture *f, int rows)
{
	static const char *const plain[] = {
	    "FROM token WHERE plain('token', 'token', tenant, token, token_index) LIKE '" SECRET
	    "-t%'"
	    " AND (group_id IS NULL OR plain('token', 'group_id', tenant, group_id, token_index) = "
	    "'" SECRET "-g')",
	    "FROM tx WHERE plain('tx', 'token', tenant, token, station, tx_id) = '" SECRET
	    "-x' || id"
	    " AND energy_last_wh = 20 AND power_w IS NULL AND charging_state = 'Charging'",
	    "FROM tx_event AS e JOIN tx AS x ON x.id = e.tx WHERE"
	    " plain('tx_event', 'token', e.tenant, e.token, station, tx_id, seq_no)"
	    "  = '" SECRET "-x' || tx"
	    " AND plain('tx_event', 'payload', e.tenant, e.payload, station, tx_id, seq_no)"
	    "  = '{\"t\":\"" SECRET "\"}'",
	    "FROM event WHERE plain('event', 'payload', tenant, payload, id) ="
	    " '{\"e\":\"" SECRET "\"}' AND id % 2 = 0 AND message_hash = 9",
	    "FROM session WHERE plain('session', 'peer', tenant, peer, id) = '" SECRET ":443'",
	    "FROM command WHERE plain('command', 'request', tenant, request, id) ="
	    " '{\"q\":\"" SECRET "\"}' AND (result IS NULL OR"
	    " plain('command', 'result', tenant, result, id) = '{}')",
	    "FROM variable WHERE plain('variable', 'value', tenant, value, station, component,"
	    " component_instance, evse, connector, variable, variable_instance, attribute) = "
	    "'" SECRET "'",
	    ("FROM station WHERE"
	     " length(plain('station', 'verifier', tenant, verifier, identity)) = 32"),
	};

	for (size_t i = 0; i < sizeof(plain) / sizeof(plain[0]); i++) {
		char sql[512];

		(void)snprintf(sql, sizeof(sql), "SELECT count(*) %s", plain[i]);
		CHECK(fixture_ask(f, sql) == rows);
	}
	CHECK(fixture_ask(f, "SELECT count(*) FROM sqlite_schema WHERE name LIKE 'plain_%' OR"
	                     " name = 'vacuum_due'") == 0);
	CHECK(fixture_ask(f, "SELECT (SELECT * FROM pragma_integrity_check) = 'ok'") == 1);
	CHECK(fixture_ask(f, "SELECT count(*) FROM pragma_foreign_key_check") == 0);
}

static void
old_rows_are_sealed_and_their_text_is_gone(void)
{
	struct fixture f;
	uint8_t key[16];

	fixture_init(&f);
	make_old(&f, 1300);
	CHECK(count_in_files(&f, SECRET) > 1300);
	CHECK_OK(fixture_open(&f));
	check_rows(&f, 1300);
	CHECK(f.sealing_calls >= 8 * 3 && f.rewrites == 1); /* three batches of each */
	CHECK(f.sealing[0] == f.sealing[1]);
	vs_store_hash_key(f.store, key);
	CHECK(memcmp(key, SECRET "-hash", 16) == 0);
	/* Meter values are plain, unless that is asked for. */
	CHECK(count_in_files(&f, SECRET "-m") >= 1300);
	CHECK(count_in_files(&f, SECRET) == count_in_files(&f, SECRET "-m"));
	fixture_put(&f, record_new(VS_RECORD_event, "CS1", "{}")); /* goes on behind them */
	CHECK(fixture_ask(&f, "SELECT max(id) FROM event") == 2601);
	fixture_reopen(&f);
	CHECK(f.rewrites == 1);
	f.is_strict = true;
	fixture_reopen(&f);
	CHECK(f.rewrites == 2 && count_in_files(&f, SECRET) == 0);
	CHECK(fixture_ask(&f, "SELECT count(*) FROM meter_values WHERE payload = '' AND"
	                      " plain('meter_values', 'sealed', tenant, sealed, id) ="
	                      " '[\"" SECRET "-m\"]'") == 1300);
	fixture_put(&f, meter_record("CS1", 77777));
	CHECK(f.failed == 0);
	CHECK(fixture_ask(
		  &f,
		  "SELECT count(*) FROM meter_values WHERE payload = '' AND id = 1301 AND"
		  " plain('meter_values', 'sealed', tenant, sealed, id) LIKE '%sampled%'") == 1);
	fixture_reopen(&f);
	CHECK(f.rewrites == 2);
	fixture_done(&f);
}

static void
an_error_stops_it_and_the_next_start_goes_on(void)
{
	struct fixture f;

	fixture_init(&f);
	make_old(&f, 700);
	f.seal.fails = VS_E_CLOSED;
	CHECK_ERR(fixture_open(&f), CLOSED);
	CHECK(f.store == NULL && strstr(f.reason, "next start goes on") != NULL);
	CHECK(fixture_ask(&f, "SELECT count(*) FROM plain_event") == 700);
	f.seal.fails = VS_E_OK;
	CHECK_OK(fixture_open(&f));
	check_rows(&f, 700);
	fixture_done(&f);
}

static unsigned die_after;

static void
die(void *arg, const char *table, int64_t done, int64_t count)
{
	(void)arg, (void)table, (void)done, (void)count;
	if (die_after-- == 0)
		(void)raise(SIGKILL);
}

/* Killed at each of its steps in turn: what is there is always whole, and in the end all is sealed.
 */
static void
killed_anywhere_it_goes_on(void)
{
	struct fixture f;
	unsigned died = 0;
	int status;

	fixture_init(&f);
	make_old(&f, 600);
	do {
		pid_t pid = fork();

		CHECK(pid >= 0);
		if (pid == 0) {
			struct vs_store_options options = fixture_options(&f);

			die_after = died % 3; /* some of it is done each time */
			options.sealing = die;
			if (vs_store_open(&options, f.reason, sizeof(f.reason), &f.store).code !=
			    VS_E_OK)
				_exit(2);
			vs_store_close(&f.store);
			_exit(0);
		}
		CHECK(waitpid(pid, &status, 0) == pid);
		died++;
		CHECK(died < 100);
	} while (WIFSIGNALED(status));
	CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0 && died > 5);
	CHECK_OK(fixture_open(&f));
	check_rows(&f, 600);
	CHECK(count_in_files(&f, SECRET) == count_in_files(&f, SECRET "-m"));
	fixture_done(&f);
}

static void
a_new_file_has_nothing_to_seal(void)
{
	struct fixture f;

	fixture_start(&f);
	CHECK(f.sealing_calls == 0 && f.rewrites == 0);
	CHECK(fixture_ask(&f, "SELECT count(*) FROM sqlite_schema WHERE name LIKE 'plain_%'") == 0);
	fixture_done(&f);
}

int
main(void)
{
	CASE(old_rows_are_sealed_and_their_text_is_gone);
	CASE(an_error_stops_it_and_the_next_start_goes_on);
	CASE(killed_anywhere_it_goes_on);
	CASE(a_new_file_has_nothing_to_seal);
	return 0;
}
