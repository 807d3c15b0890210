/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/station.h"

#include <fcntl.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "cli/fail.h"
#include "cli/http.h"
#include "cli/list.h"

#define STATIONS  "/api/v1/stations"
#define BODY_SIZE 4096u
#define ALL       1000000u

static const struct vs_cli_column list_columns[] = {{"STATION", "identity", VS_CLI_TEXT},
                                                    {"CONNECTED", "connected", VS_CLI_YES},
                                                    {"OCPP", "spoken", VS_CLI_TEXT},
                                                    {"LAST SEEN", "last_seen", VS_CLI_AGO},
                                                    {"REGISTRATION", "registration", VS_CLI_TEXT},
                                                    {"ENABLED", "enabled", VS_CLI_YES},
                                                    {"AUTH", "auth", VS_CLI_TEXT},
                                                    {"VENDOR", "vendor", VS_CLI_TEXT},
                                                    {"MODEL", "model", VS_CLI_TEXT},
                                                    {"FIRMWARE", "firmware", VS_CLI_TEXT},
                                                    {NULL, NULL, VS_CLI_TEXT}};
static const struct vs_cli_column card_columns[] = {
    {"station", "identity", VS_CLI_TEXT},
    {"connected", "connected", VS_CLI_YES},
    {"OCPP", "spoken", VS_CLI_TEXT},
    {"last seen", "last_seen", VS_CLI_AGO},
    {"last refused", "refused_at", VS_CLI_AGO},
    {"refused for", "refused", VS_CLI_TEXT},
    {"registration", "registration", VS_CLI_TEXT},
    {"enabled", "enabled", VS_CLI_YES},
    {"auth", "auth", VS_CLI_TEXT},
    {"has password", "has_password", VS_CLI_YES},
    {"fingerprint", "fingerprint", VS_CLI_TEXT},
    {"vendor", "vendor", VS_CLI_TEXT},
    {"model", "model", VS_CLI_TEXT},
    {"serial", "serial", VS_CLI_TEXT},
    {"firmware", "firmware", VS_CLI_TEXT},
    {"versions", "versions", VS_CLI_TEXT},
    {"e2e", "e2e", VS_CLI_TEXT},
    {"sign", "sign", VS_CLI_TEXT},
    {"replay", "replay", VS_CLI_TEXT},
    {"quirks", "quirks", VS_CLI_TEXT},
    {"profile reached", "profile_reached", VS_CLI_NUMBER},
    {"lower until (UTC)", "profile_lowered_until", VS_CLI_TIME},
    {"expired until (UTC)", "expired_until", VS_CLI_TIME},
    {"added (UTC)", "created_at", VS_CLI_TIME},
    {NULL, NULL, VS_CLI_TEXT}};
static const struct vs_cli_column connector_columns[] = {{"EVSE", "evse", VS_CLI_NUMBER},
                                                         {"CONNECTOR", "connector", VS_CLI_NUMBER},
                                                         {"STATUS", "status", VS_CLI_TEXT},
                                                         {"SINCE", "at", VS_CLI_AGO},
                                                         {NULL, NULL, VS_CLI_TEXT}};

/* A request about the station of the first argument. */
static int
request(struct vs_cli *cli, const char *method, struct vs_bytes body)
{
	cli->subject = cli->args.positionals[0];
	return vs_cli_ask(cli, method, STATIONS, cli->subject, NULL, body);
}

int
vs_cli_run_station_list(struct vs_cli *cli)
{
	return vs_cli_list(cli, STATIONS, "", ALL, list_columns);
}

int
vs_cli_run_station_show(struct vs_cli *cli)
{
	int code = request(cli, "GET", (struct vs_bytes){NULL, 0});
	const struct vs_json_node *connectors;
	size_t widths[VS_CLI_COLUMNS_MAX] = {0};

	if (code == 0)
		code = vs_cli_show(cli, NULL, card_columns);
	connectors = vs_json_member(&cli->tape, vs_json_root(&cli->tape), "connectors");
	if (code != 0 || cli->is_json || vs_json_count(connectors) == 0)
		return code;
	if (vs_buf_append_byte(&cli->out, '\n').code != VS_E_OK ||
	    vs_cli_table(&cli->out, &cli->tape, connectors, connector_columns, !cli->is_quiet,
	                 cli->now_ms, widths)
	            .code != VS_E_OK)
		return vs_cli_no_memory(cli);
	return 0;
}

static int
change(struct vs_cli *cli, struct vs_bytes body, const char *done)
{
	int code = request(cli, "PATCH", body);

	if (code == 0 && cli->is_json)
		return vs_cli_show(cli, NULL, card_columns);
	return code != 0 ? code : vs_cli_say(cli, done);
}

int
vs_cli_run_station_enable(struct vs_cli *cli)
{
	return change(cli, VS_BYTES_LITERAL("{\"enabled\":true}"), "may connect");
}

int
vs_cli_run_station_disable(struct vs_cli *cli)
{
	return change(cli, VS_BYTES_LITERAL("{\"enabled\":false}"), "is refused from now on");
}

int
vs_cli_run_station_remove(struct vs_cli *cli)
{
	int code = request(cli, "DELETE", (struct vs_bytes){NULL, 0});

	return code != 0 ? code : vs_cli_say(cli, "is removed");
}

static vs_result
make_body(struct vs_cli *cli, struct vs_bytes password, struct vs_buf *body)
{
	static const char *const proofs[] = {"auth", "fingerprint", NULL};
	struct vs_json_writer writer;

	vs_json_write_begin(&writer, body);
	vs_json_write_object(&writer);
	vs_json_write_key(&writer, "identity");
	vs_json_write_text(&writer, cli->subject);
	vs_cli_put_options(&writer, cli, proofs);
	vs_cli_put_options(&writer, cli, vs_cli_policy_options);
	if (password.size > 0) {
		vs_json_write_key(&writer, "password");
		vs_json_write_string(&writer, password);
	}
	vs_json_write_object_end(&writer);
	return vs_json_write_end(&writer);
}

/* The password is shown this once; how to connect comes from the daemon. */
static int
show_added(struct vs_cli *cli)
{
	const struct vs_json_node *root = vs_json_root(&cli->tape), *lines, *line = NULL;
	char text[VS_CLI_CELL_SIZE];
	bool has_password;

	if (cli->is_json)
		return vs_cli_show(cli, "station", card_columns);
	has_password = vs_json_copy_text(&cli->tape, vs_json_member(&cli->tape, root, "password"),
	                                 text, sizeof(text))
	                   .code == VS_E_OK;
	if (cli->is_quiet) {
		vs_result r = has_password ? vs_buf_printf(&cli->out, "%s\n", text) : VS_OK;

		explicit_bzero(text, sizeof(text));
		return r.code == VS_E_OK ? 0 : vs_cli_no_memory(cli);
	}
	if (vs_cli_say(cli, "is registered") != 0 ||
	    (has_password &&
	     vs_buf_printf(&cli->out, "password  %s   (shown this once)\n", text).code != VS_E_OK))
		return vs_cli_no_memory(cli);
	explicit_bzero(text, sizeof(text));
	lines = vs_json_member(&cli->tape, root, "connect");
	while ((line = vs_json_next(lines, line)) != NULL) {
		vs_cli_cell(&cli->tape, line, VS_CLI_TEXT, cli->now_ms, text);
		if (vs_buf_printf(&cli->out, "  %s\n", text).code != VS_E_OK)
			return vs_cli_no_memory(cli);
	}
	return 0;
}

/* The psk of sealed messages goes into a new file of its own, for its owner alone, and nowhere
 * else. */
static int
add_psk(struct vs_cli *cli, const char *path)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	struct vs_buf body, psk;
	bool is_kept;
	int code;

	if (fd < 0)
		return vs_cli_fail(cli, VS_E_CONFIG,
		                   "the station is registered, but its psk file exists already or "
		                   "cannot be made");
	vs_buf_init(&body, BODY_SIZE);
	vs_buf_init(&psk, BODY_SIZE);
	code =
	    vs_buf_printf(&body, "{\"station\":\"%s\",\"channel\":\"psk\"}", cli->subject).code ==
		    VS_E_OK
		? vs_cli_http(cli, "POST", "/api/v1/keys", vs_buf_view(&body))
		: vs_cli_no_memory(cli);
	if (code == 0 &&
	    vs_buf_append_bytes(&psk, vs_json_raw(&cli->tape, vs_json_root(&cli->tape))).code !=
	        VS_E_OK)
		code = vs_cli_no_memory(cli);
	is_kept = code == 0 && write(fd, psk.data, psk.size) == (ssize_t)psk.size && fsync(fd) == 0;
	if (close(fd) != 0 || !is_kept)
		(void)unlink(path);
	if (code == 0 && !is_kept)
		code = vs_cli_fail(cli, VS_E_CONFIG, "the psk file cannot be written");
	if (psk.data != NULL)
		explicit_bzero(psk.data, psk.capacity);
	vs_buf_done(&psk);
	vs_buf_done(&body);
	return code;
}

int
vs_cli_run_station_add(struct vs_cli *cli)
{
	const char *password_file = vs_cli_option(cli, "password-file");
	struct vs_buf password, body;
	int code = 0;

	cli->subject = cli->args.positionals[0];
	vs_buf_init(&password, 1024);
	vs_buf_init(&body, BODY_SIZE);
	if (password_file != NULL &&
	    vs_cli_read_text(password_file, true, &password).code != VS_E_OK)
		code = vs_cli_fail(
		    cli, VS_E_CONFIG,
		    "the password file cannot be read, or others can read it (chmod 600)");
	if (code == 0 && make_body(cli, vs_buf_view(&password), &body).code != VS_E_OK)
		code = vs_cli_fail(cli, VS_E_BAD_VALUE, "an argument is too long or not UTF-8");
	if (code == 0)
		code = vs_cli_http(cli, "POST", STATIONS, vs_buf_view(&body));
	if (code == 0)
		code = show_added(cli);
	if (code == 0 && vs_cli_option(cli, "psk-file") != NULL)
		code = add_psk(cli, vs_cli_option(cli, "psk-file"));
	if (password.data != NULL)
		explicit_bzero(password.data, password.capacity);
	if (body.data != NULL)
		explicit_bzero(body.data, body.capacity);
	vs_buf_done(&password);
	vs_buf_done(&body);
	return code;
}
