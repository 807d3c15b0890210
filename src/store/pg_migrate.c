/* SPDX-License-Identifier: Apache-2.0 */
#include <assert.h>
#include <stdio.h>

#include "store/migrate.h"
#include "store/pg_inside.h"

#define SQL_SIZE 256

struct schema {
	const char *name;
	const struct vs_store_migration *migrations; /* the first ones are one */
	int count, version; /* version: of this program, as SQLite counts */
};

/* One daemon at a time, and all of it or nothing. */
static vs_result
begin(struct vs_store_pg *pg, const struct schema *schema, int64_t *version_out, char *reason,
      size_t reason_size)
{
	char sql[SQL_SIZE];

	VS_TRY(vs_store_pg_exec(pg, "SELECT pg_advisory_xact_lock(1448299569, 3)", reason,
	                        reason_size));
	(void)snprintf(sql, sizeof(sql),
	               "CREATE SCHEMA IF NOT EXISTS %s; CREATE TABLE IF NOT EXISTS "
	               "%s.version(number bigint NOT NULL)",
	               schema->name, schema->name);
	VS_TRY(vs_store_pg_exec(pg, sql, reason, reason_size));
	(void)snprintf(sql, sizeof(sql), "SELECT coalesce(max(number), 0) FROM %s.version",
	               schema->name);
	return vs_store_pg_ask(pg, sql, version_out);
}

static vs_result
apply(struct vs_store_pg *pg, const struct schema *schema, char *reason, size_t reason_size)
{
	int64_t version = 0;
	char sql[SQL_SIZE], words[160];

	VS_TRY(begin(pg, schema, &version, reason, reason_size));
	if (version > schema->version) {
		(void)snprintf(reason, reason_size,
		               "it has version %lld and this program knows up to %d; start the "
		               "newer program, or restore a copy made before the upgrade",
		               (long long)version, schema->version);
		return VS_FAIL(CONFIG);
	}
	for (int i = 0; i < schema->count; i++) {
		int number = schema->version - schema->count + 1 + i;
		vs_result r;

		if (number <= version)
			continue;
		r = vs_store_pg_exec(pg, schema->migrations[i].sql, words, sizeof(words));
		if (r.code != VS_E_OK) {
			(void)snprintf(reason, reason_size, "migration %s failed: %s",
			               schema->migrations[i].name, words);
			return r;
		}
		(void)snprintf(sql, sizeof(sql), "INSERT INTO %s.version VALUES (%d)", schema->name,
		               number);
		VS_TRY(vs_store_pg_exec(pg, sql, reason, reason_size));
	}
	return VS_OK;
}

vs_result
vs_store_pg_migrate_within(struct vs_store_pg *pg, bool is_keys, char *reason, size_t reason_size)
{
	const struct schema schema =
	    is_keys
		? (struct schema){"voltseal_keys", vs_store_pg_keys_migrations,
	                          vs_store_pg_keys_migration_count, vs_store_keys_migration_count}
		: (struct schema){"voltseal", vs_store_pg_migrations, vs_store_pg_migration_count,
	                          vs_store_migration_count};

	return apply(pg, &schema, reason, reason_size);
}

vs_result
vs_store_pg_migrate(struct vs_store_db *db, char *reason, size_t reason_size)
{
	vs_result r = vs_store_pg_exec(db->pg, "BEGIN", reason, reason_size);

	assert(db->side != VS_STORE_READ);
	if (r.code == VS_E_OK)
		r = vs_store_pg_migrate_within(db->pg, db->side == VS_STORE_KEYS, reason,
		                               reason_size);
	if (r.code == VS_E_OK)
		r = vs_store_pg_exec(db->pg, "COMMIT", reason, reason_size);
	if (r.code != VS_E_OK) {
		char words[160];
		vs_result undone = vs_store_pg_exec(db->pg, "ROLLBACK", words, sizeof(words));

		(void)undone;
	}
	return r;
}
