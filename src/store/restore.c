/* SPDX-License-Identifier: Apache-2.0 */
#include "store/restore.h"

#include <assert.h>

#include "core/station.h"
#include "store/record_write.h"

vs_result
vs_store_restore_mark(struct vs_store_db *db, struct vs_store_mark *mark_out)
{
	struct vs_store_mark mark = {.audit_id = 0};
	struct vs_store_statement *statement = NULL;
	bool has_row = false;
	vs_result r = vs_store_bind(db, VS_QUERY_keystore_mark, NULL, 0, &statement);

	if (r.code == VS_E_OK)
		r = vs_store_next(statement, &has_row);
	if (r.code == VS_E_OK && has_row) {
		mark.audit_id = vs_store_column_number(statement, 0);
		vs_store_column_text(statement, 1, mark.audit_print, sizeof(mark.audit_print));
		mark.tombstone_id = vs_store_column_number(statement, 2);
	}
	vs_store_reset(statement);
	if (r.code == VS_E_OK)
		*mark_out = mark;
	return r;
}

vs_result
vs_store_restore_each(struct vs_store_db *db,
                      bool (*row)(const struct vs_keystore_tombstone *, void *), void *arg)
{
	struct vs_store_statement *statement = NULL;
	bool has_row = false;
	vs_result r = vs_store_bind(db, VS_QUERY_erased, NULL, 0, &statement);

	while (r.code == VS_E_OK && (r = vs_store_next(statement, &has_row)).code == VS_E_OK &&
	       has_row) {
		struct vs_keystore_tombstone stone = {.version = 0};

		vs_store_column_text(statement, 0, stone.tenant, sizeof(stone.tenant));
		vs_store_column_text(statement, 1, stone.kind, sizeof(stone.kind));
		vs_store_column_text(statement, 2, stone.owner, sizeof(stone.owner));
		vs_store_column_text(statement, 3, stone.period, sizeof(stone.period));
		stone.version = (uint32_t)vs_store_column_number(statement, 4);
		stone.at_ms = vs_store_column_number(statement, 5);
		if (!row(&stone, arg))
			break;
	}
	vs_store_reset(statement);
	return r;
}

vs_result
vs_store_restore_sensors(struct vs_store_db *db,
                         bool (*row)(const char *tenant, const char *device, void *), void *arg)
{
	char tenant[VS_CORE_TENANT_SIZE], device[VS_CORE_IDENTITY_SIZE];
	struct vs_store_statement *statement = NULL;
	bool has_row = false;
	vs_result r;

	VS_TRY(vs_store_begin(db, NULL)); /* of all tenants: PostgreSQL's wall asks for it */
	r = vs_store_bind(db, VS_QUERY_sensors_all, NULL, 0, &statement);
	while (r.code == VS_E_OK && (r = vs_store_next(statement, &has_row)).code == VS_E_OK &&
	       has_row) {
		vs_store_column_text(statement, 0, tenant, sizeof(tenant));
		vs_store_column_text(statement, 1, device, sizeof(device));
		if (!row(tenant, device, arg))
			break;
	}
	vs_store_reset(statement);
	if (r.code == VS_E_OK)
		return vs_store_commit(db);
	vs_store_rollback(db);
	return r;
}

vs_result
vs_store_restore_readings(struct vs_store_db *db, int64_t *count_out)
{
	const struct vs_store_value name =
	    vs_store_text(vs_store_total_name(VS_STORE_TOTAL_readings));
	int64_t count = 0;
	vs_result r = vs_store_run_id(db, VS_QUERY_total, &name, 1, &count);

	if (r.code != VS_E_OK && r.code != VS_E_NOT_FOUND)
		return r;
	*count_out = count;
	return VS_OK;
}

static vs_result
put_stone(struct vs_store_db *db, const struct vs_keystore_tombstone *stone)
{
	const struct vs_store_value values[] = {
	    vs_store_text(stone->tenant),    vs_store_text(stone->kind),
	    vs_store_text(stone->owner),     vs_store_text(stone->period),
	    vs_store_number(stone->version), vs_store_number(stone->at_ms)};

	return vs_store_run(db, VS_QUERY_erased_add, values, sizeof(values) / sizeof(values[0]));
}

vs_result
vs_store_restore_keep(struct vs_store_db *db, const struct vs_store_mark *mark,
                      const struct vs_keystore_tombstone *stones, size_t count)
{
	const struct vs_store_value values[] = {vs_store_number(mark->audit_id),
	                                        vs_store_text(mark->audit_print),
	                                        vs_store_number(mark->tombstone_id)};
	vs_result r = vs_store_begin(db, NULL);

	assert(stones != NULL || count == 0);
	for (size_t i = 0; i < count && r.code == VS_E_OK; i++)
		r = put_stone(db, &stones[i]);
	if (r.code == VS_E_OK)
		r = vs_store_run(db, VS_QUERY_keystore_mark_put, values, 3);
	if (r.code == VS_E_OK)
		r = vs_store_commit(db);
	if (r.code != VS_E_OK)
		vs_store_rollback(db);
	return r;
}
