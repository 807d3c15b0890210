/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/list.h"

#include "cli/fail.h"
#include "cli/follow.h"

#define EVENTS    "/api/v1/events"
#define PATH_SIZE 1024u
#define ROWS      20u

static const struct vs_cli_column list_columns[] = {
    {"TIME (UTC)", "received_at", VS_CLI_TIME},
    {"STATION", "station", VS_CLI_TEXT},
    {"SEVERITY", "severity", VS_CLI_TEXT},
    {"TYPE", "type", VS_CLI_TEXT},
    {"EVENT", "id", VS_CLI_NUMBER},
    {"ACKNOWLEDGED BY", "acknowledged_by", VS_CLI_TEXT},
    {"CONTENT", "payload", VS_CLI_JSON},
    {NULL, NULL, VS_CLI_TEXT}};
static const struct vs_cli_column live_columns[] = {
    {"TIME (UTC)", "at", VS_CLI_TIME},  {"STATION", "station", VS_CLI_TEXT},
    {"KIND", "kind", VS_CLI_TEXT},      {"TYPE", "type", VS_CLI_TEXT},
    {"EVSE", "evse", VS_CLI_NUMBER},    {"STATE", "charging_state", VS_CLI_TEXT},
    {"POWER", "power_w", VS_CLI_POWER}, {"METER", "energy_wh", VS_CLI_ENERGY},
    {"DETAIL", "detail", VS_CLI_TEXT},  {NULL, NULL, VS_CLI_TEXT}};

int
vs_cli_run_events(struct vs_cli *cli)
{
	struct vs_buf query;
	int code;

	if (vs_cli_option(cli, "follow") != NULL)
		return vs_cli_follow(cli, EVENTS "/stream", live_columns,
		                     vs_cli_option(cli, "station"));
	vs_buf_init(&query, PATH_SIZE);
	if (vs_cli_query(&query, cli, "station").code != VS_E_OK ||
	    vs_cli_query(&query, cli, "severity").code != VS_E_OK ||
	    vs_cli_query_switch(&query, cli, "security").code != VS_E_OK ||
	    vs_cli_query_switch(&query, cli, "unacknowledged").code != VS_E_OK)
		code = vs_cli_fail(cli, VS_E_TOO_LONG, "an argument is too long");
	else
		code = vs_cli_list(cli, EVENTS, vs_cli_c_text(&query), ROWS, list_columns);
	vs_buf_done(&query);
	return code;
}
