/* SPDX-License-Identifier: Apache-2.0 */
/* Who may use the API. */
#include <string.h>

#include "store/reader.h"

#define TEXT(column, member) vs_store_column_text(statement, column, member, sizeof(member))

/* --- tenants ---------------------------------------------------------------------------------- */

struct tenant_rows {
	bool (*row)(const struct vs_core_tenant *, void *);
	void *arg;
};

static bool
tenant_row(struct vs_store_statement *statement, void *arg)
{
	const struct tenant_rows *rows = arg;
	struct vs_core_tenant row;

	memset(&row, 0, sizeof(row));
	TEXT(0, row.tenant);
	TEXT(1, row.label);
	row.state = (enum vs_core_tenant_state)vs_store_column_number(statement, 2);
	row.created_ms = vs_store_column_number(statement, 3);
	row.changed_ms = vs_store_column_number(statement, 4);
	return rows->row(&row, rows->arg);
}

vs_result
vs_store_read_tenants(void *self, const char *after_tenant, size_t limit,
                      bool (*row)(const struct vs_core_tenant *, void *), void *arg)
{
	struct tenant_rows rows = {row, arg};
	const struct vs_store_value values[] = {vs_store_text(after_tenant),
	                                        vs_store_number((int64_t)limit)};

	return vs_store_read(self, VS_QUERY_read_tenants, values, 2, tenant_row, &rows);
}

/* The only row of a query by name. */
struct one {
	void *row;
	bool is_found;
};

static vs_result
read_one(void *self, enum vs_store_query query, const struct vs_store_value *values, size_t count,
         bool (*row)(struct vs_store_statement *statement, void *arg), void *rows,
         const struct one *one)
{
	VS_TRY(vs_store_read(self, query, values, count, row, rows));
	return one->is_found ? VS_OK : VS_FAIL(NOT_FOUND);
}

static bool
keep_tenant(const struct vs_core_tenant *row, void *arg)
{
	struct one *one = arg;

	*(struct vs_core_tenant *)one->row = *row;
	one->is_found = true;
	return false;
}

vs_result
vs_store_read_tenant(void *self, const char *tenant, struct vs_core_tenant *row_out)
{
	struct one one = {.row = row_out};
	struct tenant_rows rows = {keep_tenant, &one};
	const struct vs_store_value value = vs_store_text(tenant);

	return read_one(self, VS_QUERY_read_tenant, &value, 1, tenant_row, &rows, &one);
}

static bool
count_row(struct vs_store_statement *statement, void *arg)
{
	*(int64_t *)arg = vs_store_column_number(statement, 0);
	return false;
}

vs_result
vs_store_read_station_count(void *self, const char *tenant, int64_t *count_out)
{
	const struct vs_store_value value = vs_store_text(tenant);
	int64_t count = 0;

	VS_TRY(vs_store_read(self, VS_QUERY_read_station_count, &value, 1, count_row, &count));
	*count_out = count;
	return VS_OK;
}

/* --- users ------------------------------------------------------------------------------------ */

struct user_rows {
	const struct vs_store_seal *seal;
	struct vs_buf secrets;
	vs_result result;
	bool (*row)(const struct vs_core_user_row *, void *);
	void (*one)(const struct vs_core_user_row *, void *); /* or this one */
	void *arg;
	bool is_found;
};

static vs_result
user_decode(struct user_rows *rows, struct vs_store_statement *statement,
            struct vs_core_user_row *row)
{
	struct vs_core_user *user = &row->user;
	struct vs_store_row place;

	memset(row, 0, sizeof(*row));
	TEXT(0, user->tenant);
	TEXT(1, user->id);
	user->role = (enum vs_core_role)vs_store_column_number(statement, 3);
	user->is_enabled = vs_store_column_number(statement, 4) != 0;
	user->created_ms = vs_store_column_number(statement, 5);
	user->changed_ms = vs_store_column_number(statement, 6);
	vs_store_row_begin(&place);
	vs_store_row_text(&place, user->id);
	VS_TRY(vs_store_open_text(rows->seal, VS_STORE_CELL_operator_login, user->tenant, &place,
	                          vs_store_column_bytes(statement, 2), user->login,
	                          sizeof(user->login), &row->reading));
	if (rows->secrets.data != NULL)
		explicit_bzero(rows->secrets.data, rows->secrets.size);
	vs_buf_reset(&rows->secrets);
	VS_TRY(vs_store_open_value(rows->seal, VS_STORE_CELL_operator_secrets, user->tenant, &place,
	                           vs_store_column_bytes(statement, 7), &rows->secrets,
	                           &row->reading));
	row->secrets = vs_buf_view(&rows->secrets);
	return VS_OK;
}

static bool
user_row(struct vs_store_statement *statement, void *arg)
{
	struct user_rows *rows = arg;
	struct vs_core_user_row row;

	rows->result = user_decode(rows, statement, &row);
	if (rows->result.code != VS_E_OK)
		return false;
	rows->is_found = true;
	if (rows->row != NULL)
		return rows->row(&row, rows->arg);
	rows->one(&row, rows->arg);
	return false;
}

static vs_result
read_users(void *self, enum vs_store_query query, const struct vs_store_value *values, size_t count,
           struct user_rows *rows)
{
	vs_result r;

	rows->seal = vs_store_readers_seal(self);
	rows->result = VS_OK;
	vs_buf_init(&rows->secrets, VS_STORE_PLAIN_SIZE_MAX);
	r = vs_store_read(self, query, values, count, user_row, rows);
	vs_store_plain_done(&rows->secrets);
	return r.code == VS_E_OK ? rows->result : r;
}

vs_result
vs_store_read_users(void *self, const char *tenant, const char *after_id, size_t limit,
                    bool (*row)(const struct vs_core_user_row *, void *), void *arg)
{
	struct user_rows rows = {.row = row, .arg = arg};
	const struct vs_store_value values[] = {vs_store_text(tenant), vs_store_text(after_id),
	                                        vs_store_number((int64_t)limit)};

	return read_users(self, VS_QUERY_read_operators, values, 3, &rows);
}

vs_result
vs_store_read_user(void *self, const char *tenant, const char *id, const char *login,
                   void (*row)(const struct vs_core_user_row *, void *), void *arg)
{
	struct user_rows rows = {.one = row, .arg = arg};
	uint8_t index[VS_STORE_INDEX_SIZE];
	struct vs_store_value values[2] = {vs_store_text(tenant)};

	if (id != NULL) {
		values[1] = vs_store_text(id);
		VS_TRY(read_users(self, VS_QUERY_read_operator, values, 2, &rows));
	} else {
		VS_TRY(vs_store_login_index(vs_store_readers_seal(self), tenant,
		                            vs_bytes_from_text(login), index));
		values[1] = vs_store_blob(index, sizeof(index));
		VS_TRY(read_users(self, VS_QUERY_read_operator_of_login, values, 2, &rows));
	}
	return rows.is_found ? VS_OK : VS_FAIL(NOT_FOUND);
}

/* --- API tokens and sessions ------------------------------------------------------------------ */

static bool
take_hash(struct vs_store_statement *statement, int column, uint8_t hash[static 32])
{
	struct vs_bytes bytes = vs_store_column_bytes(statement, column);

	if (bytes.size != 32)
		return false;
	memcpy(hash, bytes.data, 32);
	return true;
}

struct token_rows {
	bool (*row)(const struct vs_core_api_token *, void *);
	void *arg;
};

static bool
token_row(struct vs_store_statement *statement, void *arg)
{
	const struct token_rows *rows = arg;
	struct vs_core_api_token row;

	memset(&row, 0, sizeof(row));
	TEXT(0, row.tenant);
	TEXT(1, row.id);
	TEXT(2, row.label);
	row.role = (enum vs_core_role)vs_store_column_number(statement, 3);
	if (!take_hash(statement, 4, row.sha256))
		return true;
	TEXT(5, row.user);
	row.created_ms = vs_store_column_number(statement, 6);
	row.expires_ms = vs_store_column_number(statement, 7);
	row.used_ms = vs_store_column_number(statement, 8);
	return rows->row(&row, rows->arg);
}

vs_result
vs_store_read_api_tokens(void *self, const char *tenant, const char *after_id, size_t limit,
                         bool (*row)(const struct vs_core_api_token *, void *), void *arg)
{
	struct token_rows rows = {row, arg};
	const struct vs_store_value values[] = {vs_store_text(tenant), vs_store_text(after_id),
	                                        vs_store_number((int64_t)limit)};

	return vs_store_read(self, VS_QUERY_read_api_tokens, values, 3, token_row, &rows);
}

static bool
keep_token(const struct vs_core_api_token *row, void *arg)
{
	struct one *one = arg;

	*(struct vs_core_api_token *)one->row = *row;
	one->is_found = true;
	return false;
}

vs_result
vs_store_read_api_token(void *self, const char *tenant, const char *id,
                        struct vs_core_api_token *row_out)
{
	struct one one = {.row = row_out};
	struct token_rows rows = {keep_token, &one};
	const struct vs_store_value values[] = {vs_store_text(tenant), vs_store_text(id)};

	return read_one(self, VS_QUERY_read_api_token, values, 2, token_row, &rows, &one);
}

struct login_rows {
	bool (*row)(const struct vs_core_login *, void *);
	void *arg;
};

static bool
login_row(struct vs_store_statement *statement, void *arg)
{
	const struct login_rows *rows = arg;
	struct vs_core_login row;

	memset(&row, 0, sizeof(row));
	if (!take_hash(statement, 0, row.sha256))
		return true;
	TEXT(1, row.tenant);
	TEXT(2, row.user);
	row.role = (enum vs_core_role)vs_store_column_number(statement, 3);
	row.created_ms = vs_store_column_number(statement, 4);
	row.used_ms = vs_store_column_number(statement, 5);
	return rows->row(&row, rows->arg);
}

vs_result
vs_store_read_logins(void *self, const char *tenant, size_t limit,
                     bool (*row)(const struct vs_core_login *, void *), void *arg)
{
	struct login_rows rows = {row, arg};
	const struct vs_store_value values[] = {vs_store_text(tenant),
	                                        vs_store_number((int64_t)limit)};

	return vs_store_read(self, VS_QUERY_read_logins, values, 2, login_row, &rows);
}

static bool
keep_login(const struct vs_core_login *row, void *arg)
{
	struct one *one = arg;

	*(struct vs_core_login *)one->row = *row;
	one->is_found = true;
	return false;
}

vs_result
vs_store_read_login(void *self, const char *tenant, const uint8_t session_sha256[static 32],
                    struct vs_core_login *row_out)
{
	struct one one = {.row = row_out};
	struct login_rows rows = {keep_login, &one};
	const struct vs_store_value values[] = {vs_store_text(tenant),
	                                        vs_store_blob(session_sha256, 32)};

	return read_one(self, VS_QUERY_read_login, values, 2, login_row, &rows, &one);
}
