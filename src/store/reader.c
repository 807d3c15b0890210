/* SPDX-License-Identifier: Apache-2.0 */
#include "store/reader.h"

#include <assert.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "store/record_write.h"

struct vs_store_readers {
	struct vs_store_seal seal;
	pthread_mutex_t lock;
	pthread_cond_t given_back;
	struct vs_store_db dbs[VS_STORE_READERS];
	bool is_lent[VS_STORE_READERS]; /* under lock */
};

static struct vs_store_db *
borrow(struct vs_store_readers *readers)
{
	struct vs_store_db *db = NULL;

	(void)pthread_mutex_lock(&readers->lock);
	while (db == NULL) {
		for (size_t i = 0; i < VS_STORE_READERS && db == NULL; i++) {
			if (!readers->is_lent[i]) {
				readers->is_lent[i] = true;
				db = &readers->dbs[i];
			}
		}
		if (db == NULL)
			(void)pthread_cond_wait(&readers->given_back, &readers->lock);
	}
	(void)pthread_mutex_unlock(&readers->lock);
	return db;
}

static void
give_back(struct vs_store_readers *readers, const struct vs_store_db *db)
{
	(void)pthread_mutex_lock(&readers->lock);
	readers->is_lent[db - readers->dbs] = false;
	(void)pthread_cond_signal(&readers->given_back);
	(void)pthread_mutex_unlock(&readers->lock);
}

vs_result
vs_store_read(struct vs_store_readers *readers, enum vs_store_query query,
              const struct vs_store_value *values, size_t count,
              bool (*row)(struct vs_store_statement *statement, void *arg), void *arg)
{
	struct vs_store_db *db;
	struct vs_store_statement *statement = NULL;
	bool has_row = false;
	vs_result r;

	assert(readers != NULL && row != NULL);
	db = borrow(readers);
	r = vs_store_bind(db, query, values, count, &statement);
	while (r.code == VS_E_OK && (r = vs_store_next(statement, &has_row)).code == VS_E_OK &&
	       has_row) {
		if (!row(statement, arg))
			break;
	}
	vs_store_reset(statement); /* ends the snapshot: nothing of the log is held back */
	give_back(readers, db);
	return r;
}

bool
vs_store_opened_take(struct vs_store_opened *opened, enum vs_store_cell cell, const char *tenant,
                     const struct vs_store_row *place, struct vs_store_statement *statement,
                     int column, enum vs_core_reading *reading)
{
	vs_buf_reset(&opened->plain);
	opened->result =
	    vs_store_open_value(opened->seal, cell, tenant, place,
	                        vs_store_column_bytes(statement, column), &opened->plain, reading);
	return opened->result.code == VS_E_OK;
}

vs_result
vs_store_read_opened(struct vs_store_readers *readers, enum vs_store_query query,
                     const struct vs_store_value *values, size_t count,
                     bool (*row)(struct vs_store_statement *statement, void *arg),
                     struct vs_store_opened *rows)
{
	vs_result r;

	rows->seal = vs_store_readers_seal(readers);
	rows->result = VS_OK;
	vs_buf_init(&rows->plain, VS_STORE_PLAIN_SIZE_MAX);
	r = vs_store_read(readers, query, values, count, row, rows);
	vs_store_plain_done(&rows->plain);
	return r.code != VS_E_OK ? r : rows->result;
}

static bool
count_row(struct vs_store_statement *statement, void *arg)
{
	struct vs_core_counts *counts = arg;
	const struct {
		const char *name;
		int64_t *count;
	} names[] = {
	    {"stations", &counts->stations},
	    {vs_store_total_name(VS_STORE_TOTAL_boots), &counts->boots},
	    {vs_store_total_name(VS_STORE_TOTAL_statuses), &counts->statuses},
	    {vs_store_total_name(VS_STORE_TOTAL_tx_events), &counts->tx_events},
	    {vs_store_total_name(VS_STORE_TOTAL_transactions), &counts->transactions},
	    {vs_store_total_name(VS_STORE_TOTAL_meter_values), &counts->meter_values},
	    {vs_store_total_name(VS_STORE_TOTAL_events), &counts->events},
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (vs_bytes_equal_text(vs_store_column_bytes(statement, 0), names[i].name))
			*names[i].count = vs_store_column_number(statement, 1);
	}
	return true;
}

vs_result
vs_store_read_counts(void *self, struct vs_core_counts *counts_out)
{
	struct vs_core_counts counts;

	memset(&counts, 0, sizeof(counts));
	VS_TRY(vs_store_read(self, VS_QUERY_read_counts, NULL, 0, count_row, &counts));
	*counts_out = counts;
	return VS_OK;
}

vs_result
vs_store_readers_new(const struct vs_store_place *place, const struct vs_store_seal *seal,
                     char *reason, size_t reason_size, struct vs_store_readers **readers_out)
{
	struct vs_store_readers *readers;
	vs_result r = VS_OK;

	assert(place != NULL && reason != NULL && readers_out != NULL);
	readers = calloc(1, sizeof(*readers));
	if (readers == NULL)
		return VS_FAIL(NO_MEMORY);
	readers->seal = *seal;
	(void)pthread_mutex_init(&readers->lock, NULL);
	(void)pthread_cond_init(&readers->given_back, NULL);
	for (size_t i = 0; i < VS_STORE_READERS && r.code == VS_E_OK; i++) {
		r = vs_store_db_open(&readers->dbs[i], place, VS_STORE_READ, reason, reason_size);
		if (r.code == VS_E_OK)
			r = vs_store_db_prepare(&readers->dbs[i], reason, reason_size);
	}
	if (r.code != VS_E_OK) {
		vs_store_readers_free(&readers);
		return r;
	}
	*readers_out = readers;
	return VS_OK;
}

const struct vs_store_seal *
vs_store_readers_seal(const struct vs_store_readers *readers)
{
	return &readers->seal;
}

void
vs_store_readers_free(struct vs_store_readers **readers)
{
	if (readers == NULL || *readers == NULL)
		return;
	for (size_t i = 0; i < VS_STORE_READERS; i++) {
		assert(!(*readers)->is_lent[i]);
		vs_store_db_close(&(*readers)->dbs[i]);
	}
	(void)pthread_mutex_destroy(&(*readers)->lock);
	(void)pthread_cond_destroy(&(*readers)->given_back);
	free(*readers);
	*readers = NULL;
}

struct floor_row {
	int64_t seq;
	bool is_there;
};

static bool
floor_row(struct vs_store_statement *statement, void *arg)
{
	*(struct floor_row *)arg =
	    (struct floor_row){vs_store_column_number(statement, 0), .is_there = true};
	return false;
}

vs_result
vs_store_read_floor(void *self, const char *tenant, uint64_t signer, int64_t *seq_out)
{
	const struct vs_store_value values[] = {vs_store_text(tenant),
	                                        vs_store_number(vs_store_hash_number(signer))};
	struct floor_row row = {0, false};

	VS_TRY(vs_store_read(self, VS_QUERY_read_floor, values, 2, floor_row, &row));
	if (!row.is_there)
		return VS_FAIL(NOT_FOUND);
	*seq_out = row.seq;
	return VS_OK;
}

struct vs_port_reader
vs_store_readers_port(struct vs_store_readers *readers)
{
	return (struct vs_port_reader){
	    .self = readers,
	    .stations = vs_store_read_stations,
	    .stations_shown = vs_store_read_stations_shown,
	    .station = vs_store_read_station,
	    .identities = vs_store_read_identities,
	    .statuses = vs_store_read_statuses,
	    .statuses_between = vs_store_read_statuses_between,
	    .faulted = vs_store_read_faulted,
	    .running = vs_store_read_running,
	    .transactions = vs_store_read_transactions,
	    .transaction = vs_store_read_transaction,
	    .tx_events = vs_store_read_tx_events,
	    .tx_said = vs_store_read_tx_said,
	    .events = vs_store_read_events,
	    .command = vs_store_read_command,
	    .commands = vs_store_read_commands,
	    .tokens = vs_store_read_tokens,
	    .enrolments = vs_store_read_enrolments,
	    .enrolment = vs_store_read_enrolment,
	    .variables = vs_store_read_variables,
	    .held = vs_store_read_held,
	    .counts = vs_store_read_counts,
	    .station_count = vs_store_read_station_count,
	    .tenants = vs_store_read_tenants,
	    .tenant = vs_store_read_tenant,
	    .users = vs_store_read_users,
	    .user = vs_store_read_user,
	    .api_tokens = vs_store_read_api_tokens,
	    .api_token = vs_store_read_api_token,
	    .logins = vs_store_read_logins,
	    .floor = vs_store_read_floor,
	    .login = vs_store_read_login,
	    .claims = vs_store_read_claims,
	    .claims_over = vs_store_read_claims_over,
	    .claims_named = vs_store_read_claims_named,
	    .claim = vs_store_read_claim,
	    .claim_e1_key = vs_store_read_claim_e1_key,
	    .files = vs_store_read_files,
	    .file = vs_store_read_file,
	    .files_awaited = vs_store_read_files_awaited,
	    .file_data = vs_store_read_file_data,
	    .sensors = vs_store_read_sensors,
	    .sensor = vs_store_read_sensor,
	    .sensor_of_token = vs_store_read_sensor_of_token,
	    .sensor_windows = vs_store_read_sensor_windows,
	    .sensor_is_revoked = vs_store_read_sensor_is_revoked,
	    .readings = vs_store_read_readings,
	};
}
