/* SPDX-License-Identifier: Apache-2.0 */
/* What a station holds, and its local authorization list (OCPP 2.0.1 D01). */
#include <string.h>

#include "cli/fail.h"
#include "cli/http.h"
#include "cli/list.h"
#include "cli/station_command.h"

#define STATIONS    "/api/v1/stations"
#define PATH_SIZE   1024u
#define PAYLOAD     65536u
#define CURSOR_SIZE 128u

static const struct vs_cli_column columns[] = {{"KIND", "kind", VS_CLI_TEXT},
                                               {"NUMBER", "number", VS_CLI_NUMBER},
                                               {"SINCE", "at", VS_CLI_AGO},
                                               {"VALUE", "value", VS_CLI_JSON},
                                               {NULL, NULL, VS_CLI_TEXT}};

static int
get_held(struct vs_cli *cli)
{
	return vs_cli_ask(cli, "GET", STATIONS, cli->subject, "held", (struct vs_bytes){NULL, 0});
}

int
vs_cli_run_station_holds(struct vs_cli *cli)
{
	const struct vs_json_node *items;
	size_t widths[VS_CLI_COLUMNS_MAX] = {0};
	int code;

	cli->subject = cli->args.positionals[0];
	code = get_held(cli);
	if (code != 0)
		return code;
	if (cli->is_json)
		return vs_cli_show(cli, "items", columns);
	items = vs_json_member(&cli->tape, vs_json_root(&cli->tape), "items");
	return vs_cli_table(&cli->out, &cli->tape, items, columns, !cli->is_quiet, cli->now_ms,
	                    widths)
	                   .code == VS_E_OK
	           ? 0
	           : vs_cli_no_memory(cli);
}

/* --- local-list sync ------------------------------------------------------------------------- */

/* The version that the station has accepted from us; 0: none. */
static int64_t
find_version(const struct vs_cli *cli)
{
	const struct vs_json_node *items =
	    vs_json_member(&cli->tape, vs_json_root(&cli->tape), "items");
	const struct vs_json_node *item = NULL;
	int64_t version = 0;

	while ((item = vs_json_next(items, item)) != NULL) {
		if (!vs_json_is(&cli->tape, vs_json_member(&cli->tape, item, "kind"), "local_list"))
			continue;
		if (vs_json_int(&cli->tape,
		                vs_json_member(&cli->tape,
		                               vs_json_member(&cli->tape, item, "value"),
		                               "versionNumber"),
		                &version)
		        .code != VS_E_OK)
			version = 0;
	}
	return version;
}

/* Copy a member under another name, when it is there and not null. */
static void
put_raw(struct vs_json_writer *writer, const struct vs_cli *cli, const struct vs_json_node *item,
        const char *member, const char *name)
{
	const struct vs_json_node *node = vs_json_member(&cli->tape, item, member);

	if (node == NULL || node->type == VS_JSON_NULL)
		return;
	vs_json_write_key(writer, name);
	vs_json_write_raw(writer, vs_json_raw(&cli->tape, node));
}

static void
put_token(struct vs_json_writer *writer, const struct vs_cli *cli, const struct vs_json_node *item)
{
	const struct vs_json_node *group = vs_json_member(&cli->tape, item, "group");

	vs_json_write_object(writer);
	vs_json_write_key(writer, "idToken");
	vs_json_write_object(writer);
	put_raw(writer, cli, item, "token", "idToken");
	put_raw(writer, cli, item, "type", "type");
	vs_json_write_object_end(writer);
	vs_json_write_key(writer, "idTokenInfo");
	vs_json_write_object(writer);
	put_raw(writer, cli, item, "status", "status");
	put_raw(writer, cli, item, "expires_at", "cacheExpiryDateTime");
	if (group != NULL && group->type != VS_JSON_NULL) {
		vs_json_write_key(writer, "groupIdToken");
		vs_json_write_object(writer);
		put_raw(writer, cli, item, "group", "idToken");
		vs_json_write_key(writer, "type");
		vs_json_write_text(writer, "Central");
		vs_json_write_object_end(writer);
	}
	vs_json_write_object_end(writer);
	vs_json_write_object_end(writer);
}

/* One page of idTokens as a SendLocalListRequest: the first is the whole list, the next add to it.
 * An empty list is left out (D01.FR.04 empties it then). */
static vs_result
write_list(const struct vs_cli *cli, int64_t version, bool is_first, struct vs_buf *payload)
{
	const struct vs_json_node *items =
	    vs_json_member(&cli->tape, vs_json_root(&cli->tape), "items");
	const struct vs_json_node *item = NULL;
	struct vs_json_writer writer;

	vs_buf_reset(payload);
	vs_json_write_begin(&writer, payload);
	vs_json_write_object(&writer);
	vs_json_write_key(&writer, "versionNumber");
	vs_json_write_int(&writer, version);
	vs_json_write_key(&writer, "updateType");
	vs_json_write_text(&writer, is_first ? "Full" : "Differential");
	if (vs_json_count(items) > 0) {
		vs_json_write_key(&writer, "localAuthorizationList");
		vs_json_write_array(&writer);
		while ((item = vs_json_next(items, item)) != NULL)
			put_token(&writer, cli, item);
		vs_json_write_array_end(&writer);
	}
	vs_json_write_object_end(&writer);
	return vs_json_write_end(&writer);
}

static int
get_tokens(struct vs_cli *cli, const char *cursor)
{
	struct vs_buf path;
	int code = 0;

	vs_buf_init(&path, PATH_SIZE);
	if (vs_buf_printf(&path, "/api/v1/tokens?limit=50%s%s", cursor[0] != 0 ? "&cursor=" : "",
	                  cursor)
	        .code != VS_E_OK)
		code = vs_cli_no_memory(cli);
	if (code == 0)
		code = vs_cli_http(cli, "GET", vs_cli_c_text(&path), (struct vs_bytes){NULL, 0});
	vs_buf_done(&path);
	return code;
}

/* Send one page; what the station says of it decides whether there is another. */
static int
send_page(struct vs_cli *cli, int64_t version, bool is_first, unsigned timeout_s)
{
	const struct vs_json_node *status;
	struct vs_buf payload;
	char text[VS_CLI_CELL_SIZE];
	int code = 0;

	vs_buf_init(&payload, PAYLOAD);
	if (write_list(cli, version, is_first, &payload).code != VS_E_OK)
		code = vs_cli_fail(cli, VS_E_TOO_LONG, "a page of idTokens is too long");
	if (code == 0)
		code = vs_cli_ask_station(cli, "SendLocalList", vs_buf_view(&payload), timeout_s);
	vs_buf_done(&payload);
	if (code == 0)
		code = vs_cli_judge_answer(cli);
	if (code != 0)
		return code;
	status = vs_json_member(
	    &cli->tape, vs_json_member(&cli->tape, vs_json_root(&cli->tape), "result"), "status");
	if (vs_json_is(&cli->tape, status, "Accepted"))
		return 0;
	vs_cli_cell(&cli->tape, status, VS_CLI_TEXT, cli->now_ms, text);
	return vs_cli_fail(cli, VS_E_CONFLICT, text);
}

static int
sync_list(struct vs_cli *cli, unsigned timeout_s)
{
	char cursor[CURSOR_SIZE] = "";
	int64_t version;
	bool is_first = true, has_more = true;
	int code = get_held(cli);

	version = code == 0 ? find_version(cli) : 0;
	while (code == 0 && has_more) {
		code = get_tokens(cli, cursor);
		if (code != 0)
			break;
		has_more =
		    vs_json_copy_text(&cli->tape,
		                      vs_json_member(&cli->tape, vs_json_root(&cli->tape), "next"),
		                      cursor, sizeof(cursor))
			.code == VS_E_OK;
		code = send_page(cli, ++version, is_first, timeout_s);
		is_first = false;
	}
	if (code != 0 || cli->is_quiet)
		return code;
	return vs_buf_printf(&cli->out, "%s has version %lld of the list\n", cli->subject,
	                     (long long)version)
	                   .code == VS_E_OK
	           ? 0
	           : vs_cli_no_memory(cli);
}

int
vs_cli_run_station_local_list(struct vs_cli *cli)
{
	unsigned timeout_s = 0;
	int code = vs_cli_take_timeout(cli, &timeout_s);

	cli->subject = cli->args.positionals[1];
	if (code == 0 && strcmp(cli->args.positionals[0], "sync") != 0)
		return vs_cli_fail_usage(cli, "the step is: sync");
	return code != 0 ? code : sync_list(cli, timeout_s);
}
