/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "store/reader.h"

enum column { STATION, KIND, NUMBER, AT, PAYLOAD };

struct held_rows {
	struct vs_store_opened opened;
	const char *tenant;
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
	if (!vs_store_opened_take(&rows->opened, VS_STORE_CELL_held_payload, rows->tenant, &place,
	                          statement, PAYLOAD, &row.reading))
		return false;
	row.payload = vs_buf_view(&rows->opened.plain);
	return rows->row(&row, rows->arg);
}

vs_result
vs_store_read_held(void *self, const char *tenant, const char *station,
                   bool (*row)(const struct vs_core_held_row *, void *), void *arg)
{
	struct held_rows rows = {.tenant = tenant, .row = row, .arg = arg};
	const struct vs_store_value values[] = {vs_store_text(tenant), vs_store_text(station)};

	return vs_store_read_opened(self, VS_QUERY_read_held, values, 2, held_row, &rows.opened);
}
