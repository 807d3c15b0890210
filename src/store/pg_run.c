/* SPDX-License-Identifier: Apache-2.0 */
#include <assert.h>
#include <poll.h>
#include <string.h>

#include "base/limits.h"
#include "core/record.h"
#include "store/pg_dialect.h"
#include "store/pg_inside.h"

#define PARAMETERS_MAX 40
#define NUMBER_SIZE    8
#define SQL_SIZE_MAX   4096u

/* --- sending ---------------------------------------------------------------------------------- */

struct parameters {
	const char *values[PARAMETERS_MAX];
	int sizes[PARAMETERS_MAX], formats[PARAMETERS_MAX];
	uint8_t numbers[PARAMETERS_MAX][NUMBER_SIZE];
};

static void
put_number(uint8_t *at, int64_t number)
{
	uint64_t bits = (uint64_t)number;

	for (int i = NUMBER_SIZE - 1; i >= 0; i--, bits >>= 8)
		at[i] = (uint8_t)bits;
}

static vs_result
fill(struct parameters *parameters, const struct vs_store_value *values, size_t count,
     const char *types)
{
	assert(strlen(types) == count && count <= PARAMETERS_MAX);
	for (size_t i = 0; i < count; i++) {
		const struct vs_store_value *value = &values[i];

		vs_store_value_check(value, types[i]);
		parameters->formats[i] = 1;
		if (value->type == VS_STORE_NUMBER) {
			put_number(parameters->numbers[i], value->number);
			parameters->values[i] = value->number == VS_CORE_ABSENT
			                            ? NULL
			                            : (const char *)parameters->numbers[i];
			parameters->sizes[i] = NUMBER_SIZE;
			continue;
		}
		if (value->bytes.size > INT32_MAX)
			return VS_FAIL(TOO_LONG);
		parameters->sizes[i] = (int)value->bytes.size;
		if (value->bytes.data == NULL &&
		    (value->type == VS_STORE_BLOB || value->type == VS_STORE_SEALED))
			parameters->values[i] = NULL;
		else
			parameters->values[i] =
			    value->bytes.size == 0 ? "" : (const char *)value->bytes.data;
	}
	return VS_OK;
}

static vs_result
send_query(struct vs_store_db *db, enum vs_store_query query, const struct vs_store_value *values,
           size_t count)
{
	const struct vs_store_query_info *info = &vs_store_queries[query];
	struct parameters parameters;

	assert(vs_store_query_is_of(query, db->side) && info->postgres != NULL);
	if (!db->pg->is_open)
		VS_TRY(vs_store_pg_revive(db));
	VS_TRY(fill(&parameters, values, count, info->types));
	if (PQsendQueryPrepared(db->pg->conn, info->name, (int)count, parameters.values,
	                        parameters.sizes, parameters.formats, 1) != 1)
		return VS_FAIL(IO);
	db->pg->pending++;
	return VS_OK;
}

/* --- answers ---------------------------------------------------------------------------------- */

/* Reading meanwhile: a server that cannot send does not read either. */
static vs_result
flush(struct vs_store_pg *pg)
{
	int left;

	while ((left = PQflush(pg->conn)) > 0) {
		struct pollfd wait = {.fd = PQsocket(pg->conn), .events = POLLIN | POLLOUT};

		if (poll(&wait, 1, -1) > 0 && (wait.revents & POLLIN) != 0 &&
		    PQconsumeInput(pg->conn) != 1)
			return VS_FAIL(IO);
	}
	return left == 0 ? VS_OK : VS_FAIL(IO);
}

static vs_result
result_of(const PGresult *result)
{
	switch (PQresultStatus(result)) {
	case PGRES_COMMAND_OK:
	case PGRES_TUPLES_OK:
	case PGRES_PIPELINE_SYNC:
	case PGRES_PIPELINE_ABORTED: /* the one before it said why */
		return VS_OK;
	case PGRES_EMPTY_QUERY:
	case PGRES_COPY_OUT:
	case PGRES_COPY_IN:
	case PGRES_BAD_RESPONSE:
	case PGRES_NONFATAL_ERROR:
	case PGRES_FATAL_ERROR:
	case PGRES_COPY_BOTH:
	case PGRES_SINGLE_TUPLE:
		break;
	}
	return vs_store_pg_error(PQresultErrorField(result, PG_DIAG_SQLSTATE));
}

vs_result
vs_store_pg_collect(struct vs_store_pg *pg, PGresult **last_out)
{
	PGresult *last = NULL, *result;
	bool is_over = false;
	vs_result r = VS_OK;

	if (PQpipelineSync(pg->conn) != 1)
		r = VS_FAIL(IO);
	if (r.code == VS_E_OK)
		r = flush(pg);
	/* Two NULLs in a row: the connection is lost, nothing comes any more. */
	for (unsigned ends = 0; r.code != VS_E_IO && !is_over && ends < 2;) {
		vs_result one;

		result = PQgetResult(pg->conn);
		if (result == NULL) {
			ends++;
			continue;
		}
		ends = 0;
		one = result_of(result);
		if (r.code == VS_E_OK)
			r = one;
		is_over = PQresultStatus(result) == PGRES_PIPELINE_SYNC;
		if (PQresultStatus(result) == PGRES_TUPLES_OK ||
		    (PQresultStatus(result) == PGRES_COMMAND_OK && *PQcmdTuples(result) != '\0')) {
			PQclear(last);
			last = result;
		} else {
			PQclear(result);
		}
	}
	pg->pending = 0;
	if (PQstatus(pg->conn) != CONNECTION_OK || !is_over)
		r = VS_FAIL(IO);
	if (r.code != VS_E_OK || last_out == NULL) {
		PQclear(last);
		last = NULL;
	}
	if (last_out != NULL)
		*last_out = last;
	return r;
}

/* --- statements ------------------------------------------------------------------------------- */

/* A reader's query is a transaction of its own, which sees the rows of its tenant alone. All of it
 * is sent at once. */
static vs_result
send_reading(struct vs_store_db *db, enum vs_store_query query, const struct vs_store_value *values,
             size_t count)
{
	int at = db->pg->tenant[query];
	const struct vs_store_value tenant =
	    at < 0 ? vs_store_text("*") : vs_store_text_bytes(values[at].bytes);

	VS_TRY(send_query(db, VS_QUERY_read_begin, NULL, 0));
	VS_TRY(send_query(db, VS_QUERY_read_wall, &tenant, 1));
	VS_TRY(send_query(db, query, values, count));
	return send_query(db, VS_QUERY_read_commit, NULL, 0);
}

static vs_result
read_rollback(struct vs_store_db *db)
{
	VS_TRY(send_query(db, VS_QUERY_read_rollback, NULL, 0));
	return vs_store_pg_collect(db->pg, NULL);
}

vs_result
vs_store_pg_bind(struct vs_store_db *db, enum vs_store_query query,
                 const struct vs_store_value *values, size_t count)
{
	struct vs_store_statement *statement = &db->statements[query];
	bool is_reader = db->side == VS_STORE_READ;
	vs_result r, all = VS_OK;

	vs_store_pg_reset(statement);
	statement->row = -1;
	r = is_reader ? send_reading(db, query, values, count)
	              : send_query(db, query, values, count);
	if (r.code == VS_E_OK || db->pg->pending > 0)
		all = vs_store_pg_collect(db->pg, &statement->pg);
	if (r.code == VS_E_OK)
		r = all;
	if (r.code != VS_E_OK && is_reader &&
	    PQtransactionStatus(db->pg->conn) == PQTRANS_INERROR) {
		vs_result undone = read_rollback(db);

		(void)undone; /* a lost connection has rolled back */
	}
	return r;
}

vs_result
vs_store_pg_next(struct vs_store_statement *statement, bool *has_row_out)
{
	statement->row++;
	*has_row_out = statement->pg != NULL && statement->row < PQntuples(statement->pg);
	return VS_OK;
}

void
vs_store_pg_reset(struct vs_store_statement *statement)
{
	PQclear(statement->pg);
	statement->pg = NULL;
}

vs_result
vs_store_pg_run(struct vs_store_db *db, enum vs_store_query query,
                const struct vs_store_value *values, size_t count)
{
	VS_TRY(send_query(db, query, values, count));
	if (db->pg->is_open && !db->pg->is_waiting)
		return VS_OK;
	return vs_store_pg_collect(db->pg, NULL);
}

vs_result
vs_store_pg_run_count(struct vs_store_db *db, enum vs_store_query query,
                      const struct vs_store_value *values, size_t count, int64_t *changed_out)
{
	PGresult *result = NULL;
	int64_t changed = 0;

	VS_TRY(send_query(db, query, values, count));
	VS_TRY(vs_store_pg_collect(db->pg, &result));
	for (const char *at = PQcmdTuples(result); *at >= '0' && *at <= '9'; at++)
		changed = changed * 10 + (*at - '0');
	PQclear(result);
	*changed_out = changed;
	return VS_OK;
}

/* A connection that is lost is found by whoever waits for it. */
void
vs_store_pg_push(struct vs_store_db *db)
{
	if (db->pg->is_open && !db->pg->is_waiting)
		(void)PQflush(db->pg->conn);
}

void
vs_store_pg_wait(struct vs_store_db *db, bool is_waiting)
{
	db->pg->is_waiting = is_waiting;
}

vs_result
vs_store_pg_query(struct vs_store_db *db, const char *sql, const char *types,
                  const struct vs_store_value *values, size_t count,
                  struct vs_store_statement *statement)
{
	struct parameters parameters;
	Oid oids[PARAMETERS_MAX];
	struct vs_buf text;
	vs_result r;

	for (size_t i = 0; i < count; i++)
		oids[i] = vs_store_pg_type(types[i]);
	vs_buf_init(&text, SQL_SIZE_MAX);
	r = vs_store_pg_sql(sql, &text);
	if (r.code == VS_E_OK)
		r = vs_buf_append_byte(&text, '\0');
	if (r.code == VS_E_OK)
		r = fill(&parameters, values, count, types);
	if (r.code == VS_E_OK &&
	    PQsendQueryParams(db->pg->conn, (const char *)text.data, (int)count, oids,
	                      parameters.values, parameters.sizes, parameters.formats, 1) != 1)
		r = VS_FAIL(IO);
	vs_buf_done(&text);
	if (r.code != VS_E_OK)
		return r;
	statement->row = -1;
	return vs_store_pg_collect(db->pg, &statement->pg);
}

int
vs_store_pg_columns(const struct vs_store_statement *statement)
{
	return PQnfields(statement->pg);
}

char
vs_store_pg_letter(const struct vs_store_statement *statement, int column)
{
	Oid type = PQftype(statement->pg, column);

	if (type == vs_store_pg_type('i'))
		return 'i';
	return type == vs_store_pg_type('b') ? 'b' : 't';
}

/* --- transactions ----------------------------------------------------------------------------- */

vs_result
vs_store_pg_begin(struct vs_store_db *db, const char *tenants)
{
	bool is_keys = db->side == VS_STORE_KEYS;
	const struct vs_store_value value = vs_store_text(tenants == NULL ? "*" : tenants);

	VS_TRY(vs_store_pg_revive(db));
	db->pg->is_open = true;
	VS_TRY(send_query(db, is_keys ? VS_QUERY_keys_begin : VS_QUERY_begin, NULL, 0));
	return is_keys ? send_query(db, VS_QUERY_keys_lock, NULL, 0)
	               : send_query(db, VS_QUERY_wall, &value, 1);
}

vs_result
vs_store_pg_commit(struct vs_store_db *db)
{
	VS_TRY(send_query(db, db->side == VS_STORE_KEYS ? VS_QUERY_keys_commit : VS_QUERY_commit,
	                  NULL, 0));
	VS_TRY(vs_store_pg_collect(db->pg, NULL));
	if (PQtransactionStatus(db->pg->conn) != PQTRANS_IDLE)
		return VS_FAIL(IO);
	db->pg->is_open = false;
	return VS_OK;
}

void
vs_store_pg_rollback(struct vs_store_db *db)
{
	vs_result undone = VS_OK;

	if (!db->pg->is_open)
		return;
	db->pg->is_open = false;
	if (db->pg->pending > 0)
		undone = vs_store_pg_collect(db->pg, NULL);
	if (PQtransactionStatus(db->pg->conn) != PQTRANS_IDLE)
		undone = send_query(
		    db, db->side == VS_STORE_KEYS ? VS_QUERY_keys_rollback : VS_QUERY_rollback,
		    NULL, 0);
	if (db->pg->pending > 0)
		undone = vs_store_pg_collect(db->pg, NULL);
	(void)undone; /* a lost connection has rolled back */
}

/* --- columns ---------------------------------------------------------------------------------- */

bool
vs_store_pg_is_null(const struct vs_store_statement *statement, int column)
{
	return PQgetisnull(statement->pg, statement->row, column) == 1;
}

struct vs_bytes
vs_store_pg_bytes(const struct vs_store_statement *statement, int column)
{
	if (vs_store_pg_is_null(statement, column))
		return vs_bytes_from(NULL, 0);
	return vs_bytes_from(PQgetvalue(statement->pg, statement->row, column),
	                     (size_t)PQgetlength(statement->pg, statement->row, column));
}

/* Booleans, and numbers of 32 and of 64 bits, are numbers. */
int64_t
vs_store_pg_number(const struct vs_store_statement *statement, int column)
{
	struct vs_bytes bytes = vs_store_pg_bytes(statement, column);
	uint64_t bits = 0;

	if (bytes.data == NULL)
		return VS_CORE_ABSENT;
	for (size_t i = 0; i < bytes.size && i < NUMBER_SIZE; i++)
		bits = bits << 8 | bytes.data[i];
	return bytes.size == 4 ? (int32_t)bits : (int64_t)bits;
}
