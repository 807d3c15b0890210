/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/list.h"

#include "cli/fail.h"
#include "cli/http.h"

#define TRANSACTIONS "/api/v1/transactions"
#define PATH_SIZE    1024u
#define ROWS         50u

static const struct vs_cli_column list_columns[] = {
    {"TRANSACTION", "id", VS_CLI_TEXT},       {"STATION", "station", VS_CLI_TEXT},
    {"EVSE", "evse", VS_CLI_NUMBER},          {"STARTED", "started_at", VS_CLI_AGO},
    {"STATE", "charging_state", VS_CLI_TEXT}, {"ENERGY", "energy_wh", VS_CLI_ENERGY},
    {"POWER", "power_w", VS_CLI_POWER},       {"SOC", "soc_percent", VS_CLI_PERCENT},
    {"RUNS", "active", VS_CLI_YES},           {"COMPLETE", "complete", VS_CLI_YES},
    {"TOKEN", "token", VS_CLI_TEXT},          {NULL, NULL, VS_CLI_TEXT}};
static const struct vs_cli_column card_columns[] = {
    {"transaction", "id", VS_CLI_TEXT},
    {"station", "station", VS_CLI_TEXT},
    {"evse", "evse", VS_CLI_NUMBER},
    {"connector", "connector", VS_CLI_NUMBER},
    {"token", "token", VS_CLI_TEXT},
    {"started (UTC)", "started_at", VS_CLI_TIME},
    {"ended (UTC)", "ended_at", VS_CLI_TIME},
    {"state", "charging_state", VS_CLI_TEXT},
    {"stopped because", "stopped_reason", VS_CLI_TEXT},
    {"energy", "energy_wh", VS_CLI_ENERGY},
    {"kWh, exactly", "energy_kwh", VS_CLI_TEXT},
    {"amount", "amount", VS_CLI_TEXT},
    {"currency", "currency", VS_CLI_TEXT},
    {"power", "power_w", VS_CLI_POWER},
    {"state of charge", "soc_percent", VS_CLI_PERCENT},
    {"events", "event_count", VS_CLI_NUMBER},
    {"complete", "complete", VS_CLI_YES},
    {NULL, NULL, VS_CLI_TEXT}};
static const struct vs_cli_column series_columns[] = {{"TIME (UTC)", "at", VS_CLI_TIME},
                                                      {"SEQ", "seq_no", VS_CLI_NUMBER},
                                                      {"EVENT", "type", VS_CLI_TEXT},
                                                      {"TRIGGER", "trigger", VS_CLI_TEXT},
                                                      {"STATE", "charging_state", VS_CLI_TEXT},
                                                      {"METER", "energy_wh", VS_CLI_ENERGY},
                                                      {"POWER", "power_w", VS_CLI_POWER},
                                                      {"SOC", "soc_percent", VS_CLI_PERCENT},
                                                      {NULL, NULL, VS_CLI_TEXT}};

int
vs_cli_run_tx_list(struct vs_cli *cli)
{
	return vs_cli_list_filtered(cli, TRANSACTIONS, ROWS, list_columns);
}

static int
show_series(struct vs_cli *cli)
{
	const struct vs_json_node *series =
	    vs_json_member(&cli->tape, vs_json_root(&cli->tape), "series");
	size_t widths[VS_CLI_COLUMNS_MAX] = {0};

	if (cli->is_json || vs_json_count(series) == 0)
		return 0;
	if (vs_buf_append_byte(&cli->out, '\n').code != VS_E_OK ||
	    vs_cli_table(&cli->out, &cli->tape, series, series_columns, !cli->is_quiet, cli->now_ms,
	                 widths)
	            .code != VS_E_OK)
		return vs_cli_no_memory(cli);
	return 0;
}

int
vs_cli_run_tx_show(struct vs_cli *cli)
{
	const char *station = vs_cli_option(cli, "station");
	struct vs_buf path;
	vs_result r;
	int code;

	cli->subject = cli->args.positionals[0];
	vs_buf_init(&path, PATH_SIZE);
	r = vs_cli_path(&path, TRANSACTIONS, cli->subject, NULL);
	if (r.code == VS_E_OK && station != NULL) {
		r = vs_buf_append_text(&path, "?station=");
		if (r.code == VS_E_OK)
			r = vs_cli_http_escape(&path, station);
	}
	if (r.code != VS_E_OK)
		code = vs_cli_fail(cli, VS_E_TOO_LONG, "an argument is too long");
	else
		code = vs_cli_http(cli, "GET", vs_cli_c_text(&path), (struct vs_bytes){NULL, 0});
	if (code == 0)
		code = vs_cli_show(cli, NULL, card_columns);
	if (code == 0)
		code = show_series(cli);
	vs_buf_done(&path);
	return code;
}
