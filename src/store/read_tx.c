/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "store/reader.h"
#include "store/tx_fold.h"

#define TEXT(column, member)   vs_store_column_text(statement, column, member, sizeof(member))
#define NUMBER(column, member) ((member) = vs_store_column_number(statement, column))

static vs_result
decode_tx(const struct vs_store_seal *seal, struct vs_store_statement *statement,
          struct vs_core_tx_row *row)
{
	struct vs_store_row place;
	struct vs_store_tx tx;
	int column = 6;

	vs_store_tx_init(&tx);
#define VS_TX_NUMBER(name) NUMBER(column++, tx.n.name);
#include "store/tx_columns.def"
#undef VS_TX_NUMBER
	memset(row, 0, sizeof(*row));
	TEXT(0, row->tenant);
	TEXT(1, row->station);
	TEXT(2, row->tx_id);
	TEXT(3, row->charging_state);
	TEXT(4, row->stopped_reason);
	row->started_ms = tx.n.started_ms;
	row->ended_ms = tx.n.ended_ms;
	row->last_ms = tx.n.last_ms;
	row->evse = tx.n.evse;
	row->connector = tx.n.connector;
	row->energy_wh = tx.n.energy_last_wh == VS_CORE_ABSENT
	                     ? VS_CORE_ABSENT
	                     : tx.n.energy_last_wh - tx.n.energy_first_wh;
	row->power_w = tx.n.power_w;
	row->soc_percent = tx.n.soc_percent;
	row->first_seq_no = tx.n.first_seq_no;
	row->last_seq_no = tx.n.last_seq_no;
	row->event_count = tx.n.event_count;
	row->order_ms = tx.n.order_ms;
	row->is_active = tx.n.is_active != 0;
	vs_store_row_begin(&place);
	vs_store_row_bytes(&place, vs_store_column_bytes(statement, 1));
	vs_store_row_bytes(&place, vs_store_column_bytes(statement, 2));
	return vs_store_open_text(seal, VS_STORE_CELL_tx_token, row->tenant, &place,
	                          vs_store_column_bytes(statement, 5), row->token,
	                          sizeof(row->token), &row->reading);
}

struct tx_rows {
	const struct vs_store_seal *seal;
	vs_result result;
	bool (*row)(const struct vs_core_tx_row *, void *);
	void *arg;
};

static bool
tx_row(struct vs_store_statement *statement, void *arg)
{
	struct tx_rows *rows = arg;
	struct vs_core_tx_row row;

	rows->result = decode_tx(rows->seal, statement, &row);
	return rows->result.code == VS_E_OK && rows->row(&row, rows->arg);
}

vs_result
vs_store_read_transactions(void *self, const char *tenant, const char *station, bool only_active,
                           int64_t before_ms, size_t limit,
                           bool (*row)(const struct vs_core_tx_row *, void *), void *arg)
{
	struct tx_rows rows = {vs_store_readers_seal(self), VS_OK, row, arg};
	const struct vs_store_value all[] = {vs_store_text(tenant), vs_store_number(before_ms),
	                                     vs_store_number((int64_t)limit)};
	const struct vs_store_value of_station[] = {vs_store_text(tenant), vs_store_text(station),
	                                            vs_store_number(before_ms),
	                                            vs_store_number((int64_t)limit)};

	if (station[0] == '\0')
		VS_TRY(vs_store_read(self,
		                     only_active ? VS_QUERY_read_txs_running : VS_QUERY_read_txs,
		                     all, 3, tx_row, &rows));
	else
		VS_TRY(vs_store_read(self,
		                     only_active ? VS_QUERY_read_txs_station_running
		                                 : VS_QUERY_read_txs_station,
		                     of_station, 4, tx_row, &rows));
	return rows.result;
}

struct running_rows {
	bool (*row)(const struct vs_core_running_row *, void *);
	void *arg;
};

static bool
running_row(struct vs_store_statement *statement, void *arg)
{
	const struct running_rows *rows = arg;
	struct vs_core_running_row row;

	memset(&row, 0, sizeof(row));
	TEXT(0, row.station);
	TEXT(1, row.charging_state);
	NUMBER(2, row.power_w);
	return rows->row(&row, rows->arg);
}

vs_result
vs_store_read_running(void *self, const char *tenant, size_t limit,
                      bool (*row)(const struct vs_core_running_row *, void *), void *arg)
{
	struct running_rows rows = {row, arg};
	const struct vs_store_value values[] = {vs_store_text(tenant),
	                                        vs_store_number((int64_t)limit)};

	return vs_store_read(self, VS_QUERY_read_running, values, 2, running_row, &rows);
}

struct one_tx {
	const struct vs_store_seal *seal;
	vs_result result;
	struct vs_core_tx_row row;
	size_t count;
};

static bool
one_tx_row(struct vs_store_statement *statement, void *arg)
{
	struct one_tx *one = arg;

	one->result = decode_tx(one->seal, statement, &one->row);
	one->count++;
	return one->result.code == VS_E_OK;
}

vs_result
vs_store_read_transaction(void *self, const char *tenant, const char *station, const char *tx_id,
                          struct vs_core_tx_row *row_out)
{
	struct one_tx one = {.seal = vs_store_readers_seal(self), .result = VS_OK};
	const struct vs_store_value exact[] = {vs_store_text(tenant), vs_store_text(station),
	                                       vs_store_text(tx_id)};
	const struct vs_store_value any[] = {vs_store_text(tenant), vs_store_text(tx_id)};

	if (station[0] == '\0')
		VS_TRY(vs_store_read(self, VS_QUERY_read_tx_any, any, 2, one_tx_row, &one));
	else
		VS_TRY(vs_store_read(self, VS_QUERY_read_tx, exact, 3, one_tx_row, &one));
	VS_TRY(one.result);
	if (one.count == 0)
		return VS_FAIL(NOT_FOUND);
	if (one.count > 1)
		return VS_FAIL(CONFLICT);
	*row_out = one.row;
	return VS_OK;
}

struct tx_event_rows {
	const struct vs_store_seal *seal;
	const char *tenant, *station;
	vs_result result;
	bool (*row)(const struct vs_core_tx_event *, int64_t received_ms, void *);
	void *arg;
};

static bool
tx_event_row(struct vs_store_statement *statement, void *arg)
{
	struct tx_event_rows *rows = arg;
	enum vs_core_reading reading = VS_CORE_READ_WHOLE; /* of an idToken: "" says it all */
	struct vs_core_tx_event event;
	struct vs_store_row place;

	memset(&event, 0, sizeof(event));
	TEXT(0, event.tx_id);
	NUMBER(1, event.seq_no);
	event.type = (enum vs_core_tx_type)vs_store_column_number(statement, 2);
	NUMBER(3, event.at_ms);
	NUMBER(5, event.evse);
	NUMBER(6, event.connector);
	event.is_offline = vs_store_column_number(statement, 7) != 0;
	TEXT(8, event.trigger);
	TEXT(9, event.charging_state);
	TEXT(10, event.stopped_reason);
	NUMBER(12, event.energy_wh);
	NUMBER(13, event.power_w);
	NUMBER(14, event.soc_percent);
	vs_store_row_begin(&place);
	vs_store_row_text(&place, rows->station);
	vs_store_row_bytes(&place, vs_store_column_bytes(statement, 0));
	vs_store_row_number(&place, event.seq_no);
	rows->result = vs_store_open_text(rows->seal, VS_STORE_CELL_tx_event_token, rows->tenant,
	                                  &place, vs_store_column_bytes(statement, 11), event.token,
	                                  sizeof(event.token), &reading);
	return rows->result.code == VS_E_OK &&
	       rows->row(&event, vs_store_column_number(statement, 4), rows->arg);
}

vs_result
vs_store_read_tx_events(void *self, const char *tenant, const char *station, const char *tx_id,
                        size_t limit,
                        bool (*row)(const struct vs_core_tx_event *, int64_t received_ms, void *),
                        void *arg)
{
	struct tx_event_rows rows = {vs_store_readers_seal(self), tenant, station, VS_OK, row, arg};
	const struct vs_store_value values[] = {vs_store_text(tenant), vs_store_text(station),
	                                        vs_store_text(tx_id),
	                                        vs_store_number((int64_t)limit)};

	VS_TRY(vs_store_read(self, VS_QUERY_read_tx_events, values, 4, tx_event_row, &rows));
	return rows.result;
}

struct said {
	const struct vs_store_seal *seal;
	const char *tenant, *station, *tx_id;
	struct vs_buf *payload;
	vs_result result;
};

static bool
said_row(struct vs_store_statement *statement, void *arg)
{
	struct said *said = arg;
	enum vs_core_reading reading = VS_CORE_READ_WHOLE; /* what cannot be opened is empty */
	struct vs_store_row place;

	vs_store_row_begin(&place);
	vs_store_row_text(&place, said->station);
	vs_store_row_text(&place, said->tx_id);
	vs_store_row_number(&place, vs_store_column_number(statement, 0));
	said->result =
	    vs_store_open_value(said->seal, VS_STORE_CELL_tx_event_payload, said->tenant, &place,
	                        vs_store_column_bytes(statement, 1), said->payload, &reading);
	return false;
}

vs_result
vs_store_read_tx_said(void *self, const char *tenant, const char *station, const char *tx_id,
                      struct vs_buf *payload)
{
	struct said said = {.seal = vs_store_readers_seal(self),
	                    .tenant = tenant,
	                    .station = station,
	                    .tx_id = tx_id,
	                    .payload = payload,
	                    .result = VS_FAIL(NOT_FOUND)};
	const struct vs_store_value values[] = {vs_store_text(tenant), vs_store_text(station),
	                                        vs_store_text(tx_id)};

	VS_TRY(vs_store_read(self, VS_QUERY_read_tx_said, values, 3, said_row, &said));
	return said.result;
}
