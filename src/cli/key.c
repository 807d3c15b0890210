/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/list.h"

#include <stdlib.h>
#include <string.h>

#include "cli/fail.h"
#include "cli/http.h"

#define KEYS      "/api/v1/keys"
#define BODY_SIZE 4096u
#define ALL       1000000u

static const struct vs_cli_column key_columns[] = {{"ID", "id", VS_CLI_NUMBER},
                                                   {"KIND", "kind", VS_CLI_TEXT},
                                                   {"OWNER", "owner", VS_CLI_TEXT},
                                                   {"MONTH", "period", VS_CLI_TEXT},
                                                   {"VERSION", "version", VS_CLI_NUMBER},
                                                   {"STATE", "state", VS_CLI_TEXT},
                                                   {"MADE", "created_at", VS_CLI_AGO},
                                                   {"UNTIL (UTC)", "until", VS_CLI_TIME},
                                                   {NULL, NULL, VS_CLI_TEXT}};
static const struct vs_cli_column job_columns[] = {{"JOB", "id", VS_CLI_NUMBER},
                                                   {"KIND", "kind", VS_CLI_TEXT},
                                                   {"OF", "subject", VS_CLI_TEXT},
                                                   {"STATE", "state", VS_CLI_TEXT},
                                                   {"DONE", "done", VS_CLI_NUMBER},
                                                   {"TOTAL", "total", VS_CLI_NUMBER},
                                                   {"BEGUN", "started_at", VS_CLI_AGO},
                                                   {"ERROR", "error", VS_CLI_TEXT},
                                                   {NULL, NULL, VS_CLI_TEXT}};
static const struct vs_cli_column epoch_columns[] = {{"station", "station", VS_CLI_TEXT},
                                                     {"channel", "channel", VS_CLI_TEXT},
                                                     {"epoch", "epoch", VS_CLI_NUMBER},
                                                     {"state", "state", VS_CLI_TEXT},
                                                     {NULL, NULL, VS_CLI_TEXT}};

int
vs_cli_run_key_list(struct vs_cli *cli)
{
	return vs_cli_list_filtered(cli, KEYS, ALL, key_columns);
}

int
vs_cli_run_key_jobs(struct vs_cli *cli)
{
	return vs_cli_list_filtered(cli, KEYS "/jobs", ALL, job_columns);
}

/* An option that is a number; false: it is none. */
static bool
write_number(struct vs_json_writer *writer, const char *member, const char *text)
{
	char *end = NULL;
	long long number;

	if (text == NULL)
		return true;
	number = strtoll(text, &end, 10);
	if (end == text || *end != '\0' || number < 0)
		return false;
	vs_json_write_key(writer, member);
	vs_json_write_int(writer, number);
	return true;
}

static void
write_yes(struct vs_json_writer *writer, const char *member, bool is_yes)
{
	if (!is_yes)
		return;
	vs_json_write_key(writer, member);
	vs_json_write_bool(writer, true);
}

/* The options are the members; what the command does not take was refused before. */
static vs_result
make_body(struct vs_cli *cli, struct vs_buf *body)
{
	struct vs_json_writer writer;

	cli->subject = cli->args.positionals[0];
	vs_json_write_begin(&writer, body);
	vs_json_write_object(&writer);
	if (cli->subject != NULL) {
		vs_json_write_key(&writer, "station");
		vs_json_write_text(&writer, cli->subject);
	}
	vs_cli_write_option(cli, &writer, "channel", "channel");
	vs_cli_write_option(cli, &writer, "reason", "reason");
	vs_cli_write_option(cli, &writer, "confirm", "confirm");
	write_yes(&writer, "tenant", vs_cli_option(cli, "tenant") != NULL);
	write_yes(&writer, "root", vs_cli_option(cli, "root") != NULL);
	if (!write_number(&writer, "epoch", vs_cli_option(cli, "epoch")) ||
	    !write_number(&writer, "id", vs_cli_option(cli, "key")))
		return VS_FAIL(BAD_NUMBER);
	vs_json_write_object_end(&writer);
	return vs_json_write_end(&writer);
}

static const struct vs_cli_column new_columns[] = {{"station", "station", VS_CLI_TEXT},
                                                   {"channel", "channel", VS_CLI_TEXT},
                                                   {"epoch", "epoch", VS_CLI_NUMBER},
                                                   {"key", "key", VS_CLI_TEXT},
                                                   {NULL, NULL, VS_CLI_TEXT}};

static int
post(struct vs_cli *cli, const char *path, const struct vs_cli_column *columns)
{
	struct vs_buf body;
	int code;

	vs_buf_init(&body, BODY_SIZE);
	if (make_body(cli, &body).code != VS_E_OK)
		code = vs_cli_fail(cli, VS_E_BAD_VALUE,
		                   "an argument is no number, too long or not UTF-8");
	else
		code = vs_cli_http(cli, "POST", path, vs_buf_view(&body));
	if (code == 0 && (cli->is_json || !cli->is_quiet))
		code = vs_cli_show(cli, NULL, columns);
	vs_buf_done(&body);
	return code;
}

int
vs_cli_run_key_create(struct vs_cli *cli)
{
	return post(cli, KEYS, new_columns);
}

int
vs_cli_run_key_rotate(struct vs_cli *cli)
{
	bool is_job = vs_cli_option(cli, "tenant") != NULL || vs_cli_option(cli, "key") != NULL;

	return post(cli, KEYS "/rotate", is_job ? job_columns : epoch_columns);
}

int
vs_cli_run_key_revoke(struct vs_cli *cli)
{
	return post(cli, KEYS "/revoke", epoch_columns);
}

int
vs_cli_run_key_destroy(struct vs_cli *cli)
{
	return post(cli, KEYS "/destroy", epoch_columns);
}

int
vs_cli_run_key_rewrap(struct vs_cli *cli)
{
	return post(cli, KEYS "/rewrap", job_columns);
}

/* What an erasure does not reach is said to whoever asked for it. */
int
vs_cli_run_key_erase(struct vs_cli *cli)
{
	int code = post(cli, KEYS "/erase", job_columns);

	if (code == 0 && !cli->is_json && !cli->is_quiet &&
	    vs_buf_append_text(
		&cli->out, "\nCopies of keystore.db made before this can still be opened with the "
			   "root KEK: delete them, or run\n`voltseal key rewrap --root` and "
			   "delete the copies of the old root KEK.\n")
	            .code != VS_E_OK)
		return vs_cli_no_memory(cli);
	return code;
}
