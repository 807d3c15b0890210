/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/cli.h"

#include <curl/curl.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "base/clock.h"
#include "cli/fail.h"
#include "cli/help.h"
#include "cli/http.h"
#include "cli/list.h"

void
vs_cli_flush(struct vs_cli *cli)
{
	if (cli->out.size > 0)
		(void)fwrite(cli->out.data, 1, cli->out.size, stdout);
	(void)fflush(stdout);
	vs_buf_reset(&cli->out);
}

const char *
vs_cli_option(const struct vs_cli *cli, const char *name)
{
	return vs_cli_args_get(&cli->args, name);
}

static int
take_output(struct vs_cli *cli)
{
	const char *output = vs_cli_option(cli, "output");

	cli->is_quiet = vs_cli_option(cli, "quiet") != NULL;
	if (output == NULL || strcmp(output, "table") == 0)
		return 0;
	cli->is_json = strcmp(output, "json") == 0;
	return cli->is_json ? 0 : vs_cli_fail_usage(cli, "--output is table or json");
}

static int
run(struct vs_cli *cli)
{
	const struct vs_cli_command *command = cli->args.command;
	bool wants_help = vs_cli_option(cli, "help") != NULL &&
	                  (command == NULL || command->run != vs_cli_run_help);
	vs_result r;
	int code = take_output(cli);

	if (code != 0)
		return code;
	if (vs_cli_option(cli, "version") != NULL && !wants_help)
		return vs_buf_append_text(&cli->out, "voltseal " VS_VERSION "\n").code == VS_E_OK
		           ? 0
		           : vs_cli_no_memory(cli);
	if (wants_help || command == NULL) {
		r = command != NULL ? vs_cli_help_command(&cli->out, command)
		                    : vs_cli_help_all(&cli->out);
		if (r.code != VS_E_OK)
			return vs_cli_no_memory(cli);
		return wants_help ? 0 : EX_USAGE;
	}
	if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
		return vs_cli_fail(cli, VS_E_INTERNAL, "libcurl does not start");
	code = command->run(cli);
	vs_cli_http_done(cli);
	curl_global_cleanup();
	return code;
}

int
vs_cli_main(int argc, char *const *argv)
{
	struct vs_cli cli;
	char reason[256];
	int code;

	memset(&cli, 0, sizeof(cli));
	vs_buf_init(&cli.out, VS_CLI_BODY_SIZE + 1024);
	vs_buf_init(&cli.body, VS_CLI_BODY_SIZE);
	vs_json_tape_init(&cli.tape);
	cli.now_ms = vs_clock_wall_ms();
	if (vs_cli_args_parse(argc, argv, &cli.args, reason, sizeof(reason)).code != VS_E_OK)
		code = vs_cli_fail_usage(&cli, reason);
	else
		code = run(&cli);
	vs_cli_flush(&cli);
	if (code == 0 && ferror(stdout) != 0)
		code = EX_IOERR;
	vs_json_tape_done(&cli.tape);
	if (cli.body.data != NULL)
		explicit_bzero(cli.body.data, cli.body.capacity); /* it may have held a password */
	vs_buf_done(&cli.body);
	vs_buf_done(&cli.out);
	vs_cli_connection_done(&cli.connection);
	return code;
}
