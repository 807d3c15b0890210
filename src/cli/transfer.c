/* SPDX-License-Identifier: Apache-2.0 */
/* Stations and sensor devices out: CSV (RFC 4180) or JSON lines, one object a line. */
#include <string.h>

#include "cli/fail.h"
#include "cli/http.h"
#include "cli/list.h"
#include "cli/transfer.h"

#define PATH_SIZE  1024u
#define PAGE       500u
#define VALUE_SIZE 2048u

const struct vs_cli_line_kind vs_cli_kind_station = {"/api/v1/stations",
                                                     "password",
                                                     {{"identity", VS_CLI_MEMBER_TEXT, false},
                                                      {"auth", VS_CLI_MEMBER_TEXT, false},
                                                      {"enabled", VS_CLI_MEMBER_TRUTH, false},
                                                      {"versions", VS_CLI_MEMBER_TEXT, false},
                                                      {"e2e", VS_CLI_MEMBER_TEXT, false},
                                                      {"sign", VS_CLI_MEMBER_TEXT, false},
                                                      {"replay", VS_CLI_MEMBER_TEXT, false},
                                                      {"quirks", VS_CLI_MEMBER_TEXT, false},
                                                      {"fingerprint", VS_CLI_MEMBER_TEXT, false},
                                                      {"password", VS_CLI_MEMBER_TEXT, true},
                                                      {"password_hash", VS_CLI_MEMBER_TEXT, true}}};
const struct vs_cli_line_kind vs_cli_kind_sensor = {"/api/v1/sensors",
                                                    "token",
                                                    {{"device", VS_CLI_MEMBER_TEXT, false},
                                                     {"enabled", VS_CLI_MEMBER_TRUTH, false},
                                                     {"public_key", VS_CLI_MEMBER_TEXT, false},
                                                     {"profile", VS_CLI_MEMBER_TEXT, false}}};

struct transfer {
	struct vs_cli *cli;
	const struct vs_cli_line_kind *kind;
	bool is_csv;
};

size_t
vs_cli_kind_count(const struct vs_cli_line_kind *kind)
{
	size_t count = 0;

	while (count < VS_CLI_COLUMNS_IN_OUT && kind->members[count].name != NULL)
		count++;
	return count;
}

size_t
vs_cli_kind_find(const struct vs_cli_line_kind *kind, struct vs_bytes name)
{
	size_t count = vs_cli_kind_count(kind), i = 0;

	while (i < count && !vs_bytes_equal_text(name, kind->members[i].name))
		i++;
	return i;
}

int
vs_cli_kind_format(struct vs_cli *cli, const char *file, bool *is_csv_out)
{
	const char *format = vs_cli_option(cli, "format");
	size_t size = file != NULL ? strlen(file) : 0;

	*is_csv_out = format != NULL ? strcmp(format, "csv") == 0
	                             : size > 4 && strcmp(file + size - 4, ".csv") == 0;
	if (format != NULL && !*is_csv_out && strcmp(format, "jsonl") != 0)
		return vs_cli_fail_usage(cli, "--format takes jsonl or csv");
	return 0;
}

/* A spreadsheet takes what begins so for a formula: it gets a quote in front, as in readings. */
static vs_result
put_cell(struct vs_buf *out, struct vs_bytes text)
{
	VS_TRY(vs_buf_append_byte(out, '"'));
	if (text.size > 0 && memchr("=+-@\t\r", text.data[0], 6) != NULL)
		VS_TRY(vs_buf_append_byte(out, '\''));
	for (size_t i = 0; i < text.size; i++) {
		if (text.data[i] == '"')
			VS_TRY(vs_buf_append_byte(out, '"'));
		VS_TRY(vs_buf_append_byte(out, text.data[i]));
	}
	return vs_buf_append_byte(out, '"');
}

static vs_result
put_csv(struct transfer *transfer, const struct vs_json_node *item)
{
	struct vs_cli *cli = transfer->cli;
	const char *comma = "";

	for (size_t i = 0; i < vs_cli_kind_count(transfer->kind); i++) {
		const struct vs_cli_member *column = &transfer->kind->members[i];
		const struct vs_json_node *node;
		struct vs_bytes text = {NULL, 0};
		char room[VALUE_SIZE];

		if (column->is_in_only)
			continue;
		node = vs_json_member(&cli->tape, item, column->name);
		VS_TRY(vs_buf_append_text(&cli->out, comma));
		comma = ",";
		if (column->type == VS_CLI_MEMBER_TRUTH)
			VS_TRY(vs_buf_append_bytes(&cli->out, vs_json_raw(&cli->tape, node)));
		else if (vs_json_text(&cli->tape, node, room, sizeof(room), &text).code == VS_E_OK)
			VS_TRY(put_cell(&cli->out, text));
	}
	return vs_buf_append_text(&cli->out, "\r\n");
}

static vs_result
put_json(struct transfer *transfer, const struct vs_json_node *item)
{
	struct vs_cli *cli = transfer->cli;
	struct vs_json_writer json;

	vs_json_write_begin(&json, &cli->out);
	vs_json_write_object(&json);
	for (size_t i = 0; i < vs_cli_kind_count(transfer->kind); i++) {
		const struct vs_cli_member *column = &transfer->kind->members[i];
		const struct vs_json_node *node = vs_json_member(&cli->tape, item, column->name);

		if (column->is_in_only || node == NULL || node->type == VS_JSON_NULL)
			continue;
		vs_json_write_key(&json, column->name);
		vs_json_write_raw(&json, vs_json_raw(&cli->tape, node));
	}
	vs_json_write_object_end(&json);
	VS_TRY(vs_json_write_end(&json));
	return vs_buf_append_byte(&cli->out, '\n');
}

static vs_result
put_head(struct transfer *transfer)
{
	const char *comma = "";

	for (size_t i = 0; i < vs_cli_kind_count(transfer->kind); i++) {
		if (transfer->kind->members[i].is_in_only)
			continue;
		VS_TRY(vs_buf_printf(&transfer->cli->out, "%s%s", comma,
		                     transfer->kind->members[i].name));
		comma = ",";
	}
	return vs_buf_append_text(&transfer->cli->out, "\r\n");
}

static vs_result
page_path(const struct vs_cli_line_kind *kind, const char *cursor, struct vs_buf *path)
{
	vs_buf_reset(path);
	VS_TRY(vs_buf_printf(path, "%s?limit=%u", kind->path, PAGE));
	if (cursor[0] == '\0')
		return VS_OK;
	VS_TRY(vs_buf_append_text(path, "&cursor="));
	return vs_cli_http_escape(path, cursor);
}

static int
put_page(struct transfer *transfer, char cursor[static 128])
{
	struct vs_cli *cli = transfer->cli;
	const struct vs_json_node *root = vs_json_root(&cli->tape);
	const struct vs_json_node *items = vs_json_member(&cli->tape, root, "items"), *item = NULL;
	vs_result r = VS_OK;

	while (r.code == VS_E_OK && (item = vs_json_next(items, item)) != NULL)
		r = transfer->is_csv ? put_csv(transfer, item) : put_json(transfer, item);
	if (r.code != VS_E_OK)
		return vs_cli_no_memory(cli);
	if (vs_json_copy_text(&cli->tape, vs_json_member(&cli->tape, root, "next"), cursor, 128)
	        .code != VS_E_OK)
		cursor[0] = '\0';
	vs_cli_flush(cli);
	return 0;
}

static int export(struct vs_cli *cli, const struct vs_cli_line_kind *kind)
{
	struct transfer transfer = {.cli = cli, .kind = kind};
	char cursor[128] = "";
	struct vs_buf path;
	int code = vs_cli_kind_format(cli, NULL, &transfer.is_csv);

	if (code == 0 && transfer.is_csv && put_head(&transfer).code != VS_E_OK)
		code = vs_cli_no_memory(cli);
	vs_buf_init(&path, PATH_SIZE);
	do {
		if (code == 0 && page_path(kind, cursor, &path).code != VS_E_OK)
			code = vs_cli_no_memory(cli);
		if (code == 0)
			code = vs_cli_http(cli, "GET", vs_cli_c_text(&path),
			                   (struct vs_bytes){NULL, 0});
		if (code == 0)
			code = put_page(&transfer, cursor);
	} while (code == 0 && cursor[0] != '\0');
	vs_buf_done(&path);
	return code;
}

int
vs_cli_run_station_export(struct vs_cli *cli)
{
	return export(cli, &vs_cli_kind_station);
}

int
vs_cli_run_sensor_export(struct vs_cli *cli)
{
	return export(cli, &vs_cli_kind_sensor);
}
