/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/station_command.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <time.h>

#include "base/clock.h"
#include "cli/fail.h"
#include "cli/http.h"
#include "cli/list.h"

#define PATH_SIZE       1024u
#define PAYLOAD_SIZE    65536u
#define TIMEOUT_SECONDS 30u
#define TIMEOUT_MAX     600u
#define WAIT_MAX        60u  /* what the API waits at most in one request */
#define GRACE_MS        5000 /* the daemon's own timeout comes first */

int
vs_cli_take_timeout(struct vs_cli *cli, unsigned *seconds_out)
{
	const char *text = vs_cli_option(cli, "timeout");
	char *end = NULL;
	unsigned long number;

	*seconds_out = TIMEOUT_SECONDS;
	if (text == NULL)
		return 0;
	number = text[0] >= '0' && text[0] <= '9' ? strtoul(text, &end, 10) : 0;
	if (number == 0 || number > TIMEOUT_MAX || *end != '\0')
		return vs_cli_fail_usage(cli, "--timeout takes seconds from 1 to 600");
	*seconds_out = (unsigned)number;
	return 0;
}

/* {} when it is missing, @FILE from a file. Checked here: the shell eats quotes, and then the place
 * of the fault is worth more than the daemon's word. */
static int
take_payload(struct vs_cli *cli, struct vs_buf *payload)
{
	const char *text = cli->args.positionals[2];
	char why[128];
	struct vs_json_tape tape;
	vs_result r;
	int code = 0;

	if (text == NULL)
		r = vs_buf_append_text(payload, "{}");
	else if (text[0] == '@')
		r = vs_cli_read_text(text + 1, false, payload);
	else
		r = vs_buf_append_text(payload, text);
	if (r.code != VS_E_OK)
		return vs_cli_fail(cli, r.code,
		                   text != NULL && text[0] == '@' ? "the JSON file cannot be read"
		                                                  : "the JSON is too long");
	vs_json_tape_init(&tape);
	r = vs_json_parse(vs_buf_view(payload), &tape);
	if (r.code != VS_E_OK) {
		(void)snprintf(why, sizeof(why), "the JSON is wrong at character %u: %s",
		               tape.fault_at + 1, vs_err_text(r.code));
		code = vs_cli_fail(cli, VS_E_BAD_MESSAGE, why);
	} else if (vs_json_root(&tape)->type != VS_JSON_OBJECT) {
		code = vs_cli_fail(cli, VS_E_BAD_MESSAGE, "the JSON must be an object: {...}");
	}
	vs_json_tape_done(&tape);
	return code;
}

static vs_result
make_body(const char *action, struct vs_bytes payload, unsigned timeout_s, struct vs_buf *body)
{
	struct vs_json_writer writer;

	vs_json_write_begin(&writer, body);
	vs_json_write_object(&writer);
	vs_json_write_key(&writer, "action");
	vs_json_write_text(&writer, action);
	vs_json_write_key(&writer, "payload");
	vs_json_write_raw(&writer, payload);
	vs_json_write_key(&writer, "timeout_s");
	vs_json_write_int(&writer, timeout_s);
	vs_json_write_key(&writer, "wait_s");
	vs_json_write_int(&writer, timeout_s < WAIT_MAX ? timeout_s : WAIT_MAX);
	vs_json_write_object_end(&writer);
	return vs_json_write_end(&writer);
}

static bool
is_final(const struct vs_cli *cli)
{
	bool answer = false;

	return vs_json_bool(vs_json_member(&cli->tape, vs_json_root(&cli->tape), "final"), &answer)
	               .code == VS_E_OK &&
	       answer;
}

/* The daemon answers when the command has ended, or after wait_s with its state so far. */
int
vs_cli_wait_command(struct vs_cli *cli, unsigned timeout_s)
{
	const struct timespec pause = {0, 300 * 1000000L};
	uint64_t until_ms = vs_clock_mono_ms() + timeout_s * 1000u + GRACE_MS;
	char id[64] = "";
	struct vs_buf path;
	int code = 0;

	if (vs_json_copy_text(&cli->tape,
	                      vs_json_member(&cli->tape, vs_json_root(&cli->tape), "id"), id,
	                      sizeof(id))
	        .code != VS_E_OK)
		return vs_cli_fail(cli, VS_E_BAD_MESSAGE, "the daemon's answer names no command");
	vs_buf_init(&path, PATH_SIZE);
	if (vs_cli_path(&path, "/api/v1/commands", id, NULL).code != VS_E_OK)
		code = vs_cli_no_memory(cli);
	while (code == 0 && !is_final(cli)) {
		if (vs_clock_mono_ms() > until_ms) {
			code =
			    vs_cli_fail(cli, VS_E_TIMEOUT,
			                "the command has not ended; see: voltseal commands list");
			break;
		}
		(void)nanosleep(&pause, NULL);
		code = vs_cli_http(cli, "GET", vs_cli_c_text(&path), (struct vs_bytes){NULL, 0});
	}
	vs_buf_done(&path);
	return code;
}

/* A station that answers "Rejected" has refused as much as one that answers with an error. */
int
vs_cli_judge_answer(struct vs_cli *cli)
{
	const struct vs_json_node *root = vs_json_root(&cli->tape),
				  *result = vs_json_member(&cli->tape, root, "result");
	const struct vs_json_node *error = vs_json_member(&cli->tape, root, "error");
	char text[VS_CLI_CELL_SIZE], code[16] = "";

	if (vs_json_is(&cli->tape, vs_json_member(&cli->tape, root, "state"), "answered")) {
		const struct vs_json_node *status = vs_json_member(&cli->tape, result, "status");

		return vs_json_is(&cli->tape, status, "Rejected") ? EX_DATAERR : 0;
	}
	if (vs_json_is(&cli->tape, vs_json_member(&cli->tape, root, "state"), "refused")) {
		vs_cli_cell(&cli->tape, result, VS_CLI_JSON, cli->now_ms, text);
		return vs_cli_fail(cli, VS_E_BAD_VALUE, text);
	}
	vs_cli_cell(&cli->tape, error, VS_CLI_ERROR, cli->now_ms, text);
	if (vs_json_copy_text(&cli->tape, vs_json_member(&cli->tape, error, "name"), code,
	                      sizeof(code))
	        .code == VS_E_OK) {
		for (unsigned err = 0; err < VS_E_COUNT; err++) {
			if (strcmp(vs_err_name((enum vs_err)err), code) == 0)
				return vs_cli_fail(cli, (enum vs_err)err, text);
		}
	}
	return vs_cli_fail(cli, VS_E_CLOSED, text);
}

static int
show_result(struct vs_cli *cli)
{
	const struct vs_json_node *result =
	    vs_json_member(&cli->tape, vs_json_root(&cli->tape), "result");
	vs_result r;

	if (cli->is_json)
		r = vs_buf_append_bytes(&cli->out, vs_buf_view(&cli->body));
	else if (result != NULL && result->type != VS_JSON_NULL)
		r = vs_buf_append_bytes(&cli->out, vs_json_raw(&cli->tape, result));
	else
		return vs_cli_judge_answer(cli);
	if (r.code == VS_E_OK)
		r = vs_buf_append_byte(&cli->out, '\n');
	return r.code == VS_E_OK ? vs_cli_judge_answer(cli) : vs_cli_no_memory(cli);
}

int
vs_cli_ask_station(struct vs_cli *cli, const char *action, struct vs_bytes payload,
                   unsigned timeout_s)
{
	struct vs_buf body, path;
	int code = 0;

	vs_buf_init(&body, PAYLOAD_SIZE + 1024);
	vs_buf_init(&path, PATH_SIZE);
	if (make_body(action, payload, timeout_s, &body).code != VS_E_OK ||
	    vs_cli_path(&path, "/api/v1/stations", cli->subject, "commands").code != VS_E_OK)
		code = vs_cli_fail(cli, VS_E_BAD_VALUE, "an argument is too long or not UTF-8");
	if (code == 0)
		code = vs_cli_http(cli, "POST", vs_cli_c_text(&path), vs_buf_view(&body));
	if (code == 0)
		code = vs_cli_wait_command(cli, timeout_s);
	vs_buf_done(&body);
	vs_buf_done(&path);
	return code;
}

int
vs_cli_run_station_command(struct vs_cli *cli)
{
	struct vs_buf payload;
	unsigned timeout_s = 0;
	int code;

	cli->subject = cli->args.positionals[0];
	vs_buf_init(&payload, PAYLOAD_SIZE);
	code = vs_cli_take_timeout(cli, &timeout_s);
	if (code == 0)
		code = take_payload(cli, &payload);
	if (code == 0)
		code = vs_cli_ask_station(cli, cli->args.positionals[1], vs_buf_view(&payload),
		                          timeout_s);
	if (code == 0)
		code = show_result(cli);
	vs_buf_done(&payload);
	return code;
}
