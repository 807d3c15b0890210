/* SPDX-License-Identifier: Apache-2.0 */
/* The device's side of a one-time token: get the credential and keep it, without ever showing it.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "cli/bundle.h"
#include "cli/fail.h"
#include "cli/http.h"
#include "cli/list.h"
#include "cli/registry.h"

#define ENROL     "/enrol"
#define BODY_SIZE 65536

/* A new file, for its owner alone: an old credential is not overwritten by accident. */
static int
keep(struct vs_cli *cli, const char *path, const char *password)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	size_t size = strlen(password);
	bool is_kept;

	if (fd < 0)
		return vs_cli_fail(cli, errno == EEXIST ? VS_E_EXISTS : VS_E_CONFIG,
		                   "the file of --out exists already or cannot be made");
	is_kept =
	    write(fd, password, size) == (ssize_t)size && write(fd, "\n", 1) == 1 && fsync(fd) == 0;
	if (close(fd) != 0 || !is_kept) {
		(void)unlink(path);
		return vs_cli_fail(cli, VS_E_CONFIG, "the file of --out cannot be written");
	}
	return 0;
}

/* Only of stations that have one. */
static int
keep_password(struct vs_cli *cli, const char *out)
{
	const struct vs_json_node *node =
	    vs_json_member(&cli->tape, vs_json_root(&cli->tape), "password");
	char password[VS_CLI_CELL_SIZE];
	int code;

	if (node == NULL)
		return 0;
	if (vs_json_copy_text(&cli->tape, node, password, sizeof(password)).code != VS_E_OK)
		return vs_cli_fail(cli, VS_E_BAD_MESSAGE, "the daemon's answer is not its own");
	code = keep(cli, out, password);
	explicit_bzero(password, sizeof(password));
	return code;
}

/* By what this device will know the server. */
static int
keep_ca(struct vs_cli *cli, const char *dir)
{
	char path[VS_PATH_SIZE];
	struct vs_buf pem;
	vs_result r;

	vs_buf_init(&pem, BODY_SIZE);
	r = vs_path_join(dir, "ca.pem", path);
	if (r.code == VS_E_OK)
		r = vs_cli_member_append(cli, "ca", &pem);
	if (r.code == VS_E_OK)
		r = vs_file_write(path, vs_buf_view(&pem));
	vs_buf_done(&pem);
	return r.code == VS_E_OK ? 0 : vs_cli_fail(cli, r.code, "the CA cannot be written");
}

static int
tell(struct vs_cli *cli)
{
	char url[VS_CLI_CELL_SIZE];

	vs_cli_cell(&cli->tape, vs_json_member(&cli->tape, vs_json_root(&cli->tape), "url"),
	            VS_CLI_TEXT, cli->now_ms, url);
	return vs_buf_printf(&cli->out, "%s is registered; it connects to %s\n", cli->subject, url)
	                   .code == VS_E_OK
	           ? 0
	           : vs_cli_no_memory(cli);
}

static int
with_password(struct vs_cli *cli, const char *out)
{
	int code;

	/* Before the token is used: what could not be kept would be lost. */
	if (access(out, F_OK) == 0)
		return vs_cli_fail(cli, VS_E_EXISTS, "the file of --out exists already");
	code =
	    vs_cli_post_secret(cli, ENROL, "token", "enrol-token-file", (struct vs_bytes){NULL, 0});
	return code == 0 ? keep_password(cli, out) : code;
}

/* DIR/ID.pem has key, certificate and chain, DIR/ca.pem the CA, DIR/ID.password the password of a
 * station that needs both. */
static int
with_certificate(struct vs_cli *cli, const char *dir)
{
	const char *identity = cli->args.positionals[0];
	char path[VS_PATH_SIZE], password[VS_PATH_SIZE + 16];
	struct vs_secret *key = NULL;
	struct vs_buf csr;
	int code = 0;

	vs_buf_init(&csr, BODY_SIZE);
	(void)snprintf(password, sizeof(password), "%s/%s.password", dir, identity);
	if (access(password, F_OK) == 0)
		code = vs_cli_fail(cli, VS_E_EXISTS, "there is a password of it in --out-dir");
	if (code == 0)
		code = vs_cli_bundle_begin(cli, dir, identity, path, &key, &csr);
	if (code == 0)
		code =
		    vs_cli_post_secret(cli, ENROL, "token", "enrol-token-file", vs_buf_view(&csr));
	if (code == 0)
		code = vs_cli_bundle_write(cli, path, key, true);
	if (code == 0)
		code = keep_ca(cli, dir);
	if (code == 0)
		code = keep_password(cli, password);
	vs_secret_free(&key);
	vs_buf_done(&csr);
	return code;
}

int
vs_cli_run_registry_enrol(struct vs_cli *cli)
{
	const char *out = vs_cli_option(cli, "out"), *dir = vs_cli_option(cli, "out-dir");
	int code;

	if ((out == NULL) == (dir == NULL) || vs_cli_option(cli, "enrol-token-file") == NULL)
		return vs_cli_fail_usage(cli,
		                         "--enrol-token-file FILE is needed, and --out FILE for a "
		                         "password or --out-dir DIR for a certificate");
	cli->connection.is_anonymous = true;
	code = dir != NULL ? with_certificate(cli, dir) : with_password(cli, out);
	return code == 0 ? tell(cli) : code;
}
