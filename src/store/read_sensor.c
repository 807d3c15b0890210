/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "store/reader.h"
#include "store/reading_write.h"

#define TEXT(column, member) vs_store_column_text(statement, column, member, sizeof(member))

static void
take_sensor(struct vs_store_statement *statement, struct vs_core_sensor *row)
{
	memset(row, 0, sizeof(*row));
	TEXT(0, row->tenant);
	TEXT(1, row->device);
	row->has_token =
	    vs_store_column_blob(statement, 2, row->token_sha256, sizeof(row->token_sha256));
	row->has_public_key =
	    vs_store_column_blob(statement, 3, row->public_key, sizeof(row->public_key));
	row->profile = vs_store_column_number(statement, 4);
	row->is_enabled = vs_store_column_number(statement, 5) != 0;
	row->created_ms = vs_store_column_number(statement, 6);
}

struct sensor_rows {
	bool (*row)(const struct vs_core_sensor *, void *);
	void *arg;
};

static bool
sensor_row(struct vs_store_statement *statement, void *arg)
{
	const struct sensor_rows *rows = arg;
	struct vs_core_sensor row;

	take_sensor(statement, &row);
	return rows->row(&row, rows->arg);
}

vs_result
vs_store_read_sensors(void *self, const char *tenant, const char *after, size_t limit,
                      bool (*row)(const struct vs_core_sensor *, void *), void *arg)
{
	struct sensor_rows rows = {row, arg};
	const struct vs_store_value values[] = {vs_store_text(tenant), vs_store_text(after),
	                                        vs_store_number((int64_t)limit)};

	return vs_store_read(self, VS_QUERY_read_sensors, values, 3, sensor_row, &rows);
}

struct one {
	struct vs_core_sensor row;
	bool is_found;
};

static bool
one_row(struct vs_store_statement *statement, void *arg)
{
	struct one *one = arg;

	take_sensor(statement, &one->row);
	one->is_found = true;
	return false;
}

static vs_result
read_one(void *self, enum vs_store_query query, const struct vs_store_value *values, size_t count,
         struct vs_core_sensor *row_out)
{
	struct one one = {.is_found = false};

	VS_TRY(vs_store_read(self, query, values, count, one_row, &one));
	if (!one.is_found)
		return VS_FAIL(NOT_FOUND);
	*row_out = one.row;
	return VS_OK;
}

vs_result
vs_store_read_sensor(void *self, const char *tenant, const char *device,
                     struct vs_core_sensor *row_out)
{
	const struct vs_store_value values[] = {vs_store_text(tenant), vs_store_text(device)};

	return read_one(self, VS_QUERY_read_sensor, values, 2, row_out);
}

vs_result
vs_store_read_sensor_of_token(void *self, const uint8_t token_sha256[static 32],
                              struct vs_core_sensor *row_out)
{
	const struct vs_store_value value = vs_store_blob(token_sha256, 32);

	return read_one(self, VS_QUERY_read_sensor_of_token, &value, 1, row_out);
}

struct window_rows {
	bool (*row)(const struct vs_core_window_row *, void *);
	void *arg;
};

static bool
window_row(struct vs_store_statement *statement, void *arg)
{
	const struct window_rows *rows = arg;
	struct vs_core_window_row row = {.epoch = vs_store_column_number(statement, 0),
	                                 .window = vs_store_column_bytes(statement, 2),
	                                 .seen_ms = vs_store_column_number(statement, 3)};

	if (!vs_store_column_blob(statement, 1, row.salt, sizeof(row.salt)))
		return true;
	return rows->row(&row, rows->arg);
}

vs_result
vs_store_read_sensor_windows(void *self, const char *tenant, const char *device, size_t limit,
                             bool (*row)(const struct vs_core_window_row *, void *), void *arg)
{
	struct window_rows rows = {row, arg};
	const struct vs_store_value values[] = {vs_store_text(tenant), vs_store_text(device),
	                                        vs_store_number((int64_t)limit)};

	return vs_store_read(self, VS_QUERY_read_sensor_windows, values, 3, window_row, &rows);
}

static bool
found_row(struct vs_store_statement *statement, void *arg)
{
	bool *is_found = arg;

	(void)statement;
	*is_found = true;
	return false;
}

vs_result
vs_store_read_sensor_is_revoked(void *self, const char *tenant, const char *jti, const char *device,
                                int64_t issued_ms, bool *is_out)
{
	const struct vs_store_value values[] = {vs_store_text(tenant), vs_store_text(jti),
	                                        vs_store_text(device), vs_store_number(issued_ms)};
	bool is_found = false;

	VS_TRY(vs_store_read(self, VS_QUERY_read_sensor_revoked, values, 4, found_row, &is_found));
	*is_out = is_found;
	return VS_OK;
}

struct reading_rows {
	struct vs_store_opened opened;
	int64_t from_ms, to_ms;
	const struct vs_core_reading_place *after;
	bool (*row)(const struct vs_core_reading_row *, void *);
	void *arg;
};

/* One message, if it is asked for. */
static bool
give(const struct reading_rows *rows, const struct vs_core_reading_row *row)
{
	const struct vs_core_reading_place *after = rows->after;

	if (row->at_ms < rows->from_ms || row->at_ms >= rows->to_ms ||
	    (after != NULL && row->id == after->id && row->index <= after->index))
		return true;
	return rows->row(row, rows->arg);
}

static bool
give_all(const struct reading_rows *rows, struct vs_core_reading_row *row)
{
	struct vs_store_chunk_message message;
	struct vs_bytes plain = row->payload;
	size_t at = 0;

	if (plain.size == 0 || plain.data[0] != VS_STORE_CHUNK)
		return give(rows, row);
	for (; vs_store_chunk_next(plain, &at, &message); row->index++) {
		row->at_ms = message.at_ms;
		row->received_ms = message.received_ms;
		row->count = message.count;
		row->profile = message.profile;
		row->payload = message.payload;
		if (!give(rows, row))
			return false;
	}
	return true;
}

static bool
reading_row(struct vs_store_statement *statement, void *arg)
{
	struct reading_rows *rows = arg;
	struct vs_core_reading_row row = {.id = vs_store_column_number(statement, 0),
	                                  .row_ms = vs_store_column_number(statement, 2),
	                                  .at_ms = vs_store_column_number(statement, 2),
	                                  .received_ms = vs_store_column_number(statement, 3),
	                                  .count = vs_store_column_number(statement, 4),
	                                  .profile = vs_store_column_number(statement, 5),
	                                  .reading = VS_CORE_READ_WHOLE};
	char tenant[VS_CORE_TENANT_SIZE];
	struct vs_store_row place;

	TEXT(1, tenant);
	vs_store_row_begin(&place);
	vs_store_row_number(&place, row.id);
	if (!vs_store_opened_take(&rows->opened, VS_STORE_CELL_reading_payload, tenant, &place,
	                          statement, 6, &row.reading))
		return false;
	row.payload = vs_buf_view(&rows->opened.plain);
	return give_all(rows, &row);
}

vs_result
vs_store_read_readings(void *self, const char *tenant, const char *device, int64_t from_ms,
                       int64_t to_ms, const struct vs_core_reading_place *after,
                       bool (*row)(const struct vs_core_reading_row *, void *), void *arg)
{
	struct reading_rows rows = {
	    .from_ms = from_ms, .to_ms = to_ms, .after = after, .row = row, .arg = arg};
	/* The first message of a row may be older than what is asked for. */
	const int64_t begin_ms = after != NULL ? after->row_ms : from_ms - VS_STORE_CHUNK_SPAN_MS;
	const struct vs_store_value values[] = {vs_store_text(tenant), vs_store_text(device),
	                                        vs_store_number(begin_ms), vs_store_number(to_ms),
	                                        vs_store_number(after != NULL ? after->id - 1 : 0)};

	return vs_store_read_opened(self, VS_QUERY_read_readings, values, 5, reading_row,
	                            &rows.opened);
}
