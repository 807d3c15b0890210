/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/list.h"

#include <string.h>

#include "cli/bundle.h"
#include "cli/fail.h"
#include "cli/http.h"

#define SENSORS   "/api/v1/sensors"
#define BODY_SIZE 1024u
#define ALL       1000000u

static const struct vs_cli_column list_columns[] = {{"DEVICE", "device", VS_CLI_TEXT},
                                                    {"ENABLED", "enabled", VS_CLI_YES},
                                                    {"REACHED", "profile", VS_CLI_TEXT},
                                                    {"TOKEN", "has_token", VS_CLI_YES},
                                                    {"PUBLIC KEY", "public_key", VS_CLI_TEXT},
                                                    {"ADDED (UTC)", "created_at", VS_CLI_TIME},
                                                    {NULL, NULL, VS_CLI_TEXT}};
static const struct vs_cli_column added_columns[] = {{"device", "device", VS_CLI_TEXT},
                                                     {"token (shown once)", "token", VS_CLI_TEXT},
                                                     {NULL, NULL, VS_CLI_TEXT}};

int
vs_cli_run_sensor_list(struct vs_cli *cli)
{
	return vs_cli_list(cli, SENSORS, "", ALL, list_columns);
}

/* Quiet: the token alone, for the device's file. */
static int
show_added(struct vs_cli *cli)
{
	if (!cli->is_quiet || cli->is_json || vs_cli_option(cli, "no-token") != NULL)
		return vs_cli_show(cli, NULL, added_columns);
	if (vs_cli_member_append(cli, "token", &cli->out).code != VS_E_OK)
		return vs_cli_fail(cli, VS_E_BAD_MESSAGE, "the daemon's answer lacks the token");
	return vs_buf_append_byte(&cli->out, '\n').code == VS_E_OK ? 0 : vs_cli_no_memory(cli);
}

int
vs_cli_run_sensor_add(struct vs_cli *cli)
{
	struct vs_json_writer writer;
	struct vs_buf body;
	int code;

	cli->subject = cli->args.positionals[0];
	vs_buf_init(&body, BODY_SIZE);
	vs_json_write_begin(&writer, &body);
	vs_json_write_object(&writer);
	vs_json_write_key(&writer, "device");
	vs_json_write_text(&writer, cli->subject);
	vs_cli_write_option(cli, &writer, "public-key", "public_key");
	if (vs_cli_option(cli, "no-token") != NULL) {
		vs_json_write_key(&writer, "token");
		vs_json_write_bool(&writer, false);
	}
	vs_json_write_object_end(&writer);
	if (vs_json_write_end(&writer).code != VS_E_OK)
		code = vs_cli_fail(cli, VS_E_BAD_VALUE, "an argument is too long or not UTF-8");
	else
		code = vs_cli_http(cli, "POST", SENSORS, vs_buf_view(&body));
	if (code == 0)
		code = show_added(cli);
	vs_buf_done(&body);
	return code;
}

static int
change(struct vs_cli *cli, const char *method, const char *tail, struct vs_bytes body,
       const char *what)
{
	int code;

	cli->subject = cli->args.positionals[0];
	code = vs_cli_ask(cli, method, SENSORS, cli->subject, tail, body);
	return code == 0 ? vs_cli_say(cli, what) : code;
}

int
vs_cli_run_sensor_remove(struct vs_cli *cli)
{
	return change(cli, "DELETE", NULL, (struct vs_bytes){NULL, 0}, "is removed");
}

int
vs_cli_run_sensor_revoke(struct vs_cli *cli)
{
	struct vs_json_writer writer;
	struct vs_buf body;
	int code;

	vs_buf_init(&body, BODY_SIZE);
	vs_json_write_begin(&writer, &body);
	vs_json_write_object(&writer);
	vs_cli_write_option(cli, &writer, "jti", "jti");
	vs_json_write_object_end(&writer);
	if (vs_json_write_end(&writer).code != VS_E_OK)
		code = vs_cli_fail(cli, VS_E_BAD_VALUE, "an argument is too long or not UTF-8");
	else
		code = change(cli, "POST", "revoke", vs_buf_view(&body), "is refused by these");
	vs_buf_done(&body);
	return code;
}
