/* SPDX-License-Identifier: Apache-2.0 */
#include "store/db.h"

#include "core/record.h"
#include "fixture.h"
#include "store/migrate.h"

static void
opened(struct fixture *f, struct vs_store_db *db)
{
	fixture_init(f);
	CHECK_OK(vs_store_db_open(db, f->path, VS_STORE_WRITE, f->reason, sizeof(f->reason)));
	CHECK_OK(vs_store_migrate(db->sqlite, VS_STORE_APPLICATION_ID, vs_store_migrations,
	                          vs_store_migration_count, f->reason, sizeof(f->reason)));
}

static void
every_query_fits_its_row(void)
{
	struct fixture f;
	struct vs_store_db writer, reader, keys;
	char keys_path[128];

	opened(&f, &writer);
	CHECK_OK(vs_store_db_prepare(&writer, VS_STORE_WRITE, f.reason, sizeof(f.reason)));
	CHECK_OK(vs_store_db_open(&reader, f.path, VS_STORE_READ, f.reason, sizeof(f.reason)));
	CHECK_OK(vs_store_db_prepare(&reader, VS_STORE_READ, f.reason, sizeof(f.reason)));
	(void)snprintf(keys_path, sizeof(keys_path), "%s/k.db", f.dir);
	CHECK_OK(vs_store_db_open(&keys, keys_path, VS_STORE_KEYS, f.reason, sizeof(f.reason)));
	CHECK_OK(vs_store_migrate(keys.sqlite, VS_STORE_KEYS_APPLICATION_ID,
	                          vs_store_keys_migrations, vs_store_keys_migration_count, f.reason,
	                          sizeof(f.reason)));
	CHECK_OK(vs_store_db_prepare(&keys, VS_STORE_KEYS, f.reason, sizeof(f.reason)));
	for (size_t i = 0; i < VS_QUERY_COUNT; i++)
		CHECK((writer.statements[i] != NULL) + (reader.statements[i] != NULL) +
		          (keys.statements[i] != NULL) ==
		      1);
	vs_store_db_close(&keys);
	vs_store_db_close(&reader);
	vs_store_db_close(&writer);
	vs_store_db_close(&writer);
	fixture_done(&f);
}

static void
says_which_query_is_bad(void)
{
	struct fixture f;
	struct vs_store_db db;

	opened(&f, &db);
	CHECK(sqlite3_exec(db.sqlite, "DROP TABLE total", NULL, NULL, NULL) == SQLITE_OK);
	CHECK_ERR(vs_store_db_prepare(&db, VS_STORE_WRITE, f.reason, sizeof(f.reason)), CONFIG);
	CHECK(strstr(f.reason, "total_add") != NULL);
	vs_store_db_close(&db);
	fixture_done(&f);
}

static void
is_durable_and_readers_cannot_write(void)
{
	struct fixture f;
	struct vs_store_db db, reader;
	sqlite3_stmt *statement = NULL;

	opened(&f, &db);
	CHECK(sqlite3_prepare_v2(db.sqlite,
	                         "SELECT (SELECT journal_mode FROM pragma_journal_mode) = 'wal',"
	                         " (SELECT synchronous FROM pragma_synchronous) = 2,"
	                         " (SELECT foreign_keys FROM pragma_foreign_keys) = 1",
	                         -1, &statement, NULL) == SQLITE_OK);
	CHECK(sqlite3_step(statement) == SQLITE_ROW);
	for (int i = 0; i < 3; i++)
		CHECK(sqlite3_column_int(statement, i) == 1);
	CHECK(sqlite3_finalize(statement) == SQLITE_OK);
	CHECK(sqlite3_exec(
		  db.sqlite,
		  "INSERT INTO tx_event VALUES (77,1,'t',1,1,1,1,1,1,'','','',NULL,1,1,1,NULL)",
		  NULL, NULL, NULL) == SQLITE_CONSTRAINT_FOREIGNKEY);
	CHECK_OK(vs_store_db_open(&reader, f.path, VS_STORE_READ, f.reason, sizeof(f.reason)));
	CHECK(sqlite3_exec(reader.sqlite, "DELETE FROM total", NULL, NULL, NULL) != SQLITE_OK);
	vs_store_db_close(&reader);
	vs_store_db_close(&db);
	fixture_done(&f);
}

static void
values_come_back_as_they_went_in(void)
{
	struct fixture f;
	struct vs_store_db db;
	sqlite3_stmt *statement = NULL;
	char text[6];
	const uint8_t key[3] = {0xe1, 0, 2};

	opened(&f, &db);
	CHECK_OK(vs_store_db_prepare(&db, VS_STORE_WRITE, f.reason, sizeof(f.reason)));
	const struct vs_store_value name = vs_store_text("a longer name");
	const struct vs_store_value add[] = {name, {VS_STORE_SEALED, vs_bytes_from(key, 3), 0}};
	CHECK_OK(vs_store_run(&db, VS_QUERY_installation_put, add, 2));
	const struct vs_store_value null[] = {vs_store_text("n"),
	                                      {VS_STORE_SEALED, vs_bytes_from(NULL, 0), 0}};
	CHECK_ERR(vs_store_run(&db, VS_QUERY_installation_put, null, 2), CONFLICT);
	const struct vs_store_value plain[] = {vs_store_text("n"),
	                                       {VS_STORE_SEALED, vs_bytes_from("abc", 3), 0}};
	CHECK_ERR(vs_store_run(&db, VS_QUERY_installation_put, plain, 2), CONFLICT);
	CHECK_OK(vs_store_bind(&db, VS_QUERY_installation, &name, 1, &statement));
	CHECK(sqlite3_step(statement) == SQLITE_ROW);
	CHECK(vs_bytes_equal(vs_store_column_bytes(statement, 0), vs_bytes_from(key, 3)));
	CHECK(sqlite3_reset(statement) == SQLITE_OK);

	CHECK(sqlite3_prepare_v2(db.sqlite, "SELECT name, NULL, -5 FROM installation", -1,
	                         &statement, NULL) == SQLITE_OK);
	CHECK(sqlite3_step(statement) == SQLITE_ROW);
	vs_store_column_text(statement, 0, text, sizeof(text));
	CHECK(strcmp(text, "a lon") == 0); /* cut, and ended */
	CHECK(vs_store_column_number(statement, 1) == VS_CORE_ABSENT);
	CHECK(vs_store_column_number(statement, 2) == -5);
	CHECK(sqlite3_finalize(statement) == SQLITE_OK);
	vs_store_db_close(&db);
	fixture_done(&f);
}

static void
hashes_are_never_null(void)
{
	CHECK(vs_store_hash_number(0) == 0 && vs_store_hash_number(UINT64_MAX) == -1);
	CHECK(vs_store_hash_number(UINT64_C(1) << 63) != VS_CORE_ABSENT);
}

static void
errors_know_whose_they_are(void)
{
	CHECK_OK(vs_store_error(SQLITE_DONE));
	CHECK_OK(vs_store_error(SQLITE_ROW));
	CHECK_ERR(vs_store_error(SQLITE_CONSTRAINT_UNIQUE), CONFLICT);
	CHECK_ERR(vs_store_error(SQLITE_ERROR), BAD_VALUE);
	CHECK_ERR(vs_store_error(SQLITE_FULL), IO);
	CHECK_ERR(vs_store_error(SQLITE_IOERR_FSYNC), IO);
	CHECK_ERR(vs_store_error(SQLITE_CORRUPT), IO);
	CHECK_ERR(vs_store_error(SQLITE_NOMEM), NO_MEMORY);
}

int
main(void)
{
	CASE(every_query_fits_its_row);
	CASE(says_which_query_is_bad);
	CASE(is_durable_and_readers_cannot_write);
	CASE(values_come_back_as_they_went_in);
	CASE(hashes_are_never_null);
	CASE(errors_know_whose_they_are);
	return 0;
}
