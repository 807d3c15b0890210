/* SPDX-License-Identifier: Apache-2.0 */
#include "store/postgres.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "store/pg_dialect.h"
#include "store/pg_inside.h"

#define SQL_SIZE_MAX 16384u
#define LOCK_TRIES   100 /* of 50 ms: a server takes a moment to miss who has gone */
#define LOCK_WAIT_NS 50000000
#define REVIVE_MS    1000u

/* Of every connection. synchronous_commit: what is acknowledged has reached the server's disk.
 * Keepalives: a server that does not hear that a machine has gone would keep the locks of its node
 * for two hours. The check: nor does one hear it that waits for a lock itself, and the node that
 * was killed meanwhile would not be let in again. */
static const char setup[] =
    "SET client_min_messages = warning; SET synchronous_commit = on; SET timezone = 'UTC';"
    "SET default_transaction_isolation = 'read committed'; SET statement_timeout = '30s';"
    "SET tcp_keepalives_idle = 5; SET tcp_keepalives_interval = 2; SET tcp_keepalives_count = 3;"
    "SET client_connection_check_interval = '1s';"
    "SET standard_conforming_strings = on; SET plan_cache_mode = force_generic_plan; SET jit = "
    "off;";
/* The writer finds what it changes by keys. Its plans are made once, perhaps of empty tables, of
 * which a server thinks that they are best read whole. */
static const char writer_path[] =
    "SET search_path = voltseal; SET voltseal.tenant = '*'; SET enable_seqscan = off;"
    "SET enable_hashjoin = off; SET enable_mergejoin = off";
static const char *const paths[] = {
    [VS_STORE_WRITE] = writer_path,
    [VS_STORE_READ] = "SET search_path = voltseal; SET default_transaction_read_only = on",
    [VS_STORE_KEYS] = "SET search_path = voltseal_keys; SET voltseal.tenant = '*'",
    [VS_STORE_NODE] = "SET search_path = voltseal; SET voltseal.tenant = '*'"};
/* The numbers are ours among the locks of a database: one writer and one keystore, or several that
 * have names. */
#define LOCK_CLASS  1448299569
#define LOCK_WRITER 1
#define LOCK_KEYS   2

/* --- where ------------------------------------------------------------------------------------ */

static const char *
option_of(const PQconninfoOption *options, const char *name)
{
	for (; options->keyword != NULL; options++)
		if (strcmp(options->keyword, name) == 0)
			return options->val == NULL ? "" : options->val;
	return "";
}

/* Several hosts stand apart by commas: all of them must be sockets. */
static bool
are_sockets(const char *hosts)
{
	for (;;) {
		if (hosts[0] != '\0' && hosts[0] != '/' && hosts[0] != '@')
			return false;
		hosts += strcspn(hosts, ",");
		if (*hosts++ == '\0')
			return true;
	}
}

static bool
is_node(const char *name)
{
	static const char good[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				   "0123456789-_";

	return strspn(name, good) == strlen(name);
}

static const char *
what_is_wrong(const PQconninfoOption *options, bool is_production)
{
	const char *host = option_of(options, "host"), *mode = option_of(options, "sslmode");
	bool is_socket = are_sockets(host) && option_of(options, "hostaddr")[0] == '\0';

	if (option_of(options, "password")[0] != '\0')
		return "a password does not belong into the URL: put it into a file";
	if (option_of(options, "service")[0] != '\0' || option_of(options, "passfile")[0] != '\0')
		return "service and passfile are not for a daemon: say it in the URL";
	if (is_production && !is_socket && strcmp(mode, "verify-full") != 0)
		return "production needs sslmode=verify-full, or a Unix socket";
	return NULL;
}

vs_result
vs_store_pg_place_check(const struct vs_store_pg_place *place, char *reason, size_t reason_size)
{
	char *words = NULL;
	PQconninfoOption *options = PQconninfoParse(place->url, &words);
	const char *wrong;

	assert(reason != NULL);
	if (options == NULL) {
		vs_store_pg_reason(words == NULL ? "out of memory" : words, reason, reason_size);
		PQfreemem(words);
		return VS_FAIL(CONFIG);
	}
	wrong = what_is_wrong(options, place->is_production);
	if (wrong == NULL && !is_node(place->node))
		wrong = "the name of a node has letters, digits, - and _ only";
	if (wrong != NULL)
		(void)snprintf(reason, reason_size, "the URL of the store: %s", wrong);
	PQconninfoFree(options);
	return wrong == NULL ? VS_OK : VS_FAIL(CONFIG);
}

/* --- questions outside of a pipeline -------------------------------------------------------------
 */

vs_result
vs_store_pg_exec(struct vs_store_pg *pg, const char *sql, char *reason, size_t reason_size)
{
	PGresult *result = PQexec(pg->conn, sql);
	ExecStatusType status = PQresultStatus(result);
	vs_result r = VS_OK;

	if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK) {
		r = vs_store_pg_error(PQresultErrorField(result, PG_DIAG_SQLSTATE));
		vs_store_pg_reason(PQerrorMessage(pg->conn), reason, reason_size);
	}
	PQclear(result);
	return r;
}

vs_result
vs_store_pg_ask(struct vs_store_pg *pg, const char *sql, int64_t *number_out)
{
	PGresult *result = PQexec(pg->conn, sql);
	vs_result r = VS_FAIL(IO);

	if (PQresultStatus(result) == PGRES_TUPLES_OK && PQntuples(result) == 1) {
		*number_out = strtoll(PQgetvalue(result, 0, 0), NULL, 10);
		r = VS_OK;
	}
	PQclear(result);
	return r;
}

/* The wall holds for a role that may not pass it. */
static vs_result
check_role(struct vs_store_pg *pg, char *reason, size_t reason_size)
{
	int64_t passes = 0, is_utf8 = 0;

	VS_TRY(vs_store_pg_ask(pg,
	                       "SELECT (rolsuper OR rolbypassrls)::int FROM pg_roles"
	                       " WHERE rolname = current_user",
	                       &passes));
	VS_TRY(vs_store_pg_ask(pg, "SELECT (current_setting('server_encoding') = 'UTF8')::int",
	                       &is_utf8));
	if (passes == 1)
		(void)snprintf(reason, reason_size,
		               "the role is a superuser or has BYPASSRLS: row-level security would "
		               "not hold for it");
	else if (is_utf8 != 1)
		(void)snprintf(reason, reason_size, "the database's encoding is not UTF8");
	return passes == 1 || is_utf8 != 1 ? VS_FAIL(CONFIG) : VS_OK;
}

static vs_result
take_lock(struct vs_store_pg *pg, const char *sql, const char *who, char *reason,
          size_t reason_size)
{
	const struct timespec wait = {0, LOCK_WAIT_NS};
	int64_t is_taken = 0;

	for (int i = 0; i < LOCK_TRIES && is_taken == 0; i++) {
		if (i > 0)
			(void)nanosleep(&wait, NULL);
		VS_TRY(vs_store_pg_ask(pg, sql, &is_taken));
	}
	if (is_taken == 0)
		(void)snprintf(reason, reason_size, "%s", who);
	return is_taken == 0 ? VS_FAIL(CONFIG) : VS_OK;
}

static vs_result
take_locks(struct vs_store_pg *pg, int which, char *reason, size_t reason_size)
{
	const char *node = pg->place.node;
	char sql[160];

	(void)snprintf(sql, sizeof(sql), "SELECT pg_try_advisory_lock%s(%d, %d)::int",
	               node[0] == '\0' ? "" : "_shared", LOCK_CLASS, which);
	if (node[0] == '\0')
		return take_lock(pg, sql, "another process has this database open", reason,
		                 reason_size);
	VS_TRY(take_lock(pg, sql,
	                 "a voltseald without --node has this database open: either it is the "
	                 "only one, or each has a name",
	                 reason, reason_size));
	(void)snprintf(sql, sizeof(sql), "SELECT pg_try_advisory_lock(%d, hashtext('%s'))::int",
	               LOCK_CLASS + which, node);
	return take_lock(pg, sql, "another voltseald runs with this --node: each has its own name",
	                 reason, reason_size);
}

vs_result
vs_store_pg_lock_keys(struct vs_store_pg *pg, char *reason, size_t reason_size)
{
	return take_locks(pg, LOCK_KEYS, reason, reason_size);
}

static vs_result
set_up(struct vs_store_pg *pg, enum vs_store_side side, char *reason, size_t reason_size)
{
	char sql[64 + VS_STORE_NODE_SIZE];

	VS_TRY(vs_store_pg_exec(pg, setup, reason, reason_size));
	VS_TRY(vs_store_pg_exec(pg, paths[side], reason, reason_size));
	VS_TRY(check_role(pg, reason, reason_size));
	if (side != VS_STORE_WRITE && side != VS_STORE_KEYS)
		return VS_OK;
	(void)snprintf(sql, sizeof(sql), "SET voltseal.node = '%s'", pg->place.node);
	VS_TRY(vs_store_pg_exec(pg, sql, reason, reason_size));
	return take_locks(pg, side == VS_STORE_WRITE ? LOCK_WRITER : LOCK_KEYS, reason,
	                  reason_size);
}

vs_result
vs_store_pg_open(struct vs_store_db *db, const struct vs_store_pg_place *place, char *reason,
                 size_t reason_size)
{
	vs_result r;

	assert(db != NULL && place != NULL && reason != NULL);
	db->pg = calloc(1, sizeof(*db->pg));
	if (db->pg == NULL)
		return VS_FAIL(NO_MEMORY);
	db->pg->place = *place;
	r = vs_store_pg_connect(place, &db->pg->conn, reason, reason_size);
	if (r.code == VS_E_OK)
		r = set_up(db->pg, db->side, reason, reason_size);
	if (r.code != VS_E_OK)
		vs_store_pg_close(db);
	return r;
}

void
vs_store_pg_close(struct vs_store_db *db)
{
	if (db->pg == NULL)
		return;
	for (size_t i = 0; i < VS_QUERY_COUNT; i++)
		vs_store_pg_reset(&db->statements[i]);
	PQfinish(db->pg->conn);
	free(db->pg);
	db->pg = NULL;
}

const char *
vs_store_pg_node(const struct vs_store_db *db)
{
	return db->pg->place.node;
}

bool
vs_store_pg_is_lost(const struct vs_store_db *db)
{
	return PQstatus(db->pg->conn) != CONNECTION_OK;
}

vs_result
vs_store_pg_revive(struct vs_store_db *db)
{
	struct vs_store_db fresh = {.side = db->side};
	uint64_t now_ms = vs_clock_mono_ms();
	char reason[256];
	vs_result r;

	if (!vs_store_pg_is_lost(db))
		return VS_OK;
	if (now_ms < db->pg->tried_ms + REVIVE_MS)
		return VS_FAIL(IO);
	db->pg->tried_ms = now_ms;
	r = vs_store_pg_open(&fresh, &db->pg->place, reason, sizeof(reason));
	if (r.code == VS_E_OK)
		r = vs_store_pg_prepare(&fresh, reason, sizeof(reason));
	if (r.code != VS_E_OK) {
		vs_store_pg_close(&fresh);
		return VS_FAIL(IO);
	}
	PQfinish(db->pg->conn);
	db->pg->conn = fresh.pg->conn;
	db->pg->pending = 0;
	db->pg->is_open = false;
	fresh.pg->conn = NULL;
	vs_store_pg_close(&fresh);
	return VS_OK;
}

/* --- statements ------------------------------------------------------------------------------- */

static vs_result
send_prepare(struct vs_store_pg *pg, enum vs_store_query query, char *reason, size_t reason_size)
{
	const struct vs_store_query_info *info = &vs_store_queries[query];
	size_t count = strlen(info->types);
	Oid types[64];
	struct vs_buf sql;
	vs_result r;

	assert(count < 64);
	for (size_t i = 0; i < count; i++)
		types[i] = vs_store_pg_type(info->types[i]);
	pg->tenant[query] = vs_store_pg_tenant(info->postgres);
	if (info->side == VS_STORE_READ_ALL)
		pg->tenant[query] = -1;
	if (info->side == VS_STORE_READ && pg->tenant[query] < 0) {
		(void)snprintf(reason, reason_size, "query %s: it reads without tenant = ?",
		               info->name);
		return VS_FAIL(CONFIG);
	}
	vs_buf_init(&sql, SQL_SIZE_MAX);
	r = vs_store_pg_sql(info->postgres, &sql);
	if (r.code == VS_E_OK)
		r = vs_buf_append_byte(&sql, '\0');
	if (r.code == VS_E_OK &&
	    (PQsendPrepare(pg->conn, info->name, (const char *)sql.data, (int)count, types) != 1 ||
	     PQsendDescribePrepared(pg->conn, info->name) != 1))
		r = VS_FAIL(IO);
	vs_buf_done(&sql);
	return r;
}

/* The answers to send_prepare: that it was parsed, then what it gives. */
static vs_result
check_prepared(struct vs_store_pg *pg, enum vs_store_query query, char *reason, size_t reason_size)
{
	const struct vs_store_query_info *info = &vs_store_queries[query];
	vs_result r = VS_OK;

	for (int i = 0; i < 2; i++) {
		PGresult *result = PQgetResult(pg->conn);
		int columns = PQnfields(result);

		if (PQresultStatus(result) == PGRES_FATAL_ERROR) {
			char words[160];

			vs_store_pg_reason(PQresultErrorMessage(result), words, sizeof(words));
			(void)snprintf(reason, reason_size, "query %s: %s", info->name, words);
			r = VS_FAIL(CONFIG);
		} else if (i == 1 && r.code == VS_E_OK && columns != info->columns) {
			(void)snprintf(reason, reason_size,
			               "query %s: it has another number of columns", info->name);
			r = VS_FAIL(CONFIG);
		}
		PQclear(result);
		result = PQgetResult(pg->conn);
		assert(result == NULL);
	}
	return r;
}

static bool
is_ours(const struct vs_store_db *db, size_t query)
{
	return vs_store_query_is_of((enum vs_store_query)query, db->side) &&
	       vs_store_queries[query].postgres != NULL;
}

vs_result
vs_store_pg_prepare(struct vs_store_db *db, char *reason, size_t reason_size)
{
	struct vs_store_pg *pg = db->pg;
	vs_result r = VS_OK;

	if (PQenterPipelineMode(pg->conn) != 1 || PQsetnonblocking(pg->conn, 1) != 0)
		return VS_FAIL(IO);
	for (size_t i = 0; i < VS_QUERY_COUNT && r.code == VS_E_OK; i++)
		if (is_ours(db, i))
			r = send_prepare(pg, (enum vs_store_query)i, reason, reason_size);
	if (r.code != VS_E_OK)
		return r;
	if (PQpipelineSync(pg->conn) != 1)
		return VS_FAIL(IO);
	for (size_t i = 0; i < VS_QUERY_COUNT && r.code == VS_E_OK; i++)
		if (is_ours(db, i))
			r = check_prepared(pg, (enum vs_store_query)i, reason, reason_size);
	if (r.code == VS_E_OK) {
		PGresult *result = PQgetResult(pg->conn);

		if (PQresultStatus(result) != PGRES_PIPELINE_SYNC)
			r = VS_FAIL(IO);
		PQclear(result);
	}
	return r;
}
