/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "api/state.h"

#define AMOUNT_SIZE 32

struct progress {
	struct vs_api_read *read;
	size_t skip, count;
	int64_t last_ms; /* of the last row written, or passed over */
	size_t shown_at; /* rows with that time, earlier pages included */
	bool has_more;
	int64_t register_wh; /* at the first measured value of a series; ABSENT before it */
};

static bool
row_write(const struct vs_core_tx_row *row, void *arg)
{
	struct progress *progress = arg;
	struct vs_api_read *read = progress->read;

	if (progress->count >= read->list.limit || read->body.size > VS_LIMIT_API_ANSWER_SIZE / 2) {
		progress->has_more = true;
		return false;
	}
	if (row->order_ms != progress->last_ms) {
		progress->last_ms = row->order_ms;
		progress->shown_at = 0;
	}
	progress->shown_at++;
	if (progress->skip > 0 && row->order_ms == read->list.number) {
		progress->skip--;
		return true;
	}
	progress->count++;
	vs_json_write_object(&read->json);
	vs_api_write_tx(&read->json, row);
	vs_json_write_object_end(&read->json);
	return true;
}

static vs_result
list_build(struct vs_api_read *read)
{
	const struct vs_port_reader *reader = &read->api->options.reader;
	struct progress progress = {
	    .read = read, .skip = read->list.skip, .last_ms = VS_CORE_ABSENT};
	char cursor[VS_API_CURSOR_SIZE] = "";

	vs_api_read_list_begin(read);
	VS_TRY(reader->transactions(reader->self, read->tenant, read->list.station,
	                            read->list.only_active, vs_api_list_before_ms(&read->list),
	                            read->list.limit + read->list.skip + 1, row_write, &progress));
	if (progress.has_more && progress.last_ms != VS_CORE_ABSENT)
		vs_api_list_cursor_time(progress.last_ms, progress.shown_at, cursor);
	return vs_api_read_list_end(read, cursor);
}

void
vs_api_on_transactions_list(struct vs_api *api, const struct vs_api_request *request)
{
	vs_api_read(api, request, VS_API_KEY_TIME, list_build);
}

static const char *
type_text(enum vs_core_tx_type type)
{
	switch (type) {
	case VS_CORE_TX_STARTED:
		return "Started";
	case VS_CORE_TX_UPDATED:
		return "Updated";
	case VS_CORE_TX_ENDED:
		return "Ended";
	}
	return "Updated";
}

static bool
point_write(const struct vs_core_tx_event *event, int64_t received_ms, void *arg)
{
	struct progress *progress = arg;
	struct vs_json_writer *json = &progress->read->json;

	(void)received_ms;
	if (progress->count >= VS_LIMIT_API_SERIES) {
		progress->has_more = true;
		return false;
	}
	progress->count++;
	vs_json_write_object(json);
	vs_api_write_time(json, "at", event->at_ms);
	vs_api_write_int(json, "seq_no", event->seq_no);
	vs_api_write_text(json, "type", type_text(event->type));
	vs_api_write_text(json, "trigger", event->trigger);
	vs_api_write_text(json, "charging_state", event->charging_state);
	vs_api_write_int(json, "power_w", event->power_w);
	/* The station sends its register; a transaction's energy counts from its start. */
	if (progress->register_wh == VS_CORE_ABSENT)
		progress->register_wh = event->energy_wh;
	vs_api_write_int(json, "energy_wh",
	                 event->energy_wh == VS_CORE_ABSENT
	                     ? VS_CORE_ABSENT
	                     : event->energy_wh - progress->register_wh);
	vs_api_write_int(json, "soc_percent", event->soc_percent);
	vs_json_write_object_end(json);
	return true;
}

/* Exact amounts, where the last event has them: the framed network's says what it cost. */
static vs_result
amounts_write(struct vs_api_read *read, const struct vs_core_tx_row *row)
{
	static const struct {
		const char *name, *member;
	} amounts[] = {{"energy_kwh", "energyKwh"}, {"amount", "amount"}, {"currency", "currency"}};
	const struct vs_port_reader *reader = &read->api->options.reader;
	struct vs_json_tape tape;
	struct vs_buf payload;
	char text[AMOUNT_SIZE];
	vs_result r;

	vs_buf_init(&payload, VS_LIMIT_API_ANSWER_SIZE);
	vs_json_tape_init(&tape);
	r = reader->tx_said(reader->self, read->tenant, row->station, row->tx_id, &payload);
	if (r.code == VS_E_TOO_LONG || r.code == VS_E_NOT_FOUND) /* nothing that we wrote */
		r = VS_OK;
	else if (r.code == VS_E_OK && payload.size > 0 &&
	         vs_json_parse(vs_buf_view(&payload), &tape).code != VS_E_OK)
		r = VS_FAIL(INTERNAL); /* it was checked when it came */
	for (size_t i = 0; i < sizeof(amounts) / sizeof(amounts[0]); i++) {
		if (vs_json_copy_text(&tape,
		                      vs_json_member(&tape, vs_json_root(&tape), amounts[i].member),
		                      text, sizeof(text))
		        .code != VS_E_OK)
			text[0] = '\0';
		vs_api_write_text(&read->json, amounts[i].name, text);
	}
	vs_json_tape_done(&tape);
	if (payload.data != NULL)
		explicit_bzero(payload.data, payload.size);
	vs_buf_done(&payload);
	return r;
}

static vs_result
show_build(struct vs_api_read *read)
{
	const struct vs_port_reader *reader = &read->api->options.reader;
	struct progress progress = {.read = read, .register_wh = VS_CORE_ABSENT};
	struct vs_core_tx_row row;

	VS_TRY(reader->transaction(reader->self, read->tenant, read->list.station, read->id, &row));
	vs_json_write_begin(&read->json, &read->body);
	vs_json_write_object(&read->json);
	vs_api_write_tx(&read->json, &row);
	VS_TRY(amounts_write(read, &row));
	vs_json_write_key(&read->json, "series");
	vs_json_write_array(&read->json);
	VS_TRY(reader->tx_events(reader->self, read->tenant, row.station, read->id,
	                         VS_LIMIT_API_SERIES + 1, point_write, &progress));
	vs_json_write_array_end(&read->json);
	vs_json_write_key(&read->json, "truncated");
	vs_json_write_bool(&read->json, progress.has_more);
	vs_json_write_object_end(&read->json);
	return vs_json_write_end(&read->json);
}

void
vs_api_on_transaction_show(struct vs_api *api, const struct vs_api_request *request)
{
	vs_api_read(api, request, VS_API_KEY_NONE, show_build);
}
