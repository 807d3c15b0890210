/* SPDX-License-Identifier: Apache-2.0 */
/* The registry: one-time tokens, and whether a password is right. */
#include <string.h>
#include <sysexits.h>

#include "cli/fail.h"
#include "cli/http.h"
#include "cli/list.h"
#include "cli/registry.h"

#define ENROLMENTS "/api/v1/enrolments"
#define VERIFY     "/api/v1/registry/verify"
#define BODY_SIZE  4096u
#define ALL        1000000u
#define NO_MATCH   1 /* as grep says it */

static const struct vs_cli_column list_columns[] = {
    {"TOKEN ID", "id", VS_CLI_TEXT},    {"FOR", "identity", VS_CLI_TEXT},
    {"AUTH", "auth", VS_CLI_TEXT},      {"USES LEFT", "uses_left", VS_CLI_NUMBER},
    {"MADE", "created_at", VS_CLI_AGO}, {"EXPIRES (UTC)", "expires_at", VS_CLI_TIME},
    {NULL, NULL, VS_CLI_TEXT}};

void
vs_cli_buf_wipe(struct vs_buf *buf)
{
	if (buf->data != NULL)
		explicit_bzero(buf->data, buf->capacity);
	vs_buf_done(buf);
}

int
vs_cli_run_registry_tokens(struct vs_cli *cli)
{
	return vs_cli_list(cli, ENROLMENTS, "", ALL, list_columns);
}

/* Numbers are checked by the daemon, which says what is wrong with them. */
static vs_result
put_number(struct vs_json_writer *json, const struct vs_cli *cli, const char *option,
           const char *member)
{
	const char *text = vs_cli_option(cli, option);
	size_t size = text != NULL ? strlen(text) : 0;

	if (text == NULL)
		return VS_OK;
	if (size == 0 || size > 9 || strspn(text, "0123456789") != size)
		return VS_FAIL(BAD_VALUE);
	vs_json_write_key(json, member);
	vs_json_write_raw(json, vs_bytes_from_text(text));
	return VS_OK;
}

static vs_result
token_body(struct vs_cli *cli, struct vs_buf *body)
{
	struct vs_json_writer json;

	vs_json_write_begin(&json, body);
	vs_json_write_object(&json);
	if (cli->args.positional_count > 0) {
		vs_json_write_key(&json, "identity");
		vs_json_write_text(&json, cli->args.positionals[0]);
	}
	vs_cli_write_option(cli, &json, "auth", "auth");
	VS_TRY(put_number(&json, cli, "uses", "uses"));
	VS_TRY(put_number(&json, cli, "ttl", "ttl_s"));
	vs_json_write_object_end(&json);
	return vs_json_write_end(&json);
}

int
vs_cli_run_registry_token(struct vs_cli *cli)
{
	char token[VS_CLI_CELL_SIZE];
	struct vs_buf body;
	int code;

	vs_buf_init(&body, BODY_SIZE);
	if (token_body(cli, &body).code != VS_E_OK)
		code = vs_cli_fail(cli, VS_E_BAD_VALUE,
		                   "--uses and --ttl take whole numbers, IDs are UTF-8");
	else
		code = vs_cli_http(cli, "POST", ENROLMENTS, vs_buf_view(&body));
	vs_buf_done(&body);
	if (code != 0 || cli->is_json)
		return code != 0 ? code : vs_cli_show(cli, NULL, list_columns);
	vs_cli_cell(&cli->tape, vs_json_member(&cli->tape, vs_json_root(&cli->tape), "token"),
	            VS_CLI_TEXT, cli->now_ms, token);
	if (vs_buf_printf(&cli->out,
	                  cli->is_quiet ? "%s\n"
	                                : "token  %s   (shown this once)\n"
	                                  "  on the device: voltseal registry enrol ID --url API "
	                                  "--ca FILE --enrol-token-file FILE --out FILE\n",
	                  token)
	        .code != VS_E_OK)
		code = vs_cli_no_memory(cli);
	explicit_bzero(token, sizeof(token));
	return code;
}

int
vs_cli_run_registry_revoke_token(struct vs_cli *cli)
{
	int code;

	cli->subject = cli->args.positionals[0];
	code =
	    vs_cli_ask(cli, "DELETE", ENROLMENTS, cli->subject, NULL, (struct vs_bytes){NULL, 0});
	return code == 0 ? vs_cli_say(cli, "is withdrawn") : code;
}

static vs_result
pair_body(const char *identity, const char *member, struct vs_bytes secret, struct vs_bytes csr,
          struct vs_buf *body)
{
	struct vs_json_writer json;

	vs_json_write_begin(&json, body);
	vs_json_write_object(&json);
	vs_json_write_key(&json, "identity");
	vs_json_write_text(&json, identity);
	vs_json_write_key(&json, member);
	vs_json_write_string(&json, secret);
	if (csr.size > 0) {
		vs_json_write_key(&json, "csr");
		vs_json_write_string(&json, csr);
	}
	vs_json_write_object_end(&json);
	return vs_json_write_end(&json);
}

/* POST {"identity": ..., member: the content of a private file, "csr": ...}. */
int
vs_cli_post_secret(struct vs_cli *cli, const char *path, const char *member, const char *option,
                   struct vs_bytes csr)
{
	const char *file = vs_cli_option(cli, option);
	struct vs_buf secret, body;
	int code = 0;

	cli->subject = cli->args.positionals[0];
	vs_buf_init(&secret, BODY_SIZE);
	vs_buf_init(&body, 2 * BODY_SIZE + csr.size * 2);
	if (file == NULL)
		code = vs_cli_fail_usage(cli, "the file option of this command is needed");
	else if (vs_cli_read_text(file, true, &secret).code != VS_E_OK)
		code = vs_cli_fail(cli, VS_E_CONFIG,
		                   "the file cannot be read, or others can read it (chmod 600)");
	if (code == 0 &&
	    pair_body(cli->subject, member, vs_buf_view(&secret), csr, &body).code != VS_E_OK)
		code = vs_cli_fail(cli, VS_E_BAD_VALUE, "the file holds no UTF-8 text");
	if (code == 0)
		code = vs_cli_http(cli, "POST", path, vs_buf_view(&body));
	vs_cli_buf_wipe(&secret);
	vs_cli_buf_wipe(&body);
	return code;
}

int
vs_cli_run_registry_verify(struct vs_cli *cli)
{
	bool is_valid = false;
	int code = vs_cli_post_secret(cli, VERIFY, "password", "password-file",
	                              (struct vs_bytes){NULL, 0});

	if (code != 0)
		return code;
	if (vs_json_bool(vs_json_member(&cli->tape, vs_json_root(&cli->tape), "valid"), &is_valid)
	        .code != VS_E_OK)
		return vs_cli_fail(cli, VS_E_BAD_MESSAGE, "the daemon's answer is not its own");
	if (vs_buf_printf(&cli->out, cli->is_json ? "{\"valid\":%s}\n" : "%s\n",
	                  cli->is_json ? (is_valid ? "true" : "false")
	                               : (is_valid ? "valid" : "not valid"))
	        .code != VS_E_OK)
		return vs_cli_no_memory(cli);
	return is_valid ? 0 : NO_MATCH;
}
