/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/list.h"

static const struct vs_cli_column columns[] = {
    {"event", "id", VS_CLI_NUMBER},
    {"station", "station", VS_CLI_TEXT},
    {"type", "type", VS_CLI_TEXT},
    {"severity", "severity", VS_CLI_TEXT},
    {"acknowledged (UTC)", "acknowledged_at", VS_CLI_TIME},
    {"by", "acknowledged_by", VS_CLI_TEXT},
    {NULL, NULL, VS_CLI_TEXT}};

int
vs_cli_run_event_ack(struct vs_cli *cli)
{
	int code;

	cli->subject = cli->args.positionals[0];
	code = vs_cli_ask(cli, "POST", "/api/v1/events", cli->subject, "acknowledge",
	                  (struct vs_bytes){NULL, 0});
	return code != 0 ? code : vs_cli_show(cli, NULL, columns);
}
