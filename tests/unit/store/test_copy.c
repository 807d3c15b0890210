/* SPDX-License-Identifier: Apache-2.0 */
/* From files to PostgreSQL, and that a difference is found. Beside a server. */
#include "store/copy.h"

#include "keystore_fixture.h"

static struct fixture f;          /* the store in a file; its database is the target */
static struct keystore_fixture k; /* the keystore in a file */
static char reason[512];
static unsigned words;

static void
tell(void *arg, const char *table, bool is_check, int64_t done_rows, int64_t count)
{
	(void)arg, (void)is_check;
	CHECK(table[0] != '\0' && done_rows <= count);
	words++;
}

static struct vs_store_copy
copy_of(void)
{
	return (struct vs_store_copy){.store_file = f.path,
	                              .keystore_file = k.f.path,
	                              .place = &f.postgres,
	                              .progress = tell};
}

static void
in_file(const char *path, const char *sql)
{
	sqlite3 *sqlite = NULL;

	CHECK(sqlite3_open_v2(path, &sqlite, SQLITE_OPEN_READWRITE, NULL) == SQLITE_OK);
	CHECK(sqlite3_exec(sqlite, sql, NULL, NULL, NULL) == SQLITE_OK);
	(void)sqlite3_close(sqlite);
}

static vs_result
run(vs_result (*what)(const struct vs_store_copy *, char *, size_t, struct vs_store_copied *),
    int64_t *rows_out)
{
	const struct vs_store_copy copy = copy_of();
	struct vs_store_copied copied = {0, 0};
	vs_result r = what(&copy, reason, sizeof(reason), &copied);

	CHECK((r.code == VS_E_OK) == (reason[0] == '\0'));
	if (rows_out != NULL)
		*rows_out = copied.rows;
	return r;
}

static void
differs(const char *table, const char *what)
{
	CHECK_ERR(run(vs_store_copy_check, NULL), CONFLICT);
	if (strstr(reason, table) == NULL || strstr(reason, what) == NULL)
		(void)fprintf(stderr, "%s\n", reason);
	CHECK(strstr(reason, table) != NULL && strstr(reason, what) != NULL);
}

/* A store and a keystore in files, closed. */
static void
make(void)
{
	struct vs_keystore_change key;

	memset(&k, 0, sizeof(k));
	fixture_init(&k.f);
	k.f.place.postgres = NULL;
	open_it(&k);
	add_parents(&k);
	key = new_key(1, VS_KEYS_ACTIVE);
	CHECK_OK(apply_one(&k, &key));
	vs_store_keystore_close(&k.keystore);
	fixture_init(&f);
	f.place.postgres = NULL;
	CHECK_OK(fixture_open(&f));
	for (int64_t i = 0; i < 20; i++)
		fixture_put(&f, tx_record("CS1", "t1", i,
		                          i == 0 ? VS_CORE_TX_STARTED : VS_CORE_TX_UPDATED));
	for (uint64_t i = 1; i <= 700; i++)
		CHECK_OK(f.writer.submit(f.writer.self, meter_record("CS2", i), 1));
	fixture_wait(&f, 720);
	fixture_put(&f, record_new(VS_RECORD_event, "CS1", "{\"a\":\"\\u0001\"}"));
	CHECK(f.failed == 0);
	vs_store_close(&f.store);
	/* Of years ago, with odd values: empty texts, no value, the least number. */
	in_file(f.path,
	        "INSERT INTO event(id, tenant, station, type, severity, is_security, at_ms, "
	        "received_ms, message_hash, payload) VALUES (99, 'default', '', '', 0, 0, NULL, "
	        "1500000000000, -9223372036854775808, NULL), (100, 'default', 'x', 'y', 0, 0, 5, "
	        "1400000000000, 0, x'e100ff');"
	        "INSERT INTO held VALUES ('default', 'CS1', 1, 2, 3, x'e1')");
	reason[0] = '\0';
}

static void
end(void)
{
	done(&k);
	fixture_done(&f);
}

static void
everything_is_there_and_goes_on(void)
{
	struct vs_keystore_change key;
	int64_t rows = 0, again = 0;

	make();
	words = 0;
	CHECK_OK(run(vs_store_copy_run, &rows));
	CHECK(rows > 725 && words > 100);
	CHECK_OK(run(vs_store_copy_check, &again));
	CHECK(again == rows);
	CHECK_ERR(run(vs_store_copy_run, NULL), EXISTS);
	/* Each in the part of its month, behind a wall again. */
	f.place.postgres = &f.postgres;
	CHECK(fixture_ask(&f, "SELECT count(*) FROM event") == 3);
	PGconn *conn = postgres_connect(f.database);
	PGresult *result = PQexec(
	    conn,
	    "SELECT (SELECT count(*) FROM event_other), (SELECT count(*) FROM event_2014_05),"
	    " (SELECT count(*) FROM pg_class WHERE relname = 'event' AND relforcerowsecurity),"
	    " (SELECT count(*) FROM pg_trigger WHERE NOT tgisinternal AND tgenabled <> 'O')");
	CHECK(PQresultStatus(result) == PGRES_TUPLES_OK);
	CHECK(strcmp(PQgetvalue(result, 0, 0), "0") == 0 &&
	      strcmp(PQgetvalue(result, 0, 1), "1") == 0);
	CHECK(strcmp(PQgetvalue(result, 0, 2), "1") == 0 &&
	      strcmp(PQgetvalue(result, 0, 3), "0") == 0);
	PQclear(result);
	PQfinish(conn);
	/* What comes next has a number of its own, and what came before is known. */
	CHECK_OK(fixture_open(&f));
	fixture_forget(&f);
	fixture_put(&f, tx_record("CS1", "t1", 19, VS_CORE_TX_UPDATED));
	CHECK(f.duplicates == 1);
	fixture_put(&f, record_new(VS_RECORD_event, "CS1", "{}"));
	CHECK(f.failed == 0 && fixture_ask(&f, "SELECT max(id) FROM event") == 101);
	vs_store_close(&f.store);
	k.f.place.postgres = &f.postgres;
	open_it(&k);
	CHECK_OK(k.port.find(k.port.self, "t", "device/field", "CS-0001", "", 1, &key.u.key));
	key = new_key(2, VS_KEYS_PRE_ACTIVE);
	CHECK_OK(apply_one(&k, &key));
	end();
}

static void
a_difference_is_found(void)
{
	make();
	CHECK_OK(run(vs_store_copy_run, NULL));
	postgres_exec(f.database, "UPDATE held SET payload = '\\xe101'");
	differs("held", "another payload");
	in_file(f.path, "UPDATE held SET payload = x'e101'");
	CHECK_OK(run(vs_store_copy_check, NULL));
	in_file(f.path, "UPDATE tx SET last_seq_no = 7 WHERE tx_id = 't1'");
	differs("voltseal.tx:", "id=1 has another last_seq_no");
	postgres_exec(f.database, "UPDATE tx SET last_seq_no = 7; DELETE FROM event WHERE id = 99");
	differs("event", "id=99 is not in PostgreSQL");
	in_file(f.path, "DELETE FROM event WHERE id = 99");
	postgres_exec(f.database, "INSERT INTO total VALUES ('zz', 1)");
	differs("total", "name='zz' is in PostgreSQL only");
	postgres_exec(f.database,
	              "DELETE FROM total WHERE name = 'zz';"
	              "UPDATE tenant_kek SET state_ms = state_ms, audit_id = audit_id + 1");
	differs("voltseal_keys.tenant_kek", "another audit_id");
	end();
}

static void
what_is_open_or_odd_is_refused(void)
{
	struct vs_store *store;

	make();
	CHECK_OK(fixture_open(&f));
	CHECK_ERR(run(vs_store_copy_run, NULL), CONFIG);
	CHECK(strstr(reason, "another process") != NULL);
	vs_store_close(&f.store);
	in_file(f.path, "PRAGMA user_version = 3");
	CHECK_ERR(run(vs_store_copy_run, NULL), CONFIG);
	CHECK(strstr(reason, "version 3") != NULL);
	in_file(f.path, "PRAGMA user_version = 0; PRAGMA application_id = 1");
	CHECK_ERR(run(vs_store_copy_run, NULL), CONFIG);
	end();
	/* A daemon on the target. */
	make();
	f.place.postgres = &f.postgres;
	CHECK_OK(fixture_open(&f));
	store = f.store;
	CHECK_ERR(run(vs_store_copy_run, NULL), CONFIG);
	vs_store_close(&store);
	f.store = NULL;
	end();
}

/* It fails in its last table: the keystore, which went before, is not there either. */
static void
all_or_nothing(void)
{
	make();
	in_file(f.path, "UPDATE held SET station = 'a' || char(0) || 'b'");
	CHECK_ERR(run(vs_store_copy_run, NULL), IO);
	CHECK(strstr(reason, "voltseal.held") != NULL);
	in_file(f.path, "UPDATE held SET station = 'a'");
	CHECK_OK(run(vs_store_copy_run, NULL)); /* into what is as empty as it was */
	end();
}

static void
without_files_there_is_nothing(void)
{
	struct vs_store_pg_place place = {.url = "postgresql://nobody@127.0.0.1:1/none"};
	const struct vs_store_copy copy = {.store_file = "/nonexistent/v.db",
	                                   .keystore_file = "/nonexistent/k.db",
	                                   .place = &place};
	struct vs_store_copied copied;

	CHECK_ERR(vs_store_copy_run(&copy, reason, sizeof(reason), &copied), CONFIG);
	CHECK(strstr(reason, "/nonexistent/v.db") != NULL);
}

int
main(void)
{
	CASE(without_files_there_is_nothing);
	if (!on_postgres())
		return 0;
	CASE(everything_is_there_and_goes_on);
	CASE(a_difference_is_found);
	CASE(what_is_open_or_odd_is_refused);
	CASE(all_or_nothing);
	return 0;
}
