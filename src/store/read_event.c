/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "store/reader.h"

#define TEXT(column, member)   vs_store_column_text(statement, column, member, sizeof(member))
#define NUMBER(column, member) ((member) = vs_store_column_number(statement, column))

struct event_rows {
	const struct vs_store_seal *seal;
	struct vs_buf plain;
	vs_result result;
	bool (*row)(const struct vs_core_event_row *, void *);
	void *arg;
};

static bool
event_row(struct vs_store_statement *statement, void *arg)
{
	struct event_rows *rows = arg;
	struct vs_core_event_row row;
	struct vs_store_row place;

	memset(&row, 0, sizeof(row));
	NUMBER(0, row.id);
	NUMBER(1, row.received_ms);
	NUMBER(2, row.at_ms);
	TEXT(3, row.tenant);
	TEXT(4, row.station);
	TEXT(5, row.type);
	row.severity = (enum vs_core_severity)vs_store_column_number(statement, 6);
	vs_store_row_begin(&place);
	vs_store_row_number(&place, row.id);
	vs_buf_reset(&rows->plain);
	rows->result =
	    vs_store_open_value(rows->seal, VS_STORE_CELL_event_payload, row.tenant, &place,
	                        vs_store_column_bytes(statement, 7), &rows->plain, &row.reading);
	NUMBER(8, row.acked_ms);
	TEXT(9, row.acked_by);
	row.is_security = vs_store_column_number(statement, 10) != 0;
	row.payload = vs_buf_view(&rows->plain);
	return rows->result.code == VS_E_OK && rows->row(&row, rows->arg);
}

vs_result
vs_store_read_events(void *self, const char *tenant, const struct vs_core_event_filter *filter,
                     int64_t before_id, size_t limit,
                     bool (*row)(const struct vs_core_event_row *, void *), void *arg)
{
	struct event_rows rows = {
	    .seal = vs_store_readers_seal(self), .result = VS_OK, .row = row, .arg = arg};
	const bool is_one = filter->station[0] != '\0';
	const enum vs_store_query query =
	    is_one ? (filter->only_security ? VS_QUERY_read_events_station_security
	                                    : VS_QUERY_read_events_station)
		   : (filter->only_security ? VS_QUERY_read_events_security : VS_QUERY_read_events);
	struct vs_store_value values[6];
	size_t count = 0;
	vs_result r;

	values[count++] = vs_store_text(tenant);
	if (is_one)
		values[count++] = vs_store_text(filter->station);
	values[count++] = vs_store_number(before_id);
	values[count++] = vs_store_number((int64_t)filter->least);
	values[count++] = vs_store_number(filter->only_open);
	values[count++] = vs_store_number((int64_t)limit);
	vs_buf_init(&rows.plain, VS_STORE_PLAIN_SIZE_MAX);
	r = vs_store_read(self, query, values, count, event_row, &rows);
	vs_store_plain_done(&rows.plain);
	return r.code != VS_E_OK ? r : rows.result;
}
