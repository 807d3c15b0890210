/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/init.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/random.h"
#include "daemon/keys.h"
#include "daemon/production.h"
#include "daemon/share.h"
#include "daemon/system.h"
#include "keys/root_file.h"
#include "wire/base64.h"

#define STATE_DIR    "/var/lib/voltseal"
#define PEM_SIZE_MAX 16384
#define OPERATOR     "break-glass"

struct setting {
	struct vs_daemon_system system;
	struct vs_daemon_keys *keys;
	struct vs_secret *passphrase; /* of the root CA's key */
	bool is_passphrase_made;
	char operator_file[VS_PATH_SIZE];
	char admin_token[VS_DAEMON_TOKEN_SIZE], login_token[VS_DAEMON_TOKEN_SIZE];
};

static const char *
text(const struct setting *setting, enum vs_daemon_option option)
{
	return setting->system.options->text[option];
}

static bool
is_join(const struct setting *setting)
{
	return setting->system.options->number[VS_OPTION_join] != 0;
}

static struct vs_keys_ca_setup
ca_setup(const struct setting *setting)
{
	return (struct vs_keys_ca_setup){
	    .organisation = text(setting, VS_OPTION_organisation),
	    .hosts = text(setting, VS_OPTION_hosts),
	    .url = text(setting, VS_OPTION_url),
	    .kind = VS_X509_P256,
	};
}

/* All that can be wrong is found before anything is made. */
static vs_result
check_wishes(struct setting *setting)
{
	const struct vs_keys_ca_setup setup = ca_setup(setting);
	const char *fault;

	if (setup.hosts[0] == '\0')
		return vs_daemon_system_fail(
		    &setting->system, VS_FAIL(CONFIG),
		    "name the hosts by which stations and people reach this server",
		    "--hosts csms.example,10.0.0.1");
	fault = vs_keys_ca_setup_fault(&setup);
	return fault == NULL
	           ? VS_OK
	           : vs_daemon_system_fail(&setting->system, VS_FAIL(CONFIG), fault, setup.hosts);
}

static vs_result
check_folder(struct setting *setting)
{
	struct vs_daemon_system *system = &setting->system;
	const char *out = text(setting, VS_OPTION_root_key_out);
	char path[VS_PATH_SIZE];

	if (vs_keys_root_file_exists(system->keys_dir))
		return vs_daemon_system_fail(
		    system, VS_FAIL(EXISTS),
		    vs_daemon_production_is_marked(system->state_dir)
			? "it is set up already: voltseald run --state"
			: "it has keys (of voltseald dev, or of an init that was cut off): choose "
			  "another folder, or remove it",
		    system->state_dir);
	VS_TRY(vs_path_join(system->state_dir, "voltseal.db", path));
	if (vs_file_exists(path))
		return vs_daemon_system_fail(system, VS_FAIL(EXISTS), "there is a store already",
		                             path);
	if (!is_join(setting) && vs_file_exists(out))
		return vs_daemon_system_fail(system, VS_FAIL(EXISTS),
		                             "the root key is not written over a file", out);
	return VS_OK;
}

/* --- the root KEK and the CA ------------------------------------------------------------------ */

static vs_result
make_keys(struct setting *setting)
{
	struct vs_keys_source source;

	VS_TRY(vs_daemon_system_source(&setting->system, &source));
	return vs_daemon_system_keys(&setting->system, &source, VS_KEYS_CLI);
}

static vs_result
make_ca(struct setting *setting)
{
	struct vs_daemon_system *system = &setting->system;
	const struct vs_keys_ca_setup setup = ca_setup(setting);

	return vs_daemon_pki_open(system->state_dir,
	                          vs_daemon_keyd_client(system->keyd, VS_DAEMON_KEYD_MAIN), &setup,
	                          &system->pki);
}

/* From its file, or a new one that is printed once: 256 bits. */
static vs_result
have_passphrase(struct setting *setting)
{
	const char *file = text(setting, VS_OPTION_root_passphrase_file);
	char made[VS_DAEMON_TOKEN_SIZE];
	vs_result r;

	if (file[0] != '\0') {
		r = vs_file_secret_read(file, &setting->passphrase);
		return r.code == VS_E_OK
		           ? r
		           : vs_daemon_system_fail(&setting->system, r,
		                                   "cannot use (mode 0600 expected)", file);
	}
	vs_random_text(made, sizeof(made));
	r = vs_secret_new(sizeof(made) - 1, &setting->passphrase);
	if (r.code == VS_E_OK) {
		memcpy(vs_secret_bytes(setting->passphrase), made, sizeof(made) - 1);
		setting->is_passphrase_made = true;
	}
	explicit_bzero(made, sizeof(made));
	return r;
}

/* On disk elsewhere before it is forgotten here. */
static vs_result
take_root_off(struct setting *setting)
{
	struct vs_daemon_system *system = &setting->system;
	struct vs_keys_client *client = vs_daemon_keyd_client(system->keyd, VS_DAEMON_KEYD_MAIN);
	const char *out = text(setting, VS_OPTION_root_key_out);
	struct vs_buf pem;
	vs_result r;

	VS_TRY(have_passphrase(setting));
	vs_buf_init(&pem, PEM_SIZE_MAX);
	r = vs_keys_client_ca_root_export(client, setting->passphrase, &pem);
	if (r.code == VS_E_OK) {
		r = vs_file_write(out, vs_buf_view(&pem));
		if (r.code != VS_E_OK)
			r = vs_daemon_system_fail(system, r, "the root key cannot be written", out);
	}
	vs_buf_done(&pem);
	VS_TRY(r);
	return vs_keys_client_ca_root_forget(client);
}

/* --- what is below it ------------------------------------------------------------------------- */

static vs_result
make_certificates(struct setting *setting)
{
	struct vs_daemon_system *system = &setting->system;
	const struct vs_keys_times times = {
	    .kek_period_ms = system->options->number[VS_OPTION_kek_period] * 1000};
	const struct vs_store_place place = {system->keystore_file,
	                                     system->is_postgres ? &system->store_place : NULL};
	const char *out = text(setting, VS_OPTION_operator_out);
	bool is_changed;

	VS_TRY(vs_daemon_keys_new(vs_daemon_keyd_client(system->keyd, VS_DAEMON_KEYD_STORE), &place,
	                          &times, system->reason, sizeof(system->reason), &setting->keys));
	VS_TRY(vs_daemon_keys_certify(setting->keys,
	                              vs_daemon_keyd_client(system->keyd, VS_DAEMON_KEYD_MAIN)));
	VS_TRY(vs_daemon_pki_serve(system->pki, vs_daemon_keys_certs(setting->keys),
	                           vs_clock_wall_ms(), &is_changed));
	if (out[0] != '\0')
		(void)snprintf(setting->operator_file, sizeof(setting->operator_file), "%s", out);
	else
		VS_TRY(vs_path_join(system->state_dir, OPERATOR ".pem", setting->operator_file));
	return vs_daemon_pki_operator_issue(system->pki, OPERATOR, setting->operator_file);
}

/* The token is shown; what is kept cannot be turned back into it. */
static vs_result
make_token(struct setting *setting, const char *name, char token[static VS_DAEMON_TOKEN_SIZE])
{
	char path[VS_PATH_SIZE], hex[2 * VS_SHA256_SIZE + 1];
	uint8_t hash[VS_SHA256_SIZE];

	vs_random_text(token, VS_DAEMON_TOKEN_SIZE);
	VS_TRY(vs_crypto_sha256(vs_bytes_from_text(token), hash));
	(void)vs_hex_encode(vs_bytes_from(hash, sizeof(hash)), hex, sizeof(hex));
	VS_TRY(vs_path_join(setting->system.state_dir, name, path));
	return vs_file_write(path, vs_bytes_from_text(hex));
}

static void
tell(const struct setting *setting)
{
	const struct vs_daemon_system *system = &setting->system;

	(void)printf("voltseald init: %s is set up for production\n"
	             "  root CA key   %s: take it away, it is not kept here\n",
	             system->state_dir, text(setting, VS_OPTION_root_key_out));
	if (setting->is_passphrase_made)
		(void)printf("  passphrase    %.*s   (of the root CA key; shown this once)\n",
		             (int)vs_secret_size(setting->passphrase),
		             (const char *)vs_secret_bytes(setting->passphrase));
	(void)printf("  operator      %s: key and certificate for break-glass, take it away\n"
	             "  CA            %s: by it stations and people trust this server\n"
	             "  API token     %s   (shown this once)\n"
	             "  first login   /login?t=%s   (on the dashboard; works once)\n"
	             "next: voltseald run --state %s\n",
	             setting->operator_file, vs_daemon_pki_paths(system->pki)->ca,
	             setting->admin_token, setting->login_token, system->state_dir);
	(void)fflush(stdout);
}

/* Its server certificates are made at its first start; the link for the first login is the first
 * node's. */
static vs_result
join(struct setting *setting)
{
	struct vs_daemon_system *system = &setting->system;

	VS_TRY(check_folder(setting));
	VS_TRY(vs_daemon_share_join(system));
	return vs_daemon_production_mark(system->state_dir);
}

static void
tell_joined(const struct setting *setting)
{
	const struct vs_daemon_system *system = &setting->system;

	(void)printf("voltseald init: %s is set up for production, as node %s of the installation "
	             "in the database: its CA, its pepper and the API token of its first node\n"
	             "next: voltseald run --state %s\n",
	             system->state_dir, system->store_place.node, system->state_dir);
	(void)fflush(stdout);
}

static vs_result
init(struct setting *setting)
{
	struct vs_daemon_system *system = &setting->system;
	const char *state_dir = getenv("STATE_DIRECTORY");

	VS_TRY(vs_daemon_system_files(
	    system, state_dir != NULL && state_dir[0] == '/' ? state_dir : STATE_DIR));
	if (is_join(setting))
		return join(setting);
	VS_TRY(check_wishes(setting));
	VS_TRY(check_folder(setting));
	VS_TRY(make_keys(setting));
	VS_TRY(make_ca(setting));
	VS_TRY(take_root_off(setting));
	VS_TRY(make_certificates(setting));
	VS_TRY(make_token(setting, "admin.sha256", setting->admin_token));
	VS_TRY(make_token(setting, "login.sha256", setting->login_token));
	return vs_daemon_production_mark(system->state_dir);
}

int
vs_daemon_init(int argc, char *const *argv)
{
	static struct setting setting; /* holds tokens: wiped below */
	vs_result r = vs_daemon_system_begin(&setting.system, VS_DAEMON_INIT, argc, argv);
	int code;

	if (r.code == VS_E_OK)
		r = init(&setting);
	if (r.code == VS_E_OK)
		(is_join(&setting) ? tell_joined : tell)(&setting);
	vs_secret_free(&setting.passphrase);
	vs_daemon_keys_free(&setting.keys);
	code = vs_daemon_system_end(&setting.system, r);
	explicit_bzero(&setting, sizeof(setting));
	return code;
}
