/* SPDX-License-Identifier: Apache-2.0 */
#include <sqlite3.h>
#include <string.h>

#include "store/reader.h"

#define TEXT(column, member)   vs_store_column_text(statement, column, member, sizeof(member))
#define NUMBER(column, member) ((member) = vs_store_column_number(statement, column))

/* --- stations --------------------------------------------------------------------------------- */

static bool
read_digest(sqlite3_stmt *statement, int column, uint8_t digest[static 32])
{
	struct vs_bytes bytes = vs_store_column_bytes(statement, column);

	if (bytes.size != 32)
		return false;
	memcpy(digest, bytes.data, 32);
	return true;
}

static void
decode_verifier(sqlite3_stmt *statement, struct vs_core_station *station)
{
	int64_t kind = vs_store_column_number(statement, 13),
		version = vs_store_column_number(statement, 14);
	bool is_known =
	    kind >= 0 && kind < VS_CORE_VERIFIER_COUNT && version >= 0 && version <= UINT32_MAX;

	(void)vs_core_station_verifier_set(
	    station, is_known ? (enum vs_core_verifier)kind : VS_CORE_VERIFIER_COUNT,
	    (uint32_t)version, vs_store_column_bytes(statement, 5));
}

static void
decode_station(sqlite3_stmt *statement, struct vs_core_station_row *row)
{
	struct vs_core_station *station = &row->station;
	int64_t auth = vs_store_column_number(statement, 2),
		registration = vs_store_column_number(statement, 4);

	memset(row, 0, sizeof(*row));
	TEXT(0, station->tenant);
	TEXT(1, station->identity);
	station->auth = (enum vs_core_auth)auth;
	station->is_enabled = sqlite3_column_int(statement, 3) != 0;
	station->registration = (enum vs_core_registration)registration;
	decode_verifier(statement, station);
	station->has_fingerprint = read_digest(statement, 6, station->fingerprint);
	NUMBER(7, station->created_ms);
	NUMBER(8, row->last_seen_ms);
	TEXT(9, station->vendor);
	TEXT(10, station->model);
	TEXT(11, station->serial);
	TEXT(12, station->firmware);
}

struct station_rows {
	bool (*row)(const struct vs_core_station_row *, void *);
	void *arg;
};

static bool
station_row(sqlite3_stmt *statement, void *arg)
{
	const struct station_rows *rows = arg;
	struct vs_core_station_row row;

	decode_station(statement, &row);
	return rows->row(&row, rows->arg);
}

vs_result
vs_store_read_stations(void *self, const char *tenant, const char *after_identity, size_t limit,
                       bool (*row)(const struct vs_core_station_row *, void *), void *arg)
{
	struct station_rows rows = {row, arg};
	const struct vs_store_value values[] = {
	    vs_store_text(tenant), vs_store_text(after_identity), vs_store_number((int64_t)limit)};

	return vs_store_read(self, VS_QUERY_read_stations, values, 3, station_row, &rows);
}

struct one_station {
	struct vs_core_station_row row;
	bool is_found;
};

static bool
one_station_row(sqlite3_stmt *statement, void *arg)
{
	struct one_station *one = arg;

	decode_station(statement, &one->row);
	one->is_found = true;
	return false;
}

vs_result
vs_store_read_station(void *self, const char *tenant, const char *identity,
                      struct vs_core_station_row *row_out)
{
	struct one_station one = {.is_found = false};
	const struct vs_store_value values[] = {vs_store_text(tenant), vs_store_text(identity)};

	VS_TRY(vs_store_read(self, VS_QUERY_read_station, values, 2, one_station_row, &one));
	if (!one.is_found)
		return VS_FAIL(NOT_FOUND);
	*row_out = one.row;
	return VS_OK;
}

/* --- statuses --------------------------------------------------------------------------------- */

struct status_rows {
	bool (*row)(const struct vs_core_status_row *, void *);
	void *arg;
};

static bool
status_row(sqlite3_stmt *statement, void *arg)
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

	if (station[0] == '\0')
		return vs_store_read(self, VS_QUERY_read_statuses, values, 1, status_row, &rows);
	return vs_store_read(self, VS_QUERY_read_statuses_station, values, 2, status_row, &rows);
}

/* --- variables -------------------------------------------------------------------------------- */

struct variable_rows {
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
variable_row(sqlite3_stmt *statement, void *arg)
{
	const struct variable_rows *rows = arg;
	struct vs_core_variable_row row;

	memset(&row, 0, sizeof(row));
	TEXT(0, row.component);
	TEXT(1, row.component_instance);
	TEXT(2, row.variable);
	TEXT(3, row.variable_instance);
	TEXT(4, row.attribute);
	row.evse = absent_if_negative(vs_store_column_number(statement, 5));
	row.connector = absent_if_negative(vs_store_column_number(statement, 6));
	NUMBER(7, row.reported_ms);
	row.value = vs_store_column_bytes(statement, 8);
	TEXT(9, row.mutability);
	TEXT(10, row.station);
	return rows->row(&row, rows->arg);
}

vs_result
vs_store_read_variables(void *self, const char *tenant, const char *station,
                        bool (*row)(const struct vs_core_variable_row *, void *), void *arg)
{
	struct variable_rows rows = {row, arg};
	const struct vs_store_value values[] = {vs_store_text(tenant), vs_store_text(station)};

	return vs_store_read(self, VS_QUERY_read_variables, values, 2, variable_row, &rows);
}
