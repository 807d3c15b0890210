/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "store/reader.h"

#define TEXT(column, member) vs_store_column_text(statement, column, member, sizeof(member))

static void
take_claim(struct vs_store_statement *statement, struct vs_core_claim *row)
{
	memset(row, 0, sizeof(*row));
	TEXT(0, row->tenant);
	TEXT(1, row->id);
	row->revision = vs_store_column_number(statement, 2);
	row->state = (enum vs_core_claim_state)vs_store_column_number(statement, 3);
	row->kind = (enum vs_core_claim_kind)vs_store_column_number(statement, 4);
	row->auth = (enum vs_core_auth)vs_store_column_number(statement, 5);
	TEXT(6, row->identity);
	row->secret_epoch = vs_store_column_number(statement, 7);
	row->created_ms = vs_store_column_number(statement, 8);
	row->expires_ms = vs_store_column_number(statement, 9);
	row->changed_ms = vs_store_column_number(statement, 10);
	row->has_key =
	    vs_store_column_blob(statement, 11, row->public_key, sizeof(row->public_key));
	TEXT(12, row->hw);
	row->ctr = vs_store_column_number(statement, 13);
	row->cert_id = vs_store_column_number(statement, 14);
	row->purge_ms = vs_store_column_number(statement, 15);
	(void)vs_store_column_blob(statement, 16, row->last, sizeof(row->last));
	(void)vs_store_column_blob(statement, 17, row->answered, sizeof(row->answered));
	row->wire = (enum vs_core_claim_wire)vs_store_column_number(statement, 18);
}

struct claim_rows {
	bool (*row)(const struct vs_core_claim *, void *);
	void *arg;
};

static bool
claim_row(struct vs_store_statement *statement, void *arg)
{
	const struct claim_rows *rows = arg;
	struct vs_core_claim row;

	take_claim(statement, &row);
	return rows->row(&row, rows->arg);
}

vs_result
vs_store_read_claims(void *self, const char *tenant, const char *after, size_t limit,
                     bool (*row)(const struct vs_core_claim *, void *), void *arg)
{
	struct claim_rows rows = {row, arg};
	const struct vs_store_value values[] = {vs_store_text(tenant), vs_store_text(after),
	                                        vs_store_number((int64_t)limit)};

	return vs_store_read(self, VS_QUERY_read_claims, values, 3, claim_row, &rows);
}

vs_result
vs_store_read_claims_over(void *self, enum vs_core_claim_state state, int64_t now_ms, size_t limit,
                          bool (*row)(const struct vs_core_claim *, void *), void *arg)
{
	struct claim_rows rows = {row, arg};
	const struct vs_store_value values[] = {vs_store_number((int64_t)state),
	                                        vs_store_number(now_ms),
	                                        vs_store_number((int64_t)limit)};

	return vs_store_read(self, VS_QUERY_read_claims_over, values, 3, claim_row, &rows);
}

vs_result
vs_store_read_claims_named(void *self, const char *identity, size_t limit,
                           bool (*row)(const struct vs_core_claim *, void *), void *arg)
{
	struct claim_rows rows = {row, arg};
	const struct vs_store_value values[] = {vs_store_text(identity),
	                                        vs_store_number((int64_t)limit)};

	return vs_store_read(self, VS_QUERY_read_claims_named, values, 2, claim_row, &rows);
}

struct one {
	struct vs_core_claim row;
	bool is_found;
	struct vs_buf *answer;
	vs_result r;
};

static bool
one_row(struct vs_store_statement *statement, void *arg)
{
	struct one *one = arg;

	take_claim(statement, &one->row);
	one->is_found = true;
	return false;
}

static bool
one_answer(struct vs_store_statement *statement, void *arg)
{
	struct one *one = arg;

	one->r = vs_buf_append_bytes(one->answer, vs_store_column_bytes(statement, 0));
	return false;
}

vs_result
vs_store_read_claim(void *self, const char *tenant, const char *id, struct vs_core_claim *row_out,
                    struct vs_buf *answer)
{
	const struct vs_store_value values[] = {vs_store_text(tenant), vs_store_text(id)};
	struct one one = {.is_found = false, .answer = answer, .r = VS_OK};

	VS_TRY(vs_store_read(self, VS_QUERY_read_claim, values, 2, one_row, &one));
	if (!one.is_found)
		return VS_FAIL(NOT_FOUND);
	if (answer != NULL) {
		VS_TRY(
		    vs_store_read(self, VS_QUERY_read_claim_answer, values, 2, one_answer, &one));
		VS_TRY(one.r);
	}
	*row_out = one.row;
	return VS_OK;
}

vs_result
vs_store_read_claim_e1_key(void *self, const char *tenant, const char *id, struct vs_buf *text)
{
	const struct vs_store_value values[] = {vs_store_text(tenant), vs_store_text(id)};
	struct one one = {.is_found = false, .answer = text, .r = VS_OK};

	VS_TRY(vs_store_read(self, VS_QUERY_read_claim_e1_key, values, 2, one_answer, &one));
	return one.r;
}
