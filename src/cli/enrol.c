/* SPDX-License-Identifier: Apache-2.0 */
/* The device's side of a one-time token: get the credential and keep it, without ever showing it.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "cli/fail.h"
#include "cli/http.h"
#include "cli/list.h"
#include "cli/registry.h"

#define ENROL "/enrol"

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

static int
take_answer(struct vs_cli *cli, const char *out)
{
	const struct vs_json_node *root = vs_json_root(&cli->tape);
	char password[VS_CLI_CELL_SIZE], url[VS_CLI_CELL_SIZE];
	int code;

	if (vs_json_copy_text(&cli->tape, vs_json_member(&cli->tape, root, "password"), password,
	                      sizeof(password))
	        .code != VS_E_OK)
		return vs_cli_fail(cli, VS_E_BAD_MESSAGE, "the daemon's answer has no password");
	code = keep(cli, out, password);
	explicit_bzero(password, sizeof(password));
	if (code != 0)
		return code;
	vs_cli_cell(&cli->tape, vs_json_member(&cli->tape, root, "url"), VS_CLI_TEXT, cli->now_ms,
	            url);
	return vs_buf_printf(&cli->out, "%s is registered; it connects to %s\n", cli->subject, url)
	                   .code == VS_E_OK
	           ? 0
	           : vs_cli_no_memory(cli);
}

int
vs_cli_run_registry_enrol(struct vs_cli *cli)
{
	const char *out = vs_cli_option(cli, "out");
	int code;

	if (out == NULL || vs_cli_option(cli, "enrol-token-file") == NULL)
		return vs_cli_fail_usage(cli, "--enrol-token-file FILE and --out FILE are needed");
	/* Before the token is used: what could not be kept would be lost. */
	if (access(out, F_OK) == 0)
		return vs_cli_fail(cli, VS_E_EXISTS, "the file of --out exists already");
	cli->connection.is_anonymous = true;
	code = vs_cli_post_secret(cli, ENROL, "token", "enrol-token-file");
	return code == 0 ? take_answer(cli, out) : code;
}
