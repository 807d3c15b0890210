/* SPDX-License-Identifier: Apache-2.0 */
#include "store/retain.h"

#include <assert.h>

#include "store/db.h"

static const struct {
	const char *name;
	enum vs_store_query query;
	int64_t rows;
} retained[] = {
#define VS_RETAINED(name, setting, days, rows, what) {#name, VS_QUERY_retain_##name, (rows)},
#include "store/retained.def"
#undef VS_RETAINED
};

struct removal {
	enum vs_store_query query;
	int64_t before_ms, rows, removed;
};

const char *
vs_store_retained_name(enum vs_store_retained what)
{
	assert(what < VS_STORE_RETAINED_COUNT);
	return retained[what].name;
}

static vs_result
remove_some(struct vs_store_db *db, void *arg)
{
	struct removal *removal = arg;
	const struct vs_store_value values[] = {vs_store_number(removal->before_ms),
	                                        vs_store_number(removal->rows)};
	vs_result r;

	VS_TRY(vs_store_begin(db, NULL));
	r = vs_store_run_count(db, removal->query, values, 2, &removal->removed);
	if (r.code == VS_E_OK)
		r = vs_store_commit(db);
	if (r.code != VS_E_OK)
		vs_store_rollback(db);
	return r;
}

vs_result
vs_store_retain(struct vs_store *store, enum vs_store_retained what, int64_t before_ms,
                int64_t *removed_out, bool *is_more_out)
{
	struct removal removal = {.before_ms = before_ms};

	assert(store != NULL && what < VS_STORE_RETAINED_COUNT);
	assert(removed_out != NULL && is_more_out != NULL);
	removal.query = retained[what].query;
	removal.rows = retained[what].rows;
	VS_TRY(vs_store_do(store, remove_some, &removal));
	*removed_out = removal.removed;
	*is_more_out = removal.removed >= removal.rows;
	return VS_OK;
}
