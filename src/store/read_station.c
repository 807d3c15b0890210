/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "store/reader.h"

#define TEXT(column, member)   vs_store_column_text(statement, column, member, sizeof(member))
#define NUMBER(column, member) ((member) = vs_store_column_number(statement, column))

/* --- stations --------------------------------------------------------------------------------- */

static bool
read_digest(struct vs_store_statement *statement, int column, uint8_t digest[static 32])
{
	struct vs_bytes bytes = vs_store_column_bytes(statement, column);

	if (bytes.size != 32)
		return false;
	memcpy(digest, bytes.data, 32);
	return true;
}

/* A verifier that cannot be read is none: that station is not let in by it. */
static vs_result
open_cell(const struct vs_store_seal *seal, enum vs_store_cell cell,
          struct vs_store_statement *statement, int column, struct vs_core_station_row *row,
          struct vs_buf *plain)
{
	struct vs_store_row place;

	vs_store_row_begin(&place);
	vs_store_row_text(&place, row->station.identity);
	return vs_store_open_value(seal, cell, row->station.tenant, &place,
	                           vs_store_column_bytes(statement, column), plain, &row->reading);
}

static vs_result
open_verifier(const struct vs_store_seal *seal, struct vs_store_statement *statement,
              struct vs_core_station_row *row)
{
	int64_t kind = vs_store_column_number(statement, 13),
		version = vs_store_column_number(statement, 14);
	bool is_known =
	    kind >= 0 && kind < VS_CORE_VERIFIER_COUNT && version >= 0 && version <= UINT32_MAX;
	struct vs_buf plain;
	vs_result r;

	vs_buf_init(&plain, VS_STORE_PLAIN_SIZE_MAX);
	r = open_cell(seal, VS_STORE_CELL_station_verifier, statement, 5, row, &plain);
	if (r.code == VS_E_OK && plain.size > 0)
		(void)vs_core_station_verifier_set(
		    &row->station, is_known ? (enum vs_core_verifier)kind : VS_CORE_VERIFIER_COUNT,
		    (uint32_t)version, vs_buf_view(&plain));
	vs_store_plain_done(&plain);
	return r;
}

static vs_result
open_next(const struct vs_store_seal *seal, struct vs_store_statement *statement,
          struct vs_core_station_row *row)
{
	struct vs_core_station *station = &row->station;
	int64_t auth = vs_store_column_number(statement, 23);
	enum vs_core_reading reading = row->reading;
	struct vs_buf plain;
	vs_result r;

	station->has_next_auth = auth >= 0 && auth < VS_CORE_AUTH_COUNT;
	if (station->has_next_auth)
		station->next_auth = (enum vs_core_auth)auth;
	station->next_pepper_version = (uint32_t)vs_store_column_number(statement, 25);
	vs_buf_init(&plain, VS_STORE_PLAIN_SIZE_MAX);
	r = open_cell(seal, VS_STORE_CELL_station_next_verifier, statement, 24, row, &plain);
	station->has_next_verifier =
	    r.code == VS_E_OK && plain.size == sizeof(station->next_verifier);
	if (station->has_next_verifier)
		memcpy(station->next_verifier, plain.data, plain.size);
	vs_store_plain_done(&plain);
	if (reading != VS_CORE_READ_WHOLE)
		row->reading = reading;
	return r;
}

/* What lets it in is looked at from outside only. */
static void
look_at_verifiers(struct vs_store_statement *statement, struct vs_core_station *station)
{
	int64_t kind = vs_store_column_number(statement, 13),
		auth = vs_store_column_number(statement, 23);

	station->has_verifier = kind >= 0 && kind < VS_CORE_VERIFIER_COUNT &&
	                        vs_store_column_bytes(statement, 5).size > 0;
	station->has_next_auth = auth >= 0 && auth < VS_CORE_AUTH_COUNT;
	if (station->has_next_auth)
		station->next_auth = (enum vs_core_auth)auth;
	station->has_next_verifier = vs_store_column_bytes(statement, 24).size > 0;
}

static void
decode_policy(struct vs_store_statement *statement, struct vs_core_policy *policy)
{
	policy->versions = (uint32_t)vs_store_column_number(statement, 15);
	policy->e2e = (enum vs_core_e2e)vs_store_column_number(statement, 16);
	policy->sign = (enum vs_core_sign)vs_store_column_number(statement, 17);
	policy->replay = (enum vs_core_replay)vs_store_column_number(statement, 18);
	policy->quirks = (uint32_t)vs_store_column_number(statement, 19);
	policy->profile_reached = (uint32_t)vs_store_column_number(statement, 20);
	NUMBER(21, policy->profile_lowered_until_ms);
	NUMBER(22, policy->expired_until_ms);
	vs_core_policy_check(policy);
}

/* seal NULL: verifiers stay sealed. */
static vs_result
decode_station(const struct vs_store_seal *seal, struct vs_store_statement *statement,
               struct vs_core_station_row *row)
{
	struct vs_core_station *station = &row->station;
	int64_t auth = vs_store_column_number(statement, 2),
		registration = vs_store_column_number(statement, 4);

	memset(row, 0, sizeof(*row));
	TEXT(0, station->tenant);
	TEXT(1, station->identity);
	/* Of a later program: nobody gets in by what is not understood. */
	station->auth = auth >= 0 && auth < VS_CORE_AUTH_COUNT ? (enum vs_core_auth)auth
	                                                       : VS_CORE_AUTH_MTLS_BASIC;
	station->is_enabled = vs_store_column_number(statement, 3) != 0;
	station->registration = (enum vs_core_registration)registration;
	station->has_fingerprint = read_digest(statement, 6, station->fingerprint);
	NUMBER(7, station->created_ms);
	NUMBER(8, row->last_seen_ms);
	TEXT(9, station->vendor);
	TEXT(10, station->model);
	TEXT(11, station->serial);
	TEXT(12, station->firmware);
	decode_policy(statement, &station->policy);
	if (seal == NULL) {
		look_at_verifiers(statement, station);
		return VS_OK;
	}
	VS_TRY(open_verifier(seal, statement, row));
	return open_next(seal, statement, row);
}

struct station_rows {
	const struct vs_store_seal *seal;
	vs_result result;
	bool (*row)(const struct vs_core_station_row *, void *);
	void *arg;
};

static bool
station_row(struct vs_store_statement *statement, void *arg)
{
	struct station_rows *rows = arg;
	struct vs_core_station_row row;

	rows->result = decode_station(rows->seal, statement, &row);
	return rows->result.code == VS_E_OK && rows->row(&row, rows->arg);
}

static vs_result
read_stations(void *self, const char *tenant, const char *after_identity, size_t limit,
              struct station_rows *rows)
{
	const struct vs_store_value values[] = {
	    vs_store_text(tenant), vs_store_text(after_identity), vs_store_number((int64_t)limit)};

	VS_TRY(vs_store_read(self, VS_QUERY_read_stations, values, 3, station_row, rows));
	return rows->result;
}

vs_result
vs_store_read_stations(void *self, const char *tenant, const char *after_identity, size_t limit,
                       bool (*row)(const struct vs_core_station_row *, void *), void *arg)
{
	struct station_rows rows = {vs_store_readers_seal(self), VS_OK, row, arg};

	return read_stations(self, tenant, after_identity, limit, &rows);
}

vs_result
vs_store_read_stations_shown(void *self, const char *tenant, const char *after_identity,
                             size_t limit, bool (*row)(const struct vs_core_station_row *, void *),
                             void *arg)
{
	struct station_rows rows = {NULL, VS_OK, row, arg};

	return read_stations(self, tenant, after_identity, limit, &rows);
}

struct one_station {
	const struct vs_store_seal *seal;
	vs_result result;
	struct vs_core_station_row row;
	bool is_found;
};

static bool
one_station_row(struct vs_store_statement *statement, void *arg)
{
	struct one_station *one = arg;

	one->result = decode_station(one->seal, statement, &one->row);
	one->is_found = true;
	return false;
}

vs_result
vs_store_read_station(void *self, const char *tenant, const char *identity,
                      struct vs_core_station_row *row_out)
{
	struct one_station one = {.seal = vs_store_readers_seal(self), .result = VS_OK};
	const struct vs_store_value values[] = {vs_store_text(tenant), vs_store_text(identity)};

	VS_TRY(vs_store_read(self, VS_QUERY_read_station, values, 2, one_station_row, &one));
	VS_TRY(one.result);
	if (!one.is_found)
		return VS_FAIL(NOT_FOUND);
	*row_out = one.row;
	return VS_OK;
}

struct identity_rows {
	bool (*row)(const char *identity, void *);
	void *arg;
};

static bool
identity_row(struct vs_store_statement *statement, void *arg)
{
	const struct identity_rows *rows = arg;
	char identity[VS_CORE_IDENTITY_SIZE];

	TEXT(0, identity);
	return rows->row(identity, rows->arg);
}

vs_result
vs_store_read_identities(void *self, const char *tenant, const char *after, size_t limit,
                         bool (*row)(const char *identity, void *), void *arg)
{
	struct identity_rows rows = {row, arg};
	const struct vs_store_value values[] = {vs_store_text(tenant), vs_store_text(after),
	                                        vs_store_number((int64_t)limit)};

	return vs_store_read(self, VS_QUERY_read_identities, values, 3, identity_row, &rows);
}

/* --- statuses --------------------------------------------------------------------------------- */

struct status_rows {
	bool (*row)(const struct vs_core_status_row *, void *);
	void *arg;
};

static bool
status_row(struct vs_store_statement *statement, void *arg)
{
	const struct status_rows *rows = arg;
	struct vs_core_status_row row;

	memset(&row, 0, sizeof(row));
	TEXT(0, row.station);
	NUMBER(1, row.evse);
	NUMBER(2, row.connector);
	NUMBER(3, row.at_ms);
	TEXT(4, row.status);
	return rows->row(&row, rows->arg);
}

vs_result
vs_store_read_statuses(void *self, const char *tenant, const char *station,
                       bool (*row)(const struct vs_core_status_row *, void *), void *arg)
{
	struct status_rows rows = {row, arg};
	const struct vs_store_value values[] = {vs_store_text(tenant), vs_store_text(station)};

	return vs_store_read(self, VS_QUERY_read_statuses_station, values, 2, status_row, &rows);
}

vs_result
vs_store_read_statuses_between(void *self, const char *tenant, const char *first, const char *last,
                               bool (*row)(const struct vs_core_status_row *, void *), void *arg)
{
	struct status_rows rows = {row, arg};
	const struct vs_store_value values[] = {vs_store_text(tenant), vs_store_text(first),
	                                        vs_store_text(last)};

	return vs_store_read(self, VS_QUERY_read_statuses_between, values, 3, status_row, &rows);
}

static bool
faulted_row(struct vs_store_statement *statement, void *arg)
{
	*(int64_t *)arg = vs_store_column_number(statement, 0);
	return false;
}

vs_result
vs_store_read_faulted(void *self, const char *tenant, int64_t *count_out)
{
	const struct vs_store_value value = vs_store_text(tenant);
	int64_t count = 0;

	VS_TRY(vs_store_read(self, VS_QUERY_read_faulted, &value, 1, faulted_row, &count));
	*count_out = count;
	return VS_OK;
}

/* --- variables -------------------------------------------------------------------------------- */

struct variable_rows {
	struct vs_store_opened opened;
	const char *tenant;
	bool (*row)(const struct vs_core_variable_row *, void *);
	void *arg;
};

/* In the key of the table a number that was not given is -1. */
static int64_t
absent_if_negative(int64_t number)
{
	return number < 0 ? VS_CORE_ABSENT : number;
}

static bool
variable_row(struct vs_store_statement *statement, void *arg)
{
	static const int key[] = {10, 0, 1, 5, 6, 2, 3, 4}; /* in the order of sealed.def */
	struct variable_rows *rows = arg;
	struct vs_core_variable_row row;
	struct vs_store_row place;

	memset(&row, 0, sizeof(row));
	TEXT(0, row.component);
	TEXT(1, row.component_instance);
	TEXT(2, row.variable);
	TEXT(3, row.variable_instance);
	TEXT(4, row.attribute);
	row.evse = absent_if_negative(vs_store_column_number(statement, 5));
	row.connector = absent_if_negative(vs_store_column_number(statement, 6));
	NUMBER(7, row.reported_ms);
	TEXT(9, row.mutability);
	TEXT(10, row.station);
	vs_store_row_begin(&place);
	for (size_t i = 0; i < sizeof(key) / sizeof(key[0]); i++) {
		if (key[i] == 5 || key[i] == 6)
			vs_store_row_number(&place, vs_store_column_number(statement, key[i]));
		else
			vs_store_row_bytes(&place, vs_store_column_bytes(statement, key[i]));
	}
	if (!vs_store_opened_take(&rows->opened, VS_STORE_CELL_variable_value, rows->tenant, &place,
	                          statement, 8, &row.reading))
		return false;
	row.value = vs_buf_view(&rows->opened.plain);
	return rows->row(&row, rows->arg);
}

vs_result
vs_store_read_variables(void *self, const char *tenant, const char *station,
                        bool (*row)(const struct vs_core_variable_row *, void *), void *arg)
{
	struct variable_rows rows = {.tenant = tenant, .row = row, .arg = arg};
	const struct vs_store_value values[] = {vs_store_text(tenant), vs_store_text(station)};

	return vs_store_read_opened(self, VS_QUERY_read_variables, values, 2, variable_row,
	                            &rows.opened);
}
