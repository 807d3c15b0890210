/* SPDX-License-Identifier: Apache-2.0 */
#include "store/dedup_load.h"

#include "base/limits.h"
#include "core/record.h"

/* Newest first, so that the window may end the scan; each table gets an equal share of the bound.
 */
static vs_result
load_hashes(struct vs_store_db *db, struct vs_store_dedup *dedup, enum vs_store_query query,
            int64_t since_ms)
{
	const struct vs_store_value limit = vs_store_number(VS_LIMIT_STORE_DEDUP / 4);
	struct vs_store_statement *statement = NULL;
	bool has_row = false;
	vs_result r;

	r = vs_store_bind(db, query, &limit, 1, &statement);
	while (r.code == VS_E_OK && (r = vs_store_next(statement, &has_row)).code == VS_E_OK &&
	       has_row) {
		uint64_t hash = (uint64_t)vs_store_column_number(statement, 0);

		if (vs_store_column_number(statement, 1) < since_ms &&
		    query != VS_QUERY_hashes_status)
			break;
		if (hash != 0)
			r = vs_store_dedup_add(dedup, hash, since_ms + VS_STORE_DEDUP_WINDOW_MS);
	}
	vs_store_reset(statement);
	return r;
}

vs_result
vs_store_dedup_load(struct vs_store_dedup *dedup, struct vs_store_db *db, int64_t now_ms)
{
	static const enum vs_store_query queries[] = {VS_QUERY_hashes_status, VS_QUERY_hashes_boot,
	                                              VS_QUERY_hashes_report, VS_QUERY_hashes_event,
	                                              VS_QUERY_hashes_meter_values};
	int64_t since_ms = now_ms - VS_STORE_DEDUP_WINDOW_MS;

	for (size_t i = 0; i < sizeof(queries) / sizeof(queries[0]); i++)
		VS_TRY(load_hashes(db, dedup, queries[i], since_ms));
	return VS_OK;
}
