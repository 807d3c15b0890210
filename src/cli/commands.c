/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/list.h"

#include "cli/fail.h"
#include "cli/http.h"

#define COMMANDS  "/api/v1/commands"
#define PATH_SIZE 1024u
#define ROWS      50u

static const struct vs_cli_column list_columns[] = {
    {"COMMAND", "id", VS_CLI_TEXT},     {"STATION", "station", VS_CLI_TEXT},
    {"ACTION", "action", VS_CLI_TEXT},  {"STATE", "state", VS_CLI_TEXT},
    {"SENT", "created_at", VS_CLI_AGO}, {"ERROR", "error", VS_CLI_ERROR},
    {NULL, NULL, VS_CLI_TEXT}};
static const struct vs_cli_column card_columns[] = {{"command", "id", VS_CLI_TEXT},
                                                    {"station", "station", VS_CLI_TEXT},
                                                    {"action", "action", VS_CLI_TEXT},
                                                    {"state", "state", VS_CLI_TEXT},
                                                    {"error", "error", VS_CLI_ERROR},
                                                    {"sent (UTC)", "created_at", VS_CLI_TIME},
                                                    {"changed (UTC)", "changed_at", VS_CLI_TIME},
                                                    {"request", "request", VS_CLI_JSON},
                                                    {"result", "result", VS_CLI_JSON},
                                                    {NULL, NULL, VS_CLI_TEXT}};

int
vs_cli_run_commands_list(struct vs_cli *cli)
{
	struct vs_buf query;
	int code;

	vs_buf_init(&query, PATH_SIZE);
	if (vs_cli_query(&query, cli, "station").code != VS_E_OK)
		code = vs_cli_fail(cli, VS_E_TOO_LONG, "an argument is too long");
	else
		code = vs_cli_list(cli, COMMANDS, vs_cli_c_text(&query), ROWS, list_columns);
	vs_buf_done(&query);
	return code;
}

int
vs_cli_run_commands_show(struct vs_cli *cli)
{
	struct vs_buf path;
	int code;

	cli->subject = cli->args.positionals[0];
	vs_buf_init(&path, PATH_SIZE);
	if (vs_cli_path(&path, COMMANDS, cli->subject, NULL).code != VS_E_OK)
		code = vs_cli_fail(cli, VS_E_TOO_LONG, "an argument is too long");
	else
		code = vs_cli_http(cli, "GET", vs_cli_c_text(&path), (struct vs_bytes){NULL, 0});
	if (code == 0)
		code = vs_cli_show(cli, NULL, card_columns);
	vs_buf_done(&path);
	return code;
}
