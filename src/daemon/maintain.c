/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/maintain.h"

#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "daemon/share.h"
#include "daemon/system.h"

#define STATE_DIR    "/var/lib/voltseal"
#define PEM_SIZE_MAX 16384

static const char *
text(const struct vs_daemon_system *system, enum vs_daemon_option option)
{
	return system->options->text[option];
}

static struct vs_keys_client *
client_of(struct vs_daemon_system *system)
{
	return vs_daemon_keyd_client(system->keyd, VS_DAEMON_KEYD_MAIN);
}

static vs_result
read_passphrase(struct vs_daemon_system *system, struct vs_secret **passphrase_out)
{
	const char *file = text(system, VS_OPTION_root_passphrase_file);
	vs_result r = vs_file_secret_read(file, passphrase_out);

	return r.code == VS_E_OK
	           ? r
	           : vs_daemon_system_fail(
			 system, r,
			 "--root-passphrase-file FILE is needed, mode 0600; this is none", file);
}

/* --- the commands ----------------------------------------------------------------------------- */

static vs_result
import_root(struct vs_daemon_system *system)
{
	const char *file = text(system, VS_OPTION_root_key);
	struct vs_secret *passphrase = NULL;
	struct vs_buf pem;
	vs_result r;

	VS_TRY(vs_daemon_system_keys(system, NULL, VS_KEYS_CLI));
	VS_TRY(vs_daemon_share_start(system));
	vs_buf_init(&pem, PEM_SIZE_MAX);
	r = vs_file_read(file, &pem);
	if (r.code != VS_E_OK)
		r = vs_daemon_system_fail(system, r, "--root-key FILE cannot be read", file);
	if (r.code == VS_E_OK)
		r = read_passphrase(system, &passphrase);
	if (r.code == VS_E_OK) {
		r = vs_keys_client_ca_root_import(client_of(system), vs_buf_view(&pem), passphrase);
		if (r.code != VS_E_OK)
			r = vs_daemon_system_fail(system, r,
			                          r.code == VS_E_FORBIDDEN
			                              ? "it is not the key of the current root"
			                              : "it cannot be opened with this passphrase",
			                          file);
	}
	vs_secret_free(&passphrase);
	vs_buf_done(&pem);
	VS_TRY(r);
	VS_TRY(vs_daemon_share_write(system, "root-ca import"));
	(void)printf("the root CA's key is back: voltseald run, voltseal ca root-rotate begin; "
	             "then take it away again with voltseald root-ca export\n");
	return VS_OK;
}

/* On disk elsewhere before it is forgotten here. */
static vs_result
export_root(struct vs_daemon_system *system)
{
	const char *out = text(system, VS_OPTION_root_key_out);
	struct vs_secret *passphrase = NULL;
	struct vs_buf pem;
	vs_result r;

	if (vs_file_exists(out))
		return vs_daemon_system_fail(system, VS_FAIL(EXISTS),
		                             "the root key is not written over a file", out);
	VS_TRY(vs_daemon_system_keys(system, NULL, VS_KEYS_CLI));
	VS_TRY(vs_daemon_share_start(system));
	VS_TRY(read_passphrase(system, &passphrase));
	vs_buf_init(&pem, PEM_SIZE_MAX);
	r = vs_keys_client_ca_root_export(client_of(system), passphrase, &pem);
	if (r.code == VS_E_NOT_FOUND)
		r = vs_daemon_system_fail(system, r, "the root CA's key is not here",
		                          system->keys_dir);
	if (r.code == VS_E_OK) {
		r = vs_file_write(out, vs_buf_view(&pem));
		if (r.code != VS_E_OK)
			r = vs_daemon_system_fail(system, r, "the root key cannot be written", out);
	}
	vs_secret_free(&passphrase);
	vs_buf_done(&pem);
	VS_TRY(r);
	VS_TRY(vs_keys_client_ca_root_forget(client_of(system)));
	VS_TRY(vs_daemon_share_write(system, "root-ca export"));
	(void)printf("%s: take it away, it is not kept here\n", out);
	return VS_OK;
}

/* The key process's own secrets are under the new one when it is ready; the keystore's follow while
 * the daemon runs, for that is a job that shows its progress. */
static vs_result
rotate_root(struct vs_daemon_system *system)
{
	struct vs_keys_source source;
	struct vs_keys_status status;

	VS_TRY(vs_daemon_system_source(system, &source));
	VS_TRY(vs_daemon_system_rotate(system, &source));
	VS_TRY(vs_keys_client_status(client_of(system), &status));
	(void)printf("root key %s (%s) is current, %s is kept until all is under the new one:\n"
	             "  voltseald run, voltseal key rewrap --root\n",
	             status.root_id, status.provider, status.previous_root_id);
	return VS_OK;
}

static const struct command {
	const char *noun, *verb;
	vs_result (*run)(struct vs_daemon_system *system);
} commands[] = {
    {"root-ca", "import", import_root},
    {"root-ca", "export", export_root},
    {"root-key", "rotate", rotate_root},
};
enum { COMMANDS = sizeof(commands) / sizeof(commands[0]) };

static int
maintain(const struct command *command, int argc, char *const *argv)
{
	static struct vs_daemon_system system;
	vs_result r = vs_daemon_system_begin(&system, VS_DAEMON_INIT, argc, argv);

	if (r.code == VS_E_OK)
		r = vs_daemon_system_files(&system, STATE_DIR);
	if (r.code == VS_E_OK)
		r = command->run(&system);
	(void)fflush(stdout);
	return vs_daemon_system_end(&system, r);
}

static int
find(const char *noun, int argc, char *const *argv)
{
	for (int i = 0; i < COMMANDS && argc > 0; i++) {
		if (strcmp(commands[i].noun, noun) == 0 && strcmp(commands[i].verb, argv[0]) == 0)
			return maintain(&commands[i], argc - 1, argv + 1);
	}
	(void)fprintf(stderr,
	              "usage: voltseald root-ca import | export, voltseald root-key rotate   "
	              "[OPTION ...]\n");
	return EX_USAGE;
}

int
vs_daemon_root_ca(int argc, char *const *argv)
{
	return find("root-ca", argc, argv);
}

int
vs_daemon_root_key(int argc, char *const *argv)
{
	return find("root-key", argc, argv);
}
