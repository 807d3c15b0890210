/* SPDX-License-Identifier: Apache-2.0 */
/* Certificates and the CA. A private key that is made here stays here: the daemon gets a request.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "cli/bundle.h"
#include "cli/fail.h"
#include "cli/http.h"
#include "cli/list.h"
#include "crypto/x509_csr.h"

#define CERTIFICATES "/api/v1/certificates"
#define BODY_SIZE    32768u
#define ALL          1000000u

static const struct vs_cli_column list_columns[] = {
    {"SERIAL", "serial", VS_CLI_TEXT},         {"PROFILE", "profile", VS_CLI_TEXT},
    {"NAME", "common_name", VS_CLI_TEXT},      {"STATE", "state", VS_CLI_TEXT},
    {"UNTIL (UTC)", "not_after", VS_CLI_TIME}, {"RENEW (UTC)", "renew_at", VS_CLI_TIME},
    {"CA", "generation", VS_CLI_NUMBER},       {NULL, NULL, VS_CLI_TEXT}};
static const struct vs_cli_column card_columns[] = {{"serial", "serial", VS_CLI_TEXT},
                                                    {"profile", "profile", VS_CLI_TEXT},
                                                    {"name", "common_name", VS_CLI_TEXT},
                                                    {"state", "state", VS_CLI_TEXT},
                                                    {"reason", "reason", VS_CLI_TEXT},
                                                    {"from (UTC)", "not_before", VS_CLI_TIME},
                                                    {"until (UTC)", "not_after", VS_CLI_TIME},
                                                    {"renew (UTC)", "renew_at", VS_CLI_TIME},
                                                    {"CA generation", "generation", VS_CLI_NUMBER},
                                                    {"fingerprint", "fingerprint", VS_CLI_TEXT},
                                                    {"key SHA-256", "spki_sha256", VS_CLI_TEXT},
                                                    {NULL, NULL, VS_CLI_TEXT}};
static const struct vs_cli_column inventory_columns[] = {
    {"valid", "valid", VS_CLI_NUMBER},
    {"superseded", "superseded", VS_CLI_NUMBER},
    {"revoked", "revoked", VS_CLI_NUMBER},
    {"expired", "expired", VS_CLI_NUMBER},
    {"end within 30 days", "within_30_days", VS_CLI_NUMBER},
    {"end within 14 days", "within_14_days", VS_CLI_NUMBER},
    {"end within 7 days", "within_7_days", VS_CLI_NUMBER},
    {"end within 1 day", "within_1_day", VS_CLI_NUMBER},
    {"next end (UTC)", "next_end", VS_CLI_TIME},
    {"revocation list", "crl_number", VS_CLI_NUMBER},
    {"good until (UTC)", "crl_next_update", VS_CLI_TIME},
    {NULL, NULL, VS_CLI_TEXT}};
static const struct vs_cli_column ca_columns[] = {
    {"generation", "generation", VS_CLI_NUMBER},
    {"next generation", "next_generation", VS_CLI_NUMBER},
    {"organisation", "organisation", VS_CLI_TEXT},
    {"host names", "hosts", VS_CLI_TEXT},
    {"public URL", "url", VS_CLI_TEXT},
    {"development", "development", VS_CLI_YES},
    {NULL, NULL, VS_CLI_TEXT}};
static const struct vs_cli_column rotation_columns[] = {{"state", "state", VS_CLI_TEXT},
                                                        {"from", "from", VS_CLI_NUMBER},
                                                        {"to", "to", VS_CLI_NUMBER},
                                                        {"begun (UTC)", "began_at", VS_CLI_TIME},
                                                        {"ended (UTC)", "ended_at", VS_CLI_TIME},
                                                        {"stations", "stations", VS_CLI_NUMBER},
                                                        {"confirmed", "confirmed", VS_CLI_NUMBER},
                                                        {"missing", "missing", VS_CLI_NUMBER},
                                                        {NULL, NULL, VS_CLI_TEXT}};

int
vs_cli_run_cert_list(struct vs_cli *cli)
{
	return vs_cli_list_filtered(cli, CERTIFICATES, ALL, list_columns);
}

static int
ask(struct vs_cli *cli, const char *method, const char *tail, struct vs_bytes body)
{
	cli->subject = cli->args.positionals[0];
	return vs_cli_ask(cli, method, CERTIFICATES, cli->subject, tail, body);
}

int
vs_cli_run_cert_show(struct vs_cli *cli)
{
	int code = ask(cli, "GET", NULL, (struct vs_bytes){NULL, 0});

	if (code == 0 && !cli->is_quiet)
		code = vs_cli_show(cli, NULL, card_columns);
	if (code == 0 && !cli->is_json &&
	    vs_cli_member_append(cli, "certificate", &cli->out).code != VS_E_OK)
		code = vs_cli_no_memory(cli);
	return code;
}

/* --- issuing --------------------------------------------------------------------------------- */

static vs_result
make_body(struct vs_cli *cli, struct vs_bytes csr, const char *profile, struct vs_buf *body)
{
	const char *days = vs_cli_option(cli, "days");
	struct vs_json_writer writer;

	vs_json_write_begin(&writer, body);
	vs_json_write_object(&writer);
	vs_json_write_key(&writer, "csr");
	vs_json_write_string(&writer, csr);
	if (profile != NULL) {
		bool is_station = strcmp(profile, "station") == 0;

		vs_json_write_key(&writer, "profile");
		vs_json_write_text(&writer, profile);
		vs_json_write_key(&writer, is_station ? "station" : "name");
		vs_json_write_text(&writer, cli->subject);
	}
	vs_cli_write_option(cli, &writer, "hosts", "hosts");
	if (days != NULL) {
		vs_json_write_key(&writer, "days");
		vs_json_write_int(&writer, (int64_t)strtol(days, NULL, 10));
	}
	vs_json_write_object_end(&writer);
	return vs_json_write_end(&writer);
}

static int
send_request(struct vs_cli *cli, const char *profile, struct vs_bytes csr)
{
	struct vs_buf body;
	int code;

	vs_buf_init(&body, BODY_SIZE);
	if (make_body(cli, csr, profile, &body).code != VS_E_OK)
		code = vs_cli_fail(cli, VS_E_BAD_VALUE, "an argument is too long or not UTF-8");
	else if (profile != NULL)
		code = vs_cli_http(cli, "POST", CERTIFICATES, vs_buf_view(&body));
	else
		code = ask(cli, "POST", "renew", vs_buf_view(&body));
	vs_buf_done(&body);
	return code;
}

static int
with_own_key(struct vs_cli *cli, const char *profile, const char *name, const char *dir)
{
	struct vs_secret *key = NULL;
	char path[VS_PATH_SIZE];
	struct vs_buf csr;
	int code = 0;

	vs_buf_init(&csr, BODY_SIZE);
	code = vs_cli_bundle_begin(cli, dir, name, path, &key, &csr);
	if (code == 0)
		code = send_request(cli, profile, vs_buf_view(&csr));
	if (code == 0)
		code = vs_cli_bundle_write(cli, path, key, true);
	if (code == 0 && !cli->is_json && !cli->is_quiet)
		code = vs_buf_printf(&cli->out, "key and certificate are in %s\n", path).code ==
		               VS_E_OK
		           ? 0
		           : vs_cli_no_memory(cli);
	vs_secret_free(&key);
	vs_buf_done(&csr);
	return code;
}

/* Leaf and chain to the file, or the leaf alone to whoever reads. */
static int
give_certificate(struct vs_cli *cli, const char *out)
{
	struct vs_buf certs;
	vs_result r;

	if (out == NULL)
		return cli->is_json ||
		               vs_cli_member_append(cli, "certificate", &cli->out).code == VS_E_OK
		           ? 0
		           : vs_cli_no_memory(cli);
	vs_buf_init(&certs, BODY_SIZE);
	r = vs_cli_member_append(cli, "certificate", &certs);
	if (r.code == VS_E_OK)
		r = vs_cli_member_append(cli, "chain", &certs);
	if (r.code == VS_E_OK)
		r = vs_file_write(out, vs_buf_view(&certs));
	vs_buf_done(&certs);
	return r.code == VS_E_OK ? 0
	                         : vs_cli_fail(cli, r.code, "the file of --out cannot be written");
}

static int
with_request(struct vs_cli *cli, const char *profile, const char *file)
{
	struct vs_buf csr;
	int code;

	vs_buf_init(&csr, BODY_SIZE);
	if (vs_cli_read_text(file, false, &csr).code != VS_E_OK)
		code = vs_cli_fail(cli, VS_E_NOT_FOUND, "the file of --csr cannot be read");
	else
		code = send_request(cli, profile, vs_buf_view(&csr));
	if (code == 0)
		code = give_certificate(cli, vs_cli_option(cli, "out"));
	vs_buf_done(&csr);
	return code;
}

static int
certify(struct vs_cli *cli, const char *profile, const char *name)
{
	const char *dir = vs_cli_option(cli, "out-dir"), *csr = vs_cli_option(cli, "csr");
	int code;

	if ((dir != NULL) == (csr != NULL))
		return vs_cli_fail(
		    cli, VS_E_BAD_VALUE,
		    "--out-dir DIR makes a key here, --csr FILE takes a request: one "
		    "of them");
	code =
	    dir != NULL ? with_own_key(cli, profile, name, dir) : with_request(cli, profile, csr);
	return code == 0 && cli->is_json ? vs_cli_show(cli, NULL, card_columns) : code;
}

int
vs_cli_run_cert_issue(struct vs_cli *cli)
{
	const char *profile = vs_cli_option(cli, "profile");

	cli->subject = cli->args.positionals[0];
	return certify(cli, profile != NULL ? profile : "station", cli->subject);
}

int
vs_cli_run_cert_renew(struct vs_cli *cli)
{
	char name[VS_X509_NAME_SIZE] = "";
	int code = ask(cli, "GET", NULL, (struct vs_bytes){NULL, 0});

	if (code == 0 &&
	    vs_json_copy_text(&cli->tape,
	                      vs_json_member(&cli->tape, vs_json_root(&cli->tape), "common_name"),
	                      name, sizeof(name))
	            .code != VS_E_OK)
		code = vs_cli_fail(cli, VS_E_BAD_MESSAGE, "the daemon's answer has no common name");
	return code == 0 ? certify(cli, NULL, name) : code;
}

int
vs_cli_run_cert_revoke(struct vs_cli *cli)
{
	const char *reason = vs_cli_option(cli, "reason");
	struct vs_json_writer writer;
	struct vs_buf body;
	int code;

	vs_buf_init(&body, BODY_SIZE);
	vs_json_write_begin(&writer, &body);
	vs_json_write_object(&writer);
	vs_json_write_key(&writer, "reason");
	vs_json_write_text(&writer, reason != NULL ? reason : "unspecified");
	vs_json_write_object_end(&writer);
	if (vs_json_write_end(&writer).code != VS_E_OK)
		code = vs_cli_fail(cli, VS_E_BAD_VALUE, "the reason is too long or not UTF-8");
	else
		code = ask(cli, "POST", "revoke", vs_buf_view(&body));
	vs_buf_done(&body);
	if (code == 0 && (cli->is_json || !cli->is_quiet))
		code = vs_cli_show(cli, NULL, card_columns);
	return code;
}

int
vs_cli_run_cert_inventory(struct vs_cli *cli)
{
	int code = vs_cli_http(cli, "GET", CERTIFICATES "/inventory", (struct vs_bytes){NULL, 0});

	return code == 0 ? vs_cli_show(cli, NULL, inventory_columns) : code;
}

/* --- the CA ---------------------------------------------------------------------------------- */

int
vs_cli_run_ca_show(struct vs_cli *cli)
{
	int code = vs_cli_http(cli, "GET", "/api/v1/ca", (struct vs_bytes){NULL, 0});

	if (code == 0 && !cli->is_quiet)
		code = vs_cli_show(cli, NULL, ca_columns);
	if (code == 0 && !cli->is_json &&
	    vs_cli_member_append(cli, "roots", &cli->out).code != VS_E_OK)
		code = vs_cli_no_memory(cli);
	return code;
}

int
vs_cli_run_ca_root_rotate(struct vs_cli *cli)
{
	static const char *const steps[] = {"status", "begin", "confirm", "finish", "abort"};
	static const char *const paths[] = {
	    "/api/v1/ca/rotation", "/api/v1/ca/rotation", "/api/v1/ca/rotation/confirm",
	    "/api/v1/ca/rotation/finish", "/api/v1/ca/rotation/abort"};
	const char *step = cli->args.positionals[0];
	bool has_station = cli->args.positional_count > 1;
	struct vs_json_writer writer;
	struct vs_buf body;
	size_t i = 0;
	int code;

	while (i < 5 && strcmp(step, steps[i]) != 0)
		i++;
	if (i == 5 || has_station != (i == 2))
		return vs_cli_fail(cli, VS_E_BAD_VALUE,
		                   "begin, status, confirm STATION, finish or abort is expected");
	vs_buf_init(&body, BODY_SIZE);
	vs_json_write_begin(&writer, &body);
	vs_json_write_object(&writer);
	if (has_station) {
		vs_json_write_key(&writer, "station");
		vs_json_write_text(&writer, cli->args.positionals[1]);
	}
	if (i == 3) {
		vs_json_write_key(&writer, "force");
		vs_json_write_bool(&writer, vs_cli_option(cli, "force") != NULL);
		vs_cli_write_option(cli, &writer, "except", "except");
	}
	vs_json_write_object_end(&writer);
	if (vs_json_write_end(&writer).code != VS_E_OK)
		code = vs_cli_no_memory(cli);
	else
		code =
		    vs_cli_http(cli, i == 0 ? "GET" : "POST", paths[i],
		                i == 2 || i == 3 ? vs_buf_view(&body) : (struct vs_bytes){NULL, 0});
	vs_buf_done(&body);
	return code == 0 ? vs_cli_show(cli, NULL, rotation_columns) : code;
}
