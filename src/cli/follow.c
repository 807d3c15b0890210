/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/follow.h"

#include <stdio.h>
#include <string.h>
#include <sysexits.h>
#include <time.h>

#include "cli/fail.h"
#include "cli/http.h"
#include "cli/sse.h"

#define RETRY_SECOND 1
#define RETRIES      30

struct follow {
	struct vs_cli *cli;
	const struct vs_cli_column *columns;
	const char *station; /* only of this one, or NULL */
	struct vs_cli_sse sse;
	size_t widths[VS_CLI_COLUMNS_MAX];
	size_t events;
	bool has_failed;
};

/* An event is one object; the table wants an array of them. */
static vs_result
put_row(struct follow *follow, struct vs_bytes data)
{
	struct vs_cli *cli = follow->cli;
	struct vs_json_tape tape;
	struct vs_buf array;
	vs_result r;

	vs_buf_init(&array, VS_CLI_SSE_SIZE + 2);
	vs_json_tape_init(&tape);
	r = vs_buf_append_byte(&array, '[');
	if (r.code == VS_E_OK)
		r = vs_buf_append_bytes(&array, data);
	if (r.code == VS_E_OK)
		r = vs_buf_append_byte(&array, ']');
	if (r.code == VS_E_OK)
		r = vs_json_parse(vs_buf_view(&array), &tape);
	if (r.code == VS_E_OK)
		r = vs_cli_table(&cli->out, &tape, vs_json_root(&tape), follow->columns,
		                 !cli->is_quiet && follow->events == 0, cli->now_ms,
		                 follow->widths);
	vs_json_tape_done(&tape);
	vs_buf_done(&array);
	return r;
}

static bool
dispatch(const char *event, struct vs_bytes data, void *arg)
{
	struct follow *follow = arg;
	struct vs_cli *cli = follow->cli;
	const char *station = follow->station;
	struct vs_json_tape tape;
	bool is_wanted = strcmp(event, "hello") != 0 && strcmp(event, "resync") != 0;
	vs_result r;

	if (strcmp(event, "resync") == 0 && !cli->is_quiet)
		(void)fprintf(stderr, "(some events were missed: too many at once)\n");
	if (is_wanted && station != NULL) {
		vs_json_tape_init(&tape);
		is_wanted = vs_json_parse(data, &tape).code == VS_E_OK &&
		            vs_json_is(&tape, vs_json_member(&tape, vs_json_root(&tape), "station"),
		                       station);
		vs_json_tape_done(&tape);
	}
	if (!is_wanted)
		return true;
	if (cli->is_json) {
		r = vs_buf_append_bytes(&cli->out, data);
		if (r.code == VS_E_OK)
			r = vs_buf_append_byte(&cli->out, '\n');
	} else {
		r = put_row(follow, data);
	}
	follow->events++;
	vs_cli_flush(cli);
	follow->has_failed = r.code == VS_E_NO_MEMORY || ferror(stdout) != 0;
	return !follow->has_failed;
}

static bool
received(struct vs_bytes bytes, void *arg)
{
	struct follow *follow = arg;

	return vs_cli_sse_feed(&follow->sse, bytes);
}

/* The stream of a daemon that restarts is taken up again; one that stays away ends this. */
int
vs_cli_follow(struct vs_cli *cli, const char *path, const struct vs_cli_column *columns,
              const char *station)
{
	const struct timespec pause = {RETRY_SECOND, 0};
	struct follow follow = {.cli = cli, .columns = columns, .station = station};
	int code = -1, retries = 0;

	for (;;) {
		size_t before = follow.events;

		cli->is_trying = follow.events > 0 && retries < RETRIES;
		vs_cli_sse_init(&follow.sse, dispatch, &follow);
		code = vs_cli_http_stream(cli, path, received, &follow);
		vs_cli_sse_done(&follow.sse);
		retries = follow.events > before || code == -1 ? 0 : retries + 1;
		if (code != -1 && code != EX_UNAVAILABLE && cli->is_trying)
			retries = RETRIES; /* no use in waiting: once more, and say why */
		cli->is_trying = false;
		if (code == 0 || retries > RETRIES || follow.events == 0)
			break;
		if (!cli->is_quiet && retries == 0)
			(void)fprintf(stderr, "(the stream ended; connecting again)\n");
		(void)nanosleep(&pause, NULL);
	}
	if (code == -1)
		return vs_cli_fail(cli, VS_E_CLOSED, "the stream ended");
	return follow.has_failed ? EX_IOERR : code;
}
