/* SPDX-License-Identifier: Apache-2.0 */
/* What test_db.c does not ask of it. */
#include "store/sqlite.h"

#include "fixture.h"

static void
open_side(struct fixture *f, struct vs_store_db *db, enum vs_store_side side)
{
	const struct vs_store_place place = {.path = f->path};

	CHECK_OK(vs_store_db_open(db, &place, side, f->reason, sizeof(f->reason)));
}

static void
is_durable_and_readers_cannot_write(void)
{
	struct fixture f;
	struct vs_store_db db, reader;
	sqlite3_stmt *statement = NULL;

	fixture_init(&f);
	open_side(&f, &db, VS_STORE_WRITE);
	CHECK_OK(vs_store_db_migrate(&db, f.reason, sizeof(f.reason)));
	CHECK(!vs_store_sqlite_is_open(&db));
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
	open_side(&f, &reader, VS_STORE_READ);
	CHECK(sqlite3_exec(reader.sqlite, "DELETE FROM total", NULL, NULL, NULL) != SQLITE_OK);
	vs_store_db_close(&reader);
	vs_store_db_close(&db);
	fixture_done(&f);
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
	CASE(is_durable_and_readers_cannot_write);
	CASE(errors_know_whose_they_are);
	return 0;
}
