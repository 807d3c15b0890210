/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/list.h"

#include "cli/fail.h"
#include "cli/http.h"

#define TOKENS    "/api/v1/tokens"
#define BODY_SIZE 4096u
#define ALL       1000000u

static const struct vs_cli_column columns[] = {{"TOKEN", "token", VS_CLI_TEXT},
                                               {"TYPE", "type", VS_CLI_TEXT},
                                               {"STATUS", "status", VS_CLI_TEXT},
                                               {"GROUP", "group", VS_CLI_TEXT},
                                               {"EXPIRES (UTC)", "expires_at", VS_CLI_TIME},
                                               {NULL, NULL, VS_CLI_TEXT}};

int
vs_cli_run_token_list(struct vs_cli *cli)
{
	return vs_cli_list(cli, TOKENS, "", ALL, columns);
}

static vs_result
make_body(const struct vs_cli *cli, struct vs_buf *body)
{
	struct vs_json_writer writer;

	vs_json_write_begin(&writer, body);
	vs_json_write_object(&writer);
	vs_json_write_key(&writer, "token");
	vs_json_write_text(&writer, cli->subject);
	vs_cli_write_option(cli, &writer, "type", "type");
	vs_cli_write_option(cli, &writer, "status", "status");
	vs_cli_write_option(cli, &writer, "group", "group");
	vs_cli_write_option(cli, &writer, "expires", "expires_at");
	vs_json_write_object_end(&writer);
	return vs_json_write_end(&writer);
}

int
vs_cli_run_token_add(struct vs_cli *cli)
{
	struct vs_buf body;
	int code;

	cli->subject = cli->args.positionals[0];
	vs_buf_init(&body, BODY_SIZE);
	if (make_body(cli, &body).code != VS_E_OK)
		code = vs_cli_fail(cli, VS_E_BAD_VALUE, "an argument is too long or not UTF-8");
	else
		code = vs_cli_http(cli, "POST", TOKENS, vs_buf_view(&body));
	if (code == 0 && (cli->is_json || !cli->is_quiet))
		code = vs_cli_show(cli, NULL, columns);
	vs_buf_done(&body);
	return code;
}
