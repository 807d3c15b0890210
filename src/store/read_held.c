/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "store/reader.h"

enum column { STATION, KIND, NUMBER, AT, PAYLOAD };

struct held_rows {
	const struct vs_store_seal *seal;
	const char *tenant;
	struct vs_buf plain;
	vs_result result;
	bool (*row)(const struct vs_core_held_row *, void *);
	void *arg;
};

static bool
held_row(struct vs_store_statement *statement, void *arg)
{
	struct held_rows *rows = arg;
	struct vs_core_held_row row;
	struct vs_store_row place;
	int64_t kind = vs_store_column_number(statement, KIND);

	if (kind < 0 || kind >= VS_HELD_COUNT) /* of a later version of this program */
		return true;
	memset(&row, 0, sizeof(row));
	vs_store_column_text(statement, STATION, row.station, sizeof(row.station));
	row.kind = (enum vs_core_held)kind;
	row.number = vs_store_column_number(statement, NUMBER);
	row.at_ms = vs_store_column_number(statement, AT);
	row.reading = VS_CORE_READ_WHOLE;
	vs_store_row_begin(&place);
	vs_store_row_bytes(&place, vs_store_column_bytes(statement, STATION));
	vs_store_row_number(&place, kind);
	vs_store_row_number(&place, row.number);
	vs_buf_reset(&rows->plain);
	rows->result = vs_store_open_value(rows->seal, VS_STORE_CELL_held_payload, rows->tenant,
	                                   &place, vs_store_column_bytes(statement, PAYLOAD),
	                                   &rows->plain, &row.reading);
	row.payload = vs_buf_view(&rows->plain);
	return rows->result.code == VS_E_OK && rows->row(&row, rows->arg);
}

vs_result
vs_store_read_held(void *self, const char *tenant, const char *station,
                   bool (*row)(const struct vs_core_held_row *, void *), void *arg)
{
	struct held_rows rows = {.seal = vs_store_readers_seal(self),
	                         .tenant = tenant,
	                         .result = VS_OK,
	                         .row = row,
	                         .arg = arg};
	const struct vs_store_value values[] = {vs_store_text(tenant), vs_store_text(station)};
	vs_result r;

	vs_buf_init(&rows.plain, VS_STORE_PLAIN_SIZE_MAX);
	r = vs_store_read(self, VS_QUERY_read_held, values, 2, held_row, &rows);
	vs_store_plain_done(&rows.plain);
	return r.code != VS_E_OK ? r : rows.result;
}
