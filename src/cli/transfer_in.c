/* SPDX-License-Identifier: Apache-2.0 */
/* Stations and sensor devices in: a line is one of them, and fails alone. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/file.h"
#include "cli/csv.h"
#include "cli/fail.h"
#include "cli/http.h"
#include "cli/list.h"
#include "cli/registry.h"
#include "cli/transfer.h"

#define FILE_SIZE_MAX (64u << 20)
#define BODY_SIZE     8192u
#define PATH_SIZE     1024u
#define VALUE_SIZE    2048u

struct transfer {
	struct vs_cli *cli;
	const struct vs_cli_line_kind *kind;
	bool is_csv, is_dry;
	int made_fd; /* for what is shown once; -1 */
	struct vs_cli_csv_row row, head;
	size_t line, good, bad;
	struct vs_bytes values[VS_CLI_COLUMNS_IN_OUT]; /* data NULL: absent */
	char room[VS_CLI_COLUMNS_IN_OUT][VALUE_SIZE];
};

/* LINE CODE ID WORDS */
static int
tell(struct transfer *transfer, const char *code, const char *words)
{
	struct vs_cli *cli = transfer->cli;
	char id[VS_CLI_CELL_SIZE] = "-";

	transfer->bad++;
	if (transfer->values[0].data != NULL)
		(void)vs_bytes_copy_text(transfer->values[0], id, sizeof(id));
	if (strspn(id, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789*-_=:+|@.") !=
	    strlen(id))
		(void)snprintf(id, sizeof(id), "?"); /* what stands in the file is not ours */
	return vs_buf_printf(&cli->out, "%zu %s %s %s\n", transfer->line, code, id, words).code ==
	               VS_E_OK
	           ? 0
	           : vs_cli_no_memory(cli);
}

static int
tell_err(struct transfer *transfer, enum vs_err err)
{
	char code[16];

	(void)snprintf(code, sizeof(code), "VS-%d", vs_err_code(err));
	return tell(transfer, code, vs_err_text(err));
}

/* What the daemon said of this line; not of it, but of token or connection: exit. */
static int
tell_problem(struct transfer *transfer, int exit_code)
{
	struct vs_cli *cli = transfer->cli;
	const struct vs_json_node *root = vs_json_root(&cli->tape);
	char code[16] = "", words[VS_CLI_CELL_SIZE] = "";
	int64_t status = 0;

	(void)vs_json_copy_text(&cli->tape, vs_json_member(&cli->tape, root, "code"), code,
	                        sizeof(code))
	    .code;
	if (vs_json_copy_text(&cli->tape, vs_json_member(&cli->tape, root, "detail"), words,
	                      sizeof(words))
	        .code != VS_E_OK)
		(void)vs_json_copy_text(&cli->tape, vs_json_member(&cli->tape, root, "title"),
		                        words, sizeof(words))
		    .code;
	(void)vs_json_int(&cli->tape, vs_json_member(&cli->tape, root, "status"), &status).code;
	if (code[0] == '\0' || status == 401 || status == 403 || status >= 500) {
		(void)vs_cli_fail_problem(cli, (long)status);
		return exit_code;
	}
	return tell(transfer, code, words);
}

static vs_result
write_body(const struct transfer *transfer, bool is_change, struct vs_buf *body)
{
	struct vs_json_writer json;

	vs_json_write_begin(&json, body);
	vs_json_write_object(&json);
	for (size_t i = is_change ? 1 : 0; i < vs_cli_kind_count(transfer->kind); i++) {
		const struct vs_cli_member *column = &transfer->kind->members[i];
		struct vs_bytes value = transfer->values[i];
		/* A new station is enabled: that it shall not be is a change. */
		bool is_apart =
		    transfer->kind == &vs_cli_kind_station && column->type == VS_CLI_MEMBER_TRUTH;

		if (value.data == NULL || is_change != is_apart)
			continue;
		vs_json_write_key(&json, column->name);
		if (column->type == VS_CLI_MEMBER_TEXT)
			vs_json_write_string(&json, value);
		else if (vs_bytes_equal_text(value, "true") || vs_bytes_equal_text(value, "false"))
			vs_json_write_raw(&json, value);
		else
			return VS_FAIL(WRONG_TYPE);
	}
	vs_json_write_object_end(&json);
	return vs_json_write_end(&json);
}

static vs_result
keep_shown(struct transfer *transfer)
{
	struct vs_cli *cli = transfer->cli;
	char shown[VS_CLI_CELL_SIZE], id[VS_CLI_CELL_SIZE] = "";
	int sent;

	if (transfer->made_fd < 0 ||
	    vs_json_copy_text(
		&cli->tape,
		vs_json_member(&cli->tape, vs_json_root(&cli->tape), transfer->kind->shown), shown,
		sizeof(shown))
	            .code != VS_E_OK)
		return VS_OK;
	(void)vs_bytes_copy_text(transfer->values[0], id, sizeof(id));
	sent = dprintf(transfer->made_fd, "%s,%s\n", id, shown);
	explicit_bzero(shown, sizeof(shown));
	return sent > 0 ? VS_OK : VS_FAIL(IO);
}

static int
ask(struct transfer *transfer, const char *method, const char *path, struct vs_bytes body)
{
	int code;

	transfer->cli->is_trying = true;
	code = vs_cli_http(transfer->cli, method, path, body);
	transfer->cli->is_trying = false;
	return code;
}

/* Would it be added? */
static int
line_try(struct transfer *transfer, const char *path)
{
	const struct vs_json_node *root = vs_json_root(&transfer->cli->tape);
	char code[16] = "";

	if (ask(transfer, "GET", path, (struct vs_bytes){NULL, 0}) == 0)
		return tell_err(transfer, VS_E_EXISTS);
	root = vs_json_root(&transfer->cli->tape);
	(void)vs_json_copy_text(&transfer->cli->tape,
	                        vs_json_member(&transfer->cli->tape, root, "code"), code,
	                        sizeof(code))
	    .code;
	if (strcmp(code, "VS-1211") != 0)
		return tell_problem(transfer, EX_UNAVAILABLE);
	transfer->good++;
	return 0;
}

static int
line_add(struct transfer *transfer, const char *path, struct vs_bytes body, struct vs_bytes change)
{
	int exit_code = ask(transfer, "POST", transfer->kind->path, body);

	if (exit_code == 0 && keep_shown(transfer).code != VS_E_OK)
		return vs_cli_fail(transfer->cli, VS_E_IO, "--out cannot be written to");
	if (exit_code == 0 && change.size > 2) /* more than {} */
		exit_code = ask(transfer, "PATCH", path, change);
	if (exit_code != 0)
		return tell_problem(transfer, exit_code);
	transfer->good++;
	return 0;
}

static int
line_send(struct transfer *transfer, const char *path)
{
	struct vs_buf body, change;
	int code;
	vs_result r;

	vs_buf_init(&body, BODY_SIZE);
	vs_buf_init(&change, BODY_SIZE);
	r = write_body(transfer, false, &body);
	if (r.code == VS_E_OK && transfer->kind == &vs_cli_kind_station)
		r = write_body(transfer, true, &change);
	if (r.code != VS_E_OK) {
		code = tell_err(transfer, r.code);
	} else if (transfer->is_dry) {
		code = line_try(transfer, path);
	} else {
		code = line_add(transfer, path, vs_buf_view(&body), vs_buf_view(&change));
	}
	vs_cli_buf_wipe(&body);
	vs_buf_done(&change);
	return code;
}

static int
line_take(struct transfer *transfer)
{
	char id[VS_CLI_CELL_SIZE];
	struct vs_buf path;
	int code;

	if (transfer->values[0].data == NULL || transfer->values[0].size == 0)
		return tell_err(transfer, VS_E_MISSING);
	if (!vs_bytes_copy_text(transfer->values[0], id, sizeof(id)))
		return tell_err(transfer, VS_E_TOO_LONG);
	vs_buf_init(&path, PATH_SIZE);
	if (vs_cli_path(&path, transfer->kind->path, id, NULL).code != VS_E_OK)
		code = tell_err(transfer, VS_E_TOO_LONG);
	else
		code = line_send(transfer, vs_cli_c_text(&path));
	vs_buf_done(&path);
	return code;
}

static int
import_csv(struct transfer *transfer, struct vs_bytes text)
{
	struct vs_cli_csv_row *row = &transfer->row, *head = &transfer->head;
	int code = 0;
	vs_result r;

	if (vs_cli_csv_next(head, &text).code != VS_E_OK)
		return vs_cli_fail(transfer->cli, VS_E_BAD_MESSAGE, "the file has no heading");
	for (size_t i = 0; i < head->count; i++)
		if (vs_cli_kind_find(transfer->kind, head->fields[i]) ==
		    vs_cli_kind_count(transfer->kind))
			return vs_cli_fail(transfer->cli, VS_E_UNEXPECTED,
			                   "the heading names a column that is not known");
	row->seen = head->seen;
	while (code == 0 && (r = vs_cli_csv_next(row, &text)).code != VS_E_NOT_FOUND) {
		memset(transfer->values, 0, sizeof(transfer->values));
		transfer->line = row->line;
		if (r.code == VS_E_OK && row->count != head->count)
			r = VS_FAIL(BAD_MESSAGE);
		for (size_t i = 0; r.code == VS_E_OK && i < row->count; i++)
			if (row->fields[i].size > 0)
				transfer
				    ->values[vs_cli_kind_find(transfer->kind, head->fields[i])] =
				    row->fields[i];
		code = r.code == VS_E_OK ? line_take(transfer) : tell_err(transfer, r.code);
	}
	return code;
}

static vs_result
values_read(struct transfer *transfer, const struct vs_json_tape *tape)
{
	const struct vs_json_node *root = vs_json_root(tape), *member = NULL;

	if (root->type != VS_JSON_OBJECT)
		return VS_FAIL(WRONG_TYPE);
	while ((member = vs_json_next(root, member)) != NULL) {
		size_t at = vs_cli_kind_find(transfer->kind, vs_json_key(tape, member));

		if (at == vs_cli_kind_count(transfer->kind))
			return VS_FAIL(UNEXPECTED);
		if (member->type == VS_JSON_NULL)
			continue;
		if (transfer->kind->members[at].type == VS_CLI_MEMBER_TRUTH)
			transfer->values[at] = vs_json_raw(tape, member);
		else
			VS_TRY(vs_json_text(tape, member, transfer->room[at], VALUE_SIZE,
			                    &transfer->values[at]));
	}
	return VS_OK;
}

static int
import_jsonl(struct transfer *transfer, struct vs_bytes text)
{
	struct vs_json_tape tape;
	int code = 0;

	vs_json_tape_init(&tape);
	while (code == 0 && text.size > 0) {
		const uint8_t *end = memchr(text.data, '\n', text.size);
		size_t size = end != NULL ? (size_t)(end - text.data) : text.size;
		size_t used = end != NULL ? size + 1 : size;
		vs_result r;

		transfer->line++;
		memset(transfer->values, 0, sizeof(transfer->values));
		if (size > 0) {
			r = vs_json_parse(vs_bytes_from(text.data, size), &tape);
			if (r.code == VS_E_OK)
				r = values_read(transfer, &tape);
			code = r.code == VS_E_OK ? line_take(transfer) : tell_err(transfer, r.code);
		}
		text = vs_bytes_from(text.data + used, text.size - used);
	}
	vs_json_tape_done(&tape);
	return code;
}

static int
import_text(struct transfer *transfer, struct vs_bytes text)
{
	struct vs_cli *cli = transfer->cli;
	int code = transfer->is_csv ? import_csv(transfer, text) : import_jsonl(transfer, text);

	if (code == 0 && !cli->is_quiet &&
	    vs_buf_printf(&cli->out, "%zu %s, %zu failed\n", transfer->good,
	                  transfer->is_dry ? "would be added" : "added", transfer->bad)
	            .code != VS_E_OK)
		code = vs_cli_no_memory(cli);
	return code == 0 && transfer->bad > 0 ? EX_DATAERR : code;
}

static int
import(struct vs_cli *cli, const struct vs_cli_line_kind *kind)
{
	static struct transfer transfer;
	const char *file = cli->args.positionals[0], *out = vs_cli_option(cli, "out");
	struct vs_buf text;
	int code;

	transfer = (struct transfer){.cli = cli, .kind = kind, .made_fd = -1};
	transfer.is_dry = vs_cli_option(cli, "dry-run") != NULL;
	code = vs_cli_kind_format(cli, file, &transfer.is_csv);
	if (code == 0 && out == NULL && !transfer.is_dry)
		return vs_cli_fail_usage(cli,
		                         "--out FILE is needed: what is shown once goes there");
	if (code == 0 && !transfer.is_dry)
		transfer.made_fd = open(out, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (code == 0 && !transfer.is_dry && transfer.made_fd < 0)
		code = vs_cli_fail(cli, VS_E_EXISTS, "--out is there already, or cannot be made");
	vs_cli_csv_init(&transfer.row);
	vs_cli_csv_init(&transfer.head);
	vs_buf_init(&text, FILE_SIZE_MAX);
	cli->subject = file;
	if (code == 0 && vs_file_read(file, &text).code != VS_E_OK)
		code = vs_cli_fail(cli, VS_E_NOT_FOUND, "the file cannot be read");
	if (code == 0)
		code = import_text(&transfer, vs_buf_view(&text));
	if (transfer.made_fd >= 0)
		(void)close(transfer.made_fd);
	vs_cli_csv_done(&transfer.row);
	vs_cli_csv_done(&transfer.head);
	explicit_bzero(&transfer, sizeof(transfer));
	vs_cli_buf_wipe(&text);
	return code;
}

int
vs_cli_run_station_import(struct vs_cli *cli)
{
	return import(cli, &vs_cli_kind_station);
}

int
vs_cli_run_sensor_import(struct vs_cli *cli)
{
	return import(cli, &vs_cli_kind_sensor);
}
