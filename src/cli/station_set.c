/* SPDX-License-Identifier: Apache-2.0 */
/* station set, station lower-profile: what is asked of a station. */
#include <string.h>

#include "cli/duration.h"
#include "cli/fail.h"
#include "cli/list.h"
#include "cli/station.h"

#define STATIONS  "/api/v1/stations"
#define BODY_SIZE 4096u

const char *const vs_cli_policy_options[] = {"versions", "e2e", "sign", "replay", "quirks", NULL};

static const struct vs_cli_column columns[] = {
    {"station", "identity", VS_CLI_TEXT},
    {"auth", "auth", VS_CLI_TEXT},
    {"fingerprint", "fingerprint", VS_CLI_TEXT},
    {"versions", "versions", VS_CLI_TEXT},
    {"e2e", "e2e", VS_CLI_TEXT},
    {"sign", "sign", VS_CLI_TEXT},
    {"replay", "replay", VS_CLI_TEXT},
    {"quirks", "quirks", VS_CLI_TEXT},
    {"profile reached", "profile_reached", VS_CLI_NUMBER},
    {"lower until (UTC)", "profile_lowered_until", VS_CLI_TIME},
    {"expired until (UTC)", "expired_until", VS_CLI_TIME},
    {NULL, NULL, VS_CLI_TEXT}};

void
vs_cli_put_options(struct vs_json_writer *writer, const struct vs_cli *cli,
                   const char *const *options)
{
	for (; *options != NULL; options++)
		vs_cli_write_option(cli, writer, *options, *options);
}

/* 0 ends what a time began. */
static int
put_until(struct vs_json_writer *writer, struct vs_cli *cli, const char *option, const char *key)
{
	const char *value = vs_cli_option(cli, option);
	int64_t ms = 0;

	if (value == NULL)
		return 0;
	if (vs_cli_duration_parse(value, &ms).code != VS_E_OK)
		return vs_cli_fail_usage(cli, "a time is a number and s, m, h or d, such as 24h");
	vs_json_write_key(writer, key);
	if (ms == 0)
		vs_json_write_null(writer);
	else
		vs_json_write_time(writer, cli->now_ms + ms);
	return 0;
}

static int
patch(struct vs_cli *cli, struct vs_bytes body)
{
	int code = vs_cli_ask(cli, "PATCH", STATIONS, cli->subject, NULL, body);

	return code != 0 ? code : vs_cli_show(cli, "station", columns);
}

static int
change(struct vs_cli *cli, const char *const *options, const char *option, const char *key)
{
	struct vs_json_writer writer;
	struct vs_buf body;
	int code;

	cli->subject = cli->args.positionals[0];
	vs_buf_init(&body, BODY_SIZE);
	vs_json_write_begin(&writer, &body);
	vs_json_write_object(&writer);
	vs_cli_put_options(&writer, cli, options);
	code = put_until(&writer, cli, option, key);
	vs_json_write_object_end(&writer);
	if (code == 0 && vs_json_write_end(&writer).code != VS_E_OK)
		code = vs_cli_fail(cli, VS_E_BAD_VALUE, "an argument is too long or not UTF-8");
	if (code == 0 && body.size <= 2)
		code = vs_cli_fail_usage(cli, "nothing was given to change");
	if (code == 0)
		code = patch(cli, vs_buf_view(&body));
	vs_buf_done(&body);
	return code;
}

int
vs_cli_run_station_set(struct vs_cli *cli)
{
	static const char *const options[] = {"auth", "fingerprint", "versions", "e2e",
	                                      "sign", "replay",      "quirks",   NULL};

	return change(cli, options, "accept-expired", "expired_until");
}

int
vs_cli_run_station_lower_profile(struct vs_cli *cli)
{
	static const char *const none[] = {NULL};

	return change(cli, none, "for", "profile_lowered_until");
}

/* --- station password ------------------------------------------------------------------------ */

static bool
says(const struct vs_cli *cli, const struct vs_json_node *result, const char *status)
{
	const struct vs_json_node *list = vs_json_member(&cli->tape, result, "setVariableResult");
	const struct vs_json_node *said = vs_json_member(&cli->tape, result, "status");

	if (said == NULL)
		said = vs_json_member(&cli->tape, vs_json_next(list, NULL), "attributeStatus");
	return vs_json_is(&cli->tape, said, status);
}

static int
tell(struct vs_cli *cli)
{
	const struct vs_json_node *root = vs_json_root(&cli->tape);
	const struct vs_json_node *result = vs_json_member(&cli->tape, root, "result");
	vs_result r;

	if (cli->is_json)
		return vs_cli_show(cli, NULL, columns);
	if (vs_json_is(&cli->tape, vs_json_member(&cli->tape, root, "state"), "failed"))
		return vs_cli_fail(cli, VS_E_TIMEOUT,
		                   "the station did not answer: whichever password it has is good");
	if (!says(cli, result, "Accepted") && !says(cli, result, "RebootRequired"))
		return vs_cli_fail(cli, VS_E_CONFLICT,
		                   "the station did not take the new password: the old one stays");
	r = vs_buf_printf(&cli->out, "%s has a new password, and uses it from its next %s on\n",
	                  cli->subject,
	                  says(cli, result, "RebootRequired") ? "start" : "connection");
	return r.code == VS_E_OK ? 0 : vs_cli_no_memory(cli);
}

int
vs_cli_run_station_password(struct vs_cli *cli)
{
	struct vs_bytes body = vs_cli_option(cli, "force") != NULL
	                           ? VS_BYTES_LITERAL("{\"force\":true}")
	                           : VS_BYTES_LITERAL("{}");
	int code;

	cli->subject = cli->args.positionals[0];
	if (vs_cli_option(cli, "rotate") == NULL)
		return vs_cli_fail_usage(cli, "--rotate is expected");
	code = vs_cli_ask(cli, "POST", STATIONS, cli->subject, "password/rotate", body);
	return code != 0 ? code : tell(cli);
}
