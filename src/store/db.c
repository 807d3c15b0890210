/* SPDX-License-Identifier: Apache-2.0 */
#include "store/db.h"

#include <assert.h>
#include <string.h>

#include "core/record.h"
#include "store/migrate.h"
#include "store/postgres.h"
#include "store/sqlite.h"

#define VS_QUERY(name, side, columns, types, sql)                                                  \
	{#name, VS_STORE_##side, columns, types, sql, sql},
#define VS_QUERY_TWO(name, side, columns, types, sqlite, postgres)                                 \
	{#name, VS_STORE_##side, columns, types, sqlite, postgres},
const struct vs_store_query_info vs_store_queries[VS_QUERY_COUNT] = {
#include "store/keystore_queries.def"
#define VS_QUERY_TWO(name, side, columns, types, sqlite, postgres)                                 \
	{#name, VS_STORE_##side, columns, types, sqlite, postgres},
#include "store/queries.def"
};
#undef VS_QUERY

bool
vs_store_query_is_of(enum vs_store_query query, enum vs_store_side side)
{
	enum vs_store_side of = vs_store_queries[query].side;

	return of == side || (of == VS_STORE_READ_ALL && side == VS_STORE_READ);
}

/* --- values ----------------------------------------------------------------------------------- */

struct vs_store_value
vs_store_text(const char *text)
{
	return (struct vs_store_value){VS_STORE_TEXT, vs_bytes_from_text(text), 0};
}

struct vs_store_value
vs_store_text_bytes(struct vs_bytes text)
{
	return (struct vs_store_value){VS_STORE_TEXT, text, 0};
}

struct vs_store_value
vs_store_number(int64_t number)
{
	return (struct vs_store_value){VS_STORE_NUMBER, {NULL, 0}, number};
}

struct vs_store_value
vs_store_blob(const uint8_t *data, size_t size)
{
	return (struct vs_store_value){VS_STORE_BLOB, {data, size}, 0};
}

struct vs_store_value
vs_store_payload(struct vs_bytes payload)
{
	return (struct vs_store_value){VS_STORE_PAYLOAD, payload, 0};
}

int64_t
vs_store_hash_number(uint64_t hash)
{
	return hash == (uint64_t)VS_CORE_ABSENT ? INT64_MIN + 1 : (int64_t)hash;
}

void
vs_store_value_check(const struct vs_store_value *value, char type)
{
	switch (value->type) {
	case VS_STORE_TEXT:
		assert(type == 't');
		break;
	case VS_STORE_NUMBER:
		assert(type == 'i' || type == 'n');
		break;
	case VS_STORE_BLOB:
		assert(type == 'b');
		break;
	case VS_STORE_PAYLOAD:
		assert(type == 'x');
		break;
	case VS_STORE_SEALED:
		assert(type == 's');
		break;
	case VS_STORE_ARRAY:
		assert(type == 'T' || type == 'I' || type == 'B');
		break;
	}
	(void)type;
}

/* --- one way for both ------------------------------------------------------------------------- */

vs_result
vs_store_db_open(struct vs_store_db *db, const struct vs_store_place *place,
                 enum vs_store_side side, char *reason, size_t reason_size)
{
	assert(db != NULL && place != NULL && reason != NULL);
	memset(db, 0, sizeof(*db));
	db->side = side;
	if (place->postgres != NULL)
		return vs_store_pg_open(db, place->postgres, reason, reason_size);
	return vs_store_sqlite_open(db, place->path, reason, reason_size);
}

vs_result
vs_store_db_migrate(struct vs_store_db *db, char *reason, size_t reason_size)
{
	assert(db != NULL && db->side != VS_STORE_READ && reason != NULL);
	if (db->pg != NULL)
		return vs_store_pg_migrate(db, reason, reason_size);
	if (db->side == VS_STORE_KEYS)
		return vs_store_migrate(db->sqlite, VS_STORE_KEYS_APPLICATION_ID,
		                        vs_store_keys_migrations, vs_store_keys_migration_count,
		                        reason, reason_size);
	return vs_store_migrate(db->sqlite, VS_STORE_APPLICATION_ID, vs_store_migrations,
	                        vs_store_migration_count, reason, reason_size);
}

vs_result
vs_store_db_prepare(struct vs_store_db *db, char *reason, size_t reason_size)
{
	assert(db != NULL && reason != NULL);
	return db->pg != NULL ? vs_store_pg_prepare(db, reason, reason_size)
	                      : vs_store_sqlite_prepare(db, reason, reason_size);
}

void
vs_store_db_close(struct vs_store_db *db)
{
	if (db == NULL)
		return;
	vs_store_pg_close(db);
	vs_store_sqlite_close(db);
	memset(db, 0, sizeof(*db));
}

const char *
vs_store_db_node(const struct vs_store_db *db)
{
	return db->pg != NULL ? vs_store_pg_node(db) : "";
}

vs_result
vs_store_bind(struct vs_store_db *db, enum vs_store_query query,
              const struct vs_store_value *values, size_t count,
              struct vs_store_statement **statement_out)
{
	VS_TRY(db->pg != NULL ? vs_store_pg_bind(db, query, values, count)
	                      : vs_store_sqlite_bind(db, query, values, count));
	*statement_out = &db->statements[query];
	return VS_OK;
}

vs_result
vs_store_next(struct vs_store_statement *statement, bool *has_row_out)
{
	return statement->sqlite == NULL ? vs_store_pg_next(statement, has_row_out)
	                                 : vs_store_sqlite_next(statement, has_row_out);
}

void
vs_store_reset(struct vs_store_statement *statement)
{
	if (statement == NULL)
		return;
	if (statement->sqlite == NULL)
		vs_store_pg_reset(statement);
	else
		vs_store_sqlite_reset(statement);
}

vs_result
vs_store_run(struct vs_store_db *db, enum vs_store_query query, const struct vs_store_value *values,
             size_t count)
{
	return db->pg != NULL ? vs_store_pg_run(db, query, values, count)
	                      : vs_store_sqlite_run(db, query, values, count);
}

vs_result
vs_store_run_count(struct vs_store_db *db, enum vs_store_query query,
                   const struct vs_store_value *values, size_t count, int64_t *changed_out)
{
	if (db->pg != NULL)
		return vs_store_pg_run_count(db, query, values, count, changed_out);
	VS_TRY(vs_store_sqlite_run(db, query, values, count));
	*changed_out = vs_store_sqlite_changes(db);
	return VS_OK;
}

vs_result
vs_store_run_id(struct vs_store_db *db, enum vs_store_query query,
                const struct vs_store_value *values, size_t count, int64_t *number_out)
{
	struct vs_store_statement *statement = NULL;
	bool has_row = false;
	vs_result r = vs_store_bind(db, query, values, count, &statement);

	if (r.code == VS_E_OK)
		r = vs_store_next(statement, &has_row);
	if (r.code == VS_E_OK && !has_row)
		r = VS_FAIL(NOT_FOUND);
	if (r.code == VS_E_OK)
		*number_out = vs_store_column_number(statement, 0);
	vs_store_reset(statement);
	return r;
}

vs_result
vs_store_revive(struct vs_store_db *db)
{
	return db->pg != NULL ? vs_store_pg_revive(db) : VS_OK;
}

vs_result
vs_store_begin(struct vs_store_db *db, const char *tenants)
{
	if (db->pg != NULL)
		return vs_store_pg_begin(db, tenants);
	return vs_store_run(db, db->side == VS_STORE_KEYS ? VS_QUERY_keys_begin : VS_QUERY_begin,
	                    NULL, 0);
}

vs_result
vs_store_commit(struct vs_store_db *db)
{
	if (db->pg != NULL)
		return vs_store_pg_commit(db);
	return vs_store_run(db, db->side == VS_STORE_KEYS ? VS_QUERY_keys_commit : VS_QUERY_commit,
	                    NULL, 0);
}

void
vs_store_push(struct vs_store_db *db)
{
	if (db->pg != NULL)
		vs_store_pg_push(db);
}

void
vs_store_wait(struct vs_store_db *db, bool is_waiting)
{
	if (db->pg != NULL)
		vs_store_pg_wait(db, is_waiting);
}

void
vs_store_rollback(struct vs_store_db *db)
{
	vs_result undone;

	if (db->pg != NULL) {
		vs_store_pg_rollback(db);
		return;
	}
	if (!vs_store_sqlite_is_open(db))
		return;
	undone = vs_store_run(
	    db, db->side == VS_STORE_KEYS ? VS_QUERY_keys_rollback : VS_QUERY_rollback, NULL, 0);
	(void)undone; /* after an I/O error SQLite has rolled back already */
}

vs_result
vs_store_checkpoint(struct vs_store_db *db)
{
	/* PostgreSQL keeps its log as its operator says; nothing of a key is in it but what was
	 * wrapped. */
	return db->pg != NULL ? VS_OK : vs_store_sqlite_checkpoint(db);
}

/* --- columns ---------------------------------------------------------------------------------- */

void
vs_store_column_text(const struct vs_store_statement *statement, int column, char *text,
                     size_t size)
{
	(void)vs_bytes_copy_text(vs_store_column_bytes(statement, column), text, size);
}

int64_t
vs_store_column_number(const struct vs_store_statement *statement, int column)
{
	return statement->sqlite == NULL ? vs_store_pg_number(statement, column)
	                                 : vs_store_sqlite_number(statement->sqlite, column);
}

struct vs_bytes
vs_store_column_bytes(const struct vs_store_statement *statement, int column)
{
	return statement->sqlite == NULL ? vs_store_pg_bytes(statement, column)
	                                 : vs_store_sqlite_bytes(statement->sqlite, column);
}

bool
vs_store_column_blob(const struct vs_store_statement *statement, int column, uint8_t *data,
                     size_t size)
{
	struct vs_bytes bytes = vs_store_column_bytes(statement, column);

	if (bytes.size != size)
		return false;
	memcpy(data, bytes.data, size);
	return true;
}

bool
vs_store_column_is_null(const struct vs_store_statement *statement, int column)
{
	return statement->sqlite == NULL ? vs_store_pg_is_null(statement, column)
	                                 : vs_store_sqlite_is_null(statement->sqlite, column);
}
