/* SPDX-License-Identifier: Apache-2.0 */
/* Files that are kept: what is known of them, and their bytes. */
#include <stdio.h>
#include <string.h>

#include "api/state.h"

static const char *
kind_text(enum vs_core_file_kind kind)
{
	return kind == VS_CORE_FILE_LOG ? "log" : "firmware";
}

void
vs_api_write_file(struct vs_json_writer *json, const struct vs_core_file_row *row)
{
	const struct vs_core_file *file = &row->file;

	vs_api_write_text(json, "id", file->id);
	vs_api_write_text(json, "kind", kind_text(file->kind));
	vs_api_write_text(json, "station", file->station);
	vs_api_write_text(json, "type", file->type);
	vs_api_write_text(json, "name", file->name);
	vs_api_write_int(json, "request_id", file->request_id);
	vs_api_write_time(json, "asked_at", file->asked_ms);
	vs_api_write_time(json, "until", file->until_ms);
	vs_json_write_key(json, "received");
	vs_json_write_bool(json, file->received_ms != VS_CORE_ABSENT);
	vs_api_write_time(json, "received_at", file->received_ms);
	vs_api_write_int(json, "size", file->size);
	vs_api_write_text(json, "sha256", file->sha256);
	vs_json_write_key(json, "about");
	vs_json_write_raw(json, row->about.size > 0 ? row->about : VS_BYTES_LITERAL("{}"));
}

/* --- lists ------------------------------------------------------------------------------------ */

static bool
row_write(const struct vs_core_file_row *row, void *arg)
{
	struct vs_api_page *page = arg;

	if (!vs_api_page_row(page, row->file.id))
		return false;
	vs_api_write_file(&page->read->json, row);
	vs_json_write_object_end(&page->read->json);
	return true;
}

static vs_result
logs_build(struct vs_api_read *read)
{
	const struct vs_port_reader *reader = &read->api->options.reader;
	struct vs_api_page page;

	vs_api_page_begin(&page, read);
	VS_TRY(reader->files(reader->self, read->tenant, VS_CORE_FILE_LOG, read->id,
	                     read->list.text, read->list.limit + 1, row_write, &page));
	return vs_api_page_end(&page);
}

void
vs_api_on_logs_list(struct vs_api *api, const struct vs_api_request *request)
{
	vs_api_read(api, request, VS_API_KEY_TEXT, logs_build);
}

static bool
show_row(const struct vs_core_file_row *row, void *arg)
{
	struct vs_api_read *read = arg;

	vs_json_write_object(&read->json);
	vs_api_write_file(&read->json, row);
	vs_json_write_object_end(&read->json);
	return false;
}

static vs_result
show_build(struct vs_api_read *read)
{
	const struct vs_port_reader *reader = &read->api->options.reader;

	vs_json_write_begin(&read->json, &read->body);
	VS_TRY(reader->file(reader->self, read->tenant, read->id, show_row, read));
	return vs_json_write_end(&read->json);
}

void
vs_api_on_file_show(struct vs_api *api, const struct vs_api_request *request)
{
	vs_api_read(api, request, VS_API_KEY_NONE, show_build);
}

/* --- bytes ------------------------------------------------------------------------------------ */

static bool
check_row(const struct vs_core_file_row *row, void *arg)
{
	bool *has_come = arg;

	*has_come = row->file.received_ms != VS_CORE_ABSENT;
	return false;
}

static vs_result
content_build(struct vs_api_read *read)
{
	const struct vs_port_reader *reader = &read->api->options.reader;
	bool has_come = false;

	VS_TRY(reader->file(reader->self, read->tenant, read->id, check_row, &has_come));
	if (!has_come)
		return VS_FAIL(NOT_FOUND);
	read->body.size_max = VS_LIMIT_FIRMWARE_SIZE;
	return reader->file_data(reader->self, read->tenant, read->id, &read->body);
}

static void
content_finish(struct vs_api_read *read, vs_result result)
{
	struct vs_conn *conn = vs_net_find(read->api->net, read->conn);

	if (conn == NULL)
		return;
	if (result.code == VS_E_OK)
		vs_api_answer(conn, read->request_id, 200, "application/octet-stream",
		              "Content-Disposition: attachment\r\n", vs_buf_view(&read->body));
	else
		vs_api_answer_problem(conn, read->request_id, result,
		                      result.code == VS_E_FORBIDDEN   ? "its key was destroyed"
		                      : result.code == VS_E_NOT_FOUND ? "it has not come"
		                                                      : "");
}

void
vs_api_on_file_content(struct vs_api *api, const struct vs_api_request *request)
{
	vs_result r =
	    vs_api_read_start(api, vs_conn_get_id(request->conn), request->request_id,
	                      request->tenant, request->id, content_build, content_finish, NULL);

	if (r.code != VS_E_OK)
		vs_api_answer_problem(request->conn, request->request_id, r, NULL);
}

/* --- removal ---------------------------------------------------------------------------------- */

void
vs_api_on_file_remove(struct vs_api *api, const struct vs_api_request *request)
{
	struct vs_core_record *record = NULL;
	vs_result r =
	    vs_core_record_new(VS_RECORD_file_remove, request->tenant, "", request->now_ms,
	                       vs_bytes_from(NULL, 0), vs_bytes_from(NULL, 0), &record);

	if (r.code == VS_E_OK) {
		(void)snprintf(record->u.file.id, sizeof(record->u.file.id), "%.32s", request->id);
		record->token = VS_API_THEN_NO_CONTENT;
		vs_api_await_drop(api, record->u.file.id);
	}
	vs_api_submit_or_answer(api, request, r, record, NULL);
}
