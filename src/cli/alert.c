/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/list.h"

#define ROWS 100

static const struct vs_cli_column columns[] = {{"RECEIVER", "name", VS_CLI_TEXT},
                                               {"KIND", "kind", VS_CLI_TEXT},
                                               {"WAITING", "waiting", VS_CLI_NUMBER},
                                               {"DELIVERED", "delivered", VS_CLI_NUMBER},
                                               {"FAILED", "failed", VS_CLI_NUMBER},
                                               {"GIVEN UP", "dead", VS_CLI_NUMBER},
                                               {"LAST (UTC)", "last_at", VS_CLI_TIME},
                                               {"LAST ERROR", "last_error", VS_CLI_TEXT},
                                               {NULL, NULL, VS_CLI_TEXT}};

int
vs_cli_run_alert_list(struct vs_cli *cli)
{
	return vs_cli_list(cli, "/api/v1/alerts", "", ROWS, columns);
}
