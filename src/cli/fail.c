/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/fail.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#define TEXT_SIZE 8192u
/* The blocks of errors.def that are about what was sent: not well formed, against its table. */
#define CODE_DATA     1100
#define CODE_DATA_END 1300

static const struct {
	const char *noun;
	enum vs_err err;
	int exit_code;
	const char *fix;
} hints[] = {
#define VS_HINT(name, exit_code, fix)          {"", VS_E_##name, exit_code, fix},
#define VS_HINT_OF(noun, name, exit_code, fix) {noun, VS_E_##name, exit_code, fix},
#include "cli/hints.def"
#undef VS_HINT_OF
#undef VS_HINT
};
#define HINT_COUNT (sizeof(hints) / sizeof(hints[0]))

/* The hint of this noun, or the one of all. */
static size_t
find_hint(int code, const char *noun)
{
	size_t found = HINT_COUNT;

	for (size_t i = 0; i < HINT_COUNT; i++) {
		if (vs_err_code(hints[i].err) != code)
			continue;
		if (strcmp(hints[i].noun, noun) == 0)
			return i;
		if (hints[i].noun[0] == '\0')
			found = i;
	}
	return found;
}

int
vs_cli_fail_exit(int code)
{
	size_t i = find_hint(code, "");

	if (i < HINT_COUNT)
		return hints[i].exit_code;
	return code >= CODE_DATA && code < CODE_DATA_END ? EX_DATAERR : EX_SOFTWARE;
}

/* voltseal: station show CS-9: no such thing (VS-1211)
 *   why: ...
 *   fix: ... */
vs_result
vs_cli_fail_text(struct vs_buf *out, const struct vs_cli *cli, int code, const char *why)
{
	const struct vs_cli_command *command = cli->args.command;
	size_t i = find_hint(code, command != NULL ? command->noun : "");
	const char *what = "it failed";

	for (unsigned err = 0; err < VS_E_COUNT; err++) {
		if (vs_err_code((enum vs_err)err) == code)
			what = vs_err_text((enum vs_err)err);
	}
	VS_TRY(vs_buf_append_text(out, "voltseal"));
	if (command != NULL)
		VS_TRY(vs_buf_printf(out, ": %s%s%s", command->noun,
		                     command->verb[0] != '\0' ? " " : "", command->verb));
	if (cli->subject != NULL)
		VS_TRY(vs_buf_printf(out, " %s", cli->subject));
	VS_TRY(vs_buf_printf(out, ": %s (VS-%d)\n", what, code));
	if (why[0] != '\0' && strcmp(why, what) != 0)
		VS_TRY(vs_buf_printf(out, "  why: %s\n", why));
	if (cli->connection.url[0] != '\0' &&
	    (vs_cli_fail_exit(code) == EX_SOFTWARE || vs_cli_fail_exit(code) == EX_UNAVAILABLE ||
	     vs_cli_fail_exit(code) == EX_NOPERM))
		VS_TRY(vs_buf_printf(out, "  at:  %s (from %s)\n", cli->connection.url,
		                     cli->connection.origin));
	if (i < HINT_COUNT && !cli->is_quiet)
		VS_TRY(vs_buf_printf(out, "  fix: %s\n", hints[i].fix));
	return VS_OK;
}

static int
say(struct vs_cli *cli, int code, const char *why)
{
	struct vs_buf text;

	if (cli->is_trying)
		return vs_cli_fail_exit(code);
	vs_cli_flush(cli);
	vs_buf_init(&text, TEXT_SIZE);
	if (vs_cli_fail_text(&text, cli, code, why).code == VS_E_OK)
		(void)fwrite(text.data, 1, text.size, stderr);
	vs_buf_done(&text);
	return vs_cli_fail_exit(code);
}

int
vs_cli_fail(struct vs_cli *cli, enum vs_err err, const char *why)
{
	return say(cli, vs_err_code(err), why);
}

static enum vs_err
err_of_status(long status)
{
	switch (status) {
	case 401:
		return VS_E_NOT_AUTHENTIC;
	case 403:
		return VS_E_FORBIDDEN;
	case 404:
		return VS_E_NOT_FOUND;
	case 429:
		return VS_E_RATE_LIMITED;
	case 503:
		return VS_E_BUSY;
	default:
		return VS_E_INTERNAL;
	}
}

int
vs_cli_fail_problem(struct vs_cli *cli, long http_status)
{
	const struct vs_json_node *problem = vs_json_root(&cli->tape);
	char text[16] = "", why[1024] = "";
	long code;

	if (vs_json_copy_text(&cli->tape, vs_json_member(&cli->tape, problem, "code"), text,
	                      sizeof(text))
	            .code != VS_E_OK ||
	    strncmp(text, "VS-", 3) != 0) {
		(void)snprintf(why, sizeof(why), "the daemon answered with HTTP status %ld",
		               http_status);
		return say(cli, vs_err_code(err_of_status(http_status)), why);
	}
	code = strtol(text + 3, NULL, 10);
	if (vs_json_copy_text(&cli->tape, vs_json_member(&cli->tape, problem, "detail"), why,
	                      sizeof(why))
	        .code != VS_E_OK)
		why[0] = '\0';
	return say(cli, code > 0 && code < 10000 ? (int)code : 0, why);
}

int
vs_cli_fail_usage(struct vs_cli *cli, const char *why)
{
	const struct vs_cli_command *command = cli->args.command;
	struct vs_buf text;

	vs_buf_init(&text, TEXT_SIZE);
	if (vs_buf_printf(
		&text, "voltseal: %s (VS-%d)\n  fix: see %s with: voltseal help%s%s%s%s\n", why,
		vs_err_code(VS_E_BAD_VALUE), command == NULL ? "all commands" : "what it takes",
		command == NULL ? "" : " ", command == NULL ? "" : command->noun,
		command == NULL || command->verb[0] == '\0' ? "" : " ",
		command == NULL ? "" : command->verb)
	        .code == VS_E_OK)
		(void)fwrite(text.data, 1, text.size, stderr);
	vs_buf_done(&text);
	return EX_USAGE;
}
