/* SPDX-License-Identifier: Apache-2.0 */
/*
 * station upgrade: a station is moved to a higher security profile (OCPP 2.0.1 A05, B09, B10).
 *
 *   here       its certificate is let in beside its password (next_auth), on disk first
 *   there      SetNetworkProfile in a free slot, that slot first in NetworkConfigurationPriority
 *              with the present ones behind it to fall back to, then Reset; 1.6: SecurityProfile
 *   afterwards the first connection with the higher profile shuts the way back
 *
 * What the station does not take is taken back here.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/fail.h"
#include "cli/http.h"
#include "cli/list.h"

#define STATIONS      "/api/v1/stations"
#define CERTIFICATES  "/api/v1/certificates?active=true&limit=1&station="
#define PATH_SIZE     1024u
#define BODY_SIZE     4096u
#define PRIORITY_SIZE 128u
#define SLOT          "2"

static int
ask(struct vs_cli *cli, const char *method, const char *tail, const char *body)
{
	return vs_cli_ask(cli, method, STATIONS, cli->subject, tail, vs_bytes_from_text(body));
}

/* Send an action and wait for its result, which is then in cli->tape. */
static int
command(struct vs_cli *cli, const char *action, const char *payload)
{
	char body[BODY_SIZE];
	const struct vs_json_node *state;
	int code;

	(void)snprintf(body, sizeof(body), "{\"action\":\"%s\",\"payload\":%s,\"wait_s\":60}",
	               action, payload);
	code = ask(cli, "POST", "commands", body);
	if (code != 0)
		return code;
	state = vs_json_member(&cli->tape, vs_json_root(&cli->tape), "state");
	if (!vs_json_is(&cli->tape, state, "answered")) {
		(void)snprintf(body, sizeof(body), "the station gave no result to %s", action);
		return vs_cli_fail(cli, VS_E_CONFLICT, body);
	}
	return 0;
}

static const struct vs_json_node *
result_of(struct vs_cli *cli)
{
	return vs_json_member(&cli->tape, vs_json_root(&cli->tape), "result");
}

/* Is the status of the result, or of its first item, one of those that mean yes? */
static int
expect_yes(struct vs_cli *cli, const char *action, const char *list)
{
	const struct vs_json_node *result = result_of(cli), *status;
	char text[128];

	if (list[0] != '\0')
		status = vs_json_member(
		    &cli->tape, vs_json_next(vs_json_member(&cli->tape, result, list), NULL),
		    "attributeStatus");
	else
		status = vs_json_member(&cli->tape, result, "status");
	if (vs_json_is(&cli->tape, status, "Accepted") ||
	    vs_json_is(&cli->tape, status, "RebootRequired") ||
	    vs_json_is(&cli->tape, status, "Scheduled"))
		return 0;
	(void)snprintf(text, sizeof(text), "the station does not take %s", action);
	return vs_cli_fail(cli, VS_E_CONFLICT, text);
}

/* --- the way of 2.x ----------------------------------------------------------------------------
 */

static int
set_profile(struct vs_cli *cli, const char *url, unsigned long profile)
{
	char body[BODY_SIZE];
	int code;

	(void)snprintf(body, sizeof(body),
	               "{\"configurationSlot\":" SLOT ",\"connectionData\":{\"ocppVersion\":"
	               "\"OCPP20\",\"ocppTransport\":\"JSON\",\"ocppCsmsUrl\":\"%s\","
	               "\"messageTimeout\":30,\"securityProfile\":%lu,\"ocppInterface\":"
	               "\"Wired0\"}}",
	               url, profile);
	code = command(cli, "SetNetworkProfile", body);
	return code != 0 ? code : expect_yes(cli, "SetNetworkProfile", "");
}

#define PRIORITY                                                                                   \
	"\"component\":{\"name\":\"OCPPCommCtrlr\"},\"variable\":{\"name\":"                       \
	"\"NetworkConfigurationPriority\"}}]}"

/* The new slot first, then what was there before, without it. */
static int
set_priority(struct vs_cli *cli)
{
	char old[PRIORITY_SIZE] = "", list[PRIORITY_SIZE] = SLOT, body[BODY_SIZE];
	const struct vs_json_node *items;
	int code = command(cli, "GetVariables", "{\"getVariableData\":[{" PRIORITY);

	if (code != 0)
		return code;
	items = vs_json_member(&cli->tape, result_of(cli), "getVariableResult");
	if (vs_json_copy_text(
		&cli->tape, vs_json_member(&cli->tape, vs_json_next(items, NULL), "attributeValue"),
		old, sizeof(old))
	        .code != VS_E_OK)
		old[0] = '\0';
	for (char *at = old, *next = NULL; at != NULL && *at != '\0'; at = next) {
		size_t used = strlen(list), size = strcspn(at, ",");

		next = at[size] == ',' ? at + size + 1 : NULL;
		/* Only digits go back: it is the station's word. */
		if (size > 0 && strspn(at, "0123456789") >= size &&
		    (size != strlen(SLOT) || strncmp(at, SLOT, size) != 0))
			(void)snprintf(list + used, sizeof(list) - used, ",%.*s", (int)size, at);
	}
	(void)snprintf(body, sizeof(body),
	               "{\"setVariableData\":[{\"attributeValue\":\"%s\"," PRIORITY, list);
	code = command(cli, "SetVariables", body);
	return code != 0 ? code
	                 : expect_yes(cli, "NetworkConfigurationPriority", "setVariableResult");
}

static int
walk_2x(struct vs_cli *cli, const char *url, unsigned long profile)
{
	int code = set_profile(cli, url, profile);

	if (code == 0)
		code = set_priority(cli);
	if (code == 0)
		code = command(cli, "Reset", "{\"type\":\"OnIdle\"}");
	return code != 0 ? code : expect_yes(cli, "Reset", "");
}

/* --- the way of 1.6: it connects again by itself --------------------------------------------- */

static int
walk_16(struct vs_cli *cli, unsigned long profile)
{
	char body[BODY_SIZE];
	int code;

	(void)snprintf(body, sizeof(body), "{\"key\":\"SecurityProfile\",\"value\":\"%lu\"}",
	               profile);
	code = command(cli, "ChangeConfiguration", body);
	return code != 0 ? code : expect_yes(cli, "SecurityProfile", "");
}

/* --- both --------------------------------------------------------------------------------------
 */

/* A05.FR.03: without a certificate the station could only refuse. */
static int
look_for_certificate(struct vs_cli *cli)
{
	struct vs_buf path;
	int code;

	vs_buf_init(&path, PATH_SIZE);
	if (vs_buf_append_text(&path, CERTIFICATES).code != VS_E_OK ||
	    vs_cli_http_escape(&path, cli->subject).code != VS_E_OK)
		code = vs_cli_no_memory(cli);
	else
		code = vs_cli_http(cli, "GET", vs_cli_c_text(&path), (struct vs_bytes){NULL, 0});
	vs_buf_done(&path);
	if (code == 0 &&
	    vs_json_count(vs_json_member(&cli->tape, vs_json_root(&cli->tape), "items")) == 0)
		return vs_cli_fail(
		    cli, VS_E_NOT_NOW,
		    "our CA has issued no certificate to it: voltseal station command "
		    "ID TriggerMessage "
		    "'{\"requestedMessage\":\"SignChargingStationCertificate\"}'");
	return code;
}

static int
walk(struct vs_cli *cli, const char *url, unsigned long profile)
{
	bool is_16;
	int code = ask(cli, "GET", NULL, "");

	if (code != 0)
		return code;
	is_16 = vs_json_is(&cli->tape,
	                   vs_json_member(&cli->tape, vs_json_root(&cli->tape), "spoken"), "1.6");
	if (profile == 3) {
		code = look_for_certificate(cli);
		if (code == 0)
			code = ask(cli, "PATCH", NULL, "{\"next_auth\":\"mtls\"}");
		if (code != 0)
			return code;
	}
	code = is_16 ? walk_16(cli, profile) : walk_2x(cli, url, profile);
	if (code != 0 && profile == 3)
		(void)ask(cli, "PATCH", NULL, "{\"next_auth\":null}");
	return code;
}

int
vs_cli_run_station_upgrade(struct vs_cli *cli)
{
	const char *text = vs_cli_option(cli, "profile"),
		   *given = vs_cli_option(cli, "station-url");
	char url[512];
	int code;

	cli->subject = cli->args.positionals[0];
	if (text == NULL || (strcmp(text, "2") != 0 && strcmp(text, "3") != 0))
		return vs_cli_fail_usage(cli, "--profile 2 or --profile 3 is expected");
	code = ask(cli, "GET", NULL, ""); /* loads the connection, which knows the URL */
	if (code != 0)
		return code;
	(void)snprintf(url, sizeof(url), "%s", given != NULL ? given : cli->connection.station_url);
	if (strncmp(url, "wss://", 6) != 0 || strpbrk(url, "\"\\ ") != NULL)
		return vs_cli_fail(cli, VS_E_CONFIG,
		                   "the station URL is not known here: --station-url "
		                   "wss://HOST:PORT/PATH/");
	code = walk(cli, url, strtoul(text, NULL, 10));
	if (code == 0 && vs_buf_printf(&cli->out,
	                               "%s goes over to security profile %s; its first connection "
	                               "with it shuts the way back\n",
	                               cli->subject, text)
	                         .code != VS_E_OK)
		code = vs_cli_no_memory(cli);
	return code;
}
