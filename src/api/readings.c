/* SPDX-License-Identifier: Apache-2.0 */
/* Readings of a sensor device, opened for whoever may read: as a list, as a series for plots, as
 * CSV or JSON lines. Each is noted in the audit log: who, of which device, how many. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/audit.h"
#include "base/clock.h"

#define BUCKETS_MAX     1000
#define BUCKETS_DEFAULT 100
#define PAGE_DEFAULT    100
#define TYPE_SIZE       65
#define DAY_MS          INT64_C(86400000)

enum form { LIST, SERIES, JSONL, CSV };

struct bucket {
	int64_t count;
	double minimum, maximum, sum;
};

struct wishes {
	enum form form;
	int64_t from_ms, to_ms, limit, buckets;
	struct vs_core_reading_place after; /* id 0: from the start */
	char type[TYPE_SIZE];               /* "": all */
	/* on the way */
	struct vs_api_read *read;
	struct vs_json_tape tape;
	int64_t rows, values;
	struct vs_core_reading_place next;
	bool is_cut, has_unreadable;
	vs_result result;
	struct vs_port_audit audit;
	struct vs_core_audit_entry entry;
	struct bucket series[BUCKETS_MAX];
};

/* --- the query -------------------------------------------------------------------------------- */

static vs_result
query_text(struct vs_bytes query, const char *name, char *text, size_t size)
{
	struct vs_bytes raw = {NULL, 0};
	size_t used = 0;

	text[0] = '\0';
	if (!vs_http_query_get(query, name, &raw))
		return VS_OK;
	VS_TRY(vs_http_query_decode(raw, text, size - 1, &used));
	text[used] = '\0';
	return VS_OK;
}

/* Milliseconds since 1970, or an RFC 3339 date-time. */
static vs_result
query_time(struct vs_bytes query, const char *name, int64_t *time_ms)
{
	char text[64], *end = NULL;
	long long number;

	VS_TRY(query_text(query, name, text, sizeof(text)));
	if (text[0] == '\0')
		return VS_OK;
	if (strchr(text, '-') != NULL)
		return vs_time_parse(vs_bytes_from_text(text), time_ms);
	number = strtoll(text, &end, 10);
	if (*end != '\0' || number < 0)
		return VS_FAIL(BAD_TIME);
	*time_ms = number;
	return VS_OK;
}

static vs_result
query_number(struct vs_bytes query, const char *name, int64_t max, int64_t *number)
{
	char text[24], *end = NULL;
	long long value;

	VS_TRY(query_text(query, name, text, sizeof(text)));
	if (text[0] == '\0')
		return VS_OK;
	value = strtoll(text, &end, 10);
	if (*end != '\0' || value < 1 || value > max)
		return VS_FAIL(BAD_VALUE);
	*number = value;
	return VS_OK;
}

/* "time.id.index" of the last message that was shown. */
static vs_result
query_cursor(struct vs_bytes query, struct wishes *wishes)
{
	int64_t *const numbers[] = {&wishes->after.row_ms, &wishes->after.id, &wishes->after.index};
	char text[VS_API_CURSOR_SIZE], *at = text, *end = NULL;

	VS_TRY(query_text(query, "cursor", text, sizeof(text)));
	if (text[0] == '\0')
		return VS_OK;
	for (unsigned i = 0; i < 3; i++) {
		*numbers[i] = strtoll(at, &end, 10);
		if (end == at || *end != (i < 2 ? '.' : '\0'))
			return VS_FAIL(BAD_VALUE);
		at = end + 1;
	}
	return wishes->after.id > 0 && wishes->after.index >= 0 ? VS_OK : VS_FAIL(BAD_VALUE);
}

static vs_result
query_format(struct vs_bytes query, struct wishes *wishes)
{
	char format[8];

	VS_TRY(query_text(query, "format", format, sizeof(format)));
	if (wishes->form == JSONL && strcmp(format, "csv") == 0)
		wishes->form = CSV;
	else if (format[0] != '\0' && (wishes->form != JSONL || strcmp(format, "jsonl") != 0))
		return VS_FAIL(BAD_VALUE);
	return VS_OK;
}

/* What could not be read is named. A series begins a day before its end. */
static vs_result
query_read(struct vs_bytes query, struct wishes *wishes, const char **fault_out)
{
	wishes->from_ms = -1;
	*fault_out = "from: a time by RFC 3339, or milliseconds since 1970";
	VS_TRY(query_time(query, "from", &wishes->from_ms));
	*fault_out = "to: a time by RFC 3339, or milliseconds since 1970";
	VS_TRY(query_time(query, "to", &wishes->to_ms));
	*fault_out = "sensor: the sensor_type, at most 64 bytes";
	VS_TRY(query_text(query, "sensor", wishes->type, sizeof(wishes->type)));
	*fault_out = "limit: messages, 1 to 100000";
	VS_TRY(query_number(query, "limit", VS_LIMIT_SENSOR_ROWS, &wishes->limit));
	*fault_out = "buckets: 1 to 1000";
	VS_TRY(query_number(query, "buckets", BUCKETS_MAX, &wishes->buckets));
	*fault_out = "cursor: what \"next\" was";
	VS_TRY(query_cursor(query, wishes));
	*fault_out = "format: csv or jsonl";
	VS_TRY(query_format(query, wishes));
	if (wishes->from_ms < 0)
		wishes->from_ms = wishes->form == SERIES ? wishes->to_ms - DAY_MS : 0;
	*fault_out = "from is not before to";
	return wishes->from_ms < wishes->to_ms ? VS_OK : VS_FAIL(BAD_VALUE);
}

/* --- one value -------------------------------------------------------------------------------- */

/* RFC 4180; what a spreadsheet would take for a formula is not begun with. */
static void
csv_text(struct vs_buf *out, struct vs_bytes text, vs_result *result)
{
	bool is_formula = text.size > 0 && memchr("=+-@\t\r", text.data[0], 6) != NULL;
	vs_result r = vs_buf_append_text(out, is_formula ? "\"'" : "\"");

	for (size_t i = 0; i < text.size && r.code == VS_E_OK; i++) {
		r = vs_buf_append_byte(out, text.data[i]);
		if (text.data[i] == '"' && r.code == VS_E_OK)
			r = vs_buf_append_byte(out, '"');
	}
	if (r.code == VS_E_OK)
		r = vs_buf_append_byte(out, '"');
	if (r.code != VS_E_OK)
		*result = r;
}

static vs_result
member_text(const struct wishes *wishes, const struct vs_json_node *item, const char *name,
            char *room, size_t size, struct vs_bytes *text_out)
{
	return vs_json_text(&wishes->tape, vs_json_member(&wishes->tape, item, name), room, size,
	                    text_out);
}

static void
write_json(struct wishes *wishes, const struct vs_core_reading_row *row,
           const struct vs_json_node *item, struct vs_json_writer *json)
{
	vs_json_write_object(json);
	vs_json_write_key(json, "at");
	vs_json_write_time(json, row->at_ms);
	for (const struct vs_json_node *member = NULL;
	     (member = vs_json_next(item, member)) != NULL;) {
		vs_json_write_key_bytes(json, vs_json_key(&wishes->tape, member));
		vs_json_write_raw(json, vs_json_raw(&wishes->tape, member));
	}
	vs_json_write_object_end(json);
}

static vs_result
write_line(struct wishes *wishes, const struct vs_core_reading_row *row,
           const struct vs_json_node *item)
{
	struct vs_buf *out = &wishes->read->body;
	const struct vs_json_node *value = vs_json_member(&wishes->tape, item, "value");
	char time[VS_TIME_TEXT_SIZE], room[1024];
	struct vs_json_writer json;
	struct vs_bytes text = {NULL, 0};
	vs_result r = VS_OK;

	if (wishes->form == JSONL) {
		vs_json_write_begin(&json, out);
		write_json(wishes, row, item, &json);
		VS_TRY(vs_json_write_end(&json));
		return vs_buf_append_byte(out, '\n');
	}
	vs_time_format(row->at_ms, time);
	VS_TRY(vs_buf_printf(out, "%s,", time));
	VS_TRY(member_text(wishes, item, "sensor_type", room, sizeof(room), &text));
	csv_text(out, text, &r);
	VS_TRY(vs_buf_append_byte(out, ','));
	if (value != NULL && value->type == VS_JSON_STRING) {
		VS_TRY(vs_json_text(&wishes->tape, value, room, sizeof(room), &text));
		csv_text(out, text, &r);
	} else {
		VS_TRY(vs_buf_append_bytes(out, vs_json_raw(&wishes->tape, value)));
	}
	VS_TRY(vs_buf_append_byte(out, ','));
	VS_TRY(member_text(wishes, item, "unit", room, sizeof(room), &text));
	csv_text(out, text, &r);
	VS_TRY(r);
	return vs_buf_append_text(out, "\r\n");
}

static void
add_to_bucket(struct wishes *wishes, int64_t at_ms, double value)
{
	double share =
	    (double)(at_ms - wishes->from_ms) / (double)(wishes->to_ms - wishes->from_ms);
	int64_t at = (int64_t)(share * (double)wishes->buckets);
	struct bucket *bucket = &wishes->series[at < wishes->buckets ? at : wishes->buckets - 1];

	if (bucket->count == 0 || value < bucket->minimum)
		bucket->minimum = value;
	if (bucket->count == 0 || value > bucket->maximum)
		bucket->maximum = value;
	bucket->sum += value;
	bucket->count++;
}

static vs_result
take_value(struct wishes *wishes, const struct vs_core_reading_row *row,
           const struct vs_json_node *item)
{
	const struct vs_json_node *type = vs_json_member(&wishes->tape, item, "sensor_type");
	const struct vs_json_node *value = vs_json_member(&wishes->tape, item, "value");
	double number = 0;

	if (wishes->type[0] != '\0' && !vs_json_is(&wishes->tape, type, wishes->type))
		return VS_OK;
	wishes->values++;
	if (wishes->form == LIST) {
		write_json(wishes, row, item, &wishes->read->json);
		return VS_OK;
	}
	if (wishes->form != SERIES)
		return write_line(wishes, row, item);
	if (vs_json_double(&wishes->tape, value, &number).code == VS_E_OK)
		add_to_bucket(wishes, row->at_ms, number);
	return VS_OK;
}

static bool
take_row(const struct vs_core_reading_row *row, void *arg)
{
	struct wishes *wishes = arg;
	const struct vs_json_node *item = NULL;

	if (wishes->rows >= wishes->limit ||
	    wishes->read->body.size > VS_LIMIT_API_ANSWER_SIZE - VS_LIMIT_SENSOR_MESSAGE_SIZE) {
		wishes->is_cut = true;
		return false;
	}
	wishes->rows++;
	wishes->next = (struct vs_core_reading_place){row->row_ms, row->id, row->index};
	if (row->reading != VS_CORE_READ_WHOLE) {
		wishes->has_unreadable = true;
		return true;
	}
	wishes->result = vs_json_parse(row->payload, &wishes->tape);
	while (wishes->result.code == VS_E_OK &&
	       (item = vs_json_next(vs_json_root(&wishes->tape), item)) != NULL)
		wishes->result = take_value(wishes, row, item);
	return wishes->result.code == VS_E_OK;
}

/* --- the answer ------------------------------------------------------------------------------- */

static void
write_series(struct wishes *wishes, struct vs_json_writer *json)
{
	int64_t span = wishes->to_ms - wishes->from_ms;

	vs_json_write_key(json, "buckets");
	vs_json_write_array(json);
	for (int64_t i = 0; i < wishes->buckets; i++) {
		const struct bucket *bucket = &wishes->series[i];

		if (bucket->count == 0)
			continue;
		vs_json_write_object(json);
		vs_api_write_time(json, "at", wishes->from_ms + span / wishes->buckets * i);
		vs_api_write_int(json, "count", bucket->count);
		vs_json_write_key(json, "min");
		vs_json_write_double(json, bucket->minimum);
		vs_json_write_key(json, "max");
		vs_json_write_double(json, bucket->maximum);
		vs_json_write_key(json, "mean");
		vs_json_write_double(json, bucket->sum / (double)bucket->count);
		vs_json_write_object_end(json);
	}
	vs_json_write_array_end(json);
}

static void
write_cursor(const struct wishes *wishes, char cursor[static VS_API_CURSOR_SIZE])
{
	(void)snprintf(cursor, VS_API_CURSOR_SIZE, "%lld.%lld.%lld", (long long)wishes->next.row_ms,
	               (long long)wishes->next.id, (long long)wishes->next.index);
}

static void
write_end(struct wishes *wishes, struct vs_json_writer *json)
{
	char cursor[VS_API_CURSOR_SIZE] = "";

	if (wishes->form == LIST)
		vs_json_write_array_end(json);
	else
		write_series(wishes, json);
	if (wishes->is_cut)
		write_cursor(wishes, cursor);
	if (wishes->form == LIST)
		vs_api_write_text(json, "next", cursor);
	vs_json_write_key(json, "truncated");
	vs_json_write_bool(json, wishes->is_cut);
	vs_json_write_key(json, "unreadable");
	vs_json_write_bool(json, wishes->has_unreadable);
	vs_json_write_object_end(json);
}

/* On the way out: what was opened is known now, and somebody will see it. */
static void
note(struct wishes *wishes)
{
	if (wishes->audit.note == NULL)
		return;
	wishes->entry.result = VS_AUDIT_RESULT_OK;
	vs_core_audit_add_number(&wishes->entry, "from", wishes->from_ms);
	vs_core_audit_add_number(&wishes->entry, "to", wishes->to_ms);
	vs_core_audit_add_number(&wishes->entry, "values", wishes->values);
	wishes->audit.note(wishes->audit.self, &wishes->entry);
}

static vs_result
build(struct vs_api_read *read)
{
	const struct vs_port_reader *reader = &read->api->options.reader;
	struct wishes *wishes = read->arg;
	bool is_json = wishes->form == LIST || wishes->form == SERIES;
	char cursor[VS_API_CURSOR_SIZE] = "";
	vs_result r;

	wishes->read = read;
	if (is_json) {
		vs_json_write_begin(&read->json, &read->body);
		vs_json_write_object(&read->json);
	}
	if (wishes->form == LIST) {
		vs_json_write_key(&read->json, "items");
		vs_json_write_array(&read->json);
	}
	if (wishes->form == CSV)
		VS_TRY(vs_buf_append_text(&read->body, "at,sensor_type,value,unit\r\n"));
	vs_json_tape_init(&wishes->tape);
	wishes->result = VS_OK;
	r = reader->readings(reader->self, read->tenant, read->id, wishes->from_ms, wishes->to_ms,
	                     wishes->after.id > 0 ? &wishes->after : NULL, take_row, wishes);
	vs_json_tape_done(&wishes->tape);
	VS_TRY(r);
	VS_TRY(wishes->result);
	if (is_json) {
		write_end(wishes, &read->json);
		VS_TRY(vs_json_write_end(&read->json));
	} else if (wishes->is_cut) {
		write_cursor(wishes, cursor);
		(void)snprintf(read->headers, sizeof(read->headers), "Voltseal-Next: %s\r\n",
		               cursor);
	}
	note(wishes);
	return VS_OK;
}

static void
finish_read(struct vs_api_read *read, vs_result result)
{
	static const char *const types[] = {[LIST] = "application/json",
	                                    [SERIES] = "application/json",
	                                    [JSONL] = "application/x-ndjson",
	                                    [CSV] = "text/csv; charset=utf-8"};
	const struct wishes *wishes = read->arg;
	struct vs_conn *conn = vs_net_find(read->api->net, read->conn);

	if (conn != NULL && result.code == VS_E_OK)
		vs_api_answer(conn, read->request_id, 200, types[wishes->form], read->headers,
		              vs_buf_view(&read->body));
	else if (conn != NULL)
		vs_api_answer_problem(conn, read->request_id, result, read->detail);
	if (read->body.size > 0)
		explicit_bzero(read->body.data, read->body.size);
}

static void
begin(struct vs_api *api, const struct vs_api_request *request, enum form form)
{
	struct wishes *wishes = calloc(1, sizeof(*wishes));
	const char *fault = NULL;
	vs_result r = VS_FAIL(NO_MEMORY);

	if (wishes != NULL) {
		wishes->form = form;
		wishes->to_ms = request->now_ms + 1;
		wishes->limit = form == LIST ? PAGE_DEFAULT : VS_LIMIT_SENSOR_ROWS;
		wishes->buckets = BUCKETS_DEFAULT;
		wishes->audit = api->options.audit;
		vs_api_audit_describe(request, VS_AUDIT_READING_READ, &wishes->entry);
		r = query_read(request->http->query, wishes, &fault);
		if (r.code != VS_E_OK) {
			free(wishes);
		} else {
			fault = NULL;
			r = vs_api_read_start(api, vs_conn_get_id(request->conn),
			                      request->request_id, request->tenant, request->id,
			                      build, finish_read, wishes);
		}
	}
	if (r.code != VS_E_OK)
		vs_api_answer_problem(request->conn, request->request_id, r, fault);
}

void
vs_api_on_readings_list(struct vs_api *api, const struct vs_api_request *request)
{
	begin(api, request, LIST);
}

void
vs_api_on_readings_series(struct vs_api *api, const struct vs_api_request *request)
{
	begin(api, request, SERIES);
}

void
vs_api_on_readings_export(struct vs_api *api, const struct vs_api_request *request)
{
	begin(api, request, JSONL);
}
