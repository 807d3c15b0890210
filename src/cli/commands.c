/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/list.h"

#define COMMANDS "/api/v1/commands"
#define ROWS     50u

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
	return vs_cli_list_filtered(cli, COMMANDS, ROWS, list_columns);
}

int
vs_cli_run_commands_show(struct vs_cli *cli)
{
	int code;

	cli->subject = cli->args.positionals[0];
	code = vs_cli_ask(cli, "GET", COMMANDS, cli->subject, NULL, (struct vs_bytes){NULL, 0});
	return code == 0 ? vs_cli_show(cli, NULL, card_columns) : code;
}
