/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <sysexits.h>

#include "cli/fail.h"
#include "cli/http.h"
#include "cli/list.h"

static const struct vs_cli_column columns[] = {{"PART", "part", VS_CLI_TEXT},
                                               {"STATE", "state", VS_CLI_TEXT},
                                               {"REASON", "reason", VS_CLI_TEXT},
                                               {NULL, NULL, VS_CLI_TEXT}};

/* For scripts: what was bad and therefore kept as it was is a failure, told in the table. */
int
vs_cli_run_cert_reload(struct vs_cli *cli)
{
	size_t widths[VS_CLI_COLUMNS_MAX] = {0};
	const struct vs_json_node *root, *items;
	bool is_kept = true;
	vs_result r;
	int code =
	    vs_cli_http(cli, "POST", "/api/v1/certificates/reload", (struct vs_bytes){NULL, 0});

	if (code != 0)
		return code;
	root = vs_json_root(&cli->tape);
	items = vs_json_member(&cli->tape, root, "items");
	if (items == NULL ||
	    vs_json_bool(vs_json_member(&cli->tape, root, "kept"), &is_kept).code != VS_E_OK)
		return vs_cli_fail(cli, VS_E_BAD_MESSAGE, "the daemon's answer has no items");
	if (cli->is_json)
		code = vs_cli_show(cli, NULL, columns);
	else {
		r = vs_cli_table(&cli->out, &cli->tape, items, columns, !cli->is_quiet, cli->now_ms,
		                 widths);
		code = r.code == VS_E_OK ? 0 : vs_cli_no_memory(cli);
	}
	return code == 0 && is_kept ? EX_CONFIG : code;
}
