/* SPDX-License-Identifier: Apache-2.0 */
/* What a station, sensor device or claim and the daemon say to each other: what is still in its
 * memory, and what comes. */
#include <string.h>

#include "cli/fail.h"
#include "cli/follow.h"
#include "cli/list.h"

#define PATH_SIZE 1024u
#define ROWS      20u

static const struct vs_cli_column columns[] = {{"TIME (UTC)", "at", VS_CLI_TIME},
                                               {"CHANNEL", "channel", VS_CLI_TEXT},
                                               {"WAY", "direction", VS_CLI_TEXT},
                                               {"ACTION", "action", VS_CLI_TEXT},
                                               {"KIND", "type", VS_CLI_TEXT},
                                               {"MICROSECONDS", "latency_us", VS_CLI_NUMBER},
                                               {"BYTES", "size", VS_CLI_NUMBER},
                                               {"SEALED", "sealed", VS_CLI_YES},
                                               {"WRONG WITH IT", "verdict", VS_CLI_TEXT},
                                               {"TEXT", "text", VS_CLI_TEXT},
                                               {NULL, NULL, VS_CLI_TEXT}};

/* Below which part of the API whose messages are. */
static const struct {
	const char *word, *base;
} kinds[] = {
    {"station", "/api/v1/stations"}, {"sensor", "/api/v1/sensors"}, {"claim", "/api/v1/claims"}};

static const char *
base_of(struct vs_cli *cli)
{
	const char *of = vs_cli_option(cli, "of");

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (of == NULL || strcmp(of, kinds[i].word) == 0)
			return kinds[i].base;
	return NULL;
}

static int
run(struct vs_cli *cli, const char *tail, bool is_stream)
{
	const char *base = base_of(cli);
	struct vs_buf path;
	int code;

	cli->subject = cli->args.positionals[0];
	if (base == NULL)
		return vs_cli_fail_usage(cli, "--of is station, sensor or claim");
	vs_buf_init(&path, PATH_SIZE);
	if (vs_cli_path(&path, base, cli->subject, tail).code != VS_E_OK)
		code = vs_cli_fail(cli, VS_E_TOO_LONG, "an argument is too long");
	else if (is_stream)
		code = vs_cli_follow(cli, vs_cli_c_text(&path), columns, NULL);
	else
		code = vs_cli_list(cli, vs_cli_c_text(&path), "", ROWS, columns);
	vs_buf_done(&path);
	return code;
}

int
vs_cli_run_messages_list(struct vs_cli *cli)
{
	return run(cli, "messages", false);
}

int
vs_cli_run_messages_follow(struct vs_cli *cli)
{
	return run(cli, "messages/stream", true);
}
