/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "store/reader.h"

#define TEXT(column, member)   vs_store_column_text(statement, column, member, sizeof(member))
#define NUMBER(column, member) ((member) = vs_store_column_number(statement, column))

struct event_rows {
	struct vs_store_opened opened;
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
	if (!vs_store_opened_take(&rows->opened, VS_STORE_CELL_event_payload, row.tenant, &place,
	                          statement, 7, &row.reading))
		return false;
	NUMBER(8, row.acked_ms);
	TEXT(9, row.acked_by);
	row.is_security = vs_store_column_number(statement, 10) != 0;
	row.payload = vs_buf_view(&rows->opened.plain);
	return rows->row(&row, rows->arg);
}

vs_result
vs_store_read_events(void *self, const char *tenant, const struct vs_core_event_filter *filter,
                     int64_t before_id, size_t limit,
                     bool (*row)(const struct vs_core_event_row *, void *), void *arg)
{
	struct event_rows rows = {.row = row, .arg = arg};
	const bool is_one = filter->station[0] != '\0';
	const enum vs_store_query query =
	    is_one ? (filter->only_security ? VS_QUERY_read_events_station_security
	                                    : VS_QUERY_read_events_station)
		   : (filter->only_security ? VS_QUERY_read_events_security : VS_QUERY_read_events);
	struct vs_store_value values[6];
	size_t count = 0;

	values[count++] = vs_store_text(tenant);
	if (is_one)
		values[count++] = vs_store_text(filter->station);
	values[count++] = vs_store_number(before_id);
	values[count++] = vs_store_number((int64_t)filter->least);
	values[count++] = vs_store_number(filter->only_open);
	values[count++] = vs_store_number((int64_t)limit);
	return vs_store_read_opened(self, query, values, count, event_row, &rows.opened);
}
