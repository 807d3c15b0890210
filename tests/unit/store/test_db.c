/* SPDX-License-Identifier: Apache-2.0 */
#include "store/db.h"

#include "core/record.h"
#include "fixture.h"

static vs_result
open_side(struct fixture *f, struct vs_store_db *db, const char *path, enum vs_store_side side)
{
	const struct vs_store_place place = {.path = path};

	return vs_store_db_open(db, &place, side, f->reason, sizeof(f->reason));
}

static void
opened(struct fixture *f, struct vs_store_db *db)
{
	fixture_init(f);
	CHECK_OK(open_side(f, db, f->path, VS_STORE_WRITE));
	CHECK_OK(vs_store_db_migrate(db, f->reason, sizeof(f->reason)));
}

static void
every_query_fits_its_row(void)
{
	struct fixture f;
	struct vs_store_db writer, reader, keys;
	char keys_path[128];

	opened(&f, &writer);
	CHECK_OK(vs_store_db_prepare(&writer, f.reason, sizeof(f.reason)));
	CHECK_OK(open_side(&f, &reader, f.path, VS_STORE_READ));
	CHECK_OK(vs_store_db_prepare(&reader, f.reason, sizeof(f.reason)));
	(void)snprintf(keys_path, sizeof(keys_path), "%s/k.db", f.dir);
	CHECK_OK(open_side(&f, &keys, keys_path, VS_STORE_KEYS));
	CHECK_OK(vs_store_db_migrate(&keys, f.reason, sizeof(f.reason)));
	CHECK_OK(vs_store_db_prepare(&keys, f.reason, sizeof(f.reason)));
	for (size_t i = 0; i < VS_QUERY_COUNT; i++)
		CHECK((writer.statements[i].sqlite != NULL) +
		          (reader.statements[i].sqlite != NULL) +
		          (keys.statements[i].sqlite != NULL) ==
		      (vs_store_queries[i].sqlite != NULL));
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
	CHECK_ERR(vs_store_db_prepare(&db, f.reason, sizeof(f.reason)), CONFIG);
	CHECK(strstr(f.reason, "total_add") != NULL);
	vs_store_db_close(&db);
	fixture_done(&f);
}

static void
values_come_back_as_they_went_in(void)
{
	struct fixture f;
	struct vs_store_db db;
	struct vs_store_statement *got = NULL, raw = {NULL, NULL, 0};
	bool has_row = false;
	char text[6];
	const uint8_t key[3] = {0xe1, 0, 2};

	opened(&f, &db);
	CHECK_OK(vs_store_db_prepare(&db, f.reason, sizeof(f.reason)));
	const struct vs_store_value name = vs_store_text("a longer name");
	const struct vs_store_value add[] = {name, {VS_STORE_SEALED, vs_bytes_from(key, 3), 0}};
	CHECK_OK(vs_store_run(&db, VS_QUERY_installation_put, add, 2));
	const struct vs_store_value null[] = {vs_store_text("n"),
	                                      {VS_STORE_SEALED, vs_bytes_from(NULL, 0), 0}};
	CHECK_ERR(vs_store_run(&db, VS_QUERY_installation_put, null, 2), CONFLICT);
	const struct vs_store_value plain[] = {vs_store_text("n"),
	                                       {VS_STORE_SEALED, vs_bytes_from("abc", 3), 0}};
	CHECK_ERR(vs_store_run(&db, VS_QUERY_installation_put, plain, 2), CONFLICT);
	CHECK_OK(vs_store_bind(&db, VS_QUERY_installation, &name, 1, &got));
	CHECK_OK(vs_store_next(got, &has_row));
	CHECK(has_row && vs_bytes_equal(vs_store_column_bytes(got, 0), vs_bytes_from(key, 3)));
	CHECK_OK(vs_store_next(got, &has_row));
	CHECK(!has_row);
	vs_store_reset(got);

	CHECK(sqlite3_prepare_v2(db.sqlite, "SELECT name, NULL, -5 FROM installation", -1,
	                         &raw.sqlite, NULL) == SQLITE_OK);
	CHECK(sqlite3_step(raw.sqlite) == SQLITE_ROW);
	vs_store_column_text(&raw, 0, text, sizeof(text));
	CHECK(strcmp(text, "a lon") == 0); /* cut, and ended */
	CHECK(vs_store_column_number(&raw, 1) == VS_CORE_ABSENT);
	CHECK(vs_store_column_is_null(&raw, 1) && !vs_store_column_is_null(&raw, 0));
	CHECK(vs_store_column_number(&raw, 2) == -5);
	CHECK(sqlite3_finalize(raw.sqlite) == SQLITE_OK);
	vs_store_db_close(&db);
	fixture_done(&f);
}

static void
hashes_are_never_null(void)
{
	CHECK(vs_store_hash_number(0) == 0 && vs_store_hash_number(UINT64_MAX) == -1);
	CHECK(vs_store_hash_number(UINT64_C(1) << 63) != VS_CORE_ABSENT);
}

int
main(void)
{
	CASE(every_query_fits_its_row);
	CASE(says_which_query_is_bad);
	CASE(values_come_back_as_they_went_in);
	CASE(hashes_are_never_null);
	return 0;
}
