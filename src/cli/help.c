/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/help.h"

#include <curl/curl.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "cli/cli.h"
#include "cli/fail.h"
#include "cli/http.h"
#include "cli/list.h"

#define NAME_WIDTH 34

static vs_result
put_usage(struct vs_buf *out, const struct vs_cli_command *command, int width)
{
	char text[96];
	const char *space = command->verb[0] != '\0' ? " " : "";
	const char *gap = command->arguments[0] != '\0' ? " " : "";

	(void)snprintf(text, sizeof(text), "%s%s%s%s%s", command->noun, space, command->verb, gap,
	               command->arguments);
	return vs_buf_printf(out, "%-*s", width, text);
}

static vs_result
put_options(struct vs_buf *out, const struct vs_cli_command *command)
{
	for (size_t i = 0; i < VS_CLI_OPTION_COUNT; i++) {
		const struct vs_cli_option *o = &vs_cli_options[i];
		char text[64], letter[5] = "    ";

		if (command != NULL ? !vs_cli_command_takes(command, o->name)
		                    : o->scope != VS_CLI_GLOBAL)
			continue;
		if (o->letter != '\0')
			(void)snprintf(letter, sizeof(letter), "-%c, ", o->letter);
		(void)snprintf(text, sizeof(text), "%s--%s%s%s", letter, o->name,
		               o->value != NULL ? " " : "", o->value != NULL ? o->value : "");
		VS_TRY(vs_buf_printf(out, "  %-*s  %s\n", NAME_WIDTH, text, o->help));
	}
	return VS_OK;
}

vs_result
vs_cli_help_all(struct vs_buf *out)
{
	VS_TRY(vs_buf_append_text(out, "voltseal: ask and command a Voltseal daemon\n\n"));
	for (size_t i = 0; i < vs_cli_command_count; i++) {
		VS_TRY(vs_buf_append_text(out, "  "));
		VS_TRY(put_usage(out, &vs_cli_commands[i], NAME_WIDTH));
		VS_TRY(vs_buf_printf(out, "  %s\n", vs_cli_commands[i].help));
	}
	VS_TRY(vs_buf_append_text(out, "\nOptions of all commands:\n"));
	VS_TRY(put_options(out, NULL));
	return vs_buf_append_text(
	    out, "\nWithout --url the ready file says where the daemon is: --ready-file,"
		 " $VOLTSEAL_READY_FILE,\nor that of `voltseald dev`.\n");
}

vs_result
vs_cli_help_command(struct vs_buf *out, const struct vs_cli_command *command)
{
	VS_TRY(vs_buf_append_text(out, "voltseal "));
	VS_TRY(put_usage(out, command, 0));
	VS_TRY(vs_buf_printf(out, "\n  %s\n\n", command->help));
	if (command->options[0] != '\0') {
		VS_TRY(put_options(out, command));
		VS_TRY(vs_buf_append_byte(out, '\n'));
	}
	VS_TRY(vs_buf_append_text(out, "Options of all commands:\n"));
	VS_TRY(put_options(out, NULL));
	return vs_buf_printf(out, "\nExample: voltseal %s\n", command->example);
}

int
vs_cli_run_help(struct vs_cli *cli)
{
	const char *noun = cli->args.positionals[0], *verb = cli->args.positionals[1];
	size_t found = 0;
	vs_result r = VS_OK;

	if (noun == NULL)
		return vs_cli_help_all(&cli->out).code == VS_E_OK ? 0 : vs_cli_no_memory(cli);
	for (size_t i = 0; i < vs_cli_command_count && r.code == VS_E_OK; i++) {
		const struct vs_cli_command *c = &vs_cli_commands[i];

		if (strcmp(c->noun, noun) != 0 || (verb != NULL && strcmp(c->verb, verb) != 0))
			continue;
		found++;
		if (verb != NULL || c->verb[0] == '\0') {
			r = vs_cli_help_command(&cli->out, c);
			continue;
		}
		r = vs_buf_append_text(&cli->out, "  ");
		if (r.code == VS_E_OK)
			r = put_usage(&cli->out, c, NAME_WIDTH);
		if (r.code == VS_E_OK)
			r = vs_buf_printf(&cli->out, "  %s\n", c->help);
	}
	if (r.code != VS_E_OK)
		return vs_cli_no_memory(cli);
	return found > 0 ? 0
	                 : vs_cli_fail_usage(cli, "there is no such command; see: voltseal help");
}

int
vs_cli_run_version(struct vs_cli *cli)
{
	const struct vs_json_node *version;
	char text[64] = "?";
	vs_result r;
	int code = vs_cli_http(cli, "GET", "/api/v1/overview", (struct vs_bytes){NULL, 0});

	version =
	    code == 0 ? vs_json_member(&cli->tape, vs_json_root(&cli->tape), "version") : NULL;
	if (code == 0 && vs_json_copy_text(&cli->tape, version, text, sizeof(text)).code != VS_E_OK)
		(void)snprintf(text, sizeof(text), "?");
	if (cli->is_json)
		r = vs_buf_printf(
		    &cli->out, "{\"voltseal\":\"%s\",\"libcurl\":\"%s\",\"daemon\":%s%s%s}\n",
		    VS_VERSION, curl_version_info(CURLVERSION_NOW)->version, code == 0 ? "\"" : "",
		    code == 0 ? text : "null", code == 0 ? "\"" : "");
	else
		r = vs_buf_printf(&cli->out, "voltseal %s (%s)\n", VS_VERSION, curl_version());
	if (r.code == VS_E_OK && code == 0 && !cli->is_json)
		r = vs_buf_printf(&cli->out, "voltseald %s at %s\n", text, cli->connection.url);
	return r.code == VS_E_OK ? code : vs_cli_no_memory(cli);
}
