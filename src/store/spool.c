/* SPDX-License-Identifier: Apache-2.0 */
#include "store/spool.h"

#include <assert.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "base/metric.h"
#include "store/spool_file.h"
#include "store/spool_record.h"

#define READ_SIZE_MAX  (8u << 20)
#define PLAIN_SIZE_MAX (32u << 20)

enum statement { BEGIN, COMMIT, ROLLBACK, ADD, READ, REMOVE, ASIDE, FIRST, LAST, STATEMENT_COUNT };
static const char *const texts[STATEMENT_COUNT] = {
    [BEGIN] = "BEGIN IMMEDIATE",
    [COMMIT] = "COMMIT",
    [ROLLBACK] = "ROLLBACK",
    [ADD] = "INSERT INTO waiting(number, sealed) VALUES (?, ?)",
    [READ] = "SELECT number, sealed FROM waiting ORDER BY number LIMIT ?",
    [REMOVE] = "DELETE FROM waiting WHERE number <= ? RETURNING length(sealed)",
    [ASIDE] = "INSERT INTO refused(number, why, sealed) SELECT number, ?, sealed FROM waiting"
	      " ORDER BY number LIMIT 1",
    [FIRST] = "DELETE FROM waiting WHERE number = (SELECT min(number) FROM waiting)"
	      " RETURNING length(sealed)",
    [LAST] = "UPDATE file SET last = ?",
};

struct vs_store_spool {
	sqlite3 *sqlite;
	sqlite3_stmt *statements[STATEMENT_COUNT];
	struct vs_port_spool_key key;
	char id[VS_STORE_SPOOL_ID_SIZE];
	int64_t last; /* the number that was given last */
	size_t count, refused;
	int64_t size; /* bytes of what waits */
	struct vs_buf plain, sealed;
};

/* --- the file --------------------------------------------------------------------------------- */

static vs_result
load(struct vs_store_spool *spool)
{
	sqlite3_stmt *statement = NULL;
	int64_t count = 0, refused = 0;
	int rc = sqlite3_prepare_v2(spool->sqlite,
	                            "SELECT id, max(last, coalesce((SELECT max(number) FROM"
	                            " waiting), 0)) FROM file",
	                            -1, &statement, NULL);

	if (rc == SQLITE_OK)
		rc = sqlite3_step(statement);
	if (rc == SQLITE_ROW) {
		(void)snprintf(spool->id, sizeof(spool->id), "%s",
		               (const char *)sqlite3_column_text(statement, 0));
		spool->last = sqlite3_column_int64(statement, 1);
	}
	(void)sqlite3_finalize(statement);
	if (rc != SQLITE_ROW)
		return VS_FAIL(IO);
	VS_TRY(vs_store_spool_ask(spool->sqlite, "SELECT count(*) FROM waiting", &count));
	VS_TRY(vs_store_spool_ask(
	    spool->sqlite, "SELECT coalesce(sum(length(sealed)), 0) FROM waiting", &spool->size));
	VS_TRY(vs_store_spool_ask(spool->sqlite, "SELECT count(*) FROM refused", &refused));
	spool->count = (size_t)count;
	spool->refused = (size_t)refused;
	vs_metric_add(VS_METRIC_spool_records, count);
	return VS_OK;
}

static vs_result
prepare(struct vs_store_spool *spool)
{
	for (unsigned i = 0; i < STATEMENT_COUNT; i++)
		if (sqlite3_prepare_v3(spool->sqlite, texts[i], -1, SQLITE_PREPARE_PERSISTENT,
		                       &spool->statements[i], NULL) != SQLITE_OK)
			return VS_FAIL(CONFIG);
	return VS_OK;
}

vs_result
vs_store_spool_open(const char *path, const struct vs_port_spool_key *key, char *reason,
                    size_t reason_size, struct vs_store_spool **spool_out)
{
	struct vs_store_spool *spool;
	char words[160] = "";
	vs_result r;

	assert(path != NULL && key != NULL && reason != NULL && spool_out != NULL);
	spool = calloc(1, sizeof(*spool));
	if (spool == NULL)
		return VS_FAIL(NO_MEMORY);
	spool->key = *key;
	vs_buf_init(&spool->plain, PLAIN_SIZE_MAX);
	vs_buf_init(&spool->sealed, PLAIN_SIZE_MAX);
	r = vs_store_spool_file_open(path, words, sizeof(words), &spool->sqlite);
	if (r.code == VS_E_OK)
		r = prepare(spool);
	if (r.code == VS_E_OK)
		r = load(spool);
	if (r.code == VS_E_OK && spool->count > 0) {
		r = key->begin(key->self, true);
		if (r.code != VS_E_OK) {
			(void)snprintf(words, sizeof(words),
			               "%zu records wait in it, and their key cannot be had (%s)",
			               spool->count, vs_err_text(r.code));
			r = VS_FAIL(CONFIG);
		}
	}
	if (r.code == VS_E_OK) {
		*spool_out = spool;
		return r;
	}
	(void)snprintf(reason, reason_size, "the spool %.160s: %s", path,
	               words[0] != '\0' ? words : vs_err_text(r.code));
	vs_store_spool_close(&spool);
	return r;
}

void
vs_store_spool_close(struct vs_store_spool **spool)
{
	struct vs_store_spool *s;

	assert(spool != NULL);
	if (*spool == NULL)
		return;
	s = *spool;
	for (unsigned i = 0; i < STATEMENT_COUNT; i++)
		(void)sqlite3_finalize(s->statements[i]);
	(void)sqlite3_close(s->sqlite);
	vs_metric_add(VS_METRIC_spool_records, -(int64_t)s->count);
	if (s->plain.data != NULL)
		explicit_bzero(s->plain.data, s->plain.capacity);
	vs_buf_done(&s->plain);
	vs_buf_done(&s->sealed);
	free(s);
	*spool = NULL;
}

const char *
vs_store_spool_id(const struct vs_store_spool *spool)
{
	return spool->id;
}

size_t
vs_store_spool_count(const struct vs_store_spool *spool)
{
	return spool->count;
}

/* --- statements ------------------------------------------------------------------------------- */

static vs_result
done(sqlite3_stmt *statement)
{
	int rc = sqlite3_step(statement), reset = sqlite3_reset(statement);

	if (rc == SQLITE_DONE && reset == SQLITE_OK)
		return VS_OK;
	return rc == SQLITE_NOMEM ? VS_FAIL(NO_MEMORY) : VS_FAIL(IO);
}

static vs_result
run(struct vs_store_spool *spool, enum statement which)
{
	return done(spool->statements[which]);
}

static void
roll_back(struct vs_store_spool *spool)
{
	vs_result undone;

	if (sqlite3_get_autocommit(spool->sqlite) != 0)
		return;
	undone = run(spool, ROLLBACK);
	(void)undone; /* after an I/O error SQLite has rolled back already */
}

static void
count_changed(struct vs_store_spool *spool, size_t count)
{
	vs_metric_add(VS_METRIC_spool_records, (int64_t)count - (int64_t)spool->count);
	spool->count = count;
}

/* --- in --------------------------------------------------------------------------------------- */

static vs_result
add_one(struct vs_store_spool *spool, const struct vs_core_record *record, int64_t number)
{
	sqlite3_stmt *statement = spool->statements[ADD];

	vs_buf_reset(&spool->plain);
	vs_buf_reset(&spool->sealed);
	VS_TRY(vs_store_spool_encode(record, &spool->plain));
	VS_TRY(spool->key.seal(spool->key.self, (uint64_t)number, vs_buf_view(&spool->plain),
	                       &spool->sealed));
	if (sqlite3_bind_int64(statement, 1, number) != SQLITE_OK ||
	    sqlite3_bind_blob64(statement, 2, spool->sealed.data, spool->sealed.size,
	                        SQLITE_STATIC) != SQLITE_OK)
		return VS_FAIL(IO);
	return done(statement);
}

vs_result
vs_store_spool_add(struct vs_store_spool *spool, struct vs_core_record *const *records,
                   size_t count)
{
	int64_t size = spool->size;
	vs_result r;

	if (count > VS_LIMIT_SPOOL_RECORDS - spool->count || spool->size > VS_LIMIT_SPOOL_SIZE)
		return VS_FAIL(BUSY);
	VS_TRY(spool->key.begin(spool->key.self, spool->count > 0));
	VS_TRY(run(spool, BEGIN));
	r = VS_OK;
	for (size_t i = 0; i < count && r.code == VS_E_OK; i++) {
		r = add_one(spool, records[i], spool->last + 1 + (int64_t)i);
		size += (int64_t)spool->sealed.size;
	}
	if (r.code == VS_E_OK)
		r = run(spool, COMMIT);
	if (r.code != VS_E_OK) {
		roll_back(spool);
		return r;
	}
	spool->last += (int64_t)count;
	spool->size = size;
	count_changed(spool, spool->count + count);
	vs_metric_add(VS_METRIC_spool_taken_total, (int64_t)count);
	return VS_OK;
}

/* --- out -------------------------------------------------------------------------------------- */

static vs_result
read_one(struct vs_store_spool *spool, struct vs_core_record **record_out, int64_t *number_out,
         size_t *size)
{
	sqlite3_stmt *statement = spool->statements[READ];
	const void *data = sqlite3_column_blob(statement, 1);
	size_t bytes = (size_t)sqlite3_column_bytes(statement, 1);

	*number_out = sqlite3_column_int64(statement, 0);
	*size += bytes;
	vs_buf_reset(&spool->plain);
	VS_TRY(spool->key.open(spool->key.self, (uint64_t)*number_out, vs_bytes_from(data, bytes),
	                       &spool->plain));
	return vs_store_spool_decode(vs_buf_view(&spool->plain), record_out);
}

/* One that cannot be read ends the list before it. */
vs_result
vs_store_spool_read(struct vs_store_spool *spool, size_t count_max,
                    struct vs_core_record **list_out, int64_t *last_out)
{
	sqlite3_stmt *statement = spool->statements[READ];
	struct vs_core_record *first = NULL, **end = &first;
	size_t size = 0;
	vs_result r = VS_OK;
	int rc = sqlite3_bind_int64(statement, 1, (int64_t)count_max);

	if (rc == SQLITE_OK)
		rc = SQLITE_ROW;
	while (rc == SQLITE_ROW && r.code == VS_E_OK && size < READ_SIZE_MAX &&
	       (rc = sqlite3_step(statement)) == SQLITE_ROW) {
		int64_t number = 0;

		r = read_one(spool, end, &number, &size);
		if (r.code != VS_E_OK)
			break;
		end = &(*end)->next;
		*last_out = number;
	}
	(void)sqlite3_reset(statement);
	if (first != NULL) {
		*list_out = first;
		return VS_OK;
	}
	if (r.code == VS_E_OK)
		r = rc == SQLITE_DONE ? VS_FAIL(NOT_FOUND) : VS_FAIL(IO);
	return r;
}

/* The last number that was given outlives its record: none is given twice, and the mark in the
 * database only rises. */
static vs_result
keep_last(struct vs_store_spool *spool)
{
	if (sqlite3_bind_int64(spool->statements[LAST], 1, spool->last) != SQLITE_OK)
		return VS_FAIL(IO);
	return run(spool, LAST);
}

/* Counts what goes. */
static vs_result
drop(struct vs_store_spool *spool, enum statement which, size_t *count_out, int64_t *size_out)
{
	sqlite3_stmt *statement = spool->statements[which];
	int rc;

	*count_out = 0;
	*size_out = 0;
	while ((rc = sqlite3_step(statement)) == SQLITE_ROW) {
		(*count_out)++;
		*size_out += sqlite3_column_int64(statement, 0);
	}
	(void)sqlite3_reset(statement);
	return rc == SQLITE_DONE ? VS_OK : VS_FAIL(IO);
}

/* With none left the key is not needed any more. */
static vs_result
end_drop(struct vs_store_spool *spool, vs_result r, size_t count, int64_t size)
{
	if (r.code == VS_E_OK)
		r = run(spool, COMMIT);
	if (r.code != VS_E_OK) {
		roll_back(spool);
		return r;
	}
	spool->size -= size;
	count_changed(spool, spool->count - count);
	return r;
}

static void
forget_key(struct vs_store_spool *spool)
{
	if (spool->count == 0 && spool->refused == 0)
		spool->key.forget(spool->key.self);
}

vs_result
vs_store_spool_remove(struct vs_store_spool *spool, int64_t last)
{
	size_t count = 0;
	int64_t size = 0;
	vs_result r;

	if (spool->last < last)
		spool->last = last;
	VS_TRY(run(spool, BEGIN));
	r = keep_last(spool);
	if (r.code == VS_E_OK &&
	    sqlite3_bind_int64(spool->statements[REMOVE], 1, last) != SQLITE_OK)
		r = VS_FAIL(IO);
	if (r.code == VS_E_OK)
		r = drop(spool, REMOVE, &count, &size);
	VS_TRY(end_drop(spool, r, count, size));
	vs_metric_add(VS_METRIC_spool_moved_total, (int64_t)count);
	forget_key(spool);
	return VS_OK;
}

vs_result
vs_store_spool_refuse(struct vs_store_spool *spool, enum vs_err why)
{
	size_t count = 0;
	int64_t size = 0;
	vs_result r;

	VS_TRY(run(spool, BEGIN));
	r = keep_last(spool);
	if (r.code == VS_E_OK &&
	    sqlite3_bind_int(spool->statements[ASIDE], 1, vs_err_code(why)) != SQLITE_OK)
		r = VS_FAIL(IO);
	if (r.code == VS_E_OK)
		r = run(spool, ASIDE);
	if (r.code == VS_E_OK)
		r = drop(spool, FIRST, &count, &size);
	VS_TRY(end_drop(spool, r, count, size));
	spool->refused += count;
	vs_metric_add(VS_METRIC_spool_refused_total, (int64_t)count);
	return VS_OK;
}
