/* SPDX-License-Identifier: Apache-2.0 */
/* Charge points of the framed network: what Central sees of them, stop and resume. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <time.h>

#include "base/clock.h"
#include "cli/fail.h"
#include "cli/http.h"
#include "cli/list.h"
#include "cli/station_command.h"

#define POINTS       "/api/v1/charge-points"
#define COMMANDS     POINTS "/commands"
#define ROWS         500u
#define BODY_SIZE    256u
#define INTERVAL_MAX 60u
#define CLEAR        "\033[H\033[J"

static const struct vs_cli_column columns[] = {{"CHARGE POINT", "identity", VS_CLI_TEXT},
                                               {"STATE", "state", VS_CLI_TEXT},
                                               {"DRIVER", "driver", VS_CLI_TEXT},
                                               {"KWH", "energy_kwh", VS_CLI_TEXT},
                                               {"AMOUNT", "amount", VS_CLI_TEXT},
                                               {"PRICE", "price", VS_CLI_TEXT},
                                               {"MODE", "mode", VS_CLI_TEXT},
                                               {"MONITOR", "monitor", VS_CLI_YES},
                                               {"ENGINE", "engine", VS_CLI_YES},
                                               {"OPERATOR", "needs_operator", VS_CLI_YES},
                                               {NULL, NULL, VS_CLI_TEXT}};

int
vs_cli_run_charge_point_list(struct vs_cli *cli)
{
	return vs_cli_list(cli, POINTS, "", ROWS, columns);
}

static int
take_interval(struct vs_cli *cli, unsigned *seconds_out)
{
	const char *text = vs_cli_option(cli, "interval");
	char *end = NULL;
	unsigned long number;

	*seconds_out = 1;
	if (text == NULL)
		return 0;
	number = text[0] >= '0' && text[0] <= '9' ? strtoul(text, &end, 10) : 0;
	if (number == 0 || number > INTERVAL_MAX || *end != '\0')
		return vs_cli_fail_usage(cli, "--interval takes seconds from 1 to 60");
	*seconds_out = (unsigned)number;
	return 0;
}

/* Until it is interrupted, or Central is not there any more. */
int
vs_cli_run_charge_point_watch(struct vs_cli *cli)
{
	struct timespec pause = {0};
	unsigned seconds = 1;
	int code = take_interval(cli, &seconds);

	pause.tv_sec = (time_t)seconds;
	while (code == 0) {
		char at[VS_TIME_TEXT_SIZE];

		cli->now_ms = vs_clock_wall_ms();
		vs_time_format(cli->now_ms, at);
		if (!cli->is_json &&
		    vs_buf_printf(&cli->out, CLEAR "Central  %s\n\n", at).code != VS_E_OK)
			return vs_cli_no_memory(cli);
		code = vs_cli_list(cli, POINTS, "", ROWS, columns);
		vs_cli_flush(cli);
		(void)nanosleep(&pause, NULL);
	}
	return code;
}

static int
command_all(struct vs_cli *cli, const char *action)
{
	static const struct vs_cli_column reached[] = {{"action", "action", VS_CLI_TEXT},
	                                               {"reached", "reached", VS_CLI_NUMBER},
	                                               {NULL, NULL, VS_CLI_TEXT}};
	char body[BODY_SIZE];
	int code;

	cli->subject = "all charge points";
	(void)snprintf(body, sizeof(body), "{\"action\":\"%s\"}", action);
	code = vs_cli_http(cli, "POST", COMMANDS, vs_bytes_from_text(body));
	return code == 0 ? vs_cli_show(cli, NULL, reached) : code;
}

static int
command(struct vs_cli *cli, const char *action)
{
	bool is_all = vs_cli_option(cli, "all") != NULL;
	unsigned timeout_s = 0;
	int code;

	cli->subject = cli->args.positionals[0];
	if (is_all == (cli->subject != NULL))
		return vs_cli_fail_usage(cli, "name one charge point, or say --all");
	if (is_all)
		return command_all(cli, action);
	code = vs_cli_take_timeout(cli, &timeout_s);
	if (code == 0)
		code = vs_cli_ask_station(cli, action, VS_BYTES_LITERAL("{}"), timeout_s);
	return code == 0 ? vs_cli_judge_answer(cli) : code;
}

int
vs_cli_run_charge_point_stop(struct vs_cli *cli)
{
	return command(cli, "STOP_COMMAND");
}

int
vs_cli_run_charge_point_resume(struct vs_cli *cli)
{
	return command(cli, "RESUME_COMMAND");
}
