/* SPDX-License-Identifier: Apache-2.0 */
/* Claims and provisioned devices: make (one, or a CSV file of them), list, show again, revoke,
 * delete. What holds a secret goes into a file of mode 0600, or as a QR code to the terminal. */
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "cli/fail.h"
#include "cli/http.h"
#include "cli/list.h"
#include "cli/qr.h"

#define CLAIMS    "/api/v1/claims"
#define BODY_SIZE 1024u
#define CSV_SIZE  (8u << 20)
#define ALL       1000000u
#define FIELDS    3

static const struct vs_cli_column columns[] = {{"CLAIM", "id", VS_CLI_TEXT},
                                               {"STATE", "state", VS_CLI_TEXT},
                                               {"KIND", "kind", VS_CLI_TEXT},
                                               {"WIRE", "wire", VS_CLI_TEXT},
                                               {"DEVICE", "identity", VS_CLI_TEXT},
                                               {"HARDWARE", "hw", VS_CLI_TEXT},
                                               {"CHANGED (UTC)", "changed_at", VS_CLI_TIME},
                                               {"EXPIRES (UTC)", "expires_at", VS_CLI_TIME},
                                               {"ENDS (UTC)", "ends_at", VS_CLI_TIME},
                                               {NULL, NULL, VS_CLI_TEXT}};

/* --- asking
 * --------------------------------------------------------------------------------------- */

static int
ask(struct vs_cli *cli, const char *method, const char *id, const char *tail, struct vs_bytes body)
{
	cli->subject = id;
	return vs_cli_ask(cli, method, CLAIMS, id, tail, body);
}

/* The bundle of the last answer, as JSON. */
static struct vs_bytes
bundle_of(const struct vs_cli *cli)
{
	return vs_json_raw(&cli->tape,
	                   vs_json_member(&cli->tape, vs_json_root(&cli->tape), "bundle"));
}

static int
write_file(struct vs_cli *cli, const char *path)
{
	vs_result r = vs_file_write(path, bundle_of(cli));

	return r.code == VS_E_OK ? 0 : vs_cli_fail(cli, r.code, path);
}

/* Where the secret goes: --out FILE, --qr, else the whole answer to stdout. */
static int
give(struct vs_cli *cli)
{
	const char *out = vs_cli_option(cli, "out");
	int code = 0;

	if (out != NULL)
		code = write_file(cli, out);
	if (code == 0 && vs_cli_option(cli, "qr") != NULL &&
	    vs_cli_qr(&cli->out, bundle_of(cli)).code != VS_E_OK)
		code = vs_cli_no_memory(cli);
	if (code != 0 || cli->is_json)
		return code != 0 ? code : vs_cli_show(cli, NULL, columns);
	if (out == NULL && vs_cli_option(cli, "qr") == NULL)
		return vs_buf_append_bytes(&cli->out, bundle_of(cli)).code == VS_E_OK &&
		               vs_buf_append_byte(&cli->out, '\n').code == VS_E_OK
		           ? 0
		           : vs_cli_no_memory(cli);
	return cli->is_quiet ? 0 : vs_cli_show(cli, NULL, columns);
}

/* --- making
 * --------------------------------------------------------------------------------------- */

static vs_result
write_wishes(const struct vs_cli *cli, const char *const fields[static FIELDS], struct vs_buf *body)
{
	static const char *const names[FIELDS] = {"identity", "kind", "auth"};
	const char *ttl = vs_cli_option(cli, "ttl");
	struct vs_json_writer json;

	vs_json_write_begin(&json, body);
	vs_json_write_object(&json);
	for (size_t i = 0; i < FIELDS; i++) {
		if (fields[i] != NULL && fields[i][0] != '\0') {
			vs_json_write_key(&json, names[i]);
			vs_json_write_text(&json, fields[i]);
		}
	}
	vs_cli_write_option(cli, &json, "wire", "wire");
	if (ttl != NULL) {
		vs_json_write_key(&json, "ttl_s");
		vs_json_write_raw(&json, vs_bytes_from_text(ttl));
	}
	vs_json_write_object_end(&json);
	return vs_json_write_end(&json);
}

static int
make(struct vs_cli *cli, const char *const fields[static FIELDS])
{
	struct vs_buf body;
	int code;

	vs_buf_init(&body, BODY_SIZE);
	if (write_wishes(cli, fields, &body).code != VS_E_OK)
		code = vs_cli_fail(cli, VS_E_BAD_VALUE, "an argument is too long or not UTF-8");
	else
		code = vs_cli_http(cli, "POST", CLAIMS, vs_buf_view(&body));
	vs_buf_done(&body);
	return code;
}

/* identity,kind,auth: cut in place; what is not there is as the options have it. */
static void
cut_line(const struct vs_cli *cli, char *line, const char *fields[static FIELDS])
{
	fields[0] = line;
	fields[1] = vs_cli_option(cli, "kind");
	fields[2] = vs_cli_option(cli, "auth");
	for (size_t i = 1; i < FIELDS; i++) {
		char *comma = strchr(line, ',');

		if (comma == NULL)
			return;
		*comma = '\0';
		line = comma + 1;
		if (line[0] != '\0' && line[0] != ',')
			fields[i] = line;
	}
}

static int
make_line(struct vs_cli *cli, char *line, const char *dir)
{
	const char *fields[FIELDS];
	char id[64] = "", name[96], path[VS_PATH_SIZE];
	int code;

	cut_line(cli, line, fields);
	cli->subject = line;
	code = make(cli, fields);
	if (code != 0)
		return code;
	(void)vs_json_copy_text(
	    &cli->tape, vs_json_member(&cli->tape, vs_json_root(&cli->tape), "id"), id, sizeof(id))
	    .code; /* "": the file has no name, and cannot be written */
	(void)snprintf(name, sizeof(name), "%s.json", id);
	if (vs_path_join(dir, name, path).code != VS_E_OK)
		return vs_cli_fail(cli, VS_E_TOO_LONG, "the folder's name is too long");
	code = write_file(cli, path);
	if (code == 0 && !cli->is_quiet &&
	    vs_buf_printf(&cli->out, "%s,%s,%s\n", fields[0], id, path).code != VS_E_OK)
		code = vs_cli_no_memory(cli);
	return code;
}

/* A claim for each line of a file; their bundles go into a folder, their ids to stdout. */
static int
make_many(struct vs_cli *cli, const char *file)
{
	const char *dir = vs_cli_option(cli, "out-dir");
	struct vs_buf text;
	char *line, *rest;
	int code = 0;

	if (dir == NULL)
		return vs_cli_fail_usage(cli, "--csv needs --out-dir DIR, for the bundles");
	vs_buf_init(&text, CSV_SIZE);
	if (vs_file_read(file, &text).code != VS_E_OK ||
	    vs_buf_append_byte(&text, 0).code != VS_E_OK || vs_folder_make(dir).code != VS_E_OK)
		code = vs_cli_fail(cli, VS_E_IO, file);
	rest = code == 0 ? (char *)text.data : NULL;
	while (code == 0 && (line = strsep(&rest, "\r\n")) != NULL) {
		if (line[0] != '\0' && line[0] != '#' && strncmp(line, "identity", 8) != 0)
			code = make_line(cli, line, dir);
		vs_cli_flush(cli);
	}
	vs_buf_done(&text);
	return code;
}

static int
claim_create(struct vs_cli *cli)
{
	const char *csv = vs_cli_option(cli, "csv");
	const char *fields[FIELDS] = {cli->args.positionals[1], vs_cli_option(cli, "kind"),
	                              vs_cli_option(cli, "auth")};
	int code;

	if (csv != NULL)
		return make_many(cli, csv);
	code = make(cli, fields);
	return code != 0 ? code : give(cli);
}

/* --- the steps
 * ------------------------------------------------------------------------------------ */

static int
claim_list(struct vs_cli *cli)
{
	return vs_cli_list(cli, CLAIMS, "", ALL, columns);
}

static int
show(struct vs_cli *cli)
{
	int code = ask(cli, "GET", cli->args.positionals[1], NULL, vs_bytes_from(NULL, 0));

	return code != 0 ? code : vs_cli_show(cli, NULL, columns);
}

static int
claim_revoke(struct vs_cli *cli)
{
	int code = ask(cli, "DELETE", cli->args.positionals[1], NULL, vs_bytes_from(NULL, 0));

	return code != 0 ? code : vs_cli_show(cli, NULL, columns);
}

static int
claim_export(struct vs_cli *cli)
{
	int code = ask(cli, "POST", cli->args.positionals[1], "export", vs_bytes_from(NULL, 0));

	return code != 0 ? code : give(cli);
}

static int
device_act(struct vs_cli *cli, const char *body)
{
	int code = ask(cli, "POST", cli->args.positionals[1], "device", vs_bytes_from_text(body));

	return code != 0 ? code : vs_cli_show(cli, NULL, columns);
}

static int
device_delete(struct vs_cli *cli)
{
	return device_act(cli, vs_cli_option(cli, "now") != NULL ? "{\"action\":\"delete-now\"}"
	                                                         : "{\"action\":\"delete\"}");
}

static int
device_keep(struct vs_cli *cli)
{
	return device_act(cli, "{\"action\":\"keep\"}");
}

struct step {
	const char *word;
	bool needs_id;
	int (*run)(struct vs_cli *cli);
};

static int
run_step(struct vs_cli *cli, const struct step *steps, const char *usage)
{
	const char *word = cli->args.positionals[0];

	for (; steps->word != NULL; steps++) {
		if (strcmp(word, steps->word) != 0)
			continue;
		if (steps->needs_id && cli->args.positional_count < 2)
			return vs_cli_fail_usage(cli, "which claim? voltseal provision claim list");
		return steps->run(cli);
	}
	return vs_cli_fail_usage(cli, usage);
}

int
vs_cli_run_provision_claim(struct vs_cli *cli)
{
	static const struct step steps[] = {
	    {"create", false, claim_create}, {"list", false, claim_list},    {"show", true, show},
	    {"revoke", true, claim_revoke},  {"export", true, claim_export}, {NULL, false, NULL}};

	return run_step(cli, steps, "STEP is create, list, show, revoke or export");
}

int
vs_cli_run_provision_device(struct vs_cli *cli)
{
	static const struct step steps[] = {{"list", false, claim_list},
	                                    {"show", true, show},
	                                    {"delete", true, device_delete},
	                                    {"keep", true, device_keep},
	                                    {NULL, false, NULL}};

	return run_step(cli, steps, "STEP is list, show, delete or keep");
}

int
vs_cli_run_provision_rotate(struct vs_cli *cli)
{
	int code = vs_cli_http(cli, "POST", "/api/v1/provision/rotate", vs_bytes_from(NULL, 0));

	if (code == 0 && !cli->is_quiet && !cli->is_json &&
	    vs_buf_append_text(&cli->out, "the server has another key for provisioning\n").code !=
	        VS_E_OK)
		return vs_cli_no_memory(cli);
	return code;
}
