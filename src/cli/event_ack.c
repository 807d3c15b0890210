/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/fail.h"
#include "cli/http.h"
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
	struct vs_buf path;
	int code;

	cli->subject = cli->args.positionals[0];
	vs_buf_init(&path, 1024);
	if (vs_cli_path(&path, "/api/v1/events", cli->subject, "acknowledge").code != VS_E_OK)
		code = vs_cli_fail(cli, VS_E_TOO_LONG, "the number of an event is expected");
	else
		code = vs_cli_http(cli, "POST", vs_cli_c_text(&path), (struct vs_bytes){NULL, 0});
	vs_buf_done(&path);
	return code != 0 ? code : vs_cli_show(cli, NULL, columns);
}
