/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fleet backoff: how stations come back after an outage, told to all that are connected, so that
 * the next storm is one of our own choosing (OCPP 2.0.1 Part 4 5.3: RetryBackOff variables).
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/fail.h"
#include "cli/http.h"
#include "cli/list.h"

#define STATIONS    "/api/v1/stations"
#define PAGE        100u
#define PATH_SIZE   1024u
#define BODY_SIZE   2048u
#define ID_SIZE     49u
#define CURSOR_SIZE 256u

struct fleet {
	struct vs_cli *cli;
	char body[BODY_SIZE];
	char ids[PAGE][ID_SIZE];
	size_t count; /* of this page, of stations to be told */
	char cursor[CURSOR_SIZE];
	unsigned told, away, others, failed; /* others: of OCPP 1.6, which has no such variables */
};

static const struct variable {
	const char *option, *name;
	unsigned long preset, most;
} variables[] = {{"wait-minimum", "RetryBackOffWaitMinimum", 10, 3600},
                 {"random-range", "RetryBackOffRandomRange", 60, 3600},
                 {"repeat-times", "RetryBackOffRepeatTimes", 5, 16}};

static int
make_body(struct fleet *fleet)
{
	size_t used = (size_t)snprintf(fleet->body, BODY_SIZE,
	                               "{\"action\":\"SetVariables\",\"payload\":{"
	                               "\"setVariableData\":[");

	for (size_t i = 0; i < sizeof(variables) / sizeof(variables[0]); i++) {
		const char *text = vs_cli_option(fleet->cli, variables[i].option);
		unsigned long value = variables[i].preset;
		char *end = NULL;

		if (text != NULL) {
			value = text[0] >= '0' && text[0] <= '9' ? strtoul(text, &end, 10)
			                                         : variables[i].most + 1;
			if (value > variables[i].most || (end != NULL && *end != '\0'))
				return vs_cli_fail_usage(
				    fleet->cli, "seconds are 0 to 3600, repetitions 0 to 16");
		}
		used += (size_t)snprintf(fleet->body + used, BODY_SIZE - used,
		                         "%s{\"attributeValue\":\"%lu\",\"component\":{\"name\":"
		                         "\"OCPPCommCtrlr\"},\"variable\":{\"name\":\"%s\"}}",
		                         i > 0 ? "," : "", value, variables[i].name);
	}
	(void)snprintf(fleet->body + used, BODY_SIZE - used, "]}}");
	return 0;
}

/* The stations of a page that are there. Telling them takes the tape, so they are noted first. */
static int
read_page(struct fleet *fleet)
{
	struct vs_cli *cli = fleet->cli;
	const struct vs_json_node *items, *item = NULL;
	struct vs_buf path;
	vs_result r;
	int code;

	vs_buf_init(&path, PATH_SIZE);
	r = vs_buf_printf(&path, STATIONS "?limit=%u", PAGE);
	if (r.code == VS_E_OK && fleet->cursor[0] != '\0')
		r = vs_buf_append_text(&path, "&cursor=");
	if (r.code == VS_E_OK && fleet->cursor[0] != '\0')
		r = vs_cli_http_escape(&path, fleet->cursor);
	code = r.code == VS_E_OK
	           ? vs_cli_http(cli, "GET", vs_cli_c_text(&path), (struct vs_bytes){NULL, 0})
	           : vs_cli_no_memory(cli);
	vs_buf_done(&path);
	if (code != 0)
		return code;
	fleet->count = 0;
	if (vs_json_copy_text(&cli->tape,
	                      vs_json_member(&cli->tape, vs_json_root(&cli->tape), "next"),
	                      fleet->cursor, sizeof(fleet->cursor))
	        .code != VS_E_OK)
		fleet->cursor[0] = '\0';
	items = vs_json_member(&cli->tape, vs_json_root(&cli->tape), "items");
	while ((item = vs_json_next(items, item)) != NULL && fleet->count < PAGE) {
		bool is_connected = false;

		if (vs_json_bool(vs_json_member(&cli->tape, item, "connected"), &is_connected)
		            .code != VS_E_OK ||
		    !is_connected)
			fleet->away++;
		else if (vs_json_is(&cli->tape, vs_json_member(&cli->tape, item, "spoken"), "1.6"))
			fleet->others++;
		else if (vs_json_copy_text(&cli->tape, vs_json_member(&cli->tape, item, "identity"),
		                           fleet->ids[fleet->count], ID_SIZE)
		             .code == VS_E_OK)
			fleet->count++;
	}
	return 0;
}

/* Sent, not waited for: what each answers is in `voltseal commands list`. One that has just left is
 * counted and no reason to stop. */
static void
tell_page(struct fleet *fleet)
{
	struct vs_cli *cli = fleet->cli;
	struct vs_buf path;

	vs_buf_init(&path, PATH_SIZE);
	cli->is_trying = true;
	for (size_t i = 0; i < fleet->count; i++) {
		vs_buf_reset(&path);
		if (vs_cli_path(&path, STATIONS, fleet->ids[i], "commands").code == VS_E_OK &&
		    vs_cli_http(cli, "POST", vs_cli_c_text(&path),
		                vs_bytes_from_text(fleet->body)) == 0)
			fleet->told++;
		else
			fleet->failed++;
	}
	cli->is_trying = false;
	vs_buf_done(&path);
}

int
vs_cli_run_fleet_backoff(struct vs_cli *cli)
{
	static struct fleet fleet; /* too large for the stack */
	vs_result r;
	int code;

	fleet = (struct fleet){.cli = cli};
	code = make_body(&fleet);
	do {
		if (code == 0)
			code = read_page(&fleet);
		if (code == 0)
			tell_page(&fleet);
	} while (code == 0 && fleet.cursor[0] != '\0');
	if (code != 0)
		return code;
	r = vs_buf_printf(&cli->out,
	                  cli->is_json ? "{\"told\":%u,\"away\":%u,\"ocpp16\":%u,\"failed\":%u}\n"
	                               : "told %u, away %u, of OCPP 1.6 %u, failed %u\n",
	                  fleet.told, fleet.away, fleet.others, fleet.failed);
	if (r.code != VS_E_OK)
		return vs_cli_no_memory(cli);
	return fleet.failed == 0 ? 0 : 1;
}
