/* SPDX-License-Identifier: Apache-2.0 */
/* Logs of stations: asked for, waited for, listed, written to a file. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "cli/fail.h"
#include "cli/http.h"
#include "cli/list.h"
#include "cli/station_command.h"

#define FILES     "/api/v1/files"
#define PATH_SIZE 1024u
#define BODY_SIZE 1024u
#define ALL       1000000u
#define ID_SIZE   64u

static const struct vs_cli_column columns[] = {
    {"FILE", "id", VS_CLI_TEXT},       {"TYPE", "type", VS_CLI_TEXT},
    {"ASKED", "asked_at", VS_CLI_AGO}, {"RECEIVED", "received", VS_CLI_YES},
    {"SIZE", "size", VS_CLI_NUMBER},   {"NAME", "name", VS_CLI_TEXT},
    {NULL, NULL, VS_CLI_TEXT}};
static const struct vs_cli_column card[] = {{"file", "id", VS_CLI_TEXT},
                                            {"station", "station", VS_CLI_TEXT},
                                            {"type", "type", VS_CLI_TEXT},
                                            {"name", "name", VS_CLI_TEXT},
                                            {"size", "size", VS_CLI_NUMBER},
                                            {"sha256", "sha256", VS_CLI_TEXT},
                                            {"asked (UTC)", "asked_at", VS_CLI_TIME},
                                            {"received (UTC)", "received_at", VS_CLI_TIME},
                                            {NULL, NULL, VS_CLI_TEXT}};

/* --- a file ------------------------------------------------------------------------------------
 */

static bool
write_piece(struct vs_bytes bytes, void *arg)
{
	const int *fd = arg;

	while (bytes.size > 0) {
		ssize_t n = write(*fd, bytes.data, bytes.size);

		if (n <= 0)
			return false;
		bytes = vs_bytes_from(bytes.data + n, bytes.size - (size_t)n);
	}
	return true;
}

/* A new file, readable by its owner alone; without one on standard output. */
static int
download(struct vs_cli *cli, const char *id, const char *out)
{
	int fd = STDOUT_FILENO, code;
	struct vs_buf path;

	if (out != NULL) {
		fd = open(out, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
		if (fd < 0)
			return vs_cli_fail(cli, VS_E_IO,
			                   "--out names a file that is there already, "
			                   "or cannot be made");
	}
	vs_buf_init(&path, PATH_SIZE);
	if (vs_cli_path(&path, FILES, id, "content").code != VS_E_OK)
		code = vs_cli_fail(cli, VS_E_TOO_LONG, "that is no id of a file");
	else
		code = vs_cli_http_stream(cli, vs_cli_c_text(&path), write_piece, &fd);
	vs_buf_done(&path);
	if (fd != STDOUT_FILENO && close(fd) != 0 && code < 0)
		code = 0;
	/* -1: the stream came to its end; 0: it could not be written. */
	if (code == 0)
		code = vs_cli_fail(cli, VS_E_IO, "the file could not be written");
	if (code > 0 && out != NULL)
		(void)unlink(out);
	return code < 0 ? 0 : code;
}

int
vs_cli_run_station_log_get(struct vs_cli *cli)
{
	cli->subject = cli->args.positionals[0];
	return download(cli, cli->subject, vs_cli_option(cli, "out"));
}

int
vs_cli_run_station_logs(struct vs_cli *cli)
{
	struct vs_buf path;
	int code;

	cli->subject = cli->args.positionals[0];
	vs_buf_init(&path, PATH_SIZE);
	if (vs_cli_path(&path, "/api/v1/stations", cli->subject, "logs").code != VS_E_OK)
		code = vs_cli_fail(cli, VS_E_TOO_LONG,
		                   "a station's identity has at most 48 characters");
	else
		code = vs_cli_list(cli, vs_cli_c_text(&path), "", ALL, columns);
	vs_buf_done(&path);
	return code;
}

/* --- asking ------------------------------------------------------------------------------------
 */

static vs_result
make_body(const struct vs_cli *cli, struct vs_buf *body)
{
	const char *type = vs_cli_option(cli, "type");
	bool is_old = vs_cli_option(cli, "get-diagnostics") != NULL;
	struct vs_json_writer writer;

	vs_json_write_begin(&writer, body);
	vs_json_write_object(&writer);
	vs_json_write_key(&writer, "type");
	vs_json_write_text(&writer, type != NULL && strcmp(type, "security") == 0
	                                ? "SecurityLog"
	                                : "DiagnosticsLog");
	vs_json_write_key(&writer, "action");
	vs_json_write_text(&writer, is_old ? "GetDiagnostics" : "GetLog");
	vs_json_write_object_end(&writer);
	return vs_json_write_end(&writer);
}

static int
ask(struct vs_cli *cli, char id[static ID_SIZE])
{
	const char *type = vs_cli_option(cli, "type");
	struct vs_buf path, body;
	int code;

	if (type != NULL && strcmp(type, "security") != 0 && strcmp(type, "diagnostics") != 0)
		return vs_cli_fail_usage(cli, "--type takes security or diagnostics");
	vs_buf_init(&path, PATH_SIZE);
	vs_buf_init(&body, BODY_SIZE);
	if (vs_cli_path(&path, "/api/v1/stations", cli->subject, "logs").code != VS_E_OK ||
	    make_body(cli, &body).code != VS_E_OK)
		code = vs_cli_fail(cli, VS_E_TOO_LONG,
		                   "a station's identity has at most 48 characters");
	else
		code = vs_cli_http(cli, "POST", vs_cli_c_text(&path), vs_buf_view(&body));
	vs_buf_done(&path);
	vs_buf_done(&body);
	if (code == 0 &&
	    vs_json_copy_text(
		&cli->tape, vs_json_member(&cli->tape, vs_json_root(&cli->tape), "id"), id, ID_SIZE)
	            .code != VS_E_OK)
		code = vs_cli_fail(cli, VS_E_BAD_MESSAGE, "the daemon's answer names no file");
	return code;
}

static bool
has_come(const struct vs_cli *cli)
{
	bool answer = false;

	return vs_json_bool(vs_json_member(&cli->tape, vs_json_root(&cli->tape), "received"),
	                    &answer)
	               .code == VS_E_OK &&
	       answer;
}

static int
wait_for(struct vs_cli *cli, const char *id, unsigned timeout_s)
{
	const struct timespec pause = {0, 300 * 1000000L};
	uint64_t until_ms = vs_clock_mono_ms() + timeout_s * UINT64_C(1000);
	struct vs_buf path;
	int code = 0;

	vs_buf_init(&path, PATH_SIZE);
	if (vs_cli_path(&path, FILES, id, NULL).code != VS_E_OK)
		code = vs_cli_no_memory(cli);
	while (code == 0 && !has_come(cli)) {
		if (vs_clock_mono_ms() > until_ms) {
			code = vs_cli_fail(cli, VS_E_TIMEOUT,
			                   "the station has not uploaded it; it may still: see "
			                   "voltseal station logs, voltseal events");
			break;
		}
		(void)nanosleep(&pause, NULL);
		code = vs_cli_http(cli, "GET", vs_cli_c_text(&path), (struct vs_bytes){NULL, 0});
	}
	vs_buf_done(&path);
	return code;
}

int
vs_cli_run_station_log(struct vs_cli *cli)
{
	const char *out = vs_cli_option(cli, "out");
	char id[ID_SIZE] = "";
	unsigned timeout_s = 0;
	int code = vs_cli_take_timeout(cli, &timeout_s);

	cli->subject = cli->args.positionals[0];
	if (code == 0)
		code = ask(cli, id);
	if (code == 0)
		code = wait_for(cli, id, timeout_s);
	if (code == 0)
		code = vs_cli_show(cli, NULL, card);
	return code == 0 && out != NULL ? download(cli, id, out) : code;
}
