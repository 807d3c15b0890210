/* SPDX-License-Identifier: Apache-2.0 */
/* Readings of a sensor device: as a table, or all of them as JSON lines or CSV. */
#include "cli/list.h"

#include <stdio.h>
#include <string.h>

#include "cli/fail.h"
#include "cli/http.h"

#define SENSORS     "/api/v1/sensors"
#define PATH_SIZE   2048u
#define ROWS        100u
#define PAGE        500u
#define CURSOR_SIZE 64u
#define VALUE_SIZE  2048u

static const struct vs_cli_column columns[] = {{"TIME (UTC)", "at", VS_CLI_TIME},
                                               {"SENSOR", "sensor_type", VS_CLI_TEXT},
                                               {"VALUE", "value", VS_CLI_JSON},
                                               {"UNIT", "unit", VS_CLI_TEXT},
                                               {NULL, NULL, VS_CLI_TEXT}};

/* "&from=..&to=..&sensor=.." of the options that were given. */
static vs_result
make_query(const struct vs_cli *cli, struct vs_buf *query)
{
	static const struct {
		const char *option, *name;
	} names[] = {{"since", "from"}, {"until", "to"}, {"sensor", "sensor"}};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		const char *value = vs_cli_option(cli, names[i].option);

		if (value == NULL)
			continue;
		VS_TRY(vs_buf_printf(query, "&%s=", names[i].name));
		VS_TRY(vs_cli_http_escape(query, value));
	}
	return VS_OK;
}

int
vs_cli_run_reading_list(struct vs_cli *cli)
{
	struct vs_buf path, query;
	int code;

	cli->subject = cli->args.positionals[0];
	vs_buf_init(&path, PATH_SIZE);
	vs_buf_init(&query, PATH_SIZE);
	if (vs_cli_path(&path, SENSORS, cli->subject, "readings").code != VS_E_OK ||
	    make_query(cli, &query).code != VS_E_OK)
		code = vs_cli_fail(cli, VS_E_TOO_LONG, "an argument is too long");
	else
		code = vs_cli_list(cli, vs_cli_c_text(&path), vs_cli_c_text(&query), ROWS, columns);
	vs_buf_done(&path);
	vs_buf_done(&query);
	return code;
}

/* RFC 4180; what a spreadsheet would take for a formula gets a quote in front. */
static vs_result
put_csv(struct vs_cli *cli, const struct vs_json_node *node)
{
	char room[VALUE_SIZE];
	struct vs_bytes text = {NULL, 0};

	if (node == NULL || node->type != VS_JSON_STRING)
		return vs_buf_append_bytes(&cli->out, vs_json_raw(&cli->tape, node));
	VS_TRY(vs_json_text(&cli->tape, node, room, sizeof(room), &text));
	VS_TRY(vs_buf_append_byte(&cli->out, '"'));
	if (text.size > 0 && memchr("=+-@\t\r", text.data[0], 6) != NULL)
		VS_TRY(vs_buf_append_byte(&cli->out, '\''));
	for (size_t i = 0; i < text.size; i++) {
		VS_TRY(vs_buf_append_byte(&cli->out, text.data[i]));
		if (text.data[i] == '"')
			VS_TRY(vs_buf_append_byte(&cli->out, '"'));
	}
	return vs_buf_append_byte(&cli->out, '"');
}

static vs_result
put_item(struct vs_cli *cli, const struct vs_json_node *item, bool is_csv)
{
	static const char *const members[] = {"at", "sensor_type", "value", "unit"};

	if (!is_csv) {
		VS_TRY(vs_buf_append_bytes(&cli->out, vs_json_raw(&cli->tape, item)));
		return vs_buf_append_byte(&cli->out, '\n');
	}
	for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++) {
		if (i > 0)
			VS_TRY(vs_buf_append_byte(&cli->out, ','));
		VS_TRY(put_csv(cli, vs_json_member(&cli->tape, item, members[i])));
	}
	return vs_buf_append_text(&cli->out, "\r\n");
}

/* What was got, and where it goes on: cursor "" at the end. */
static int
take_page(struct vs_cli *cli, bool is_csv, char cursor[static CURSOR_SIZE], bool *has_unreadable)
{
	const struct vs_json_node *root = vs_json_root(&cli->tape);
	const struct vs_json_node *items = vs_json_member(&cli->tape, root, "items");
	bool is_unreadable = false;

	for (const struct vs_json_node *item = NULL; (item = vs_json_next(items, item)) != NULL;) {
		if (put_item(cli, item, is_csv).code != VS_E_OK)
			return vs_cli_no_memory(cli);
	}
	if (vs_json_bool(vs_json_member(&cli->tape, root, "unreadable"), &is_unreadable).code ==
	        VS_E_OK &&
	    is_unreadable)
		*has_unreadable = true;
	cursor[0] = '\0';
	if (vs_json_copy_text(&cli->tape, vs_json_member(&cli->tape, root, "next"), cursor,
	                      CURSOR_SIZE)
	        .code != VS_E_OK)
		cursor[0] = '\0';
	vs_cli_flush(cli);
	return 0;
}

static vs_result
make_path(const struct vs_cli *cli, const char *cursor, struct vs_buf *path)
{
	vs_buf_reset(path);
	VS_TRY(vs_cli_path(path, SENSORS, cli->subject, "readings"));
	VS_TRY(vs_buf_printf(path, "?limit=%u", PAGE));
	VS_TRY(make_query(cli, path));
	return cursor[0] == '\0' ? VS_OK : vs_buf_printf(path, "&cursor=%s", cursor);
}

int
vs_cli_run_reading_export(struct vs_cli *cli)
{
	const char *format = vs_cli_option(cli, "format");
	bool is_csv = format != NULL && strcmp(format, "csv") == 0, has_unreadable = false;
	char cursor[CURSOR_SIZE] = "";
	struct vs_buf path;
	int code = 0;

	cli->subject = cli->args.positionals[0];
	if (format != NULL && !is_csv && strcmp(format, "jsonl") != 0)
		return vs_cli_fail_usage(cli, "--format takes jsonl or csv");
	if (is_csv &&
	    vs_buf_append_text(&cli->out, "at,sensor_type,value,unit\r\n").code != VS_E_OK)
		return vs_cli_no_memory(cli);
	vs_buf_init(&path, PATH_SIZE);
	do {
		if (make_path(cli, cursor, &path).code != VS_E_OK)
			code = vs_cli_fail(cli, VS_E_TOO_LONG, "an argument is too long");
		if (code == 0)
			code = vs_cli_http(cli, "GET", vs_cli_c_text(&path),
			                   (struct vs_bytes){NULL, 0});
		if (code == 0)
			code = take_page(cli, is_csv, cursor, &has_unreadable);
	} while (code == 0 && cursor[0] != '\0');
	if (code == 0 && has_unreadable && !cli->is_quiet)
		(void)fprintf(stderr, "(some were erased or damaged, and are not among these)\n");
	vs_buf_done(&path);
	return code;
}
