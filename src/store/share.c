/* SPDX-License-Identifier: Apache-2.0 */
#include "store/share.h"

#include <assert.h>

#include "store/feed.h"
#include "store/many.h"

#define ALL "*" /* of all tenants: no row of one is shown to anybody */

struct exchange {
	const struct vs_store_share *own;
	size_t count;
	void (*other)(void *arg, const struct vs_store_share *share);
	void *arg;
};

static vs_result
write_own(struct vs_store_db *db, const struct exchange *exchange)
{
	const struct vs_store_value node = vs_store_text(vs_store_db_node(db));
	struct vs_store_many many;
	vs_result r = vs_store_run(db, VS_QUERY_share_forget, &node, 1);

	vs_store_many_init(&many, VS_QUERY_share_put_many);
	for (size_t i = 0; i < exchange->count && r.code == VS_E_OK; i++) {
		const struct vs_store_value values[] = {
		    node, vs_store_text(exchange->own[i].tenant),
		    vs_store_number(exchange->own[i].connections)};

		r = vs_store_many_add(&many, values, 3);
	}
	if (r.code == VS_E_OK)
		r = vs_store_many_run(&many, db);
	vs_store_many_done(&many);
	return r;
}

static vs_result
read_others(struct vs_store_db *db, const struct exchange *exchange)
{
	const struct vs_store_value values[] = {vs_store_text(vs_store_db_node(db)),
	                                        vs_store_number(VS_STORE_LEASE_MS)};
	struct vs_store_statement *statement = NULL;
	bool has_row = false;
	vs_result r = vs_store_bind(db, VS_QUERY_shares, values, 2, &statement);

	while (r.code == VS_E_OK && (r = vs_store_next(statement, &has_row)).code == VS_E_OK &&
	       has_row) {
		struct vs_store_share share;

		vs_store_column_text(statement, 0, share.tenant, sizeof(share.tenant));
		share.connections = vs_store_column_number(statement, 1);
		exchange->other(exchange->arg, &share);
	}
	vs_store_reset(statement);
	return r;
}

static vs_result
run(struct vs_store_db *db, void *arg)
{
	vs_result r;

	if (vs_store_db_node(db)[0] == '\0')
		return VS_FAIL(NOT_NOW);
	VS_TRY(vs_store_begin(db, ALL));
	r = write_own(db, arg);
	if (r.code == VS_E_OK)
		r = read_others(db, arg);
	if (r.code == VS_E_OK)
		r = vs_store_commit(db);
	if (r.code != VS_E_OK)
		vs_store_rollback(db);
	return r;
}

vs_result
vs_store_share_exchange(struct vs_store *store, const struct vs_store_share *own, size_t count,
                        void (*other)(void *arg, const struct vs_store_share *share), void *arg)
{
	struct exchange exchange = {own, count, other, arg};

	assert(store != NULL && (own != NULL || count == 0) && other != NULL);
	return vs_store_do(store, run, &exchange);
}
