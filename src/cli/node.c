/* SPDX-License-Identifier: Apache-2.0 */
/* The nodes of the installation: which there are, drain and resume. */
#include <stdio.h>
#include <stdlib.h>

#include "cli/fail.h"
#include "cli/http.h"
#include "cli/list.h"

#define NODES      "/api/v1/nodes"
#define ROWS       256u
#define PATH_SIZE  1024u
#define OVER_S_MAX 3600u

static const struct vs_cli_column columns[] = {{"NODE", "name", VS_CLI_TEXT},
                                               {"STATE", "state", VS_CLI_TEXT},
                                               {"STATIONS", "stations", VS_CLI_NUMBER},
                                               {"CPU", "cpu_permille", VS_CLI_PERMILLE},
                                               {"MEMORY", "memory_bytes", VS_CLI_BYTES},
                                               {"WAITING", "store_queue", VS_CLI_NUMBER},
                                               {"UP", "uptime_s", VS_CLI_SPAN},
                                               {"VERSION", "version", VS_CLI_TEXT},
                                               {"ASKED", "self", VS_CLI_YES},
                                               {NULL, NULL, VS_CLI_TEXT}};

int
vs_cli_run_node_list(struct vs_cli *cli)
{
	return vs_cli_list(cli, NODES, "", ROWS, columns);
}

static int
ask(struct vs_cli *cli, const char *what, struct vs_bytes body)
{
	static const struct vs_cli_column said[] = {{"node", "node", VS_CLI_TEXT},
	                                            {"state", "state", VS_CLI_TEXT},
	                                            {NULL, NULL, VS_CLI_TEXT}};
	struct vs_buf path;
	int code;

	cli->subject = cli->args.positionals[0];
	vs_buf_init(&path, PATH_SIZE);
	code = vs_cli_path(&path, NODES, cli->subject, what).code == VS_E_OK
	           ? vs_cli_http(cli, "POST", vs_cli_c_text(&path), body)
	           : vs_cli_no_memory(cli);
	vs_buf_done(&path);
	return code == 0 ? vs_cli_show(cli, NULL, said) : code;
}

int
vs_cli_run_node_drain(struct vs_cli *cli)
{
	const char *text = vs_cli_option(cli, "over");
	unsigned long over_s = 60;
	char body[64], *end = NULL;

	if (text != NULL) {
		over_s =
		    text[0] >= '0' && text[0] <= '9' ? strtoul(text, &end, 10) : OVER_S_MAX + 1;
		if (over_s > OVER_S_MAX || end == NULL || *end != '\0')
			return vs_cli_fail_usage(cli, "--over takes seconds from 0 to 3600");
	}
	(void)snprintf(body, sizeof(body), "{\"over_s\":%lu}", over_s);
	return ask(cli, "drain", vs_bytes_from_text(body));
}

int
vs_cli_run_node_resume(struct vs_cli *cli)
{
	return ask(cli, "resume", vs_bytes_from(NULL, 0));
}
